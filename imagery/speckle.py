"""Less speckle from many dates, at full resolution, and the looks that are left after it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagery import looks
from imagery.errors import InputError
from imagery.sar_planes import add_share, box_mean

Float = NDArray[np.float32]
HALF_PX = 3
"""Half side of the 7 x 7 window of the local mean; also the overlap that a chunk needs."""


def local_mean(plane: Float, *, half_px: int = HALF_PX) -> Float:
    """Mean of the usable pixels of a square; NaN where the pixel itself has no value.

    Args:
        plane: (y, x) float32, NaN = unusable.
        half_px: Half side of the square, pixels; also the overlap that a chunk needs.
    """
    out = np.empty_like(plane)
    box_mean(plane, half_px, out)
    return out


def filtered(stack: Float) -> Float:
    """Each date's local mean, times what all dates of the pixel say over their local means.

    A pixel keeps its own detail where all dates have it. A change smaller than the window leaks
    into the other dates: this is for looking and for bright scatterers, and a test on it must use
    the looks that ``looks_left`` measures, not those before.

    Args:
        stack: (time, pol, y, x) float32, linear, NaN = unusable; one relative orbit.

    Returns:
        The same shape. The same in every chunk with ``HALF_PX`` of overlap.

    Raises:
        InputError: it is no series.

    Source: Quegan & Yu 2001, doi:10.1109/36.964973, with equal weights.
    """
    if stack.ndim != 4 or len(stack) < 2:
        raise InputError("series", stack.shape, "(time, pol, y, x) of two dates or more")
    result = np.empty(stack.shape, np.float32)
    for band in range(stack.shape[1]):
        means = result[:, band]
        total = np.zeros(stack.shape[2:], np.float32)
        count = np.zeros(stack.shape[2:], np.float32)
        for date in range(len(stack)):
            means[date] = local_mean(stack[date, band])
            add_share(stack[date, band], means[date], total, count)
        with np.errstate(divide="ignore", invalid="ignore"):
            detail = total / count
        means *= detail
    return result


def looks_left(power: Float) -> looks.Looks:
    """Looks of one filtered date and polarisation (y, x), measured within its even blocks.

    Raises:
        UntrustedError: too few even blocks.
    """
    return looks.of_scene(power)
