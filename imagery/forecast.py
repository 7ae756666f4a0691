"""What each date should look like, forecast from the dates before it, and what is left over.

Season, sun angle, haze and a slowly changing scene move all pixels together, so the past images
of a site, weighted, explain most of a new one: the weights are fitted over the pixels of a tile.
What they do not explain is new at that pixel. Contrast against a local surround is compared, not
reflectance, which takes large haze and gradients out.

Source:
    Linear prediction of one image from others: Schaum & Stocker 1997, "Long-interval
    chronochrome target detection" (ISSSR). Ridge: Hoerl & Kennard 1970,
    doi:10.1080/00401706.1970.10488634.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagery import series_kernels
from imagery.kernels import Float

SURROUND_PX = 7
"""Radius of the square whose mean is taken off; twice the longest aircraft at 10 m."""

PREDICTORS = 20
"""Dates before a date that forecast it; more add cost and no season."""

LEAST_DATES = 6
"""Fewer dates before it and a date is compared with their median alone."""

RIDGE = 0.3
"""Of the variance of one predictor: neighbouring dates are nearly the same image."""

CLIP = 4.0
"""Robust spreads at which a contrast stops counting in the fit: cloud and bright roofs."""

SATURATED = 2.0
"""Of ``CLIP``: a pixel whose contrast is beyond it on half of the dates is forecast unclipped."""

STEPS = 32.0
WEIGHT_STEPS = 1024.0
"""Predictors and weights are rounded to these parts of a unit. Products of whole numbers add up
exactly in any order, so the threads of the linear algebra cannot change a byte."""

EXACT_ROWS = 1000  # 1000 * (CLIP * STEPS)**2 still fits the 24 bits of a float32
FIT_PIXELS = 2**16
MEDIAN_PIXELS = 2**14  # a median of so many is within 1 % of a spread
FLOOR = np.float32(5e-4)
"""Reflectance; half a digit of the noise of a Sentinel-2 pixel over a dark surface."""


@dataclass(frozen=True, slots=True)
class Contrasts:
    """A stack as the forecast uses it.

    Attributes:
        values: (time, band, y, x) contrast against the surround, reflectance, NaN = unusable.
        scale: (time, band) its robust spread over the tile.
        rounded: (time * band, y * x) ``values / scale``, clipped, in whole ``STEPS``; a gap
            holds the mean of the pixel's other dates.
        saturated: (time + 1, y * x) uint8, on how many dates before each index the contrast
            is far beyond the clip there in some band.
        gram: (time * band, time * band) mean products of ``rounded`` over sampled pixels, in
            units of ``scale``.
    """

    values: Float
    scale: Float
    rounded: Float
    saturated: NDArray[np.uint8]
    gram: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)


def contrasts(dates: Sequence[Float] | Float) -> Contrasts:
    """Take the surround off, scale each date and sum the products once for all forecasts.

    Args:
        dates: (band, y, x) reflectance each, oldest first, NaN = unusable.
    """
    times, (bands, *shape) = len(dates), dates[0].shape
    flat = np.empty((times, bands, *shape), np.float32)
    for date, contrast in zip(dates, flat, strict=True):
        for plane, out in zip(date, contrast, strict=True):
            series_kernels.off_surround(plane, SURROUND_PX, out)
    rare = sample_step(flat.shape[2:])
    sample = flat[:, :, ::rare, ::rare].reshape(times * bands, -1)
    scale = np.array([robust_sd(plane[np.isfinite(plane)]) for plane in sample], np.float32)
    rounded = np.empty((times * bands, flat[0, 0].size), np.float32)
    series_kernels.whole_steps(
        flat.reshape(len(rounded), -1), bands, scale / STEPS, CLIP * STEPS, rounded
    )
    step = sample_step(flat.shape[2:], FIT_PIXELS)
    thin = rounded.reshape(times * bands, *shape)[:, ::step, ::step]
    gram = _gram(np.ascontiguousarray(thin.reshape(times * bands, -1)))
    scales = scale.reshape(times, bands)
    return Contrasts(flat, scales, rounded, _saturated(flat, scales), gram)


def extended(stack: Contrasts, date: Float) -> Contrasts:
    """A stack with one more date, which has no say in what fills the gaps of the others.

    Args:
        stack: Dates whose contrasts are known.
        date: (band, y, x) reflectance, NaN = unusable.
    """
    bands, *shape = date.shape
    flat = np.empty((bands, *shape), np.float32)
    for plane, out in zip(date, flat, strict=True):
        series_kernels.off_surround(plane, SURROUND_PX, out)
    rare = sample_step((shape[0], shape[1]))
    thin = flat[:, ::rare, ::rare]
    scale = np.array([robust_sd(plane[np.isfinite(plane)]) for plane in thin], np.float32)
    rounded = np.empty((bands, shape[0] * shape[1]), np.float32)
    series_kernels.whole_steps(flat.reshape(bands, -1), bands, scale / STEPS, CLIP * STEPS, rounded)
    for band, (plane, row) in enumerate(zip(flat, rounded, strict=True)):
        gaps = np.flatnonzero(np.isnan(plane))
        row[gaps] = np.rint(stack.rounded[band::bands, gaps].mean(axis=0))
    step = sample_step((shape[0], shape[1]), FIT_PIXELS)
    both = np.concatenate([stack.rounded, rounded])
    few = both.reshape(-1, *shape)[:, ::step, ::step].reshape(len(both), -1)
    cross = _gram(few, few[-bands:])
    known = len(stack.gram)
    gram = np.empty((len(both), len(both)))
    gram[:known, :known] = stack.gram
    gram[:, known:] = cross
    gram[known:] = cross.T
    last = (np.abs(flat.reshape(bands, -1)) >= SATURATED * CLIP * scale[:, None]).any(axis=0)
    return Contrasts(
        np.concatenate([stack.values, flat[None]]),
        np.concatenate([stack.scale, scale[None]]),
        both,
        np.concatenate([stack.saturated, (stack.saturated[-1] + last)[None]]),
        gram,
    )


def residual(stack: Contrasts, date: int, *, last: int | None = None) -> Float:
    """A date less its forecast: (band, y, x) contrast in reflectance, NaN = unusable.

    Args:
        stack: All dates.
        date: Index of the date that is judged.
        last: The forecast uses dates before this index; those before ``date`` unless given.
    """
    first, last = _predictors(date, last)
    here = stack.values[date]
    if last - first < LEAST_DATES:
        return np.asarray(here - _centre(stack, first, last), np.float32)
    weights = _weights(stack, date, first, last)
    bands = stack.values.shape[1]
    rows = stack.rounded[first * bands : last * bands]
    scale = stack.scale[date] / np.float32(STEPS * WEIGHT_STEPS)
    left: NDArray[np.float32] = np.empty_like(here)
    flat = here.reshape(bands, -1), left.reshape(bands, -1)
    series_kernels.off_forecast(flat[0], weights, rows, scale, flat[1])
    pixels = _often_saturated(stack, first, last)
    if pixels.size:
        flat[1][:, pixels] = _off_unclipped(stack, [*range(first, last), date], weights, pixels)
    return left


def residual_at(stack: Contrasts, date: int, pixels: NDArray[np.intp], *, last: int) -> Float:
    """``residual`` at some pixels only: (band, n); ``pixels`` are (n,) raster positions."""
    first, last = _predictors(date, last)
    bands = stack.values.shape[1]
    here = stack.values[date].reshape(bands, -1)[:, pixels]
    if last - first < LEAST_DATES:
        return np.asarray(here - _centre(stack, first, last).reshape(bands, -1)[:, pixels])
    weights = _weights(stack, date, first, last)
    forecast = weights @ stack.rounded[first * bands : last * bands, pixels]
    scale = stack.scale[date][:, None] / np.float32(STEPS * WEIGHT_STEPS)
    left = np.asarray(here - forecast * scale, np.float32)
    counts = stack.saturated[last][pixels] - stack.saturated[first][pixels]
    often = 2 * counts.astype(np.int16) >= last - first
    if often.any():
        left[:, often] = _off_unclipped(stack, [*range(first, last), date], weights, pixels[often])
    return left


def _saturated(values: Float, scale: Float) -> NDArray[np.uint8]:
    times, bands = scale.shape
    counted = np.zeros((times + 1, values[0, 0].size), np.uint8)
    for date in range(times):
        limit = SATURATED * CLIP * scale[date][:, None]
        far = (np.abs(values[date].reshape(bands, -1)) >= limit).any(axis=0)
        np.add(counted[date], far, out=counted[date + 1])
    return counted


def _often_saturated(stack: Contrasts, first: int, last: int) -> NDArray[np.intp]:
    """Pixels far beyond the clip in at least half of the predictors: a bright pier in dark water.

    Their forecast from clipped values would be wrong on every date by the same amount.
    """
    counts = stack.saturated[last] - stack.saturated[first]
    return np.flatnonzero(2 * counts.astype(np.int16) >= last - first)


def _off_unclipped(
    stack: Contrasts, dates: list[int], weights: Float, pixels: NDArray[np.intp]
) -> Float:
    """The residual of the last of some dates at such pixels: (band, n).

    Each value is clipped around the pixel's own median of the dates before.
    """
    bands = stack.values.shape[1]
    few = np.stack([stack.values[date].reshape(bands, -1)[:, pixels] for date in dates])
    out, usual = (np.empty((bands, len(pixels)), np.float32) for _ in range(2))
    series_kernels.medians(few[:-1].reshape(len(few) - 1, -1), usual.reshape(-1))
    limits = CLIP, WEIGHT_STEPS
    series_kernels.off_unclipped(few, usual, stack.scale[dates], weights, limits, out)
    return out


def _predictors(date: int, last: int | None) -> tuple[int, int]:
    last = date if last is None else last
    return max(0, last - PREDICTORS), last


def _centre(stack: Contrasts, first: int, last: int) -> Float:
    """Per pixel median of few dates; NaN where none is usable."""
    out = np.empty(stack.values.shape[1:], np.float32)
    series_kernels.medians(stack.values[first:last].reshape(last - first, -1), out.reshape(-1))
    return out


def _weights(stack: Contrasts, date: int, first: int, last: int) -> Float:
    """(band, predictors) in whole ``WEIGHT_STEPS``."""
    bands = stack.values.shape[1]
    use = slice(first * bands, last * bands)
    goal = slice(date * bands, (date + 1) * bands)
    normal = stack.gram[use, use] + RIDGE * np.eye((last - first) * bands)
    found = series_kernels.solve(normal, np.ascontiguousarray(stack.gram[use, goal]))
    return np.ascontiguousarray(np.rint(found.T * WEIGHT_STEPS), np.float32)


def sample_step(shape: tuple[int, ...], pixels: int = MEDIAN_PIXELS) -> int:
    """Every how many rows and columns of a tile enter a statistic that needs so many pixels."""
    return max(1, math.isqrt(shape[0] * shape[1] // pixels))


def _gram(rounded: Float, some: Float | None = None) -> NDArray[np.float64]:
    """Mean products of all rows with all, or with some."""
    others = rounded if some is None else some
    total = np.zeros((len(rounded), len(others)))
    for start in range(0, rounded.shape[1], EXACT_ROWS):
        part = slice(start, start + EXACT_ROWS)
        total += rounded[:, part] @ others[:, part].T
    return np.asarray(total / (rounded.shape[1] * STEPS**2))


def robust_sd(values: Float) -> float:
    """1.4826 times the median absolute deviation of finite values, at least ``FLOOR``."""
    if not values.size:
        return float(FLOOR)
    spread = 1.4826 * np.median(np.abs(values - np.median(values)))
    return max(float(spread), float(FLOOR))
