"""Objects of fine pixels: classed where an aircraft came to or left an apron, else left alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely import box
from shapely.geometry.base import BaseGeometry

from imagery.detectors import named
from imagery.detectors.apron import projected
from imagery.detectors.named import with_classes
from imagery.detectors.shapes import SHAPES, fill
from imagery.model import Detection, Site, Zone

PIXEL_M = 3.0
GRID = GeoBox((200, 240), Affine(PIXEL_M, 0, 270000, 0, -PIXEL_M, 3920000), "EPSG:32636")
PLACE = (110, 130)
"""Row and column where a jet has come to stand."""


@dataclass(frozen=True)
class Dates:
    """A pair of dates in memory."""

    grid: GeoBox
    before: np.ndarray
    after: np.ndarray
    normalization: object = True

    def read(self, rows: slice, cols: slice) -> tuple[np.ndarray, np.ndarray]:
        return self.before[:, rows, cols], self.after[:, rows, cols]


@pytest.fixture(scope="module")
def dates() -> Dates:
    rng = np.random.default_rng(3)
    before, after = (
        (0.2 + rng.normal(0, 0.01, (3, *GRID.shape))).astype(np.float32) for _ in range(2)
    )
    ink = fill(SHAPES["Il-76"], heading_deg=200, pixel_m=(PIXEL_M, PIXEL_M))
    half = ink.shape[0] // 2
    row, col = PLACE
    after[:, row - half : row + half + 1, col - half : col + half + 1] += 0.25 * ink
    return Dates(GRID, before, after)


def ground(rows: tuple[int, int], cols: tuple[int, int]) -> BaseGeometry:
    """A rectangle of pixels in longitude and latitude."""
    (west, north), (east, south) = (
        GRID.transform @ (c, r) for r, c in zip(rows, cols, strict=True)
    )
    return projected(box(west, south, east, north), str(GRID.crs), "EPSG:4326")


def site(kind: str) -> Site:
    zone = Zone("x.zone", "zone", kind, "user", "", 0.0, ground((40, 160), (60, 200)))
    return Site("x", "X", (), (zone,), "")


def change(side_px: int, place: tuple[int, int] = PLACE) -> Detection:
    row, col = place
    half = side_px // 2
    return Detection(
        id="1",
        geometry=ground((row - half, row + half), (col - half, col + half)),
        zone_id="x.zone",
        object_class="change",
        direction="appeared",
        score=9.0,
        p=0.0,
        q=0.0,
        probability=float("nan"),
        length_m=side_px * PIXEL_M,
        length_sd_m=PIXEL_M,
        area_m2=(side_px * PIXEL_M) ** 2,
    )


def classes(dates: Dates, kind: str, *found: Detection) -> list[str]:
    return [one.object_class for one in with_classes(found, dates, site(kind))]


def test_a_jet_that_came_gives_its_class_to_the_object_at_its_place(dates: Dates) -> None:
    elsewhere = change(16, (60, 80))
    assert classes(dates, "apron", change(16), elsewhere) == ["large aircraft", "change"]


@pytest.mark.parametrize("kind", ["air_defence", "helipad", "pier", "park"])
def test_where_no_aircraft_is_looked_for_nothing_is_classed(dates: Dates, kind: str) -> None:
    assert classes(dates, kind, change(16)) == ["change"]


def test_what_is_far_longer_than_the_jet_is_no_jet(dates: Dates) -> None:
    assert classes(dates, "apron", change(60)) == ["change"]


def test_a_zone_too_large_to_hold_in_memory_is_not_searched(
    dates: Dates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named, "MOST_WORKING", 100 * 100)
    assert classes(dates, "apron", change(16)) == ["change"]


def test_an_object_outside_the_zones_stays_as_it_is(dates: Dates) -> None:
    found = change(16)
    assert with_classes([found], dates, Site("x", "X", (), (), "")) == (found,)
