"""Compiled loops against scipy and scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage
from skimage.measure import block_reduce

from imagery import kernels

SHAPE = (53, 70)


def plane(seed: int = 0, scale: float = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(3, scale, SHAPE).astype(np.float32)


def holes(share: float = 0.2) -> np.ndarray:
    return (np.random.default_rng(9).random(SHAPE) > share).astype(np.uint8)


@pytest.mark.parametrize("sigma", [0.6, 1.5, 2.0])
def test_smooth_is_a_gaussian_filter(sigma: float) -> None:
    planes = np.stack([plane(1), plane(2)])
    expected = [
        ndimage.gaussian_filter(each.astype(np.float64), sigma, mode="constant", truncate=3.5)
        for each in planes
    ]
    kernels.smooth(planes, kernels.gaussian_weights(sigma), np.empty(SHAPE, np.float32))
    np.testing.assert_allclose(planes, expected, atol=2e-5)


@pytest.mark.parametrize("radius", [2, 10, 60])
def test_box_mean_is_a_uniform_filter_of_the_usable_pixels(radius: int) -> None:
    values, usable = plane(), holes()
    out = np.empty(SHAPE, np.float32)
    kernels.subtract_box_mean(values, usable, radius, 1.5, out)
    size = 2 * radius + 1
    totals, counts = (
        ndimage.uniform_filter(each.astype(np.float64), size, mode="constant")
        for each in (values * usable, usable)
    )
    there = usable == 1
    expected = 1.5 * (values - totals / np.maximum(counts, 1e-9))
    # Sums are kept in steps of 1 / 256.
    np.testing.assert_allclose(out[there], expected[there], atol=1.5 / 512 + 1e-4)
    assert (out[~there] == kernels.ABSENT).all()


def test_nearest_is_the_least_distance_of_3_x_3() -> None:
    x, y = plane(1), plane(2)
    forward, backward = np.ones((2, *SHAPE), np.float32)
    kernels.add_nearest_squared(x, y, forward, backward)
    for found, here, there in ((forward, x, y), (backward, y, x)):
        near = sliding_window_view(there, (3, 3)).reshape(SHAPE[0] - 2, SHAPE[1] - 2, 9)
        expected = np.abs(here[1:-1, 1:-1, None] - near).min(axis=-1) ** 2
        np.testing.assert_allclose(found[1:-1, 1:-1], 1 + expected, rtol=1e-5)
        assert (found[0] == 1).all()


def test_squares_add_up() -> None:
    total = np.full(SHAPE, 2, np.float32)
    kernels.add_squared(plane(1), plane(2), total)
    np.testing.assert_allclose(total, 2 + (plane(1) - plane(2)) ** 2, rtol=1e-5)


def test_standardize_is_a_line_of_the_root() -> None:
    values, usable = plane(), holes()
    coefficients = np.array([0.5, 3.0, -1.0], np.float32)
    out = np.empty(SHAPE, np.float32)
    kernels.standardize(values, usable, coefficients, out)
    expected = 3 * np.sqrt(np.maximum(values, 0) + 0.5) - 1
    np.testing.assert_allclose(out, np.where(usable, expected, kernels.ABSENT), rtol=1e-5)


def test_block_sums() -> None:
    values = np.random.default_rng(0).normal(size=(48, 64)).astype(np.float32)
    out = np.empty((12, 16), np.float32)
    kernels.block_sums(values, out)
    np.testing.assert_allclose(out, block_reduce(values, (4, 4), np.sum), atol=1e-5)


@pytest.mark.parametrize("place", [(0, 0), (16, 5)])
def test_between_blocks_is_bilinear(place: tuple[int, int]) -> None:
    coarse = plane()[:9, :12]
    out = np.empty((60, 70), np.float32)
    kernels.between_blocks(coarse, 8, np.array(place), out)
    rows, cols = np.indices(out.shape)
    centres = [(place[0] + rows + 0.5) / 8 - 0.5, (place[1] + cols + 0.5) / 8 - 0.5]
    expected = ndimage.map_coordinates(coarse.astype(np.float64), centres, order=1, mode="nearest")
    np.testing.assert_allclose(out, expected, atol=1e-5)


def test_between_blocks_of_one_block_is_flat() -> None:
    out = np.empty((5, 5), np.float32)
    kernels.between_blocks(np.full((1, 1), 7, np.float32), 16, np.array((0, 0)), out)
    assert (out == 7).all()
