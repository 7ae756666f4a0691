"""A small map of places without a basemap: dots on a net of degrees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, LOWEST, HIGHEST = 1000.0, 240.0, 440.0
EDGE = 46.0
LEAST_SPAN = 0.2
"""Degrees that are shown at least."""

STEPS = (60, 30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05)
MOST_LINES = 8
MARGIN = 0.12
"""Around the places, of their extent."""


@dataclass(frozen=True, slots=True)
class Net:
    """A plate carrée around places, true to scale in its middle.

    Attributes:
        west, south: Its lower left corner, degrees.
        across, up: Units of the drawing in a degree of longitude and of latitude.
        height: Of the drawing.
    """

    west: float
    south: float
    across: float
    up: float
    height: float

    @classmethod
    def around(cls, places: Sequence[tuple[float, float]]) -> Net:
        """The net that shows all places (longitude, latitude)."""
        lons, lats = zip(*places, strict=True)
        west, east = _grown(min(lons), max(lons), 180.0)
        south, north = _grown(min(lats), max(lats), 90.0)
        shrink = max(math.cos(math.radians((south + north) / 2)), 0.1)
        wide, high = (east - west) * shrink, north - south
        height = min(max(WIDTH * high / wide, LOWEST), HIGHEST)
        scale = min((WIDTH - 2 * EDGE) / wide, (height - 2 * EDGE) / high)
        middle = (west + east) / 2, (south + north) / 2
        across, up = scale * shrink, scale
        return cls(middle[0] - WIDTH / 2 / across, middle[1] - height / 2 / up, across, up, height)

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """X and y of a place."""
        x, y = (lon - self.west) * self.across, self.height - (lat - self.south) * self.up
        return round(x, 1), round(y, 1)

    def lines(self) -> dict[str, list[dict[str, Any]]]:
        """Meridians (``x``, ``text``) and parallels (``y``, ``text``) at round degrees."""
        east, north = self.west + WIDTH / self.across, self.south + self.height / self.up
        step = next(
            (
                s
                for s in reversed(STEPS)
                if max(east - self.west, north - self.south) / s <= MOST_LINES
            ),
            STEPS[0],
        )
        return {
            "meridians": [
                {"x": self.at(lon, self.south)[0], "text": _degrees(lon, "EW")}
                for lon in _round_ones(max(self.west, -180), min(east, 180), step)
            ],
            "parallels": [
                {"y": self.at(self.west, lat)[1], "text": _degrees(lat, "NS")}
                for lat in _round_ones(max(self.south, -90), min(north, 90), step)
            ],
        }


def _grown(low: float, high: float, limit: float) -> tuple[float, float]:
    half = max((high - low) * (1 + MARGIN), LEAST_SPAN) / 2
    middle = (low + high) / 2
    return max(middle - half, -limit), min(middle + half, limit)


def _round_ones(low: float, high: float, step: float) -> list[float]:
    return [round(n * step, 6) for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _degrees(value: float, signs: str) -> str:
    """Degrees with a letter for the side.

    >>> _degrees(-34.5, "NS"), _degrees(0, "EW")
    ('34.5° S', '0°')
    """
    if not value:
        return "0°"
    return f"{abs(value):g}° {signs[0] if value > 0 else signs[1]}"
