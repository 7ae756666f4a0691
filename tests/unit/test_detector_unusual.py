"""Unusual objects of a date, weighed against those on the ground around the zones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from small_tiffs import UTM

from imagery.detectors.unusual import LONGEST_M, unusual

SHAPE = (100, 120)
LAND = np.zeros(SHAPE, bool)
GRID = GeoBox(SHAPE, UTM, "EPSG:32636")


def zones() -> dict[str, np.ndarray]:
    apron = np.zeros(SHAPE, bool)
    apron[40:60, 40:60] = True
    return {"apron": apron}


def with_objects(*corners: tuple[int, int]) -> np.ndarray:
    plane = np.zeros(SHAPE, bool)
    for row, col in corners:
        plane[row : row + 3, col : col + 4] = True
    return plane


def test_an_object_that_stands_alone_is_the_zones_own() -> None:
    (found,) = unusual(with_objects((50, 50)), zones(), grid=GRID, water=LAND)
    assert (found.zone_id, found.direction, found.score) == ("apron", "present", 12)
    assert found.probability == pytest.approx(1 - 400 / 11600)
    assert (found.length_m, found.area_m2) == (40, 1200)
    west, south, east, north = found.geometry.bounds
    assert 30 < west < east < 40
    assert 30 < south < north < 40


def test_where_the_ground_around_is_as_dense_nothing_is_known() -> None:
    around = [(row, col) for row in range(5, 95, 10) for col in (5, 15, 25, 70, 80, 90, 100, 110)]
    (found,) = unusual(with_objects((50, 50), *around), zones(), grid=GRID, water=LAND)
    assert math.isnan(found.probability)
    larger = with_objects((50, 50), *around)
    larger[48:58, 48:58] = True  # nothing around is as large
    (found,) = unusual(larger, zones(), grid=GRID, water=LAND)
    assert found.probability > 0.95


def test_what_is_no_object_is_not_one() -> None:
    plane = np.zeros(SHAPE, bool)
    plane[50, 50:55] = True  # five pixels are noise of edges
    assert unusual(plane, zones(), grid=GRID, water=LAND) == []
    plane[45, :] = True
    assert plane.shape[1] * 10 > LONGEST_M  # a wall of cloud
    assert unusual(plane, zones(), grid=GRID, water=LAND) == []


def test_a_zone_outside_the_scene_has_none() -> None:
    assert (
        unusual(with_objects((50, 50)), {"away": np.zeros(SHAPE, bool)}, grid=GRID, water=LAND)
        == []
    )
    assert unusual(with_objects((50, 50)), {}, grid=GRID, water=LAND) == []


def test_a_zone_of_water_is_weighed_against_water() -> None:
    on_land = [(row, col) for row in range(5, 95, 10) for col in (5, 15, 25)]
    plane = with_objects((50, 50), *on_land)
    water = np.ones(SHAPE, bool)
    water[:, :35] = False
    (found,) = unusual(plane, zones(), grid=GRID, water=water)
    assert found.probability == pytest.approx(1 - 400 / (8500 - 400))
    (found,) = unusual(plane, zones(), grid=GRID, water=LAND)
    assert found.probability < 0.1  # about as dense on the ground around
