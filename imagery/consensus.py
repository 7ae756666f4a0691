"""Many tile shifts -> one field: robust, an affine only where a translation is not enough.

Source: iteratively reweighted least squares with the biweight, Holland & Welsch 1977, Robust
regression using iteratively reweighted least-squares, doi:10.1080/03610927708827533.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Points = NDArray[np.float64]

AFFINE_MIN_TILES = 12
AFFINE_P = 1e-3  # F-test against the translation
AFFINE_MIN_PX = 0.05  # ... and some corner must move by at least that
TUKEY = 4.685  # 95 % efficiency on Gaussian residuals
MEDIAN_RADIUS = 1.1774  # median radius of a 2-D Gaussian of unit sigma (Rayleigh)
FLOOR_PX = 0.01  # spread per axis that no pair of scenes beats; keeps the weights finite
ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Fit:
    """A shift field ``(dy, dx) = (1, y, x) @ coefficients`` over unit coordinates of the grid.

    Attributes:
        coefficients: (1, 2) for a translation or (3, 2) for an affine, px. Unit coordinates are
            (index - centre) / half side, so the corners are at +-1.
        weights: (n,) biweights of the tiles, 0 = rejected.
        spread_px: Robust standard deviation of the tiles about the field, per axis.
        standard_error_px: Of the field at the worst corner, per axis.
    """

    coefficients: Points
    weights: Points
    spread_px: float
    standard_error_px: float


def agree(points: Points, shape: tuple[int, int], *, independent: float) -> Fit:
    """Fit a translation, and an affine where it explains significantly more.

    Args:
        points: (n, 4) row, col, dy, dx: where a tile stands and its shift, px; finite.
        shape: (rows, cols) of the grid.
        independent: Share of the tiles that count as independent, 0 to 1: overlap lowers it.
    """
    translation = _fit(points, shape, terms=1, independent=independent)
    kept = points[translation.weights > 0]
    if len(kept) < AFFINE_MIN_TILES:
        return translation
    affine = _fit(points, shape, terms=3, independent=independent)
    bend = float(np.abs(affine.coefficients[1:]).sum(axis=0).max())
    if bend >= AFFINE_MIN_PX and _explains_more(translation, affine, len(points) * independent):
        return affine
    return translation


def unit(places: Points, shape: tuple[int, int]) -> Points:
    """(n, 3) columns 1, y, x: pixel indices (row, col) as -1 to 1 across the grid."""
    half = np.maximum((np.array(shape) - 1) / 2, 0.5)
    return np.column_stack([np.ones(len(places)), places / half - (np.array(shape) - 1) / 2 / half])


def _fit(points: Points, shape: tuple[int, int], *, terms: int, independent: float) -> Fit:
    design, shifts = unit(points[:, :2], shape)[:, :terms], points[:, 2:]
    field = np.zeros((terms, 2))
    field[0] = np.median(shifts, axis=0)
    spread = FLOOR_PX
    weights = np.ones(len(points))
    for _ in range(ROUNDS):
        distance = np.hypot(*(shifts - design @ field).T)
        freedom = math.sqrt(len(points) / max(len(points) - terms, 1))
        spread = max(float(np.median(distance)) / MEDIAN_RADIUS * freedom, FLOOR_PX)
        weights = np.clip(1 - (distance / (TUKEY * spread)) ** 2, 0, None) ** 2
        root = np.sqrt(weights)[:, None]
        field = np.linalg.lstsq(root * design, root * shifts, rcond=None)[0]
    corners = np.array([(1, y, x) for y in (-1, 1) for x in (-1, 1)])[:, :terms]
    inverse = np.linalg.pinv(design.T @ (weights[:, None] * design) * independent)
    leverage = np.einsum("ni,ij,nj->n", corners, inverse, corners).max()
    return Fit(field, weights, spread, spread * math.sqrt(leverage))


def _explains_more(simple: Fit, rich: Fit, n: float) -> bool:
    """F-test of two robust spreads over ``n`` independent tiles, two axes each."""
    free = 2 * n - 6
    if free <= 0:
        return False
    before, after = simple.spread_px**2 * (2 * n - 2), rich.spread_px**2 * free
    ratio = max(before - after, 0) / 4 / (after / free)
    return bool(stats.f.sf(ratio, 4, free) < AFFINE_P)
