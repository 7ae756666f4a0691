"""Order statistics and what else is compiled over planes, against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from imagery import alarms, order_kernels, series_kernels
from imagery.kernels import Float

FLOOR = np.float32(5e-4)


def planes() -> list[Float]:
    """Of many shapes, levels and spreads, some with ties and gaps."""
    rng = np.random.default_rng(4)
    out = []
    for number in range(24):
        level, spread = rng.choice([0, 5, -3]), rng.choice([1e-6, 0.01, 1, 100])
        plane = rng.normal(level, spread, rng.integers(1, 60, 2)).astype(np.float32)
        plane = np.round(plane) if number % 5 == 0 else plane
        plane[rng.random(plane.shape) < (0.4 if number % 3 == 0 else 0)] = np.nan
        out.append(plane)
    return out


@pytest.mark.parametrize("step", [1, 2, 3])
def test_medians_and_spreads_are_those_of_numpy(step: int) -> None:
    for plane in planes():
        thin = plane[::step, ::step]
        known = thin[np.isfinite(thin)]
        spread = np.float32(1.4826) * np.median(np.abs(known - np.median(known)))
        assert order_kernels.median(plane, step) == np.median(known)
        assert order_kernels.robust_sd(plane, step, FLOOR) == max(spread, FLOOR)


def test_of_nothing_there_is_no_median() -> None:
    empty = np.full((4, 4), np.nan, np.float32)
    assert np.isnan(order_kernels.median(empty, 1))
    assert order_kernels.robust_sd(empty, 1, FLOOR) == FLOOR


@pytest.mark.parametrize("radius", [1, 3, 7])
def test_greatest_is_a_maximum_filter(radius: int) -> None:
    for plane in planes():
        filled = np.nan_to_num(plane)
        wanted = ndimage.maximum_filter(filled, 2 * radius + 1, mode="constant", cval=-np.inf)
        np.testing.assert_array_equal(order_kernels.greatest(filled, radius), wanted)


def test_opening_is_that_of_scipy() -> None:
    rng = np.random.default_rng(5)
    for share in (0.3, 0.8, 0.95, 1):
        mask = rng.random((23, 31)) < share
        wanted = ndimage.binary_opening(mask, np.ones((3, 3)))
        np.testing.assert_array_equal(alarms._opened(mask), wanted)


@pytest.mark.parametrize("share", [0, 0.002, 0.3])
def test_a_core_has_no_share_in_the_surround_of_its_neighbours(share: float) -> None:
    rng = np.random.default_rng(6)
    for plane in planes():
        core = rng.random(plane.shape) < share
        taken = np.where(core, np.nan_to_num(plane), np.float32(0))
        off, found = np.empty_like(plane), np.empty_like(plane)
        series_kernels.off_surround(taken, 7, off)
        series_kernels.off_halo(plane, core, 7, found)
        np.testing.assert_array_equal(found, plane + (taken - off))


def test_products_are_those_of_the_pixels_without_a_gap() -> None:
    rng = np.random.default_rng(7)
    left = rng.normal(0, 2, (3, 40, 50)).astype(np.float32)
    left[1, 4:9] = np.nan
    spread = rng.uniform(0.5, 2, left.shape).astype(np.float32)
    sums, many = series_kernels.products(left, spread, 2, 3.0, 64.0)
    thin = np.clip((left / spread)[:, ::2, ::2], -3, 3).reshape(3, -1).astype(np.float64)
    whole = np.rint(thin[:, np.isfinite(thin).all(axis=0)] * 64)
    assert many == whole.shape[1]
    np.testing.assert_array_equal(sums, whole @ whole.T)
