"""Vehicle-sized objects as sightings, at pixels that show them, with look-alike places as null."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_dilation

from imagery.detectors.sightings import Looking, Mask, Sighting, window
from imagery.detectors.vehicles import LEAST_REAL, SURROUND_M, count_vehicles
from imagery.errors import InputError
from imagery.kernels import Float

BLOCKS_ACROSS = 4
"""Blocks that a look-alike place is put together from, each way."""

BESIDE_M = 20.0
"""What stands at the rim of the zone is not in its look-alikes."""


@dataclass(frozen=True, slots=True)
class Parked:
    """Short bars in and around revetments, weighed against the bars of the ground around.

    Attributes:
        zone: (y, x) True where a vehicle may stand.
        pixel_m: Of the grid, at most ``vehicles.COARSEST_M``.
    """

    zone: Mask
    pixel_m: float

    @property
    def name(self) -> str:
        """Of the method, for records."""
        return "parked 1"

    def sightings(self, dates: Float, index: int, _earlier: Sequence[int], /) -> list[Sighting]:
        """See ``Witness``; other dates are not needed. The strength is a probability."""
        return self.seen(dates[index], self.zone)

    def against(self, _dates: Float, _earlier: Sequence[int], /) -> Looking:
        """See ``Witness``."""
        return lambda values: self.seen(values, self.zone)

    def seen(self, values: Float, zone: Mask) -> list[Sighting]:
        """The sightings of one picture (band, y, x) in a zone."""
        margin = math.ceil((SURROUND_M + 20) / self.pixel_m)
        rows, cols = window(zone, margin)
        grey = values[:, rows, cols].mean(axis=0)
        try:
            found = count_vehicles(grey, zone=zone[rows, cols], pixel_m=self.pixel_m)
        except InputError:
            return []
        return [
            Sighting(
                one.row - 0.5 + rows.start,
                one.col - 0.5 + cols.start,
                one.probability,
                one.length_m,
            )
            for one in sorted(found.vehicles, key=lambda one: (-one.probability, one.row, one.col))
        ]

    def operating_point(self, _strongest: Sequence[float], /) -> float:
        """More likely a vehicle than not."""
        return LEAST_REAL

    def low_point(self, _planted: Sequence[float], sure: float, /) -> float:
        """The same: nothing less likely is listed."""
        return sure

    def elsewhere(self, shown: Mask) -> Iterator[Mask]:
        """Places like the zone: blocks of the ground beside it, together as large as it is.

        Blocks are dealt out in turn, so that each place has some of everything around, and none
        shares a pixel with another.

        Args:
            shown: (y, x) True where ground is seen, the zone itself left out.
        """
        size = int(self.zone.sum())
        side = max(4, math.isqrt(size) // BLOCKS_ACROSS)
        near = binary_dilation(self.zone, iterations=math.ceil(BESIDE_M / self.pixel_m))
        free = shown & ~near
        height, width = free.shape
        blocks = [
            (slice(top, top + side), slice(left, left + side))
            for top in range(0, height - side + 1, side)
            for left in range(0, width - side + 1, side)
        ]
        blocks = [block for block in blocks if free[block].all()]
        places = len(blocks) * side * side // max(size, 1)
        for place in range(places):
            mask = np.zeros_like(free)
            for block in blocks[place::places]:
                mask[block] = True
            yield mask
