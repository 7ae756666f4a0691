"""From what the network and the water say to vessels with an outline and a length.

On open water an outline must stand out of this scene's own water by more than its tail allows for
``CHANCE_KM2``, so that glint, whitecaps and thin cloud set their own bar; there the network draws
and has no veto. At a quay it is alone. A quay in another light lowers all that it says of the hulls
there, so it is read at two levels: first the sure, then what is weak and touches nothing sure. What
is weak is reported with the low probability that it has.
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

from imagery.detectors.hull_ends import Axis, followed
from imagery.detectors.shapes import held
from imagery.detectors.water import BANDS, Contrast, Water

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]
Pixels = tuple[NDArray[np.intp], NDArray[np.intp]]

LEVELS = (-1.0, -2.5)
"""Log-odds at which the network's outlines are read, the surest first."""
HEART = 0.0
"""Log-odds of being a pixel inside: hearts keep two hulls that touch apart."""
CORE = 0.5
"""A hull is measured where it is vessel with this share of the chance of its surest tenth."""
LEAST_PX = 4
LEAST_LENGTH_M = 40.0
"""A vessel of 50 m may measure as short; what measures shorter is not reported."""
LONGEST_M = 500.0
"""No vessel is longer than 460 m; a wake, a front or a breakwater is."""

CHANCE_KM2 = 2.0
"""Peaks per square kilometre of open water that the scene's own tail would give by chance. Few are
as large as a vessel: see the false alarms in the model card."""
RELATED_PX = 4
"""Neighbouring pixels that peak together."""
RIM_PX = 4
"""Around an outline, where it is looked whether open water surrounds it."""
OPEN_SHARE = 0.6
"""Of that rim: open water from here on, else a quay is near."""
LENGTH_SD_M = {True: 20.0, False: 100.0}
"""Standard deviation of a length whose two ends the picture shows, and of another: the error of a
tenth of those that the network had not seen was larger than 1.6 of it. Most are much smaller."""


@dataclass(frozen=True, slots=True)
class Vessel:
    """A vessel as one picture shows it.

    Attributes:
        outline: Rectangle along its axis, (x, y) in pixels of the picture, upper left corner 0, 0.
        row, col: Its centre, pixels of the picture.
        length_m, width_m: Of the outline; the width is blurred, and says little below 30 m.
        length_sd_m: Standard deviation of the length, see ``LENGTH_SD_M``.
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
        logit: (2, y, x) as ``hulls.logits``; where it is -inf no vessel is looked for.
        water: Of the same scene.
        found: Contrast of the same scene.
        pixel_m: Pixel size, metres.
    """
    cells_km2 = 1e6 / pixel_m**2 / RELATED_PX
    threshold = found.tail.threshold(CHANCE_KM2 / cells_km2)
    vessels, taken = [], np.zeros(logit.shape[1:], np.bool_)
    for level in LEVELS:
        drawn = _separated(logit, level)
        free = np.where(np.isin(drawn, np.unique(drawn[taken])), 0, drawn)
        for one, pixels in _objects(free, logit[0], pixel_m=pixel_m, share=CORE):
            afloat = _open_share(drawn > 0, pixels, water) >= OPEN_SHARE
            highest = _highest(found.distance[pixels])
            if not afloat or highest >= threshold:
                taken[pixels] = True
                vessels.append(_witnessed(one, found, highest) if afloat else one)
    bare = water.sea & np.isfinite(logit[0]) & ~binary_dilation(taken, iterations=2)
    weak = _standing_out(found.distance, bare, threshold)
    for one, pixels in _objects(weak, logit[0], pixel_m=pixel_m, share=0.0):
        if _open_share(weak > 0, pixels, water) >= OPEN_SHARE:
            vessels.append(_witnessed(one, found, _highest(found.distance[pixels])))
    infrared = water.planes[BANDS.index("nir")]
    whole = [_followed(one, infrared, pixel_m) for one in vessels]
    return sorted(whole, key=lambda one: (-one.score, one.row, one.col))


def _objects(
    labels: NDArray[Any], logit: Float, *, pixel_m: float, share: float
) -> Iterator[tuple[Vessel, Pixels]]:
    """Numbered outlines that are large enough, measured at their core, with all their pixels."""
    for number, box in enumerate(find_objects(labels), start=1):
        if box is None:
            continue
        rows, cols = np.nonzero(labels[box] == number)
        if len(rows) < LEAST_PX:
            continue
        pixels = rows + box[0].start, cols + box[1].start
        core = _core(pixels, logit[pixels], share)
        one = _measured(*core, logit[core], pixel_m)
        if LEAST_LENGTH_M <= one.length_m <= LONGEST_M:
            yield one, pixels


def _core(pixels: Pixels, logit: Float, share: float) -> Pixels:
    """The pixels that are vessel with a share of the chance of the surest tenth of them."""
    chance = 1 / (1 + np.exp(-logit.astype(np.float64)))
    surest = np.sort(chance)[-max(1, len(chance) // 10) :].mean()
    kept = chance >= share * surest
    return (pixels[0][kept], pixels[1][kept]) if kept.sum() >= LEAST_PX else pixels


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


def _separated(logit: Float, level: float) -> NDArray[Any]:
    """(y, x) numbers of outlines, 0 = none: grown from their hearts, or one piece without any."""
    body = logit[0] > level
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
    middle = (sum(ends) * axis + sum(sides) * side) / 2
    length, width = ends[1] - ends[0], sides[1] - sides[0]
    drawn = Axis(middle, axis, (-length / 2, length / 2))
    return _vessel(drawn, width, pixel_m, score=float(logit.max()))


def _vessel(axis: Axis, width: float, pixel_m: float, *, score: float) -> Vessel:
    """A vessel at a quay, as long as its axis and ``width`` pixels wide."""
    beam = np.array([-axis.ahead[1], axis.ahead[0]]) * width / 2
    ends = [axis.middle + place * axis.ahead for place in axis.ends]
    corners = [ends[0] - beam, ends[1] - beam, ends[1] + beam, ends[0] + beam]
    return Vessel(
        outline=shapely.Polygon(corners),
        row=float(axis.middle[1]),
        col=float(axis.middle[0]),
        length_m=float(axis.length * pixel_m),
        width_m=float(width * pixel_m),
        length_sd_m=LENGTH_SD_M[axis.sharp],
        heading_deg=math.degrees(math.atan2(axis.ahead[0], -axis.ahead[1])) % 180,
        score=score,
        contrast=math.nan,
        p=math.nan,
        moored=True,
    )


def _followed(one: Vessel, plane: Float, pixel_m: float) -> Vessel:
    """A vessel from end to end, as the picture shows them; as it was where it would be none."""
    turn, half = math.radians(one.heading_deg), one.length_m / pixel_m / 2
    middle, ahead = np.array([one.col, one.row]), np.array([math.sin(turn), -math.cos(turn)])
    axis = followed(Axis(middle, ahead, (-half, half)), plane)
    if not LEAST_LENGTH_M <= axis.length * pixel_m <= LONGEST_M:
        return one
    whole = _vessel(axis, one.width_m / pixel_m, pixel_m, score=one.score)
    return replace(whole, contrast=one.contrast, p=one.p, moored=one.moored)


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
    inside = held(outline, cols + 0.5, rows + 0.5)
    return rows[inside], cols[inside]
