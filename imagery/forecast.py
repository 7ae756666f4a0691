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

from imagery import forecast_kernels, order_kernels, series_kernels
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
        rounded: (time * band, y * x) int16 ``values / scale``, clipped, in whole ``STEPS``; a gap
            holds the mean of the pixel's other dates.
        saturated: (time + 1, y * x) uint8, on how many dates before each index the contrast
            is far beyond the clip there in some band.
        bright: (m,) raster positions of the pixels that are so on half of the dates before some.
        unclipped: (m, time, band) ``values`` there: those of a pixel lie together.
        gram: (time * band, time * band) mean products of ``rounded`` over sampled pixels, in
            units of ``scale``.
    """

    values: Float
    scale: Float
    rounded: NDArray[np.int16]
    saturated: NDArray[np.uint8]
    bright: NDArray[np.intp]
    unclipped: Float
    gram: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Room:
    """Memory for one stack of contrasts after another: new memory costs more than the sums.

    Attributes:
        values, rounded: (n,) for those of ``Contrasts``.
    """

    values: Float
    rounded: NDArray[np.int16]

    @classmethod
    def of(cls, times: int, bands: int, pixels: int) -> Room:
        """Enough for so many."""
        size = times * bands * pixels
        return cls(np.empty(size, np.float32), np.empty(size, np.int16))


def contrasts(dates: Sequence[Float] | Float, *, room: Room | None = None) -> Contrasts:
    """Take the surround off, scale each date and sum the products once for all forecasts.

    Args:
        dates: (band, y, x) reflectance each, oldest first, NaN = unusable.
        room: What the stack is laid out in; it holds until the room is used again.
    """
    times, (bands, *shape) = len(dates), dates[0].shape
    size = times * bands * shape[0] * shape[1]
    room = room or Room.of(times, bands, shape[0] * shape[1])
    flat = room.values[:size].reshape(times, bands, *shape)
    rounded = room.rounded[:size].reshape(times * bands, -1)
    scale = np.empty((times, bands), np.float32)
    for date, contrast, spreads in zip(dates, flat, scale, strict=True):
        for band, (plane, out) in enumerate(zip(date, contrast, strict=True)):
            series_kernels.off_surround(np.ascontiguousarray(plane), SURROUND_PX, out)
            spreads[band] = robust_sd(out)
    forecast_kernels.whole_steps(
        flat.reshape(len(rounded), -1), bands, scale.ravel() / STEPS, CLIP * STEPS, rounded
    )
    step = sample_step(flat.shape[2:], FIT_PIXELS)
    thin = rounded.reshape(times * bands, *shape)[:, ::step, ::step]
    gram = _gram(thin.reshape(times * bands, -1))
    saturated = _saturated(flat, scale)
    return Contrasts(flat, scale, rounded, saturated, *_unclipped(flat, saturated), gram)


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
    scale = np.array([robust_sd(plane) for plane in flat], np.float32)
    rounded = np.empty((bands, shape[0] * shape[1]), np.int16)
    forecast_kernels.whole_steps(
        flat.reshape(bands, -1), bands, scale / STEPS, CLIP * STEPS, rounded
    )
    for band, (plane, row) in enumerate(zip(flat, rounded, strict=True)):
        gaps = np.flatnonzero(np.isnan(plane))
        row[gaps] = np.rint(stack.rounded[band::bands, gaps].mean(axis=0, dtype=np.float32))
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
    values = np.concatenate([stack.values, flat[None]])
    saturated = np.concatenate([stack.saturated, (stack.saturated[-1] + last)[None]])
    scales = np.concatenate([stack.scale, scale[None]])
    return Contrasts(values, scales, both, saturated, *_unclipped(values, saturated), gram)


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
    forecast_kernels.off_forecast(flat[0], weights, rows, scale, flat[1])
    pixels = np.flatnonzero(_often(stack.saturated, first, last))
    if pixels.size:
        flat[1][:, pixels] = _off_unclipped(stack, (first, last, date), weights, pixels)
    return left


def residual_at(stack: Contrasts, date: int, pixels: NDArray[np.intp], *, last: int) -> Float:
    """``residual`` at some pixels only: (band, n); ``pixels`` are (n,) raster positions."""
    first, last = _predictors(date, last)
    bands = stack.values.shape[1]
    here = stack.values[date].reshape(bands, -1)[:, pixels]
    if last - first < LEAST_DATES:
        return np.asarray(here - _centre(stack, first, last).reshape(bands, -1)[:, pixels])
    weights = _weights(stack, date, first, last)
    rows = stack.rounded[first * bands : last * bands].take(pixels, axis=1)
    forecast = weights @ rows.astype(np.float32)
    scale = stack.scale[date][:, None] / np.float32(STEPS * WEIGHT_STEPS)
    left = np.asarray(here - forecast * scale, np.float32)
    often = _often(stack.saturated, first, last)[pixels]
    if often.any():
        left[:, often] = _off_unclipped(stack, (first, last, date), weights, pixels[often])
    return left


def _saturated(values: Float, scale: Float) -> NDArray[np.uint8]:
    times, bands = scale.shape
    counted = np.zeros((times + 1, values[0, 0].size), np.uint8)
    for date in range(times):
        limit = SATURATED * CLIP * scale[date][:, None]
        far = (np.abs(values[date].reshape(bands, -1)) >= limit).any(axis=0)
        np.add(counted[date], far, out=counted[date + 1])
    return counted


def _often(saturated: NDArray[np.uint8], first: int, last: int) -> NDArray[np.bool_]:
    """Pixels far beyond the clip in at least half of the predictors: a bright pier in dark water.

    Their forecast from clipped values would be wrong on every date by the same amount.
    """
    counts = saturated[last] - saturated[first]
    return np.asarray(counts >= np.uint8(-(-(last - first) // 2)))


def _unclipped(values: Float, saturated: NDArray[np.uint8]) -> tuple[NDArray[np.intp], Float]:
    """Such pixels of any date, and their values together: read date by date they lie far apart."""
    times, bands = values.shape[:2]
    any_date = np.zeros(saturated.shape[1], np.bool_)
    for last in range(LEAST_DATES, times + 1):
        any_date |= _often(saturated, *_predictors(last, None))
    bright = np.flatnonzero(any_date)
    found = values.reshape(times, bands, -1).take(bright, axis=2)
    return bright, np.ascontiguousarray(found.transpose(2, 0, 1))


def _off_unclipped(
    stack: Contrasts, when: tuple[int, int, int], weights: Float, pixels: NDArray[np.intp]
) -> Float:
    """The residual of a date at such pixels: (band, n).

    Each value is clipped around the pixel's own median of the dates that forecast.

    Args:
        stack: All dates.
        when: First date that forecasts, the one after the last, and the date that is judged.
        weights: As ``_weights``.
        pixels: (n,) raster positions, all of them ``bright``.
    """
    places = np.searchsorted(stack.bright, pixels)
    out = np.empty((stack.values.shape[1], len(pixels)), np.float32)
    limits = CLIP, WEIGHT_STEPS
    forecast_kernels.off_unclipped(stack.unclipped, places, when, stack.scale, weights, limits, out)
    return out


def _predictors(date: int, last: int | None) -> tuple[int, int]:
    last = date if last is None else last
    return max(0, last - PREDICTORS), last


def _centre(stack: Contrasts, first: int, last: int) -> Float:
    """Per pixel median of few dates; NaN where none is usable."""
    out = np.empty(stack.values.shape[1:], np.float32)
    order_kernels.medians(stack.values[first:last].reshape(last - first, -1), out.reshape(-1))
    return out


def _weights(stack: Contrasts, date: int, first: int, last: int) -> Float:
    """(band, predictors) in whole ``WEIGHT_STEPS``."""
    bands = stack.values.shape[1]
    use = slice(first * bands, last * bands)
    goal = slice(date * bands, (date + 1) * bands)
    normal = stack.gram[use, use] + RIDGE * np.eye((last - first) * bands)
    found = forecast_kernels.solve(normal, np.ascontiguousarray(stack.gram[use, goal]))
    return np.ascontiguousarray(np.rint(found.T * WEIGHT_STEPS), np.float32)


def sample_step(shape: tuple[int, ...], pixels: int = MEDIAN_PIXELS) -> int:
    """Every how many rows and columns of a tile enter a statistic that needs so many pixels."""
    return max(1, math.isqrt(shape[0] * shape[1] // pixels))


def _gram(rounded: NDArray[np.int16], some: NDArray[np.int16] | None = None) -> NDArray[np.float64]:
    """Mean products of all rows with all, or with some."""
    total = np.zeros((len(rounded), len(rounded if some is None else some)))
    for start in range(0, rounded.shape[1], EXACT_ROWS):
        part = slice(start, start + EXACT_ROWS)
        rows = rounded[:, part].astype(np.float32)
        total += rows @ (rows if some is None else some[:, part].astype(np.float32)).T
    return np.asarray(total / (rounded.shape[1] * STEPS**2))


def robust_sd(plane: Float) -> float:
    """Robust spread of a plane from its regular sample, at least ``FLOOR``; NaN is left out."""
    return float(order_kernels.robust_sd(plane, sample_step(plane.shape), FLOOR))
