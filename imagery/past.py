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
from imagery.forecast import Room
from imagery.history import TILE_PX, History
from imagery.kernels import Float

Read = Callable[[int, slice, slice], Float]
Window = tuple[slice, slice]

PART_PX = 256
"""Side of what is judged at once: forecasts are fitted there, and it is clear enough or not."""

RIM_PX = forecast.SURROUND_PX
LARGEST_PART_PX = (PART_PX + 2 * RIM_PX) ** 2

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
    shape = history.geobox.shape.yx
    out = _empty(len(history.items), len(history.bands), shape)
    rooms: list[Room] = []

    def judged(part: Window) -> None:
        around = _widened(part, shape)
        rows, cols = _within(around, wide)
        room = rooms.pop() if rooms else Room.of(len(dates), len(history.bands), LARGEST_PART_PX)
        cut = [date[:, rows, cols] for date in dates]
        into = _window(out, part), _within(part, around)
        _judge(cut, into, bands=history.bands, before=history.before, room=room)
        rooms.append(room)

    for tile in tiles(shape):
        wide = _widened(tile, shape)
        dates = threads.each(partial(_read, read, wide), range(len(history.items)))
        # Each part is a thread's work; more threads inside the linear algebra would only wait.
        with threadpool_limits(1):
            threads.each(judged, _parts(tile))
    return out


def _read(read: Read, window: Window, number: int) -> Float:
    return read(number, *window)


def as_they_stand(history: History, number: int, rows: slice, cols: slice) -> Float:
    """A window of a date without any shift: (band, y, x) reflectance, NaN = unusable."""
    read = stack.load(history.items[number], history.geobox[rows, cols], history.bands, chunk=None)
    values: Float = read.reflectance.values
    np.copyto(values, np.float32(np.nan), where=~read.clear.values)
    return values


def judge_values(values: Float, *, bands: tuple[str, ...], before: int | None = None) -> Judged:
    """``judge`` for a stack in memory: (time, band, y, x) reflectance, NaN = unusable.

    Dates of which too little is usable neither serve as history nor raise alarms; the target, the
    last one, is always judged, and so is the date ``before`` that it is compared with.
    """
    times, count, *shape = values.shape
    out = _empty(times, count, (shape[0], shape[1]))
    whole = slice(0, shape[0]), slice(0, shape[1])
    room = Room.of(times, count, shape[0] * shape[1])
    _judge(list(values), (out, whole), bands=bands, before=before, room=room)
    return out


def _judge(
    dates: Sequence[Float],
    into: tuple[Judged, Window],
    *,
    bands: tuple[str, ...],
    before: int | None,
    room: Room,
) -> None:
    """``judge_values`` of (band, y, x) dates, of which one window is put into what is judged."""
    out, inner = into
    finite = np.stack([np.isfinite(date).all(axis=0) for date in dates])
    out.clear[:] = finite[:, *inner]
    used = _used(finite, before)
    if len(used) < 2:
        return
    contrasts = forecast.contrasts([dates[number] for number in used], room=room)
    state = alarms.Pending(finite.shape[1:], len(bands))
    start = min(alarms.LEAST_DATES, len(used) - 1)
    for index, found, frame in anomaly.anomalies(contrasts, bands=bands, start=start):
        date = used[index]
        out.clear[date] = found.clear[inner]
        if index >= alarms.LEAST_DATES:
            out.looked[date] = True
            out.anomalous[date] = alarms.step(state, index, found, frame, contrasts)[inner]
            if date == before:
                ends = index, len(used) - 1
                change = anomaly.between(contrasts, *ends, frame=frame, bands=bands)
                out.change[:] = alarms.strength(change.whitened)[1][inner]
        if index == len(used) - 1:
            out.z[:], out.flat[:] = found.z[:, *inner], anomaly.grey(found, frame)[inner]
    out.rests_on[:] = len(used) - 1 if before is None else used.index(before)
    lookup = np.append(np.asarray(used, np.int16), np.int16(NONE))
    out.watch.first[:] = lookup[state.first[inner]]
    out.watch.confirmed[:] = lookup[state.confirmed[inner]]


def tiles(shape: tuple[int, ...], side: int = TILE_PX) -> list[Window]:
    """Nearly equal tiles of at most ``side`` px: none is too small to fit a forecast on."""
    sides = []
    for size in shape:
        cuts = np.linspace(0, size, -(-size // side) + 1).astype(int).tolist()
        sides.append([slice(a, b) for a, b in pairwise(cuts)])
    return [(rows, cols) for rows in sides[0] for cols in sides[1]]


def _parts(tile: Window) -> list[Window]:
    """What is judged at once of a tile, as windows of the grid."""
    top, left = (side.start for side in tile)
    return [
        (slice(top + rows.start, top + rows.stop), slice(left + cols.start, left + cols.stop))
        for rows, cols in tiles(tuple(side.stop - side.start for side in tile), PART_PX)
    ]


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


def _window(whole: Judged, at: Window) -> Judged:
    """A window of every plane."""
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


def _widened(window: Window, shape: tuple[int, int]) -> Window:
    """With the rim that contrasts need, as far as the grid goes."""
    rows, cols = (
        slice(max(0, part.start - RIM_PX), min(size, part.stop + RIM_PX))
        for part, size in zip(window, shape, strict=True)
    )
    return rows, cols


def _within(window: Window, wide: Window) -> Window:
    """A window of the grid, counted from the first pixel of one around it."""
    rows, cols = (
        slice(part.start - around.start, part.stop - around.start)
        for part, around in zip(window, wide, strict=True)
    )
    return rows, cols
