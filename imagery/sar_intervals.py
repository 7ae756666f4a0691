"""When a place departed from itself, and for how long: a stretch of dates, not a step.

What all of the scene does (rain, season, calibration) is no change of a pixel; ``reference`` reads
it from the steadiest half of the pixels. What is left may drop and come back, as a cleared plot
does with the rains. ``interval`` looks for the stretch of dates, of any length, that differs most
from all others; a change that stays is the stretch that ends with the series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imagery.errors import InputError
from imagery.sar_kernels import centred_sums, interval_drops

Float = NDArray[np.float32]
STEADY_SHARE = 0.5
ROUNDS = 4
LEAST_PASSES = 3
"""Dates of an interval: what is missing in fewer passes may be speckle."""
FIRST_START = 4
"""Dates before an interval, at least."""
LEAST_USABLE = 0.5
"""Share of the dates on which a pixel must be usable."""
SIGMA = 1.4826
BLOCK_PIXELS = 1024
"""Pixels that are searched together: their series fit a core's cache."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What steady ground of the scene did.

    Attributes:
        level: (time,) float32, natural logarithm of power.
        noise: Spread of a steady pixel about it, natural logarithm.
    """

    level: Float
    noise: float


@dataclass(frozen=True, slots=True)
class Interval:
    """The stretch of dates that departs most from the others.

    Attributes:
        score: (y, x) float32, logarithm of the likelihood ratio; NaN with too few usable dates.
        start: (y, x) int16, index of its first date: the change lies between the date before and
            this one. -1 = none.
        end: (y, x) int16, index after its last date; the number of dates if it lasts. -1 = none.
        depth: (y, x) float32, mean log-ratio inside to outside.
    """

    score: Float
    start: NDArray[np.int16]
    end: NDArray[np.int16]
    depth: Float


def reference(logs: Float, orbits: Sequence[int]) -> Reference:
    """What the steadiest half of some pixels did: their median on each date.

    Args:
        logs: (time, ...) float32 of ``pooled_logs``, of the whole scene or an even sample of it.
        orbits: Relative orbit of each date.

    Raises:
        InputError: counts differ, or a date has no usable pixel.
    """
    if len(orbits) != len(logs):
        raise InputError("orbits", len(orbits), f"one for each of {len(logs)} dates")
    flat = logs.reshape(len(logs), -1).astype(np.float64)
    flat = flat[:, np.isfinite(flat).mean(axis=0) >= LEAST_USABLE]
    if not flat.size or not np.isfinite(flat).any(axis=1).all():
        raise InputError("usable pixels", 0, "some on every date, to tell the season from a change")
    steady = np.ones(flat.shape[1], bool)
    for _ in range(ROUNDS):
        level = np.nanmedian(flat[:, steady], axis=1)
        left = flat - level[:, None]
        for own in _by_orbit(orbits):
            part = left[own]
            seen = np.isfinite(part).any(axis=0)
            left[np.ix_(np.asarray(own), seen)] -= np.nanmedian(part[:, seen], axis=0)
        unrest = np.nanmean(np.abs(left), axis=0)
        steady = unrest <= np.quantile(unrest, STEADY_SHARE)
    middle = np.nanmedian(left, axis=1)
    noise = SIGMA * float(np.mean(np.nanmedian(np.abs(left - middle[:, None]), axis=1)))
    return Reference(level.astype(np.float32), noise)


def interval(
    logs: Float,
    known: Reference,
    orbits: Sequence[int],
    *,
    direction: Literal["drop", "rise"] = "drop",
) -> Interval:
    """The stretch of dates that is lowest (or highest) against the pixel's other dates.

    Each orbit has its own mean; all orbits together give one stretch. Of VH, a drop is lost
    canopy or lost corners; VV also follows wet and dry soil.

    Args:
        logs: (time, y, x) float32 of ``pooled_logs``, oldest first.
        known: Of the same dates.
        orbits: Relative orbit of each date.
        direction: Which way.

    Raises:
        InputError: counts differ, or there are too few dates for an interval and a past.

    Source: epidemic change, Levin & Kline 1985, Statistics in Medicine; the search over stretches
    as in Olshen et al. 2004, doi:10.1093/biostatistics/kxh008.
    """
    length, height, width = logs.shape
    if not len(orbits) == len(known.level) == length:
        raise InputError("orbits and reference", (len(orbits), len(known.level)), f"{length} each")
    if length < FIRST_START + LEAST_PASSES:
        raise InputError("dates", length, f"{FIRST_START + LEAST_PASSES} or more for an interval")
    flat = logs.reshape(length, -1)
    score, depth = np.full((2, height * width), np.nan, np.float32)
    start, end = np.full((2, height * width), -1, np.int16)
    sign = 1.0 if direction == "drop" else -1.0
    turns = np.unique(np.asarray(orbits), return_inverse=True)[1].astype(np.int64)
    for first in range(0, flat.shape[1], BLOCK_PIXELS):
        place = slice(first, first + BLOCK_PIXELS)
        found = _searched(np.ascontiguousarray(flat[:, place]), known.level, turns, sign)
        score[place] = found[0] / np.float32(known.noise**2)
        start[place], end[place], depth[place] = found[1], found[2], np.float32(sign) * found[3]
    shape = (height, width)
    return Interval(*(each.reshape(shape) for each in (score, start, end, depth)))


def midpoint(dates: Sequence[datetime], start: int) -> datetime:
    """Best single date of a change that is first seen at ``start``: halfway from the date before.

    Raises:
        InputError: nothing precedes ``start``.
    """
    if not 0 < start < len(dates):
        raise InputError("first date of an interval", start, f"1 to {len(dates) - 1}")
    return dates[start - 1] + (dates[start] - dates[start - 1]) / 2


def _by_orbit(orbits: Sequence[int]) -> list[list[int]]:
    return [[i for i, each in enumerate(orbits) if each == own] for own in sorted(set(orbits))]


def _searched(
    logs: Float, level: Float, turns: NDArray[np.int64], sign: float
) -> tuple[Float, NDArray[np.int16], NDArray[np.int16], Float]:
    """Best half squared drop (score without noise), start, end and depth of (time, n) pixels."""
    length, many = logs.shape
    sums, usable = np.empty((length + 1, many), np.float32), np.empty(many, np.float32)
    scratch = np.empty((2, int(turns.max()) + 1, many), np.float32)
    centred_sums(logs, level, turns, sign, (sums, usable, scratch[0], scratch[1]))
    sizes = np.arange(length + 1, dtype=np.float64)
    with np.errstate(divide="ignore"):
        factors = (length / (2 * sizes * (length - sizes))).astype(np.float32)
    factors[[0, length]] = 0
    best, code = np.zeros(many, np.float32), np.zeros(many, np.int32)
    interval_drops(sums, factors, LEAST_PASSES, FIRST_START, (best, code))
    start, end = code // (length + 1), code % (length + 1)
    pixels = np.arange(many)
    inside = (end - start).astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = (sums[end, pixels] - sums[start, pixels]) * (length / (inside * (length - inside)))
    seldom = usable < LEAST_USABLE * length
    none = (best <= 0) | seldom
    return (
        np.where(seldom, np.nan, best).astype(np.float32),
        np.where(none, -1, start).astype(np.int16),
        np.where(none, -1, end).astype(np.int16),
        np.where(none, np.nan, depth).astype(np.float32),
    )
