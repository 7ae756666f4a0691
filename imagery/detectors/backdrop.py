"""Whether something of a planform stands in a zone on all dates, so that none shows it as new."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from imagery.detectors import planform
from imagery.detectors.planform import Bank
from imagery.detectors.shapes import Shape, fill
from imagery.detectors.sightings import window
from imagery.kernels import Float

LEAST_CONTRAST = 0.05
"""Reflectance of the object over its ground."""

LEAST_LIKENESS = 0.45
"""Correlation of the planform with the median image. Empty simulated aprons with their markings
reach .30; an aircraft that stands there half of the time exceeds it."""

EMPTY = 1e-9


def resembles(dates: Float, zone: NDArray[np.bool_], target: Shape, sizes: Bank) -> bool:
    """Whether the median of some dates shows an object like the target in a zone.

    Args:
        dates: (time, band, y, x) reflectance, NaN = unusable.
        zone: (y, x) True where its middle may lie.
        target: Planform.
        sizes: Its kernels.
    """
    if not zone.any() or not len(dates):
        return False
    rows, cols = window(zone)
    grey = dates[:, :, rows, cols].mean(axis=1)
    seen = np.isfinite(grey).any(axis=0)
    middle = np.full(seen.shape, np.nan, np.float32)
    middle[seen] = np.nanmedian(grey[:, seen], axis=0)
    layer = np.where(seen, middle - np.nanmean(middle), 0).astype(np.float32)
    answer = planform.answers(layer, reach_px=sizes.reach_px)
    inside = zone[rows, cols]
    pixel = (sizes.gsd_m, sizes.gsd_m)
    for heading, kernel in zip(sizes.headings_deg, sizes.kernels, strict=True):
        found = np.abs(answer(kernel))
        side = len(kernel)
        mean = uniform_filter(layer, side)
        energy = (uniform_filter(layer**2, side) - mean**2) * side**2
        likeness = found / np.sqrt(np.maximum(energy, EMPTY))
        share = np.pad(fill(target, heading_deg=heading, pixel_m=pixel), planform.SURROUND_PX)
        contrast = found / np.sqrt(((share - share.mean()) ** 2).sum())
        if (inside & (likeness >= LEAST_LIKENESS) & (contrast >= LEAST_CONTRAST)).any():
            return True
    return False
