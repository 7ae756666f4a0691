"""Vessels on the map: present at one date, or arrived and departed between two."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy.optimize import linear_sum_assignment
from shapely.geometry.base import BaseGeometry

from imagery.detectors import hulls
from imagery.detectors.outlines import Vessel, covered
from imagery.detectors.vessels import Look
from imagery.errors import InputError
from imagery.model import Detection, Direction, Zone

SAME_PLACE_M = 20.0
SAME_PLACE_SHARE = 0.1
"""A vessel that stayed is found again within these metres and this share of its length: what two
outlines of one hull, and what is left of the registration, differ by."""
SAME_LENGTH_SD = 3.0
"""Lengths further apart than this many standard deviations are two vessels, one after the other."""


def probability(score: float) -> float:
    """Chance that an outline of this score is a vessel that a careful reader would have marked.

    A logistic curve, fitted on harbours which the network had not seen. Their labels leave out
    some vessels, so it is rather too low than too high.

    Raises:
        WeightsError: the weights are missing or altered.
    """
    slope, offset = hulls.calibration()
    return 1 / (1 + math.exp(-(slope * score + offset)))


def present_vessels(seen: Look, *, grid: GeoBox, zone: Zone | None = None) -> list[Detection]:
    """Vessels of one picture as detections, the surest first.

    Args:
        seen: As ``vessels.look`` gave it, already limited to the zone.
        grid: Of the picture.
        zone: Named in the detections.

    Returns:
        ``p`` and ``q`` are of the contrast with open water, NaN at a quay.

    Raises:
        WeightsError: the weights are missing or altered.
    """
    q = _false_discovery(seen)
    return [
        _detection(one, number, grid, zone, "present", (probability(one.score), q[number - 1]))
        for number, one in enumerate(seen.vessels, start=1)
    ]


def changed_vessels(
    before: Look, after: Look, *, grid: GeoBox, zone: Zone | None = None
) -> list[Detection]:
    """Vessels that departed or arrived between two pictures on one grid, the surest first.

    A vessel that is found again at its place with its length has stayed and is not listed. The
    probability is that it was there at the one date and that nothing was at the other: a hull
    which the detector just missed at the other date makes a change improbable.

    Args:
        before, after: As ``vessels.look`` gave them.
        grid: Of both pictures.
        zone: Named in the detections.

    Raises:
        InputError: the pictures are not on one grid.
        WeightsError: the weights are missing or altered.
    """
    if before.logit.shape != after.logit.shape or before.factor != after.factor:
        expected = f"the grid {before.logit.shape} of the earlier one"
        raise InputError("the later picture", after.logit.shape, expected)
    stayed = matched(before.vessels, after.vessels, pixel_m=before.pixel_m)
    first, second = ({pair[side] for pair in stayed} for side in (0, 1))
    sides: tuple[tuple[Look, Look, set[int], Direction], ...] = (
        (before, after, first, "disappeared"),
        (after, before, second, "appeared"),
    )
    found = []
    for seen, other, same, direction in sides:
        q = _false_discovery(seen)
        for index, one in enumerate(seen.vessels):
            absent = 1 - _occupied(one, other)
            if index not in same and not math.isnan(absent):
                sure = probability(one.score) * absent
                found.append((sure, one, direction, q[index]))
    found.sort(key=lambda item: (-item[0], item[1].row, item[1].col))
    return [
        _detection(one, number, grid, zone, direction, (sure, q_value))
        for number, (sure, one, direction, q_value) in enumerate(found, start=1)
    ]


def matched(
    before: tuple[Vessel, ...], after: tuple[Vessel, ...], *, pixel_m: float
) -> list[tuple[int, int]]:
    """(index before, index after) of vessels that stayed: each at most once, nearest together."""
    if not before or not after:
        return []
    apart = np.array(
        [[math.hypot(a.row - b.row, a.col - b.col) * pixel_m for b in after] for a in before]
    )
    allowed = np.array([[_same(a, b) for b in after] for a in before])
    cost = np.where(apart <= allowed, apart, 1e6)
    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return [(int(i), int(j)) for i, j in pairs if cost[i, j] < 1e6]


def _same(a: Vessel, b: Vessel) -> float:
    """Distance in metres up to which two outlines are one vessel; negative where never."""
    spread = math.hypot(a.length_sd_m, b.length_sd_m)
    if abs(a.length_m - b.length_m) > SAME_LENGTH_SD * spread:
        return -1.0
    return SAME_PLACE_M + SAME_PLACE_SHARE * max(a.length_m, b.length_m)


def _occupied(one: Vessel, other: Look) -> float:
    """Chance that a vessel lies in an outline at the other date; NaN where that is not seen."""
    scaled = shapely.transform(one.outline, lambda points: points * other.factor)
    heart = scaled.buffer(-1) if not scaled.buffer(-1).is_empty else scaled
    rows, cols = covered(heart, other.logit.shape)
    values = other.logit[rows, cols]
    known = values[np.isfinite(values)]
    if known.size * 2 <= values.size:
        return math.nan
    return probability(float(np.median(known)))


def _false_discovery(seen: Look) -> NDArray[np.float64]:
    """Q of each vessel on open water among all places looked at; NaN at a quay.

    Source: Benjamini & Hochberg 1995.
    """
    p = np.array([one.p for one in seen.vessels])
    q = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    ranked = p[order] * seen.places / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q


def _detection(
    one: Vessel,
    number: int,
    grid: GeoBox,
    zone: Zone | None,
    direction: Direction,
    chances: tuple[float, float],
) -> Detection:
    step = grid.transform
    ground = shapely.transform(
        one.outline, lambda points: points * [step.a, step.e] + [step.c, step.f]
    )
    prefix = f"{zone.id}." if zone else ""
    return Detection(
        id=f"{prefix}v{number:04d}",
        geometry=_lonlat(ground, grid),
        zone_id=zone.id if zone else None,
        object_class="vessel",
        direction=direction,
        score=one.score,
        p=one.p,
        q=float(chances[1]),
        probability=float(chances[0]),
        length_m=one.length_m,
        length_sd_m=one.length_sd_m,
        area_m2=one.length_m * one.width_m,
    )


def _lonlat(outline: BaseGeometry, grid: GeoBox) -> BaseGeometry:
    to_lonlat = pyproj.Transformer.from_crs(str(grid.crs), "EPSG:4326", always_xy=True)
    return shapely.transform(
        outline, lambda points: np.stack(to_lonlat.transform(points[:, 0], points[:, 1]), axis=1)
    )
