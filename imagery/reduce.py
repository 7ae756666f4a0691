"""Large rasters made small enough to look at, piece by piece."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

LONG_SIDE_PX = 1600


def reduction(shape: tuple[int, int]) -> int:
    """How many pixels of the grid, along each side, become one of a picture.

    A power of two, so that its squares tile the chunks that the pixels arrive in.

    >>> reduction((10980, 10980)), reduction((799, 785))
    (8, 1)
    """
    return 1 << max(0, math.ceil(math.log2(max(shape) / LONG_SIDE_PX)))


def averaged(image: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Mean of the pixels that are not NaN in squares of ``factor``, (band, y, x) -> (band, y, x).

    Squares cut by the lower or right edge average what is left of them.
    """
    if factor == 1:
        return image
    *rest, height, width = image.shape
    means = np.empty((*rest, -(-height // factor), -(-width // factor)), np.float32)
    flat = means.reshape(-1, *means.shape[-2:])
    for band, out in zip(image.reshape(-1, height, width), flat, strict=True):
        _means(band, factor, out)
    return means


@njit(nogil=True, cache=True)
def _means(band: Any, factor: int, out: Any) -> None:
    for row in range(out.shape[0]):
        for col in range(out.shape[1]):
            total, n = 0.0, 0
            for i in range(row * factor, min((row + 1) * factor, band.shape[0])):
                for j in range(col * factor, min((col + 1) * factor, band.shape[1])):
                    if not np.isnan(band[i, j]):
                        total += band[i, j]
                        n += 1
            out[row, col] = total / n if n else np.nan


def squares(array: NDArray[Any], factor: int, *, fill: float) -> NDArray[Any]:
    """(..., y, x) -> (..., rows, factor, cols, factor), grown with ``fill`` to whole squares."""
    *rest, height, width = array.shape
    grow = [(0, 0)] * len(rest) + [(0, -height % factor), (0, -width % factor)]
    grown = np.pad(array, grow, constant_values=fill)
    return grown.reshape(
        *rest, grown.shape[-2] // factor, factor, grown.shape[-1] // factor, factor
    )
