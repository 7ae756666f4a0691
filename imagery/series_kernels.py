"""The inner loops over a stack of dates, compiled; sums are exact or in one fixed order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

FINE_STEPS = 2.0**20  # parts of a unit of reflectance in the sums of a surround


@njit(nogil=True, cache=True)
def off_surround(plane: Any, radius: int, out: Any) -> None:
    """``out = plane - mean of its usable square``, summed in whole steps: exact in any order."""
    height, width = plane.shape
    totals, counts = np.zeros(width, np.int64), np.zeros(width, np.int64)
    # Sums along the row; before it lies nothing, after it nothing is added.
    total = np.zeros(width + 2 * radius + 1, np.int64)
    count = np.zeros_like(total)
    for i in range(-radius, height):
        if i + radius < height:
            _add_row(plane[i + radius], 1, totals, counts)
        if i - radius - 1 >= 0:
            _add_row(plane[i - radius - 1], -1, totals, counts)
        if i < 0:
            continue
        _add_up(totals, radius, total)
        _add_up(counts, radius, count)
        left, right = total[:width], total[2 * radius + 1 :]
        fewer, more = count[:width], count[2 * radius + 1 :]
        for j in range(width):
            mean = (right[j] - left[j]) / (max(more[j] - fewer[j], 1) * FINE_STEPS)
            out[i, j] = plane[i, j] - np.float32(mean)


@njit(nogil=True, cache=True)
def off_halo(plane: Any, core: Any, radius: int, out: Any) -> None:
    """``plane`` as it would be had ``core`` no share in the means of the squares around it.

    What of ``plane`` is ``core`` is taken out, its own surround is taken off it as
    ``off_surround`` does, and put back. Far from any core nothing changes.
    """
    height, width = plane.shape
    totals, total = np.zeros(width, np.int64), np.zeros(width + 2 * radius + 1, np.int64)
    held = np.zeros(height, np.int64)
    for i in range(height):
        held[i] = core[i].sum()
    for i in range(-radius, height):
        top, bottom = max(i - radius, 0), min(i + radius + 1, height)
        if i + radius < height and held[i + radius]:
            _add_core(plane[i + radius], core[i + radius], 1, totals)
        if i - radius - 1 >= 0 and held[i - radius - 1]:
            _add_core(plane[i - radius - 1], core[i - radius - 1], -1, totals)
        if i < 0:
            continue
        if not held[top:bottom].any():
            out[i] = plane[i]
            continue
        _add_up(totals, radius, total)
        left, right = total[:width], total[2 * radius + 1 :]
        for j in range(width):
            across = min(j + radius + 1, width) - max(j - radius, 0)
            mean = np.float32((right[j] - left[j]) / ((bottom - top) * across * FINE_STEPS))
            taken = plane[i, j] if core[i, j] and plane[i, j] == plane[i, j] else np.float32(0)
            out[i, j] = plane[i, j] + (taken - (taken - mean))


@njit(nogil=True, cache=True, inline="always")
def _add_row(row: Any, sign: int, totals: Any, counts: Any) -> None:
    for j in range(row.size):
        good = row[j] == row[j]
        totals[j] += sign * np.int64(row[j] * FINE_STEPS) if good else 0
        counts[j] += sign if good else 0


@njit(nogil=True, cache=True, inline="always")
def _add_core(row: Any, core: Any, sign: int, totals: Any) -> None:
    for j in range(row.size):
        good = core[j] and row[j] == row[j]
        totals[j] += sign * np.int64(row[j] * FINE_STEPS) if good else 0


@njit(nogil=True, cache=True, inline="always")
def _add_up(row: Any, radius: int, out: Any) -> None:
    """Running sums of a row, from ``out[radius + 1]`` on; the last is repeated to the end."""
    total = np.int64(0)
    for j in range(row.size):
        total += row[j]
        out[radius + 1 + j] = total
    out[radius + 1 + row.size :] = total


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
    most, row = np.empty_like(plane), np.empty(width + 2, np.float32)
    left, here, right = row[:width], row[1 : width + 1], row[2:]
    for i in range(height):
        up, level, down = plane[max(i - 1, 0)], plane[i], plane[min(i + 1, height - 1)]
        for j in range(width):
            here[j] = max(up[j], level[j], down[j])
        row[0], row[width + 1] = here[0], here[width - 1]
        for j in range(width):
            most[i, j] = max(left[j], here[j], right[j])
    for i in range(height):
        up, level, down = most[max(i - 1, 0)], most[i], most[min(i + 1, height - 1)]
        for j in range(width):
            here[j] = (up[j] + 2.0 * level[j] + down[j]) * 0.25
        row[0], row[width + 1] = here[0], here[width - 1]
        for j in range(width):
            near = np.float32((left[j] + 2.0 * here[j] + right[j]) * 0.25)
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


@njit(nogil=True, cache=True, error_model="numpy")
def root_mean(total: Any, count: Any, least: int, floor: float, out: Any) -> None:
    """Root mean square of what is remembered, at least ``floor``; 1 with fewer than ``least``."""
    low, one = np.float32(floor), np.float32(1)
    for i in range(total.shape[0]):
        for j in range(total.shape[1]):
            root = np.sqrt(np.float64(np.float32(total[i, j])) / (256.0 * count[i, j]))
            out[i, j] = max(np.float32(root), low) if count[i, j] >= least else one


@njit(nogil=True, cache=True)
def mixed(planes: Any, weights: Any, out: Any) -> None:
    """``out[i] = sum of weights[i, k] * planes[k]``, (band, y, x), summed in order of k."""
    bands, height, width = planes.shape
    for i in range(bands):
        for row in range(height):
            for j in range(width):
                out[i, row, j] = weights[i, 0] * planes[0, row, j]
            for k in range(1, bands):
                for j in range(width):
                    out[i, row, j] += weights[i, k] * planes[k, row, j]


@njit(nogil=True, cache=True)
def products(left: Any, spread: Any, step: int, most: float, steps: float) -> Any:
    """Sums of the products of bands, and of how many pixels: exact, in any order.

    Every ``step``-th row and column of ``left / spread``, clipped, in whole parts of a unit;
    pixels with a gap in any band do not count.

    Args:
        left, spread: (band, y, x).
        step: Of the sample.
        most: Units at which is clipped.
        steps: Parts of a unit.

    Returns:
        (band, band) int64, and the number of pixels.
    """
    bands, height, width = left.shape
    total, pixel = np.zeros((bands, bands), np.int64), np.zeros(bands, np.int64)
    low, high, many = np.float32(-most), np.float32(most), 0
    for i in range(0, height, step):
        for j in range(0, width, step):
            good = True
            for b in range(bands):
                value = left[b, i, j] / spread[b, i, j]
                good = good and value == value
                unit = np.float64(min(max(value, low), high)) * steps
                pixel[b] = np.int64(np.rint(unit)) if good else 0
            if not good:
                continue
            many += 1
            for b in range(bands):
                for c in range(bands):
                    total[b, c] += pixel[b] * pixel[c]
    return total, many
