"""What is left of a date over its forecast, in units of what each pixel usually leaves over.

Source:
    Adaptive matched filter and its shrinkage where the rest of the spectrum does not fit: Kelly
    1986, doi:10.1109/TAES.1986.310745; Kraut, Scharf & McWhorter 2001, doi:10.1109/78.890324.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery import forecast, series_kernels
from imagery.forecast import Contrasts
from imagery.kernels import Float
from imagery.missed import missed_cloud

CLIP = 6.0
"""Spreads of a date at which a past residual stops counting: rare outliers still widen a pixel."""

FLOOR = 0.7
"""Share of the spread of the date below which no pixel's own spread is believed: it rests on
about 20 dates, whose sample deviation scatters by a sixth."""

COMMON, PARTS = 5.0, 64.0
"""Spreads at which a residual stops counting in the covariance of the bands, and the parts of a
spread that it is rounded to."""

SHRINK = 0.05
"""Of the mean variance, added to the covariance of the bands."""

COLOUR_PX = 1.0
"""Gaussian over which the coloured part of an anomaly is averaged, pixels."""

RING_PX = (7, 20)
"""Inner and outer radius of the ring that a place must stand out from; inside it an object of
140 m at 10 m."""

RING_CLIP = 6.0


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One date against those before it.

    Attributes:
        z: (band, y, x) residual over the pixel's spread, NaN = unusable.
        whitened: (band, y, x) ``z`` with the correlation of the bands taken out, NaN = unusable.
        clear: (y, x) True = usable: with data, and no cloud that the quality layer missed.
        dates: Dates that it rests on.
    """

    z: Float
    whitened: Float
    clear: NDArray[np.bool_]
    dates: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The yardstick of one date, to judge other residuals of the same place by.

    Attributes:
        spread: (band, y, x) reflectance.
        share: (band, y, x) the same in units of the spread of the date over all pixels.
        whitener: (band, band) takes ``residual / spread`` to unit, uncorrelated noise.
    """

    spread: Float
    share: Float
    whitener: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Past:
    """What the last residuals of each pixel were, in whole numbers; the arrays change in place.

    Attributes:
        squares: Of each date (band, y, x), oldest first.
        total, count: (band, y, x) over them.
    """

    squares: deque[NDArray[np.uint16]]
    total: NDArray[np.int32]
    count: NDArray[np.int16]

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> _Past:
        return cls(deque(), np.zeros(shape, np.int32), np.zeros(shape, np.int16))

    def remember(self, left: Float, scale: Float) -> None:
        """Add a date, forget the oldest where there are more than predict."""
        made = np.empty(left.shape, np.uint16)
        planes = zip(left, scale, made, self.total, self.count, strict=True)
        for plane, unit, squares, total, count in planes:
            series_kernels.remember(plane, unit, CLIP, squares, total, count)
        self.squares.append(made)
        if len(self.squares) > forecast.PREDICTORS:
            oldest = self.squares.popleft()
            for squares, total, count in zip(oldest, self.total, self.count, strict=True):
                series_kernels.forget(squares, total, count)


def anomalies(
    stack: Contrasts, *, bands: tuple[str, ...], start: int = 1
) -> Iterator[tuple[int, Anomaly, Frame]]:
    """Each date from ``start`` on, judged by the dates before it alone.

    Args:
        stack: All dates, oldest first.
        bands: Canonical names.
        start: First date wanted; earlier ones only serve as history.

    Yields:
        Index of the date, its anomaly, its yardstick.
    """
    past = _Past.of(stack.values.shape[1:])
    for date in range(max(1, min(start, forecast.LEAST_DATES)), len(stack)):
        left = forecast.residual(stack, date)
        scale = _scale(left)
        if date >= start:
            frame = _frame(left, scale, _share(left.shape, past))
            yield date, _held(left, frame, bands, date), frame
        if date >= forecast.LEAST_DATES:
            past.remember(left, scale)


def usual(stack: Contrasts) -> Float:
    """(band, y, x) what each pixel usually leaves over, as ``Frame.share``, from all dates."""
    past = _Past.of(stack.values.shape[1:])
    for date in range(forecast.LEAST_DATES, len(stack)):
        left = forecast.residual(stack, date)
        past.remember(left, _scale(left))
    return _share(stack.values.shape[1:], past)


def latest(stack: Contrasts, share: Float, *, bands: tuple[str, ...]) -> tuple[Anomaly, Frame]:
    """The last date of a stack, as ``anomalies`` judges it, where ``usual`` of the rest is known.

    Args:
        stack: All dates, oldest first.
        share: What ``usual`` gives for all but the last.
        bands: Canonical names.
    """
    last = len(stack) - 1
    left = forecast.residual(stack, last)
    frame = _frame(left, _scale(left), share)
    return _held(left, frame, bands, last), frame


def _held(left: Float, frame: Frame, bands: tuple[str, ...], date: int) -> Anomaly:
    clear = np.isfinite(left).all(axis=0) & ~missed_cloud(left, bands)
    masked = left if clear.all() else np.where(clear, left, np.float32(np.nan))
    z = np.asarray(masked / frame.spread)
    return Anomaly(z, _white(z, frame), clear, date)


def between(
    stack: Contrasts, before: int, after: int, *, frame: Frame, bands: tuple[str, ...]
) -> Anomaly:
    """What changed between two dates beyond what was to be expected.

    Both are held against the forecasts from the dates before the first of them, so that what came
    and went in between has no say, and neither has a season.

    Args:
        stack: All dates, oldest first.
        before, after: Their indices.
        frame: Of the date ``before``.
        bands: Canonical names.

    Returns:
        ``z`` and ``whitened`` of the difference, after - before.
    """
    first, second = (forecast.residual(stack, date, last=before) for date in (before, after))
    cloud = missed_cloud(first, bands) | missed_cloud(second, bands)
    left = second - first
    own = _frame(left, _scale(left), frame.share)
    clear = np.isfinite(left).all(axis=0) & ~cloud
    z = np.asarray(np.where(clear, left, np.float32(np.nan)) / own.spread, np.float32)
    return Anomaly(z, _white(z, own), clear, before)


def standing_out(answer: Float) -> Float:
    """Answers of a matched filter over what answers around them: (y, x), NaN stays NaN.

    Where many places answer (thin cloud, an edge between crops) one of them means little: the
    yardstick is the root mean square in a ring around the place, never less than the robust
    spread of the whole layer.

    Args:
        answer: (y, x) signed, NaN = unusable.
    """
    clear = np.isfinite(answer)
    if not clear.any():
        return answer
    level = np.median(answer[clear])
    spread = 1.4826 * np.median(np.abs(answer[clear] - level))
    away = np.where(clear, answer - level, np.float32(0))
    squares = np.minimum(np.abs(away), RING_CLIP * spread) ** 2
    inner, outer = ((2 * r + 1) for r in RING_PX)
    sums = [
        ndimage.uniform_filter(squares, side, mode="constant") * side**2 for side in (inner, outer)
    ]
    counts = [
        ndimage.uniform_filter(clear.astype(np.float32), side, mode="constant") * side**2
        for side in (inner, outer)
    ]
    ring = (sums[1] - sums[0]) / np.maximum(counts[1] - counts[0], 1)
    yardstick = np.sqrt(np.maximum(ring, max(float(spread), 1e-6) ** 2))
    return np.asarray(np.where(clear, away / yardstick, np.nan), np.float32)


def _scale(left: Float) -> Float:
    """(band,) robust spread of the residuals of a date, reflectance; floored."""
    return np.asarray([forecast.robust_sd(band) for band in left], np.float32)


def _share(shape: tuple[int, ...], past: _Past) -> Float:
    """(band, y, x) spread of each pixel, from its past and its neighbours', 1 = as the date's."""
    own, out = np.empty(shape, np.float32), np.empty(shape, np.float32)
    for total, count, plane in zip(past.total, past.count, own, strict=True):
        series_kernels.root_mean(total, count, forecast.LEAST_DATES, FLOOR, plane)
    # Shift moves an edge by less than a pixel, so a neighbour's past is this pixel's future.
    for plane, wide in zip(own, out, strict=True):
        series_kernels.widened(plane, wide)
    return out


def _frame(left: Float, scale: Float, share: Float) -> Frame:
    """Spread of each pixel at a date, covariance of the bands from the date."""
    spread = share * scale[:, None, None]
    step, size = forecast.sample_step(left.shape[1:]), len(left)
    # Rounded sums: see ``forecast.STEPS``.
    sums, many = series_kernels.products(left, spread, step, COMMON, PARTS)
    covariance = sums / (many * PARTS**2) if many > 10 * size else np.eye(size)
    # A date that repeats another leaves nothing over.
    variance = max(float(np.trace(covariance)) / size, 1e-3)
    covariance = covariance + SHRINK * variance * np.eye(size)
    return Frame(spread, share, np.linalg.inv(np.linalg.cholesky(covariance)))


def whiten(left: Float, frame: Frame) -> Float:
    """(band, y, x) residual reflectance to unit, uncorrelated noise."""
    return _white(left / frame.spread, frame)


def _white(z: Float, frame: Frame) -> Float:
    out = np.empty(z.shape, np.float32)
    series_kernels.mixed(z, frame.whitener.astype(np.float32), out)
    return out


def grey(found: Anomaly, frame: Frame) -> Float:
    """How strong a grey anomaly, the same in all bands, is: what a matched filter reads.

    Returns:
        (y, x) in its own noise, less where the anomaly is coloured: what is not grey is not
        trusted for its grey part. Positive = brighter; NaN = unusable. To allow paint a tint of
        its own was tried and let thin cloud through.
    """
    white = found.whitened
    unit = whiten(np.ones_like(white), frame)
    along = (white * unit).sum(axis=0) / np.sqrt((unit**2).sum(axis=0))
    rest = _smooth((white**2).sum(axis=0) - along**2, found.clear) / max(len(white) - 1, 1)
    return np.asarray(along / np.sqrt(np.maximum(rest, 1)))


def _smooth(plane: Float, clear: NDArray[np.bool_]) -> Float:
    weight = ndimage.gaussian_filter(clear.astype(np.float32), COLOUR_PX)
    filled = ndimage.gaussian_filter(np.where(clear, plane, np.float32(0)), COLOUR_PX)
    return np.asarray(filled / np.maximum(weight, np.float32(1e-3)), np.float32)
