"""The inner loops of the change scores, compiled: plain loops over float32 planes.

A pixel's result depends on its neighbourhood alone and is summed in a fixed order, so it is the
same whatever chunk it is computed in. Running sums are therefore kept in integers, and block
means are aligned to the grid, not to the chunk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float32]
Mask = NDArray[np.uint8]

ABSENT = np.float32(1e9)
"""Stands for an unusable pixel in planes of noise units: far from everything real."""

LARGEST = np.float32(1e6)
"""Noise units; nothing real is brighter, and it still fits 32-bit steps."""

FIXED_POINT = 256.0
"""Steps per noise unit in integer sums."""

BLOCK = 4
"""Side of the block means that wide smoothing starts from, pixels."""


def gaussian_weights(sigma: float) -> Float:
    """One side of a Gaussian cut at 3.5 sigma: weights at distance 0, 1, 2..., full sum 1."""
    distance = np.arange(int(3.5 * sigma + 0.5) + 1)
    weights = np.exp(-0.5 * (distance / sigma) ** 2)
    return np.asarray(weights / (weights[0] + 2 * weights[1:].sum()), np.float32)


@njit(nogil=True, cache=True)
def standardize(values: Any, usable: Any, coefficients: Any, out: Any) -> None:
    """``out = gain * sqrt(max(values, 0) + stabilizer) + offset``, ``ABSENT`` where not usable."""
    stabilizer, gain, offset = coefficients
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            value = max(values[i, j], np.float32(0)) + stabilizer
            root = min(max(gain * np.sqrt(value) + offset, -LARGEST), LARGEST)
            out[i, j] = root if usable[i, j] else ABSENT


@njit(nogil=True, cache=True)
def add_nearest_squared(x: Any, y: Any, forward: Any, backward: Any) -> None:
    """Add to ``forward`` the squared distance of each x to the nearest y of its 3 x 3; and back."""
    for i in range(1, x.shape[0] - 1):
        for j in range(1, x.shape[1] - 1):
            here, there = x[i, j], y[i, j]
            nearest_y = abs(here - y[i - 1, j - 1])
            nearest_x = abs(there - x[i - 1, j - 1])
            nearest_y = min(nearest_y, abs(here - y[i - 1, j]))
            nearest_x = min(nearest_x, abs(there - x[i - 1, j]))
            nearest_y = min(nearest_y, abs(here - y[i - 1, j + 1]))
            nearest_x = min(nearest_x, abs(there - x[i - 1, j + 1]))
            nearest_y = min(nearest_y, abs(here - y[i, j - 1]))
            nearest_x = min(nearest_x, abs(there - x[i, j - 1]))
            nearest_y = min(nearest_y, abs(here - there))
            nearest_x = min(nearest_x, abs(here - there))
            nearest_y = min(nearest_y, abs(here - y[i, j + 1]))
            nearest_x = min(nearest_x, abs(there - x[i, j + 1]))
            nearest_y = min(nearest_y, abs(here - y[i + 1, j - 1]))
            nearest_x = min(nearest_x, abs(there - x[i + 1, j - 1]))
            nearest_y = min(nearest_y, abs(here - y[i + 1, j]))
            nearest_x = min(nearest_x, abs(there - x[i + 1, j]))
            nearest_y = min(nearest_y, abs(here - y[i + 1, j + 1]))
            nearest_x = min(nearest_x, abs(there - x[i + 1, j + 1]))
            forward[i, j] += nearest_y * nearest_y
            backward[i, j] += nearest_x * nearest_x


@njit(nogil=True, cache=True)
def add_squared(x: Any, y: Any, total: Any) -> None:
    """Add the squared difference of each pixel to ``total``."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            difference = y[i, j] - x[i, j]
            total[i, j] += difference * difference


@njit(nogil=True, cache=True)
def subtract_box_mean(plane: Any, usable: Any, radius: int, gain: float, out: Any) -> None:
    """``out = gain * (plane - mean of its usable square)``, exact in steps of 1 / FIXED_POINT."""
    height, width = plane.shape
    steps = np.empty((height, width), np.int32)
    for i in range(height):
        for j in range(width):
            value = plane[i, j] * np.float32(FIXED_POINT)
            steps[i, j] = np.int32(np.rint(value)) if usable[i, j] else 0
    totals = np.zeros(width, np.int64)
    counts = np.zeros(width, np.int64)
    for i in range(-radius, height):
        enters, leaves = i + radius, i - radius - 1
        if enters < height:
            for j in range(width):
                totals[j] += steps[enters, j]
                counts[j] += usable[enters, j]
        if leaves >= 0:
            for j in range(width):
                totals[j] -= steps[leaves, j]
                counts[j] -= usable[leaves, j]
        if i < 0:
            continue
        total, count = np.int64(0), np.int64(0)
        for j in range(min(radius, width)):
            total += totals[j]
            count += counts[j]
        for j in range(width):
            if j + radius < width:
                total += totals[j + radius]
                count += counts[j + radius]
            if j - radius - 1 >= 0:
                total -= totals[j - radius - 1]
                count -= counts[j - radius - 1]
            if usable[i, j]:
                mean = np.float32(total / (count * FIXED_POINT))
                out[i, j] = np.float32(gain) * (plane[i, j] - mean)
            else:
                out[i, j] = ABSENT


@njit(nogil=True, cache=True)
def smooth(planes: Any, weights: Any, spare: Any) -> None:
    """Convolve each plane with a separable symmetric kernel, in place; zero beyond the edge."""
    count, height, width = planes.shape
    radius = weights.size - 1
    for p in range(count):
        plane = planes[p]
        for i in range(height):
            for j in range(width):
                spare[i, j] = weights[0] * plane[i, j]
            for k in range(1, radius + 1):
                weight = weights[k]
                if i >= k:
                    for j in range(width):
                        spare[i, j] += weight * plane[i - k, j]
                if i + k < height:
                    for j in range(width):
                        spare[i, j] += weight * plane[i + k, j]
        for i in range(height):
            for j in range(width):
                plane[i, j] = weights[0] * spare[i, j]
            for k in range(1, radius + 1):
                weight = weights[k]
                for j in range(k, width):
                    plane[i, j] += weight * spare[i, j - k]
                for j in range(width - k):
                    plane[i, j] += weight * spare[i, j + k]


@njit(nogil=True, cache=True)
def block_sums(plane: Any, out: Any) -> None:
    """Sums over aligned ``BLOCK`` x ``BLOCK`` pixels; the plane is a whole number of blocks."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            total = np.float32(0)
            for k in range(BLOCK):
                for m in range(BLOCK):
                    total += plane[i * BLOCK + k, j * BLOCK + m]
            out[i, j] = total


@njit(nogil=True, cache=True)
def between_blocks(coarse: Any, step: int, place: Any, out: Any) -> None:
    """Bilinear values at pixels from values at block centres, held at the outermost centres.

    Args:
        coarse: Values at the centres of blocks of ``step`` pixels.
        step: Side of a block.
        place: (row, col) of ``out[0, 0]`` counted from the first pixel of the first block.
        out: Filled, (y, x).
    """
    last_row, last_col = coarse.shape[0] - 1, coarse.shape[1] - 1
    for i in range(out.shape[0]):
        v = (place[0] + i + 0.5) / step - 0.5
        v = min(max(v, 0.0), float(last_row))
        row = min(int(v), max(last_row - 1, 0))
        below = np.float32(v - row)
        next_row = min(row + 1, last_row)
        for j in range(out.shape[1]):
            u = (place[1] + j + 0.5) / step - 0.5
            u = min(max(u, 0.0), float(last_col))
            col = min(int(u), max(last_col - 1, 0))
            right = np.float32(u - col)
            next_col = min(col + 1, last_col)
            top = coarse[row, col] + right * (coarse[row, next_col] - coarse[row, col])
            low = coarse[next_row, col] + right * (
                coarse[next_row, next_col] - coarse[next_row, col]
            )
            out[i, j] = top + below * (low - top)
