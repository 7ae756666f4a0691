"""The radar passes around a comparison: gathered, judged zone by zone, never with optical dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pystac
import shapely
from numpy.typing import NDArray

from imagery import calibration, passes, sar_past, sar_tracks, stack
from imagery.catalogs import PRODUCT, SIMULATED, SLANT, Refused
from imagery.detectors import radar_changes, radar_trials, scatterers
from imagery.detectors.apron import zone_mask
from imagery.detectors.named import WATER
from imagery.detectors.radar_changes import RadarChange
from imagery.detectors.radar_trials import Trials
from imagery.detectors.scatterers import Departure
from imagery.errors import BandError, GridError, InputError, UnreadableFile, UntrustedError
from imagery.model import Detection, Period, Site
from imagery.pairs import Pair
from imagery.sar_past import Series, Steady
from imagery.sar_tracks import Track
from imagery.sources import Source
from imagery.views import ground_of, shows
from pipelines import radar_waters
from pipelines.radar_waters import Afloat, Waters

Mask = NDArray[np.bool_]

MOST_PASSES = 100
TRIED_KINDS = frozenset({"air_defence"})
"""Kinds of zones for which the power to see a departure is measured."""
MOST_AROUND_PX = 150


@dataclass(frozen=True, slots=True)
class Metal:
    """The bright scatterers of a zone.

    Attributes:
        zone_id: The zone.
        found: What became of them.
        power: False alarms first, then the power by strength; empty where it was not measured.
    """

    zone_id: str
    found: Departure
    power: tuple[Trials, ...] = ()


@dataclass(frozen=True, slots=True)
class Dated:
    """A change of a zone, dated by one orbit.

    Attributes:
        zone_id: The zone.
        orbit: Relative orbit.
        first, before, confirmed: First pass in the new state, the last one without it, and the
            one that confirms it or None.
        change: What of it is in pixels, ``centre`` on the grid of the comparison.
    """

    zone_id: str
    orbit: int
    first: datetime
    before: datetime
    confirmed: datetime | None
    change: RadarChange


@dataclass(frozen=True, slots=True)
class Story:
    """What radar says of a site around a comparison.

    Attributes:
        series: The passes; None where there are too few, then ``reason`` says so.
        reason: Why there is no series; empty where there is one.
        left_out: Passes that could not be used.
        metal: Zones on land.
        changes: Of all zones, by date.
        afloat: Zones on water, by pass.
        ship_power: Power for ships in the later pass of the pair, by zone.
    """

    series: Series | None
    reason: str = ""
    left_out: tuple[Refused, ...] = ()
    metal: tuple[Metal, ...] = ()
    changes: tuple[Dated, ...] = ()
    afloat: tuple[Afloat, ...] = ()
    ship_power: tuple[tuple[str, Trials], ...] = ()


def look_back(source: Source, site: Site, pair: Pair, *, days: int) -> Story:
    """What the radar passes of a site say, up to the later date of a pair.

    Args:
        days: Before the earlier date.

    Raises:
        NetworkError: a pass could not be had: the result would depend on the day.
        ImageryError: the source cannot be searched.
    """
    series = _gathered(source, site, pair, days)
    if isinstance(series, Story):
        return series
    series = sar_past.read_once(series)
    zones = {zone.id: zone_mask(zone, pair.grid) for zone in site.zones}
    kinds = {zone.id: zone.kind for zone in site.zones}
    steady = {orbit: sar_past.steady(series, orbit) for orbit in sorted(set(series.orbits))}
    known = {orbit: found for orbit, found in steady.items() if found is not None}
    land = [name for name in zones if kinds[name] not in WATER and zones[name].any()]
    sea = [name for name in zones if kinds[name] in WATER and zones[name].any()]
    pixel_m = (abs(pair.grid.resolution.y), abs(pair.grid.resolution.x))
    waters = Waters(series, known, {name: zones[name] for name in sea}, pixel_m)
    afloat, ship_power = waters.seen() if sea else ((), ())
    metal = [_metal(series, name, zones, known, tried=kinds[name] in TRIED_KINDS) for name in land]
    changes = [each for name in land for each in _changes(series, name, zones[name], known)]
    changes.sort(key=lambda each: (each.first, each.zone_id, each.orbit, each.change.centre))
    return Story(
        series,
        left_out=series.left_out,
        metal=tuple(each for each in metal if each is not None),
        changes=tuple(changes),
        afloat=afloat,
        ship_power=ship_power,
    )


def with_ships(found: Sequence[Detection], story: Story) -> tuple[Detection, ...]:
    """The same objects, called vessels where a ship lay on open water in a pass of the pair.

    What is near a structure keeps its class: a crane that turned looks the same.
    """
    if story.series is None:
        return tuple(found)
    first = max(moment for moment in story.series.moments if moment < story.series.since)
    pair = (first, story.series.moments[-1])
    places = [
        shapely.Point(radar_waters.place(ship.row, ship.col, story.series))
        for look in story.afloat
        if look.moment in pair
        for ship in look.ships
    ]
    return tuple(
        replace(one, object_class="vessel")
        if any(one.geometry.intersects(p) for p in places)
        else one
        for one in found
    )


def _gathered(source: Source, site: Site, pair: Pair, days: int) -> Series | Story:
    if not days:
        return Story(None, "None was asked for.")
    first, last = (passes.moment(item) for item in (pair.before, pair.after))
    if first >= last:
        return Story(None, "The earlier date is not before the later one.")
    if None in (sar_tracks.track_of(pair.before), sar_tracks.track_of(pair.after)):
        return Story(None, "The relative orbit of a pass is not known.")
    found = source.search(site.bounds, Period(first - timedelta(days=days), last))
    ground = ground_of(site)
    own = {first, last}
    same = [item for item in found.items if _alike(item, pair)]
    others = [
        item
        for item in passes.group(same, ground).items
        if shows(item, ground) and passes.moment(item) not in own
    ]
    local, refused = _localized(source, others[-MOST_PASSES:], pair)
    items = sorted([*local, pair.before, pair.after], key=passes.moment)
    kept, gone = _told(items)
    left_out = (*refused, *gone)
    if len(kept) <= len(own):
        return Story(None, "There are no other passes of a known orbit.", left_out)
    since = first + timedelta(seconds=1)
    series = Series(
        tuple(i for i, _ in kept), tuple(t for _, t in kept), pair.grid, pair.bands, since, left_out
    )
    return sar_past.one_make(series, (pair.before, pair.after))


def _told(
    items: Sequence[pystac.Item],
) -> tuple[list[tuple[pystac.Item, Track]], list[Refused]]:
    """Passes whose track is known, each orbit in one direction: that of its latest pass."""
    known = [(item, sar_tracks.track_of(item)) for item in items]
    ways = {track.orbit: track.direction for _, track in known if track and track.direction}
    kept, gone = [], []
    for item, track in known:
        if track is None:
            gone.append(Refused(item.id, "Its relative orbit is not known."))
        elif track.direction not in ("", ways.get(track.orbit)):
            gone.append(Refused(item.id, "It is of its orbit's other direction."))
        else:
            kept.append((item, track))
    return kept, gone


def _alike(item: pystac.Item, pair: Pair) -> bool:
    said, own = item.properties, pair.before.properties
    if said[PRODUCT] != own[PRODUCT] or said.get(SLANT):
        return False
    same = said.get(SIMULATED, False) == own.get(SIMULATED, False)
    return bool(same and set(pair.bands) <= set(stack.common_bands(item, item)))


def _localized(
    source: Source, items: Sequence[pystac.Item], pair: Pair
) -> tuple[list[pystac.Item], list[Refused]]:
    out, refused = [], []
    for item in items:
        try:
            local = source.local(item, pair.bands, over=pair.grid)
            calibration.check_units((local,), pair.bands, over=pair.grid)
        except (UnreadableFile, BandError, GridError, UntrustedError) as error:
            refused.append(Refused(item.id, str(error)))
            continue
        out.append(local)
    return out, refused


def _metal(
    series: Series,
    name: str,
    zones: dict[str, Mask],
    known: dict[int, Steady],
    *,
    tried: bool,
) -> Metal | None:
    reach = max(scatterers.RING_PX, MOST_AROUND_PX if tried else 0) + 1
    window = sar_past.windows_of(zones[name], reach)
    if window is None:
        return None
    power, zone = series.read(*window), zones[name][window]
    try:
        found = scatterers.departed(power, series.orbits, zone, series.moments, series.since)
    except InputError:
        return None  # no ground around it on the grid
    if not tried or not known:
        return Metal(name, found)
    looks = float(np.median([each.looks for each in known.values()]))
    res = series.geobox.resolution
    ground = radar_trials.Ground(
        power, series.orbits, series.moments, series.since, looks, (abs(res.y), abs(res.x))
    )
    closed = np.any([mask[window] for mask in zones.values()], axis=0)
    closed |= ~np.isfinite(power).all(axis=1).any(axis=0)
    trials = radar_trials.departures(ground, zone, radar_trials.copies(zone, closed))
    return Metal(name, found, tuple(trials))


def _changes(series: Series, name: str, zone: Mask, known: dict[int, Steady]) -> list[Dated]:
    window = sar_past.windows_of(zone, 0)
    if window is None:
        return []
    out = []
    for orbit, steady in known.items():
        power = series.read(*window, steady.passes)
        moments = [series.moments[n] for n in steady.passes]
        for change in radar_changes.changes(power, zone[window], steady):
            row, col = change.centre
            out.append(
                Dated(
                    name,
                    orbit,
                    moments[change.first],
                    moments[change.first - 1],
                    None if change.confirmed is None else moments[change.confirmed],
                    replace(change, centre=(row + window[0].start, col + window[1].start)),
                )
            )
    return out
