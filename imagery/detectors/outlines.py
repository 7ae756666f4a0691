"""From what the network and the water say to vessels with an outline and a length.

On open water an outline must stand out of this scene's own water by more than its tail allows for
``FALSE_ALARMS_KM2``, so that glint, whitecaps and thin cloud set their own bar; there a weak word
of the network is enough. At a quay the network is alone and must be sure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, find_objects
from shapely.geometry.base import BaseGeometry
from skimage.measure import label
from skimage.segmentation import watershed

from imagery.detectors.water import Contrast, Water

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]
Pixels = tuple[NDArray[np.intp], NDArray[np.intp]]

OUTLINE = 0.0
"""Log-odds from which a pixel belongs to a vessel."""
HEART = 0.0
"""Log-odds of being a pixel inside: hearts keep two hulls that touch apart."""
PEAK = 0.4
"""Log-odds that the surest pixel of a vessel reaches."""
WEAK_PEAK = -2.0
"""The same, where the outline stands out of open water by itself."""
LEAST_PX = 4
LEAST_LENGTH_M = 40.0
"""A vessel of 50 m may measure as short; what measures shorter is not reported."""
LONGEST_M = 500.0
"""No vessel is longer than 460 m; a wake, a front or a breakwater is."""

FALSE_ALARMS_KM2 = 0.05
"""Objects per square kilometre of open water that the scene's own tail would give by chance."""
RELATED_PX = 4
"""Neighbouring pixels that peak together."""
RIM_PX = 4
"""Around an outline, where it is looked whether open water surrounds it."""
OPEN_SHARE = 0.6
"""Of that rim: open water from here on, else a quay is near."""
LENGTH_SD = (10.0, 0.06)
"""Standard deviation of a length: metres of the two ends, and a share of the length."""


@dataclass(frozen=True, slots=True)
class Vessel:
    """A vessel as one picture shows it.

    Attributes:
        outline: Rectangle along its axis, (x, y) in pixels of the picture, upper left corner 0, 0.
        row, col: Its centre, pixels of the picture.
        length_m, width_m: Of the outline; the width is blurred, and says little below 30 m.
        length_sd_m: Standard deviation of the length.
        heading_deg: Of its axis, clockwise from up, 0 to 180: bow and stern are not told apart.
        score: Log-odds of its surest pixel.
        contrast: Highest distance from the open water around, in spreads; NaN at a quay.
        p: Chance that open water gives such a contrast in one place; NaN at a quay.
        moored: Not surrounded by open water.
    """

    outline: BaseGeometry
    row: float
    col: float
    length_m: float
    width_m: float
    length_sd_m: float
    heading_deg: float
    score: float
    contrast: float
    p: float
    moored: bool


def outlined(logit: Float, water: Water, found: Contrast, *, pixel_m: float) -> list[Vessel]:
    """Vessels from the network's two planes, the surest first.

    Args:
        logit: (2, y, x) as ``hulls.logits``.
        water: Of the same scene.
        found: Contrast of the same scene.
        pixel_m: Pixel size, metres.
    """
    cells_km2 = 1e6 / pixel_m**2 / RELATED_PX
    threshold = found.tail.threshold(FALSE_ALARMS_KM2 / cells_km2)
    drawn = _separated(logit)
    vessels, taken = [], np.zeros(drawn.shape, np.bool_)
    for one, pixels in _objects(drawn, logit[0], least=PEAK, pixel_m=pixel_m):
        afloat = _open_share(drawn > 0, pixels, water) >= OPEN_SHARE
        highest = _highest(found.distance[pixels])
        if not afloat or highest >= threshold:
            taken[pixels] = True
            vessels.append(_witnessed(one, found, highest) if afloat else one)
    weak = _standing_out(
        found.distance, water.sea & ~binary_dilation(taken, iterations=2), threshold
    )
    for one, pixels in _objects(weak, logit[0], least=WEAK_PEAK, pixel_m=pixel_m):
        if _open_share(weak > 0, pixels, water) >= OPEN_SHARE:
            vessels.append(_witnessed(one, found, _highest(found.distance[pixels])))
    return sorted(vessels, key=lambda one: (-one.score, one.row, one.col))


def _objects(
    labels: NDArray[Any], logit: Float, *, least: float, pixel_m: float
) -> Iterator[tuple[Vessel, Pixels]]:
    """Numbered outlines that are large and sure enough, measured, with their pixels."""
    for number, box in enumerate(find_objects(labels), start=1):
        if box is None:
            continue
        rows, cols = np.nonzero(labels[box] == number)
        pixels = rows + box[0].start, cols + box[1].start
        if len(rows) < LEAST_PX or logit[pixels].max() < least:
            continue
        one = _measured(*pixels, logit[pixels], pixel_m)
        if LEAST_LENGTH_M <= one.length_m <= LONGEST_M:
            yield one, pixels


def _standing_out(distance: Float, where: Mask, threshold: float) -> NDArray[Any]:
    """(y, x) numbers of what stands out of open water, each cut at half of its own height."""
    high = where & (np.nan_to_num(distance, nan=0.0) >= threshold)
    labels: NDArray[Any] = label(high, connectivity=2)
    peaks = np.zeros(int(labels.max()) + 1, np.float32)
    np.maximum.at(peaks, labels[high], distance[high])
    return np.where(high & (distance >= peaks[labels] / 2), labels, 0)


def _highest(distance: Float) -> float:
    known = distance[np.isfinite(distance)]
    return float(known.max()) if known.size else -math.inf


def _witnessed(one: Vessel, found: Contrast, highest: float) -> Vessel:
    chance = float(found.tail.survival(highest))
    return replace(one, contrast=highest, p=chance, moored=False)


def _separated(logit: Float) -> NDArray[Any]:
    """(y, x) numbers of outlines, 0 = none: grown from their hearts, or one piece without any."""
    body = logit[0] > OUTLINE
    hearts = label((logit[1] > HEART) & body, connectivity=2)
    pieces = label(body, connectivity=2)
    with_heart = np.zeros(int(pieces.max()) + 1, np.bool_)
    with_heart[np.unique(pieces[hearts > 0])] = True
    alone = np.where(with_heart[pieces], 0, pieces)
    seeds = np.where(alone > 0, alone + hearts.max(), hearts)
    grown: NDArray[Any] = watershed(-logit[0], seeds, mask=body)
    return grown


def _measured(
    rows: NDArray[np.intp], cols: NDArray[np.intp], logit: Float, pixel_m: float
) -> Vessel:
    """A rectangle along the main axis of an outline, from its moments and its extent."""
    weight = 1 / (1 + np.exp(-logit.astype(np.float64)))
    places = np.stack([cols + 0.5, rows + 0.5])
    spread = np.cov(places, aweights=weight) if len(rows) > 1 else np.zeros((2, 2))
    _, axes = np.linalg.eigh(spread + np.eye(2) / 12)
    axis = axes[:, 1]
    side = np.array([-axis[1], axis[0]])
    along, across = axis @ places, side @ places
    ends, sides = (along.min() - 0.5, along.max() + 0.5), (across.min() - 0.5, across.max() + 0.5)
    turns = ((0, 0), (1, 0), (1, 1), (0, 1))
    corners = [ends[i] * axis + sides[j] * side for i, j in turns]
    middle = np.mean(corners, axis=0)
    length = (ends[1] - ends[0]) * pixel_m
    return Vessel(
        outline=shapely.Polygon(corners),
        row=float(middle[1]),
        col=float(middle[0]),
        length_m=float(length),
        width_m=float((sides[1] - sides[0]) * pixel_m),
        length_sd_m=math.hypot(LENGTH_SD[0], LENGTH_SD[1] * length),
        heading_deg=math.degrees(math.atan2(axis[0], -axis[1])) % 180,
        score=float(logit.max()),
        contrast=math.nan,
        p=math.nan,
        moored=True,
    )


def _open_share(others: Mask, pixels: Pixels, water: Water) -> float:
    """Share of the rim around an outline that is sea, other outlines apart."""
    window = tuple(
        slice(max(int(side.min()) - RIM_PX, 0), int(side.max()) + RIM_PX + 1) for side in pixels
    )
    own = np.zeros(others.shape, np.bool_)[window]
    own[tuple(side - part.start for side, part in zip(pixels, window, strict=True))] = True
    rim = binary_dilation(own, iterations=RIM_PX) & ~others[window]
    rim &= ~binary_dilation(own, iterations=1)  # blurred by the hull itself
    return float(water.sea[window][rim].mean()) if rim.any() else 0.0


def covered(
    outline: BaseGeometry, shape: tuple[int, ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(rows, cols) of the pixels of a picture whose centres an outline holds."""
    west, north, east, south = outline.bounds
    rows, cols = np.mgrid[
        max(int(north), 0) : min(int(south) + 1, shape[0]),
        max(int(west), 0) : min(int(east) + 1, shape[1]),
    ]
    held = shapely.contains_xy(outline, cols + 0.5, rows + 0.5)
    return rows[held], cols[held]
