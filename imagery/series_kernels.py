"""The inner loops over a stack of dates, compiled; sums are exact or in one fixed order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

ROUNDER = np.float32(1.5 * 2**23)  # float32 has no fractions above 2**23
BLOCK_PIXELS = 2048  # what stays in the nearest cache
FINE_STEPS = 2.0**20  # parts of a unit of reflectance in the sums of a surround


@njit(nogil=True, cache=True)
def off_surround(plane: Any, radius: int, out: Any) -> None:
    """``out = plane - mean of its usable square``, summed in whole steps: exact in any order."""
    height, width = plane.shape
    totals, counts = np.zeros(width, np.int64), np.zeros(width, np.int64)
    along, counted = np.zeros(width + 1, np.int64), np.zeros(width + 1, np.int64)
    for i in range(-radius, height):
        if i + radius < height:
            _add_row(plane[i + radius], 1, totals, counts)
        if i - radius - 1 >= 0:
            _add_row(plane[i - radius - 1], -1, totals, counts)
        if i < 0:
            continue
        for j in range(width):
            along[j + 1] = along[j] + totals[j]
            counted[j + 1] = counted[j] + counts[j]
        for j in range(width):
            left, right = max(j - radius, 0), min(j + radius + 1, width)
            total, count = along[right] - along[left], counted[right] - counted[left]
            out[i, j] = plane[i, j] - np.float32(total / (max(count, 1) * FINE_STEPS))


@njit(nogil=True, cache=True, inline="always")
def _add_row(row: Any, sign: int, totals: Any, counts: Any) -> None:
    for j in range(row.size):
        good = row[j] == row[j]
        totals[j] += sign * np.int64(row[j] * FINE_STEPS) if good else 0
        counts[j] += sign if good else 0


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
def medians(values: Any, out: Any) -> None:
    """Median over the first axis of (time, n), NaN left out."""
    times, pixels = values.shape
    found = np.empty(times + 1, np.float32)
    for n in range(pixels):
        count = sorted_into(values[:, n], found)
        middle = (found[max((count - 1) // 2, 0)] + found[count // 2]) / np.float32(2)
        out[n] = middle if count else np.float32(np.nan)


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
def mean_of_nine(planes: Any, out: Any, length: Any) -> None:
    """3 x 3 means of (band, y, x) with gaps and the rim beyond the edge as 0, and their length.

    The length is NaN where a band of the pixel itself is.
    """
    bands, height, width = planes.shape
    ninth, nothing = np.float32(1 / 9), np.float32(0)
    filled = np.zeros((height + 2, width), np.float32)
    tall = np.zeros(width + 2, np.float32)
    length[:] = 0
    for b in range(bands):
        for i in range(height):
            for j in range(width):
                value = planes[b, i, j]
                filled[i + 1, j] = value if value == value else nothing
                length[i, j] += value * nothing  # carries a gap on
        for i in range(height):
            for j in range(width):
                tall[j + 1] = filled[i, j] + filled[i + 1, j] + filled[i + 2, j]
            for j in range(width):
                mean = (tall[j] + tall[j + 1] + tall[j + 2]) * ninth
                out[b, i, j] = mean
                length[i, j] += mean * mean
    for i in range(height):
        for j in range(width):
            length[i, j] = np.sqrt(length[i, j])


@njit(nogil=True, cache=True)
def widened(plane: Any, out: Any) -> None:
    """Each pixel, or the smoothed maximum of its surround where that is more.

    A 3 x 3 maximum, then weights 1 2 1 each way; the edge is repeated.
    """
    height, width = plane.shape
    tall, most = np.empty_like(plane), np.empty_like(plane)
    for i in range(height):
        up, down = max(i - 1, 0), min(i + 1, height - 1)
        for j in range(width):
            tall[i, j] = max(plane[up, j], plane[i, j], plane[down, j])
    for i in range(height):
        for j in range(width):
            left, right = max(j - 1, 0), min(j + 1, width - 1)
            most[i, j] = max(tall[i, left], tall[i, j], tall[i, right])
    quarter = np.float32(0.25)
    for i in range(height):
        up, down = max(i - 1, 0), min(i + 1, height - 1)
        for j in range(width):
            tall[i, j] = (most[up, j] + 2 * most[i, j] + most[down, j]) * quarter
    for i in range(height):
        for j in range(width):
            left, right = max(j - 1, 0), min(j + 1, width - 1)
            near = (tall[i, left] + 2 * tall[i, j] + tall[i, right]) * quarter
            out[i, j] = max(plane[i, j], near)


@njit(nogil=True, cache=True)
def remember(left: Any, scale: float, clip: float, squares: Any, total: Any, count: Any) -> None:
    """Squares of a plane over ``scale``, clipped, in steps of 1/256 plus one; 0 = a gap.

    They are added to ``total`` and counted in ``count``, both as whole numbers.
    """
    factor, most = np.float32(1 / scale), np.float32(clip)
    for i in range(left.shape[0]):
        for j in range(left.shape[1]):
            unit = min(abs(left[i, j] * factor), most)
            good = left[i, j] == left[i, j]
            squares[i, j] = np.int32(unit * unit * 256 + np.float32(0.5)) + 1 if good else 0
            total[i, j] += squares[i, j]
            count[i, j] += good


@njit(nogil=True, cache=True)
def forget(squares: Any, total: Any, count: Any) -> None:
    """Undo ``remember``."""
    for i in range(squares.shape[0]):
        for j in range(squares.shape[1]):
            total[i, j] -= squares[i, j]
            count[i, j] -= squares[i, j] > 0


@njit(nogil=True, cache=True)
def root_mean(total: Any, count: Any, least: int, floor: float, out: Any) -> None:
    """Root mean square of what is remembered, at least ``floor``; 1 with fewer than ``least``."""
    low, one = np.float32(floor), np.float32(1)
    for i in range(total.shape[0]):
        for j in range(total.shape[1]):
            mean = np.float32(total[i, j]) / (np.float32(256) * max(count[i, j], 1))
            out[i, j] = max(np.sqrt(mean), low) if count[i, j] >= least else one


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
def off_unclipped(values: Any, usual: Any, scale: Any, weights: Any, limits: Any, out: Any) -> None:
    """``off_forecast`` of the last date, from values clipped around what each pixel usually is.

    Args:
        values: (date, band, n), NaN = gap; the last date is the one that is judged.
        usual: (band, n), NaN = never seen.
        scale: (date, band) robust spreads.
        weights: (band, (date - 1) * band) whole numbers.
        limits: (clip in spreads, what a weight counts in).
        out: (band, n).
    """
    dates, bands = values.shape[0] - 1, values.shape[1]
    clip, unit = np.float32(limits[0]), limits[1]
    inputs = np.empty(dates * bands, np.float32)
    for n in range(values.shape[2]):
        for b in range(bands):
            level = usual[b, n] if usual[b, n] == usual[b, n] else np.float32(0)
            for date in range(dates):
                value, rim = values[date, b, n], clip * scale[date, b]
                inside = min(max(value, level - rim), level + rim) if value == value else level
                inputs[date * bands + b] = inside / scale[date, b]
        for b in range(bands):
            total = 0.0
            for k in range(dates * bands):
                total += weights[b, k] * inputs[k]
            out[b, n] = values[dates, b, n] - total / unit * scale[dates, b]
