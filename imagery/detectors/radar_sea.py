"""The water of a radar series and the ships on it, pass by pass.

The median of an orbit's passes shows water as the darker of two levels and what always stands in
it. Polarisations are added up in units of the sea, so that neither drowns the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from imagery.detectors import radar_ships
from imagery.detectors.radar_ships import Level, Ship

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_PASSES = 5
"""Without which a median still holds the ships of single passes."""
LEAST_WATER_M2 = 250_000.0
"""Smaller dark patches may be runways, car parks or fields."""
LEAST_SEPARABILITY = 0.65
"""Share of the variance of the logarithm that two levels explain; one surface reaches .64."""
PER_KM2 = 0.05
"""False alarms for each square kilometre of open water that the threshold promises."""


@dataclass(frozen=True, slots=True)
class Sea:
    """Water as one orbit sees it.

    Attributes:
        water: (y, x) True = water.
        structures: (y, x) True = always stands out of it.
        median: (y, x) float32, of the passes, in units of the sea.
        units: (pol,) median power of open water.
    """

    water: Mask
    structures: Mask
    median: Float
    units: Float

    @property
    def near(self) -> Mask:
        """(y, x) True = water too close to land or a structure for a background."""
        return radar_ships.near(self.water, self.structures)

    def in_units(self, power: Float) -> Float:
        """(y, x) of (pol, y, x): the mean over polarisations, 1 = sea."""
        return np.asarray((power / self.units[:, None, None]).mean(axis=0), np.float32)


@dataclass(frozen=True, slots=True)
class Look:
    """One pass over the water.

    Attributes:
        ships: On open water, in raster order.
        moored: Near a structure or the shore, brighter than usual there.
        level: Operating point.
        scores: (y, x) float32 of open water.
    """

    ships: tuple[Ship, ...]
    moored: tuple[Ship, ...]
    level: Level
    scores: Float


def find_sea(median: Float, *, pixel_m: tuple[float, float]) -> Sea | None:
    """The water of a place; None where there is none wide enough, or nothing but water.

    Args:
        median: (pol, y, x) float32, of the passes of one orbit.
        pixel_m: (height, width) of a pixel, metres.

    Source: Otsu 1979, doi:10.1109/TSMC.1979.4310076.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(median).mean(axis=0)
    known = np.isfinite(logs)
    if np.count_nonzero(known) < 1000:
        return None
    smooth = ndimage.median_filter(np.where(known, logs, np.nanmax(logs[known])), 5)
    threshold = float(threshold_otsu(smooth[known]))
    dark = known & (smooth < threshold)
    if _separability(smooth[known], threshold) < LEAST_SEPARABILITY:
        return None
    labels, _ = ndimage.label(dark)
    large = np.bincount(labels.ravel()) * pixel_m[0] * pixel_m[1] >= LEAST_WATER_M2
    large[0] = False
    water = ndimage.binary_fill_holes(large[labels]) & known
    if not water.any():
        return None
    units = np.array([np.median(band[large[labels]]) for band in median], np.float32)
    whole = np.asarray((median / units[:, None, None]).mean(axis=0), np.float32)
    return Sea(water, radar_ships.fixed(whole, water), whole, units)


def look(power: Float, sea: Sea, *, looks: float, pixel_m: tuple[float, float]) -> Look:
    """Ships of one pass.

    Args:
        power: (pol, y, x) float32, linear, NaN = unusable.
        sea: Of the same orbit.
        looks: Equivalent number of looks of a pixel.
        pixel_m: (height, width) of a pixel, metres.

    Raises:
        InputError: too little open water to show a tail.
    """
    whole = sea.in_units(power)
    scores = radar_ships.scores(whole, sea.water, sea.structures)
    level = radar_ships.level(scores, per_km2=PER_KM2, pixel_m=pixel_m, looks=looks)
    ships = radar_ships.ships(whole, scores, level, pixel_m=pixel_m)
    moored = radar_ships.moored(whole, sea.median, sea.near, level, pixel_m=pixel_m)
    return Look(tuple(ships), tuple(moored), level, scores)


def _separability(values: Float, threshold: float) -> float:
    low, high = values[values < threshold], values[values >= threshold]
    if not low.size or not high.size:
        return 0.0
    share = low.size / values.size
    between = share * (1 - share) * (float(high.mean()) - float(low.mean())) ** 2
    return between / float(values.var(dtype=np.float64))
