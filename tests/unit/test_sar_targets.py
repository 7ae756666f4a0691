"""Radar targets put into a pass: their power, their speckle, and what a detector finds of them."""

from __future__ import annotations

import numpy as np
import pytest
from shapely import box

from imagery import implant, sar_targets
from imagery.detectors.shapes import Shape
from imagery.errors import InputError

HULL = Shape("hull", "vessel", 120.0, 16.0, box(-60, -8, 60, 8))
PIXEL = (10.0, 10.0)


def sea(side: int = 200, level: float = 0.02) -> np.ndarray:
    draws = np.random.default_rng(1).gamma(4.4, level / 4.4, (2, side, side))
    return draws.astype(np.float32)


def one(row: int, col: int) -> implant.Planting:
    return implant.Planting(np.array([row]), np.array([col]), np.zeros((1, 2)), np.array([30.0]))


def test_a_corner_adds_its_cross_section() -> None:
    nothing = np.full((1, 61, 61), 1e-9, np.float32)
    target = sar_targets.corner(500.0, looks=4.4)
    painted = sar_targets.paint(nothing, one(30, 30), target, pixel_m=PIXEL, seed=1)
    assert painted.sum() * 100 == pytest.approx(500, rel=0.04)
    assert np.unravel_index(painted[0].argmax(), (61, 61)) == (30, 30)


def test_an_extended_target_has_speckle_and_its_mean() -> None:
    nothing = np.full((1, 61, 61), 1e-9, np.float32)
    target = sar_targets.RadarTarget(HULL, (2.0,), looks=4.4)
    made = [
        sar_targets.paint(nothing, one(30, 30), target, pixel_m=PIXEL, seed=s) for s in range(60)
    ]
    assert np.mean([each.sum() for each in made]) * 100 == pytest.approx(2 * 1920, rel=0.05)
    middle = np.array([each[0, 30, 30] for each in made])
    assert middle.mean() ** 2 / middle.var() == pytest.approx(4.4, rel=0.5)


def test_clutter_beats_with_the_target_and_stays_positive() -> None:
    clutter = sea(61)
    target = sar_targets.corner(100.0, looks=4.4)
    made = [
        sar_targets.paint(clutter, one(30, 30), target, pixel_m=PIXEL, seed=s) for s in range(40)
    ]
    assert np.std([each[0, 30, 30] for each in made]) > 0.01
    assert min(each.min() for each in made) > 0
    np.testing.assert_array_equal(made[0][:, :15], clutter[:, :15])


def test_power_rises_with_the_cross_section_and_repeats() -> None:
    values = sea()
    eligible = np.zeros(values.shape[1:], bool)
    eligible[20:-20, 20:-20] = True

    def detect(date: np.ndarray) -> np.ndarray:
        return np.asarray(date[0] > 0.15)

    found = [
        sar_targets.power(
            detect, values, eligible, sar_targets.corner(m2, looks=4.4), pixel_m=PIXEL
        )
        for m2 in (5.0, 100.0, 100.0, 400.0)
    ]
    assert found[0].share < 0.2 < 0.9 < found[3].share
    assert found[1] == found[2]
    assert found[3].low < found[3].share <= found[3].high


def test_refusals() -> None:
    with pytest.raises(InputError, match="radar target"):
        sar_targets.corner(-1.0, looks=4.4)
    with pytest.raises(InputError, match="radar target"):
        sar_targets.RadarTarget(HULL, (1.0,), looks=0)
    three = sar_targets.RadarTarget(HULL, (1.0, 1.0, 1.0), looks=1)
    with pytest.raises(InputError, match="backscatter"):
        sar_targets.paint(sea(30), one(15, 15), three, pixel_m=PIXEL, seed=0)
