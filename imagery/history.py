"""A site's own past: which scenes, read as one lazy stack, and each date judged against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import dask.array as da
import numpy as np
import pystac
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery import alarms, anomaly, forecast, stack
from imagery.alarms import NONE, Watch
from imagery.catalogs import PRODUCT
from imagery.choice import ORBIT
from imagery.errors import DateError
from imagery.kernels import Float

LONGEST = timedelta(days=730)
"""Two years: each season twice."""

MOST_DATES = 60
TILE_PX = 512
USABLE_SHARE, FEW_USABLE_SHARE = 0.9, 0.5
"""Share of a tile that must be usable in a date for it to be history; the second where the first
leaves too few dates to forecast from."""


@dataclass(frozen=True, slots=True)
class History:
    """Scenes of a place up to a target date.

    Attributes:
        items: Oldest first; the last one is the target.
        geobox: Grid that they are read on.
        bands: Canonical names.
        same_orbit: How many of the earlier ones are known to share the target's relative orbit.
    """

    items: tuple[pystac.Item, ...]
    geobox: GeoBox
    bands: tuple[str, ...]
    same_orbit: int

    @property
    def moments(self) -> tuple[datetime, ...]:
        """Sensing times, oldest first."""
        return tuple(_moment(item) for item in self.items)

    @property
    def dates(self) -> int:
        """Earlier dates that the target can be held against."""
        return len(self.items) - 1

    @property
    def sentence(self) -> str:
        """What a result that used it rests on."""
        orbit = f", {self.same_orbit} of them of its relative orbit" if self.same_orbit else ""
        first, last = (f"{m:%Y-%m-%d}" for m in (self.moments[0], self.moments[-2]))
        return f"Held against {self.dates} earlier dates, {first} to {last}{orbit}."


@dataclass(frozen=True, slots=True)
class NoHistory:
    """There is nothing to hold the target against: compare it with one date alone."""

    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A history looked through, on the whole grid.

    Attributes:
        z: (band, y, x) of the target: residual over the pixel's spread, NaN = unusable.
        flat: (y, x) of the target, see ``anomaly.grey``; what a matched filter reads.
        clear: (time, y, x) True = usable; of dates that were judged, without clouds that the
            quality layers missed.
        anomalous: (time, y, x) True = differs from its forecast; nothing before
            ``alarms.LEAST_DATES`` dates of history.
        watch: Alarms over time, indices into the items of the history.
        rests_on: (y, x) dates of history used for the target at that place.
    """

    z: Float
    flat: Float
    clear: NDArray[np.bool_]
    anomalous: NDArray[np.bool_]
    watch: Watch
    rests_on: NDArray[np.int16]


def gather(
    items: Sequence[pystac.Item], target: pystac.Item, geobox: GeoBox, *, bands: tuple[str, ...]
) -> History | NoHistory:
    """The scenes that a target is held against: same product and bands, up to two years before.

    Of each day one. Where enough share the target's relative orbit, only those: others lean
    tall objects another way. The nearest in time are kept.

    Raises:
        DateError: the target has no date.
    """
    when = _moment(target)
    days: dict[str, pystac.Item] = {}
    for item in sorted(items, key=lambda each: each.id):
        if item.datetime is not None and _fits(item, target, bands):
            age = when.date() - _moment(item).date()
            if timedelta(0) < age <= LONGEST:
                days.setdefault(f"{_moment(item):%Y%m%d}", item)
    if not days:
        reason = f"No earlier scene of this product shows the place within {LONGEST.days} days."
        return NoHistory(reason)
    orbit = target.properties.get(ORBIT)
    same = [item for item in days.values() if orbit and item.properties.get(ORBIT) == orbit]
    found = same if len(same) >= forecast.LEAST_DATES else list(days.values())
    found = sorted(found, key=_moment)[-MOST_DATES:]
    shared = sum(item in same for item in found)
    return History((*found, target), geobox, bands, shared)


def lazy(history: History, *, chunk: int = TILE_PX) -> xr.Dataset:
    """All dates as one stack, nothing read yet, time in one chunk.

    Returns:
        ``reflectance`` (time, band, y, x) float32, NaN = no data or not clear by the quality
        layer; ``clear`` (time, y, x), True = usable.
    """
    read = [stack.load(item, history.geobox, history.bands, chunk=chunk) for item in history.items]
    clear = da.stack([each.clear.data for each in read]).rechunk({0: -1})
    values = da.stack(
        [da.where(each.clear.data, each.reflectance.data, np.float32(np.nan)) for each in read]
    ).rechunk({0: -1, 1: -1})
    times = [np.datetime64(moment.replace(tzinfo=None), "ns") for moment in history.moments]
    return xr.Dataset(
        {
            "reflectance": (("time", "band", "y", "x"), values),
            "clear": (("time", "y", "x"), clear & np.isfinite(values).all(axis=1)),
        },
        coords={"time": times, "band": list(history.bands), "y": read[0].y, "x": read[0].x},
    )


def judge(history: History) -> Judged:
    """Read a history tile by tile and judge every date by those before it.

    A tile and its rim are in memory at once, whatever the size of the grid. The tiles follow from
    the grid alone, so a result does not depend on how it was computed.
    """
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
        for number, item in enumerate(history.items):
            read = stack.load(item, history.geobox[wide], history.bands, chunk=None)
            values[number] = read.reflectance.values
            values[number][:, ~read.clear.values] = np.nan
        inner = np.s_[
            rows.start - wide[0].start : rows.stop - wide[0].start,
            cols.start - wide[1].start : cols.stop - wide[1].start,
        ]
        _paste(out, judge_values(values, bands=history.bands), (rows, cols), inner)
    return out


def judge_values(values: Float, *, bands: tuple[str, ...]) -> Judged:
    """``judge`` for a stack in memory: (time, band, y, x) reflectance, NaN = unusable.

    Dates of which too little is usable neither serve as history nor raise alarms; the target, the
    last one, is always judged.
    """
    times, count, *shape = values.shape
    out = _empty(times, count, (shape[0], shape[1]))
    finite = np.stack([np.isfinite(date).all(axis=0) for date in values])
    out.clear[:] = finite
    used = _used(finite)
    if len(used) < 2:
        return out
    contrasts = forecast.contrasts([values[date] for date in used])
    state = alarms.Pending((shape[0], shape[1]), count)
    start = min(alarms.LEAST_DATES, len(used) - 1)
    for index, found, frame in anomaly.anomalies(contrasts, bands=bands, start=start):
        date = used[index]
        out.clear[date] = found.clear
        if index >= alarms.LEAST_DATES:
            out.anomalous[date] = alarms.step(state, index, found, frame, contrasts)
        if index == len(used) - 1:
            out.z[:], out.flat[:] = found.z, anomaly.grey(found, frame)
            out.rests_on[:] = found.dates
    lookup = np.append(np.asarray(used, np.int16), np.int16(NONE))
    out.watch.first[:] = lookup[state.first]
    out.watch.confirmed[:] = lookup[state.confirmed]
    return out


def tiles(shape: tuple[int, int]) -> list[tuple[slice, slice]]:
    """Nearly equal tiles of at most ``TILE_PX`` a side: none is too small to fit a forecast on."""
    sides = []
    for size in shape:
        cuts = np.linspace(0, size, -(-size // TILE_PX) + 1).astype(int).tolist()
        sides.append([slice(a, b) for a, b in pairwise(cuts)])
    return [(rows, cols) for rows in sides[0] for cols in sides[1]]


def _used(finite: NDArray[np.bool_]) -> list[int]:
    """Dates that are usable enough, and the target."""
    share = finite.mean(axis=(1, 2))
    target = len(share) - 1
    good = [n for n in range(target) if share[n] >= USABLE_SHARE]
    if len(good) < forecast.LEAST_DATES:
        good = [n for n in range(target) if share[n] >= FEW_USABLE_SHARE]
    return [*good, target]


def _empty(times: int, bands: int, shape: tuple[int, int]) -> Judged:
    return Judged(
        z=np.full((bands, *shape), np.nan, np.float32),
        flat=np.full(shape, np.nan, np.float32),
        clear=np.zeros((times, *shape), bool),
        anomalous=np.zeros((times, *shape), bool),
        watch=Watch(np.full(shape, NONE, np.int16), np.full(shape, NONE, np.int16)),
        rests_on=np.zeros(shape, np.int16),
    )


def _paste(out: Judged, tile: Judged, at: tuple[slice, slice], inner: tuple[slice, slice]) -> None:
    pairs = [
        (out.z, tile.z),
        (out.flat, tile.flat),
        (out.clear, tile.clear),
        (out.anomalous, tile.anomalous),
        (out.watch.first, tile.watch.first),
        (out.watch.confirmed, tile.watch.confirmed),
        (out.rests_on, tile.rests_on),
    ]
    for whole, part in pairs:
        whole[..., *at] = part[..., *inner]


def _fits(item: pystac.Item, target: pystac.Item, bands: tuple[str, ...]) -> bool:
    same = item.properties[PRODUCT] == target.properties[PRODUCT]
    return bool(same and set(bands) <= set(stack.common_bands(item, item)))


def _moment(item: pystac.Item) -> datetime:
    if item.datetime is None:
        raise DateError(item.id, "is not known", "Give the scene a datetime.")
    return item.datetime.astimezone(UTC)
