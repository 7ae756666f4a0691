"""A radar series of one place, asked about a date (``t_score``) or watched (``cusum``).

Both work on logarithms, where speckle is a sum and a season a shift. The season is not taken out
here: ``t_score`` wants its windows in like seasons or its orbits many; what has no date yet, or
comes back with the rains, is for ``imagery.sar_intervals``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from imagery.errors import InputError
from imagery.sar_kernels import first_alarms, middle_and_scale, moments
from imagery.speckle import local_mean

Float = NDArray[np.float32]
Dates = Sequence[datetime]
POOL_PX = 1
"""Half side of the 3 x 3 window over which power is averaged first; a chunk's overlap."""
SIGMA = 1.4826
BLOCK_PIXELS = 256
"""Pixels that are watched together: their series fit a core's cache."""
LEAST_PAST = 4
"""Dates of reference, at least."""
BEFORE_DAYS, AFTER_DAYS = 365, 60
DRIFT, ALARM, IN_A_ROW = 2.0, 5.0, 3


@dataclass(frozen=True, slots=True)
class TScore:
    """A step at one date.

    Attributes:
        t: (y, x) float32, of the orbit and polarisation with the strongest step; positive =
            brighter. NaN where no orbit has two dates on both sides.
        p: (y, x) float32, two-sided, times the number of orbits and polarisations looked at.
    """

    t: Float
    p: Float


@dataclass(frozen=True, slots=True)
class Alarms:
    """The first alarm of each pixel.

    Attributes:
        raised: (y, x) int16, index of the date of the alarm; -1 = none.
        since: (y, x) int16, index of the first date of the excursion; -1 = none.
        direction: (y, x) int8, 1 = brighter over the excursion, -1 = darker, 0 = no alarm.
    """

    raised: NDArray[np.int16]
    since: NDArray[np.int16]
    direction: NDArray[np.int8]


def pooled_logs(stack: Float, *, half_px: int = POOL_PX) -> Float:
    """Natural logarithm of the local mean of power; NaN where a pixel has none.

    Args:
        stack: (..., y, x) float32, linear; NaN, 0 and less are no data.
        half_px: Half side of the window; also the overlap that a chunk needs.
    """
    with np.errstate(invalid="ignore"):
        lost = stack <= 0
    known = np.where(lost, np.float32(np.nan), stack) if lost.any() else stack
    logs = np.empty(stack.shape, np.float32)
    for place in np.ndindex(stack.shape[:-2]):
        logs[place] = local_mean(known[place], half_px=half_px)
    return np.log(logs, out=logs)


def t_score(logs: Float, dates: Dates, orbits: Sequence[int], *, since: datetime) -> TScore:
    """Mean after less mean before, each orbit and polarisation apart, in standard errors.

    ``BEFORE_DAYS`` before ``since`` against ``AFTER_DAYS`` from it on.

    Args:
        logs: (time, pol, y, x) float32 of ``pooled_logs``.
        dates, orbits: Sensing time and relative orbit of each date.
        since: Of the step that is asked about.

    Raises:
        InputError: counts differ, or no orbit has two dates on both sides.

    Source: the pixel-wise t test, Ballinger 2024, arXiv:2405.06323; windows and pooling are ours.
    """
    _check_counts(logs, dates, orbits)
    days = [(moment - since) / timedelta(days=1) for moment in dates]
    best = np.full(logs.shape[2:], np.nan, np.float32)
    least = np.full(logs.shape[2:], np.nan)
    tests = 0
    for orbit in sorted(set(orbits)):
        own = [index for index, each in enumerate(orbits) if each == orbit]
        before = [index for index in own if -BEFORE_DAYS <= days[index] < 0]
        after = [index for index in own if 0 <= days[index] <= AFTER_DAYS]
        if min(len(before), len(after)) < 2:
            continue
        for band in range(logs.shape[1]):
            tests += 1
            t, p = _students(logs[before, band], logs[after, band])
            stronger = np.fmin(p, least) < np.nan_to_num(least, nan=np.inf)
            best, least = np.where(stronger, t, best), np.where(stronger, p, least)
    if not tests:
        raise InputError("dates around the step", len(dates), "two before and after in one orbit")
    return TScore(best, np.minimum(least * tests, 1).astype(np.float32))


def cusum(logs: Float, *, past: int, noise: float) -> Alarms:
    """Watch a series: the excursion of all polarisations from the dates at its beginning.

    Args:
        logs: (time, pol, y, x) float32 of ``pooled_logs``, oldest first; one relative orbit. What
            all of the scene does is best subtracted first: rain is an excursion too.
        past: Dates at the beginning that are the reference.
        noise: Least spread of a pixel, natural logarithm: a few dates may agree by chance. See
            ``Reference.noise`` of ``imagery.sar_intervals``.

    Raises:
        InputError: fewer than ``LEAST_PAST`` dates of reference, or none after them.

    Source: Page 1954, doi:10.1093/biomet/41.1-2.100; drift 2, alarm 5, three dates in a row.
    """
    if not LEAST_PAST <= past < len(logs):
        raise InputError("dates of reference", past, f"{LEAST_PAST} to {len(logs) - 1}")
    shape = logs.shape[2:]
    flat = logs.reshape(*logs.shape[:2], -1)
    raised, since = np.full((2, flat.shape[2]), -1, np.int16)
    direction = np.zeros(flat.shape[2], np.int8)
    rules = np.array([DRIFT, ALARM, IN_A_ROW], np.float32)
    for first in range(0, flat.shape[2], BLOCK_PIXELS):
        place = slice(first, first + BLOCK_PIXELS)
        part = np.ascontiguousarray(flat[:, :, place])
        known = np.empty((2, *part.shape[1:]), np.float32)
        middle_and_scale(part, past, LEAST_PAST, noise / SIGMA, known)
        known[1] /= np.float32(SIGMA)
        first_alarms(part, past, known, rules, (raised[place], since[place], direction[place]))
    return Alarms(raised.reshape(shape), since.reshape(shape), direction.reshape(shape))


def _check_counts(logs: Float, dates: Dates, orbits: Sequence[int]) -> None:
    if not len(logs) == len(dates) == len(orbits):
        raise InputError("dates and orbits", (len(dates), len(orbits)), f"{len(logs)} each")


def _students(early: Float, late: Float) -> tuple[Float, NDArray[np.float64]]:
    """Student's t of two groups of dates, and its two-sided p; NaN below two usable dates."""
    known = []
    for part in (early, late):
        out = np.empty((3, part[0].size))
        moments(np.ascontiguousarray(part.reshape(len(part), -1)), out)
        known.append(out.reshape(3, *part.shape[1:]))
    (n, mean, square), (m, later, other) = known
    freedom = n + m - 2
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((square + other) / freedom * (1 / n + 1 / m))
        t = np.where(np.minimum(n, m) >= 2, (later - mean) / error, np.nan)
        p = 2 * stdtr(freedom, -np.abs(t))
    return t.astype(np.float32), p
