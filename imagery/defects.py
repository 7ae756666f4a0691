"""What is wrong with the numbers of one file, told from its own pixels before anything is compared.

A border that nothing declares as no data becomes no data, and a note says so. Numbers that went
round below 0, rows that repeat, bands that hold one value and brightness that is cut off cannot be
mended: such a file is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pystac
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage

from imagery.catalogs import NOTES, PRODUCT
from imagery.darkness import raw_blocks
from imagery.errors import BandError
from imagery.parts import parts
from imagery.sensors import PRODUCTS, Product

FILLS = (0.0, -1.0, -999.0, -9999.0, -32767.0, -32768.0, 32767.0, 65535.0)
"""What writers put where nothing was measured."""

FAR = 5.0
"""Times the spread of all other numbers: a fill that nobody has heard of."""

FILL_SHARE = 1e-3
RUN_PX = 64
"""A fill value covers this share of the pixels, or so many in a row."""

ROUND_DN, EMPTY_DN = 60_000, 30_000
ROUND_SHARE = 1e-3
"""Negative numbers stored without a sign lie above the first, and almost none between the two."""

CUT_SHARE = 0.05
"""Share of a band at its highest number from which its bright end is cut off. On the honest pairs
of docs/traps.md at most 1 pixel in 10,000 has it."""

STRETCHED_SHARE = 1e-3
"""A picture stretched for the eye has this share at both ends of every band."""

REPEATED_PX = 48
REPEATED_MOST = 0.1
"""Three equal rows in a row over so many pixels are no ground; where more than this share of all
rows is so, the file was resampled by repeating pixels, which is honest."""

ENOUGH_PX = 500
_AGAIN = "Get the file again from its source."


@dataclass(frozen=True, slots=True)
class _Sample:
    """Blocks of one file as it holds them: (band, y, x) each, and where they hold data."""

    names: tuple[str, ...]
    blocks: tuple[NDArray[Any], ...]
    there: tuple[NDArray[np.bool_], ...]

    def valid(self, band: int) -> NDArray[Any]:
        """(n,) numbers of a band that are data."""
        pairs = zip(self.blocks, self.there, strict=True)
        return np.concatenate([block[band][good[band]] for block, good in pairs])


def check_files(item: pystac.Item, *, over: GeoBox, bands: Sequence[str]) -> None:
    """Refuse a scene whose numbers are damaged; take a border that is not declared as no data.

    Args:
        item: With local files of ``bands``; what is taken as no data is written into its assets.
        over: Ground on which the pixels are looked at, at most 16 blocks of each file.
        bands: Canonical names.

    Raises:
        BandError: numbers that no sensor gives.
        UnreadableFile: pixels cannot be read.
    """
    for part in parts(item):
        product = PRODUCTS[part.properties[PRODUCT]]
        if product.radar:
            continue
        for asset in part.assets.values():
            names = [band["name"] for band in asset.extra_fields.get("eo:bands", ())]
            numbers = [n for n, name in enumerate(names, start=1) if name in bands]
            if numbers and "raster:bands" in asset.extra_fields:
                _check(item, asset, numbers, over, product)


def _check(
    item: pystac.Item, asset: pystac.Asset, numbers: list[int], over: GeoBox, product: Product
) -> None:
    blocks = tuple(raw_blocks(asset, numbers, over))
    if sum(block[0].size for block in blocks) < ENOUGH_PX:
        return
    fields = asset.extra_fields
    names = tuple(fields["eo:bands"][n - 1]["name"] for n in numbers)
    nodata = float(fields["raster:bands"][numbers[0] - 1].get("nodata", "nan"))
    found = _undeclared(blocks, nodata, product)
    if found is not None:
        _settle(item, asset, numbers, nodata=nodata, found=found, blocks=blocks)
        nodata = found
    there = tuple(np.isfinite(block) & (block != nodata) for block in blocks)
    sample = _Sample(names, blocks, there)
    _check_levels(item, sample, product)
    for axis, word in ((1, "rows"), (2, "columns")):
        _check_repeats(item, blocks, nodata, axis=axis, word=word)


def _undeclared(blocks: Sequence[NDArray[Any]], nodata: float, product: Product) -> float | None:
    """The value that all bands have together where nothing was measured; None without one."""
    total = sum(block[0].size for block in blocks)
    for value in (*FILLS, *_extremes(blocks)):
        ordinary = blocks[0].dtype == np.uint8 and value != 0
        if ordinary or value in (nodata, product.saturated):
            continue
        holes = [(block == value).all(axis=0) for block in blocks]
        count = sum(int(np.count_nonzero(hole)) for hole in holes)
        if count and (count >= FILL_SHARE * total or any(_runs(hole) for hole in holes)):
            return float(value)
    return None


def _extremes(blocks: Sequence[NDArray[Any]]) -> tuple[float, ...]:
    """The lowest and the highest number where they lie far beyond all others."""
    values = np.concatenate([block[:, ::4, ::4].ravel() for block in blocks])
    values = values[np.isfinite(values)].astype(np.float64)
    if values.size < ENOUGH_PX:
        return ()
    low, high = float(values.min()), float(values.max())
    others = values[(values > low) & (values < high)]
    if others.size < ENOUGH_PX:
        return ()
    bottom, middle, top = np.quantile(others, (0.001, 0.5, 0.999))
    far = FAR * max(top - middle, middle - bottom)
    return tuple(end for end in (low, high) if abs(end - middle) > far)


def _runs(hole: NDArray[np.bool_]) -> bool:
    """Whether so many pixels lie side by side, along either axis."""
    return any(
        hole.shape[axis] >= RUN_PX and bool(_eroded(hole, RUN_PX, axis=axis).any())
        for axis in (0, 1)
    )


def _eroded(mask: NDArray[np.bool_], length: int, *, axis: int) -> NDArray[np.bool_]:
    """Where a mask holds ``length`` pixels in a line about a pixel."""
    least = ndimage.minimum_filter1d(mask.astype(np.uint8), length, axis=axis, mode="constant")
    return np.asarray(least == 1)


def _settle(
    item: pystac.Item,
    asset: pystac.Asset,
    numbers: Sequence[int],
    *,
    nodata: float,
    found: float,
    blocks: Sequence[NDArray[Any]],
) -> None:
    """Take ``found`` as no data of a file, and say so."""
    if any((block == nodata).all(axis=0).any() for block in blocks):
        problem = f"holds {nodata:g} and {found:g} where nothing was measured"
        raise BandError(item.id, problem, "Give both as one value for no data.")
    for number in numbers:
        asset.extra_fields["raster:bands"][number - 1]["nodata"] = found
    said = item.properties.setdefault(NOTES, [])
    said.append(f"{found:g} is taken for no data, which the file does not declare")


def _check_levels(item: pystac.Item, sample: _Sample, product: Product) -> None:
    """Numbers that went round, are cut off, or are all one."""
    cut = []
    for band, name in enumerate(sample.names):
        values = sample.valid(band)
        if product.saturated is not None:
            values = values[values < product.saturated]
        if values.size < ENOUGH_PX:
            return
        low, high = values.min(), values.max()
        if low == high:
            raise BandError(item.id, f"holds nothing but {low:g} in band {name}", _AGAIN)
        if values.dtype == np.uint16 and product.id != "landsat-c2-l2":
            _check_round(item, values, name)
        cut.append([float(np.mean(values == end)) for end in (low, high)])
    if sample.blocks[0].dtype == np.uint8 and np.min(cut) >= STRETCHED_SHARE:
        problem = "is a picture stretched for the eye: both ends of every band are cut off"
        raise BandError(item.id, problem, "Give the reflectance, or the numbers of the sensor.")
    share, name = max((ends[1], name) for ends, name in zip(cut, sample.names, strict=True))
    if share >= CUT_SHARE:
        problem = f"is cut off at its bright end: {share:.0%} of band {name} hold one number"
        raise BandError(item.id, problem, "Give a scene that is not saturated.")


def _check_round(item: pystac.Item, values: NDArray[Any], name: str) -> None:
    high = np.mean((values >= ROUND_DN) & (values < np.iinfo(np.uint16).max))
    between = np.mean((values >= EMPTY_DN) & (values < ROUND_DN))
    if high >= ROUND_SHARE and between <= high / 10:
        problem = (
            f"holds {high:.1%} of numbers above {ROUND_DN} in band {name} and almost none below"
            " them: negative numbers that went round"
        )
        raise BandError(item.id, problem, _AGAIN)


def _check_repeats(
    item: pystac.Item, blocks: Sequence[NDArray[Any]], nodata: float, *, axis: int, word: str
) -> None:
    """Rows (or columns) that are copies of their neighbours."""
    repeated, looked_at = 0, 0
    for block in blocks:
        lines = np.moveaxis(block, axis, 1)
        if lines.shape[1] < 3 or lines.shape[2] <= REPEATED_PX:
            continue
        same = (lines[:, 1:] == lines[:, :-1]).all(axis=0)[:, 1:]
        varied = (lines[:, 1:, 1:] != lines[:, 1:, :-1]).any(axis=0)
        varied &= (lines[:, 1:, 1:] != nodata).all(axis=0)
        thrice = same & varied
        thrice = thrice[1:] & thrice[:-1]
        repeated += int(np.count_nonzero(_eroded(thrice, REPEATED_PX, axis=1).any(axis=1)))
        looked_at += len(thrice)
    if 0 < repeated <= REPEATED_MOST * looked_at:
        problem = f"holds {word} that are copies of the one before, {repeated + 1} of {looked_at}"
        raise BandError(item.id, problem, _AGAIN)
