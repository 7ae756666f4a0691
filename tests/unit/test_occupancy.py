"""Counts of a zone over time, as intervals."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from shapely import box

from imagery.detectors import timeline
from imagery.detectors.occupancy import Scenes, count_interval, series
from imagery.errors import InputError
from imagery.model import Detection

MOMENTS = [datetime(2024, 3, 1, 10, tzinfo=UTC) + timedelta(days=5 * n) for n in range(4)]


def by_hand(chances: list[float], low: int, high: int) -> float:
    """P(low <= N <= high) by going through every outcome."""
    total = 0.0
    for outcome in itertools.product((0, 1), repeat=len(chances)):
        if low <= sum(outcome) <= high:
            total += math.prod(p if o else 1 - p for p, o in zip(chances, outcome, strict=True))
    return total


@pytest.mark.parametrize("chances", [[0.5], [0.9, 0.2, 0.4], [0.1] * 6, [0.97, 0.6, 0.6, 0.3]])
def test_the_interval_holds_its_level_and_no_shorter_one_does(chances: list[float]) -> None:
    found = count_interval(chances)
    assert by_hand(chances, found.low, found.high) >= 0.9 - 1e-9
    width = found.high - found.low
    for low in range(len(chances) + 1):
        assert by_hand(chances, low, low + width - 1) < 0.9
    assert found.expected == pytest.approx(sum(chances))


def test_certain_and_absent_objects() -> None:
    assert (count_interval([]).low, count_interval([]).high) == (0, 0)
    assert (count_interval([1.0, 1.0, 0.0]).low, count_interval([1.0, 1.0, 0.0]).high) == (2, 2)


def test_an_uncalibrated_candidate_widens_the_interval() -> None:
    found = count_interval([1.0, math.nan])
    assert (found.low, found.high, found.expected) == (1, 2, 1.5)


@pytest.mark.parametrize("wrong", [-0.1, 1.5])
def test_what_is_no_probability_is_refused(wrong: float) -> None:
    with pytest.raises(InputError, match="number from 0 to 1"):
        count_interval([wrong])


def detection(zone: str, probability: float) -> Detection:
    return Detection(
        id=zone,
        geometry=box(0, 0, 1, 1),
        zone_id=zone,
        object_class="aircraft",
        direction="appeared",
        score=9.0,
        p=0.1,
        q=0.1,
        probability=probability,
        length_m=50.0,
        length_sd_m=5.0,
        area_m2=900.0,
    )


def scenes() -> Scenes:
    clear = np.ones((4, 20, 20), bool)
    clear[1, :10] = False
    clear[2, 2:10] = False
    anomalous = np.zeros((4, 20, 20), bool)
    anomalous[:, 1, 5:9] = True
    judged = np.ones((4, 20, 20), bool)
    judged[0] = False
    return Scenes(MOMENTS, clear, anomalous, judged, pixel_m2=100.0)


def zones() -> dict[str, np.ndarray]:
    apron, away = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    apron[:10] = True
    return {"apron": apron, "pier": away}


def test_every_zone_and_date_has_a_row_with_its_state() -> None:
    found = [[detection("apron", 0.99)], [], [], [detection("apron", 0.99), detection("x", 1.0)]]
    rows = series(zones(), scenes(), found)
    assert [row.state for row in rows[:4]] == ["not_judged", "no_clear_view", "partly", "seen"]
    assert [row.state for row in rows[4:]] == ["outside"] * 4
    assert [row.anomalous_m2 for row in rows[:4]] == [None, None, 400.0, 400.0]
    assert rows[0].count is None  # nothing found there would read like "nothing there"
    assert rows[1].count is None
    assert (rows[3].found, rows[3].count.low, rows[3].count.high) == (1, 1, 1)
    assert rows[2].clear == pytest.approx(0.2)
    assert rows[4].as_row()["count_low"] is None


def test_dates_must_agree() -> None:
    with pytest.raises(InputError, match="expected 4"):
        series(zones(), scenes(), [[]])


def test_the_picture_shows_bars_and_unseen_dates() -> None:
    image = np.asarray(timeline.draw(series(zones(), scenes(), [[]] * 4)))
    assert image.shape == (2 * timeline.STRIP, timeline.WIDTH, 3)
    first, second = image[: timeline.STRIP], image[timeline.STRIP :]
    assert (first == timeline.BAR).all(axis=2).any()
    assert not (second == timeline.BAR).all(axis=2).any()
    unseen = [(part == timeline.UNSEEN).all(axis=2).sum() for part in (first, second)]
    assert 0 < unseen[0] < unseen[1]
    assert timeline.draw([]).size == (timeline.WIDTH, timeline.STRIP)
