"""The inner loops of a forecast, compiled: sums of whole numbers, or in one fixed order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from imagery.order_kernels import middle

ROUNDER = np.float32(1.5 * 2**23)  # float32 has no fractions above 2**23
BLOCK_PIXELS = 1024  # what stays in the nearest cache


@njit(nogil=True, cache=True)
def whole_steps(values: Any, bands: int, steps: Any, limit: float, out: Any) -> None:
    """``values / steps`` as whole numbers up to ``limit``; a gap: mean of the band's other dates.

    Args:
        values: (time * band, n), NaN = gap.
        bands: How many.
        steps: (time * band,) one step, in the unit of the values.
        limit: Whole number of steps at which values are clipped.
        out: Like ``values``.
    """
    rows, pixels = values.shape
    most = np.float32(limit)
    for b in range(bands):
        total, count = np.zeros(pixels, np.float32), np.zeros(pixels, np.float32)
        for row in range(b, rows, bands):
            factor = np.float32(1 / steps[row])
            for n in range(pixels):
                value = min(max(values[row, n] * factor, -most), most)
                # To the nearest whole number, as ``rint`` does, which is a call for each value.
                whole = (value + ROUNDER) - ROUNDER
                good = values[row, n] == values[row, n]
                out[row, n] = whole if good else most + 1
                total[n] += whole if good else np.float32(0)
                count[n] += np.float32(1) if good else np.float32(0)
        for row in range(b, rows, bands):
            for n in range(pixels):
                if out[row, n] > most:
                    mean = total[n] / max(count[n], np.float32(1))
                    out[row, n] = (mean + ROUNDER) - ROUNDER


@njit(nogil=True, cache=True)
def solve(normal: Any, goals: Any) -> Any:
    """Cholesky in a fixed order: LAPACK's last bits depend on its threads."""
    size, count = goals.shape
    lower = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            total = normal[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            lower[i, j] = math.sqrt(total) if i == j else total / lower[j, j]
    found = np.zeros((size, count))
    for c in range(count):
        for i in range(size):
            total = goals[i, c]
            for k in range(i):
                total -= lower[i, k] * found[k, c]
            found[i, c] = total / lower[i, i]
        for i in range(size - 1, -1, -1):
            total = found[i, c]
            for k in range(i + 1, size):
                total -= lower[k, i] * found[k, c]
            found[i, c] = total / lower[i, i]
    return found


@njit(nogil=True, cache=True)
def off_forecast(here: Any, weights: Any, rows: Any, scale: Any, out: Any) -> None:
    """``out = here - scale * (weights @ rows)``, block by block of pixels.

    Args:
        here, out: (band, n).
        weights: (band, k).
        rows: (k, n).
        scale: (band,).
    """
    (bands, pixels), count = here.shape, rows.shape[0]
    total = np.empty(BLOCK_PIXELS, np.float32)
    for start in range(0, pixels, BLOCK_PIXELS):
        stop = min(start + BLOCK_PIXELS, pixels)
        for b in range(bands):
            total[:] = 0
            for k in range(0, count - 3, 4):
                # Four at once, so that the totals are read and written a quarter as often.
                first, second = weights[b, k], weights[b, k + 1]
                third, fourth = weights[b, k + 2], weights[b, k + 3]
                one, two = rows[k, start:stop], rows[k + 1, start:stop]
                three, four = rows[k + 2, start:stop], rows[k + 3, start:stop]
                for n in range(stop - start):
                    total[n] += (
                        first * one[n] + second * two[n] + third * three[n] + fourth * four[n]
                    )
            for k in range(count - count % 4, count):
                rest = rows[k, start:stop]
                for n in range(stop - start):
                    total[n] += weights[b, k] * rest[n]
            for n in range(stop - start):
                out[b, start + n] = here[b, start + n] - scale[b] * total[n]


@njit(nogil=True, cache=True)
def off_unclipped(
    values: Any, places: Any, when: Any, scale: Any, weights: Any, limits: Any, out: Any
) -> None:
    """``off_forecast`` from values that are clipped around what each pixel usually is.

    Args:
        values: (m, date, band), NaN = gap.
        places: (n,) which of the m.
        when: First date that forecasts, the one after the last, and the date that is judged.
        scale: (date, band) robust spreads.
        weights: (band, (last - first) * band) whole numbers.
        limits: (clip in spreads, what a weight counts in).
        out: (band, n).
    """
    (first, last, date), bands = when, values.shape[2]
    clip, unit = np.float32(limits[0]), limits[1]
    inputs, kept = np.empty((last - first) * bands, np.float32), np.empty(last - first, np.float32)
    for n in range(places.size):
        own = values[places[n]]
        for b in range(bands):
            level = middle(own[first:last, b], kept)
            level = level if level == level else np.float32(0)
            for t in range(first, last):
                value, rim = own[t, b], clip * scale[t, b]
                inside = min(max(value, level - rim), level + rim) if value == value else level
                inputs[(t - first) * bands + b] = inside / scale[t, b]
        for b in range(bands):
            total = 0.0
            for k in range(inputs.size):
                total += weights[b, k] * inputs[k]
            out[b, n] = own[date, b] - total / unit * scale[date, b]
