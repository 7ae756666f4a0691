"""Bright scatterers of a zone over time: the one thing radar can say of a battery in the field.

Vehicles, launchers and masts are corners: a few pixels far brighter than the ground around, pass
after pass. No one of them is told apart or named. What is measured is the group: the pixels of the
zone that were bright in the mean of the passes before a date, their number, and their strength in
each pass over the ground around the zone in the same pass, so that rain and season cancel.

*Departed* needs a group that stood there before, and at least ``LEAST_ABSENT`` passes after the
date, the latest ones and in a row, each weaker than the group's own history allows. One such pass
is a *provisional loss*. Cloud plays no part.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.stats import chi2, gamma
from scipy.stats import t as t_distribution

from imagery.detectors.cfar import RELATED_CELLS
from imagery.errors import InputError

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]
State = Literal["present", "provisional loss", "departed", "absent before", "not judged"]
PassState = Literal["present", "absent", "unclear"]

LEAST_BEFORE = 8
"""Passes of an orbit before the date, without which it has no history."""
LEAST_ABSENT = 3
"""METHODS: a single radar pass does not show a loss, three do."""
GUARD_PX, RING_PX = 3, 20
"""The ground around: from 3 to 20 px off the zone."""
LEAST_RING = 64
LEAST_COVERED = 0.5
"""Share of the zone, of the ground around and of the group that a pass must show."""
BRIGHT = 2.0
"""Times the ground around, in the mean of the passes before: far above what averaging leaves."""
BRIGHT_PFA = 1e-6
SEEN, LESS = 0.01, 0.01
"""Chance of so much on empty ground; of so little where the group stands."""
USUALLY = 0.8
"""Share of the passes before in which a group that stood there is seen."""
LEAST_DROP = 0.5
"""Of its usual strength that a group must lose."""
LEAST_SPREAD = 0.1
"""Natural logarithm: calibration from pass to pass, which a few passes may not show."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over the zone.

    Attributes:
        moment: Sensing time.
        orbit: Relative orbit.
        count: Scatterers of before that are seen in this pass.
        strength: Sum over the group's pixels of power above the ground around, in units of that
            ground's mean.
        p: Chance of so little where the group still stands, from the orbit's passes before.
        p_empty: Chance of so much on ground like that around.
        state: ``absent`` where ``p`` is small and half of the strength is gone, ``present`` where
            it is as before and more than empty ground shows.
    """

    moment: datetime
    orbit: int
    count: int
    strength: float
    p: float
    p_empty: float
    state: PassState


@dataclass(frozen=True, slots=True)
class Departure:
    """What became of a zone's bright scatterers.

    Attributes:
        state: See the module. ``not judged``: too few passes before, or none clear after the date.
        scatterers: Pieces of the group before the date, the most of any orbit.
        strength: Usual strength before, the most of any orbit.
        passes: All judged passes, in order of time.
        p: Of the loss: Fisher's sum over the absent passes at the end, or NaN.
    """

    state: State
    scatterers: int
    strength: float
    passes: tuple[Pass, ...]
    p: float


@dataclass(frozen=True, slots=True)
class _Group:
    """A group of one orbit: its pixels by piece, and ratios of every pass (time, pixel)."""

    pieces: NDArray[np.int64]
    ratios: NDArray[np.float64]
    looks: float


def departed(
    stack: Float,
    orbits: Sequence[int],
    zone: Mask,
    moments: Sequence[datetime],
    since: datetime,
) -> Departure:
    """Judge whether the bright scatterers of a zone are gone since a date.

    Args:
        stack: (time, pol, y, x) float32, linear, NaN = unusable; the zone with ``RING_PX`` around.
        orbits: Relative orbit of each pass; each has its own group and history.
        zone: (y, x) True = zone.
        moments: Sensing time of each pass, rising.
        since: Passes before it are history, passes from it on are judged.

    Raises:
        InputError: counts or shapes differ, times do not rise, the zone is empty, or there is too
            little ground around it.
    """
    _check(stack, orbits, zone, moments)
    around = _around(zone)
    judged: list[Pass] = []
    scatterers, strength, history = 0, 0.0, 0
    for orbit in sorted(set(orbits)):
        own = [
            i for i, each in enumerate(orbits) if each == orbit and _covered(stack[i], zone, around)
        ]
        before = [number for number, index in enumerate(own) if moments[index] < since]
        if len(before) < LEAST_BEFORE:
            continue
        history += 1
        group = _group(stack[own], zone, around, before)
        if group is None:
            continue
        passes = _passes(group, before, [(moments[index], orbit) for index in own])
        seen = [passes[number].p_empty < SEEN for number in before]
        if np.mean(seen) < USUALLY:
            continue
        judged += passes
        scatterers = max(scatterers, int(group.pieces.max()))
        usual = float(np.median([passes[number].strength for number in before]))
        strength = max(strength, usual)
    passes_in_time = tuple(sorted(judged, key=lambda each: (each.moment, each.orbit)))
    state, p = _verdict(passes_in_time, since, history)
    return Departure(state, scatterers, strength, passes_in_time, p)


def _check(stack: Float, orbits: Sequence[int], zone: Mask, moments: Sequence[datetime]) -> None:
    if stack.ndim != 4 or zone.shape != stack.shape[2:]:
        raise InputError("zone", zone.shape, f"(y, x) of a series (time, pol, y, x) {stack.shape}")
    if not len(orbits) == len(moments) == len(stack):
        raise InputError("orbits, moments", (len(orbits), len(moments)), f"{len(stack)} each")
    if any(later < earlier for earlier, later in itertools.pairwise(moments)):
        raise InputError("moments", "unsorted", "sensing times that rise")
    if not zone.any():
        raise InputError("zone", "empty", "at least one pixel")
    if np.count_nonzero(_around(zone)) < LEAST_RING:
        raise InputError("ground around the zone", "too little", f"{LEAST_RING} px or more")


def _covered(date: Float, zone: Mask, around: Mask) -> bool:
    """Whether a pass shows enough of the zone and of the ground around it."""
    usable = np.asarray((np.isfinite(date) & (date > 0)).all(axis=0), bool)
    return min(float(usable[zone].mean()), float(usable[around].mean())) >= LEAST_COVERED


def _around(zone: Mask) -> Mask:
    near = ndimage.maximum_filter(zone, size=2 * GUARD_PX + 1)
    far = ndimage.maximum_filter(zone, size=2 * RING_PX + 1)
    return np.asarray(far & ~near, bool)


def _group(stack: Float, zone: Mask, around: Mask, before: list[int]) -> _Group | None:
    """The bright pixels before the date, and every pass on them; None where nothing is bright."""
    ground = np.nanmedian(stack[:, :, around], axis=2).astype(np.float64)
    ratio = (stack / ground[:, :, None, None]).mean(axis=1)
    past = ratio[before]
    counts = np.isfinite(past).sum(axis=0)
    known = counts >= LEAST_BEFORE
    mean = np.where(known, np.nansum(past, axis=0) / np.maximum(counts, 1), np.nan)
    if not (around & known).any():
        return None
    # The median of speckle lies below its mean: ratios are brought to a mean of 1 on the ground.
    level = float(np.median(mean[around & known]))
    rough = np.nanvar(past[:, around & known], axis=0) / mean[around & known] ** 2
    looks = 1 / max(float(np.median(rough)), 1e-3)
    least = max(BRIGHT, float(gamma.isf(BRIGHT_PFA, looks * len(before))) / (looks * len(before)))
    with np.errstate(invalid="ignore"):
        labels, count = ndimage.label(zone & (mean / level > least), np.ones((3, 3)))
    if not count:
        return None
    return _Group(labels[labels > 0], ratio[:, labels > 0] / level, looks)


def _passes(group: _Group, before: list[int], names: list[tuple[datetime, int]]) -> list[Pass]:
    """Judge each pass; those before the date against the other ones before."""
    seen = np.isfinite(group.ratios).mean(axis=1)
    means = np.nansum(group.ratios, axis=1) / np.maximum(seen * group.ratios.shape[1], 1)
    totals = np.where(seen >= LEAST_COVERED, np.log(np.maximum(means, 1e-12)), np.nan)
    strengths = np.nansum(group.ratios - 1, axis=1)
    found = []
    for number, (moment, orbit) in enumerate(names):
        past = [each for each in before if each != number and np.isfinite(totals[each])]
        p = _less(totals[number], totals[past])
        p_empty = _empty(group, group.ratios[number])
        count = sum(
            _empty(group, group.ratios[number, group.pieces == piece]) < SEEN
            for piece in range(1, int(group.pieces.max()) + 1)
        )
        strength = float(strengths[number])
        lost = strength < (1 - LEAST_DROP) * float(np.median(strengths[past]))
        state: PassState = "unclear"
        if p < LESS and lost:
            state = "absent"
        elif p_empty < SEEN and not lost:
            state = "present"
        found.append(Pass(moment, orbit, count, strength, p, p_empty, state))
    return found


def _less(total: float, past: NDArray[np.float64]) -> float:
    """Chance of a total at most as high: Student's t of one new value against the past."""
    if not np.isfinite(total) or len(past) < 2:
        return 1.0
    spread = max(float(past.std(ddof=1)), LEAST_SPREAD)
    value = (total - past.mean()) / (spread * np.sqrt(1 + 1 / len(past)))
    return float(t_distribution.cdf(value, len(past) - 1))


def _empty(group: _Group, ratios: NDArray[np.float64]) -> float:
    """Chance that speckle on ground like that around shows as much; 1 without data."""
    known = ratios[np.isfinite(ratios)]
    if not known.size:
        return 1.0
    shape = group.looks * max(known.size / RELATED_CELLS, 1)
    return float(gamma.sf(shape * float(known.mean()), shape))


def _verdict(passes: tuple[Pass, ...], since: datetime, history: int) -> tuple[State, float]:
    if not history:
        return "not judged", float("nan")
    if not passes:
        return "absent before", float("nan")
    after = [each for each in passes if each.moment >= since and each.state != "unclear"]
    if not after:
        return "not judged", float("nan")
    gone: list[Pass] = []
    for each in reversed(after):
        if each.state != "absent":
            break
        gone.append(each)
    if not gone:
        return "present", float("nan")
    p = float(chi2.sf(-2 * sum(np.log(max(each.p, 1e-300)) for each in gone), 2 * len(gone)))
    return ("departed" if len(gone) >= LEAST_ABSENT else "provisional loss"), p
