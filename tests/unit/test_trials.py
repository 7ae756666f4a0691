"""Planted trials and null dates: counted by hand, with witnesses whose mind is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from imagery import threads
from imagery.detectors import trials
from imagery.detectors.shapes import SHAPES
from imagery.detectors.sightings import Sighting
from imagery.detectors.trials import Nulls, Planted, Wanted, earlier_dates, sized
from imagery.kernels import Float

LARGE = SHAPES["An-124"]
CONTRASTS = (0.08, 0.25)


@dataclass(frozen=True, slots=True)
class Eyes:
    """Sights every pixel that differs from 0.2, as strong as it differs; sure above the nulls."""

    least: float = 0.03
    blind_above: float = math.inf

    @property
    def name(self) -> str:
        return "eyes"

    def sightings(self, dates: Float, index: int, earlier: Sequence[int]) -> list[Sighting]:
        return self.against(dates, earlier)(dates[index])

    def against(self, dates: Float, earlier: Sequence[int]) -> Callable[[Float], list[Sighting]]:
        return self.look

    def look(self, values: Float) -> list[Sighting]:
        away = np.abs(np.nan_to_num(values[0] - 0.2))
        rows, cols = np.nonzero((away > self.least) & (away < self.blind_above))
        told = [
            Sighting(int(r), int(c), float(away[r, c]), math.nan)
            for r, c in zip(rows, cols, strict=True)
        ]
        return sorted(told, key=lambda one: -one.strength)

    def operating_point(self, strongest: Sequence[float]) -> float:
        return max((*strongest, self.least))

    def low_point(self, planted: Sequence[float], sure: float) -> float:
        return min((*planted, sure))


def stand(strengths: Sequence[float]) -> Planted:
    n = len(strengths)
    return Planted(tuple(strengths), (-math.inf,) * n, (0.1,) * n, ((0, 0),) * n)


def test_a_group_is_found_where_enough_of_it_are() -> None:
    tried = stand([5.0, 1.0, 5.0, 4.0, 0.0, 0.0])
    assert tried.found(Wanted(1, 1), 4.0) == (3, 6)
    assert tried.found(Wanted(2, 2), 4.0) == (1, 3)
    assert tried.found(Wanted(1, 2), 4.0) == (2, 3)
    assert tried.weakest(Wanted(2, 3)) == [5.0, 0.0]


def test_a_group_that_is_not_full_is_left_out() -> None:
    assert stand([5.0, 5.0, 5.0]).found(Wanted(2, 2), 1.0) == (1, 1)


def test_the_low_point_of_a_group_is_learned_from_the_others() -> None:
    assert stand([5.0, 4.0, 6.0]).found_low(Wanted(1, 1), Eyes(), 9.0) == (2, 3)


def test_a_target_that_is_not_sighted_is_missed_at_any_point() -> None:
    tried = stand([-math.inf, 5.0, -math.inf])
    assert tried.found_low(Wanted(1, 1), Eyes(), 9.0) == (1, 3)


def test_null_dates_alarm_by_the_threshold_of_the_others() -> None:
    nulls = Nulls((0, 1, 2), ((3.0, 1.0), (2.0,), ()))
    assert nulls.operating_point(Eyes()) == 3.0
    assert nulls.alarms(Eyes()) == 1  # 3 is above 2; 2 is not above 3
    assert nulls.alarms(Eyes(), number=2) == 0
    assert nulls.beyond(1.0) == 2
    assert nulls.beyond(1.0, number=2) == 1


def test_a_date_is_held_against_the_dates_before_it_then_after_it() -> None:
    usable = range(0, 60, 2)
    assert earlier_dates(50, usable) == list(range(2, 50, 2))
    assert earlier_dates(4, usable)[-2:] == [0, 2]
    assert len(earlier_dates(4, usable)) == trials.HISTORY
    assert 4 not in earlier_dates(4, usable)
    assert earlier_dates(4, usable)[-3] == 6  # the nearest after it comes last but these


def flat(dates: int = 3, side: int = 80) -> Float:
    return np.full((dates, 1, side, side), 0.2, np.float32)


def middle(side: int = 80) -> np.ndarray:
    zone = np.zeros((side, side), bool)
    zone[15:-15, 15:-15] = True
    return zone


def plant(dates: Float, witness: Eyes, **changed: object) -> Planted:
    said = {
        "witness": witness,
        "usable": [0, 1],
        "target": LARGE,
        "contrasts": CONTRASTS,
        "pixel_m": 10.0,
        "zone": middle(),
        "trials": 30,
    }
    return trials.planted(dates, 2, **{**said, **changed})


def test_targets_are_planted_until_there_are_enough() -> None:
    tried = plant(flat(), Eyes())
    assert len(tried.strengths) == 30
    assert all(15 <= row < 65 and 15 <= col < 65 for row, col in tried.places)
    assert all(CONTRASTS[0] <= abs(one) <= CONTRASTS[1] for one in tried.contrasts)
    assert {one > 0 for one in tried.contrasts} == {True, False}
    assert all(value > 0.02 for value in tried.strengths)


def test_the_same_pixels_draw_the_same_trials_whatever_the_threads() -> None:
    with threads.at_most(3):
        many = plant(flat(), Eyes())
    with threads.at_most(1):
        assert plant(flat(), Eyes()) == many
    assert plant(flat() + np.float32(0.01), Eyes()).places != many.places


def test_what_the_witness_does_not_see_is_counted_as_missed() -> None:
    tried = plant(flat(), Eyes(least=0.9))
    assert tried.found(Wanted(1, 1), 0.0) == (0, 30)


def test_nothing_is_planted_under_cloud_or_by_what_stands_there() -> None:
    dates = flat()
    dates[2, :, :40] = np.nan
    assert all(row >= 40 for row, _ in plant(dates, Eyes()).places)
    dates = flat()
    dates[2, :, 40, 40] = 0.9
    taken = plant(dates, Eyes(), taken=0.5).places
    assert all(abs(row - 40) + abs(col - 40) > 6 for row, col in taken)
    dates[2] = np.nan
    assert plant(dates, Eyes()) == Planted((), (), (), ())


def test_vessels_are_brighter_than_water() -> None:
    tried = plant(flat(), Eyes(), target=SHAPES["frigate"])
    assert all(one > 0 for one in tried.contrasts)


def test_the_date_itself_stays_as_it_is() -> None:
    dates = flat()
    plant(dates, Eyes())
    assert (dates == np.float32(0.2)).all()


def test_every_null_date_is_judged() -> None:
    dates = flat(4)
    dates[1, 0, 30, 30] = 0.5
    found = trials.nulls(dates, Eyes(), [0, 1, 3])
    assert found.indices == (0, 1, 3)
    assert [len(each) for each in found.strengths] == [0, 1, 0]


def test_a_planform_is_scaled_to_a_length() -> None:
    small = sized("vessel", 60.0)
    assert small.length_m == 60.0
    assert small.kind == "vessel"
    assert small.outline.bounds[2] - small.outline.bounds[0] == pytest.approx(60.0, rel=0.05)
    assert sized("aircraft", LARGE.length_m) is LARGE
