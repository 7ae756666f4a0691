"""Simulated revetments: bars of a vehicle's size on noisy ground."""

from __future__ import annotations

import numpy as np
import pytest
from shapely import box

from imagery.detectors.shapes import Shape, fill
from imagery.detectors.vehicles import count_interval, count_vehicles, zone_change
from imagery.errors import InputError, NotObservable

SHAPE = (160, 160)
PLACES = [(60, 60), (60, 95), (95, 60), (95, 95)]


def bar(length: float, width: float) -> Shape:
    return Shape(
        "bar", "vehicle", length, width, box(-length / 2, -width / 2, length / 2, width / 2)
    )


def ground(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.3, 0.01, SHAPE).astype(np.float32)


def zone() -> np.ndarray:
    inside = np.zeros(SHAPE, bool)
    inside[45:115, 45:115] = True
    return inside


def put(image: np.ndarray, place, shape: Shape, heading: float, contrast: float, gsd: float):
    ink = fill(shape, heading_deg=heading, pixel_m=(gsd, gsd))
    half = ink.shape[0] // 2
    row, col = place
    image[row - half : row + half + 1, col - half : col + half + 1] += contrast * ink


@pytest.fixture
def parked() -> np.ndarray:
    image = ground(3)
    for turn, place in enumerate(PLACES):
        put(image, place, bar(12.0, 3.1), 35.0 * turn, 0.15 if turn % 2 else -0.15, 1.0)
    return image


def test_vehicles_of_either_brightness_are_counted(parked) -> None:
    counted = count_vehicles(parked, zone=zone(), pixel_m=1.0)
    places = {(round(one.row - 0.5), round(one.col - 0.5)) for one in counted.vehicles}
    for row, col in PLACES:
        assert any(abs(r - row) <= 2 and abs(c - col) <= 2 for r, c in places)
    assert counted.low <= 4 <= counted.high
    assert counted.high <= 5
    assert all(0 <= one.probability <= 1 for one in counted.vehicles)


def test_walls_and_spots_are_no_vehicles() -> None:
    image = ground(4)
    put(image, (70, 80), bar(45.0, 3.1), 20.0, 0.15, 1.0)  # a wall
    put(image, (100, 80), bar(2.0, 2.0), 0.0, 0.15, 1.0)  # a drum
    counted = count_vehicles(image, zone=zone(), pixel_m=1.0)
    assert counted.low == 0
    assert len(counted.vehicles) <= 1


def test_a_wall_beside_a_vehicle_does_not_hide_it() -> None:
    image = ground(8)
    for turn, (row, col) in enumerate(PLACES):
        put(image, (row, col), bar(12.0, 3.1), 35.0 * turn, 0.15, 1.0)
        put(image, (row + 12, col), bar(27.0, 3.1), 90.0, 0.15, 1.0)
    counted = count_vehicles(image, zone=zone(), pixel_m=1.0)
    beside = [one for one in counted.vehicles if min(abs(one.row - r) for r, _ in PLACES) <= 2]
    assert len(beside) == 4


def test_an_empty_zone_counts_from_zero() -> None:
    counted = count_vehicles(ground(5), zone=zone(), pixel_m=1.0)
    assert counted.low == 0


def test_objects_that_the_surround_shows_as_well_are_less_probable(parked) -> None:
    cluttered = parked.copy()
    for row in range(12, 150, 16):
        for col in (12, 28, 132, 148):
            put(cluttered, (row, col), bar(12.0, 3.1), 10.0 * row, 0.15, 1.0)
    alone = count_vehicles(parked, zone=zone(), pixel_m=1.0)
    among = count_vehicles(cluttered, zone=zone(), pixel_m=1.0)
    assert among.low < alone.low


def test_at_10_m_there_is_no_count() -> None:
    with pytest.raises(NotObservable):
        count_vehicles(ground(1), zone=zone(), pixel_m=10.0)


def test_at_10_m_the_zone_still_has_a_change() -> None:
    quiet = ground(6) - ground(7)
    still = zone_change(quiet, zone=zone(), pixel_m=10.0)
    moved = quiet.copy()
    moved[60:70, 60:70] += 0.2
    active = zone_change(moved, zone=zone(), pixel_m=10.0)
    assert still.area_m2 == pytest.approx(still.expected_m2, rel=0.5)
    assert active.area_m2 == pytest.approx(still.area_m2 + 100 * 100, rel=0.2)
    assert active.strength > still.strength


def test_no_ground_around_the_zone_is_refused() -> None:
    with pytest.raises(InputError):
        count_vehicles(ground(1), zone=np.ones(SHAPE, bool), pixel_m=1.0)
    with pytest.raises(InputError):
        zone_change(ground(1), zone=np.ones((3, 3), bool), pixel_m=1.0)


def test_a_count_interval_covers_what_it_says() -> None:
    probabilities = [0.9, 0.8, 0.5, 0.2]
    low, high = count_interval(probabilities)
    draws = np.random.default_rng(0).random((20000, 4)) < np.array(probabilities)
    inside = (draws.sum(axis=1) >= low) & (draws.sum(axis=1) <= high)
    assert inside.mean() >= 0.9
    assert count_interval([]) == (0, 0)
