"""First, provisional and confirmed alarms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from imagery import alarms, past
from imagery.alarms import NONE, Change
from imagery.kernels import Float

BANDS = ("blue", "green", "red", "nir")
SIDE, DATES, CHANGED = 64, 20, 14
MOMENTS = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=10 * n) for n in range(DATES)]
SOIL = np.array([0.03, 0.05, 0.12, -0.1], np.float32)[:, None, None]
PLACE = np.s_[:, 30:36, 20:26]


def quiet() -> Float:
    rng = np.random.default_rng(8)
    ground = 0.15 + 0.02 * rng.normal(size=(4, SIDE, SIDE))
    return (ground + 0.004 * rng.normal(size=(DATES, 4, SIDE, SIDE))).astype(np.float32)


def found(series: Float) -> list[Change]:
    judged = past.judge_values(series, bands=BANDS)
    return alarms.changes(judged.watch, MOMENTS, judged.clear)


def test_nothing_changed_nothing_found() -> None:
    assert found(quiet()) == []


def test_what_stays_is_confirmed_with_its_date() -> None:
    series = quiet()
    series[CHANGED:, *PLACE] += SOIL
    (change,) = found(series)
    assert change.first == MOMENTS[CHANGED]
    assert change.before == MOMENTS[CHANGED - 1]
    assert change.confirmed == MOMENTS[CHANGED + alarms.CONFIRMATIONS]
    assert 25 <= change.pixels <= 64
    assert np.allclose(change.centre, (32.5, 22.5), atol=1)


def test_what_is_gone_at_the_next_dates_is_withdrawn() -> None:
    series = quiet()
    series[CHANGED, *PLACE] += SOIL
    assert found(series) == []


def test_the_last_date_alone_is_provisional() -> None:
    series = quiet()
    series[-1, *PLACE] += SOIL
    (change,) = found(series)
    assert change.first == MOMENTS[-1]
    assert change.confirmed is None


def test_a_cloudy_look_delays_and_does_not_deny() -> None:
    series = quiet()
    series[CHANGED:, *PLACE] += SOIL
    series[CHANGED + 1, :, 25:45, 15:35] = np.nan
    (change,) = found(series)
    assert change.first == MOMENTS[CHANGED]
    assert change.confirmed == MOMENTS[CHANGED + alarms.CONFIRMATIONS + 1]


def test_the_opposite_change_confirms_nothing() -> None:
    series = quiet()
    series[CHANGED, *PLACE] += SOIL
    series[CHANGED + 1 :, *PLACE] -= SOIL
    assert all(change.first != MOMENTS[CHANGED] for change in found(series))


def test_neighbours_that_touch_at_a_thread_are_two() -> None:
    first = np.full((30, 30), NONE, np.int16)
    first[5:12, 5:12] = first[5:12, 15:22] = first[8, 12:15] = 3
    watch = alarms.Watch(first, np.where(first == NONE, NONE, 5).astype(np.int16))
    clear = np.ones((DATES, 30, 30), bool)
    assert len(alarms.changes(watch, MOMENTS, clear)) == 2


def test_regions_of_different_dates_are_apart() -> None:
    first = np.full((30, 30), NONE, np.int16)
    first[5:12, 5:12], first[5:12, 12:19] = 3, 9
    watch = alarms.Watch(first, np.where(first == NONE, NONE, 12).astype(np.int16))
    both = alarms.changes(watch, MOMENTS, np.ones((DATES, 30, 30), bool))
    assert [change.first for change in both] == [MOMENTS[3], MOMENTS[9]]
