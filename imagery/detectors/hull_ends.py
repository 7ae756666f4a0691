"""Where a hull begins and ends along its axis, by the picture and not by the network.

The network is sure of decks and masts and less of what lies between; a long carrier falls into
pieces between its hatches. In the near infrared a hull is one bright plateau on dark water, blurred
at its two ends. So an outline is followed along its axis to where that plateau has fallen to half,
and the axis is turned after the hull as it grows. Where the picture does not fall off sharply (a
quay goes on, a wake fades, a cloud hides it) the network's end is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float32]
Vector = NDArray[np.float64]

HALF = 0.5
"""Of a hull's level over water: where it ends."""
FALL, EDGE_PX = 0.5, 2.0
"""Share of its level that the picture must lose from so far inside an end to so far outside."""
BEAM_PX = 1.0
"""Half the width of the strip that is read: within the beam of a ship of 30 m."""
ASIDE_PX = 2.5
"""How far aside of the axis the middle of the hull is looked for."""
LEAST_LEVEL = 0.1
"""Of land over water: what is darker has no ends to be seen."""
REACH_PX = 50.0
"""Half of the longest vessel and as much again, from its middle."""
PASSES, GROWTH = 8, 0.5
"""How often the axis is fitted again, and how much of its length an end may move in one."""
STEP_PX = 0.5


@dataclass(frozen=True, slots=True)
class Axis:
    """The axis of a hull, in pixels.

    Attributes:
        middle: (x, y), upper left corner of the picture 0, 0.
        ahead: (x, y) of length 1.
        ends: Behind and before the middle.
        sharp: Whether the picture itself shows both ends.
    """

    middle: Vector
    ahead: Vector
    ends: tuple[float, float]
    sharp: bool = False

    @property
    def length(self) -> float:
        """Pixels from end to end."""
        return self.ends[1] - self.ends[0]


def followed(axis: Axis, plane: Float) -> Axis:
    """A hull followed along its axis to its ends.

    Args:
        axis: As the network outlines it, or a part of it.
        plane: (y, x) float32, 0 = water, 1 = land, NaN = no data; pixels of about 10 m.

    Returns:
        The axis, as given where no hull is seen on it.
    """
    inside = np.arange(axis.ends[0], axis.ends[1] + STEP_PX / 2, STEP_PX)
    drawn = _read(plane, axis, inside, BEAM_PX)
    level = float(np.median(np.nan_to_num(drawn)))
    if level <= LEAST_LEVEL:
        return axis
    places = np.arange(-REACH_PX, REACH_PX + STEP_PX / 2, STEP_PX)
    now = axis
    for _ in range(PASSES):
        profile = _read(plane, now, places, BEAM_PX).mean(axis=1) / level
        if not profile[len(places) // 2] >= HALF:
            return axis
        behind, before = (_end(profile, places, now, side) for side in (-1, 1))
        if before[0] - behind[0] < 2 * EDGE_PX:
            return axis
        moved = max(abs(behind[0] - now.ends[0]), abs(before[0] - now.ends[1]))
        now = Axis(now.middle, now.ahead, (behind[0], before[0]), behind[1] and before[1])
        if moved < STEP_PX:
            break
        now = _turned(now, plane, level)
    return _centred(now)


def _end(profile: Vector, places: Vector, axis: Axis, side: int) -> tuple[float, bool]:
    """Where the profile falls to half on one side of the middle, and whether it falls sharply."""
    old = axis.ends[0 if side < 0 else 1]
    outward = profile[len(places) // 2 :: side]
    low, edge = int(np.argmax(outward < HALF)), int(EDGE_PX / STEP_PX)
    if low == 0 or np.isnan(outward[: low + edge + 1]).any():  # it never does, or under a cloud
        return old, False
    part = (outward[low - 1] - HALF) / (outward[low - 1] - outward[low])
    end = side * STEP_PX * (low - 1 + float(part))
    last = len(outward) - 1
    sharp = outward[max(low - edge, 0)] - outward[min(low + edge, last)] >= FALL
    outside = (end - old) * side
    if outside > 0 and not sharp:
        return old, False
    return old + side * min(outside, GROWTH * axis.length), bool(sharp)


def _turned(axis: Axis, plane: Float, level: float) -> Axis:
    """The axis along the middles of the hull between its ends, and its own middle between them."""
    places = np.arange(axis.ends[0] + 1, axis.ends[1] - 1 + STEP_PX / 2, STEP_PX)
    bright = np.clip(np.nan_to_num(_read(plane, axis, places, ASIDE_PX)), 0, level)
    middles = bright @ _across(ASIDE_PX) / np.maximum(bright.sum(axis=1), 1e-6)
    away = places - places.mean()
    slope = away @ middles / (away @ away)
    offset = middles.mean() - slope * places.mean()
    side = np.array([-axis.ahead[1], axis.ahead[0]])
    ahead = axis.ahead + slope * side
    made = Axis(axis.middle + offset * side, ahead / math.hypot(*ahead), axis.ends, axis.sharp)
    return _centred(made)


def _centred(axis: Axis) -> Axis:
    shift, half = sum(axis.ends) / 2, axis.length / 2
    return Axis(axis.middle + shift * axis.ahead, axis.ahead, (-half, half), axis.sharp)


def _across(half_width: float) -> Vector:
    return np.arange(-half_width, half_width + STEP_PX / 2, STEP_PX)


def _read(plane: Float, axis: Axis, places: Vector, half_width: float) -> Vector:
    """(place, aside) values in a strip along an axis."""
    aside = _across(half_width)
    out = np.empty((len(places), len(aside)))
    _bilinear(plane, axis.middle, axis.ahead, (places, aside), out)
    return out


@njit(nogil=True, cache=True)
def _bilinear(plane: Any, middle: Any, ahead: Any, where: Any, out: Any) -> None:
    """Values between pixel centres; beyond the outermost ones those."""
    places, aside = where
    last_row, last_col = plane.shape[0] - 1, plane.shape[1] - 1
    for i in range(places.size):
        for j in range(aside.size):
            x = middle[0] + ahead[0] * places[i] - ahead[1] * aside[j] - 0.5
            y = middle[1] + ahead[1] * places[i] + ahead[0] * aside[j] - 0.5
            x, y = min(max(x, 0.0), float(last_col)), min(max(y, 0.0), float(last_row))
            row, col = int(y), int(x)
            down, right = y - row, x - col
            below, beside = min(row + 1, last_row), min(col + 1, last_col)
            top = (1 - right) * plane[row, col] + right * plane[row, beside]
            low = (1 - right) * plane[below, col] + right * plane[below, beside]
            out[i, j] = (1 - down) * top + down * low
