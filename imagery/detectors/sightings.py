"""Objects of one size on one date of a site: what a verdict counts, at a stated operating point.

Two witnesses look at 10 m. ``Newcomers`` hold a date against its own history and answer for
aircraft on the ground; ``Afloat`` outlines vessels in the picture and asks whether they are as
new. Both give sightings with a strength, so that what follows, thresholds, planted trials and null
dates, is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from skimage.feature import peak_local_max

from imagery import anomaly, forecast
from imagery.detectors import planform, vessels
from imagery.detectors.outlines import RIM_PX, Vessel, covered
from imagery.detectors.planform import Bank
from imagery.detectors.shapes import Shape
from imagery.errors import InputError, UntrustedError
from imagery.kernels import Float

Mask = NDArray[np.bool_]
Looking = Callable[[Float], "list[Sighting]"]
"""From the pixels of a date (band, y, x) to its sightings, strongest first."""

MARGIN_PX = 40
"""Ground around the zones that a newcomer is judged against."""

APART = 0.6
"""Share of its length within which a second answer is the same object's."""

SAME_SIZE = (0.72, 1.4)
"""Measured length over true length of a vessel that is taken for one of the size asked for. On
simulated scenes hulls of 125 m measure 114 to 119 m on open water, beside a quay 97 m and more."""

LEAST = 1.0  # weaker answers are never listed
ABOVE_NULL = 1.15
"""Sure sightings stand this much above the strongest of the null dates: the next date may be a
little worse than all before it."""
SURE_VESSEL, PER_LOG_ODD = 2.0, 5.0
"""Strength of a sure vessel: log-odds of the network plus the newcomer's strength over the second.
A wake is as long and as new as a hull, but the network knows it; a dim hull, of which the network
is not sure, is new all the more. On simulated roadsteads, on which both numbers were chosen, wakes
and clouds reach 1.5, frigates start at 2.4; how often it is wrong is measured site by site."""

NOT_OUTLINED = -4.0
"""Log-odds of what is new and has the planform, but no outline of that length: never sure alone,
and not ruled out either where it is strong."""

LOW_SHARE, LOW_STEP = 0.8, 0.3
"""A newcomer is ruled out below this share of the weakest planted target, a vessel this step of the
score below it."""

CUT_VESSEL = SURE_VESSEL - LOW_STEP
"""Most that an outline counts which the edge of a cloud or of the data may have cut: half of a pier
has the length of a ship. It is not sure; what is as strong as this is never ruled out either."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An object of about the size asked for.

    Attributes:
        row, col: Of its middle, pixels of the grid; the centre of the first pixel is at 0, 0.
        strength: Larger = surer; comparable between dates of a site only.
        length_m: Measured, NaN where the witness measures none.
    """

    row: float
    col: float
    strength: float
    length_m: float


class Witness(Protocol):
    """Finds objects of one size in zones."""

    @property
    def name(self) -> str:
        """Of the method, for records."""

    def sightings(self, dates: Float, index: int, earlier: Sequence[int], /) -> list[Sighting]:
        """Strongest first: ``against`` asked of the date itself."""

    def against(self, dates: Float, earlier: Sequence[int], /) -> Looking:
        """A look that holds any picture of the site against some dates, prepared once.

        Args:
            dates: (time, band, y, x) reflectance, registered, NaN = unusable.
            earlier: Indices of the dates that it may be held against.
        """

    def operating_point(self, strongest: Sequence[float], /) -> float:
        """Strength of a sure sighting, from the strongest sighting of each null date."""

    def low_point(self, planted: Sequence[float], sure: float, /) -> float:
        """Strength below which one is ruled out, from those of planted targets.

        Targets without a sighting (-inf) have no say: they count against the power.
        """


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Objects that stand out of a date's forecast like a planform of the size asked for.

    Attributes:
        zone: (y, x) True where the middle of an object may lie.
        bands: Canonical names.
        sizes: Kernels of the planform.
        length_m: Of the planform.
    """

    zone: Mask
    bands: tuple[str, ...]
    sizes: Bank
    length_m: float

    @property
    def name(self) -> str:
        """Of the method, for records."""
        return f"newcomers 1 ({self.sizes.name})"

    def sightings(self, dates: Float, index: int, earlier: Sequence[int]) -> list[Sighting]:
        """See ``Witness``."""
        return self.against(dates, earlier)(dates[index])

    def against(self, dates: Float, earlier: Sequence[int]) -> Looking:
        """See ``Witness``; nothing is seen where there are too few earlier dates."""
        if len(earlier) < forecast.LEAST_DATES or not self.zone.any():
            return lambda _: []
        rows, cols = window(self.zone)
        past = forecast.contrasts([dates[n][:, rows, cols] for n in earlier])
        share = anomaly.usual(past)

        def look(values: Float) -> list[Sighting]:
            stacked = forecast.extended(past, values[:, rows, cols])
            found, frame = anomaly.latest(stacked, share, bands=self.bands)
            return self._peaks(anomaly.grey(found, frame), (rows, cols))

        return look

    def _peaks(self, layer: Float, at: tuple[slice, slice]) -> list[Sighting]:
        """Sightings in an anomaly layer of a window of the grid."""
        answer, _ = planform.respond(planform.bounded(layer), self.sizes)
        strength = np.abs(anomaly.standing_out(answer))
        plane = np.where(self.zone[at], np.nan_to_num(strength), 0)
        apart = max(1, round(APART * self.length_m / self.sizes.gsd_m))
        peaks = peak_local_max(plane, min_distance=apart, threshold_abs=LEAST, exclude_border=False)
        top, left = at[0].start, at[1].start
        told = [(float(plane[row, col]), int(row) + top, int(col) + left) for row, col in peaks]
        told.sort(key=lambda one: (-one[0], *one[1:]))
        return [Sighting(row, col, value, math.nan) for value, row, col in told]

    def operating_point(self, strongest: Sequence[float]) -> float:
        """A little above the strongest of the null dates."""
        return ABOVE_NULL * max((*strongest, LEAST))

    def low_point(self, planted: Sequence[float], sure: float) -> float:
        """A little below the weakest planted target of those that are sighted at all."""
        return min(LOW_SHARE * min(_sighted(planted), default=-math.inf), sure)


@dataclass(frozen=True, slots=True)
class Afloat:
    """Vessels of about the length asked for that were not there on the earlier dates.

    Attributes:
        newcomers: With the planform of the vessel.
        pixel_m: Of the grid.
    """

    newcomers: Newcomers
    pixel_m: float

    @property
    def name(self) -> str:
        """Of the method, for records."""
        return f"afloat 2 ({self.newcomers.length_m:g} m)"

    def sightings(self, dates: Float, index: int, earlier: Sequence[int]) -> list[Sighting]:
        """See ``Witness``."""
        return self.against(dates, earlier)(dates[index])

    def against(self, dates: Float, earlier: Sequence[int]) -> Looking:
        """See ``Witness``; nothing is seen where the picture shows no water."""
        zone = self.newcomers.zone
        if not zone.any():
            return lambda _: []
        look_new = self.newcomers.against(dates, earlier)

        def look(values: Float) -> list[Sighting]:
            gaps = binary_dilation(~np.isfinite(values).all(axis=0), iterations=RIM_PX)
            return self._weighed(self._afloat(values, zone), look_new(values), gaps)

        return look

    def _afloat(self, values: Float, zone: Mask) -> list[Vessel]:
        low, high = (factor * self.newcomers.length_m for factor in SAME_SIZE)
        bands = self.newcomers.bands
        try:
            found = vessels.look(values, bands, pixel_m=self.pixel_m, zone=zone)
        except (UntrustedError, InputError):
            return []
        return [one for one in found.vessels if low <= one.length_m <= high]

    def _weighed(
        self, afloat: Sequence[Vessel], new: Sequence[Sighting], gaps: Mask
    ) -> list[Sighting]:
        reach = APART * self.newcomers.length_m / self.pixel_m
        told, outlined = [], set()
        for one in afloat:
            row, col = one.row - 0.5, one.col - 0.5
            near = [n for n in new if math.hypot(n.row - row, n.col - col) <= reach]
            outlined |= {(n.row, n.col) for n in near}
            newness = max((n.strength for n in near), default=0.0) / PER_LOG_ODD
            most = CUT_VESSEL if gaps[covered(one.outline, gaps.shape)].any() else math.inf
            strength = min(float(one.score) + newness, most)
            told.append(Sighting(row, col, strength, float(one.length_m)))
        told += [
            Sighting(n.row, n.col, NOT_OUTLINED + n.strength / PER_LOG_ODD, math.nan)
            for n in new
            if (n.row, n.col) not in outlined
        ]
        return sorted(told, key=lambda one: (-one.strength, one.row, one.col))

    def operating_point(self, _strongest: Sequence[float], /) -> float:
        """A score that does not depend on the site."""
        return SURE_VESSEL

    def low_point(self, planted: Sequence[float], sure: float) -> float:
        """A little below the weakest planted target of those that are sighted at all."""
        return min(min(_sighted(planted), default=-math.inf) - LOW_STEP, sure, CUT_VESSEL)


def _sighted(planted: Sequence[float]) -> list[float]:
    return [strength for strength in planted if strength > -math.inf]


def window(zone: Mask, margin_px: int = MARGIN_PX) -> tuple[slice, slice]:
    """Rows and columns of some pixels with a margin."""
    rows, cols = (
        slice(max(0, int(at.min()) - margin_px), int(at.max()) + margin_px + 1)
        for at in np.nonzero(zone)
    )
    return rows, cols


def free_of(zone: Mask, seen: Sequence[Sighting], shape: Shape, *, pixel_m: float) -> Mask:
    """(y, x) the zone without what lies within two lengths of a sighting: it hides a target."""
    near = np.zeros(zone.shape, bool)
    for one in seen:
        near[round(one.row), round(one.col)] = True
    reach = max(1, round(2 * shape.length_m / pixel_m))
    return np.asarray(zone & ~binary_dilation(near, iterations=reach)) if near.any() else zone
