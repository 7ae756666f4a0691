"""What a list of outlines is worth against the labels of a harbour, and a floor to hold it against.

A label counts as found where an outline, used once, has its centre in the label's smallest
rectangle or within ``NEAR_M`` of it; where several would do, those that share most are taken.
``drawn`` counts those of them that also share a quarter of the union with that rectangle.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.ndimage import distance_transform_edt, find_objects
from scipy.ndimage import label as numbered
from scipy.optimize import linear_sum_assignment
from shapely.geometry.base import BaseGeometry

from benchmarks.harbours import Harbour, length_of
from imagery.detectors.vessels import Look
from imagery.detectors.water import Water

FREE = Path(__file__).parent / "vessel_free_water.geojson"
LEAST_M = 50.0
NEAR_M = 20.0
SHARED = 0.25
FROM_SHORE_M, FROM_LABEL_M = 300.0, 500.0
FLOOR_STEPS = (4.0, 6.0, 8.0, 11.0, 16.0, 22.0, 32.0, 45.0, 64.0)
"""Thresholds of the floor, in robust spreads of the near infrared of open water."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Score:
    """One harbour, one method.

    Attributes:
        labelled, found, drawn: Labels of at least 50 m; those found; those also drawn as they are.
        moored, moored_found: Of these, labels that open water does not surround.
        outlines, extras: What was reported, and what of it touches no label of any length.
        errors_m: Length of the outline less that of the label, of those found.
        free: (alarms, km2) on polygons without vessels, drawn by eye.
        far: (alarms, km2) on water far from shore and labels.
    """

    labelled: int
    found: int
    drawn: int
    moored: int
    moored_found: int
    outlines: int
    extras: int
    errors_m: tuple[float, ...]
    free: tuple[int, float]
    far: tuple[int, float]


@dataclass(frozen=True, slots=True)
class Judge:
    """What a harbour's outlines are held against, measured once: (y, x) masks of its picture."""

    harbour: Harbour
    free: Mask
    far: Mask
    quay: frozenset[int]

    def score(self, outlines: Sequence[BaseGeometry]) -> tuple[Score, list[int]]:
        """The figures, and which outlines touch no label."""
        marked = self.harbour.marked
        pairs = paired(self.harbour, outlines)
        long = [i for i, one in enumerate(marked) if one.length_m >= LEAST_M]
        hits = [i for i in long if i in pairs]
        extras = [
            index
            for index, one in enumerate(outlines)
            if not any(one.intersects(label.outline) for label in marked)
        ]
        lengths = {i: length_of(outlines[pairs[i]]) * self.harbour.pixel_m for i in hits}
        score = Score(
            labelled=len(long),
            found=len(hits),
            drawn=sum(overlap(marked[i].outline, outlines[pairs[i]]) >= SHARED for i in hits),
            moored=len(self.quay),
            moored_found=sum(i in pairs for i in self.quay),
            outlines=len(outlines),
            extras=len(extras),
            errors_m=tuple(lengths[i] - marked[i].length_m for i in hits),
            free=_alarms(outlines, self.free, self.harbour.pixel_m),
            far=_alarms(outlines, self.far, self.harbour.pixel_m),
        )
        return score, extras


def judge(harbour: Harbour, sea: Mask) -> Judge:
    """Lay out what a harbour is judged by; ``sea`` is the tool's own water, (y, x) of it."""
    quay = {
        index
        for index, one in enumerate(harbour.marked)
        if one.length_m >= LEAST_M and not _afloat(one.outline, sea)
    }
    return Judge(harbour, drawn_water(harbour), far_water(harbour, sea), frozenset(quay))


def paired(harbour: Harbour, outlines: Sequence[BaseGeometry]) -> dict[int, int]:
    """Label -> outline, one to one: as many as possible, then those that share most."""
    if not outlines or not harbour.marked:
        return {}
    cost = np.full((len(harbour.marked), len(outlines)), 10.0)
    centres = shapely.STRtree([one.centroid for one in outlines])
    for i, label in enumerate(harbour.marked):
        around = label.outline.buffer(NEAR_M / harbour.pixel_m)
        for j in centres.query(around, predicate="intersects"):
            cost[i, j] = 1 - overlap(label.outline, outlines[j])
    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return {int(i): int(j) for i, j in pairs if cost[i, j] < 10}


def overlap(a: BaseGeometry, b: BaseGeometry) -> float:
    """Intersection over union of two outlines."""
    shared = a.intersection(b).area
    return float(shared / (a.area + b.area - shared))


def floor_outlines(water: Water, factor: float) -> dict[float, list[BaseGeometry]]:
    """Threshold -> outlines by the simplest means: bright pieces of the water, boxed.

    The near infrared on the scene's water is held against one median and one robust spread of all
    its open water; pieces from 4 px on and 40 to 500 m long at 10 m are vessels.
    """
    infrared = water.planes[3]
    level = np.median(infrared[water.open])
    spread = 1.4826 * np.median(np.abs(infrared[water.open] - level))
    found = {}
    for step in FLOOR_STEPS:
        bright = water.sea & (infrared > level + step * spread)
        outlines = []
        labels, _ = numbered(bright, np.ones((3, 3)))
        for number, box in enumerate(find_objects(labels), start=1):
            rows, cols = np.nonzero(labels[box] == number)
            if len(rows) < 4:
                continue
            centres = np.column_stack([cols + box[1].start, rows + box[0].start]) + 0.5
            hull = shapely.MultiPoint(centres).buffer(0.5, cap_style="square")
            outline = hull.minimum_rotated_rectangle
            if 4 <= length_of(outline) <= 50:
                outlines.append(shapely.transform(outline, lambda points: points / factor))
        found[step] = outlines
    return found


def water_mask(seen: Look) -> Mask:
    """(y, x) of the picture: the tool's own water with what lies in it, nearest pixel."""
    rows, cols = (np.arange(round(side / seen.factor)) for side in seen.sea.shape)
    near = [
        np.minimum(((places + 0.5) * seen.factor).astype(int), side - 1)
        for places, side in zip((rows, cols), seen.sea.shape, strict=True)
    ]
    return seen.sea[np.ix_(*near)]


def _afloat(outline: Any, sea: Mask) -> bool:
    """Whether water surrounds a label: four of five pixels within 3 px of it."""
    rim = outline.buffer(3).difference(outline)
    held = _burnt(rim, sea.shape)
    return bool(held.any() and sea[held].mean() >= 0.8)


def drawn_water(harbour: Harbour) -> Mask:
    """(y, x) True in the polygons that were drawn for this harbour."""
    features = json.loads(FREE.read_text(encoding="utf-8"))["features"]
    outlines = [
        shapely.geometry.shape(one["geometry"])
        for one in features
        if one["properties"]["harbour"] == harbour.name
    ]
    there = Transformer.from_crs("EPSG:4326", harbour.crs, always_xy=True)

    def to_pixels(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = there.transform(points[:, 0], points[:, 1])
        back = ~harbour.transform
        return np.column_stack([back.a * x + back.b * y + back.c, back.d * x + back.e * y + back.f])

    whole = shapely.union_all([shapely.transform(one, to_pixels) for one in outlines])
    return _burnt(whole, harbour.values.shape[1:])


def far_water(harbour: Harbour, sea: Mask) -> Mask:
    """(y, x) True far from shore, the picture's border aside, and from labels."""
    from_shore = distance_transform_edt(sea) * harbour.pixel_m
    labels = np.zeros(sea.shape, np.bool_)
    for one in harbour.marked:
        labels |= _burnt(one.outline, sea.shape)
    from_label = distance_transform_edt(~labels) * harbour.pixel_m
    far: Mask = (from_shore >= FROM_SHORE_M) & (from_label >= FROM_LABEL_M)
    return far


def _burnt(outline: Any, shape: tuple[int, ...]) -> Mask:
    """(y, x) True where the centre of a pixel lies in an outline."""
    held = np.zeros(shape, np.bool_)
    if outline.is_empty:
        return held
    west, north, east, south = (int(side) for side in outline.bounds)
    rows = slice(max(north, 0), min(south + 1, shape[0]))
    cols = slice(max(west, 0), min(east + 1, shape[1]))
    y, x = np.mgrid[rows, cols]
    held[rows, cols] = shapely.contains_xy(outline, x + 0.5, y + 0.5)
    return held


def _alarms(outlines: Sequence[BaseGeometry], water: Mask, pixel_m: float) -> tuple[int, float]:
    """Outlines with their centre on that water, and its area in km2."""
    last = np.array(water.shape) - 1
    inside = [
        water[min(int(one.centroid.y), last[0]), min(int(one.centroid.x), last[1])]
        for one in outlines
    ]
    return int(sum(inside)), float(water.sum() * pixel_m**2 / 1e6)
