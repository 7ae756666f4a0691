"""The dark end of a scene, measured on a systematic subsample, and what it says of its offset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pystac
import rasterio
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.windows import Window

from imagery.catalogs import MASKED, PRODUCT, WINDOW
from imagery.errors import UnreadableFile
from imagery.geotiff import read_geotiff
from imagery.grid import asset_geobox, window_on
from imagery.offset import (
    DARK_DN,
    Darkness,
    OffsetDecision,
    OffsetFacts,
    check_agreement,
    decide_offset,
)
from imagery.parts import parts
from imagery.sensors import PRODUCTS

BLOCK = 512
"""Pixels along a block of the lattice, as in the files that are common today."""

SAMPLED = 4
"""Blocks that are read along each axis, evenly spaced: at most sixteen."""

STEP = 4
"""Of the rows and columns of such a block every fourth counts: 16,384 pixels."""

FLOOR_QUANTILE = 1e-3

_UNCONFIRMED = "pixels do not confirm it"
_DN, _STATUS, _REASON, _DARK, _FLOOR = (
    f"tilewitness:{key}"
    for key in ("offset_dn", "offset_status", "offset_reason", "dark_fraction", "floor_dn")
)


def offset_decision(
    item: pystac.Item, *, over: GeoBox | None = None, bands: Sequence[str] | None = None
) -> OffsetDecision:
    """What is done about the additive offset of a scene; measured once, kept in its properties.

    Each part of a composite is decided for itself; the answer is then that of the first part,
    with a reason that names all where they differ.

    Args:
        item: With local files of ``bands``.
        over: Ground on which the pixels are looked at; the whole scene where it is None. A scene
            read from a folder and one of which an archive gave a part are decided alike only
            if it is given.
        bands: Canonical names, of those that are compared; all where it is None.

    Raises:
        UnreadableFile: pixels cannot be read, or not one of them holds data.
    """
    found = parts(item)
    decisions = [_decision(part, over, bands) for part in found]
    if len({(decision.dn, decision.status) for decision in decisions}) == 1:
        return decisions[0]
    said = "; ".join(
        f"{p.id}: {d.status}, {d.reason}" for p, d in zip(found, decisions, strict=True)
    )
    return OffsetDecision(decisions[0].dn, decisions[0].status, said)


def _decision(
    item: pystac.Item, over: GeoBox | None, bands: Sequence[str] | None
) -> OffsetDecision:
    said = item.properties
    if _STATUS not in said:
        kind = PRODUCTS[said[PRODUCT]]
        darkness = _measure(item, over, bands)
        if kind.baselines:
            baseline = said.get("s2:processing_baseline")
            facts = OffsetFacts(
                baseline=None if baseline is None else float(baseline),
                applied=said.get("earthsearch:boa_offset_applied"),
                declared_dn=said.get("tilewitness:declared_offset_dn"),
            )
            decision = decide_offset(facts, darkness)
            said[_DARK] = darkness.dark_fraction
            said[_FLOOR] = dict(darkness.floor_dn)
        else:
            decision = OffsetDecision(0.0, "none", "the product has no offset to be decided")
        said.update({_DN: decision.dn, _STATUS: decision.status, _REASON: decision.reason})
    return OffsetDecision(said[_DN], said[_STATUS], said[_REASON])


def check_offsets(
    before: pystac.Item,
    after: pystac.Item,
    *,
    over: GeoBox | None = None,
    bands: Sequence[str] | None = None,
) -> None:
    """Refuse a pair whose Sentinel-2 offsets may differ without anybody knowing.

    Args:
        before, after: With local files.
        over, bands: See ``offset_decision``.

    Raises:
        OffsetError: see ``offset.check_agreement``.
        UnreadableFile: see ``offset_decision``.
    """
    for item in (before, after):
        offset_decision(item, over=over, bands=bands)
    for first, second in product(parts(before), parts(after)):
        decisions = offset_decision(first), offset_decision(second)
        if any(decision.status == "undetermined" for decision in decisions):
            floors = [darkness_of(part) for part in (first, second)]
            check_agreement(decisions, (floors[0], floors[1]))


def darkness_of(item: pystac.Item) -> Darkness:
    """What was measured when the offset of a Sentinel-2 scene was decided."""
    return Darkness(item.properties[_DARK], item.properties[_FLOOR])


def doubt(item: pystac.Item) -> None:
    """Say in the reason of the decision about a scene that its pixels do not confirm it."""
    said = item.properties
    if _UNCONFIRMED not in said[_REASON]:
        said[_REASON] = f"{said[_REASON]}; {_UNCONFIRMED}"


def _measure(item: pystac.Item, over: GeoBox | None, bands: Sequence[str] | None) -> Darkness:
    """Dark end of the bands; of a product without baselines only that each file holds data."""
    kind = PRODUCTS[item.properties[PRODUCT]]
    fractions, floors = [0.0], {}
    for asset in item.assets.values():
        if "raster:bands" not in asset.extra_fields:  # never fetched
            continue
        names = [band["name"] for band in asset.extra_fields["eo:bands"]]
        wanted = [name != kind.quality and (not bands or name in bands) for name in names]
        numbers = [n for n, want in enumerate(wanted, start=1) if want]
        if not kind.baselines:
            numbers = numbers[:1]
        for number, values in zip(numbers, samples(asset, numbers, over), strict=True):
            if values.size:
                fractions.append(float(np.mean(values < DARK_DN)))
                floors[names[number - 1]] = float(np.quantile(values, FLOOR_QUANTILE))
    return Darkness(max(fractions), floors)


def samples(asset: pystac.Asset, numbers: Sequence[int], over: GeoBox | None) -> list[NDArray[Any]]:
    """Valid DN of some bands on the subsample; all of a block's where the subsample has none.

    Empty where the pixels over the ground hold no data, but others of the file do or were never
    fetched.

    Raises:
        UnreadableFile: a band without a pixel that holds data.
    """
    if not numbers:
        return []
    nodata = float(asset.extra_fields["raster:bands"][numbers[0] - 1].get("nodata", "nan"))
    masked = MASKED in asset.extra_fields
    part = _part(asset, over)

    def sample(dataset: rasterio.DatasetReader) -> list[NDArray[Any]]:
        def valid(window: Window, step: int) -> list[NDArray[Any]]:
            values = dataset.read(list(numbers), window=window)[:, ::step, ::step]
            kept = np.isfinite(values) & (values != nodata)
            if masked:
                kept &= dataset.dataset_mask(window=window)[::step, ::step] != 0
            return [band[there] for band, there in zip(values, kept, strict=True)]

        none = [np.empty(0, dtype=dataset.dtypes[0]) for _ in numbers]
        starts = [range(side.start, side.stop, BLOCK) for side in part]
        parts_read = [valid(w, STEP) for w in _blocks(spread(starts[0]), spread(starts[1]), part)]
        found = [np.concatenate(bands) for bands in zip(none, *parts_read, strict=True)]
        found = _first_held(found, (valid(w, 1) for w in _blocks(starts[0], starts[1], part)))
        if WINDOW in asset.extra_fields or all(band.size for band in found):
            return found
        whole = (slice(0, dataset.shape[0]), slice(0, dataset.shape[1]))
        starts = [range(side.start, side.stop, BLOCK) for side in whole]
        held = _first_held(found, (valid(w, 1) for w in _blocks(starts[0], starts[1], whole)))
        for number, band in zip(numbers, held, strict=True):
            if band.size == 0:
                problem = f"band {number} holds no data in any pixel"
                raise UnreadableFile(asset.href, problem, "Give a scene that shows something.")
        return found if over is not None else held

    return read_geotiff(asset.href, sample)


def raw_blocks(asset: pystac.Asset, numbers: Sequence[int], over: GeoBox) -> Iterator[NDArray[Any]]:
    """(band, y, x) as the file holds them: at most sixteen blocks over the ground.

    Raises:
        UnreadableFile: they cannot be read.
    """
    part = _part(asset, over)
    rows, columns = (spread(range(side.start, side.stop, BLOCK)) for side in part)

    def read(dataset: rasterio.DatasetReader) -> list[NDArray[Any]]:
        return [dataset.read(list(numbers), window=w) for w in _blocks(rows, columns, part)]

    yield from read_geotiff(asset.href, read)


def _first_held(
    found: list[NDArray[Any]], more: Iterator[list[NDArray[Any]]]
) -> list[NDArray[Any]]:
    """For each band without a value those of the first further block that holds some."""
    while not all(band.size for band in found) and (block := next(more, None)) is not None:
        pairs = zip(found, block, strict=True)
        found = [band if band.size else other for band, other in pairs]
    return found


def _part(asset: pystac.Asset, over: GeoBox | None) -> tuple[slice, slice]:
    """Rows and columns of a file that show the ground; all of them unless it is given."""
    grid = asset_geobox(asset)
    if over is None and WINDOW in asset.extra_fields:
        top, bottom, left, right = asset.extra_fields[WINDOW]
        return slice(top, bottom), slice(left, right)
    if over is None:
        return slice(0, grid.shape.y), slice(0, grid.shape.x)
    return window_on(grid, over)


def spread(starts: range) -> Sequence[int]:
    """At most ``SAMPLED`` of the lattice's starts, evenly spaced, both ends included."""
    if len(starts) <= SAMPLED:
        return starts
    return [starts[number * (len(starts) - 1) // (SAMPLED - 1)] for number in range(SAMPLED)]


def _blocks(
    rows: Sequence[int], columns: Sequence[int], part: tuple[slice, slice]
) -> Iterator[Window]:
    """Windows of the lattice in raster order, the last ones cut where ``part`` ends."""
    for row, column in product(rows, columns):
        height, width = min(BLOCK, part[0].stop - row), min(BLOCK, part[1].stop - column)
        yield Window(column, row, width, height)
