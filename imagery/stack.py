"""Items and a grid to pixels: reflectance, or backscatter as linear power, NaN for no data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dask.array as da
import numpy as np
import odc.stac
import pystac
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import unary_union
from odc.geo.xr import xr_coords

from imagery import calibration, decode
from imagery.catalogs import MASKED, PRODUCT, QUALITY, WINDOW
from imagery.darkness import check_offsets, offset_decision
from imagery.decode import Decoding
from imagery.errors import BandError
from imagery.grid import asset_geobox, common_grid, covers, on_grid
from imagery.masks import CLEAR, SEEN
from imagery.overlay import marks, settled
from imagery.parts import parts
from imagery.reader import Layer, LayerDriver, LayerParser
from imagery.sensors import ANGLE, PRODUCTS, Product

__all__ = [
    "check_offsets",
    "common_bands",
    "common_grid",
    "has_quality",
    "load",
    "offset_decision",
    "on_grid",
    "quality_classes",
    "usable",
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
    """Read bands of one scene onto a grid; of a composite each pixel from the first part with data.

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
        the quality layer (everything where there is none) and in no band saturated. Of radar
        ``reflectance`` is linear power, and ``clear`` where it is neither border nor its noise.
        Attributes ``product``, ``offset_dn``, ``offset_status``, ``offset_reason``.

    Raises:
        BandError: the scene does not have one of the bands.
        UnreadableFile: a file or some of its pixels cannot be read, or hold no data anywhere.
    """
    decision = offset_decision(item)
    read = [_load(part, geobox, bands, chunk) for part in parts(item)]
    reflectance, clear = read[0] if len(read) == 1 else decode.first_of(*zip(*read, strict=True))
    y, x = list(xr_coords(geobox).values())[:2]
    return xr.Dataset(
        {"reflectance": (("band", "y", "x"), reflectance), "clear": (("y", "x"), clear)},
        coords={"band": list(bands), "y": y.values, "x": x.values},
        attrs={
            "product": PRODUCTS[item.properties[PRODUCT]].id,
            "offset_dn": decision.dn,
            "offset_status": decision.status,
            "offset_reason": decision.reason,
        },
    )


def has_quality(item: pystac.Item) -> bool:
    """Whether every part of a scene has a quality layer."""
    return all(_quality_key(part) is not None for part in parts(item))


def usable(
    item: pystac.Item, geobox: GeoBox, bands: Sequence[str]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pixels of a scene are clear, and which were measured at all, read at once.

    By the quality layer alone where the scene has one, so that no band need be at hand; else by
    the bands: clear and measured is then what holds data in each and is in none saturated.

    Args:
        item: With a local quality layer, or local bands.
        geobox: North-up.
        bands: Canonical names; not read where there is a quality layer.

    Returns:
        (y, x) each, True = clear, True = measured.

    Raises:
        BandError, UnreadableFile: see ``load``.
    """
    clear = np.zeros(geobox.shape.yx, dtype=bool)
    seen = np.zeros(geobox.shape.yx, dtype=bool)
    for part in parts(item):
        product = PRODUCTS[part.properties[PRODUCT]]
        if has_quality(item):
            layer = _quality(part, geobox)
            there, good = SEEN[str(product.quality)](layer), CLEAR[str(product.quality)](layer)
            good = settled(good, marks(part, geobox))
        else:
            # The offset decides on values, not on which of them are there.
            values, good = _read(part, geobox, bands, offset_dn=0.0, chunk=None)
            there = np.isfinite(values).all(axis=0)
            if product.radar:
                there &= (values != 0).all(axis=0)  # beyond the swath, in whatever unit
        clear |= good & there & ~seen
        seen |= there
    return clear, seen


def quality_classes(item: pystac.Item, geobox: GeoBox) -> NDArray[Any] | None:
    """(y, x) codes of the first quality band of a scene of one part; None where it has none."""
    return None if _quality_key(item) is None else _quality(item, geobox)[0]


def _load(
    item: pystac.Item, geobox: GeoBox, bands: Sequence[str], chunk: int | None
) -> tuple[Any, Any]:
    if PRODUCTS[item.properties[PRODUCT]].radar:
        wide = geobox.pad(calibration.REACH_PX)
        values, _ = _read(item, wide, bands, offset_dn=0.0, chunk=None)
        power, ground = calibration.ground_power(values, item, bands, wide)
        # The rim of a border reaches across chunks: radar is read at once.
        return (power, ground) if chunk is None else (da.from_array(power), da.from_array(ground))
    return _read(item, geobox, bands, offset_dn=offset_decision(item).dn, chunk=chunk)


def _read(
    item: pystac.Item, geobox: GeoBox, bands: Sequence[str], *, offset_dn: float, chunk: int | None
) -> tuple[Any, Any]:
    """Reflectance (of radar: as the files hold it) and clear mask of one part."""
    product = PRODUCTS[item.properties[PRODUCT]]
    layers, decodings = _plan(item, geobox, bands, offset_dn)
    arrays = _arrays(item, geobox, layers, chunk)
    planes, quality = [arrays[name] for name in decodings], arrays.get(_QUALITY)
    hows = tuple(decodings.values())
    values = decode.reflectance(planes, hows, quality=quality, product=product)
    clear, found = decode.clear(planes, quality, product), marks(item, geobox)
    if found is not None:
        clear = settled(clear, found, whole=decode.clear(planes, None, product))
    return values, clear


def _quality_key(item: pystac.Item) -> str | None:
    return next((key for key, asset in item.assets.items() if QUALITY in asset.extra_fields), None)


def _quality(item: pystac.Item, geobox: GeoBox) -> NDArray[Any]:
    """(band, y, x), codes."""
    key = str(_quality_key(item))
    layer = _quality_layer(key, item.assets[key], PRODUCTS[item.properties[PRODUCT]])
    pixels: NDArray[Any] = _arrays(item, geobox, {_QUALITY: layer}, None)[_QUALITY][0]
    return pixels


def _spectral_names(item: pystac.Item) -> list[str]:
    product = PRODUCTS[item.properties[PRODUCT]]
    names = [
        band["name"]
        for asset in parts(item)[0].assets.values()
        for band in asset.extra_fields["eo:bands"]
        if band["name"] not in (product.quality, ANGLE)
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
                clipped=_clipped(asset, raster, product, offset_dn),
            )
        if QUALITY in asset.extra_fields:
            layers[_QUALITY] = _quality_layer(key, asset, product)
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


def _arrays(
    item: pystac.Item, geobox: GeoBox, layers: dict[str, Layer], chunk: int | None
) -> dict[str, Any]:
    """Every layer as (1, band, y, x), DN."""
    loaded = odc.stac.load(
        [_outlined(item, layers)],
        bands=list(layers),
        geobox=geobox,
        chunks=None if chunk is None else {"y": chunk, "x": chunk},
        driver=LayerDriver(LayerParser(layers)),
        fuse_func="imagery.reader.paste",
    )
    return {name: loaded[name].data for name in layers}


def _outlined(item: pystac.Item, layers: dict[str, Layer]) -> pystac.Item:
    """The scene with the outline of its files' grids.

    Beyond an Item's outline odc reads nothing, and that of a catalogue may be drawn too small.
    """
    grids = {asset_geobox(item.assets[layer.asset]) for layer in layers.values()}
    footprints = [grid.footprint("EPSG:4326") for grid in grids]
    outline = footprints[0] if len(footprints) == 1 else unary_union(footprints)
    made = item.clone()
    if outline is None:  # of no footprint at all
        return made
    made.geometry, made.bbox = outline.json, [float(edge) for edge in outline.boundingbox]
    return made
