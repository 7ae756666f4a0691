"""Chips as another airport, another day and another stretch would show them.

An airport that was never seen differs in what its pictures were stretched to, in the size of its
aircraft and in how they stand. Training therefore varies brightness, gamma, contrast, colour,
zoom and heading far more than one airport does. Position varies little: a partial aircraft is a
negative of this data set.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float32]

ZOOM = (0.75, 1.8)
"""Of the outlines: without it a model that never saw a long-haul fleet misses one."""

PLAIN = 0.3  # share of chips that are only turned and mirrored
TILT_RAD = 0.15
SHIFT_PX = 0.5
GAMMA, GAIN, BAND_GAIN = 0.18, 0.15, 0.036  # standard deviations of natural logarithms
OFFSET, BAND_OFFSET, NOISE = 0.05, 0.02, 0.01  # standard deviations, of full scale
GREY = 0.1  # share of chips without colour


def varied(chips: NDArray[np.uint8], rng: np.random.Generator) -> Float:
    """Draw another view of each chip.

    Args:
        chips: (n, y, x, 3) uint8.
        rng: Decides everything.

    Returns:
        (n, y, x, 3) float32, 0 to 1.
    """
    seen = np.empty(chips.shape, np.float32)
    _warp(chips, _turns(len(chips), rng), seen)
    return _relit(seen, rng)


def _turns(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n, 6) rows of the matrix and the shift that lead from a new pixel to an old one."""
    plain = rng.random(n) < PLAIN
    quarter = rng.integers(0, 4, n) * (np.pi / 2)
    angle = quarter + np.where(plain, 0, rng.normal(0, TILT_RAD, n))
    zoom = np.where(plain, 1, np.exp(rng.uniform(*np.log(ZOOM), n)))
    shift = np.where(plain[:, None], 0, rng.normal(0, SHIFT_PX, (n, 2)))
    mirror = rng.choice([-1.0, 1.0], n)
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    return np.column_stack([cos, -sin * mirror, sin, cos * mirror, shift])


def _relit(chips: Float, rng: np.random.Generator) -> Float:
    n = len(chips)
    each, band = (n, 1, 1, 1), (n, 1, 1, 3)
    gamma = np.exp(rng.normal(0, GAMMA, each))
    gain = np.exp(rng.normal(0, GAIN, each) + rng.normal(0, BAND_GAIN, band))
    offset = rng.normal(0, OFFSET, each) + rng.normal(0, BAND_OFFSET, band)
    lit = np.maximum(chips, np.float32(1e-4)) ** gamma.astype(np.float32)
    lit = lit * gain.astype(np.float32) + offset.astype(np.float32)
    lit += np.float32(NOISE) * rng.standard_normal(lit.shape, np.float32)
    grey = rng.random(n) < GREY
    lit[grey] = lit[grey].mean(axis=-1, keepdims=True)
    return np.clip(lit, 0, 1, dtype=np.float32)


@njit(nogil=True, cache=True)
def _warp(chips: Any, turns: Any, out: Any) -> None:
    """Bilinear, the border repeated; full scale becomes 1."""
    n, height, width, bands = chips.shape
    y_mid, x_mid = (height - 1) / 2, (width - 1) / 2
    for i in range(n):
        for row in range(height):
            for col in range(width):
                dy, dx = row - y_mid, col - x_mid
                y = turns[i, 0] * dy + turns[i, 1] * dx + y_mid + turns[i, 4]
                x = turns[i, 2] * dy + turns[i, 3] * dx + x_mid + turns[i, 5]
                y = min(max(y, 0.0), height - 1.001)
                x = min(max(x, 0.0), width - 1.001)
                top, left = int(y), int(x)
                down, right = y - top, x - left
                for band in range(bands):
                    upper = (1 - right) * chips[i, top, left, band]
                    upper += right * chips[i, top, left + 1, band]
                    lower = (1 - right) * chips[i, top + 1, left, band]
                    lower += right * chips[i, top + 1, left + 1, band]
                    out[i, row, col, band] = ((1 - down) * upper + down * lower) / 255
