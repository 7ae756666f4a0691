"""What ground usually does: how far values scatter on ground of one kind, robustly.

A place is compared with what lies around it and with ground as rough as it is, wherever that lies.
Both come as logarithms, and a line through them, fitted without its outliers, says what is typical.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, median_filter

from imagery.kernels import Float

AROUND_PX, STRIDE_PX = 44, 4  # window of the local level, and how finely it is sampled
LEVEL_PX = 8.0  # what is wider than that belongs to the ground
OFFSET = 0.1  # noise units: keeps logarithms finite
FIT_STEP, ROUNDS, OUTLIER = 5, 3, 2.5  # pixels left out, refits, natural logarithms

Pixels = NDArray[np.bool_]


def texture(light: Float, sigma: float) -> Float:
    """Logarithm of the typical step between neighbouring pixels.

    Args:
        light: (y, x) noise units, finite.
        sigma: Of the Gaussian over which steps are averaged, pixels.
    """
    down, right = np.gradient(light)
    energy = gaussian_filter(down * down + right * right, sigma)
    return np.asarray(np.log(np.sqrt(energy + OFFSET**4) + OFFSET), np.float32)


def level(values: Float, usable: Pixels) -> Float:
    """Smooth mean of the usable pixels around each, 0 where not usable."""
    share = gaussian_filter(usable.astype(np.float32), LEVEL_PX)
    total = gaussian_filter(np.where(usable, values, 0).astype(np.float32), LEVEL_PX)
    return np.asarray(np.where(usable, total / np.maximum(share, 1e-3), 0), np.float32)


def around(values: Float, usable: Pixels) -> Float:
    """Logarithm of the median of the absolute values around each pixel: (y, x)."""
    first = STRIDE_PX // 2
    cut = slice(first, None, STRIDE_PX)
    few, known = np.abs(values)[cut, cut], usable[cut, cut]
    few = np.where(known, few, np.median(few[known]) if known.any() else 1.0)
    medians = median_filter(few, size=AROUND_PX // STRIDE_PX, mode="nearest")
    places = [(np.arange(size) - first) / STRIDE_PX for size in values.shape]
    local = map_coordinates(medians, np.meshgrid(*places, indexing="ij"), order=1, mode="nearest")
    return np.asarray(np.log(local + OFFSET / 2), np.float32)


def typical(values: Float, usable: Pixels, features: tuple[Float, ...]) -> Float:
    """What a value is on ground with these features: a robust fit of its logarithm.

    Args:
        values: (y, x), not negative.
        usable: (y, x) True = a value.
        features: Of each pixel, logarithms of noise units.
    """
    planes = (np.ones_like(values), *features)
    rows = np.stack([plane[usable][::FIT_STEP] for plane in planes]).astype(np.float64)
    target = np.log(values[usable][::FIT_STEP].astype(np.float64) + OFFSET)
    kept = np.ones(len(target))
    for _ in range(ROUNDS + 1):
        # einsum and not a matrix product: BLAS adds up in an order that depends on its threads.
        normal = np.einsum("an,bn->ab", rows * kept, rows) + 1e-9 * len(target) * np.eye(len(rows))
        weights = np.linalg.solve(normal, np.einsum("an,n->a", rows * kept, target))
        kept = np.abs(target - np.einsum("a,an->n", weights, rows)) < OUTLIER
    fitted = sum(weight * plane for weight, plane in zip(weights, planes, strict=True))
    return np.asarray(np.exp(fitted), np.float32)
