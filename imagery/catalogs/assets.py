"""One local GeoTIFF as an asset: its bands by name, and all that its header says of its pixels.

The one place where the constants of a product and the header of a file meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pystac
from odc.geo import CRS
from odc.geo.geobox import GeoBox

from imagery.catalogs.fields import (
    APPLIED,
    BASELINE,
    DECLARED_DN,
    MASKED,
    OFFSET_FACTS,
    QUALITY,
    SIMULATED,
)
from imagery.errors import BandError
from imagery.geotiff import Header, read_header
from imagery.masks import UDM2_BANDS
from imagery.offset import offset_facts
from imagery.radar_words import file_unit
from imagery.sensors import PLAIN, Product


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a scene: its header, product and the names of its bands."""

    header: Header
    product: Product
    labels: tuple[str, ...]

    @property
    def spectral(self) -> tuple[str, ...]:
        """Its bands without the quality layer."""
        return tuple(label for label in self.labels if label != self.product.quality)


def local_asset(path: str | Path, product: Product, labels: Sequence[str]) -> pystac.Asset:
    """A local file as an asset whose grid, number type and no data come from its own header.

    Args:
        path: A local GeoTIFF.
        product: Whose constants hold.
        labels: Canonical name of each band of the file, in its order.

    Raises:
        UnreadableFile, GridError, TooLarge: see ``geotiff.read_header``.
        BandError: another number of bands, or numbers that the product never holds.
    """
    header = read_header(path)
    remedy = "Its catalogue says something else than the file; give another scene."
    if len(header.descriptions) != len(labels):
        problem = f"has {len(header.descriptions)} bands and not {', '.join(labels)}"
        raise BandError(path, problem, remedy)
    part = Part(header, product, tuple(labels))
    if part.spectral and product is not PLAIN and header.dtype not in product.dtypes:
        problem = f"holds {header.dtype}, in which no {product.id} comes"
        raise BandError(path, problem, remedy)
    return asset_of(part)


def asset_of(part: Part) -> pystac.Asset:
    """The file as an asset whose fields say everything that reading needs."""
    header, product = part.header, part.product
    quality = [n for n, label in enumerate(part.labels, start=1) if label == product.quality]
    if product.quality == "udm2" and quality:
        quality = list(UDM2_BANDS)
    fields: dict[str, Any] = {
        "eo:bands": [{"name": label, **_common(label, product)} for label in part.labels],
        "raster:bands": [_raster_band(part, n) for n in range(len(part.labels))],
        **_projection(header.geobox),
    }
    if quality:
        fields[QUALITY] = quality
    if header.masked:
        fields[MASKED] = True
    if product.baselines and part.spectral:
        fields[OFFSET_FACTS] = offset_properties(part)
    if header.tags.get("SIMULATED", "").upper() == "YES":
        fields[SIMULATED] = True
    return pystac.Asset(
        href=str(header.path.absolute()),
        media_type=pystac.MediaType.GEOTIFF,
        roles=["data"],
        extra_fields=fields,
    )


def _common(label: str, product: Product) -> dict[str, str]:
    return {"common_name": label} if any(label == band.name for band in product.bands) else {}


def _raster_band(part: Part, number: int) -> dict[str, Any]:
    header, product = part.header, part.product
    nodata = product.nodata if header.nodata is None else header.nodata
    band: dict[str, Any] = {"data_type": header.dtype}
    if nodata is not None and part.labels[number] != product.quality:
        band["nodata"] = "nan" if nodata != nodata else nodata
    if part.labels[number] == product.quality:
        return band
    if product.radar and (unit := _unit(part, number)) is not None:
        band["unit"] = unit
    if product is PLAIN:
        return {**band, "scale": header.scales[number], "offset": header.offsets[number]}
    return {**band, "scale": product.scale, "offset": product.offset}


def _unit(part: Part, number: int) -> str | None:
    """What a radar file says of the unit of one of its bands."""
    header = part.header
    texts = [header.descriptions[number] or "", *header.units[number : number + 1]]
    return file_unit(header.path.name, header.tags, texts)


def _projection(geobox: GeoBox) -> dict[str, Any]:
    crs = CRS(geobox.crs)
    epsg = crs.to_epsg()
    named = {"proj:wkt2": crs.to_wkt()} if epsg is None else {"proj:code": f"EPSG:{epsg}"}
    return {
        **named,
        "proj:shape": list(geobox.shape),
        "proj:transform": list(geobox.transform[:6]),
    }


def offset_properties(part: Part) -> dict[str, Any]:
    """What a file says of the Sentinel-2 offset, as properties of an Item."""
    header = part.header
    facts = offset_facts(header.path.name, header.tags)
    declared = facts.declared_dn
    if declared is None and header.offsets[0] != 0:
        declared = abs(header.offsets[0] / header.scales[0])
    said: dict[str, Any] = {
        BASELINE: None if facts.baseline is None else f"{facts.baseline:05.2f}",
        APPLIED: facts.applied,
        DECLARED_DN: declared,
    }
    return {key: value for key, value in said.items() if value is not None}
