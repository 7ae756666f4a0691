"""Of which product a foreign Item is, by whatever says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from imagery.archives import Series
from imagery.catalogs.facts import platform_of
from imagery.catalogs.fields import PRODUCT
from imagery.errors import BandError
from imagery.sensors import LANDSAT_OLI, PLAIN, PRODUCTS, S2_L1C, S2_L2A, Product, declared_in

_COLLECTIONS = (
    (re.compile(r"sentinel-?2-(c1-)?l2a|sentinel-s2-l2a(-cogs)?", re.IGNORECASE), "sentinel-2-l2a"),
    (re.compile(r"sentinel-?2-(c1-)?l1c|sentinel-s2-l1c", re.IGNORECASE), "sentinel-2-l1c"),
    (re.compile(r"landsat-c2-?l2(-sr)?", re.IGNORECASE), "landsat-c2-l2"),
    (re.compile(r"sentinel-?1-rtc", re.IGNORECASE), "sentinel-1-rtc"),
    (re.compile(r"sentinel-?1-grd", re.IGNORECASE), "sentinel-1-grd"),
)
_LEVELS = ("processing:level", "s2:processing_level", "landsat:processing_level")
_TYPES = ("product:type", "s2:product_type")


def stated_product(
    name: str, said: Mapping[str, Any], texts: Sequence[str], *, series: Series | None
) -> Product:
    """What an Item is of.

    By our own property, what is known of its collection, its product type, its name, the names
    of its files, its mission and level; a plain GeoTIFF where nothing says it.

    Args:
        name: Its id.
        said: The Item, with properties and assets.
        texts: Names of the product that it may hold, the official one first.
        series: What is known of its collection.

    Raises:
        BandError: its name says another product.
    """
    properties = said["properties"]
    own = properties.get(PRODUCT)
    if isinstance(own, str) and own in PRODUCTS:
        return PRODUCTS[own]
    by_name = declared_in(texts)
    stated = PRODUCTS[series.product] if series else _of_collection(said.get("collection"))
    stated = stated or _of_type(properties)
    if stated is None and by_name is not PLAIN:
        return by_name
    if stated is None:
        found = _of_files(said["assets"])
        return found if found is not PLAIN else _of_mission(properties, said["assets"])
    # A terrain-corrected scene keeps the name of what it was made of.
    made_of = stated.radar and by_name.radar
    if by_name is not PLAIN and by_name.id != stated.id and not made_of:
        problem = f"is filed as {stated.id}, but its name says {by_name.id}"
        raise BandError(name, problem, "Correct the Item, or give another scene.")
    return stated


def _of_collection(collection: Any) -> Product | None:
    text = collection if isinstance(collection, str) else ""
    found = (PRODUCTS[key] for pattern, key in _COLLECTIONS if pattern.fullmatch(text))
    return next(found, None)


def _of_type(properties: Mapping[str, Any]) -> Product | None:
    kinds = [str(properties[key]) for key in _TYPES if isinstance(properties.get(key), str)]
    found = declared_in(kinds)
    return None if found is PLAIN else found


def _of_mission(properties: Mapping[str, Any], assets: Mapping[str, Any]) -> Product:
    """By platform or constellation with the level of processing."""
    mission = platform_of(properties.get("platform")) or str(properties.get("constellation"))
    level = "".join(str(properties.get(key, "")) for key in _LEVELS).upper()
    if mission.lower().startswith("sentinel-2"):
        classified = any(re.match(r"scl(_\d+m)?$", str(key), re.IGNORECASE) for key in assets)
        # Both levels hold the same numbers; what differs is the scene classification.
        corrected = classified or re.match(r"(L|LEVEL-?)?2", level)
        return S2_L2A if corrected and not re.match(r"(L|LEVEL-?)?1", level) else S2_L1C
    if mission.lower().startswith("landsat") and re.match(r"(L|LEVEL-?)?2", level):
        return LANDSAT_OLI
    return PLAIN


def _of_files(assets: Mapping[str, Any]) -> Product:
    """By the names of the files, where all that name a product name the same."""
    hrefs = [str(each.get("href", "")) for each in assets.values() if isinstance(each, dict)]
    names = [PurePosixPath(urlsplit(href).path).name for href in hrefs if len(href) < 2048]
    found = {product.id: product for text in names if (product := declared_in([text])) is not PLAIN}
    return next(iter(found.values())) if len(found) == 1 else PLAIN
