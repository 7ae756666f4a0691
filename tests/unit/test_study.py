"""One question put to dates: what a glance says, with trials and null dates known by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pystac
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from imagery import implant
from imagery.catalogs import SIMULATED
from imagery.dated import Dated
from imagery.detectors import backdrop, planform, trials
from imagery.detectors.shapes import SHAPES
from imagery.detectors.sightings import Newcomers, Sighting
from imagery.detectors.study import LEAST_ELSEWHERE, Question, Study
from imagery.detectors.trials import Planted, Wanted
from imagery.detectors.vehicle_park import Parked
from imagery.implant import Planting, Target
from imagery.kernels import Float
from pipelines.evidence import Rate
from pipelines.weighing import acquisition_of, answer_of

LARGE = SHAPES["An-124"]
SIDE, DATES = 90, 24
BANDS = ("blue", "green", "red", "nir")


@dataclass(frozen=True, slots=True)
class Said:
    """A witness that says of each date what it was told: the first pixel is its number."""

    strengths: tuple[tuple[float, ...], ...]

    @property
    def name(self) -> str:
        return "said"

    def sightings(self, dates: Float, index: int, earlier: Sequence[int]) -> list[Sighting]:
        return self.against(dates, earlier)(dates[index])

    def against(self, dates: Float, earlier: Sequence[int]) -> Callable[[Float], list[Sighting]]:
        def look(values: Float) -> list[Sighting]:
            told = self.strengths[int(values[0, 0, 0])]
            return [Sighting(40.0, 40.0, one, math.nan) for one in told]

        return look

    def operating_point(self, strongest: Sequence[float]) -> float:
        return max(strongest)

    def low_point(self, planted: Sequence[float], sure: float) -> float:
        return min((*planted, sure)) - 0.5


def dated(values: Float) -> Dated:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    items = tuple(
        pystac.Item(f"d{n}", None, None, start + timedelta(days=5 * n), {SIMULATED: True})
        for n in range(len(values))
    )
    grid = GeoBox(values.shape[2:], Affine(10, 0, 300_000, 0, -10, 3_920_000), "EPSG:32636")
    return Dated(items, grid, BANDS, values, (None,) * len(items))


def question() -> Question:
    zone = np.zeros((SIDE, SIDE), bool)
    zone[20:70, 20:70] = True
    return Question(LARGE, (0.08, 0.25), zone)


@pytest.fixture
def told() -> Study:
    """Null dates with 3, 2 twice, nothing and 1; a last date with 9, 4 and 2.6."""
    values = np.zeros((5, 4, SIDE, SIDE), np.float32)
    values[:, 0, 0, 0] = range(5)
    values[4, :, 60:] = np.nan
    witness = Said(((3.0,), (2.0, 2.0), (), (1.0,), (9.0, 4.0, 2.6)))
    study = Study(dated(values), question(), witness, (0, 1, 2, 3), 10.0)
    none = (-math.inf,) * 4
    made = Planted((8.0, 3.5, 2.9, 7.0), (3.2, *none[1:]), (0.1,) * 4, ((30, 30),) * 4)
    study._planted |= {(4, 1): made, (4, 2): made}
    return study


def test_a_glance_counts_what_is_sure_and_what_is_not_ruled_out(told: Study) -> None:
    glance = told.glance(4, Wanted(1, 1))
    assert glance.sure == 3.0
    assert glance.low == pytest.approx(2.4)
    assert (glance.count_sure, glance.count_low) == (2, 3)
    assert glance.clear == pytest.approx(0.8)


def test_a_glance_counts_the_planted_and_the_null_dates(told: Study) -> None:
    glance = told.glance(4, Wanted(1, 1))
    assert (glance.power_sure.count, glance.power_sure.trials) == (3, 4)
    assert (glance.false_sure.count, glance.false_sure.trials) == (1, 4)
    assert (glance.false_low.count, glance.false_low.trials) == (1, 4)
    assert glance.twice.count == 1


def test_two_are_found_where_both_of_a_pair_are(told: Study) -> None:
    glance = told.glance(4, Wanted(2, 2))
    assert (glance.power_sure.count, glance.power_sure.trials) == (1, 2)
    assert glance.false_sure.count == 0
    assert glance.extra.count == 1


def test_the_trials_of_a_date_are_made_once(told: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    made = told._planted.pop((4, 1))
    monkeypatch.setattr(trials, "planted", lambda *_, **said: calls.append(said) or made)
    told.glance(4, Wanted(1, 1))
    told.glance(4, Wanted(1, 1))
    assert len(calls) == 1
    assert (calls[0]["taken"], calls[0]["together"]) == (3.0, 1)


def test_a_glance_becomes_what_the_rules_weigh(told: Study) -> None:
    wanted = Wanted(2, 2)
    one = acquisition_of(told.glance(4, wanted), "d4", wanted=wanted, relevance=0.5, group=1)
    assert (one.scene, one.answer, one.group) == ("d4", "seen", 1)
    assert (one.clear, one.relevance) == (pytest.approx(0.8), 0.5)
    assert one.sure.power == Rate(1, 2)
    assert one.sure.others == (Rate(1, 4), Rate(1, 4))
    single = Wanted(1, 1)
    lone = acquisition_of(told.glance(4, single), "d4", wanted=single, relevance=1.0)
    assert lone.sure.others == ()
    assert lone.low.power.trials == 4


@pytest.mark.parametrize(("number", "answer"), [(2, "seen"), (3, "between"), (4, "ruled_out")])
def test_the_answer_follows_the_two_points(told: Study, number: int, answer: str) -> None:
    told._planted[4, 4] = Planted((2.9,) * 4, (0.0,) * 4, (0.1,) * 4, ((30, 30),) * 4)
    wanted = Wanted(number, 4)
    assert answer_of(told.glance(4, wanted), wanted) == answer


def history() -> Float:
    rng = np.random.default_rng(6)
    ground = 0.15 + 0.01 * rng.normal(size=(4, SIDE, SIDE))
    return (ground + 0.006 * rng.normal(size=(DATES, 4, SIDE, SIDE))).astype(np.float32)


def with_one(values: Float, row: int, col: int) -> Float:
    one = Planting(np.array([row]), np.array([col]), np.zeros((1, 2)), np.array([30.0]))
    return implant.paint(values, one, Target(LARGE, (0.15,)), pixel_m=(10.0, 10.0))


def study_of(values: Float) -> Study:
    asked = question()
    witness = Newcomers(asked.zone, BANDS, planform.bank("An-124", gsd_m=10), LARGE.length_m)
    return Study(dated(values), asked, witness, tuple(range(len(values) - 1)), 10.0)


def test_a_newcomer_is_sure_with_high_power(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "MOST_RUNS", 12)
    values = history()
    values[-1] = with_one(values[-1], 40, 50)
    glance = study_of(values).glance(DATES - 1, Wanted(1, 1))
    assert glance.count_sure == 1
    assert math.dist((glance.sightings[0].row, glance.sightings[0].col), (40, 50)) < 2
    assert glance.false_sure.trials == DATES - 1
    assert glance.power_low.count == glance.power_low.trials > 10
    assert glance.low < glance.sightings[0].strength


def test_what_stands_on_all_dates_is_hidden_from_newcomers() -> None:
    values = history()
    assert not study_of(values).hidden
    for date in values:
        date[:] = with_one(date, 40, 50)
    assert study_of(values).hidden


def test_what_stands_outside_the_zone_hides_nothing() -> None:
    values = history()
    for date in values:
        date[:] = with_one(date, 8, 8)
    assert not study_of(values).hidden
    sizes = planform.bank("An-124", gsd_m=10)
    nowhere = np.zeros((SIDE, SIDE), bool)
    assert not backdrop.resembles(values, nowhere, LARGE, sizes)


def test_parks_have_other_places_for_null_dates() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(0.3, 0.01, (2, 4, 260, 260)).astype(np.float32)
    zone = np.zeros((260, 260), bool)
    zone[120:140, 120:140] = True
    asked = Question(SHAPES["S-400 launcher"], (0.08, 0.25), zone)
    found = Study(dated(values), asked, Parked(zone, 3.0), (0, 1), 3.0).nulls
    assert set(found.indices) == {0, 1}
    assert len(found.strengths) == LEAST_ELSEWHERE
