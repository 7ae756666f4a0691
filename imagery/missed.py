"""Cloud that no quality layer marked: told by what is left of a date over its forecast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery import series_kernels
from imagery.kernels import Float

CLOUD_WIDTH_PX = 9
"""A white anomaly that holds such a square is wider than the body of any aircraft or vessel at
10 m: cloud that the quality layer missed."""

CLOUD_RIM_PX = 3
CLOUD_CONTRAST = 0.02
"""Reflectance; thinner haze is left to the spread of its date."""

CLOUD_WHITE = 0.4
"""Least share that the weakest visible band has of the strongest: soil and crops are below it."""

VISIBLE = ("blue", "green", "red")


def missed_cloud(left: Float, bands: tuple[str, ...]) -> NDArray[np.bool_]:
    """Bright, white and wide anomalies with a rim, and what fades out of a masked cloud.

    Args:
        left: (band, y, x) residual reflectance, NaN = unusable.
        bands: Canonical names; nothing is called cloud without the visible ones.

    Returns:
        (y, x) True = not to be used.
    """
    nothing = np.zeros(left.shape[1:], bool)
    if not set(VISIBLE) <= set(bands):
        return nothing
    visible = left[[bands.index(name) for name in VISIBLE]]
    hidden = _wide(np.asarray(np.isnan(left).any(axis=0)))
    bright = np.count_nonzero((visible > CLOUD_CONTRAST / 2).all(axis=0))
    if bright < CLOUD_WIDTH_PX**2 // 2 and not hidden.any():
        return nothing
    smooth, length = np.empty_like(visible), np.empty_like(visible[0])
    series_kernels.mean_of_nine(visible, smooth, length)
    low, high = smooth.min(axis=0), smooth.max(axis=0)
    rim = _fading(hidden, (low > CLOUD_CONTRAST / 2) | (high < -CLOUD_CONTRAST / 2))
    white = np.asarray((low > CLOUD_WHITE * high) & (low > CLOUD_CONTRAST))
    core = _wide(white)
    if not core.any():
        return rim
    whole = ndimage.binary_propagation(core, mask=low > CLOUD_CONTRAST / 2)
    return np.asarray(rim | ndimage.binary_dilation(whole, iterations=CLOUD_RIM_PX))


def _wide(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a mask holds squares of ``CLOUD_WIDTH_PX``."""
    if np.count_nonzero(mask) < CLOUD_WIDTH_PX**2:
        return np.zeros_like(mask)
    square = ndimage.uniform_filter(mask.astype(np.float32), CLOUD_WIDTH_PX, mode="constant")
    return np.asarray(ndimage.maximum_filter(square > 1 - 1e-3, CLOUD_WIDTH_PX))


def _fading(hidden: NDArray[np.bool_], unlike: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rim of a masked cloud or shadow: what differs from the forecast and hangs on to it."""
    if not hidden.any():
        return hidden
    start = ndimage.binary_dilation(hidden, iterations=CLOUD_RIM_PX)
    whole = ndimage.binary_propagation(start, mask=start | unlike) & ~start
    return np.asarray(start | ndimage.binary_dilation(whole, iterations=CLOUD_RIM_PX))
