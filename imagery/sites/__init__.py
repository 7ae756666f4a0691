"""Places and their zones: the registry beside this file, and GeoJSON files of the user's own.

A site file is a FeatureCollection in EPSG:4326 with one feature a zone. Of a zone's properties
``id``, ``name``, ``kind``, ``status``, ``source`` and ``uncertainty_m`` all may be left out. A bare
polygon, or a single feature, is a site of one zone named after the file. The collection itself may
carry ``name`` and ``aliases``.

A zone's id is exposed with its site's in front (``hmeimim.apron``), so that it stays unambiguous in
a watch list; the file may write either form.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from imagery.errors import InputError, UnreadableFile
from imagery.model import Site, Zone
from imagery.sites.outline import read_outline

LARGEST_FILE = 16 * 2**20
"""Bytes. A site is a few outlines; anything larger is some other data set."""

_HERE = Path(__file__).parent
_SUFFIXES = {".geojson", ".json"}
_ID = re.compile(r"[\w-]+(\.[\w-]+)*")
_CRS84 = re.compile(r"^(urn:ogc:def:crs:)?(OGC:1\.3:|OGC::?)?CRS84$", re.IGNORECASE)
_EPSG4326 = re.compile(r"^(urn:ogc:def:crs:)?EPSG:[\d.]*:?4326$", re.IGNORECASE)


@lru_cache(maxsize=1)
def registry() -> tuple[Site, ...]:
    """Read the sites that come with the package, ordered by id."""
    return tuple(read_geojson(path) for path in sorted(_HERE.glob("*.geojson")))


def load_site(text: str) -> Site:
    """Find a site by registry id, by one of its names, or read it from a file.

    Args:
        text: ``hmeimim``, ``Хмеймим`` or a path to a ``.geojson``.

    Raises:
        InputError: no site has that id or name; the nearest one is proposed.
        UnreadableFile: the file is not a usable site.
    """
    if _is_path(text):
        return read_geojson(Path(text))
    wanted = _key(text)
    known = {_key(name): site for site in registry() for name in _names(site)}
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, n=1)
    nearest = f" (nearest: {known[near[0]].id})" if near else ""
    ids = ", ".join(site.id for site in registry())
    raise InputError("site", text, f"one of {ids}{nearest}, or a path to a .geojson file")


def place_id(sites: Iterable[Site], text: str) -> str | None:
    """The id of the site with a name or id, or of the zone with an id; None where there is none."""
    wanted = _key(text)
    for site in sites:
        if wanted in map(_key, _names(site)):
            return site.id
        for zone in site.zones:
            if wanted == _key(zone.id):
                return zone.id
    return None


def site_at(sites: Iterable[Site], place: str | None) -> Site | None:
    """The site with an id, or the one that has the zone with that id."""
    for site in sites:
        if place == site.id or any(place == zone.id for zone in site.zones):
            return site
    return None


def _names(site: Site) -> tuple[str, ...]:
    return site.id, site.name, *site.aliases


def read_geojson(path: Path) -> Site:
    """Read and check a site file; the site is named after it.

    Raises:
        UnreadableFile: missing, not text, not GeoJSON in EPSG:4326, or an outline is unusable.
    """
    data = _bytes(path)
    content = _parse(path, data)
    _check_crs(path, content)
    site_id = re.sub(r"[^\w-]+", "-", path.stem).strip("-") or "site"
    zones = tuple(
        _zone(path, feature, site_id=site_id, number=number)
        for number, feature in enumerate(_features(path, content, site_id), start=1)
    )
    seen: set[str] = set()
    for zone in zones:
        if zone.id in seen:
            _refuse(path, f"two zones have the id {zone.id!r}", "Give each zone its own id.")
        seen.add(zone.id)
    collection = content if content["type"] == "FeatureCollection" else {}
    return Site(
        id=site_id,
        name=_text(path, collection, "name", default=path.stem),
        aliases=_aliases(path, collection),
        zones=zones,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _is_path(text: str) -> bool:
    return Path(text).suffix.lower() in _SUFFIXES or "/" in text or "\\" in text


def _key(name: str) -> str:
    return " ".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _refuse(path: Path, reason: str, advice: str) -> NoReturn:
    raise UnreadableFile(str(path), reason, advice)


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        _refuse(path, "it is a folder", "Name one .geojson file.")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        _refuse(path, "there is no such file", "Check the path.")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not usable"
        _refuse(path, reason.lower(), "Check the path and its permissions.")
    if len(data) > LARGEST_FILE:
        _refuse(path, f"it is larger than {LARGEST_FILE >> 20} MiB", "Keep to a few outlines.")
    if not data.strip():
        _refuse(path, "the file is empty", "Give at least one polygon.")
    return data


def _parse(path: Path, data: bytes) -> dict[str, Any]:
    def no_constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a JSON number")

    try:
        content = json.loads(data.decode("utf-8-sig"), parse_constant=no_constant)
    except UnicodeDecodeError:
        _refuse(path, "it is not UTF-8 text", "Save it as UTF-8.")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        _refuse(path, f"it is not JSON ({error.msg.lower()}, {where})", "Correct the file.")
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        _refuse(path, f"it is not JSON ({why})", "Correct the file.")
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        _refuse(path, "it is JSON but not GeoJSON", "Give a FeatureCollection of polygons.")
    return content


def _check_crs(path: Path, content: dict[str, Any]) -> None:
    crs = content.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else crs
    if not isinstance(name, str) or not (_CRS84.match(name) or _EPSG4326.match(name)):
        _refuse(
            path,
            f"its crs member says {str(name)[:60]!r}",
            "Reproject it to EPSG:4326 (longitude, latitude).",
        )


def _features(path: Path, content: dict[str, Any], site_id: str) -> list[Any]:
    kind = content["type"]
    if kind == "FeatureCollection":
        features = content.get("features")
        if not isinstance(features, list) or not features:
            _refuse(path, "the collection has no features", "Give at least one polygon.")
        return features
    if kind == "Feature":
        properties = content.get("properties") or {}
        if isinstance(properties, dict):
            own = content.get("id", site_id)
            properties = {"id": own, "name": path.stem, **properties}
        return [{**content, "properties": properties}]
    properties = {"id": site_id, "name": path.stem}
    return [{"type": "Feature", "geometry": content, "properties": properties}]


def _zone(path: Path, feature: Any, *, site_id: str, number: int) -> Zone:
    where = f"feature {number}"
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        _refuse(path, f"{where} is not a GeoJSON feature", "Give a FeatureCollection of polygons.")
    properties = feature.get("properties")
    if properties is None:
        properties = {}
    if not isinstance(properties, dict):
        _refuse(path, f"the properties of {where} are not an object", "Correct the file.")
    own = _own_id(path, properties.get("id", feature.get("id")), where, default=f"zone-{number}")
    own = own.removeprefix(f"{site_id}.")
    return Zone(
        id=f"{site_id}.{own}",
        name=_text(path, properties, "name", default=own),
        kind=_text(path, properties, "kind", default="zone"),
        status=_text(path, properties, "status", default="user"),
        source=_text(path, properties, "source", default="given by the user"),
        uncertainty_m=_uncertainty(path, properties, where),
        geometry=read_outline(path, feature.get("geometry"), where),
    )


def _own_id(path: Path, value: Any, where: str, *, default: str) -> str:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, str | int):
        _refuse(path, f"the id of {where} is not a text", 'Write it as "id": "apron".')
    text = str(value)
    if len(text) > 80 or not _ID.fullmatch(text):
        _refuse(
            path,
            f"the id {text[:80]!r} of {where} is not usable in a file name",
            "Use letters, digits, - and _.",
        )
    return text


def _text(path: Path, properties: dict[str, Any], key: str, *, default: str) -> str:
    value = properties.get(key)
    if value is None or value == "":
        return default
    if not isinstance(value, str):
        _refuse(path, f"{key!r} is {value!r:.60}, not a text", f'Write it as "{key}": "...".')
    return value


def _aliases(path: Path, collection: dict[str, Any]) -> tuple[str, ...]:
    value = collection.get("aliases", [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        _refuse(path, "'aliases' is not a list of texts", 'Write it as "aliases": ["..."].')
    return tuple(value)


def _uncertainty(path: Path, properties: dict[str, Any], where: str) -> float:
    value = properties.get("uncertainty_m")
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(path, f"uncertainty_m of {where} is {value!r:.60}", "Give metres as a number.")
    if not 0 <= value < math.inf:
        _refuse(path, f"uncertainty_m of {where} is {value}", "Give metres, 0 or more.")
    return float(value)
