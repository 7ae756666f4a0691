"""Whether the pixels of two dates bear out what was decided about their Sentinel-2 offsets.

Metadata that lie about the offset make every reflectance wrong by .1, and no single rule on one
scene finds all of them: a scene without the offset may be bright. Three things do, together:
vegetation is dark in one band at least, a scene with the offset is nowhere dark, and the darkest
ground of one place stays about as dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pystac
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery import stack
from imagery.catalogs import PRODUCT
from imagery.darkness import FLOOR_QUANTILE, darkness_of, doubt, spread
from imagery.errors import OffsetError
from imagery.grid import LATTICE_PX, block_slices
from imagery.offset import VETO_FRACTION
from imagery.parts import parts
from imagery.sensors import PRODUCTS

DENSE = 2**18
"""Of a larger grid every second row and column counts."""

VEGETATION = 4
"""Class of the scene classification."""

VEGETATION_QUANTILE = 0.1
VEGETATION_DN = 800.0
"""Vegetation whose darkest band is above this at its darker end still has the offset, or lies
under haze. On 105 of 106 dates of a forest in Romania (``s2_series``) it is below 450, on the
one left, under thin cloud, 1090; the offset adds 1000."""

GAP_DN = (600.0, 1600.0)
"""Floors of two dates that differ by this much (median over bands) differ by the offset. Windows
of 2 km of eight real pairs (OSCD) differ by 314 DN at most, so a wrong offset makes 686 at least.
Beyond the upper limit, snow on one date, an offset explains nothing."""

ENOUGH_PX = 500

_SAY = "Correct the processing baseline or boa_offset_applied of the scene, or take another date."


@dataclass(frozen=True, slots=True)
class _Seen:
    """One scene on the sampled pixels of the grid.

    Attributes:
        values: (band, n) float32, DN after the decision about the offset, NaN = unusable.
        green: (n,) True where the quality layer says vegetation.
        dn: What was decided to be added to its DN.
        dark: True where it is too dark to have the offset.
    """

    item: pystac.Item
    values: NDArray[np.float32]
    green: NDArray[np.bool_]
    dn: float
    dark: bool


def check_pixels(
    before: pystac.Item, after: pystac.Item, *, over: GeoBox, bands: Sequence[str]
) -> None:
    """Refuse two dates whose pixels contradict what was decided about their offsets.

    A decision that nothing confirms is no reason to refuse; its reason then says so.

    Args:
        before, after: With local files of ``bands``; the same Item where it is checked alone.
        over: The grid on which they are compared.
        bands: Canonical names.

    Raises:
        OffsetError: vegetation that is nowhere dark, or darkest ground that differs by about the
            offset between two dates, or between two parts of one, of which not both are confirmed.
        UnreadableFile: see ``stack.load``.
    """
    if not PRODUCTS[before.properties[PRODUCT]].baselines:
        return
    found = [_seen(part, over, bands) for part in (*parts(before), *parts(after))]
    confirmed = [_confirmed(each) for each in found]
    for each, sure in zip(found, confirmed, strict=True):
        if not sure:
            doubt(each.item)
    for (n, first), (m, second) in product(enumerate(found), enumerate(found)):
        if n < m and not (confirmed[n] and confirmed[m]):
            _check_gap(first, second)


def floor_gap(first: NDArray[np.float32], second: NDArray[np.float32]) -> float | None:
    """Median over bands of how much brighter the darkest ground of the second scene is, DN.

    Args:
        first, second: (band, n) of the same pixels, NaN = unusable.

    Returns:
        None where too few pixels are usable in both.
    """
    shared = np.isfinite(first).all(axis=0) & np.isfinite(second).all(axis=0)
    if np.count_nonzero(shared) < ENOUGH_PX:
        return None
    floors = [np.quantile(v[:, shared], FLOOR_QUANTILE, axis=1) for v in (first, second)]
    return float(np.median(floors[1] - floors[0]))


def _check_gap(first: _Seen, second: _Seen) -> None:
    gap = floor_gap(first.values, second.values)
    if gap is not None and GAP_DN[0] <= abs(gap) <= GAP_DN[1]:
        brighter, darker = (second, first) if gap > 0 else (first, second)
        problem = (
            f"the darkest ground of {brighter.item.id} is {abs(gap):.0f} DN brighter than in"
            f" {darker.item.id}, as if one of them had the offset of 1000 DN"
        )
        raise OffsetError("The Sentinel-2 offsets do not fit the pixels", problem, _SAY)


def _confirmed(scene: _Seen) -> bool:
    """Whether pixels say that the reflectances are right.

    Raises:
        OffsetError: they say that the offset is still in them.
    """
    values = scene.values[:, scene.green & np.isfinite(scene.values).all(axis=0)]
    if values.shape[1] < ENOUGH_PX:
        return scene.dark
    level = float(np.quantile(values.min(axis=0), VEGETATION_QUANTILE))
    if level < VEGETATION_DN or scene.dark:
        return True
    if scene.dn == 0:
        problem = (
            f"vegetation in {scene.item.id} is nowhere darker than {level:.0f} DN, as if the"
            " offset of 1000 DN were still in it (or it lies under haze)"
        )
        raise OffsetError("The Sentinel-2 offset does not fit the pixels", problem, _SAY)
    return False


def _seen(item: pystac.Item, grid: GeoBox, bands: Sequence[str]) -> _Seen:
    decision = stack.offset_decision(item)
    step = 1 if grid.shape.x * grid.shape.y <= DENSE else 2
    values, green = [], []
    sides = [block_slices(spread(range(0, n, LATTICE_PX)), n) for n in grid.shape.yx]
    for rows, columns in product(*sides):
        block = grid[rows, columns]
        pixels = stack.load(item, block, bands, chunk=None)
        usable = np.where(pixels.clear.values, pixels.reflectance.values, np.float32(np.nan))
        values.append(usable[:, ::step, ::step].reshape(len(bands), -1) * np.float32(1e4))
        classes = stack.quality_classes(item, block)
        shown = np.zeros(block.shape.yx, bool) if classes is None else classes == VEGETATION
        green.append(shown[::step, ::step].ravel())
    dark = decision.dn == 0 and darkness_of(item).dark_fraction >= VETO_FRACTION
    return _Seen(item, np.concatenate(values, 1), np.concatenate(green), decision.dn, dark)
