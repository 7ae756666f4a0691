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

from imagery import calibration, decode
from imagery.catalogs import PRODUCT, QUALITY
from imagery.darkness import check_offsets, offset_decision
from imagery.errors import BandError
from imagery.grid import asset_geobox, common_grid, on_grid
from imagery.masks import CLEAR, SEEN
from imagery.overlay import marks, settled
from imagery.parts import parts
from imagery.plan import QUALITY_LAYER, plan, quality_layer, spectral_names
from imagery.reader import Layer, LayerDriver, LayerParser, read_layer
from imagery.sensors import PRODUCTS

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
    names, others = (spectral_names(item) for item in (before, after))
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
    y, x = geobox.coordinates.values()
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
    layers, decodings = plan(item, geobox, bands, offset_dn)
    arrays = _arrays(item, geobox, layers, chunk)
    planes, quality = [arrays[name] for name in decodings], arrays.get(QUALITY_LAYER)
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
    layer = quality_layer(key, item.assets[key], PRODUCTS[item.properties[PRODUCT]])
    pixels: NDArray[Any] = _arrays(item, geobox, {QUALITY_LAYER: layer}, None)[QUALITY_LAYER][0]
    return pixels


def _arrays(
    item: pystac.Item, geobox: GeoBox, layers: dict[str, Layer], chunk: int | None
) -> dict[str, Any]:
    """Every layer as (1, band, y, x), DN."""
    driver = LayerDriver(LayerParser(layers))
    if chunk is None:
        # What the driver reads, without the tables that odc lays out for many scenes.
        with driver.restore_env(driver.capture_env(), None):
            return {name: _whole(item, geobox, layer) for name, layer in layers.items()}
    loaded = odc.stac.load(
        [_outlined(item, layers)],
        bands=list(layers),
        geobox=geobox,
        chunks={"y": chunk, "x": chunk},
        driver=driver,
        fuse_func="imagery.reader.paste",
    )
    return {name: loaded[name].data for name in layers}


def _whole(item: pystac.Item, geobox: GeoBox, layer: Layer) -> NDArray[Any]:
    asset = item.assets[layer.asset]
    path = asset.get_absolute_href() or asset.href
    return read_layer(path, asset_geobox(asset), geobox, layer)[None]


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
