"""Any foreign STAC Item to the one form that this project reads, or a refusal in one sentence.

A catalogue is written by others. Its Item is evidence of where files are and of what they are;
grid, number type and no data come from the files' own headers once they are here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pystac
import shapely

from imagery.archives import Archive, Series
from imagery.catalogs.bands import BandAsset, band_assets
from imagery.catalogs.facts import (
    offset_facts_of,
    on_map_grid,
    radar_facts,
    scene_facts,
    tile_of,
)
from imagery.catalogs.fields import (
    COLLECTION,
    EXTENSIONS,
    NOTES,
    PRODUCT,
    QUALITY,
    REQUESTER_PAYS,
    S3,
    SIGNING,
    SLANT,
)
from imagery.catalogs.footprint import footprint
from imagery.catalogs.found import MAX_ID
from imagery.catalogs.hrefs import checked_href
from imagery.catalogs.kinds import stated_product
from imagery.catalogs.moments import item_moment
from imagery.catalogs.names import ProductName, read_name
from imagery.errors import BandError, UntrustedError, printable
from imagery.masks import UDM2_BANDS
from imagery.sensors import LANDSAT_OLI, S1_GRD, Product, landsat_table

MAX_DEPTH = 48
"""Levels of an Item's JSON; real ones have about eight."""

_REMEDY = "Give another scene or source."
_NAMES = ("s2:product_uri", "product:uri", "landsat:product_id", "title")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a foreign Item comes from.

    Attributes:
        base: URL or path of the document that holds it.
        root: Folder of a local catalogue; None for one on the network.
        archive: The known archive that it is of, or None.
    """

    base: str
    root: Path | None = None
    archive: Archive | None = None

    def series(self, collection: str | None) -> Series | None:
        """What is known of a collection."""
        return self.archive.collections.get(collection or "") if self.archive else None


def canonical_item(said: Any, origin: Origin) -> pystac.Item:
    """One foreign Item under the project's own vocabulary.

    Args:
        said: The Item, parsed JSON.
        origin: Where it comes from.

    Returns:
        An Item whose assets carry an address and ``eo:bands``, and nothing of their grid.

    Raises:
        UntrustedError: it is no Item, or an address in it leads where nothing is read.
        DateError: see ``moments.item_moment``.
        GridError: see ``footprint.footprint``.
        BandError: see ``bands.band_assets``, or two products are claimed.
    """
    name = checked_id(said)
    properties, assets = _parts(said, name)
    texts = [*(str(properties[key])[:MAX_ID] for key in _NAMES if properties.get(key)), name]
    official = next((read for text in texts if (read := read_name(text))), ProductName())
    collection = said["collection"] if isinstance(said.get("collection"), str) else None
    series = origin.series(collection)
    product = stated_product(name, said, texts, series=series)
    facts, notes = scene_facts(properties, official)
    moment, doubts = item_moment(properties, texts, item=name)
    outline = footprint(said.get("geometry"), item=name, tile=official.tile or tile_of(properties))
    table = _table(name, product, facts.get("platform"))
    bands = band_assets(assets, table, series.bands if series else {}, item=name)
    offset, contradictions = offset_facts_of(
        properties, official, bands, product=product, convention=series.offset if series else "any"
    )
    found: dict[str, Any] = {PRODUCT: product.id, **facts, **offset}
    if product.radar:
        found |= radar_facts(properties)
        found |= {} if on_map_grid(said) or product is not S1_GRD else {SLANT: True}
    if collection:
        found[COLLECTION] = printable(collection)
    if doubts or notes or contradictions:
        found[NOTES] = [*doubts, *notes, *contradictions]
    item = pystac.Item(
        id=name,
        geometry=shapely.geometry.mapping(outline),
        bbox=[float(edge) for edge in outline.bounds],
        datetime=moment,
        properties=found,
        stac_extensions=list(EXTENSIONS),
    )
    for band in bands:
        asset = _asset(band, product, origin, series=series, item=name)
        item.add_asset(_key(band, item), asset)
    return item


def checked_id(said: Any) -> str:
    """The id of a foreign Item: data, never a path.

    Raises:
        UntrustedError: it is no Item of bounded depth with a printable id.
    """
    if not isinstance(said, dict) or said.get("type") != "Feature":
        raise UntrustedError("An entry of the catalogue", "it is no STAC Item", _REMEDY)
    name = said.get("id")
    if not isinstance(name, str) or not name.strip():
        raise UntrustedError("An Item of the catalogue", "it has no id", _REMEDY)
    if not name.isprintable() or len(name) > MAX_ID:
        problem = "its id is too long or holds characters that cannot be printed"
        raise UntrustedError(f"Item {printable(name)}", problem, _REMEDY)
    if too_deep(said):
        raise UntrustedError(f"Item {name}", f"it is nested over {MAX_DEPTH} deep", _REMEDY)
    return name


def too_deep(value: Any, limit: int = MAX_DEPTH) -> bool:
    """Whether parsed JSON is nested deeper than ``limit``; without recursion."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _parts(said: Mapping[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = [said.get(key) for key in ("properties", "assets")]
    for key, part in zip(("properties", "assets"), parts, strict=True):
        if not isinstance(part, dict):
            raise UntrustedError(f"Item {name}", f"it has no {key}", _REMEDY)
    return parts[0] or {}, parts[1] or {}


def _table(name: str, product: Product, platform: str | None) -> Product:
    """The product with the band numbers of its sensor."""
    if product.id != LANDSAT_OLI.id:
        return product
    if platform is None:
        raise BandError(name, "does not say which Landsat took it", _REMEDY)
    return landsat_table(platform)


def _asset(
    band: BandAsset, product: Product, origin: Origin, *, series: Series | None, item: str
) -> pystac.Asset:
    signing = series.signing if series else "none"
    what = f"Asset {printable(band.key)} of {item}"
    href = checked_href(_href(band.fields, signing), base=origin.base, root=origin.root, what=what)
    fields: dict[str, Any] = {
        "eo:bands": [
            {"name": label, **({"common_name": label} if label in product.order else {})}
            for label in band.labels
        ]
    }
    quality = [n for n, label in enumerate(band.labels, start=1) if label == product.quality]
    if quality:
        fields[QUALITY] = list(UDM2_BANDS) if product.quality == "udm2" else quality
    if series and signing != "none":
        fields[SIGNING] = signing
        if series.requester_pays:
            fields[REQUESTER_PAYS] = True
        places = {
            "endpoint": origin.archive.s3_endpoint if origin.archive else None,
            "region": series.s3_region,
        }
        if href.startswith("s3:") and any(places.values()):
            fields[S3] = {key: place for key, place in places.items() if place}
    media = pystac.MediaType.JPEG2000 if band.jp2 else pystac.MediaType.GEOTIFF
    return pystac.Asset(href=href, media_type=media, roles=["data"], extra_fields=fields)


def _key(band: BandAsset, item: pystac.Item) -> str:
    key = band.labels[0] if len(set(band.labels)) == 1 else "data"
    return key if key not in item.assets else f"{key}-{len(item.assets)}"


def _href(fields: Mapping[str, Any], signing: str) -> Any:
    """The address that fits how requests are signed: its own, or one of its alternates."""
    own = fields["href"]
    wanted = {"s3": ("s3:",), "bearer": ("https:", "http:")}.get(signing)
    alternates = fields.get("alternate")
    if wanted is None or own.startswith(wanted) or not isinstance(alternates, dict):
        return own
    others = [alternates[key] for key in sorted(alternates, key=str)]
    hrefs = [other.get("href") for other in others if isinstance(other, dict)]
    return next((h for h in hrefs if isinstance(h, str) and h.startswith(wanted)), own)
