"""Water of a radar series, ships on it, and how many planted ones are found; SIMULATED."""

from __future__ import annotations

import numpy as np
import pytest
from radar_scenes import LOOKS, ground, speckled

from imagery import sar_past
from imagery.detectors import radar_changes, radar_sea, radar_trials

SHAPE = (240, 240)
PIXEL_M = (10.0, 10.0)
PASSES = 8


def coast() -> np.ndarray:
    """Land to the right, a pier in the water, a dark pond on land."""
    power = ground(SHAPE)
    power[:, :, :150] = np.array([0.02, 0.003], np.float32)[:, None, None]
    power[:, 100:104, 110:150] = 1.0
    power[:, 200:210, 200:210] = 0.002
    return power


def with_ship(power: np.ndarray, row: int, col: int, long: int) -> np.ndarray:
    out = power.copy()
    out[:, row : row + 2, col : col + long] += 1.5
    return out


@pytest.fixture(scope="module")
def sea() -> radar_sea.Sea:
    passes = np.stack([speckled(coast(), number) for number in range(PASSES)])
    found = radar_sea.find_sea(np.median(passes, axis=0), pixel_m=PIXEL_M)
    assert found is not None
    return found


def test_water_is_the_darker_level_and_ponds_are_none(sea: radar_sea.Sea) -> None:
    assert sea.water[5:-5, 5:105].mean() > 0.99
    assert sea.water[:, 160:].mean() < 0.01
    assert sea.near[102, 130] or not sea.water[102, 130]


def test_land_alone_has_no_sea() -> None:
    assert radar_sea.find_sea(speckled(ground(SHAPE), 3), pixel_m=PIXEL_M) is None


def test_nothing_at_all_has_no_sea() -> None:
    assert radar_sea.find_sea(np.full((2, *SHAPE), np.nan, np.float32), pixel_m=PIXEL_M) is None


def test_a_ship_on_open_water_is_found_with_its_length(sea: radar_sea.Sea) -> None:
    power = speckled(with_ship(coast(), 60, 40, 12), 40)
    look = radar_sea.look(power, sea, looks=LOOKS, pixel_m=PIXEL_M)
    (ship,) = look.ships
    assert ship.length_m == pytest.approx(120, abs=3 * ship.length_sd_m)
    assert (ship.row, ship.col) == (pytest.approx(61, abs=2), pytest.approx(46, abs=2))
    assert not ship.near_structure


def test_a_ship_at_the_pier_is_near_a_structure(sea: radar_sea.Sea) -> None:
    power = speckled(with_ship(coast(), 105, 115, 8), 41)
    look = radar_sea.look(power, sea, looks=LOOKS, pixel_m=PIXEL_M)
    assert look.ships == ()
    assert len(look.moored) == 1


def test_planted_ships_are_found_the_longer_the_surer(sea: radar_sea.Sea) -> None:
    power = speckled(coast(), 42)
    eligible = sea.water & ~sea.near
    eligible[:, :25] = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(radar_trials.implant, "TRIALS", 20)
        made = radar_trials.ships(power, sea, eligible, looks=LOOKS, pixel_m=PIXEL_M)
    assert [each.size for each in made] == list(radar_trials.SHIP_LENGTHS_M)
    assert made[-1].found == made[-1].trials
    assert made[-1].trials > 5


def steady(passes: int) -> sar_past.Steady:
    return sar_past.Steady(tuple(range(passes)), np.zeros((passes, 2), np.float32), LOOKS)


def test_a_change_is_dated_with_its_direction_and_confirmed() -> None:
    still = ground((60, 60))
    power = np.stack([speckled(still, number) for number in range(10)])
    power[4:, :, 20:26, 20:26] *= 15
    power[9:, :, 40:44, 40:44] *= 15
    zone = np.ones((60, 60), bool)
    found = radar_changes.changes(power, zone, steady(10))
    largest = max(found, key=lambda each: each.pixels)
    assert (largest.first, largest.confirmed, largest.brighter) == (4, 6, True)
    assert largest.centre == (pytest.approx(22.5, abs=1), pytest.approx(22.5, abs=1))
    (last,) = [each for each in found if each.first == 9]
    assert last.confirmed is None


def test_steady_ground_raises_next_to_nothing() -> None:
    still = ground((100, 100))
    power = np.stack([speckled(still, number) for number in range(12)])
    assert len(radar_changes.changes(power, np.ones((100, 100), bool), steady(12))) <= 1


def test_three_passes_are_dated_by_nobody() -> None:
    power = np.stack([speckled(ground((60, 60)), number) for number in range(3)])
    assert radar_changes.changes(power, np.ones((60, 60), bool), steady(3)) == []


def test_rain_on_everything_is_no_change() -> None:
    still = ground((60, 60))
    power = np.stack([speckled(still, number) for number in range(8)])
    power[5] *= 6
    wet = steady(8)
    wet.levels[5] = np.log(6)
    assert radar_changes.changes(power, np.ones((60, 60), bool), wet) == []
    assert radar_changes.changes(power, np.ones((60, 60), bool), steady(8)) != []


def test_copies_lie_apart_from_what_is_closed() -> None:
    zone = np.zeros((200, 200), bool)
    zone[90:110, 90:110] = True
    steps = radar_trials.copies(zone, zone)
    assert 5 < len(steps) <= radar_trials.MOST_COPIES
    taken = zone.copy()
    for step in steps:
        moved = np.roll(zone, step, axis=(0, 1))
        assert moved.sum() == zone.sum()
        assert not (moved & taken).any()
        taken |= moved
