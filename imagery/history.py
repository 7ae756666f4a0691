"""A site's own history: which scenes a date is held against, read as one lazy stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dask.array as da
import numpy as np
import pystac
import xarray as xr
from odc.geo.geobox import GeoBox

from imagery import alarms, stack
from imagery.catalogs import PRODUCT, SIMULATED, Refused
from imagery.choice import ORBIT
from imagery.errors import DateError

LONGEST = timedelta(days=730)
"""Two years: each season twice."""

ALIKE = (PRODUCT, SIMULATED)
"""Properties that all dates share: simulated and real imagery are never mixed."""

MOST_DATES = 60
MOST_BETWEEN = 10
"""Dates between two that are compared: they confirm or clear an alarm, and no more are needed."""

TILE_PX = 512


@dataclass(frozen=True, slots=True)
class History:
    """Scenes of a place up to a target date.

    Attributes:
        items: Oldest first; the last one is the target.
        geobox: Grid that they are read on.
        bands: Canonical names.
        same_orbit: How many of the earlier ones are known to share the target's relative orbit.
        before: Index of the date that the target is compared with; None where there is none.
        left_out: Dates that could not be used.
    """

    items: tuple[pystac.Item, ...]
    geobox: GeoBox
    bands: tuple[str, ...]
    same_orbit: int
    before: int | None = None
    left_out: tuple[Refused, ...] = ()

    @property
    def moments(self) -> tuple[datetime, ...]:
        """Sensing times, oldest first."""
        return tuple(_moment(item) for item in self.items)

    @property
    def dates(self) -> int:
        """Earlier dates that the target can be held against."""
        return len(self.items) - 1 if self.before is None else self.before

    @property
    def sentence(self) -> str:
        """What a result that used it rests on."""
        orbit = f", {self.same_orbit} of them of its relative orbit" if self.same_orbit else ""
        first, last = (f"{m:%Y-%m-%d}" for m in (self.moments[0], self.moments[self.dates - 1]))
        return f"Held against {self.dates} earlier dates, {first} to {last}{orbit}."


@dataclass(frozen=True, slots=True)
class NoHistory:
    """There is nothing to hold the target against: compare it with one date alone."""

    reason: str
    left_out: tuple[Refused, ...] = ()


def gather(
    items: Sequence[pystac.Item],
    target: pystac.Item,
    geobox: GeoBox,
    *,
    bands: tuple[str, ...],
    before: pystac.Item | None = None,
) -> History | NoHistory:
    """The scenes that a target is held against: same product and bands, up to two years before.

    Of each day one. Where enough share the target's relative orbit, only those: others lean
    tall objects another way. The nearest in time are kept.

    Args:
        items: As found.
        target: The last date.
        geobox: Grid to read them on.
        bands: Canonical names.
        before: The date that the target is compared with; it is kept whatever its orbit.

    Raises:
        DateError: the target has no date.
    """
    when = _moment(target)
    days: dict[str, pystac.Item] = {} if before is None else {_day(before): before}
    for item in sorted(items, key=lambda each: each.id):
        if item.datetime is not None and _fits(item, target, bands):
            age = when.date() - _moment(item).date()
            if timedelta(0) < age <= LONGEST:
                days.setdefault(_day(item), item)
    days.pop(_day(target), None)
    if not days:
        reason = f"No earlier scene of this product shows the place within {LONGEST.days} days."
        return NoHistory(reason)
    orbit = target.properties.get(ORBIT)
    same = [item for item in days.values() if orbit and item.properties.get(ORBIT) == orbit]
    found = same if len(same) >= alarms.LEAST_DATES else list(days.values())
    limit = when if before is None else _moment(before)
    earlier = [item for item in found if _moment(item) < limit and item is not before]
    earlier = sorted(earlier, key=_moment)[-MOST_DATES:]
    shared = sum(item in same for item in earlier)
    if before is None:
        return History((*earlier, target), geobox, bands, shared)
    between = [item for item in found if _moment(item) >= limit and item is not before]
    later = sorted(between, key=_moment)[-MOST_BETWEEN:]
    return History((*earlier, before, *later, target), geobox, bands, shared, len(earlier))


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


def _fits(item: pystac.Item, target: pystac.Item, bands: tuple[str, ...]) -> bool:
    same = all(item.properties.get(name) == target.properties.get(name) for name in ALIKE)
    return bool(same and set(bands) <= set(stack.common_bands(item, item)))


def _day(item: pystac.Item) -> str:
    return f"{_moment(item):%Y%m%d}"


def _moment(item: pystac.Item) -> datetime:
    if item.datetime is None:
        raise DateError(item.id, "is not known", "Give the scene a datetime.")
    return item.datetime.astimezone(UTC)
