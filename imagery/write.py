"""Records -> JSON, GeoJSON and GeoParquet: the same records give the same bytes on any day."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.polygon import orient

from imagery.errors import WriteError

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from imagery.model import Detection

COORDINATE_DECIMALS = 7  # about a centimetre
SIGNIFICANT_DIGITS = 6

# Of a detection, in this order, with the type of its GeoParquet column.
PROPERTIES = {
    "id": "object",
    "site_id": "object",
    "zone_id": "object",
    "class": "object",
    "direction": "object",
    "score": "float64",
    "p": "float64",
    "q": "float64",
    "probability": "float64",
    "length_m": "float64",
    "length_sd_m": "float64",
    "area_m2": "float64",
    "date_before": "object",
    "date_after": "object",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a comparison is of.

    Attributes:
        site_id: Registry id or the stem of the user's site file; None where two files were given.
        before: Sensing time in UTC of the earlier image, None where it has no date.
        after: The same of the later one.
        simulated: True where any input is simulated: every product then says so.
    """

    site_id: str | None
    before: datetime | None
    after: datetime | None
    simulated: bool = False


def utc_text(moment: datetime | None) -> str | None:
    """``2024-12-10T08:21:43Z``, to the second; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(value: object) -> Any:
    """The value in JSON's own types: NaN and infinity become null, times UTC text.

    Raises:
        TypeError: it has no such form; a path has none on purpose, it would name a machine.
    """
    match value:
        case None | bool() | str() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case np.generic() | np.ndarray():
            return plain(value.tolist())
        case datetime():
            return utc_text(value)
        case Mapping():
            return {str(key): plain(entry) for key, entry in value.items()}
        case Sequence():
            return [plain(entry) for entry in value]
    raise TypeError(f"{type(value).__name__} has no place in a record")


def json_text(value: object) -> str:
    """JSON with sorted keys, two spaces, UTF-8 letters as they are, and a last newline."""
    return (
        json.dumps(plain(value), sort_keys=True, indent=2, allow_nan=False, ensure_ascii=False)
        + "\n"
    )


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with Unix line ends; never through a link, which may lead out of its folder.

    Raises:
        WriteError: the file cannot be written, or is a link.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags, 0o666), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise WriteError(path.name, error.strerror) from None


def write_detections(detections: Sequence[Detection], path: Path, *, subject: Subject) -> None:
    """Write a GeoJSON FeatureCollection (RFC 7946), strongest first, one feature a line.

    Raises:
        WriteError: the file cannot be written.
    """
    features = _features(detections, subject)
    head = {"type": "FeatureCollection"} | ({"simulated": True} if subject.simulated else {})
    opening = json.dumps(head)[:-1]
    lines = ",\n".join(json.dumps(each, allow_nan=False, ensure_ascii=False) for each in features)
    write_text(path, f'{opening}, "features": [\n{lines}\n]}}\n')


def write_parquet(detections: Sequence[Detection], path: Path, *, subject: Subject) -> None:
    """Write the same features as GeoParquet; needs the extra ``parquet``.

    Raises:
        WriteError: geopandas or pyarrow is not installed, or the file cannot be written.
    """
    try:
        import geopandas
        import pyarrow  # noqa: F401
    except ImportError:
        raise WriteError(
            path.name, "it needs the extra: pip install 'tilewitness[parquet]'"
        ) from None
    features = _features(detections, subject)
    columns = {
        # Named types, so that a column of nulls or no row at all gives the same schema.
        key: np.array([feature["properties"][key] for feature in features], dtype=kind)
        for key, kind in PROPERTIES.items()
    }
    outlines = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    frame = geopandas.GeoDataFrame(columns, geometry=outlines, crs="EPSG:4326")
    texts = [key for key, kind in PROPERTIES.items() if kind == "object"]
    try:
        frame.astype(dict.fromkeys(texts, "string")).to_parquet(path, index=False)
    except OSError as error:
        raise WriteError(path.name, error.strerror) from None


def _features(detections: Sequence[Detection], subject: Subject) -> list[dict[str, Any]]:
    ordered = sorted(detections, key=lambda found: (-found.score, found.id))
    return [_feature(found, subject) for found in ordered]


def _feature(found: Detection, subject: Subject) -> dict[str, Any]:
    properties = {
        "id": found.id,
        "site_id": subject.site_id,
        "zone_id": found.zone_id,
        "class": found.object_class,
        "direction": found.direction,
        "score": _rounded(found.score),
        "p": _rounded(found.p),
        "q": _rounded(found.q),
        "probability": _rounded(found.probability),
        "length_m": _rounded(found.length_m),
        "length_sd_m": _rounded(found.length_sd_m),
        "area_m2": _rounded(found.area_m2),
        "date_before": utc_text(subject.before),
        "date_after": utc_text(subject.after),
    }
    return {"type": "Feature", "geometry": geometry(found.geometry), "properties": properties}


def geometry(outline: BaseGeometry) -> dict[str, Any]:
    """GeoJSON of a Polygon or MultiPolygon: outer rings anticlockwise, seven decimals."""
    turned = (
        orient(outline)
        if outline.geom_type == "Polygon"
        else shapely.MultiPolygon([orient(part) for part in shapely.get_parts(outline)])
    )
    # Rounded as numbers, not snapped as shapes: snapping keeps 34.9000000000001 in the text.
    rounded = shapely.transform(turned, lambda points: np.round(points, COORDINATE_DECIMALS))
    return _lists(shapely.geometry.mapping(rounded))


def _lists(shape: dict[str, Any]) -> dict[str, Any]:
    return {"type": shape["type"], "coordinates": json.loads(json.dumps(shape["coordinates"]))}


def _rounded(value: float) -> float | None:
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
