"""Roofs, aprons and quays that a quality layer calls cloud, told by standing where they stood.

A cloud moves; a bright roof does not. What is flagged cloud as a small patch with clear ground
around it, and as nearly the same patch on another date, is a structure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import pystac
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy.ndimage import binary_dilation, find_objects, label

from imagery import stack
from imagery.catalogs import PRODUCT
from imagery.errors import UnreadableFile
from imagery.masks import CLEAR, CLOUD, SEEN
from imagery.overlay import GROUND, STRUCTURE
from imagery.parts import parts
from imagery.sensors import PRODUCTS

MAX_AREA_M2 = 250_000.0
"""Of a structure: a large apron. What is larger stays cloud."""

MAX_SIDE_M = 1000.0
"""Of the box around a structure."""

RING_M = 100.0
"""Width of the ground around a patch that must be clear."""

RING_CLEAR = 0.95
"""Share of that ring."""

FIELD_M = 1000.0
"""Around the box of a patch: where it is cloudy, another cloud is likelier than a structure."""

FIELD_CLEAR = 0.95
"""Share of the ground in that frame."""

SAME_PLACE = 0.5
"""Intersection over union from which the patches of two dates are one."""

REACH_M = 2 * MAX_SIDE_M + FIELD_M
"""How far from a pixel what decides about it can lie."""

Flags = NDArray[np.bool_]


def patches(cloud: Flags, clear: Flags, *, pixel_m: float) -> NDArray[np.int32]:
    """Number the small patches of cloud that stand alone on clear ground.

    Args:
        cloud: (y, x), True = flagged cloud.
        clear: (y, x), True = measured and usable.
        pixel_m: Metres.

    Returns:
        (y, x), 0 = in no such patch. A patch that the edge may cut is none.
    """
    numbers, _ = label(cloud, np.ones((3, 3), dtype=bool), output=np.int32)
    kept = np.zeros(int(numbers.max(initial=0)) + 1, dtype=np.int32)
    sizes = np.bincount(numbers.ravel(), minlength=len(kept))
    for number, box in enumerate(find_objects(numbers), start=1):
        sides = [part.stop - part.start for part in box]
        small = sizes[number] * pixel_m**2 <= MAX_AREA_M2 and max(sides) * pixel_m <= MAX_SIDE_M
        if small and _alone(numbers, number, box, clear, pixel_m):
            kept[number] = number
    found: NDArray[np.int32] = kept[numbers]
    return found


def _alone(
    numbers: NDArray[np.int32], number: int, box: tuple[slice, ...], clear: Flags, pixel_m: float
) -> bool:
    """Whether a patch touches no edge, and the ground close by and farther around is clear."""
    if any(p.start == 0 or p.stop == size for p, size in zip(box, clear.shape, strict=True)):
        return False
    around = _frame(box, math.ceil(FIELD_M / pixel_m))
    if clear[around][numbers[around] != number].mean() < FIELD_CLEAR:
        return False
    ring_px = math.ceil(RING_M / pixel_m)
    wide = _frame(box, ring_px)
    patch = numbers[wide] == number
    # Squares and crosses in turn grow an octagon, which is round enough.
    ring = binary_dilation(patch, iterations=ring_px - ring_px // 2)
    ring = binary_dilation(ring, np.ones((3, 3), dtype=bool), iterations=ring_px // 2) & ~patch
    return bool(clear[wide][ring].mean() >= RING_CLEAR)


def _frame(box: tuple[slice, ...], margin: int) -> tuple[slice, ...]:
    return tuple(slice(max(p.start - margin, 0), p.stop + margin) for p in box)


def standing(found: NDArray[np.int32], others: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """On how many other dates each patch of one date stood at the same place.

    Args:
        found: (y, x), from ``patches``.
        others: (y, x) each, of other dates.

    Returns:
        (y, x), 0 outside patches.
    """
    last = int(found.max(initial=0))
    times = np.zeros(last + 1, dtype=np.int32)
    sizes = np.bincount(found.ravel(), minlength=last + 1)
    for other in others:
        theirs = np.bincount(other.ravel())
        both = (found > 0) & (other > 0)
        keys, shared = np.unique(np.stack([found[both], other[both]]), axis=1, return_counts=True)
        union = sizes[keys[0]] + theirs[keys[1]] - shared
        times[np.unique(keys[0][shared >= SAME_PLACE * union])] += 1
    counted: NDArray[np.int32] = times[found]
    return counted


def marks(
    scenes: Sequence[pystac.Item], others: Sequence[pystac.Item], window: GeoBox
) -> list[NDArray[np.uint8]] | None:
    """What each scene's quality layer calls cloud and is a structure.

    Args:
        scenes: The scenes that are compared, with local quality layers.
        others: Further dates, likewise.
        window: North-up.

    Returns:
        (y, x) codes of ``overlay`` for each of ``scenes``: ``STRUCTURE``, and ``GROUND`` for the
        clear pixels that touch one: so no sliver of it stays cloud where a scene is later read
        half a pixel aside. Exact farther than ``REACH_M`` from where the window cuts the ground.
        None where there is no structure.

    Raises:
        UnreadableFile: the quality layer of one of ``scenes`` cannot be read.
    """
    flags = [_flags(item, window) for item in scenes]
    pixel = abs(window.resolution.x)
    found = [patches(*each, pixel_m=pixel) for each in flags]
    if not any(each.any() for each in found):
        return None
    rest = []
    for item in others:
        with suppress(UnreadableFile):  # a damaged scene tells nothing of another
            rest.append(patches(*_flags(item, window), pixel_m=pixel))
    marked = []
    for number, (mine, (_, clear)) in enumerate(zip(found, flags, strict=True)):
        besides = [*found[:number], *found[number + 1 :], *rest]
        structure = standing(mine, besides) > 0
        rim = binary_dilation(structure, np.ones((3, 3), dtype=bool)) & clear & ~structure
        marked.append((STRUCTURE * structure + GROUND * rim).astype(np.uint8))
    return marked if any(each.any() for each in marked) else None


def _flags(item: pystac.Item, window: GeoBox) -> tuple[Flags, Flags]:
    """Which pixels a quality layer calls cloud, and which clear; none where it cannot tell."""
    quality = str(PRODUCTS[item.properties[PRODUCT]].quality)
    cloud, clear, seen = (np.zeros(window.shape.yx, dtype=bool) for _ in range(3))
    if quality not in CLOUD or not stack.has_quality(item):
        return cloud, clear
    for part in parts(item):
        codes = stack.quality_classes(part, window)
        if codes is None:
            break
        new = SEEN[quality](codes[None]) & ~seen
        cloud |= CLOUD[quality](codes[None]) & new
        clear |= CLEAR[quality](codes[None]) & new
        seen |= new
    return cloud, clear
