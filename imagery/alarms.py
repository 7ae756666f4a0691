"""First, provisional and confirmed alarms over a history, with the date of change.

One date alone is provisional: cloud, its shadow and snow do not stay. A pixel is confirmed when the
next clear looks still differ, in the same direction, from the forecast made *before* the first.

Source:
    Repeated exceedance before a break is believed: Zhu & Woodcock 2014,
    doi:10.1016/j.rse.2014.01.011.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from imagery import anomaly, forecast, order_kernels, series_kernels
from imagery.anomaly import Anomaly, Frame
from imagery.forecast import Contrasts
from imagery.kernels import Float

THRESHOLD = 4.0
"""Of the median strength of its date. White noise in four bands reaches it once in 10,000 000."""

OUTLINE, OUTLINE_PX = 0.4, 7
"""An alarm ends where its strength is below this share of the strongest within that square: the
3 x 3 mean has a third of it one pixel outside a straight edge."""

AGAIN = 3.0
"""Whitened strength that a later look must have along the first one's direction."""

CONFIRMATIONS = 2
"""Later looks that must agree, before ``PATIENCE`` looks are over."""

PATIENCE = 4
LEAST_DATES = 2 * forecast.LEAST_DATES
"""Dates before the first that may raise an alarm: as many to forecast from, and as many forecasts
to know each pixel's spread by. With ten, five times as much ground was called anomalous."""

LEAST_PX = 6
"""Pixels of a change; fewer are noise of edges."""

NONE = -1


@dataclass(frozen=True, slots=True)
class Watch:
    """State of each pixel at the end of a history; indices of dates, ``NONE`` = no alarm.

    Attributes:
        first: (y, x) date of the alarm that stands.
        confirmed: (y, x) date at which it was confirmed; ``NONE`` while provisional.
    """

    first: NDArray[np.int16]
    confirmed: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Change:
    """One confirmed or provisional change.

    Attributes:
        first: Sensing time at which it was first seen.
        before: Last sensing time at which its place was seen without it, or None.
        confirmed: Sensing time of the confirmation; None = provisional.
        pixels: Its size.
        centre: (row, column) of its middle, pixels of the grid.
    """

    first: datetime
    before: datetime | None
    confirmed: datetime | None
    pixels: int
    centre: tuple[float, float]


def strength(white: Float) -> tuple[Float, Float]:
    """3 x 3 mean of whitened anomalies, (band, y, x), and its length over its median, (y, x).

    Gaps count as nothing in the mean; the length is NaN where the pixel itself is unusable.
    """
    mean, length = np.empty_like(white), np.empty(white.shape[1:], np.float32)
    series_kernels.mean_of_nine(white, mean, length)
    level = order_kernels.median(length, forecast.sample_step(length.shape))
    length /= max(level, np.float32(1e-3)) if np.isfinite(level) else np.float32(1)
    return mean, length


class Pending:
    """Pixels with an alarm and what confirmation needs: changed by ``step``, date after date."""

    def __init__(self, shape: tuple[int, int], bands: int) -> None:
        self.first = np.full(shape, NONE, np.int16)
        self.confirmed = np.full(shape, NONE, np.int16)
        self.direction = np.zeros((bands, *shape), np.float32)
        self.agreed = np.zeros(shape, np.int8)
        self.looks = np.zeros(shape, np.int8)

    def raise_at(self, date: int, alarm: NDArray[np.bool_], mean: Float) -> None:
        """New alarms where there is none; a pixel keeps the first that is confirmed."""
        new = np.flatnonzero(alarm & (self.first == NONE))
        if not new.size:
            return
        along = mean.reshape(len(mean), -1).take(new, axis=1)
        along /= np.maximum(np.sqrt((along**2).sum(axis=0)), 1e-6)
        self.direction.reshape(len(mean), -1)[:, new] = along
        self.first.reshape(-1)[new] = date
        self.agreed.reshape(-1)[new] = self.looks.reshape(-1)[new] = 0

    def confirm_at(
        self, date: int, stack: Contrasts, frame: Frame, clear: NDArray[np.bool_]
    ) -> None:
        """Judge what is pending by this date against the forecast from before its alarm."""
        planes = self.first, self.confirmed, self.agreed, self.looks
        firsts, confirmed, agreed, looks = (plane.reshape(-1) for plane in planes)
        waiting = (self.first != NONE) & (self.confirmed == NONE) & (self.first < date) & clear
        pending = np.flatnonzero(waiting)
        since = firsts[pending]
        for first in np.unique(since):
            where = pending[since == first]
            left = forecast.residual_at(stack, date, where, last=int(first))
            spread = frame.spread.reshape(len(frame.spread), -1)[:, where]
            white = frame.whitener.astype(np.float32) @ (left / spread)
            along = (white * self.direction.reshape(len(white), -1)[:, where]).sum(axis=0)
            agreed[where] += along >= AGAIN
            looks[where] += 1
        confirmed[pending[agreed[pending] >= CONFIRMATIONS]] = date
        given_up = (looks[pending] >= PATIENCE) & (confirmed[pending] == NONE)
        firsts[pending[given_up]] = NONE


def step(
    state: Pending, date: int, found: Anomaly, frame: Frame, stack: Contrasts
) -> NDArray[np.bool_]:
    """Confirm by one date what is pending, raise what is new; (y, x) True = anomalous on it."""
    state.confirm_at(date, stack, frame, found.clear)
    mean, strong = _without_halo(found, frame)
    alarm = _standing(strong)
    state.raise_at(date, alarm, mean)
    return alarm


def _standing(strong: Float) -> NDArray[np.bool_]:
    """(y, x) True = an alarm, out to where its strength falls off."""
    filled = np.nan_to_num(strong)
    edge = OUTLINE * order_kernels.greatest(filled, OUTLINE_PX // 2)
    return np.asarray((filled > THRESHOLD) & (filled > edge))


def _without_halo(found: Anomaly, frame: Frame) -> tuple[Float, Float]:
    """``strength``, less what a strong anomaly does to the surround of its neighbours."""
    mean, length = strength(found.whitened)
    strong = np.nan_to_num(length)
    if not (strong > THRESHOLD).any():
        return mean, length
    around = order_kernels.greatest(strong, forecast.SURROUND_PX)
    core = (strong > THRESHOLD) & (strong > around / 2)
    left = found.z * frame.spread
    rest = np.empty_like(left)
    for plane, out in zip(left, rest, strict=True):
        series_kernels.off_halo(plane, core, forecast.SURROUND_PX, out)
    return strength(anomaly.whiten(rest, frame))


def changes(found: Watch, moments: Sequence[datetime], clear: NDArray[np.bool_]) -> list[Change]:
    """Connected pixels of one date of change as changes, by date, then raster order.

    Args:
        found: At the end of the history.
        moments: Sensing times, oldest first.
        clear: (time, y, x) True = usable.
    """
    out = []
    for confirmed in (True, False):
        wanted = (found.first != NONE) & ((found.confirmed != NONE) == confirmed)
        for (rows, cols), first in _regions(found.first, wanted):
            seen = next((n for n in reversed(range(first)) if _seen(clear[n, rows, cols])), None)
            when = int(np.median(found.confirmed[rows, cols])) if confirmed else None
            out.append(
                Change(
                    first=moments[first],
                    before=None if seen is None else moments[seen],
                    confirmed=None if when is None else moments[when],
                    pixels=len(rows),
                    centre=(float(rows.mean()), float(cols.mean())),
                )
            )
    return sorted(out, key=lambda each: (each.first, each.centre))


def _seen(clear: NDArray[np.bool_]) -> bool:
    return 2 * int(np.count_nonzero(clear)) > clear.size


def _regions(
    first: NDArray[np.int16], wanted: NDArray[np.bool_]
) -> list[tuple[tuple[NDArray[np.intp], NDArray[np.intp]], int]]:
    """Connected wanted pixels, split where the dates of change are many looks apart."""
    out = []
    left = wanted.copy()
    while left.any():
        date = int(np.bincount(first[left]).argmax())
        near = left & (np.abs(first - date) <= 1)
        labels = _separated(near)
        holds = np.unique(labels[(first == date) & near])
        boxes = ndimage.find_objects(labels)
        for number in holds:
            box = boxes[number - 1]
            rows, cols = np.nonzero(labels[box] == number)
            rows, cols = rows + box[0].start, cols + box[1].start
            left[rows, cols] = False
            if len(rows) >= LEAST_PX:
                own = first[rows, cols]
                out.append(((rows, cols), int(np.bincount(own).argmax())))
    return out


def _separated(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Regions told apart where they hang together by less than three pixels; 0 = outside."""
    cores, count = ndimage.label(_opened(mask))
    level = np.zeros(mask.shape, np.uint8)  # all cores grow at one pace
    grown = watershed(level, cores, mask=mask)
    thin, _ = ndimage.label(mask & (grown == 0))
    return np.asarray(np.where(thin > 0, thin + count, grown), np.int32)


def _opened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What 3 x 3 squares that lie in a mask cover."""
    wide = np.pad(mask, 2)
    for both in (np.logical_and, np.logical_or):
        for _ in range(2):
            wide = both(both(wide[:-2], wide[1:-1]), wide[2:]).T
    return wide
