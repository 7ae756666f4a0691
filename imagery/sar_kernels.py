"""The inner loops of radar over time, compiled: each pixel alone, over its dates.

Sums run in one fixed order, so a result is the same, bit for bit, in every chunk. Nothing is
shared between threads. Stencils are in ``imagery.sar_planes``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from imagery.order_kernels import sorted_into


@njit(nogil=True, cache=True)
def log_sums(power: Any, product: Any, out: Any) -> None:
    """Sum over time of powers and of their logarithms; the logarithm of products of eight.

    Args:
        power: (time, m) float32, all positive: eight of them stay far within float64.
        product: (m,) float64 scratch.
        out: (total, log_total), each (m,) float64.
    """
    total, log_total = out
    total[:] = 0.0
    log_total[:] = 0.0
    product[:] = 1.0
    for t in range(power.shape[0]):
        for j in range(power.shape[1]):
            value = np.float64(power[t, j])
            total[j] += value
            product[j] *= value
        if t % 8 == 7 or t == power.shape[0] - 1:
            for j in range(power.shape[1]):
                log_total[j] += np.log(product[j])
                product[j] = 1.0


@njit(nogil=True, cache=True)
def moments(values: Any, out: Any) -> None:
    """Count, mean and sum of squares about the mean over time of (time, m) float32; NaN left out.

    ``out`` is (3, m) float64.
    """
    out[:] = 0.0
    for t in range(values.shape[0]):
        for j in range(values.shape[1]):
            value = np.float64(values[t, j])
            good = value == value
            out[0, j] += 1.0 if good else 0.0
            out[1, j] += value if good else 0.0
    for j in range(values.shape[1]):
        out[1, j] = out[1, j] / max(out[0, j], 1.0)
    for t in range(values.shape[0]):
        for j in range(values.shape[1]):
            left = np.float64(values[t, j]) - out[1, j]
            out[2, j] += left * left if left == left else 0.0


@njit(nogil=True, cache=True)
def centred_sums(logs: Any, level: Any, orbits: Any, sign: float, out: Any) -> None:
    """Sums over time of logarithms less the scene's level and the pixel's mean of the orbit.

    Args:
        logs: (time, m) float32, NaN = unusable: adds nothing.
        level: (time,) float32.
        orbits: (time,) int64, 0, 1, ... by orbit.
        sign: 1 or -1.
        out: (sums (time + 1, m) float32; usable (m,) float32 number of dates; mean (orbit, m) and
            count (orbit, m) float32 scratch).
    """
    sums, usable, mean, count = out
    factor, zero, one = np.float32(sign), np.float32(0), np.float32(1)
    mean[:] = zero
    count[:] = zero
    for t in range(logs.shape[0]):
        own = orbits[t]
        for j in range(logs.shape[1]):
            left = logs[t, j] - level[t]
            good = left == left
            mean[own, j] += left if good else zero
            count[own, j] += one if good else zero
    usable[:] = zero
    for own in range(mean.shape[0]):
        for j in range(logs.shape[1]):
            usable[j] += count[own, j]
            mean[own, j] /= max(count[own, j], one)
    sums[0] = zero
    for t in range(logs.shape[0]):
        own = orbits[t]
        for j in range(logs.shape[1]):
            left = factor * (logs[t, j] - level[t] - mean[own, j])
            sums[t + 1, j] = sums[t, j] + (left if left == left else zero)


@njit(nogil=True, cache=True)
def interval_drops(sums: Any, factors: Any, least: int, first: int, out: Any) -> None:
    """The interval of dates that is lower than all others by the greatest likelihood ratio.

    It must lie below the dates before it by half of that at least: else a rise would be found as a
    drop of all that came before it.

    Args:
        sums: (time + 1, n) float32, sums over time of values less their mean; 0 first.
        factors: (time + 1,) float32 by length of the interval: time / (2 m (time - m)).
        least: Dates of an interval, at least.
        first: First date that an interval may start with.
        out: (best (n,) float32, code (n,) int32): start times (time + 1) plus end, end exclusive.
    """
    best, code = out
    dates = sums.shape[0] - 1
    zero, half = np.float32(0), np.float32(0.5)
    for a in range(first, dates - least + 1):
        early = np.float32(1 / a)
        for b in range(a + least, dates + 1):
            factor, name = factors[b - a], np.int32(a * (dates + 1) + b)
            per_date = np.float32(1 / (b - a))
            # Halfway between inside and outside, in units of the sum inside.
            other = half * (per_date - np.float32(1 / max(dates - b + a, 1)))
            for j in range(best.shape[0]):
                inside = min(sums[b, j] - sums[a, j], zero)
                ratio = inside * inside * factor
                lower = sums[a, j] * early >= inside * other
                better = (ratio > best[j]) & lower
                best[j] = ratio if better else best[j]
                code[j] = name if better else code[j]


@njit(nogil=True, cache=True)
def first_changes(power: Any, looks: float, limits: Any, out: Any) -> None:
    """Sequential factorisation of the omnibus test, pixel by pixel, over all polarisations.

    Args:
        power: (n, pol, time) float32; every value usable.
        looks: Equivalent number of looks.
        limits: (2, time + 1) float64: by number of dates, what -2 ln Q of all of them, and
            -2 ln R of the last against the others, must exceed.
        out: (times (n,) int16 number of changes; dates (most, n) int16 first date of each new
            state, -1 where there is none; steps (most, pol, n) float32 log-ratio of the new state's
            first date to the mean before it).
    """
    times, dates, steps = out
    many, bands, length = power.shape
    for j in range(many):
        logs = np.log(power[j])
        start = 0
        while length - start >= 2 and times[j] < dates.shape[0]:
            if _omnibus(logs, power[j], start, looks) <= limits[0, length - start]:
                break
            found = _next(logs, power[j], start, looks, limits)
            if found < 0:
                break
            dates[times[j], j] = found
            for c in range(bands):
                mean = power[j, c, start:found].mean()
                steps[times[j], c, j] = logs[c, found] - np.log(mean)
            times[j] += 1
            start = found


@njit(nogil=True, cache=True)
def _omnibus(logs: Any, power: Any, start: int, looks: float) -> float:
    """-2 ln Q of the dates from ``start``, summed over polarisations."""
    bands, length = power.shape
    every = length - start
    found = 0.0
    for c in range(bands):
        log_sum, total = 0.0, 0.0
        for t in range(start, length):
            log_sum += logs[c, t]
            total += power[c, t]
        found += every * np.log(total / every) - log_sum
    return 2 * looks * found


@njit(nogil=True, cache=True)
def _next(logs: Any, power: Any, start: int, looks: float, limits: Any) -> int:
    """First date after ``start`` that differs from those since ``start``; -1 where none does."""
    bands, length = power.shape
    totals = power[:, start].astype(np.float64)
    for t in range(start + 1, length):
        many = t - start + 1
        found = 0.0
        for c in range(bands):
            before = totals[c]
            totals[c] += power[c, t]
            found += many * np.log(totals[c] / many) - (many - 1) * np.log(before / (many - 1))
            found -= logs[c, t]
        if 2 * looks * found > limits[1, many]:
            return t
    return -1


@njit(nogil=True, cache=True)
def middle_and_scale(values: Any, past: int, least: int, floor: float, out: Any) -> None:
    """Median of the first dates, and 1 / their median absolute deviation, ``floor`` at least.

    Args:
        values: (time, pol, n) float32, NaN = unusable.
        past: Dates at the beginning.
        least: Usable dates without which both are NaN.
        floor: Of the deviation.
        out: (middle, scale), each (pol, n) float32.
    """
    middle, scale = out
    kept = np.empty(past, np.float32)
    for c in range(values.shape[1]):
        for j in range(values.shape[2]):
            many = sorted_into(values[:past, c, j], kept)
            middle[c, j] = np.float32(np.nan)
            scale[c, j] = np.float32(np.nan)
            if many >= least:
                half = (kept[(many - 1) // 2] + kept[many // 2]) / np.float32(2)
                middle[c, j] = half
                scale[c, j] = np.float32(1) / max(_deviation(kept, many, half), np.float32(floor))


@njit(nogil=True, cache=True)
def _deviation(kept: Any, many: int, middle: Any) -> Any:
    """Median absolute deviation of sorted values: both ends come inwards, the larger first."""
    low, high = 0, many - 1
    last = np.float32(0)
    for _ in range(many - many // 2):
        below, above = middle - kept[low], kept[high] - middle
        if below > above:
            last = below
            low += 1
        else:
            last = above
            high -= 1
    return last


@njit(nogil=True, cache=True)
def first_alarms(values: Any, past: int, known: Any, rules: Any, out: Any) -> None:
    """One-sided sums of the length of z over all polarisations: the first alarm of each pixel.

    Args:
        values: (time, pol, n) float32; a date with NaN in any polarisation is passed over.
        past: First date that counts.
        known: (middle, scale), each (pol, n) float32.
        rules: Drift, alarm level, dates in a row.
        out: (raised (n,) int16, since (n,) int16, direction (n,) int8).
    """
    middle, scale = known
    raised, since, direction = out
    bands = values.shape[1]
    for j in range(values.shape[2]):
        total, walk, above, begun = np.float32(0), np.float32(0), 0, -1
        for t in range(past, values.shape[0]):
            square, sign = np.float32(0), np.float32(0)
            for c in range(bands):
                unit = (values[t, c, j] - middle[c, j]) * scale[c, j]
                square += unit * unit
                sign += unit
            if square != square:
                continue
            before, total = total, max(total + np.sqrt(square) - rules[0], np.float32(0))
            begun = t if before == 0 else begun
            walk = walk + sign if total > 0 else np.float32(0)
            above = above + 1 if total > rules[1] else 0
            if above >= rules[2]:
                raised[j], since[j] = t, begun
                direction[j] = 1 if walk > 0 else -1
                break
