"""Candidate pixels to objects: labelled across the lattice, tested, measured, outlined.

A region is a connected (8 neighbours) set of candidate pixels. It stays if its peak is more than
the pair's null allows among that many regions; which way it changed follows from how much its
core stands out of its own surround at each date.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyproj
import rasterio.features
import shapely
from numba import njit
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry
from skimage.measure import label

from imagery.codes import CANDIDATE, CHANGED, GAIN, LOSS, MASKED, UNCHANGED
from imagery.explained import explained, tell
from imagery.layers import Layers, strips
from imagery.model import Detection, Direction, Zone
from imagery.null import Null
from imagery.pairs import LATTICE_PX

FDR = 0.1  # expected share of false objects among those that are kept
RING_PX = (2, 30)  # narrowest and widest surround; between them, the width of the object
EXTREMES = (np.minimum, np.minimum, np.maximum, np.maximum)  # of a box, column by column
RING_LEAST_PX = 8  # pixels without which a surround says nothing
CORE_SHARE, CORE_PERCENT = 0.5, 90  # of a region that is outlined: half of its typical height
END_SD_PX = 0.7  # of each end of a length: half a pixel of grid and half of smoothing

DIRECTIONS: dict[int, Direction] = {GAIN: "appeared", LOSS: "disappeared", CHANGED: "changed"}


@dataclass(frozen=True, slots=True)
class Regions:
    """Connected candidate pixels of a whole grid, in raster order of their first pixel.

    Attributes:
        seeds: (n, 2) int64, (row, col) of the first pixel.
        boxes: (n, 4) int64, first row, first col, last row, last col, all included.
        areas: (n,) int64, pixels.
        peaks: (n,) float32, highest ``score``.
        owners: For each strip of ``layers.strips``, the number of the region that each label of
            the strip belongs to; labels count from 1 as ``skimage.measure.label`` gives them.
    """

    seeds: NDArray[np.int64]
    boxes: NDArray[np.int64]
    areas: NDArray[np.int64]
    peaks: NDArray[np.float32]
    owners: tuple[NDArray[np.int64], ...] = ()


def find(layers: Layers) -> Regions:
    """Label the candidates strip by strip and join what touches across a strip's edge."""
    parts: list[Regions] = []
    joins: list[NDArray[np.int64]] = []
    above, first = np.zeros(layers.classes.shape[2], np.int64), 0
    for rows in strips(layers):
        labels = labels_of(layers.classes[:, rows, :][0])
        parts.append(_measure(labels, layers.diff[0:1, rows, :][0], top=rows.start))
        joins.append(_touching(above, labels[0], first))
        above = np.where(labels[-1] > 0, labels[-1] + first, 0)
        first += len(parts[-1].areas)
    return _joined(parts, np.concatenate(joins) - 1)


def labels_of(classes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number the candidate pixels of a strip, from 1, as ``Regions.owners`` counts them."""
    found: NDArray[Any] = label(classes == CANDIDATE, connectivity=2)
    return found.astype(np.int64)


def _measure(labels: NDArray[Any], scores: NDArray[np.float32], *, top: int) -> Regions:
    rows, cols = np.nonzero(labels)
    owner = labels[rows, cols] - 1
    count = int(labels.max(initial=0))
    boxes = _empty_boxes(count)
    places = (rows + top, cols, rows + top, cols)
    for column, (extreme, place) in enumerate(zip(EXTREMES, places, strict=True)):
        extreme.at(boxes[:, column], owner, place)
    peaks = np.full(count, -np.inf, np.float32)
    np.maximum.at(peaks, owner, scores[rows, cols])
    _, seed = np.unique(owner, return_index=True)
    seeds = np.stack([rows[seed] + top, cols[seed]], axis=1).reshape(-1, 2)
    return Regions(seeds, boxes, np.bincount(owner, minlength=count), peaks)


def _touching(above: NDArray[Any], below: NDArray[Any], first: int) -> NDArray[np.int64]:
    """(n, 2) pairs of region numbers (from 1) that meet across an edge, straight or diagonal."""
    width = len(above)
    found = []
    for shift in (-1, 0, 1):
        over = above[max(0, shift) : width + min(0, shift)]
        under = below[max(0, -shift) : width + min(0, -shift)]
        both = (over > 0) & (under > 0)
        found.append(np.stack([over[both], under[both] + first], axis=1))
    return np.concatenate(found).astype(np.int64)


def _joined(parts: list[Regions], pairs: NDArray[np.int64]) -> Regions:
    seeds, boxes, areas, peaks = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("seeds", "boxes", "areas", "peaks")
    )
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(areas),) * 2)
    count, found = connected_components(graph, directed=False)
    # Parts come in raster order: the first part of a region holds its first pixel, and regions
    # are numbered by it.
    _, lead = np.unique(found, return_index=True)
    owner = np.argsort(np.argsort(lead, kind="stable"), kind="stable")[found]
    lead = np.sort(lead)
    whole = _empty_boxes(count)
    for column, extreme in enumerate(EXTREMES):
        extreme.at(whole[:, column], owner, boxes[:, column])
    highest = np.full(count, -np.inf, np.float32)
    np.maximum.at(highest, owner, peaks)
    ends = np.cumsum([len(part.areas) for part in parts])[:-1]
    total = np.bincount(owner, weights=areas, minlength=count).astype(np.int64)
    return Regions(seeds[lead], whole, total, highest, tuple(np.split(owner, ends)))


def _empty_boxes(count: int) -> NDArray[np.int64]:
    boxes = np.full((count, 4), -1, np.int64)
    boxes[:, :2] = np.iinfo(np.int64).max
    return boxes


def significance(peaks: NDArray[np.floating], null: Null) -> tuple[Any, Any]:
    """(p, q) of objects: by the null's tail, and after false-discovery control over them.

    Source: Benjamini & Hochberg 1995; share of true nulls from the p-values above one half:
    Storey 2002, doi:10.1111/1467-9868.00346.
    """
    p = null.p_value(peaks * null.spread + null.median)
    count = len(p)
    if not count:
        return p, p
    innocent = min(1.0, 2 * (1 + np.count_nonzero(p > 0.5)) / count)
    order = np.argsort(p, kind="stable")
    ranked = innocent * count * p[order] / np.arange(1, count + 1)
    q = np.empty(count)
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return p, q


def measure(
    layers: Layers, regions: Regions, kept: NDArray[np.bool_], *, spread: float, grid: GeoBox
) -> tuple[NDArray[np.uint8], dict[int, BaseGeometry]]:
    """Which way every kept region changed, and the outline of what changed in it.

    Args:
        layers: As ``layers.judge`` left them.
        regions: All candidates.
        kept: (n,) those that are objects.
        spread: Of the brightness difference under the null, noise units.
        grid: Of the layers.

    Returns:
        (n,) codes, ``UNCHANGED`` where not kept, ``MASKED`` where light, weather or motion explain
        an object; and by number of the other regions, outlines on the grid. A region is wider
        than its object, since the score is smoothed: the outline holds the pixels at half height
        and more, where height is the 90th percentile of the region.
    """
    codes = np.full(len(kept), UNCHANGED, np.uint8)
    outlines: dict[int, BaseGeometry] = {}
    numbers = np.flatnonzero(kept)
    tops = regions.boxes[numbers, 0] // LATTICE_PX
    for top in np.unique(tops).tolist():  # what an old view has looked at stays in memory
        planes = layers.classes.view()[0], layers.brightness.view()[0], layers.diff.view()
        flat = [np.asarray(plane) for plane in planes]
        cores = {}
        for number in numbers[tops == top].tolist():
            rows, cols, width = _surroundings(regions, number)
            classes, before, (score, signed) = (plane[..., rows, cols] for plane in flat)
            core = np.zeros(classes.shape, np.uint8)
            seed = regions.seeds[number] - (rows.start, cols.start)
            codes[number] = _measured(classes, before, score, signed, seed, width, spread, core)
            cores[number] = (rows.start, cols.start, core)
        outlines |= _outlines(cores, grid)
    for number in _lookalikes(layers, regions, outlines):
        codes[number] = MASKED
        del outlines[number]
    return codes, outlines


def _lookalikes(layers: Layers, regions: Regions, outlines: dict[int, BaseGeometry]) -> list[int]:
    """The objects that light, weather or motion explain; why is noted."""
    if layers.pair is None or not outlines:
        return []
    sides = long_sides(np.array(list(outlines.values()), dtype=object))
    lengths = dict(zip(outlines, sides, strict=True))
    found = explained(layers.pair, outlines, regions.peaks, lengths)
    tell(layers.pair, list(found.values()))
    return list(found)


def _surroundings(regions: Regions, number: int) -> tuple[slice, slice, int]:
    """The window of a region with its surround, and how wide that is: the region's own width."""
    top, left, bottom, right = regions.boxes[number].tolist()
    long_side = max(bottom - top, right - left) + 1
    width = round(int(regions.areas[number]) / long_side)
    width = min(max(width, RING_PX[0]), RING_PX[1])
    rows = slice(max(top - width, 0), bottom + width + 1)
    return rows, slice(max(left - width, 0), right + width + 1), width


@njit(nogil=True, cache=True)
def _measured(
    classes: Any,
    before: Any,
    score: Any,
    signed: Any,
    seed: Any,
    width: int,
    spread: float,
    core: Any,
) -> int:
    """Mark the core of a region and say which way it changed.

    Contrast with the surround is counted pixel by pixel, so that an aircraft and its shadow do
    not cancel; the difference of the dates' contrasts, in units of the null, gives the direction.
    """
    own = np.zeros(classes.shape, np.uint8)
    ring = np.zeros(classes.shape, np.uint8)
    _grow(classes, seed[0], seed[1], own)
    _surround(own, classes, width, ring)
    heights = np.sort(score.ravel()[own.ravel() == 1])
    least = CORE_SHARE * heights[(len(heights) - 1) * CORE_PERCENT // 100]
    inside = 0
    for i in range(core.shape[0]):
        for j in range(core.shape[1]):
            if own[i, j] and score[i, j] >= least:
                core[i, j] = 1
                inside += 1
    around = ring.ravel() == 1
    if np.count_nonzero(around) < RING_LEAST_PX:
        return CHANGED
    contrast = np.zeros(2)
    for date in range(2):
        light = before + date * np.float32(spread) * signed
        level = np.median(light.ravel()[around])
        for i in range(core.shape[0]):
            for j in range(core.shape[1]):
                if core[i, j]:
                    contrast[date] += abs(light[i, j] - level) / inside
    if abs(contrast[1] - contrast[0]) < spread:
        return CHANGED
    return GAIN if contrast[1] > contrast[0] else LOSS


def _outlines(
    cores: dict[int, tuple[int, int, NDArray[np.uint8]]], grid: GeoBox
) -> dict[int, BaseGeometry]:
    """Outline the cores of one strip, given as (top row, left column, mask), all in one go."""
    top = min(row for row, _, _ in cores.values())
    height = max(row + core.shape[0] for row, _, core in cores.values()) - top
    image = np.zeros((height, grid.shape[1]), np.int32)
    for number, (row, col, core) in cores.items():
        window = image[row - top : row - top + core.shape[0], col : col + core.shape[1]]
        window[core == 1] = number + 1
    pieces: dict[int, list[BaseGeometry]] = {}
    transform = grid[top : top + height, :].transform
    for outline, number in rasterio.features.shapes(image, image > 0, transform=transform):
        pieces.setdefault(int(number) - 1, []).append(shapely.geometry.shape(outline))
    return {
        number: parts[0] if len(parts) == 1 else shapely.union_all(parts)
        for number, parts in sorted(pieces.items())
    }


@njit(nogil=True, cache=True)
def _grow(classes: Any, row: int, col: int, own: Any) -> None:
    """Mark the candidate pixels that hang together with the one given."""
    height, width = classes.shape
    stack = np.empty((height * width, 2), np.int32)
    stack[0] = (row, col)
    own[row, col] = 1
    n = 1
    while n:
        n -= 1
        i, j = stack[n]
        for k in range(max(i - 1, 0), min(i + 2, height)):
            for m in range(max(j - 1, 0), min(j + 2, width)):
                if classes[k, m] == CANDIDATE and not own[k, m]:
                    own[k, m] = 1
                    stack[n] = (k, m)
                    n += 1


@njit(nogil=True, cache=True)
def _surround(own: Any, classes: Any, width: int, ring: Any) -> None:
    """Mark unchanged pixels within a square distance of ``width`` of the object."""
    rows, cols = own.shape
    wide = np.zeros((rows, cols), np.uint8)
    for i in range(rows):
        last = -width - 1
        for j in range(cols + width):
            if j < cols and own[i, j]:
                last = j
            if j >= width and j - last <= 2 * width:
                wide[i, j - width] = 1
    for j in range(cols):
        last = -width - 1
        for i in range(rows + width):
            if i < rows and wide[i, j]:
                last = i
            if i >= width and i - last <= 2 * width:
                ring[i - width, j] = classes[i - width, j] == UNCHANGED


def paint(layers: Layers, regions: Regions, codes: NDArray[np.uint8]) -> None:
    """Write the codes of the regions into ``classes``, which then holds no ``CANDIDATE``."""
    for rows, owner in zip(strips(layers), regions.owners, strict=True):
        classes = layers.classes[:, rows, :]
        labels = labels_of(classes[0])
        found = labels > 0
        classes[0][found] = codes[owner[labels[found] - 1]]
        layers.classes[:, rows, :] = classes


def detections(
    regions: Regions,
    codes: NDArray[np.uint8],
    outlines: dict[int, BaseGeometry],
    significant: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    grid: GeoBox,
    zones: tuple[Zone, ...] = (),
) -> list[Detection]:
    """What is kept, as records with outlines in longitude and latitude."""
    numbers = list(outlines)
    shapes = np.array([outlines[number] for number in numbers], dtype=object)
    lonlat = _to_lonlat(shapes, grid)
    lengths = long_sides(shapes)
    pixel = abs(grid.resolution.x)
    p, q = significant
    return [
        Detection(
            id=f"d{place:05d}",
            geometry=outline,
            zone_id=_zone(outline, zones),
            object_class="change",
            direction=DIRECTIONS[int(codes[number])],
            score=float(regions.peaks[number]),
            p=float(p[number]),
            q=float(q[number]),
            probability=float("nan"),
            length_m=float(length),
            length_sd_m=float(np.sqrt(2) * END_SD_PX * pixel),
            area_m2=float(outlines[number].area),
        )
        for place, (number, outline, length) in enumerate(
            zip(numbers, lonlat, lengths, strict=True), start=1
        )
    ]


def _to_lonlat(shapes: NDArray[Any], grid: GeoBox) -> NDArray[Any]:
    to_lonlat = pyproj.Transformer.from_crs(str(grid.crs), "EPSG:4326", always_xy=True)

    def project(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack(to_lonlat.transform(points[:, 0], points[:, 1]), axis=1)

    projected: NDArray[Any] = shapely.transform(shapes, project)
    return projected


def long_sides(shapes: NDArray[Any]) -> list[float]:
    """Long side of the smallest rectangle around each outline, in units of the grid."""
    sides = []
    for rectangle in shapely.minimum_rotated_rectangle(shapes):
        corners = shapely.get_coordinates(rectangle)[:3]
        sides.append(max((float(np.linalg.norm(b - a)) for a, b in pairwise(corners)), default=0.0))
    return sides


def _zone(outline: BaseGeometry, zones: tuple[Zone, ...]) -> str | None:
    """The zone that holds most of an outline."""
    shared = [(zone.geometry.intersection(outline).area, zone.id) for zone in zones]
    area, name = max(shared, key=lambda pair: pair[0], default=(0.0, None))
    return name if area > 0 else None
