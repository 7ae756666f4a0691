"""Mean and spread of several planes over one ring of usable pixels, as ``cfar`` measures them.

A picture of several bands has one mask, and nobody asks for the sides of its rings: what is left
is a third of the work, summed in the same order, so the figures are the same, bit for bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from imagery.detectors.cfar import LEAST_CELLS, Window
from imagery.errors import InputError

Float = NDArray[np.float32]


def surround(planes: Float, usable: NDArray[np.bool_], *, window: Window) -> tuple[Float, Float]:
    """Measure the ring of every pixel, usable or not.

    Args:
        planes: (band, y, x) float32, finite where usable.
        usable: (y, x) True = background.
        window: The ring.

    Returns:
        (band, y, x) each: mean and standard deviation; NaN where the ring holds fewer than
        ``LEAST_CELLS``.

    Raises:
        InputError: the two differ in shape.
    """
    if planes.shape[1:] != usable.shape:
        raise InputError("usable sea", usable.shape, f"the shape {planes.shape[1:]} of the image")
    mean, spread = (np.full(planes.shape, np.nan, np.float32) for _ in range(2))
    values = np.where(usable, planes, np.float32(0))
    _measure(values, usable, (window.guard_px, window.reach_px), mean, spread)
    return mean, spread


@njit(nogil=True, cache=True)
def _measure(values: Any, usable: Any, ring: Any, mean: Any, spread: Any) -> None:
    (guard, reach), (bands, height, width) = ring, values.shape
    # Above, beside and below the guard; the count, then sum and sum of squares of each band.
    columns = np.zeros((3, 1 + 2 * bands, width + 2 * reach))
    around = np.zeros((1 + 2 * bands, width))
    for i in range(height):
        columns[:] = 0
        for k in range(max(i - reach, 0), min(i + reach + 1, height)):
            place = 0 if k < i - guard else (1 if k <= i + guard else 2)
            _add_row(values[:, k], usable[k], columns[place, :, reach:])
        around[:] = 0
        for part in range(1 + 2 * bands):
            above, level, below = columns[0, part], columns[1, part], columns[2, part]
            _add_across(above, level, below, (guard, reach), around[part])
        for j in range(width):
            count = around[0, j]
            if count < LEAST_CELLS:
                continue
            for b in range(bands):
                average = around[1 + 2 * b, j] / count
                variance = around[2 + 2 * b, j] / count - average * average
                mean[b, i, j] = average
                spread[b, i, j] = np.sqrt(max(variance, 0.0))


@njit(nogil=True, cache=True, inline="always")
def _add_row(row: Any, usable: Any, columns: Any) -> None:
    for j in range(usable.size):
        columns[0, j] += usable[j]
    for b in range(row.shape[0]):
        line, total, squares = row[b], columns[1 + 2 * b], columns[2 + 2 * b]
        for j in range(usable.size):
            value = np.float64(line[j])
            total[j] += value
            squares[j] += value * value


@njit(nogil=True, cache=True, inline="always")
def _add_across(above: Any, level: Any, below: Any, ring: Any, out: Any) -> None:
    (guard, reach), width = ring, out.size
    for k in range(2 * reach + 1):
        high, low = above[k : k + width], below[k : k + width]
        if reach - guard <= k <= reach + guard:
            for j in range(width):
                out[j] += high[j] + low[j]
        else:
            beside = level[k : k + width]
            for j in range(width):
                out[j] += high[j] + beside[j] + low[j]
