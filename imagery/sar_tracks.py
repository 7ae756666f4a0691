"""Which radar dates may stand in one series: one relative orbit, and one geolocation.

A roof or a slope looks different from another orbit, and between satellites or processing versions
of one orbit the whole image may step by a pixel. The first is told by metadata; the second only
pixels tell, so the medians of both groups are registered onto each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pystac
from numpy.typing import NDArray

from imagery import register
from imagery.errors import InputError, RegistrationError, UntrustedError
from imagery.radar_words import VERSIONS

Float = NDArray[np.float32]
MOST_STEP_PX = 0.3
"""A larger step between two groups moves every edge: the multitemporal need of any pair."""
LEAST_SHARE = 0.5
"""Of the dates of a group, on which a pixel must be usable to be in its median."""


@dataclass(frozen=True, slots=True)
class Track:
    """How a date was taken and made.

    Attributes:
        orbit: Relative orbit number.
        direction: ``ascending`` or ``descending``.
        platform: Such as ``S1A``.
        processing: Version of the processor, empty if not stated.
    """

    orbit: int
    direction: str
    platform: str
    processing: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """The shift between two groups of dates of one orbit.

    Attributes:
        first, second: (platform, processing) of each.
        shift_px: (dx, dy) of the second against the first; x to the right, y down.
        p95_px: 95th percentile of its error.
    """

    first: tuple[str, str]
    second: tuple[str, str]
    shift_px: tuple[float, float]
    p95_px: float


def track_of(item: pystac.Item) -> Track | None:
    """How a scene was taken; None where its relative orbit is not known."""
    said = item.properties
    orbit = said.get("sat:relative_orbit")
    if orbit is None:
        return None
    version = next((str(said[key]) for key in VERSIONS if said.get(key)), "")
    platform = str(said.get("platform") or "")
    return Track(int(orbit), str(said.get("sat:orbit_state") or ""), platform, version)


def made_alike(tracks: Sequence[Track]) -> bool:
    """Whether dates of one orbit are of one satellite and one processing."""
    return len({(track.platform, track.processing) for track in tracks}) < 2


def check_one_orbit(before: pystac.Item, after: pystac.Item) -> None:
    """Refuse two radar dates that are known to be of different orbits or directions.

    Raises:
        UntrustedError: a roof or a slope looks different from another orbit.
    """
    first, second = track_of(before), track_of(after)
    if first is None or second is None:
        return
    ways = {first.direction, second.direction} - {""}
    if first.orbit != second.orbit or len(ways) > 1:
        said = " and ".join(f"{t.orbit} {t.direction}".strip() for t in (first, second))
        raise UntrustedError(
            f"{before.id} and {after.id} cannot be compared",
            f"they are of relative orbits {said}, from which roofs and slopes look different",
            "Give dates or periods that hold passes of one orbit",
        )


def by_orbit(tracks: Sequence[Track]) -> dict[tuple[int, str], tuple[int, ...]]:
    """Index of the dates of each relative orbit and pass direction, in order of the orbits."""
    groups: dict[tuple[int, str], list[int]] = {}
    for index, track in enumerate(tracks):
        groups.setdefault((track.orbit, track.direction), []).append(index)
    return {key: tuple(groups[key]) for key in sorted(groups)}


def one_orbit(tracks: Sequence[Track]) -> tuple[int, str]:
    """The only orbit and direction of some dates.

    Raises:
        InputError: there are several, or none.
    """
    found = list(by_orbit(tracks))
    if len(found) != 1:
        raise InputError("relative orbits", found, "one: dates of different orbits are kept apart")
    return found[0]


def steps(stack: Float, tracks: Sequence[Track]) -> tuple[Step, ...]:
    """Measure the shift between the satellites and processing versions of one orbit.

    Args:
        stack: (time, pol, y, x) float32, linear, NaN = unusable.
        tracks: One for each date, all of one orbit.

    Returns:
        One for each group after the first; none where all dates were made alike.

    Raises:
        InputError: several orbits, or not one track for each date.
        RegistrationError: a step is larger than ``MOST_STEP_PX``, or cannot be measured.
    """
    if len(tracks) != len(stack):
        raise InputError("tracks", len(tracks), f"one for each of {len(stack)} dates")
    one_orbit(tracks)
    groups: dict[tuple[str, str], list[int]] = {}
    for index, track in enumerate(tracks):
        groups.setdefault((track.platform, track.processing), []).append(index)
    names = sorted(groups, key=lambda name: (groups[name][0], name))
    medians = [_median(stack[groups[name]]) for name in names]
    found = tuple(
        _step(names[0], name, before=medians[0], after=median)
        for name, median in itertools.islice(zip(names, medians, strict=True), 1, None)
    )
    for step in found:
        if max(map(abs, step.shift_px)) > MOST_STEP_PX:
            right, down = step.shift_px
            raise RegistrationError(
                f"{' '.join(step.second)} dates lie apart from those of {' '.join(step.first)}",
                f"by {right:+.2f}, {down:+.2f} px; the limit is {MOST_STEP_PX} px",
                "Take the dates of one of them",
            )
    return found


def _median(stack: Float) -> Float:
    """(pol, y, x) median over dates of the logarithm, NaN where it is seldom usable."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(stack > 0, np.log(stack), np.float32(np.nan))
    known = np.isfinite(logs).sum(axis=0)
    seldom = known < max(LEAST_SHARE * len(stack), 1)
    median = np.nanmedian(np.where(seldom, np.float32(0), logs), axis=0)
    return np.where(seldom, np.nan, median).astype(np.float32)


def _step(first: tuple[str, str], second: tuple[str, str], *, before: Float, after: Float) -> Step:
    def read(rows: slice, cols: slice) -> tuple[Float, Float]:
        return before[:, rows, cols], after[:, rows, cols]

    height, width = before.shape[1:]
    found = register.measure(read, (height, width))
    if found.model == "none":
        raise RegistrationError(
            f"The step from {' '.join(first)} to {' '.join(second)} cannot be measured",
            "no pixel is usable in both",
            "Take the dates of one of them",
        )
    return Step(first, second, found.shift_px, found.p95_px)
