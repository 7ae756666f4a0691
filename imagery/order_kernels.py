"""Order statistics of planes and series, compiled: exact, and without copies of what they read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from imagery.kernels import Float

TO_SD = np.float32(1.4826)
"""Median absolute deviation to standard deviation, of a normal distribution."""

_SHIFT = 18  # of the 32 bits of a float32 sign, exponent and five of the fraction choose a bin
_SIGN = np.uint32(0x80000000)


@njit(nogil=True, cache=True)
def sorted_into(values: Any, kept: Any) -> int:
    """Values that are no NaN, smallest first, into the front of ``kept``; how many there are."""
    many = 0
    for t in range(values.shape[0]):
        value = values[t]
        if value == value:
            at = many
            while at > 0 and kept[at - 1] > value:
                kept[at] = kept[at - 1]
                at -= 1
            kept[at] = value
            many += 1
    return many


@njit(nogil=True, cache=True)
def middle(values: Any, kept: Any) -> Any:
    """Median of a few values, NaN left out; NaN of none. ``kept`` has room for all."""
    count = sorted_into(values, kept)
    if not count:
        return np.float32(np.nan)
    return (kept[(count - 1) // 2] + kept[count // 2]) / np.float32(2)


@njit(nogil=True, cache=True)
def medians(values: Any, out: Any) -> None:
    """Median over the first axis of (time, n), NaN left out."""
    times, pixels = values.shape
    kept = np.empty(times, np.float32)
    for n in range(pixels):
        out[n] = middle(values[:, n], kept)


@njit(nogil=True, cache=True)
def median(plane: Any, step: int) -> Any:
    """Of the finite values in every ``step``-th row and column of a plane; NaN of none."""
    values = _finite(plane, step)
    return _median(values) if values.size else np.float32(np.nan)


@njit(nogil=True, cache=True)
def robust_sd(plane: Any, step: int, least: Any) -> Any:
    """``TO_SD`` times the median absolute deviation of the same values, at least ``least``."""
    values = _finite(plane, step)
    if not values.size:
        return least
    level = _median(values)
    for n in range(values.size):
        values[n] = abs(values[n] - level)
    return max(TO_SD * _median(values), least)


@njit(nogil=True, cache=True)
def _finite(plane: Any, step: int) -> Any:
    height, width = plane.shape
    out = np.empty((-(-height // step)) * (-(-width // step)), np.float32)
    many = 0
    for i in range(0, height, step):
        for j in range(0, width, step):
            out[many] = plane[i, j]
            many += np.isfinite(plane[i, j])
    return out[:many]


@njit(nogil=True, cache=True)
def _median(values: Any) -> Any:
    """Median of finite float32: counted into bins in order, then only its own bin is sorted."""
    bits = values.view(np.uint32)
    counts = np.zeros(1 << (32 - _SHIFT), np.int32)
    for n in range(bits.size):
        counts[_ordered(bits[n]) >> _SHIFT] += 1
    first, last = (bits.size - 1) // 2, bits.size // 2
    below, low = 0, 0
    while below + counts[low] <= first:
        below += counts[low]
        low += 1
    high, within = low, below + counts[low]
    while within <= last:
        high += 1
        within += counts[high]
    few = np.empty(within - below, np.float32)
    many = 0
    for n in range(bits.size):
        number = _ordered(bits[n]) >> _SHIFT
        if low <= number <= high:
            few[many] = values[n]
            many += 1
    few.sort()
    return (few[first - below] + few[last - below]) / np.float32(2)


@njit(nogil=True, cache=True, inline="always")
def _ordered(bits: Any) -> Any:
    """Bits of a float32 as a whole number that sorts like it."""
    return ~bits if bits & _SIGN else bits | _SIGN


def greatest(plane: Float, radius: int) -> Float:
    """Maximum of the square around each pixel, beyond the edge of which there is nothing.

    Maxima over 2, 4, 8... pixels are made from one another, so that the cost hardly grows with
    the square; the last two may overlap, which a maximum does not mind.
    """
    found = np.pad(plane, radius, constant_values=-np.inf)
    for _ in range(2):
        side, reach = 2 * radius + 1, 1
        while reach < side:
            step = min(reach, side - reach)
            found = np.maximum(found[:-step], found[step:])
            reach += step
        found = found.T
    return found
