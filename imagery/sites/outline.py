"""One GeoJSON geometry -> a checked outline in longitude and latitude."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from imagery.errors import UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry import MultiPolygon, Polygon

    Ring = list[tuple[float, float]]


def read_outline(path: Path, geometry: Any, where: str) -> Polygon | MultiPolygon:
    """Turn a GeoJSON Polygon or MultiPolygon into a valid shapely geometry.

    Args:
        path: The file, for the message.
        geometry: The parsed ``geometry`` member.
        where: Which feature, for the message.

    Raises:
        UnreadableFile: another kind of geometry, or an outline that is out of range, open,
            self-intersecting or without area.
    """
    from shapely.geometry import MultiPolygon, Polygon
    from shapely.validation import explain_validity

    if not isinstance(geometry, dict):
        _refuse(path, f"{where} has no geometry", "Give it a Polygon.")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        _refuse(
            path, f"{where} is a {str(kind)[:40]}", "Only Polygon and MultiPolygon have an area."
        )
    parts = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(parts, list) or not parts:
        _refuse(path, f"{where} has no coordinates", "Give it a Polygon.")
    polygons = []
    for part in parts:
        if not isinstance(part, list) or not part:
            _refuse(path, f"{where} has no coordinates", "Give it a Polygon.")
        shell, *holes = (_ring(path, ring, where) for ring in part)
        polygons.append(Polygon(shell, holes))
    outline = polygons[0] if kind == "Polygon" else MultiPolygon(polygons)
    if not outline.is_valid:
        # shapely says for instance "Self-intersection[35.94 35.4]".
        why = explain_validity(outline).lower().replace("[", " at ").rstrip("]")
        _refuse(path, f"the outline of {where} is not valid ({why})", "Redraw it.")
    west, _, east, _ = outline.bounds
    if east - west > 180:
        _refuse(path, f"{where} spans {east - west:.0f} degrees", "Cut it at the date line.")
    return outline


def _refuse(path: Path, reason: str, advice: str) -> NoReturn:
    raise UnreadableFile(str(path), reason, advice)


def _ring(path: Path, ring: Any, where: str) -> Ring:
    if not isinstance(ring, list):
        _refuse(path, f"a ring of {where} is not a list of positions", "Correct the file.")
    positions = [_position(path, position, where) for position in ring]
    if len(positions) >= 3 and positions[0] != positions[-1]:
        _refuse(path, f"a ring of {where} is not closed", "Repeat its first position at the end.")
    if len(set(positions)) < 3:
        _refuse(path, f"a ring of {where} has fewer than three corners", "Redraw it.")
    return positions


def _position(path: Path, position: Any, where: str) -> tuple[float, float]:
    if (
        not isinstance(position, list)
        or not 2 <= len(position) <= 4
        or any(isinstance(v, bool) or not isinstance(v, int | float) for v in position)
    ):
        _refuse(path, f"{where} has a position {position!r:.60}", "Write [longitude, latitude].")
    lon, lat = _degrees(position[0]), _degrees(position[1])
    if abs(lon) <= 180 and abs(lat) <= 90:
        return lon, lat
    said = f"{where} has a position [{lon:.10g}, {lat:.10g}]"
    if abs(lat) <= 180 and abs(lon) <= 90:
        _refuse(path, f"{said} that looks like latitude first", "Write [longitude, latitude].")
    if max(abs(lon), abs(lat)) > 360:
        _refuse(path, f"{said} that looks like metres", "Reproject it to EPSG:4326.")
    _refuse(path, f"{said} outside +-180, +-90 degrees", "Write [longitude, latitude].")


def _degrees(value: float) -> float:
    # A JSON integer may be too large for a float; it is then far out of range.
    try:
        return float(value)
    except OverflowError:
        return math.inf
