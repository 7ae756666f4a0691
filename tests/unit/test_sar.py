"""Radar tests: rates on speckle, dates of change, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from imagery import sar
from imagery.errors import InputError

LOOKS = 4.4


def speckle(dates: int, side: int = 100, *, bands: int = 2, seed: int = 1) -> np.ndarray:
    draws = np.random.default_rng(seed).gamma(LOOKS, 1 / LOOKS, (dates, bands, side, side))
    return draws.astype(np.float32)


def test_pair_rate_on_unequal_looks() -> None:
    rng = np.random.default_rng(2)
    before = rng.gamma(2, 1 / 2, (2, 300, 300)).astype(np.float32)
    after = rng.gamma(8, 1 / 8, (2, 300, 300)).astype(np.float32)
    found = sar.ratio_test(before, after, looks=(2, 8))
    assert np.mean(found.combined < 0.01) == pytest.approx(0.01, rel=0.15)
    swapped = sar.ratio_test(before, after, looks=(8, 2))
    assert abs(np.mean(swapped.combined < 0.01) / 0.01 - 1) > 0.15


def test_pair_says_which_way() -> None:
    stack = speckle(2, 20)
    found = sar.ratio_test(stack[0], 20 * stack[1], looks=(LOOKS, LOOKS))
    assert np.median(found.log_ratio) == pytest.approx(np.log(20), abs=0.2)
    assert np.median(found.combined) < 1e-4


def test_nothing_usable_is_nan_and_zero_is_no_data() -> None:
    stack = speckle(2, 10)
    stack[0, 0, 0, 0] = 0
    stack[1, 1, 1, 1] = np.nan
    found = sar.ratio_test(stack[0], stack[1], looks=(LOOKS, LOOKS))
    assert np.isnan(found.combined[[0, 1], [0, 1]]).all()
    assert np.isfinite(found.combined).sum() == 98


@pytest.mark.parametrize("dates", [2, 5, 10])
def test_omnibus_rate(dates: int) -> None:
    p = sar.omnibus(speckle(dates, 350), looks=LOOKS).p
    assert np.mean(p < 0.05) == pytest.approx(0.05, rel=0.05)
    assert np.mean(p < 0.01) == pytest.approx(0.01, rel=0.1)


def test_omnibus_statistic_is_the_determinant_form() -> None:
    stack = speckle(6, 4, bands=1)
    n, k = LOOKS, 6
    wide = stack[:, 0].astype(np.float64)
    log_q = n * (k * np.log(k) + np.log(wide).sum(0) - k * np.log(wide.sum(0)))
    rho = 1 - (k / n - 1 / (n * k)) / (6 * (k - 1))
    omega = -(k - 1) / 4 * (1 - 1 / rho) ** 2
    value = -2 * rho * log_q
    p = chi2.sf(value, k - 1) + omega * (chi2.sf(value, k + 3) - chi2.sf(value, k - 1))
    found = sar.omnibus(stack, looks=LOOKS)
    np.testing.assert_allclose(found.statistic, value, rtol=1e-5)
    np.testing.assert_allclose(found.p, p, rtol=1e-4)


def test_a_lost_date_is_left_out_where_it_is_lost() -> None:
    stack = speckle(6, 30)
    holed = stack.copy()
    holed[2, 0, :, :10] = np.nan
    holed[3, 1, :, 20:] = 0
    found = sar.omnibus(holed, looks=LOOKS)
    rest = sar.omnibus(stack[[0, 1, 3, 4, 5]], looks=LOOKS)
    np.testing.assert_array_equal(found.p[:, :10], rest.p[:, :10])
    assert np.unique(found.dates[:, :10]) == [5]
    np.testing.assert_array_equal(found.p[:, 10:20], sar.omnibus(stack, looks=LOOKS).p[:, 10:20])


def changed(stack: np.ndarray, alpha: float = 1e-3) -> sar.Changes:
    return sar.changes(stack, sar.omnibus(stack, looks=LOOKS), looks=LOOKS, alpha=alpha)


def test_date_and_direction_of_a_step() -> None:
    stack = speckle(10, 40)
    stack[6:, :, :20] *= 10
    stack[6:, :, 20:] /= 10
    found = changed(stack)
    assert np.mean(found.dates[0] == 6) > 0.9
    assert (found.steps[0, :, :20].mean(), found.steps[0, :, 20:].mean()) == pytest.approx(
        (np.log(10), -np.log(10)), abs=0.3
    )


def test_two_changes_are_both_dated() -> None:
    stack = speckle(12, 30)
    stack[4:8] *= 12
    found = changed(stack)
    assert np.mean(found.dates[0] == 4) > 0.9
    assert np.mean(found.dates[1] == 8) > 0.8
    assert np.nanmean(found.steps[1]) < -2


def test_dates_count_the_lost_ones_too() -> None:
    stack = speckle(10, 20)
    stack[6:] *= 12
    stack[3] = np.nan
    found = changed(stack)
    assert np.mean(found.dates[0] == 6) > 0.9


def test_few_changes_are_dated_on_stable_ground() -> None:
    found = changed(speckle(8, 200), alpha=0.01)
    assert np.mean(found.times > 0) <= 0.012
    assert found.times.min() == 0


def test_a_part_gives_the_same_bits() -> None:
    stack = speckle(9, 50)
    stack[5:, :, 10:30, 10:30] *= 5
    stack[2, :, 40:, 20:25] = np.nan
    whole, part = changed(stack), changed(np.ascontiguousarray(stack[..., 7:33, 11:45]))
    for name in ("times", "dates", "steps"):
        cut = getattr(whole, name)[..., 7:33, 11:45]
        np.testing.assert_array_equal(getattr(part, name), cut)


def test_too_few_dates_are_not_judged() -> None:
    stack = speckle(3, 10)
    stack[1:, 0, 0, 0] = np.nan
    assert changed(stack).times[0, 0] == sar.NOT_JUDGED
    assert np.isnan(sar.omnibus(stack, looks=LOOKS).p[0, 0])


def test_refusals() -> None:
    stack = speckle(3, 5)
    with pytest.raises(InputError, match="series"):
        sar.omnibus(stack[:1], looks=LOOKS)
    with pytest.raises(InputError, match="looks"):
        sar.omnibus(stack, looks=0)
    with pytest.raises(InputError, match="after date"):
        sar.ratio_test(stack[0], stack[1][:1], looks=(LOOKS, LOOKS))
    with pytest.raises(InputError, match="level"):
        sar.changes(stack, sar.omnibus(stack, looks=LOOKS), looks=LOOKS, alpha=1.0)
