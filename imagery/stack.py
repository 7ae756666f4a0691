"""Items and a grid to pixels: reflectance with NaN for no data, and which pixels are clear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import odc.stac
import pystac
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from imagery import decode
from imagery.catalogs import MASKED, PRODUCT, QUALITY
from imagery.darkness import check_offsets, offset_decision
from imagery.decode import Decoding
from imagery.errors import BandError
from imagery.grid import asset_geobox, common_grid, covers, on_grid
from imagery.reader import Layer, LayerDriver, LayerParser
from imagery.sensors import PRODUCTS, Product

__all__ = [
    "check_offsets",
    "common_bands",
    "common_grid",
    "load",
    "offset_decision",
    "on_grid",
]

# What a quality layer reads as outside its file: nothing there is clear.
_QUALITY_FILL = {"scl": 0, "qa_pixel": 1, "udm2": 0}
_QUALITY = "quality"


def common_bands(before: pystac.Item, after: pystac.Item) -> tuple[str, ...]:
    """Canonical names of the bands of a pair, in the order of the product.

    Raises:
        BandError: the two scenes are of different products or have different bands.
    """
    pair = f"{before.id} and {after.id}"
    first, second = (item.properties[PRODUCT] for item in (before, after))
    if first != second:
        remedy = "Give two scenes of one product."
        raise BandError(pair, f"are different products ({first} and {second})", remedy)
    names, others = (_spectral_names(item) for item in (before, after))
    if set(names) != set(others):
        problem = f"have different bands ({', '.join(names)} and {', '.join(others)})"
        raise BandError(pair, problem, "Give two scenes with the same bands.")
    return tuple(names)


def load(
    item: pystac.Item, geobox: GeoBox, bands: Sequence[str], *, chunk: int | None
) -> xr.Dataset:
    """Read bands of one scene onto a grid.

    A band that stands on the grid is read as it is. Another is resampled once, by cubic
    convolution (quality layers: nearest). A pixel has the same value for every chunk and for
    every window ``geobox[rows, columns]``.

    Args:
        item: As made by ``catalogs``; its offset decision is written into its properties.
        geobox: North-up.
        bands: Canonical names.
        chunk: Rows and columns of a Dask chunk, or None to read at once.

    Returns:
        ``reflectance`` (band, y, x) float32, NaN = no data; ``clear`` (y, x), True = usable by
        the quality layer (everything where there is none) and in no band saturated. Attributes
        ``product``, ``offset_dn``, ``offset_status``, ``offset_reason``.

    Raises:
        BandError: the scene does not have one of the bands.
        UnreadableFile: a file or some of its pixels cannot be read, or hold no data anywhere.
    """
    decision = offset_decision(item)
    product = PRODUCTS[item.properties[PRODUCT]]
    layers, decodings = _plan(item, geobox, bands, decision.dn)
    arrays = _arrays(item, geobox, layers, chunk)
    planes = [arrays[name] for name in decodings]
    reflectance = decode.reflectance(planes, tuple(decodings.values()))
    clear = decode.clear(planes, arrays.get(_QUALITY), product)
    y, x = list(xr_coords(geobox).values())[:2]
    return xr.Dataset(
        {"reflectance": (("band", "y", "x"), reflectance), "clear": (("y", "x"), clear)},
        coords={"band": list(bands), "y": y.values, "x": x.values},
        attrs={
            "product": product.id,
            "offset_dn": decision.dn,
            "offset_status": decision.status,
            "offset_reason": decision.reason,
        },
    )


def _spectral_names(item: pystac.Item) -> list[str]:
    product = PRODUCTS[item.properties[PRODUCT]]
    names = [
        band["name"]
        for asset in item.assets.values()
        for band in asset.extra_fields["eo:bands"]
        if band["name"] != product.quality
    ]
    order = {name: number for number, name in enumerate(product.order)}
    return sorted(names, key=lambda name: order.get(name, 0))


def _plan(
    item: pystac.Item, geobox: GeoBox, bands: Sequence[str], offset_dn: float
) -> tuple[dict[str, Layer], dict[str, Decoding]]:
    """What to read from which file, and how its DN become reflectance."""
    product = PRODUCTS[item.properties[PRODUCT]]
    missing = [name for name in bands if name not in _spectral_names(item)]
    if missing:
        remedy = f"It has {', '.join(_spectral_names(item))}."
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
            )
        if QUALITY in asset.extra_fields:
            layers[_QUALITY] = _quality_layer(key, asset, product)
    return layers, decodings


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
    )


def _quality_layer(key: str, asset: pystac.Asset, product: Product) -> Layer:
    indexes = tuple(asset.extra_fields[QUALITY])
    return Layer(
        asset=key,
        indexes=indexes,
        dtype=asset.extra_fields["raster:bands"][indexes[0] - 1]["data_type"],
        nodata=float("nan"),
        masked=False,
        fill=_QUALITY_FILL[str(product.quality)],
        classes=True,
    )


def _nodata(raster: dict[str, Any]) -> float:
    """NaN where none is declared: no pixel equals it."""
    return float(raster.get("nodata", "nan"))


def _arrays(
    item: pystac.Item, geobox: GeoBox, layers: dict[str, Layer], chunk: int | None
) -> dict[str, Any]:
    """Every layer as (1, band, y, x), DN."""
    loaded = odc.stac.load(
        [item],
        bands=list(layers),
        geobox=geobox,
        chunks=None if chunk is None else {"y": chunk, "x": chunk},
        driver=LayerDriver(LayerParser(layers)),
        fuse_func="imagery.reader.paste",
    )
    return {name: loaded[name].data for name in layers}
