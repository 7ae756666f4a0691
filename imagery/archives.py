"""The public archives that are known by name, as data, and those that a user adds.

``archives.toml`` beside this file holds them. A table of the same form, from a user's own file,
adds an archive or changes one key by key.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection as Sized
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from imagery.errors import InputError
from imagery.sensors import PRODUCTS

Signing = Literal["none", "planetary-computer", "bearer", "s3"]
Offset = Literal["any", "flag", "declared", "baseline"]

_HERE = Path(__file__).with_suffix(".toml")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_OWN_KEYS = ("url", "signing", "s3_endpoint", "s3_region", "collections")
_COLLECTION_KEYS = ("product", "bands", "offset", "signing", "requester_pays", "s3_region")


@dataclass(frozen=True, slots=True)
class Series:
    """One collection of an archive.

    Attributes:
        id: Of the collection.
        product: What it holds, a key of ``sensors.PRODUCTS``.
        bands: What its assets are called: key of an asset to canonical band or quality layer;
            only those that the item and the sensor table do not tell by themselves.
        offset: Which statement about the Sentinel-2 offset describes its pixels: the ``flag``
            that the provider took it off, the offset ``declared`` for the raster, the processing
            ``baseline`` alone, or ``any`` of them.
        signing: How requests for its assets are signed.
        requester_pays: True where the reader pays for the transfer.
        s3_region: Region of its bucket, or None.
    """

    id: str
    product: str
    bands: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    offset: Offset = "any"
    signing: Signing = "none"
    requester_pays: bool = False
    s3_region: str | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """A STAC API that is known by name.

    Attributes:
        name: What a user types.
        url: Landing page of its STAC API.
        collections: By id, in the order of the file.
        signing: How requests for its assets are signed, where a collection says nothing else.
        s3_endpoint: Where its ``s3:`` addresses are served; None for Amazon's own.
        s3_region: Region of its buckets, or None.
    """

    name: str
    url: str
    collections: Mapping[str, Series]
    signing: Signing = "none"
    s3_endpoint: str | None = None
    s3_region: str | None = None


def known_archives(own: Mapping[str, Any] | None = None) -> dict[str, Archive]:
    """Every archive by name: those that come with the package, then the user's own.

    Args:
        own: Tables of the user's own, by name. Where a name is known already, what the table
            says replaces that, key by key.

    Raises:
        InputError: a key, product, band or kind is unknown, or a value has the wrong type.
    """
    tables: dict[str, Any] = dict(_shipped())
    for name, table in (own or {}).items():
        if not _NAME.fullmatch(str(name)):
            raise InputError("archive name", name, "lower-case words joined by hyphens")
        tables[name] = _merged(tables.get(name, {}), _table(f"archive {name}", table))
    return {name: _archive(name, table) for name, table in tables.items()}


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Any]:
    return tomllib.loads(_HERE.read_text(encoding="utf-8"))


def _merged(known: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of one name are merged, anything else is replaced."""
    out = dict(known)
    for key, value in own.items():
        both = isinstance(value, Mapping) and isinstance(out.get(key), Mapping)
        out[key] = _merged(out[key], value) if both else value
    return out


def _archive(name: str, table: Mapping[str, Any]) -> Archive:
    where = f"archive {name}"
    _check_keys(where, table, _OWN_KEYS)
    if not table.get("collections"):
        raise InputError(f"collections of {where}", None, "at least one collection")
    signing = _one_of(f"signing of {where}", table.get("signing", "none"), get_args(Signing))
    region = _optional(f"s3_region of {where}", table.get("s3_region"))
    shared = {"signing": signing, **({} if region is None else {"s3_region": region})}
    entries = _table(f"collections of {where}", table["collections"])
    return Archive(
        name=name,
        url=_url(f"url of {where}", table.get("url")),
        collections={
            key: _series(f"collection {key} of {where}", key, {**shared, **entry})
            for key, entry in ((key, _table(key, value)) for key, value in entries.items())
        },
        signing=signing,
        s3_endpoint=(
            _url(f"s3_endpoint of {where}", table["s3_endpoint"])
            if "s3_endpoint" in table
            else None
        ),
        s3_region=region,
    )


def _series(where: str, key: str, table: Mapping[str, Any]) -> Series:
    _check_keys(where, table, _COLLECTION_KEYS)
    product = _one_of(f"product of {where}", table.get("product"), PRODUCTS)
    pays = table.get("requester_pays", False)
    if not isinstance(pays, bool):
        raise InputError(f"requester_pays of {where}", pays, "true or false")
    bands = _table(f"bands of {where}", table.get("bands", {}))
    kind = PRODUCTS[product]
    known = (*kind.order, *([kind.quality] if kind.quality else []))
    for asset, band in bands.items():
        if known:
            _one_of(f"band {asset} of {where}", band, known)
    return Series(
        id=key,
        product=product,
        bands=MappingProxyType({str(asset): str(band) for asset, band in bands.items()}),
        offset=_one_of(f"offset of {where}", table.get("offset", "any"), get_args(Offset)),
        signing=_one_of(f"signing of {where}", table.get("signing"), get_args(Signing)),
        requester_pays=pays,
        s3_region=_optional(f"s3_region of {where}", table.get("s3_region")),
    )


def _check_keys(where: str, table: Mapping[str, Any], known: Sized[str]) -> None:
    for key in table:
        if key not in known:
            raise InputError(f"A key of {where}", key, expected(key, known))


def _table(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(where, value, "a table")
    return value


def _one_of(where: str, value: Any, known: Sized[str]) -> Any:
    if not isinstance(value, str) or value not in known:
        raise InputError(where, value, expected(value, known))
    return value


def _optional(where: str, value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and value):
        raise InputError(where, value, "a word")
    return value


def _url(where: str, value: Any) -> str:
    try:
        said = urlsplit(value) if isinstance(value, str) else None
    except ValueError:  # half of an IPv6 address
        said = None
    if said is None or said.scheme not in ("https", "http") or not said.hostname or "@" in value:
        raise InputError(where, None if said is None else said.hostname, "an https address")
    return str(value).rstrip("/")


def expected(word: object, known: Sized[str]) -> str:
    """What may stand in place of ``word``, the nearest named; for the end of an `InputError`.

    >>> expected("plain", ("none", "s3", "planetary-computer"))
    'one of none, planetary-computer, s3'
    >>> expected("planetary", ("none", "planetary-computer"))
    'one of none, planetary-computer (nearest: planetary-computer)'
    """
    listed = f"one of {', '.join(sorted(known))}"
    near = difflib.get_close_matches(str(word), list(known), n=1)
    return f"{listed} (nearest: {near[0]})" if near else listed
