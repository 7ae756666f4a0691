"""What a foreign Item says of platform, orbit, cell, sun, processing and offset; facts only.

Nothing is decided here. Where two statements contradict each other the more official one is
carried (the product's own name), and a sentence says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from imagery.archives import Offset
from imagery.catalogs.bands import BandAsset, asset_bands
from imagery.catalogs.fields import (
    APPLIED,
    BASELINE,
    DECLARED_DN,
    OFFSET_DOUBT,
    PROCESSED,
    SIMULATED,
    TILE,
)
from imagery.catalogs.names import ProductName
from imagery.offset import ADD_OFFSET_DN
from imagery.radar_words import VERSIONS
from imagery.sensors import Product

_BASELINE = re.compile(r"N?(\d{2})\.?(\d{2})")
_CELL = re.compile(r"(?:MGRS-|T)?(\d{1,2})([A-Z]{3})")
_PATH_ROW = re.compile(r"(?:WRS2-)?(\d{3})(\d{3})")
_PLATFORM = re.compile(r"(?:sentinel[-_ ]?(\d)|s(\d))[-_ ]?([a-d])|landsat[-_ ]?(\d)")
_MADE = ("s2:generation_time", "processing:datetime", "created", "updated")
_GRIDS = ("proj:epsg", "proj:code", "proj:wkt2", "proj:projjson")
_FIRST_WITH_OFFSET = "04.00"
_HUGE = 1e9


def scene_facts(said: Mapping[str, Any], name: ProductName) -> tuple[dict[str, Any], list[str]]:
    """Properties that every product has, under one vocabulary, and what was doubtful.

    Args:
        said: Properties of the foreign Item.
        name: What the name of its product says.
    """
    notes: list[str] = []
    platform = platform_of(said.get("platform"))
    orbit = _whole(said.get("sat:relative_orbit"))
    cell = tile_of(said)
    out: dict[str, Any] = {
        "platform": _agreed("platform", platform, name.platform, notes),
        "sat:relative_orbit": _agreed("relative orbit", orbit, name.orbit, notes),
        TILE: _agreed("tile", cell, name.tile, notes),
        PROCESSED: _made(said, name),
        "sat:orbit_state": _orbit_state(said.get("sat:orbit_state")),
        **_sun(said),
    }
    if said.get(SIMULATED) is True:
        out[SIMULATED] = True
    return {key: value for key, value in out.items() if value is not None}, notes


def radar_facts(said: Mapping[str, Any]) -> dict[str, Any]:
    """Version of the processor and incidence angle, where an Item states them."""
    version = next((str(said[key])[:40] for key in VERSIONS if said.get(key)), None)
    angle = _number(said.get("view:incidence_angle"))
    out = {"processing:version": version, "view:incidence_angle": angle}
    return {key: value for key, value in out.items() if value is not None}


def on_map_grid(said: Mapping[str, Any]) -> bool:
    """Whether an Item, or one of its assets, names the map grid that its files are on."""
    assets = [each for each in said["assets"].values() if isinstance(each, dict)]
    return any(each.get(key) for each in (said["properties"], *assets) for key in _GRIDS)


def offset_facts_of(
    said: Mapping[str, Any],
    name: ProductName,
    bands: Sequence[BandAsset],
    *,
    product: Product,
    convention: Offset,
) -> tuple[dict[str, Any], list[str]]:
    """What an Item states of the Sentinel-2 offset, as ``offset.OffsetFacts`` wants it.

    Args:
        said: Properties of the foreign Item.
        name: What the name of its product says.
        bands: Its spectral assets.
        product: Facts are only carried where baselines decide.
        convention: Which statement describes the pixels (see ``archives.Series``); another one
            is carried only where that is missing.
    """
    if not product.baselines:
        return {}, []
    notes: list[str] = []
    baseline = _agreed("processing baseline", _stated_baseline(said), name.baseline, notes)
    applied = _flag(said.get(APPLIED), notes)
    declared = _declared(bands, product, notes)
    if convention == "baseline" and baseline is not None:
        applied = declared = None
    if convention == "declared" and declared is not None:
        applied = None
    if convention == "flag" and (applied is not None or baseline is not None):
        declared = None
    doubts = _contradictions(baseline, applied, declared)
    out = {BASELINE: baseline, APPLIED: applied, DECLARED_DN: declared}
    out[OFFSET_DOUBT] = True if doubts else None
    return {key: value for key, value in out.items() if value is not None}, notes + doubts


def tile_of(said: Mapping[str, Any]) -> str | None:
    """Cell of the product's grid that an Item names: MGRS ``36SYD`` or WRS-2 ``174036``."""
    parts = [said.get(f"mgrs:{key}") for key in ("utm_zone", "latitude_band", "grid_square")]
    joined = "" if None in parts else "".join(str(part) for part in parts)
    for text in (said.get("grid:code"), said.get("s2:mgrs_tile"), joined):
        if match := _CELL.fullmatch(str(text).upper()):
            return match[1].zfill(2) + match[2]
        if match := _PATH_ROW.fullmatch(str(text).upper()):
            return match[1] + match[2]
    rows = [_whole(said.get(f"landsat:wrs_{key}")) for key in ("path", "row")]
    if rows[0] is None or rows[1] is None:
        return None
    return f"{rows[0]:03d}{rows[1]:03d}"


def _agreed(what: str, stated: Any, named: Any, notes: list[str]) -> Any:
    """What the name says, where it says it; a note where the Item states something else."""
    if stated is not None and named is not None and stated != named:
        notes.append(f"Its {what} is stated as {stated}; its product's name says {named}.")
    return stated if named is None else named


def platform_of(said: Any) -> str | None:
    """A spacecraft by its usual name, such as ``sentinel-2a``; None where it is another."""
    match = _PLATFORM.fullmatch(str(said).strip().lower())
    if match is None:
        return None
    if match[4]:
        return f"landsat-{match[4]}"
    return f"sentinel-{match[1] or match[2]}{match[3]}"


def _whole(said: Any) -> int | None:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    text = str(said).strip()
    return int(text.removesuffix(".0")) if re.fullmatch(r"\d{1,4}(\.0)?", text) else None


def _orbit_state(said: Any) -> str | None:
    word = str(said).strip().lower()
    return word if word in ("ascending", "descending") else None


def _number(said: Any) -> float | None:
    real = isinstance(said, int | float) and not isinstance(said, bool)
    # Compared and not converted: a catalogue may hold a whole number that fits no float.
    return float(said) if real and abs(said) < _HUGE else None


def _sun(said: Mapping[str, Any]) -> dict[str, float | None]:
    elevation = _number(said.get("view:sun_elevation"))
    zenith = _number(said.get("s2:mean_solar_zenith"))
    if elevation is None and zenith is not None:
        elevation = 90 - zenith
    azimuth = _number(said.get("view:sun_azimuth"))
    if azimuth is None:
        azimuth = _number(said.get("s2:mean_solar_azimuth"))
    above = elevation is not None and -90 <= elevation <= 90
    return {
        "view:sun_elevation": elevation if above else None,
        "view:sun_azimuth": None if azimuth is None else azimuth % 360,
    }


def _made(said: Mapping[str, Any], name: ProductName) -> str | None:
    moments = [name.made, *(_moment(said.get(key)) for key in _MADE)]
    made = next((moment for moment in moments if moment is not None), None)
    return None if made is None else f"{made:%Y-%m-%dT%H:%M:%SZ}"


def _moment(said: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(said).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _stated_baseline(said: Mapping[str, Any]) -> str | None:
    for key in (BASELINE, "processing:version"):
        if match := _BASELINE.fullmatch(str(said.get(key)).strip().upper()):
            return f"{match[1]}.{match[2]}"
    return None


def _flag(said: Any, notes: list[str]) -> bool | None:
    if isinstance(said, bool) or said is None:
        return said
    word = str(said).strip().lower()
    if word in ("true", "false"):
        return word == "true"
    notes.append(f"Its flag {APPLIED} is {said!r:.40}, which says nothing.")
    return None


def _declared(bands: Sequence[BandAsset], product: Product, notes: list[str]) -> float | None:
    """Offset in DN that the spectral rasters declare to hold; None where they do not agree."""
    found = set()
    for band in bands:
        if product.quality not in band.labels and (dn := _declared_dn(band, product)) is not None:
            found.add(dn)
    if len(found) > 1:
        listed = " and ".join(f"{dn:g}" for dn in sorted(found))
        notes.append(f"Its rasters declare different offsets ({listed} DN); none was taken.")
        return None
    return next(iter(found), None)


def _declared_dn(band: BandAsset, product: Product) -> float | None:
    raster = band.fields.get("raster:bands")
    first = raster[0] if isinstance(raster, list) and raster else {}
    for said, start in (
        *((each, "raster:") for each in asset_bands(band.fields)[:1]),
        (first if isinstance(first, dict) else {}, ""),
        (band.fields, "raster:"),
    ):
        offset = _number(said.get(f"{start}offset"))
        scale = _number(said.get(f"{start}scale")) or product.scale
        if offset is not None:
            return abs(round(offset / scale, 3))
    return None


def _contradictions(
    baseline: str | None, applied: bool | None, declared: float | None
) -> list[str]:
    """What an Item says of its offset that cannot all be true."""
    has = None if baseline is None else baseline >= _FIRST_WITH_OFFSET
    notes = []
    if applied and declared:
        notes.append(f"It says that the offset is taken off, and declares {declared:g} DN of it.")
    if applied and has is False:
        notes.append(f"It says that the offset is taken off; baseline {baseline} never had one.")
    if not applied and has and declared == 0:
        notes.append(f"It declares no offset; baseline {baseline} has {ADD_OFFSET_DN:g} DN.")
    if has is False and declared:
        notes.append(f"It declares {declared:g} DN of offset; baseline {baseline} never had one.")
    return notes
