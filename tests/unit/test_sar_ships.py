"""Ships in a radar pass: found, measured, and not what always stands there; SIMULATED sea."""

from __future__ import annotations

import math

import numpy as np
import pytest
from shapely import box

from benchmarks import sar_seas
from imagery import implant, sar_targets
from imagery.detectors import radar_ships
from imagery.detectors.shapes import Shape
from imagery.errors import InputError

HULL = Shape("hull", "vessel", 120.0, 16.0, box(-60, -8, 60, 8))
PIXEL = (10.0, 10.0)
SIDE = 240


def scene(seed: int = 1, *, level: float = 0.01) -> np.ndarray:
    draws = np.random.default_rng(seed).gamma(4.4, level / 4.4, (SIDE, SIDE))
    return draws.astype(np.float32)


def with_ship(power: np.ndarray, row: int, col: int, heading: float = 40.0) -> np.ndarray:
    planting = implant.Planting(
        np.array([row]), np.array([col]), np.zeros((1, 2)), np.array([heading])
    )
    target = sar_targets.RadarTarget(HULL, (1.5,), looks=4.4)
    return sar_targets.paint(power[None], planting, target, pixel_m=PIXEL, seed=1)[0]


SEA = np.ones((SIDE, SIDE), bool)
NONE = np.zeros((SIDE, SIDE), bool)


def found_in(power: np.ndarray, structures: np.ndarray = NONE) -> list[radar_ships.Ship]:
    scores = radar_ships.scores(power, SEA, structures)
    known = radar_ships.level(scores, per_km2=0.05, pixel_m=PIXEL, looks=4.4)
    return radar_ships.ships(power, scores, known, pixel_m=PIXEL)


@pytest.mark.parametrize("heading", [0.0, 40.0, 90.0, 150.0])
def test_a_ship_is_found_with_place_length_and_heading(heading: float) -> None:
    (ship,) = found_in(with_ship(scene(), 120, 90, heading))
    assert (ship.row, ship.col) == pytest.approx((120.5, 90.5), abs=1.5)
    assert abs(ship.length_m - 120) < 3 * ship.length_sd_m
    assert ship.length_sd_m == pytest.approx(10 * math.sqrt(2))
    turned = abs((ship.heading_deg - heading + 90) % 180 - 90)
    assert turned < 8
    assert ship.p < 1e-6
    assert not ship.near_structure


def test_what_always_stands_there_is_no_ship() -> None:
    passes = []
    for seed in range(15):
        power = scene(seed)
        power[60:63, 40:46] += 0.5  # a platform
        passes.append(power)
    median = np.median(passes[:-1], axis=0).astype(np.float32)
    structures = radar_ships.fixed(median, SEA)
    assert structures[60:63, 40:46].all()
    assert structures.sum() == 18
    assert len(found_in(passes[-1])) == 1
    assert found_in(passes[-1], structures) == []
    (ship,) = found_in(with_ship(passes[-1], 180, 100), structures)
    assert ship.row == pytest.approx(180.5, abs=1.5)


def test_a_moored_ship_is_near_structure() -> None:
    passes = [scene(seed) for seed in range(15)]
    for power in passes:
        power[60:64, 40:160] += 0.5
    median = np.median(passes[:-1], axis=0).astype(np.float32)
    structures = radar_ships.fixed(median, SEA)
    closed = radar_ships.near(SEA, structures)
    power = with_ship(passes[-1], 66, 100, 90.0)
    scores = radar_ships.scores(power, SEA, structures)
    known = radar_ships.level(scores, per_km2=0.05, pixel_m=PIXEL, looks=4.4)
    (ship,) = radar_ships.moored(power, median, closed, known, pixel_m=PIXEL)
    assert ship.near_structure
    assert math.isnan(ship.p)
    assert (ship.row, ship.col) == pytest.approx((66.0, 100.5), abs=2.5)
    assert radar_ships.moored(passes[-1], median, closed, known, pixel_m=PIXEL) == []


def test_false_alarms_on_heavy_sea_are_as_promised() -> None:
    power = sar_seas.sea(3, 1.0)[:500]
    sea, none = np.ones(power.shape, bool), np.zeros(power.shape, bool)
    scores = radar_ships.scores(power, sea, none)
    known = radar_ships.level(scores, per_km2=0.2, pixel_m=PIXEL, looks=4.4)
    alarms = len(radar_ships.ships(power, scores, known, pixel_m=PIXEL))
    assert alarms <= 2 * 0.2 * 50


def test_a_chunk_with_its_reach_gives_the_same_bits() -> None:
    power = with_ship(scene(), 120, 90)
    structures = NONE.copy()
    structures[100:104, 30:60] = True
    whole = radar_ships.scores(power, SEA, structures)
    reach = radar_ships.REACH_PX
    part = (slice(70 - reach, 170 + reach), slice(0, 150 + reach))
    chunk = radar_ships.scores(power[part], SEA[part], structures[part])
    np.testing.assert_array_equal(chunk[reach:-reach, :150], whole[70:170, :150])


def test_land_is_no_sea() -> None:
    power = scene()
    power[:, :60] += 1
    sea = SEA.copy()
    sea[:, :60] = False
    scores = radar_ships.scores(power, sea, NONE)
    assert np.isnan(scores[:, : 60 + radar_ships.NEAR_PX]).all()
    assert np.isfinite(scores[:, 60 + radar_ships.NEAR_PX :]).all()


def test_refusals() -> None:
    scores = radar_ships.scores(scene(), SEA, NONE)
    with pytest.raises(InputError, match="false alarms"):
        radar_ships.level(scores, per_km2=0, pixel_m=PIXEL, looks=4.4)
    with pytest.raises(InputError, match="tail"):
        radar_ships.level(scores[:20, :20], per_km2=1, pixel_m=PIXEL, looks=4.4)
