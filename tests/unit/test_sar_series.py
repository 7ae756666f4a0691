"""A series over time: a step, an alarm, a stretch of dates, and what the season does not do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import ttest_ind

from imagery import sar_intervals, sar_series
from imagery.errors import InputError

START = datetime(2020, 1, 1, tzinfo=UTC)
SEASON = 0.4 * np.sin(np.arange(40) / 30 * 2 * np.pi)


def moments(dates: int) -> list[datetime]:
    return [START + timedelta(days=12 * n) for n in range(dates)]


def power(dates: int = 40, side: int = 24, *, bands: int = 2, seed: int = 1) -> np.ndarray:
    draws = np.random.default_rng(seed).gamma(4.4, 1 / 4.4, (dates, bands, side, side))
    return (draws * np.exp(SEASON[:dates])[:, None, None, None]).astype(np.float32)


def test_pooled_logs_leave_out_border_and_gaps() -> None:
    plane = np.ones((1, 5, 5), np.float32)
    plane[0, 0] = 0
    plane[0, 2, 2] = np.nan
    logs = sar_series.pooled_logs(plane)
    assert np.isnan(logs[0, 0]).all()
    assert np.isnan(logs[0, 2, 2])
    assert np.isfinite(logs).sum() == 19
    np.testing.assert_allclose(logs[np.isfinite(logs)], 0, atol=1e-6)


def test_t_is_students() -> None:
    stack = power(30, 6, bands=1)
    stack[20:] *= 3
    logs = sar_series.pooled_logs(stack)
    dates = moments(30)
    found = sar_series.t_score(logs, dates, [7] * 30, since=dates[20])
    after = ttest_ind(logs[20:26, 0], logs[:20, 0], axis=0)
    np.testing.assert_allclose(found.t, after.statistic, rtol=1e-4)
    np.testing.assert_allclose(found.p, after.pvalue, rtol=1e-3, atol=1e-12)


def test_orbits_keep_their_own_level() -> None:
    stack = power(40, 6)
    orbits = [14, 87] * 20
    stack[1::2] *= 30  # the other orbit looks at another side of everything
    logs = sar_series.pooled_logs(stack)
    since = moments(40)[36]
    apart = sar_series.t_score(logs, moments(40), orbits, since=since)
    assert np.median(apart.p) > 0.02
    stack[36:] *= 8
    stepped = sar_series.pooled_logs(stack)
    assert np.median(sar_series.t_score(stepped, moments(40), orbits, since=since).p) < 1e-3


def test_p_pays_for_every_orbit_and_polarisation() -> None:
    logs = sar_series.pooled_logs(power(40, 40, seed=3) / np.exp(SEASON)[:, None, None, None])
    dates = moments(40)
    found = sar_series.t_score(logs, dates, [14, 87] * 20, since=dates[30])
    assert np.mean(found.p < 0.05) < 0.08


def test_t_needs_dates_on_both_sides() -> None:
    logs = sar_series.pooled_logs(power(10, 4))
    with pytest.raises(InputError, match="two before and after"):
        sar_series.t_score(logs, moments(10), [7] * 10, since=moments(10)[9])
    with pytest.raises(InputError, match="dates and orbits"):
        sar_series.t_score(logs, moments(9), [7] * 10, since=START)


def test_cusum_dates_a_step_and_its_way() -> None:
    stack = power(40, 16) / np.exp(SEASON)[:, None, None, None]
    stack[25:, :, :8] *= 4
    stack[25:, :, 8:] /= 4
    found = sar_series.cusum(sar_series.pooled_logs(stack), past=20, noise=0.15)
    quick = (found.raised >= 27) & (found.raised <= 30)
    assert quick.mean() > 0.9
    assert np.median(found.since) == 25
    inner = (found.direction[:7] == 1).mean(), (found.direction[9:] == -1).mean()
    assert min(inner) > 0.9


def test_cusum_is_quiet_on_stable_ground() -> None:
    stack = power(40, 30, seed=5) / np.exp(SEASON)[:, None, None, None]
    found = sar_series.cusum(sar_series.pooled_logs(stack), past=20, noise=0.15)
    assert np.mean(found.raised >= 0) < 0.2
    assert ((found.direction == 0) == (found.raised < 0)).all()
    with pytest.raises(InputError, match="dates of reference"):
        sar_series.cusum(sar_series.pooled_logs(stack), past=2, noise=0.1)


def test_cusum_spread_is_the_median_deviation() -> None:
    from imagery.sar_kernels import middle_and_scale

    values = np.random.default_rng(8).normal(2, 3, (9, 1, 50)).astype(np.float32)
    values[4, 0, :10] = np.nan
    out = np.empty((2, 1, 50), np.float32)
    middle_and_scale(values, 9, 4, 1e-6, out)
    middle = np.nanmedian(values[:, 0], axis=0)
    np.testing.assert_allclose(out[0, 0], middle, rtol=1e-5)
    deviation = np.nanmedian(np.abs(values[:, 0] - middle), axis=0)
    np.testing.assert_allclose(1 / out[1, 0, 10:], deviation[10:], rtol=1e-4)


def drops(stack: np.ndarray, orbits: list[int] | None = None) -> sar_intervals.Interval:
    logs = sar_series.pooled_logs(stack[:, 1])
    own = orbits or [7] * len(stack)
    return sar_intervals.interval(logs, sar_intervals.reference(logs, own), own)


def test_reference_is_the_season_of_steady_ground() -> None:
    stack = power(40, 40)
    stack[10:20, :, :, :12] /= 6  # a third of the scene is cleared for a while
    logs = sar_series.pooled_logs(stack[:, 1])
    found = sar_intervals.reference(logs, [7] * 40)
    level = found.level - found.level.mean()
    np.testing.assert_allclose(level, SEASON - SEASON.mean(), atol=0.08)
    assert 0.05 < found.noise < 0.25


def test_an_orbit_of_its_own_level_is_no_noise() -> None:
    stack = power(40, 30)
    plain = sar_series.pooled_logs(stack[:, 1])
    stack[1::2, :, :, :15] *= 20  # slopes that face the other orbit
    tilted = sar_series.pooled_logs(stack[:, 1])
    orbits = [14, 87] * 20
    quiet, known = (sar_intervals.reference(each, orbits) for each in (plain, tilted))
    assert known.noise < 1.5 * quiet.noise
    assert sar_intervals.reference(tilted, [7] * 40).noise > 2 * known.noise


def test_a_clearing_that_comes_back_is_found_with_its_dates() -> None:
    stack = power(40, 30)
    stack[12:17, :, 10:20, 10:20] /= 4
    found = drops(stack)
    inside = (slice(11, 19), slice(11, 19))
    assert np.mean(found.start[inside] == 12) > 0.9
    assert np.mean(found.end[inside] == 17) > 0.9
    assert np.median(found.depth[inside]) == pytest.approx(-np.log(4), abs=0.2)
    assert found.score[inside].min() > np.quantile(found.score[:, :8], 0.99)


def test_a_change_that_stays_ends_with_the_series_and_a_rise_is_none() -> None:
    stack = power(40, 30)
    stack[22:, :, 10:20, 10:20] /= 4
    stack[22:, :, 10:20, 22:28] *= 4
    found = drops(stack)
    assert np.median(found.end[11:19, 11:19]) == 40
    assert np.median(found.score[11:19, 23:27]) < np.median(found.score[11:19, 11:19]) / 5
    logs = sar_series.pooled_logs(stack[:, 1])
    known = sar_intervals.reference(logs, [7] * 40)
    rise = sar_intervals.interval(logs, known, [7] * 40, direction="rise")
    assert np.median(rise.start[11:19, 23:27]) == 22
    assert np.median(rise.depth[11:19, 23:27]) > 1


def test_two_orbits_are_one_search() -> None:
    stack = power(40, 24)
    stack[1::2, :, :, :12] *= 20
    stack[21:30, :, 6:18, 6:18] /= 4
    found = drops(stack, [14, 87] * 20)
    assert np.mean(found.start[8:16, 8:16] == 21) > 0.9


def test_pieces_of_a_scene_give_the_same_bits() -> None:
    stack = power(40, 40)
    stack[12:17, :, 10:20, 10:20] /= 4
    stack[3, :, 5:9] = np.nan
    logs = sar_series.pooled_logs(stack[:, 1])
    known = sar_intervals.reference(logs, [7] * 40)
    whole = sar_intervals.interval(logs, known, [7] * 40)
    part = sar_intervals.interval(np.ascontiguousarray(logs[:, 3:21, 7:33]), known, [7] * 40)
    for name in ("score", "start", "end", "depth"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[3:21, 7:33])


def test_interval_refusals_and_unseen_pixels() -> None:
    stack = power(40, 12)
    stack[:25, :, 0] = np.nan
    found = drops(stack)
    assert np.isnan(found.score[0]).all()
    assert (found.start[0] == -1).all()
    logs = sar_series.pooled_logs(stack[:, 1])
    known = sar_intervals.reference(logs, [7] * 40)
    with pytest.raises(InputError, match="orbits and reference"):
        sar_intervals.interval(logs[:20], known, [7] * 20)
    short = sar_intervals.Reference(known.level[:5], known.noise)
    with pytest.raises(InputError, match="for an interval"):
        sar_intervals.interval(logs[:5], short, [7] * 5)
    with pytest.raises(InputError, match="usable pixels"):
        sar_intervals.reference(np.full((10, 4, 4), np.nan, np.float32), [7] * 10)


def test_midpoint() -> None:
    assert sar_intervals.midpoint(moments(5), 2) == START + timedelta(days=18)
    with pytest.raises(InputError, match="first date"):
        sar_intervals.midpoint(moments(5), 0)
