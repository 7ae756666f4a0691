"""Every date of a site's history, judged by the dates before it alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from imagery import alarms, anomaly, forecast, stack, threads
from imagery.alarms import NONE, Watch
from imagery.history import TILE_PX, History
from imagery.kernels import Float

Read = Callable[[int, slice, slice], Float]

PART_PX = 256
"""Side of what is judged at once: forecasts are fitted there, and it is clear enough or not."""

USABLE_SHARE, FEW_USABLE_SHARE = 0.9, 0.5
"""Share of a part that must be usable in a date for it to be history; the second where the first
leaves too few dates to forecast from."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A history looked through, on the whole grid.

    Attributes:
        z: (band, y, x) of the target: residual over the pixel's spread, NaN = unusable.
        flat: (y, x) of the target, see ``anomaly.grey``; what a matched filter reads.
        clear: (time, y, x) True = usable; of dates that were judged, without clouds that the
            quality layers missed.
        anomalous: (time, y, x) True = differs from its forecast.
        looked: (time, y, x) True = the date was judged there: it was clear enough, and had
            ``alarms.LEAST_DATES`` dates of history. Elsewhere nothing is called anomalous.
        watch: Alarms over time, indices into the items of the history.
        rests_on: (y, x) dates of history used at that place: for ``change`` where there is a date
            to compare with, else for the target.
        change: (y, x) strength of what changed between the two dates that are compared, see
            ``alarms.strength``; NaN = unusable, or fewer than ``alarms.LEAST_DATES`` dates before.
    """

    z: Float
    flat: Float
    clear: NDArray[np.bool_]
    anomalous: NDArray[np.bool_]
    looked: NDArray[np.bool_]
    watch: Watch
    rests_on: NDArray[np.int16]
    change: Float


def judge(history: History, *, read: Read | None = None) -> Judged:
    """Read a history tile by tile and judge every date by those before it.

    A tile and its rim are in memory at once, whatever the size of the grid. The tiles and their
    parts follow from the grid alone, so a result does not depend on how it was computed.

    Args:
        history: Of the place.
        read: Of the number of a date and a window, (band, y, x) reflectance, NaN = unusable; as
            the files stand unless given.
    """
    read = read or partial(as_they_stand, history)
    height, width = history.geobox.shape
    times, bands = len(history.items), len(history.bands)
    out = _empty(times, bands, (height, width))
    for rows, cols in tiles((height, width)):
        rim = forecast.SURROUND_PX
        wide = tuple(
            slice(max(0, part.start - rim), min(size, part.stop + rim))
            for part, size in zip((rows, cols), (height, width), strict=True)
        )
        values = np.empty((times, bands, *(part.stop - part.start for part in wide)), np.float32)
        threads.each(partial(_fill, values, wide, read), range(times))
        corner = rows.start - wide[0].start, cols.start - wide[1].start
        # Each part is a thread's work; more threads inside the linear algebra would only wait.
        with threadpool_limits(1):
            _judge_parts(_tile(out, (rows, cols)), values, corner, history)
    return out


def _fill(values: Float, wide: Sequence[slice], read: Read, number: int) -> None:
    values[number] = read(number, *wide)


def _judge_parts(tile: Judged, values: Float, corner: tuple[int, int], history: History) -> None:
    """Judge a tile, read with its rim, part by part on the threads there are."""
    rim = forecast.SURROUND_PX

    def judged(part: tuple[slice, slice]) -> tuple[Judged, tuple[slice, slice]]:
        at = [slice(s.start + c, s.stop + c) for s, c in zip(part, corner, strict=True)]
        wide = [
            slice(max(0, s.start - rim), min(size, s.stop + rim))
            for s, size in zip(at, values.shape[2:], strict=True)
        ]
        inner = tuple(
            slice(s.start - w.start, s.stop - w.start) for s, w in zip(at, wide, strict=True)
        )
        cut = np.ascontiguousarray(values[:, :, wide[0], wide[1]])
        found = judge_values(cut, bands=history.bands, before=history.before)
        return found, (inner[0], inner[1])

    parts = tiles(tile.flat.shape, PART_PX)
    for part, (found, inner) in zip(parts, threads.each(judged, parts), strict=True):
        _paste(tile, found, part, inner)


def as_they_stand(history: History, number: int, rows: slice, cols: slice) -> Float:
    """A window of a date without any shift: (band, y, x) reflectance, NaN = unusable."""
    read = stack.load(history.items[number], history.geobox[rows, cols], history.bands, chunk=None)
    values: Float = read.reflectance.values
    hidden = ~read.clear.values
    if hidden.any():
        values[:, hidden] = np.nan
    return values


def judge_values(values: Float, *, bands: tuple[str, ...], before: int | None = None) -> Judged:
    """``judge`` for a stack in memory: (time, band, y, x) reflectance, NaN = unusable.

    Dates of which too little is usable neither serve as history nor raise alarms; the target, the
    last one, is always judged, and so is the date ``before`` that it is compared with.
    """
    times, count, *shape = values.shape
    out = _empty(times, count, (shape[0], shape[1]))
    finite = np.stack([np.isfinite(date).all(axis=0) for date in values])
    out.clear[:] = finite
    used = _used(finite, before)
    if len(used) < 2:
        return out
    contrasts = forecast.contrasts([values[date] for date in used])
    state = alarms.Pending((shape[0], shape[1]), count)
    start = min(alarms.LEAST_DATES, len(used) - 1)
    for index, found, frame in anomaly.anomalies(contrasts, bands=bands, start=start):
        date = used[index]
        out.clear[date] = found.clear
        if index >= alarms.LEAST_DATES:
            out.looked[date] = True
            out.anomalous[date] = alarms.step(state, index, found, frame, contrasts)
            if date == before:
                ends = index, len(used) - 1
                change = anomaly.between(contrasts, *ends, frame=frame, bands=bands)
                out.change[:] = alarms.strength(change.whitened)[1]
        if index == len(used) - 1:
            out.z[:], out.flat[:] = found.z, anomaly.grey(found, frame)
    out.rests_on[:] = len(used) - 1 if before is None else used.index(before)
    lookup = np.append(np.asarray(used, np.int16), np.int16(NONE))
    out.watch.first[:] = lookup[state.first]
    out.watch.confirmed[:] = lookup[state.confirmed]
    return out


def tiles(shape: tuple[int, ...], side: int = TILE_PX) -> list[tuple[slice, slice]]:
    """Nearly equal tiles of at most ``side`` px: none is too small to fit a forecast on."""
    sides = []
    for size in shape:
        cuts = np.linspace(0, size, -(-size // side) + 1).astype(int).tolist()
        sides.append([slice(a, b) for a, b in pairwise(cuts)])
    return [(rows, cols) for rows in sides[0] for cols in sides[1]]


def _used(finite: NDArray[np.bool_], before: int | None) -> list[int]:
    """Dates that are usable enough, the target, and the date that it is compared with."""
    seen = max(1, int(np.count_nonzero(finite.any(axis=0))))  # the edge of a scene is no cloud
    share = finite.sum(axis=(1, 2)) / seen
    target = len(share) - 1
    good = {n for n in range(target) if share[n] >= USABLE_SHARE}
    if len(good) < forecast.LEAST_DATES:
        good = {n for n in range(target) if share[n] >= FEW_USABLE_SHARE}
    return sorted(good | {target} | ({before} if before is not None else set()))


def _empty(times: int, bands: int, shape: tuple[int, int]) -> Judged:
    return Judged(
        z=np.full((bands, *shape), np.nan, np.float32),
        flat=np.full(shape, np.nan, np.float32),
        clear=np.zeros((times, *shape), bool),
        anomalous=np.zeros((times, *shape), bool),
        looked=np.zeros((times, *shape), bool),
        watch=Watch(np.full(shape, NONE, np.int16), np.full(shape, NONE, np.int16)),
        rests_on=np.zeros(shape, np.int16),
        change=np.full(shape, np.nan, np.float32),
    )


def _tile(whole: Judged, at: tuple[slice, slice]) -> Judged:
    """The part of the planes that a tile fills."""
    rows, cols = at
    return Judged(
        z=whole.z[:, rows, cols],
        flat=whole.flat[at],
        clear=whole.clear[:, rows, cols],
        anomalous=whole.anomalous[:, rows, cols],
        looked=whole.looked[:, rows, cols],
        watch=Watch(whole.watch.first[at], whole.watch.confirmed[at]),
        rests_on=whole.rests_on[at],
        change=whole.change[at],
    )


def _paste(out: Judged, tile: Judged, at: tuple[slice, slice], inner: tuple[slice, slice]) -> None:
    pairs = [
        (out.z, tile.z),
        (out.flat, tile.flat),
        (out.clear, tile.clear),
        (out.anomalous, tile.anomalous),
        (out.looked, tile.looked),
        (out.watch.first, tile.watch.first),
        (out.watch.confirmed, tile.watch.confirmed),
        (out.rests_on, tile.rests_on),
        (out.change, tile.change),
    ]
    for whole, part in pairs:
        whole[..., *at] = part[..., *inner]
