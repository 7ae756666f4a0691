"""The dark end of a scene, measured on a systematic subsample, and what it says of its offset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pystac
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from imagery.catalogs import MASKED, PRODUCT
from imagery.errors import UnreadableFile
from imagery.geotiff import read_geotiff
from imagery.offset import (
    DARK_DN,
    Darkness,
    OffsetDecision,
    OffsetFacts,
    check_agreement,
    decide_offset,
)
from imagery.sensors import PRODUCTS

BLOCK = 512
"""Pixels along a block of the lattice, as in the files that are common today."""

SAMPLED = 4
"""Blocks that are read along each axis, evenly spaced: at most sixteen."""

STEP = 4
"""Of the rows and columns of such a block every fourth counts: 16,384 pixels."""

FLOOR_QUANTILE = 1e-3

_DN, _STATUS, _REASON, _DARK, _FLOOR = (
    f"tilewitness:{key}"
    for key in ("offset_dn", "offset_status", "offset_reason", "dark_fraction", "floor_dn")
)


def offset_decision(item: pystac.Item) -> OffsetDecision:
    """What is done about the additive offset of a scene; measured once, kept in its properties.

    Raises:
        UnreadableFile: pixels cannot be read, or not one of them holds data.
    """
    said = item.properties
    if _STATUS not in said:
        kind = PRODUCTS[said[PRODUCT]]
        darkness = _measure(item, levels=kind.baselines)
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


def check_offsets(before: pystac.Item, after: pystac.Item) -> None:
    """Refuse a pair whose Sentinel-2 offsets may differ without anybody knowing.

    Raises:
        OffsetError: see ``offset.check_agreement``.
        UnreadableFile: see ``offset_decision``.
    """
    items = (before, after)
    decisions = (offset_decision(before), offset_decision(after))
    if any(decision.status == "undetermined" for decision in decisions):
        darkness = [Darkness(i.properties[_DARK], i.properties[_FLOOR]) for i in items]
        check_agreement(decisions, (darkness[0], darkness[1]))


def _measure(item: pystac.Item, *, levels: bool) -> Darkness:
    """Dark end of every spectral band; without ``levels`` only that each file holds data."""
    quality = PRODUCTS[item.properties[PRODUCT]].quality
    fractions, floors = [0.0], {}
    for asset in item.assets.values():
        names = [band["name"] for band in asset.extra_fields["eo:bands"]]
        numbers = [n for n, name in enumerate(names, start=1) if name != quality]
        if not levels:
            numbers = numbers[:1]
        for number, values in zip(numbers, _samples(asset, numbers), strict=True):
            fractions.append(float(np.mean(values < DARK_DN)))
            floors[names[number - 1]] = float(np.quantile(values, FLOOR_QUANTILE))
    return Darkness(max(fractions), floors)


def _samples(asset: pystac.Asset, numbers: Sequence[int]) -> list[NDArray[Any]]:
    """Valid DN of some bands on the subsample; all of a block's where the subsample has none.

    Raises:
        UnreadableFile: a band without a pixel that holds data.
    """
    if not numbers:
        return []
    nodata = float(asset.extra_fields["raster:bands"][numbers[0] - 1].get("nodata", "nan"))
    masked = MASKED in asset.extra_fields

    def sample(dataset: rasterio.DatasetReader) -> list[NDArray[Any]]:
        def valid(window: Window, step: int) -> list[NDArray[Any]]:
            values = dataset.read(list(numbers), window=window)[:, ::step, ::step]
            kept = np.isfinite(values) & (values != nodata)
            if masked:
                kept &= dataset.dataset_mask(window=window)[::step, ::step] != 0
            return [band[there] for band, there in zip(values, kept, strict=True)]

        rows, columns = (range(0, length, BLOCK) for length in dataset.shape)
        parts = [valid(part, STEP) for part in _blocks(_spread(rows), _spread(columns))]
        found = [np.concatenate(bands) for bands in zip(*parts, strict=True)]
        everywhere = _blocks(rows, columns)
        while not all(band.size for band in found) and (part := next(everywhere, None)):
            pairs = zip(found, valid(part, 1), strict=True)
            found = [band if band.size else more for band, more in pairs]
        return found

    found = read_geotiff(asset.href, sample)
    for number, band in zip(numbers, found, strict=True):
        if band.size == 0:
            problem = f"band {number} holds no data in any pixel"
            raise UnreadableFile(asset.href, problem, "Give a scene that shows something.")
    return found


def _spread(starts: range) -> Sequence[int]:
    """At most ``SAMPLED`` of the lattice's starts, evenly spaced, both ends included."""
    if len(starts) <= SAMPLED:
        return starts
    return [starts[number * (len(starts) - 1) // (SAMPLED - 1)] for number in range(SAMPLED)]


def _blocks(rows: Sequence[int], columns: Sequence[int]) -> Iterator[Window]:
    """Windows of the lattice, in raster order; GDAL crops the last ones at the edge."""
    for row, column in product(rows, columns):
        yield Window(column, row, BLOCK, BLOCK)
