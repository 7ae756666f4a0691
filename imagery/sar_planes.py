"""The inner loops of radar over one date, compiled: fixed stencils around each pixel.

Sums run in one fixed order and never on from pixel to pixel, so a result is the same, bit for bit,
in every chunk that brings the overlap named with the function. Nothing is shared between threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def box_mean(plane: Any, half: int, out: Any) -> None:
    """Mean of the usable pixels of a square, side 2 half + 1; NaN where the pixel is. Reach: half.

    Sums run down the columns, then across; where a gap spoils one, it is summed again in the same
    order without it.
    """
    height, width = plane.shape
    across = np.empty(width, np.float32)
    filled, total = np.zeros(width + 2 * half, np.float32), np.empty(width, np.float32)
    rows = 0
    for i in range(height):
        low, high = max(i - half, 0), min(i + half + 1, height)
        filled[half : half + width] = plane[low]
        for k in range(low + 1, high):
            for j in range(width):
                filled[j + half] += plane[k, j]
        total[:] = filled[:width]
        for k in range(1, 2 * half + 1):
            for j in range(width):
                total[j] += filled[j + k]
        if high - low != rows:
            rows = high - low
            _shares(rows, half, across)
        for j in range(width):
            out[i, j] = total[j] * across[j]
        for j in range(width):
            if out[i, j] != out[i, j]:
                out[i, j] = _gap_mean(plane, i, j, half)


@njit(nogil=True, cache=True)
def _shares(rows: int, half: int, out: Any) -> None:
    for j in range(out.size):
        wide = min(j + half + 1, out.size) - max(j - half, 0)
        out[j] = np.float32(1) / np.float32(rows * wide)


@njit(nogil=True, cache=True)
def _gap_mean(plane: Any, i: int, j: int, half: int) -> Any:
    if plane[i, j] != plane[i, j]:
        return np.float32(np.nan)
    total, count = np.float32(0), 0
    for n in range(max(j - half, 0), min(j + half + 1, plane.shape[1])):
        column = np.float32(0)
        for k in range(max(i - half, 0), min(i + half + 1, plane.shape[0])):
            if plane[k, n] == plane[k, n]:
                column += plane[k, n]
                count += 1
        total += column
    return total * (np.float32(1) / np.float32(count))


@njit(nogil=True, cache=True)
def add_share(plane: Any, mean: Any, total: Any, count: Any) -> None:
    """Add each usable pixel over its local mean to ``total``, and count it."""
    zero, one = np.float32(0), np.float32(1)
    for i in range(plane.shape[0]):
        for j in range(plane.shape[1]):
            share = plane[i, j] / max(mean[i, j], np.float32(1e-30))
            good = share == share
            total[i, j] += share if good else zero
            count[i, j] += one if good else zero


@njit(nogil=True, cache=True)
def total_variation(plane: Any, weight: float, steps: int, work: Any, out: Any) -> None:
    """Least-squares fit to a plane with a price on its total variation. Reach: 2 ``steps`` px.

    A fixed number of accelerated projected-gradient steps on the dual. ``work`` is (6, y, x)
    float32 scratch: the dual field, its forerunner and the extrapolated field, twice each.

    Source: Rudin, Osher & Fatemi 1992, doi:10.1016/0167-2789(92)90242-F; the steps of Beck &
    Teboulle 2009, doi:10.1109/TIP.2009.2028250.
    """
    work[:] = np.float32(0)
    momentum = 1.0
    for _ in range(steps):
        _primal(plane, weight, work[4], work[5], out)
        further = (1 + np.sqrt(1 + 4 * momentum * momentum)) / 2
        _dual(out, weight, np.float32((momentum - 1) / further), work)
        momentum = further
    _primal(plane, weight, work[0], work[1], out)


@njit(nogil=True, cache=True)
def _primal(plane: Any, weight: float, down: Any, right: Any, out: Any) -> None:
    """``out = plane + weight * divergence`` of the dual field."""
    height, width = plane.shape
    scale = np.float32(weight)
    for i in range(height):
        for j in range(width):
            total = down[i, j] + right[i, j]
            if i > 0:
                total -= down[i - 1, j]
            if j > 0:
                total -= right[i, j - 1]
            out[i, j] = plane[i, j] + scale * total


@njit(nogil=True, cache=True)
def _dual(now: Any, weight: float, ahead: Any, work: Any) -> None:
    """A gradient step from the extrapolated field, back onto the unit disk, and extrapolate."""
    height, width = now.shape
    step, one, zero = np.float32(1 / (8 * weight)), np.float32(1), np.float32(0)
    for i in range(height):
        for j in range(width):
            here = now[i, j]
            down = work[4, i, j] + step * (now[i + 1, j] - here if i + 1 < height else zero)
            right = work[5, i, j] + step * (now[i, j + 1] - here if j + 1 < width else zero)
            long = np.sqrt(down * down + right * right)
            shrink = one / max(one, long)
            down *= shrink
            right *= shrink
            work[4, i, j] = down + ahead * (down - work[0, i, j])
            work[5, i, j] = right + ahead * (right - work[1, i, j])
            work[0, i, j] = down
            work[1, i, j] = right
