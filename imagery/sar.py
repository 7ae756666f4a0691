"""Radar change by its own statistics: two dates, or many, of one relative orbit.

Detected products hold intensities and no phase, so each polarisation is a one-by-one covariance
(p = 1) and polarisations are combined as independent: the sum of -2 rho ln Q with as many degrees
of freedom as both together, or Fisher's sum of log p for a pair.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri
from scipy.stats import f as f_distribution

from imagery.errors import InputError
from imagery.sar_kernels import first_changes, log_sums

Float = NDArray[np.float32]
MOST_CHANGES = 4
"""Changes of one pixel that are dated; later ones are not looked for."""
UNDATED = -1
NOT_JUDGED = -1


@dataclass(frozen=True, slots=True)
class Pair:
    """Two dates. NaN = no data at one of them.

    Attributes:
        log_ratio: (pol, y, x) float32, natural logarithm of after / before.
        p: (pol, y, x) float32, two-sided, of the F test.
        combined: (y, x) float32, p of all polarisations together.
    """

    log_ratio: Float
    p: Float
    combined: Float


@dataclass(frozen=True, slots=True)
class Omnibus:
    """All dates at once: has anything ever changed?

    Attributes:
        statistic: (y, x) float32, the sum over polarisations of -2 rho ln Q.
        p: (y, x) float32, NaN with fewer than two usable dates.
        dates: (y, x) int16 usable dates.
    """

    statistic: Float
    p: Float
    dates: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Changes:
    """When each pixel changed, and which way.

    Attributes:
        times: (y, x) int16, changes found; ``NOT_JUDGED`` with fewer than two usable dates.
        dates: (MOST_CHANGES, y, x) int16, index of the first date of each new
            state, or ``UNDATED``.
        steps: (MOST_CHANGES, pol, y, x) float32, log-ratio of that date to the mean of the state
            before it: positive = brighter. NaN where there is none.
    """

    times: NDArray[np.int16]
    dates: NDArray[np.int16]
    steps: Float


def ratio_test(before: Float, after: Float, *, looks: tuple[float, float]) -> Pair:
    """The F test of the ratio of two powers.

    Args:
        before, after: (pol, y, x) float32, linear, NaN = unusable; one relative orbit.
        looks: Equivalent number of looks of each.

    Raises:
        InputError: shapes differ, or looks are not positive.

    Source: of two gamma variables of equal mean the ratio follows F(2 L2, 2 L1); Conradsen,
    Nielsen, Schou & Skriver 2003, doi:10.1109/TGRS.2002.808066, for p = 1.
    """
    if before.shape != after.shape or before.ndim != 3:
        raise InputError("after date", after.shape, f"(pol, y, x) like {before.shape}")
    _check_looks(*looks)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = after.astype(np.float64) / before
        ratio[~((before > 0) & (after > 0))] = np.nan
        log_ratio = np.log(ratio)
        degrees = 2 * looks[1], 2 * looks[0]
        p = 2 * np.minimum(f_distribution.cdf(ratio, *degrees), f_distribution.sf(ratio, *degrees))
        combined = chdtrc(2 * len(p), -2 * np.log(p).sum(axis=0))
    return Pair(log_ratio.astype(np.float32), p.astype(np.float32), combined.astype(np.float32))


def omnibus(stack: Float, *, looks: float) -> Omnibus:
    """Test that the power of a pixel was the same on all of its usable dates.

    Args:
        stack: (time, pol, y, x) float32, linear, NaN = unusable; one relative orbit.
        looks: Equivalent number of looks of a pixel.

    Raises:
        InputError: fewer than two dates, or looks are not positive.

    Source: Conradsen, Nielsen & Skriver 2016, doi:10.1109/TGRS.2015.2510160, for p = 1.
    """
    _check_stack(stack, looks)
    _, bands, height, width = stack.shape
    statistic = np.full(height * width, np.nan, np.float32)
    p = np.full(height * width, np.nan, np.float32)
    dates = np.zeros(height * width, np.int16)
    for chosen, place in _patterns(stack):
        dates[place] = len(chosen)
        if len(chosen) < 2:
            continue
        total, log_total = _sums(stack, chosen, place)
        spread = len(chosen) * np.log(total / len(chosen)) - log_total
        rho, second = _correction(len(chosen), looks)
        value = 2 * looks * rho * spread.sum(axis=0)
        statistic[place] = value
        p[place] = _survival(value, bands * (len(chosen) - 1), bands * second)
    shape = (height, width)
    return Omnibus(statistic.reshape(shape), p.reshape(shape), dates.reshape(shape))


def changes(stack: Float, found: Omnibus, *, looks: float, alpha: float = 1e-3) -> Changes:
    """Date the changes of each pixel: omnibus over what is left, then date by date.

    Where the omnibus test rejects, each date is held against the mean of those before it; the first
    that differs begins a new state, and the rest of the series is tested anew from there. With
    heavy speckle a real step may only be seen by the omnibus test: then no date is given.

    Args:
        stack: (time, pol, y, x) float32, linear, NaN = unusable; one relative orbit.
        found: Of the same stack and looks.
        looks: Equivalent number of looks of a pixel.
        alpha: Level of each test.

    Raises:
        InputError: fewer than two dates, or a figure is outside its range.

    Source: Conradsen, Nielsen & Skriver 2016, doi:10.1109/TGRS.2015.2510160, section II.C.
    """
    _check_stack(stack, looks)
    if not 0 < alpha < 1 or found.p.shape != stack.shape[2:]:
        raise InputError("level of the test, or its pixels", alpha, "0 to 1, of the same stack")
    length, bands, height, width = stack.shape
    times = np.where(np.isfinite(found.p), 0, NOT_JUDGED).astype(np.int16).ravel()
    dates = np.full((MOST_CHANGES, height * width), UNDATED, np.int16)
    steps = np.full((MOST_CHANGES, bands, height * width), np.nan, np.float32)
    limits = _limits(length, bands, looks=looks, alpha=alpha)
    # Float32 p may round across the level: the kernel decides, this only spares it work.
    rejected = np.flatnonzero(found.p.ravel() <= alpha * 1.01)
    dated = stack.reshape(length, bands, 1, -1)[..., rejected]
    for chosen, part in _patterns(dated):
        place = rejected[part]
        power = dated[chosen, :, 0][:, :, part]
        made = (
            np.zeros(len(place), np.int16),
            np.full((MOST_CHANGES, len(place)), UNDATED, np.int16),
            np.full((MOST_CHANGES, bands, len(place)), np.nan, np.float32),
        )
        first_changes(np.ascontiguousarray(power.transpose(2, 1, 0)), looks, limits, made)
        times[place], steps[:, :, place] = made[0], made[2]
        dates[:, place] = np.where(made[1] < 0, UNDATED, chosen[np.maximum(made[1], 0)])
    shape = (height, width)
    return Changes(
        times.reshape(shape),
        dates.reshape(MOST_CHANGES, *shape),
        steps.reshape(MOST_CHANGES, bands, *shape),
    )


def _check_looks(*looks: float) -> None:
    if not all(np.isfinite(each) and each > 0 for each in looks):
        raise InputError("equivalent number of looks", looks, "positive numbers")


def _check_stack(stack: Float, looks: float) -> None:
    if stack.ndim != 4 or len(stack) < 2:
        raise InputError("series", stack.shape, "(time, pol, y, x) of two dates or more")
    _check_looks(looks)


def _patterns(stack: Float) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Dates that are usable in all polarisations, and the pixels of which they are those dates.

    Swath borders and lost dates make few patterns; pixels of one are computed together.
    """
    with np.errstate(invalid="ignore"):
        good = (stack > 0).all(axis=1).reshape(len(stack), -1)
    whole = good.all(axis=0)
    if whole.any():
        yield np.arange(len(stack)), np.flatnonzero(whole)
    broken = np.flatnonzero(~whole)
    if not broken.size:
        return
    packed = np.ascontiguousarray(np.packbits(good[:, broken], axis=0).T)
    _, which = np.unique(packed, axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(which.ravel()))
    for place in np.split(broken[order], ends[:-1]):
        yield np.flatnonzero(good[:, place[0]]), place


def _sums(stack: Float, chosen: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.float64]:
    """(2, pol, n) sums over some dates, of power and of its logarithm, at some pixels."""
    length, bands = stack.shape[:2]
    flat = stack.reshape(length, bands, -1)
    whole = len(place) == flat.shape[2] and len(chosen) == length
    power = flat if whole else flat[chosen][:, :, place]
    out = np.empty((2, bands * power.shape[2]))
    log_sums(power.reshape(len(chosen), -1), np.empty(out.shape[1]), out)
    return out.reshape(2, bands, -1)


def _correction(dates: int, looks: float) -> tuple[float, float]:
    """Rho and omega_2 of the omnibus test of one polarisation."""
    rho = 1 - (dates / looks - 1 / (looks * dates)) / (6 * (dates - 1))
    return rho, -(dates - 1) / 4 * (1 - 1 / rho) ** 2


def _step_correction(dates: int, looks: float) -> tuple[float, float]:
    """Rho and omega_2 of the test of the last of some dates against the others."""
    rho = 1 - (1 + 1 / (dates * (dates - 1))) / (6 * looks)
    return rho, -((1 - 1 / rho) ** 2) / 4


def _survival(value: NDArray[np.float64], degrees: int, second: float) -> NDArray[np.float64]:
    plain, further = chdtrc(degrees, value), chdtrc(degrees + 4, value)
    return np.asarray(np.clip(plain + second * (further - plain), 0, 1))


@functools.cache
def _limits(length: int, bands: int, *, looks: float, alpha: float) -> NDArray[np.float64]:
    """(2, length + 1) what -2 ln Q and -2 ln R must exceed, by number of dates; 0 and 1 unused."""
    limits = np.full((2, length + 1), np.inf)
    for dates in range(2, length + 1):
        rho, second = _correction(dates, looks)
        limits[0, dates] = _quantile(alpha, bands * (dates - 1), bands * second) / rho
        rho, second = _step_correction(dates, looks)
        limits[1, dates] = _quantile(alpha, bands, bands * second) / rho
    return limits


def _quantile(alpha: float, degrees: int, second: float) -> float:
    def excess(value: float) -> float:
        return float(_survival(np.array(value), degrees, second)) - alpha

    return float(brentq(excess, 1e-9, 4 * float(chdtri(degrees, alpha)) + 50, xtol=1e-10))
