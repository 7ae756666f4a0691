from __future__ import annotations

import math

import numpy as np
import pytest

from imagery.detectors import planform
from imagery.detectors.shapes import SHAPES, fill, size_class
from imagery.errors import InputError, NotObservable

PIXEL = (10.0, 10.0)


@pytest.mark.parametrize(
    ("name", "area_m2"),
    [
        ("An-124", 1130),
        ("Il-76", 530),
        ("fighter", 123),
        ("S-400 launcher", 42),
        ("helicopter", 34),
        ("frigate", 1650),
    ],
)
def test_a_shape_has_the_area_and_the_sides_that_are_known(name: str, area_m2: float) -> None:
    shape = SHAPES[name]
    left, bottom, right, top = shape.outline.bounds
    assert shape.area_m2 == pytest.approx(area_m2, rel=0.15)
    assert (right - left, top - bottom) == pytest.approx((shape.length_m, shape.span_m), rel=0.04)


def test_what_pixels_are_filled_with_is_the_area_whatever_the_heading_and_the_grid() -> None:
    for heading in (0, 33, 90):
        for pixel in (PIXEL, (12.5, 8.5), (3.0, 3.0)):
            share = fill(SHAPES["An-124"], heading_deg=heading, pixel_m=pixel)
            assert share.sum() * pixel[0] * pixel[1] == pytest.approx(1106, rel=0.04)


def test_a_ship_that_heads_north_stands_along_the_rows() -> None:
    share = fill(SHAPES["frigate"], heading_deg=0, pixel_m=PIXEL)
    assert (share > 0.3).any(axis=1).sum() > 3 * (share > 0.3).any(axis=0).sum()


def test_an_offset_moves_the_middle() -> None:
    share = fill(SHAPES["Il-76"], heading_deg=90, pixel_m=PIXEL, offset_px=(0.4, -0.3))
    rows, cols = np.indices(share.shape) - len(share) // 2
    plain = fill(SHAPES["Il-76"], heading_deg=90, pixel_m=PIXEL)
    moved = [(axis * share).sum() / share.sum() for axis in (rows, cols)]
    start = [(axis * plain).sum() / plain.sum() for axis in (rows, cols)]
    assert np.subtract(moved, start) == pytest.approx((0.4, -0.3), abs=0.05)


def test_sizes_part_at_45_and_25_metres() -> None:
    found = [size_class(length) for length in (45.0, 44.9, 25.0, 24.9)]
    assert found == ["large", "medium", "medium", "small"]


@pytest.mark.parametrize("name", ["fighter", "S-400 launcher", "helicopter"])
def test_below_its_resolution_a_size_is_refused_and_not_found_zero_times(name: str) -> None:
    with pytest.raises(NotObservable) as refused:
        planform.bank(name, gsd_m=10.0)
    assert refused.value.args[1] == 10.0
    planform.bank(name, gsd_m=float(refused.value.args[2]))  # what it advises is true


def test_an_unknown_shape_is_an_input_error() -> None:
    with pytest.raises(InputError, match="Il-76"):
        planform.bank("An-225", gsd_m=10.0)


def test_white_noise_answers_with_unit_variance_and_level_ground_with_nothing() -> None:
    sizes = planform.bank("An-124", gsd_m=10.0)
    noise = np.random.default_rng(1).normal(0, 1, (200, 200)).astype(np.float32)
    answer = planform.answers(noise, reach_px=sizes.reach_px)(sizes.kernels[0])
    assert answer[20:-20, 20:-20].std() == pytest.approx(1, abs=0.1)
    flat, _ = planform.respond(np.full((60, 60), 7, np.float32), sizes)
    assert np.abs(flat[20:-20, 20:-20]).max() < 1e-3


@pytest.mark.parametrize("sign", [1, -1])
def test_the_best_place_heading_and_sign_are_those_of_the_object(sign: int) -> None:
    share = fill(SHAPES["frigate"], heading_deg=45, pixel_m=PIXEL)
    layer = np.zeros((80, 80), np.float32)
    half = len(share) // 2
    layer[40 - half : 40 + half + 1, 30 - half : 30 + half + 1] = sign * 5 * share
    sizes = planform.bank("frigate", gsd_m=10.0)
    answer, heading = planform.respond(layer, sizes)
    assert np.unravel_index(np.nanargmax(np.abs(answer)), answer.shape) == (40, 30)
    assert math.copysign(1, answer[40, 30]) == sign
    assert sizes.headings_deg[heading[40, 30]] == 45


def test_bands_add_up_as_independent_looks() -> None:
    sizes = planform.bank("Il-76", gsd_m=10.0)
    plane = np.random.default_rng(2).normal(0, 1, (60, 60)).astype(np.float32)
    one, _ = planform.respond(plane, sizes)
    four, _ = planform.respond(np.stack([plane] * 4), sizes)
    np.testing.assert_allclose(four, 2 * one, rtol=1e-3, atol=1e-4)


def test_no_answer_where_most_of_the_object_would_be_unseen() -> None:
    layer = np.zeros((60, 60), np.float32)
    layer[:, 30:] = np.nan
    layer[30, 45] = 0
    answer, _ = planform.respond(layer, planform.bank("An-124", gsd_m=10.0))
    assert np.isfinite(answer[30, 10])
    assert np.isnan(answer[30, 30:]).all()


def test_a_layer_larger_than_a_site_is_refused() -> None:
    with pytest.raises(InputError, match="cut it"):
        planform.answers(np.zeros((1, planform.WIDEST_PX + 1), np.float32), reach_px=5)


def test_one_very_bright_pixel_is_no_large_object() -> None:
    sizes = planform.bank("frigate", gsd_m=10.0)
    share = fill(SHAPES["frigate"], heading_deg=0, pixel_m=PIXEL)
    half = len(share) // 2
    layer = np.zeros((80, 80), np.float32)
    layer[20, 20] = 200.0
    layer[40, 0] = np.nan
    layer[50 - half : 51 + half, 50 - half : 51 + half] = 15 * share
    plain, _ = planform.respond(layer, sizes)
    held, _ = planform.respond(planform.bounded(layer), sizes)
    ship, spot = np.s_[48:53, 48:53], np.s_[18:23, 18:23]
    assert np.abs(plain[spot]).max() > np.abs(plain[ship]).max()
    assert np.abs(held[spot]).max() < 0.3 * np.abs(held[ship]).max()
    assert np.isnan(held[40, 0])
