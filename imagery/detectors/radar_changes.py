"""When ground in a zone changed for radar, which way, and whether later passes bear it out.

The omnibus test asks each pixel whether it ever changed, and dates the changes of those that did;
pixels that changed on the same pass, the same way, and touch are one change. Steady ground of the
pass is taken out first, so that rain on everything is no change of anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery import sar
from imagery.sar_past import Steady

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_PASSES = 4
"""Of one orbit, without which nothing is dated."""
LEAST_PX = 4
"""Touching pixels: at the test's level of .001 no four of them agree by chance on one pass."""
CONFIRMING = 3
"""Passes in the new state, the first one among them, that confirm a change."""


@dataclass(frozen=True, slots=True)
class RadarChange:
    """One change of one orbit.

    Attributes:
        first: Place among the orbit's passes of the first one in the new state.
        confirmed: Place of the pass that confirms it; None = provisional.
        brighter: Which way.
        pixels: Of it.
        centre: (row, column) of its middle.
    """

    first: int
    confirmed: int | None
    brighter: bool
    pixels: int
    centre: tuple[float, float]


def changes(power: Float, zone: Mask, known: Steady) -> list[RadarChange]:
    """Changes of the pixels of a zone, by pass and place.

    Args:
        power: (time, pol, y, x) float32, linear, NaN = unusable; one orbit.
        zone: (y, x) True = in the zone.
        known: Of that orbit.
    """
    if len(power) < LEAST_PASSES:
        return []
    level = np.exp(known.levels)[:, :, None, None].astype(np.float32)
    even = np.where(zone, power / level, np.float32(np.nan))
    tested = sar.omnibus(even, looks=known.looks)
    dated = sar.changes(even, tested, looks=known.looks)
    rises = np.nan_to_num(dated.steps).sum(axis=1) > 0
    found = []
    for number in range(1, len(power)):
        for brighter in (False, True):
            here = (dated.dates == number) & (rises == brighter)
            found += _regions(here.any(axis=0), dated.dates, number, brighter, len(power))
    return found


def _regions(
    here: Mask, dates: NDArray[np.int16], number: int, brighter: bool, passes: int
) -> list[RadarChange]:
    labels, count = ndimage.label(here, np.ones((3, 3)))
    out = []
    for region in range(1, count + 1):
        own = labels == region
        pixels = int(np.count_nonzero(own))
        if pixels < LEAST_PX:
            continue
        later = np.where(dates[:, own] > number, dates[:, own], passes).min(axis=0)
        holds = np.median(later) - number >= CONFIRMING
        rows, cols = np.nonzero(own)
        confirmed = number + CONFIRMING - 1 if holds else None
        out.append(RadarChange(number, confirmed, brighter, pixels, (rows.mean(), cols.mean())))
    return out
