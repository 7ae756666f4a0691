"""What to read of which file of a scene, and how its digital numbers become reflectance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pystac
from odc.geo.geobox import GeoBox

from imagery.catalogs import MASKED, PRODUCT, QUALITY, WINDOW
from imagery.decode import Decoding
from imagery.errors import BandError
from imagery.grid import asset_geobox, covers
from imagery.parts import parts
from imagery.reader import Layer
from imagery.sensors import ANGLE, PRODUCTS, Product

QUALITY_LAYER = "quality"
"""Its name among the layers."""

# What a quality layer reads as outside its file: nothing there is clear.
_QUALITY_FILL = {"scl": 0, "qa_pixel": 1, "udm2": 0}


def spectral_names(item: pystac.Item) -> list[str]:
    """Canonical names of the bands of a scene that are neither quality nor angle."""
    product = PRODUCTS[item.properties[PRODUCT]]
    names = [
        band["name"]
        for asset in parts(item)[0].assets.values()
        for band in asset.extra_fields["eo:bands"]
        if band["name"] not in (product.quality, ANGLE)
    ]
    order = {name: number for number, name in enumerate(product.order)}
    return sorted(names, key=lambda name: order.get(name, 0))


def plan(
    item: pystac.Item, geobox: GeoBox, bands: Sequence[str], offset_dn: float
) -> tuple[dict[str, Layer], dict[str, Decoding]]:
    """The layers to read for some bands, by name, and how their DN become reflectance.

    Args:
        item: One part of a scene.
        geobox: That it is read onto.
        bands: Canonical names.
        offset_dn: Added to the DN of every band.

    Raises:
        BandError: the scene does not have one of the bands.
    """
    product = PRODUCTS[item.properties[PRODUCT]]
    missing = [name for name in bands if name not in spectral_names(item)]
    if missing:
        remedy = f"It has {', '.join(spectral_names(item))}."
        raise BandError(item.id, f"has no band {', '.join(missing)}", remedy)
    layers: dict[str, Layer] = {}
    decodings: dict[str, Decoding] = {}
    for key, asset in item.assets.items():
        names = [band["name"] for band in asset.extra_fields["eo:bands"]]
        numbers = [names.index(name) for name in bands if name in names]
        if numbers:
            layer = _spectral_layer(key, asset, numbers, geobox)
            raster = [asset.extra_fields["raster:bands"][number] for number in numbers]
            layers[f"layer{len(decodings)}"] = layer
            decodings[f"layer{len(decodings)}"] = Decoding(
                rows=tuple(row for row, name in enumerate(bands) if name in names),
                scale=tuple(band["scale"] for band in raster),
                offset=tuple(band["offset"] + offset_dn * band["scale"] for band in raster),
                nodata=_nodata(raster[0]) if layer.fill == 0 else float("nan"),
                clipped=_clipped(asset, raster, product, offset_dn),
            )
        if QUALITY in asset.extra_fields:
            layers[QUALITY_LAYER] = quality_layer(key, asset, product)
    return layers, decodings


def _clipped(
    asset: pystac.Asset, raster: Sequence[dict[str, Any]], product: Product, offset_dn: float
) -> bool:
    """Whether DN 0 is both no data and what a negative reflectance was clipped to.

    Where the offset is still in the DN it is not: negative reflectance lies between 1 and 999.
    """
    zero = all(_nodata(band) == 0 and band["offset"] == 0 for band in raster)
    reflectances = product.nodata == 0 and not product.radar
    return reflectances and zero and offset_dn == 0 and MASKED not in asset.extra_fields


def _spectral_layer(key: str, asset: pystac.Asset, numbers: Sequence[int], geobox: GeoBox) -> Layer:
    """As the file has it where that is enough; else float32 with NaN."""
    raster = asset.extra_fields["raster:bands"][numbers[0]]
    masked = MASKED in asset.extra_fields
    as_is = covers(asset_geobox(asset), geobox) and not masked
    return Layer(
        asset=key,
        indexes=tuple(number + 1 for number in numbers),
        dtype=raster["data_type"] if as_is else "float32",
        nodata=_nodata(raster),
        masked=masked,
        fill=0 if as_is else float("nan"),
        classes=False,
        fetched=_fetched(asset),
    )


def quality_layer(key: str, asset: pystac.Asset, product: Product) -> Layer:
    """The bands of a quality layer that say what is clear, as the file has them."""
    indexes = tuple(asset.extra_fields[QUALITY])
    return Layer(
        asset=key,
        indexes=indexes,
        dtype=asset.extra_fields["raster:bands"][indexes[0] - 1]["data_type"],
        nodata=float("nan"),
        masked=False,
        fill=_QUALITY_FILL[str(product.quality)],
        classes=True,
        fetched=_fetched(asset),
    )


def _fetched(asset: pystac.Asset) -> tuple[int, int, int, int] | None:
    """Rows and columns that a partial copy holds; None where the file is whole."""
    if WINDOW not in asset.extra_fields:
        return None
    top, bottom, left, right = asset.extra_fields[WINDOW]
    return top, bottom, left, right


def _nodata(raster: dict[str, Any]) -> float:
    """NaN where none is declared: no pixel equals it."""
    return float(raster.get("nodata", "nan"))
