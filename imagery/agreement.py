"""Whether two dates can be compared at all: one unit, order of bands and sharpness, two exposures.

What is looked at are pixels on the common grid, before anything is registered: every test here
bears a shift of a few pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pystac
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

from imagery import stack
from imagery.catalogs import PRODUCT, QUALITY, UNDATED
from imagery.errors import UntrustedError
from imagery.grid import LATTICE_PX, block_slices
from imagery.kernels import Float
from imagery.mask_check import contradiction
from imagery.sensors import PRODUCTS

BLOCKS = 3
"""Blocks of the lattice along each axis, evenly spaced."""

ENOUGH_PX = 500
MOST_PX = 20_000
"""Pixels of which ranks are compared."""

UNIT_RATIO = 5.0
"""Medians of all bands that differ by more, one way, are not in one unit. Snow on all land, the
largest honest change, leaves the near infrared within 2.2; 8-bit pictures are off by 6 or more."""

BETTER_ORDER = 1.5
"""Bands are exchanged if another order leaves so many times less disagreement of ranks (1 - mean
correlation). Honest pairs: at most 1.07."""

SHARPNESS = 0.25
SHARPNESS_RATIO = 0.5
"""Finest detail over middling detail of a date whose own pixels are smaller than what it shows.
Real dates have .30 to 1.15, and differ by a factor of .65 to 1.9."""

SAME_SHARE = 0.5
SAME_GRAIN = 0.97
"""Two exposures share no pixel (8-bit: 1.4 %), and their finest grain correlates by at most .91."""

_OTHER = "Give two dates of one product in one unit."


@dataclass(frozen=True, slots=True)
class _Seen:
    """One date on the looked-at blocks.

    Attributes:
        blocks: (band, y, x) each, NaN = no data or not clear.
        whole: The same with what is not clear.
        classes: (y, x) each, of a scene classification; empty without one.
    """

    blocks: tuple[Float, ...]
    whole: tuple[Float, ...]
    classes: tuple[NDArray[Any], ...]


def check_pair(
    before: pystac.Item, after: pystac.Item, *, over: GeoBox, bands: Sequence[str]
) -> list[str]:
    """Refuse two dates that differ in kind.

    Returns:
        Notes: that they are one exposure, or out of order.

    Raises:
        UntrustedError: other units, exchanged bands, one coarser, a mask of other pixels.
        UnreadableFile: pixels cannot be read.
    """
    if PRODUCTS[before.properties[PRODUCT]].radar:
        return []
    seen = _seen(before, over, bands), _seen(after, over, bands)
    for item, date in zip((before, after), seen, strict=True):
        _check_mask(item, date, bands)
    notes = _out_of_order(before, after)
    first, second = _shared(*seen)
    if first.shape[1] >= ENOUGH_PX:
        _check_units(before, after, np.median(first, axis=1), np.median(second, axis=1))
        _check_order(before, after, first, second)
        notes += _one_exposure(seen, float(np.mean((first == second).all(axis=0))))
        _check_sharpness(before, after, seen)
    return notes


def _seen(item: pystac.Item, grid: GeoBox, bands: Sequence[str]) -> _Seen:
    blocks, whole, classes = [], [], []
    classified = PRODUCTS[item.properties[PRODUCT]].quality == "scl" and stack.has_quality(item)
    for rows, columns in product(*(_spread(n) for n in grid.shape.yx)):
        block = grid[rows, columns]
        pixels = stack.load(item, block, bands, chunk=None)
        whole.append(pixels.reflectance.values)
        blocks.append(np.where(pixels.clear.values, whole[-1], np.float32(np.nan)))
        found = stack.quality_classes(item, block) if classified else None
        if found is not None:
            classes.append(found)
    return _Seen(tuple(blocks), tuple(whole), tuple(classes))


def _check_mask(item: pystac.Item, date: _Seen, bands: Sequence[str]) -> None:
    if not date.classes:
        return
    values = np.concatenate([block.reshape(len(block), -1) for block in date.whole], axis=1)
    codes = np.concatenate([block.ravel() for block in date.classes])
    problem = contradiction(values, codes, tuple(bands))
    if problem is not None:
        remedy = "Give the mask that belongs to the scene, or none."
        raise UntrustedError(f"The mask of {item.id} does not fit its pixels", problem, remedy)


def _spread(size: int) -> list[slice]:
    starts = range(0, size, LATTICE_PX)
    if len(starts) > BLOCKS:
        starts_kept = [starts[n * (len(starts) - 1) // (BLOCKS - 1)] for n in range(BLOCKS)]
        return block_slices(starts_kept, size)
    return block_slices(starts, size)


def _shared(first: _Seen, second: _Seen) -> tuple[Float, Float]:
    """(band, n) of the pixels that are usable at both dates."""
    before, after = (
        np.concatenate([b.reshape(len(b), -1) for b in d.blocks], 1) for d in (first, second)
    )
    both = np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0)
    return before[:, both], after[:, both]


def _check_units(before: pystac.Item, after: pystac.Item, first: Float, second: Float) -> None:
    """Medians by band: off by one large factor in all of them is another unit."""
    if _eight_bit(before) != _eight_bit(after):
        problem = f"{(before if _eight_bit(before) else after).id} alone holds 8-bit numbers"
        raise UntrustedError("The two dates are not in one unit", problem, _OTHER)
    if (first <= 0).any() or (second <= 0).any():
        return
    ratio = np.log(second / first)
    if np.abs(ratio).min() > np.log(UNIT_RATIO) and len(set(np.sign(ratio))) == 1:
        low, high = sorted(np.exp(np.abs(ratio[[np.abs(ratio).argmin(), np.abs(ratio).argmax()]])))
        problem = (
            f"the medians of {after.id} are {low:.3g} to {high:.3g} times off those of {before.id}"
        )
        raise UntrustedError("The two dates are not in one unit", problem, _OTHER)


def _eight_bit(item: pystac.Item) -> bool:
    """Whether the bands of a scene are 8-bit numbers; a quality layer may be."""
    kinds = {
        raster["data_type"]
        for asset in item.assets.values()
        if QUALITY not in asset.extra_fields
        for raster in asset.extra_fields.get("raster:bands", ())
    }
    return kinds == {"uint8"}


def _check_order(before: pystac.Item, after: pystac.Item, first: Float, second: Float) -> None:
    step = max(1, first.shape[1] // MOST_PX)
    ranks = [rankdata(band[::step]) for date in (first, second) for band in date]
    n = len(first)
    correlation = np.corrcoef(ranks)[:n, n:]
    if not np.isfinite(correlation).all():
        return
    rows, order = linear_sum_assignment(-correlation)
    better = 1 - correlation[rows, order].mean()
    worse = 1 - np.trace(correlation) / n
    if worse <= BETTER_ORDER * better:
        return
    logs = [np.log(np.maximum(np.median(date, axis=1), 1e-9)) for date in (first, second)]
    if np.ptp(logs[1][order] - logs[0]) < np.ptp(logs[1] - logs[0]):
        said = ", ".join(str(band + 1) for band in order)
        problem = f"the bands of {after.id} fit those of {before.id} in the order {said}"
        raise UntrustedError("The bands of the two dates are exchanged", problem, _OTHER)


def _one_exposure(seen: tuple[_Seen, _Seen], same: float) -> list[str]:
    """Note one exposure that is given twice: what differs in it was put there."""
    if same >= SAME_SHARE:
        return [f"the two files hold the same pixels ({same:.1%} of them): one exposure, not two"]
    if _alike_in_grain(*seen):
        return ["the two files hold the same grain of noise: one exposure, not two"]
    return []


def _alike_in_grain(first: _Seen, second: _Seen) -> bool:
    one, two = (_middle(date) for date in (first, second))
    both = _inner(one) & _inner(two)
    if np.count_nonzero(both) < ENOUGH_PX:
        return False
    found = []
    for x, y in zip(one, two, strict=True):
        grain = [_filled(band) - ndimage.gaussian_filter(_filled(band), 0.7) for band in (x, y)]
        found.append(np.corrcoef(grain[0][both], grain[1][both])[0, 1])
    return bool(np.min(found) >= SAME_GRAIN)


def _check_sharpness(before: pystac.Item, after: pystac.Item, seen: tuple[_Seen, _Seen]) -> None:
    levels = [_sharpness(_middle(date)) for date in seen]
    if any(level is None for level in levels):
        return
    first, second = (float(np.median(level)) for level in levels if level is not None)
    coarse, fine = min(first, second), max(first, second)
    if coarse < SHARPNESS and coarse < SHARPNESS_RATIO * fine:
        blurred = before.id if first < second else after.id
        problem = f"fine detail in {blurred} is {coarse / fine:.2f} times that of the other"
        raise UntrustedError("One date is coarser than its pixels", problem, _OTHER)


def _sharpness(block: Float) -> NDArray[np.float64] | None:
    """Per band, spread of the finest detail over that of features of 1.5 to 4 px."""
    inner = _inner(block)
    if np.count_nonzero(inner) < ENOUGH_PX:
        return None
    found = []
    for band in block:
        whole = _filled(band)
        fine = whole - ndimage.gaussian_filter(whole, 0.7)
        wide = ndimage.gaussian_filter(whole, 1.5) - ndimage.gaussian_filter(whole, 4.0)
        found.append(fine[inner].std() / max(wide[inner].std(), 1e-12))
    return np.array(found)


def _middle(date: _Seen) -> Float:
    """The block in the middle."""
    return date.blocks[len(date.blocks) // 2]


def _inner(block: Float) -> NDArray[np.bool_]:
    """Pixels far enough from no data for every filter here."""
    there = np.isfinite(block).all(axis=0)
    return np.asarray(ndimage.minimum_filter(there, 17, mode="nearest"))


def _filled(band: Float) -> Float:
    there = np.isfinite(band)
    level = np.float32(np.median(band[there])) if there.any() else np.float32(0)
    return np.where(there, band, level)


def _out_of_order(before: pystac.Item, after: pystac.Item) -> list[str]:
    if any(item.properties.get(UNDATED, False) for item in (before, after)):
        return []
    if before.datetime is None or after.datetime is None or before.datetime <= after.datetime:
        return []
    return ["the file given as the later date was taken earlier: gain and loss are exchanged"]
