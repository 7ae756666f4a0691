"""Ships on water in one radar pass: found by CFAR, measured, told from what always stands there.

The median of the site's own earlier passes shows what is fixed: piers, buoys, platforms, rocks.
That is no ship and no background. Close to it a ring says nothing either: there a pixel is held
against its own median instead, and what is found is called *near structure*, since a moored ship,
a crane that turned and a quay that was wet give much the same picture.

The threshold follows from a promise, false alarms for each square kilometre of sea, through the
tail of the scene's own scores. Everything is the same in every chunk with ``REACH_PX`` of overlap
once ``Level`` is known, which is measured on the whole scene first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery.detectors import cfar
from imagery.errors import InputError

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

WINDOW = cfar.Window()
NEAR_PX = 3
"""From a fixed structure: its response reaches 2 px, registration and tide move it by 1."""
FIXED = 3.0
"""Times the ring's mean that a median must reach to be fixed: far above what n passes leave."""
STANDS_OUT = 5.0
"""Spreads of the ring from which a pixel is left out of the background of others."""
LOW_SHARE = 1e-3
"""Tail share that a ship is grown down to from its peak."""
LEAST_PX = 2
LENGTH_SD_PX = math.sqrt(2.0)
"""One pixel at each end: METHODS, section 5."""
REACH_PX = 3 * WINDOW.reach_px
"""Fixed structures, background and score each look one ring further."""


@dataclass(frozen=True, slots=True)
class Level:
    """Operating point of a scene.

    Attributes:
        high: Score that makes a ship.
        low: Score that it is grown to.
        near: Ratio to its own median that makes one near a structure.
        tail: Of the scene's scores on open water.
    """

    high: float
    low: float
    near: float
    tail: cfar.Tail


@dataclass(frozen=True, slots=True)
class Ship:
    """Something on the water that is not always there.

    Attributes:
        row, col: Middle, pixels of the grid.
        length_m: Long extent less the sensor's response, metres.
        length_sd_m: Its standard deviation: 120 m and 110 m are the same length.
        heading_deg: Of the long axis, clockwise from the top of the grid, 0 to 180.
        score: Peak of the two-parameter score; of the ratio to the median near a structure.
        p: Chance that a pixel of open water scores as high; NaN near a structure.
        near_structure: Whether the ring could not be used.
    """

    row: float
    col: float
    length_m: float
    length_sd_m: float
    heading_deg: float
    score: float
    p: float
    near_structure: bool


def fixed(median: Float, sea: Mask) -> Mask:
    """(y, x) True where the site's median image stands out of the water around.

    Args:
        median: (y, x) float32, linear power: median of earlier passes of the same orbit.
        sea: (y, x) True = water.
    """
    usable = sea.copy()
    for _ in range(2):
        ratio = cfar.cell_averaging(median, cfar.clutter(median, usable, window=WINDOW))
        with np.errstate(invalid="ignore"):
            usable = sea & ~(ratio > FIXED)
    return np.asarray(sea & ~usable, bool)


def scores(power: Float, sea: Mask, structures: Mask) -> Float:
    """(y, x) two-parameter score on open water; NaN on land and near structures.

    Args:
        power: (y, x) float32, linear; one polarisation, or several summed.
        sea: (y, x) True = water.
        structures: (y, x) True = fixed, see ``fixed``.
    """
    closed = near(sea, structures)
    open_sea = sea & ~closed
    first = cfar.two_parameter(power, cfar.clutter(power, open_sea, window=WINDOW))
    with np.errstate(invalid="ignore"):
        quiet = open_sea & ~(first > STANDS_OUT)
    found = cfar.two_parameter(power, cfar.clutter(power, quiet, window=WINDOW))
    return np.where(open_sea, found, np.float32(np.nan)).astype(np.float32)


def near(sea: Mask, structures: Mask) -> Mask:
    """(y, x) True = water within ``NEAR_PX`` of a structure or of land."""
    solid = structures | ~sea
    wide = ndimage.maximum_filter(solid, size=2 * NEAR_PX + 1)
    return np.asarray(sea & wide, bool)


def level(found: Float, *, per_km2: float, pixel_m: tuple[float, float], looks: float) -> Level:
    """The threshold that keeps a promise.

    Args:
        found: (y, x) scores of the whole scene.
        per_km2: False alarms for each square kilometre of open water.
        pixel_m: (height, width) of a pixel, metres.
        looks: Equivalent number of looks of a pass.

    Raises:
        InputError: the promise is not positive, or the scene has too little water to show a tail.
    """
    if not per_km2 > 0:
        raise InputError("false alarms per km2", per_km2, "more than 0")
    pfa = min(per_km2 * pixel_m[0] * pixel_m[1] / 1e6, 0.01)
    tail = cfar.scene_tail(found)
    against_median = cfar.multiplier(pfa, looks=looks, cells=10**6)
    return Level(tail.threshold(pfa), tail.threshold(LOW_SHARE), against_median, tail)


def ships(power: Float, found: Float, known: Level, *, pixel_m: tuple[float, float]) -> list[Ship]:
    """Ships on open water, in raster order.

    Args:
        power: (y, x) float32, linear.
        found: (y, x) from ``scores``.
        known: Operating point.
        pixel_m: (height, width) of a pixel, metres.
    """
    return _measured(power, found, (known.low, known.high), pixel_m, known.tail)


def moored(
    power: Float, median: Float, closed: Mask, known: Level, *, pixel_m: tuple[float, float]
) -> list[Ship]:
    """What is brighter near a structure than in the median of earlier passes, in raster order.

    Args:
        power: (y, x) float32, linear.
        median: (y, x) float32, of earlier passes.
        closed: (y, x) True = near a structure, see ``near``.
        known: Operating point.
        pixel_m: (height, width) of a pixel, metres.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(closed & (median > 0), power / median, np.nan).astype(np.float32)
    return _measured(power, ratio, (known.near**0.5, known.near), pixel_m, None)


def _measured(
    power: Float,
    found: Float,
    levels: tuple[float, float],
    pixel_m: tuple[float, float],
    tail: cfar.Tail | None,
) -> list[Ship]:
    """Each piece above the first level that reaches the second; no tail = near structure."""
    with np.errstate(invalid="ignore"):
        body = found > levels[0]
    labels, _ = ndimage.label(body, np.ones((3, 3)))
    made = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        own = labels[place] == number
        peak = float(np.nanmax(np.where(own, found[place], -np.inf)))
        if peak < levels[1] or np.count_nonzero(own) < LEAST_PX:
            continue
        bright = power[place]
        own &= bright >= 0.1 * np.nanpercentile(bright[own], 90)
        rows, cols = np.nonzero(own)
        down, right = (rows + 0.5) * pixel_m[0], (cols + 0.5) * pixel_m[1]
        heading, length = _axis(np.stack([down, right]), min(pixel_m))
        made.append(
            Ship(
                row=float(place[0].start + rows.mean() + 0.5),
                col=float(place[1].start + cols.mean() + 0.5),
                length_m=length,
                length_sd_m=LENGTH_SD_PX * max(pixel_m),
                heading_deg=heading,
                score=peak,
                p=math.nan if tail is None else float(tail.survival(peak)),
                near_structure=tail is None,
            )
        )
    return made


def _axis(places: NDArray[np.floating], pixel_m: float) -> tuple[float, float]:
    """Heading and length of the long axis of pixels, (2, n) metres down and right.

    From middle to middle of the end pixels: the pixel that this lacks is what the response of the
    sensor, two pixels wide, adds.
    """
    down, right = places - places.mean(axis=1, keepdims=True)
    if len(down) < 3:
        return 0.0, float(max(np.ptp(down), np.ptp(right), pixel_m))
    _, vectors = np.linalg.eigh(np.cov(places))
    along = vectors[0, 1] * down + vectors[1, 1] * right
    heading = math.degrees(math.atan2(float(vectors[1, 1]), -float(vectors[0, 1]))) % 180
    return heading, float(np.ptp(along))
