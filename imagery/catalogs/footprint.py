"""The footprint of a foreign Item: a checked outline in longitude and latitude, or a refusal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from imagery.errors import GridError

MAX_POINTS = 100_000
"""Corners of one footprint; a tile has a few dozen."""

_HUGE = 1e9
_ROWS = "CDEFGHJKLMNPQRSTUVWX"
_ROW_DEG, _ZONE_DEG, _BEYOND_DEG = 8, 6, 2
_REMEDY = "Its catalogue is wrong there; give another scene."


def footprint(geometry: Any, *, item: str, tile: str | None) -> BaseGeometry:
    """Outline of a foreign Item, EPSG:4326, valid and with an area.

    Args:
        geometry: As the Item holds it.
        item: Id, for messages.
        tile: MGRS cell such as ``36SYD``, where known: the outline must lie in its zone and row.

    Raises:
        GridError: none, no polygon, off the globe, around it, or elsewhere than its cell.
    """
    if not isinstance(geometry, dict):
        raise GridError(item, "has no footprint", _REMEDY)
    if geometry.get("type") not in ("Polygon", "MultiPolygon"):
        kind = str(geometry.get("type"))[:30]
        raise GridError(item, f"has a footprint that is no polygon ({kind!r})", _REMEDY)
    _check_points(geometry.get("coordinates"), item)
    try:
        outline = shapely.geometry.shape(geometry)
        valid = outline if outline.is_valid else outline.buffer(0)
    except (ShapelyError, ValueError, TypeError, IndexError, AttributeError):
        raise GridError(item, "has a footprint that is no outline", _REMEDY) from None
    if valid.is_empty or valid.area <= 0:
        raise GridError(item, "has a footprint without an area", _REMEDY)
    for part in shapely.get_parts(valid):
        west, _, east, _ = part.bounds
        if east - west > 180:
            problem = "has a footprint that crosses the antimeridian unsplit"
            raise GridError(item, problem, _REMEDY)
    if tile is not None and not _in_cell(valid, tile):
        where = shapely.point_on_surface(valid)
        problem = f"lies at longitude {where.x:.2f}, latitude {where.y:.2f}, not on its tile {tile}"
        raise GridError(item, problem, _REMEDY)
    return valid


def _check_points(coordinates: Any, item: str) -> None:
    for count, (x, y) in enumerate(_points(coordinates, item), start=1):
        if count > MAX_POINTS:
            raise GridError(item, f"has a footprint of over {MAX_POINTS} corners", _REMEDY)
        if not (-180 <= x <= 180 and -90 <= y <= 90):
            problem = f"has a footprint off the globe (longitude {x:.6g}, latitude {y:.6g})"
            raise GridError(item, problem, _REMEDY)


def _points(coordinates: Any, item: str) -> Iterator[tuple[float, float]]:
    """Every corner, at whatever depth; without recursion, since a catalogue chooses the depth."""
    waiting = [coordinates]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, list):
            raise GridError(item, "has a footprint that is no list of corners", _REMEDY)
        if not any(isinstance(each, list) for each in part):
            numbers = [each for each in part[:2] if _is_number(each)]
            if len(numbers) != 2:
                raise GridError(item, "has a corner without two numbers", _REMEDY)
            yield float(numbers[0]), float(numbers[1])
        else:
            waiting.extend(part)


def _is_number(value: object) -> bool:
    # Compared and not converted: a catalogue may hold a whole number that fits no float.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE


def _in_cell(outline: BaseGeometry, tile: str) -> bool:
    """Whether an outline touches the UTM zone and latitude row of an MGRS cell, with a margin."""
    if len(tile) != 5 or not tile[:2].isdigit() or tile[2] not in _ROWS:
        return True
    west = (int(tile[:2]) - 1) * _ZONE_DEG - 180
    south = _ROWS.index(tile[2]) * _ROW_DEG - 80
    north = 84 if tile[2] == "X" else south + _ROW_DEG
    # Cells of 110 km reach over the edges of their zone, the more the nearer to a pole.
    beyond = _BEYOND_DEG / max(0.1, math.cos(math.radians(max(abs(south), abs(north)))))
    middle = shapely.point_on_surface(outline)
    east_of = (middle.x - west + 180) % 360 - 180
    return bool(
        -beyond <= east_of <= _ZONE_DEG + beyond
        and south - _BEYOND_DEG <= middle.y <= north + _BEYOND_DEG
    )
