"""Sightings of one size: newcomers against a history, vessels in a picture, vehicles in a park."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from shapely import Polygon

from imagery import anomaly, forecast, implant
from imagery.detectors import planform, sightings
from imagery.detectors.shapes import SHAPES, fill
from imagery.detectors.sightings import Afloat, Newcomers, Sighting, free_of
from imagery.detectors.vehicle_park import Parked
from imagery.implant import Planting, Target
from imagery.kernels import Float

BANDS = ("blue", "green", "red", "nir")
SIDE, DATES = 110, 16
PIXEL = (10.0, 10.0)
LARGE = SHAPES["An-124"]


def history(seed: int = 4) -> Float:
    rng = np.random.default_rng(seed)
    ground = 0.15 + 0.02 * rng.normal(size=(4, SIDE, SIDE))
    noise = 0.006 * rng.normal(size=(DATES, 4, SIDE, SIDE))
    return (ground + noise).astype(np.float32)


def planted(values: Float, *places: tuple[int, int], contrast: float = 0.15) -> Float:
    at = np.array(places, np.int64).reshape(-1, 2)
    headings = np.full(len(at), 30.0)
    planting = Planting(at[:, 0], at[:, 1], np.zeros((len(at), 2)), headings)
    return implant.paint(values, planting, Target(LARGE, (contrast,)), pixel_m=PIXEL)


def middle() -> np.ndarray:
    zone = np.zeros((SIDE, SIDE), bool)
    zone[30:80, 30:80] = True
    return zone


@pytest.fixture(scope="module")
def newcomers() -> Newcomers:
    return Newcomers(middle(), BANDS, planform.bank("An-124", gsd_m=10), LARGE.length_m)


EARLIER = range(DATES - 1)


def test_newcomers_are_sighted_where_they_stand(newcomers: Newcomers) -> None:
    dates = history()
    dates[-1] = planted(dates[-1], (45, 40), (60, 70))
    seen = newcomers.sightings(dates, DATES - 1, EARLIER)
    empty = newcomers.sightings(history(), DATES - 1, EARLIER)
    two = {(round(one.row), round(one.col)) for one in seen[:2]}
    assert all(min(math.dist(place, at) for at in two) < 2 for place in [(45, 40), (60, 70)])
    assert seen[1].strength > 1.5 * max(one.strength for one in empty)


def test_strongest_first_and_inside_the_zone(newcomers: Newcomers) -> None:
    dates = history()
    dates[-1] = planted(dates[-1], (45, 45), (15, 15))
    seen = newcomers.sightings(dates, DATES - 1, EARLIER)
    assert [one.strength for one in seen] == sorted((o.strength for o in seen), reverse=True)
    assert all(30 <= one.row < 80 and 30 <= one.col < 80 for one in seen)


def test_too_short_a_history_sees_nothing(newcomers: Newcomers) -> None:
    dates = history()
    dates[-1] = planted(dates[-1], (45, 45))
    assert newcomers.sightings(dates, DATES - 1, range(forecast.LEAST_DATES - 1)) == []


def test_a_look_prepared_once_gives_what_the_whole_stack_gives(newcomers: Newcomers) -> None:
    dates = history()
    dates[-1] = planted(dates[-1], (45, 45))
    whole = forecast.contrasts(dates)
    part = forecast.extended(forecast.contrasts(dates[:-1]), dates[-1])
    for name in ("values", "scale", "rounded", "saturated", "gram"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name))
    *_, (_, found, frame) = anomaly.anomalies(whole, bands=BANDS, start=DATES - 1)
    share = anomaly.usual(forecast.contrasts(dates[:-1]))
    latest, other = anomaly.latest(part, share, bands=BANDS)
    np.testing.assert_array_equal(latest.whitened, found.whitened)
    np.testing.assert_array_equal(other.spread, frame.spread)


def test_a_gap_in_the_judged_date_does_not_spoil_the_rest(newcomers: Newcomers) -> None:
    dates = history()
    dates[-1] = planted(dates[-1], (45, 45))
    clouded = dates.copy()
    clouded[-1, :, 65:] = np.nan
    whole, rest = (
        newcomers.sightings(each, DATES - 1, EARLIER)[0].strength for each in (dates, clouded)
    )
    assert rest == pytest.approx(whole, rel=0.25)
    assert all(one.row < 66 for one in newcomers.sightings(clouded, DATES - 1, EARLIER))


def test_a_sure_newcomer_stands_above_every_null_date(newcomers: Newcomers) -> None:
    assert newcomers.operating_point([3.0, 4.0]) == pytest.approx(4.0 * sightings.ABOVE_NULL)
    assert newcomers.operating_point([]) >= sightings.LEAST


def test_the_low_point_rests_on_targets_that_are_sighted(newcomers: Newcomers) -> None:
    low = newcomers.low_point([-math.inf, 5.0, 9.0], 8.0)
    assert low == pytest.approx(5.0 * sightings.LOW_SHARE)
    assert newcomers.low_point([50.0], 8.0) == 8.0
    assert newcomers.low_point([-math.inf], 8.0) == -math.inf


@dataclass(frozen=True, slots=True)
class Drawn:
    row: float
    col: float
    length_m: float
    score: float

    @property
    def outline(self) -> Polygon:
        return shapely.box(self.col - 3, self.row - 1, self.col + 3, self.row + 1)


@dataclass(frozen=True, slots=True)
class Looked:
    vessels: tuple[Drawn, ...]


@pytest.fixture
def afloat(monkeypatch: pytest.MonkeyPatch, newcomers: Newcomers) -> Afloat:
    """A network that outlines three vessels, one of them too short."""
    found = (
        Drawn(45.5, 45.5, 70.0, 0.5),
        Drawn(60.5, 70.5, 66.0, 1.5),
        Drawn(70.5, 40.5, 30.0, 9.0),
    )
    monkeypatch.setattr(sightings.vessels, "look", lambda *_, **__: Looked(found))
    return Afloat(newcomers, 10.0)


def test_a_vessel_counts_for_more_where_it_is_new(afloat: Afloat) -> None:
    dates = history()
    dates[-1] = planted(dates[-1], (45, 45))
    seen = afloat.sightings(dates, DATES - 1, EARLIER)
    outlined = [one for one in seen if np.isfinite(one.length_m)]
    assert [(one.row, one.col) for one in outlined] == [(45.0, 45.0), (60.0, 70.0)]
    assert all(one.strength < sightings.SURE_VESSEL for one in seen if one not in outlined)
    new = afloat.newcomers.sightings(dates, DATES - 1, EARLIER)[0].strength
    assert seen[0].strength == pytest.approx(0.5 + new / sightings.PER_LOG_ODD)
    assert seen[0].length_m == 70.0


def test_a_vessel_that_a_cloud_may_have_cut_is_not_sure_and_not_ruled_out(
    monkeypatch: pytest.MonkeyPatch, newcomers: Newcomers
) -> None:
    found = (Drawn(45.5, 45.5, 70.0, 3.0), Drawn(80.5, 70.5, 66.0, 3.0))
    monkeypatch.setattr(sightings.vessels, "look", lambda *_, **__: Looked(found))
    afloat, dates = Afloat(newcomers, 10.0), history()
    dates[-1, :, 49:60, 38:60] = np.nan
    whole, cut = afloat.sightings(dates, DATES - 1, EARLIER)[:2]
    assert (whole.row, cut.row) == (80, 45)
    assert whole.strength > sightings.SURE_VESSEL > cut.strength
    assert cut.strength >= afloat.low_point([9.0], sightings.SURE_VESSEL)


def test_vessels_of_another_size_are_left_out(afloat: Afloat) -> None:
    seen = afloat.sightings(history(), DATES - 1, EARLIER)
    assert all(one.length_m > 40 for one in seen if np.isfinite(one.length_m))


def test_without_water_there_is_no_vessel(newcomers: Newcomers) -> None:
    flat = np.full((DATES, 4, SIDE, SIDE), 0.2, np.float32)
    assert Afloat(newcomers, 10.0).sightings(flat, DATES - 1, EARLIER) == []


def park(*places: tuple[int, int]) -> Float:
    image = np.random.default_rng(3).normal(0.3, 0.01, (1, 160, 160)).astype(np.float32)
    ink = fill(SHAPES["S-400 launcher"], heading_deg=35.0, pixel_m=(1.0, 1.0))
    half = len(ink) // 2
    for row, col in places:
        image[0, row - half : row + half + 1, col - half : col + half + 1] += 0.15 * ink
    return image


def in_park() -> np.ndarray:
    zone = np.zeros((160, 160), bool)
    zone[60:100, 60:100] = True
    return zone


def test_vehicles_are_sighted_in_pixels_of_the_grid() -> None:
    seen = Parked(in_park(), 1.0).sightings(park((70, 70), (90, 88))[None], 0, ())
    places = {(round(one.row), round(one.col)) for one in seen}
    assert all(min(math.dist(at, it) for it in places) < 2.5 for at in [(70, 70), (90, 88)])
    assert all(0.5 <= one.strength <= 1 for one in seen)


def test_look_alike_parks_hold_nothing_of_the_park_or_of_each_other() -> None:
    zone = np.zeros((160, 160), bool)
    zone[70:86, 70:86] = True
    shown = ~zone
    shown[:, 120:] = False
    found = list(Parked(zone, 1.0).elsewhere(shown))
    assert len(found) > 10
    assert all(one.sum() == pytest.approx(zone.sum(), rel=0.2) for one in found)
    assert not any((one & zone).any() for one in found)
    assert all(shown[one].all() for one in found)
    assert np.sum(found, axis=0).max() == 1


def test_the_ground_around_a_sighting_is_taken() -> None:
    zone = np.ones((60, 60), bool)
    left = free_of(zone, [Sighting(30.0, 30.0, 9.0, math.nan)], LARGE, pixel_m=10)
    assert not left[30, 30]
    assert not left[30, 36]
    assert left[30, 50]
    assert free_of(zone, [], LARGE, pixel_m=10) is zone
