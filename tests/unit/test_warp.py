"""Resampling: exact on what cubic convolution reproduces, and careful around missing pixels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imagery.register import UNMOVED, Affine, Registration, halo, resample, resample_clear

SHIFT: Affine = (1, 0, 1.3, 0, 1, -0.6)
TURN: Affine = (1.002, 0.003, -0.4, -0.002, 0.999, 0.7)
SHAPE = (60, 70)


def of(affine: Affine) -> Registration:
    model = "translation" if affine[:2] == (1, 0) else "affine"
    return Registration(affine, (affine[2], affine[5]), 0.05, 0.1, 9, 9, model)


def quadratic(rows: NDArray[np.float64], cols: NDArray[np.float64]) -> NDArray[np.float64]:
    return 3 + 0.5 * rows - 0.2 * cols + 0.01 * rows**2 - 0.02 * rows * cols + 0.015 * cols**2


def scene() -> NDArray[np.float32]:
    rows, cols = np.indices(SHAPE)
    return np.stack([quadratic(rows, cols), -quadratic(cols, rows)]).astype(np.float32)


def whole(image: NDArray[np.float32], affine: Affine) -> NDArray[np.float32]:
    return resample(image, of(affine), origin=(0, 0), out_origin=(0, 0), out_shape=SHAPE)


@pytest.mark.parametrize("affine", [SHIFT, TURN, (1, 0, -2.0, 0, 1, 0.5)])
def test_quadratics_come_back_exactly_from_the_place_the_affine_says(affine) -> None:
    rows, cols = np.indices(SHAPE)
    a, b, c, d, e, f = affine
    x, y = a * cols + b * rows + c, d * cols + e * rows + f
    got = whole(scene(), affine)
    inner = np.s_[5:-5, 5:-5]
    np.testing.assert_allclose(got[0][inner], quadratic(y, x)[inner], atol=2e-4)
    np.testing.assert_allclose(got[1][inner], -quadratic(x, y)[inner], atol=2e-4)


def test_the_identity_copies() -> None:
    image = scene()
    image[0, 10:20, 30:33] = np.nan
    got = resample(image, of(UNMOVED), origin=(5, 6), out_origin=(8, 10), out_shape=(40, 50))
    np.testing.assert_array_equal(got, image[:, 3:43, 4:54])


@pytest.mark.parametrize("affine", [(1, 0, 0.5, 0, 1, 0.5), (1, 1e-9, 0.5, 0, 1, 0.5)])
def test_a_missing_pixel_costs_only_the_places_it_weighs_in(affine) -> None:
    image = np.full((1, *SHAPE), 7, np.float32)
    image[0, 30, 30] = np.nan
    got = whole(image, affine)[0]
    assert np.isnan(got[29:31, 29:31]).all()
    got[29:31, 29:31] = 7
    np.testing.assert_allclose(got[:-1, :-1], 7, rtol=1e-6)
    assert np.isnan(got[-1]).all()
    assert np.isnan(got[:, -1]).all()


def test_a_missing_pixel_with_next_to_no_weight_costs_nothing() -> None:
    image = np.full((1, *SHAPE), 7, np.float32)
    image[0, 30, 30] = np.nan
    got = whole(image, (1, 0, 0.004, 0, 1, 0))[0]
    assert np.argwhere(np.isnan(got)).tolist() == [[30, 30]]


def test_bands_do_not_share_their_gaps() -> None:
    image = scene()
    image[0, 30, 30] = np.nan
    got = whole(image, TURN)
    assert np.isnan(got[0, 10:-10, 10:-10]).any()
    assert np.isfinite(got[1, 10:-10, 10:-10]).all()


def test_nothing_outside_the_scene_is_made_up() -> None:
    got = whole(scene(), (1, 0, 8.5, 0, 1, 0))[0]
    assert np.isnan(got[:, -9:]).all()
    assert np.isfinite(got[:, :-9]).all()


@pytest.mark.parametrize("affine", [SHIFT, TURN, UNMOVED])
def test_a_clear_place_has_only_clear_pixels_around_it(affine) -> None:
    clear = np.random.default_rng(0).random(SHAPE) > 0.1
    got = resample_clear(clear, of(affine), origin=(0, 0), out_origin=(0, 0), out_shape=SHAPE)
    holed = np.where(clear, np.float32(1), np.float32(np.nan))[None]
    np.testing.assert_array_equal(got, np.isfinite(whole(holed, affine)[0]))
    assert got.any()
    assert not got.all()


@pytest.mark.parametrize(
    ("affine", "room"), [(UNMOVED, 0), (SHIFT, 4), ((1, 0, 0, 0, 1, -7.5), 10)]
)
def test_halo_is_the_shift_and_two_taps(affine, room) -> None:
    assert halo(of(affine), SHAPE) == room
