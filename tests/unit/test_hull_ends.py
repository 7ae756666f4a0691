"""Hulls followed along their axis to where the picture shows their ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from scipy.ndimage import gaussian_filter

from imagery.detectors.hull_ends import Axis, followed
from imagery.kernels import Float

FINE = 4
MIDDLE, LENGTH, BEAM = np.array([40.0, 42.0]), 24.0, 4.0


def ahead(heading_deg: float) -> np.ndarray:
    turn = math.radians(heading_deg)
    return np.array([math.sin(turn), -math.cos(turn)])


def picture(heading_deg: float, *, side: int = 80) -> Float:
    """A bright hull of ``LENGTH`` x ``BEAM`` pixels on water, as a blurring sensor sees it."""
    u = ahead(heading_deg)
    line = shapely.LineString([MIDDLE - u * LENGTH / 2, MIDDLE + u * LENGTH / 2])
    hull = line.buffer(BEAM / 2, cap_style="flat")
    y, x = np.mgrid[: side * FINE, : side * FINE]
    inside = shapely.contains_xy(hull, (x + 0.5) / FINE, (y + 0.5) / FINE)
    blurred = gaussian_filter(inside.astype(np.float32), 0.7 * FINE)
    return 0.8 * blurred.reshape(side, FINE, side, FINE).mean(axis=(1, 3))


@pytest.mark.parametrize("heading", [0.0, 37.0, 90.0, 150.0])
def test_a_part_that_points_aside_is_followed_to_both_ends(heading: float) -> None:
    start = MIDDLE + 5 * ahead(heading)
    part = Axis(start, ahead(heading + 8), (-3.0, 3.0))
    found = followed(part, picture(heading))
    assert found.sharp
    assert found.length == pytest.approx(LENGTH, abs=0.6)
    np.testing.assert_allclose(found.middle, MIDDLE, atol=0.5)
    assert abs(found.ahead @ ahead(heading)) == pytest.approx(1, abs=2e-3)


def test_what_is_drawn_too_long_is_cut() -> None:
    found = followed(Axis(MIDDLE, ahead(20), (-20.0, 18.0)), picture(20))
    assert found.length == pytest.approx(LENGTH, abs=0.6)


def test_the_drawn_end_is_kept_where_a_quay_goes_on() -> None:
    plane = picture(0)
    plane[:40, 38:42] = 0.8
    found = followed(Axis(MIDDLE, ahead(0), (-8.0, 6.0)), plane)
    assert not found.sharp
    assert found.middle[1] - found.length / 2 == pytest.approx(MIDDLE[1] - 6, abs=0.2)
    assert found.middle[1] + found.length / 2 == pytest.approx(MIDDLE[1] + LENGTH / 2, abs=0.4)


def test_a_fading_wake_is_not_hull() -> None:
    plane = picture(90)
    fading = np.linspace(0.8, 0, 25, dtype=np.float32)
    plane[40:44, 50:75] = np.maximum(plane[40:44, 50:75], fading)
    found = followed(Axis(MIDDLE, ahead(90), (-11.0, 11.0)), plane)
    assert not found.sharp
    assert found.length == pytest.approx(LENGTH - 1, abs=0.6)


def test_a_cloud_does_not_end_a_hull() -> None:
    plane = picture(90)
    plane[:, 46:] = np.nan
    found = followed(Axis(MIDDLE, ahead(90), (-8.0, 8.0)), plane)
    assert not found.sharp
    assert found.middle[0] + found.length / 2 == pytest.approx(MIDDLE[0] + 8, abs=0.2)


def test_what_does_not_stand_out_stays_as_drawn() -> None:
    drawn = Axis(MIDDLE, ahead(10), (-4.0, 4.0))
    assert followed(drawn, np.full((80, 80), 0.05, np.float32)) is drawn
    away = Axis(MIDDLE + 20, ahead(10), (-4.0, 4.0))
    assert followed(away, picture(10)) is away
