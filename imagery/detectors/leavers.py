"""Objects that stood in a zone on the earlier dates and are gone: losses, one date at a time.

What stands still is part of the forecast of a date. Where it has left, the date falls short of its
forecast by the object's own planform, which many dates together have drawn sharply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter

from imagery.detectors.sightings import Looking, Newcomers, Sighting, window
from imagery.kernels import Float

CORE_PX, RING_PX = 3, 7
"""Sides of what is held against its surround, and of both together."""


@dataclass(frozen=True, slots=True)
class Leavers:
    """Sightings of ``Newcomers`` that stood out before and do not any more.

    Attributes:
        newcomers: With the planform of the object.
    """

    newcomers: Newcomers

    @property
    def name(self) -> str:
        """Of the method, for records."""
        return f"leavers 1 ({self.newcomers.sizes.name})"

    def sightings(self, dates: Float, index: int, earlier: Sequence[int]) -> list[Sighting]:
        """See ``Witness``."""
        return self.against(dates, earlier)(dates[index])

    def against(self, dates: Float, earlier: Sequence[int]) -> Looking:
        """See ``Witness``."""
        look = self.newcomers.against(dates, earlier)
        if not len(earlier):
            return look
        rows, cols = window(self.newcomers.zone)
        grey = np.stack([dates[n][:, rows, cols].mean(axis=0) for n in earlier])
        usual = _standing(np.median(grey, axis=0))

        def left(values: Float) -> list[Sighting]:
            now = _standing(values[:, rows, cols].mean(axis=0))
            gone = usual > now
            return [
                one
                for one in look(values)
                if gone[round(one.row) - rows.start, round(one.col) - cols.start]
            ]

        return left

    def operating_point(self, strongest: Sequence[float]) -> float:
        """See ``Newcomers``."""
        return self.newcomers.operating_point(strongest)

    def low_point(self, planted: Sequence[float], sure: float) -> float:
        """See ``Newcomers``."""
        return self.newcomers.low_point(planted, sure)


def _standing(grey: Float) -> Float:
    """(y, x) how far the middle of each place is from the ring around it, brighter or darker.

    The ring is as wide as an object: a wider one would take the pad that it stands on for it.
    """
    filled = np.nan_to_num(grey, nan=float(np.nanmedian(grey)))
    core, whole = (uniform_filter(filled, side) for side in (CORE_PX, RING_PX))
    ring = (whole * RING_PX**2 - core * CORE_PX**2) / (RING_PX**2 - CORE_PX**2)
    return np.asarray(np.abs(core - ring), np.float32)
