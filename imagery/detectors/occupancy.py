"""How many objects are in a zone at each date, as an interval, and how much of it is unusual.

Source:
    Sum of independent, unequal chances (Poisson-binomial): Hong 2013,
    doi:10.1016/j.csda.2012.10.006; here by adding one object after another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from imagery.errors import InputError

LEVEL = 0.9
"""Least chance that the count lies in its interval, if the probabilities are right."""

LEAST_CLEAR = 0.5
"""Share of a zone that must be seen for what was counted there to stand for it."""


class Candidate(Protocol):
    """What may be an object; a ``Detection`` is one."""

    @property
    def zone_id(self) -> str | None:
        """The zone that it lies in."""

    @property
    def probability(self) -> float:
        """That it is an object; NaN where that is not calibrated."""


State = Literal["seen", "partly", "no_clear_view", "not_judged", "outside"]


@dataclass(frozen=True, slots=True)
class Count:
    """How many of the candidates are objects.

    Attributes:
        low, high: The shortest interval of at least ``LEVEL``.
        expected: Sum of the probabilities.
    """

    low: int
    high: int
    expected: float


@dataclass(frozen=True, slots=True)
class Occupancy:
    """One zone at one date.

    Attributes:
        zone_id: The zone.
        moment: Sensing time, UTC.
        state: ``seen``; ``partly`` where less than ``LEAST_CLEAR`` of it is clear, counts then
            speak for the clear part alone; ``no_clear_view``; ``not_judged`` for want of dates
            before it, or for cloud around; ``outside`` the scene.
        clear: Share of the zone's pixels that is usable; 0 where it is outside.
        found: Candidates in it.
        count: None where nothing of the zone is seen and judged.
        anomalous_m2: Ground that differs from its forecast; None where ``count`` is.
    """

    zone_id: str
    moment: datetime
    state: State
    clear: float
    found: int
    count: Count | None
    anomalous_m2: float | None

    def as_row(self) -> dict[str, object]:
        """For a table or JSON."""
        count = self.count
        return {
            "zone": self.zone_id,
            "datetime": f"{self.moment:%Y-%m-%dT%H:%M:%SZ}",
            "state": self.state,
            "clear": round(self.clear, 3),
            "found": self.found,
            "count_low": None if count is None else count.low,
            "count_high": None if count is None else count.high,
            "expected": None if count is None else round(count.expected, 2),
            "anomalous_m2": None if self.anomalous_m2 is None else round(self.anomalous_m2),
        }


@dataclass(frozen=True, slots=True)
class Scenes:
    """What was seen at each date.

    Attributes:
        moments: Sensing times, oldest first.
        clear: (time, y, x) True = usable.
        anomalous: (time, y, x) True = differs from its forecast.
        judged: (time, y, x) True = the date had enough history to be judged there.
        pixel_m2: Ground of a pixel.
    """

    moments: Sequence[datetime]
    clear: NDArray[np.bool_]
    anomalous: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    pixel_m2: float


def count_interval(probabilities: Sequence[float], *, level: float = LEVEL) -> Count:
    """How many of independent candidates are objects.

    An uncalibrated candidate (NaN) may or may not be one: it widens the interval by one and adds
    half to the expectation.

    Raises:
        InputError: a probability is not in 0 to 1.

    >>> count_interval([0.99, 0.98, 0.02])
    Count(low=2, high=2, expected=1.99)
    """
    known = [p for p in probabilities if not math.isnan(p)]
    wrong = [p for p in known if not 0 <= p <= 1]
    if wrong:
        raise InputError("probability", wrong[0], "a number from 0 to 1")
    chances = np.ones(1)
    for p in known:
        chances = np.convolve(chances, (1 - p, p))
    sums = np.concatenate([[0.0], np.cumsum(chances)])
    low, high = _shortest(sums, level)
    unknown = len(probabilities) - len(known)
    return Count(low, high + unknown, math.fsum(known) + unknown / 2)


def _shortest(sums: NDArray[np.float64], level: float) -> tuple[int, int]:
    """The shortest run of counts that holds ``level``, of equal ones the likeliest."""
    counts = len(sums) - 1
    enough = level - 1e-12  # the sums are rounded
    for width in range(1, counts + 1):
        held = sums[width:] - sums[:-width]
        if held.max() >= enough:
            low = int(np.argmax(held))
            return low, low + width - 1
    return 0, counts - 1


def series(
    zones: Mapping[str, NDArray[np.bool_]],
    scenes: Scenes,
    candidates: Sequence[Sequence[Candidate]],
) -> list[Occupancy]:
    """Every zone at every date, zone by zone.

    Args:
        zones: Pixels of each zone, (y, x); none where it is outside the scene.
        scenes: What was seen.
        candidates: Of each date.

    Raises:
        InputError: the dates of scenes and candidates differ in number.
    """
    if len(candidates) != len(scenes.moments):
        raise InputError("dates of candidates", len(candidates), str(len(scenes.moments)))
    return [
        _occupancy(zone, pixels, scenes, date, candidates[date])
        for zone, pixels in zones.items()
        for date in range(len(scenes.moments))
    ]


def _occupancy(
    zone: str,
    pixels: NDArray[np.bool_],
    scenes: Scenes,
    date: int,
    candidates: Sequence[Candidate],
) -> Occupancy:
    moment, size = scenes.moments[date], int(pixels.sum())
    clear = int((scenes.clear[date] & pixels).sum())
    if clear == 0:
        state: State = "no_clear_view" if size else "outside"
        return Occupancy(zone, moment, state, 0.0, 0, None, None)
    if 2 * int((scenes.judged[date] & scenes.clear[date] & pixels).sum()) < clear:
        return Occupancy(zone, moment, "not_judged", clear / size, 0, None, None)
    inside = [each for each in candidates if each.zone_id == zone]
    anomalous = int((scenes.anomalous[date] & scenes.clear[date] & pixels).sum())
    return Occupancy(
        zone_id=zone,
        moment=moment,
        state="seen" if clear >= LEAST_CLEAR * size else "partly",
        clear=clear / size,
        found=len(inside),
        count=count_interval([each.probability for each in inside]),
        anomalous_m2=anomalous * scenes.pixel_m2,
    )
