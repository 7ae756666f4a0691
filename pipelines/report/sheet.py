"""The ground under a picture of a page: from longitude and latitude to its pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyproj

from imagery.captions import scale_length

BAR_SHARE = 0.25
"""Of the width of a picture, at most."""

STEP_DEGREES = 0.001
"""North is told from two places so far apart: a hundred metres."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A north-up picture on a grid.

    Attributes:
        crs: Of the grid.
        transform: Its six numbers: metres a pixel and the outer corner of the first.
        first: Column and row of the grid that the picture begins with.
        times: Pixels of the picture for one of the grid.
        width, height: Of the picture, pixels.
    """

    crs: str
    transform: tuple[float, ...]
    first: tuple[int, int]
    times: float
    width: int
    height: int

    @property
    def pixel_m(self) -> float:
        """Metres of ground that a pixel of the picture shows."""
        return abs(self.transform[0]) / self.times

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """X and y of a place, pixels of the picture."""
        east, north = _projection(self.crs).transform(lon, lat)
        col = (east - self.transform[2]) / self.transform[0]
        row = (north - self.transform[5]) / self.transform[4]
        return self.cell(row, col, corner=True)

    def cell(self, row: float, col: float, *, corner: bool = False) -> tuple[float, float]:
        """X and y of the middle of a pixel of the grid, or of a place counted from its corner."""
        half = 0.0 if corner else 0.5
        x = (col + half - self.first[0]) * self.times
        y = (row + half - self.first[1]) * self.times
        return round(x, 1), round(y, 1)

    def holds(self, place: tuple[float, float]) -> bool:
        """Whether a place is in the picture."""
        return 0 <= place[0] <= self.width and 0 <= place[1] <= self.height

    def outline(self, geometry: Mapping[str, Any]) -> str:
        """The path of a GeoJSON Polygon or MultiPolygon, as SVG draws it."""
        return "".join(
            f"M{' '.join(f'{x:g},{y:g}' for x, y in (self.at(*p[:2]) for p in ring))}Z"
            for ring in rings(geometry)
        )

    def middle(self, geometry: Mapping[str, Any]) -> tuple[float, float]:
        """The middle of the frame around an outline, pixels of the picture."""
        places = [self.at(*p[:2]) for ring in rings(geometry) for p in ring]
        xs, ys = ([place[axis] for place in places] for axis in (0, 1))
        return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2

    def top(self, geometry: Mapping[str, Any]) -> tuple[float, float]:
        """The highest place of an outline, pixels of the picture."""
        places = [self.at(*p[:2]) for ring in rings(geometry) for p in ring]
        return min(places, key=lambda place: (place[1], place[0]))

    def bar(self) -> dict[str, Any]:
        """The scale bar: its length in pixels and in words."""
        metres = scale_length(self.width * BAR_SHARE * self.pixel_m)
        words = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
        return {"px": round(metres / self.pixel_m, 1), "words": words}

    def north(self) -> float:
        """Where true north points, degrees clockwise from up."""
        east, north = self.transform[2], self.transform[5]
        lon, lat = _projection(self.crs).transform(east, north, direction="INVERSE")
        there = _projection(self.crs).transform(lon, lat + STEP_DEGREES)
        return round(math.degrees(math.atan2(there[0] - east, there[1] - north)), 1)


def rings(geometry: Mapping[str, Any]) -> Iterable[Sequence[Sequence[float]]]:
    """All rings of a GeoJSON Polygon or MultiPolygon."""
    parts = geometry["coordinates"]
    polygons = [parts] if geometry["type"] == "Polygon" else parts
    return [ring for polygon in polygons for ring in polygon]


@lru_cache(maxsize=16)
def _projection(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
