"""Simulated aprons: shapes drawn by the project's own planforms on noisy ground."""

from __future__ import annotations

import math

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely import box

from imagery.detectors.apron import changed_aircraft, zone_mask
from imagery.detectors.finds import Occupancy
from imagery.detectors.shapes import SHAPES, Shape, fill
from imagery.detectors.stands import (
    check_observable,
    compare_stands,
    occupied_stands,
    of_class,
)
from imagery.errors import InputError, NotObservable
from imagery.model import Zone

PIXEL_M = 3.0
SHAPE = (120, 160)
PLACES = [(30, 30), (30, 80), (30, 130), (85, 30), (85, 80), (85, 130)]
JET = SHAPES["Il-76"]


def ground(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.01, SHAPE)
    # A joint between two surfaces: an edge that is in both dates.
    noise[:, 100:] += 0.05
    return (0.2 + noise).astype(np.float32)


def park(image: np.ndarray, place: tuple[int, int], heading: float, shape: Shape = JET) -> None:
    ink = fill(shape, heading_deg=heading, pixel_m=(PIXEL_M, PIXEL_M))
    half = ink.shape[0] // 2
    row, col = place
    image[row - half : row + half + 1, col - half : col + half + 1] += 0.25 * ink


def stands() -> np.ndarray:
    return np.ones(SHAPE, bool)


def near(found, place: tuple[int, int]) -> bool:
    return math.hypot(found.row - place[0] - 0.5, found.col - place[1] - 0.5) <= 3


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    before, after = ground(1), ground(2)
    for place in PLACES[:2]:  # these leave
        park(before, place, 40)
    for place in PLACES[2:4]:  # these come
        park(after, place, 200)
    park(before, PLACES[4], 90)  # and this one is replaced by another
    park(after, PLACES[4], 120)
    return before, after * np.float32(1.3)


@pytest.fixture(scope="module")
def compared(pair) -> Occupancy:
    return compare_stands(*pair, stands=stands(), pixel_m=PIXEL_M)


def test_arrivals_and_departures_are_told_from_a_replacement(compared) -> None:
    found = compared.found
    events = {(one.event, PLACES.index(p)) for one in found for p in PLACES if near(one, p)}
    assert len(found) == 4
    assert events == {("departed", 0), ("departed", 1), ("arrived", 2), ("arrived", 3)}


def test_lengths_are_about_right(compared) -> None:
    assert [one.length_m for one in compared.found] == pytest.approx([JET.length_m] * 4, rel=0.25)


def test_the_two_dates_swapped_swap_the_events(pair, compared) -> None:
    forth = compared.found
    back = compare_stands(*pair[::-1], stands=stands(), pixel_m=PIXEL_M).found
    other = {"arrived": "departed", "departed": "arrived"}
    assert {(one.event, one.row, one.col) for one in forth} == {
        (other[one.event], one.row, one.col) for one in back
    }


def test_two_empty_dates_show_nothing() -> None:
    found = compare_stands(ground(1), ground(2), stands=stands(), pixel_m=PIXEL_M)
    assert found.found == ()
    assert found.candidates > 0


def test_repainted_ground_and_a_long_shadow_are_no_aircraft() -> None:
    before, after = ground(1), ground(2)
    after[20:50, 20:60] += 0.2  # a new surface
    after[80:84, 20:90] -= 0.1  # the shadow of a mast
    found = compare_stands(before, after, stands=stands(), pixel_m=PIXEL_M).found
    assert found == ()


def test_one_date_shows_who_stands_there(pair) -> None:
    found = occupied_stands(pair[0], stands=stands(), pixel_m=PIXEL_M).found
    assert {PLACES.index(p) for one in found for p in PLACES if near(one, p)} == {0, 1, 4}
    assert {one.event for one in found} == {"present"}


def test_nothing_is_found_off_the_stands_or_without_data(pair) -> None:
    outside = stands()
    outside[:60, :60] = False  # the stand of the first departure
    before = pair[0].copy()
    before[15:46, 60:101] = np.nan  # and of the second
    found = compare_stands(before, pair[1], stands=outside, pixel_m=PIXEL_M).found
    assert {one.event for one in found} == {"arrived"}
    assert compare_stands(*pair, stands=~stands(), pixel_m=PIXEL_M).found == ()


def test_unit_of_the_images_does_not_matter(pair, compared) -> None:
    plain = compared
    scaled = compare_stands(*(x * 10000 + 50 for x in pair), stands=stands(), pixel_m=PIXEL_M)
    assert [(a.event, a.row, a.col) for a in plain.found] == [
        (b.event, b.row, b.col) for b in scaled.found
    ]
    assert scaled.threshold == pytest.approx(plain.threshold, abs=1e-3)


def test_finer_images_give_the_same_places(pair) -> None:
    fine = [np.repeat(np.repeat(image, 3, 0), 3, 1) for image in pair]
    wide = np.repeat(np.repeat(stands(), 3, 0), 3, 1)
    found = compare_stands(*fine, stands=wide, pixel_m=1.0).found
    assert len(found) == 4
    assert any(abs(one.row - 3 * 30.5) < 9 and abs(one.col - 3 * 30.5) < 9 for one in found)


@pytest.mark.parametrize(("size", "pixel_m"), [("small", 10.0), ("medium", 15.0), ("large", 30.0)])
def test_a_class_below_its_resolution_is_not_observable(size, pixel_m) -> None:
    with pytest.raises(NotObservable):
        check_observable(size, pixel_m)


def test_a_class_that_is_asked_for_alone(compared) -> None:
    occupancy = compared
    kept = sum(len(of_class(occupancy, s, pixel_m=3.0)) for s in ("large", "medium", "small"))
    assert kept == len(occupancy.found)
    with pytest.raises(NotObservable):
        of_class(occupancy, "small", pixel_m=10.0)


def test_images_of_another_shape_are_refused(pair) -> None:
    with pytest.raises(InputError):
        compare_stands(*pair, stands=np.ones((5, 5), bool), pixel_m=PIXEL_M)


def test_detections_stand_on_the_map(pair) -> None:
    grid = GeoBox(SHAPE, Affine(3, 0, 270000, 0, -3, 3920000), "EPSG:32636")
    west, south, east, north = grid.footprint("EPSG:4326").boundingbox.bbox
    zone = Zone("x.apron", "apron", "apron", "user", "", 0.0, box(west, south, east, north))
    assert zone_mask(zone, grid).mean() > 0.97
    found = changed_aircraft(*pair, grid=grid, zone=zone)
    assert sorted(one.direction for one in found) == ["appeared"] * 2 + ["disappeared"] * 2
    for one in found:
        assert zone.geometry.contains(one.geometry)
        assert one.zone_id == "x.apron"
        assert math.isnan(one.probability)
        assert one.object_class in ("large aircraft", "medium aircraft")
    with pytest.raises(NotObservable):
        changed_aircraft(*pair, grid=grid.zoom_out(4), zone=zone, size="small")
