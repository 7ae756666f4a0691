"""The history of a site around a comparison: gathered, judged, told in three products."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pystac
from numpy.typing import NDArray

from imagery import alarms, history, pairs, passes
from imagery.alarms import Change
from imagery.catalogs import PRODUCT, SIMULATED, Refused
from imagery.detectors import occupancy, timeline
from imagery.detectors.apron import zone_mask
from imagery.detectors.occupancy import Occupancy, Scenes
from imagery.detectors.unusual import candidates
from imagery.errors import BandError, GridError, UnreadableFile, UntrustedError
from imagery.history import History, NoHistory
from imagery.model import Period, Site
from imagery.pairs import Pair
from imagery.past import Judged, as_they_stand
from imagery.sensors import PRODUCTS
from imagery.sources import Source
from imagery.stack import has_quality
from imagery.views import ground_of, shows
from imagery.write import json_text, plain, utc_text, write_text

LOOKS_FOR_WATER = 6
TABLE, PICTURE, STORY = "occupancy.csv", "occupancy.png", "history.json"


@dataclass(frozen=True, slots=True)
class Retrospect:
    """What the history of a site says around a comparison.

    Attributes:
        past: The history that was used, or why there is none.
        usual: Objects of the pair that the history leads to expect.
        clouded: Objects of the pair on cloud that only the history shows.
        changes: Confirmed and provisional, by date.
        zones: For each change, the zone that its middle lies in, or None.
        places: For each change, longitude and latitude of its middle.
        rows: Occupancy, zone by zone.
    """

    past: History | NoHistory
    usual: int = 0
    clouded: int = 0
    changes: tuple[Change, ...] = ()
    zones: tuple[str | None, ...] = ()
    places: tuple[tuple[float, float], ...] = ()
    rows: tuple[Occupancy, ...] = ()


def gather(source: Source, site: Site, pair: Pair, *, days: int) -> History | NoHistory:
    """The history of a pair with local files; nothing is fetched where it would be too short.

    A date that is damaged, or cannot be trusted beside the pair, is left out and said to be.

    Raises:
        NetworkError: a date could not be had: the result would depend on the day.
        ImageryError: the source cannot be searched.
    """
    if not days:
        return NoHistory("None was asked for.")
    first, last = (passes.moment(item) for item in (pair.before, pair.after))
    if first >= last:
        return NoHistory("The earlier date is not before the later one.")
    found = source.search(site.bounds, Period(first - timedelta(days=days), last))
    ground = ground_of(site)
    product = pair.before.properties[PRODUCT]
    same = [item for item in found.items if item.properties[PRODUCT] == product]
    items = [item for item in passes.group(same, ground).items if shows(item, ground)]
    chosen = _gathered(items, pair)
    if isinstance(chosen, NoHistory) or chosen.dates < alarms.LEAST_DATES:
        return replace(_short(chosen), left_out=found.refused)
    local, refused = _localized(source, chosen, pair)
    return replace(_short(_gathered(local, pair)), left_out=(*found.refused, *refused))


def _gathered(items: Sequence[pystac.Item], pair: Pair) -> History | NoHistory:
    # The pair has the scenes of its own moments, whose masks have been looked at.
    own = {passes.moment(item) for item in (pair.before, pair.after)}
    others = [item for item in items if passes.moment(item) not in own]
    return history.gather(others, pair.after, pair.grid, bands=pair.bands, before=pair.before)


def _short(found: History | NoHistory) -> History | NoHistory:
    if isinstance(found, NoHistory) or found.dates >= alarms.LEAST_DATES:
        return found
    dates = "date" if found.dates == 1 else "dates"
    return NoHistory(f"{found.dates} earlier {dates}; a history needs {alarms.LEAST_DATES}.")


def _localized(
    source: Source, chosen: History, pair: Pair
) -> tuple[list[pystac.Item], list[Refused]]:
    """The dates that can be trusted beside the pair, and those that cannot."""
    quality = PRODUCTS[pair.before.properties[PRODUCT]].quality
    simulated = pair.before.properties.get(SIMULATED, False)
    out, refused = [], []
    for item in chosen.items:
        if item is pair.before or item is pair.after:
            continue
        bands = [*chosen.bands, *([quality] if quality and has_quality(item) else [])]
        try:
            local = source.local(item, bands, over=pair.grid)
            pairs.make(pair.before, local, grid=pair.grid)
        except (UnreadableFile, BandError, GridError, UntrustedError) as error:
            refused.append(Refused(item.id, str(error)))
            continue
        if local.properties.get(SIMULATED, False) == simulated:
            out.append(local)
        else:
            refused.append(Refused(item.id, "Simulated and real imagery are never mixed."))
    return out, refused


def look_back(past: History, judged: Judged, site: Site) -> Retrospect:
    """Alarms and occupancy of a history that was judged."""
    grid = past.geobox
    zones = {zone.id: zone_mask(zone, grid) for zone in site.zones}
    changes = alarms.changes(judged.watch, past.moments, judged.clear)
    pixel_m = abs(grid.resolution.x)
    pixel_m2 = pixel_m * abs(grid.resolution.y)
    scenes = Scenes(past.moments, judged.clear, judged.anomalous, judged.looked, pixel_m2)
    water = _water(past)
    found = [candidates(date, zones, pixel_m=pixel_m, water=water) for date in judged.anomalous]
    return Retrospect(
        past=past,
        changes=tuple(changes),
        zones=tuple(_zone_of(change, zones) for change in changes),
        places=tuple(_place(change, past) for change in changes),
        rows=tuple(occupancy.series(zones, scenes, found)),
    )


def _water(past: History) -> NDArray[np.bool_]:
    """(y, x) True = water, by the latest clear look of a few dates.

    Source: greener than near infrared: McFeeters 1996, doi:10.1080/01431169608948714.
    """
    height, width = past.geobox.shape
    water = np.full((height, width), np.nan)
    if not {"green", "nir"} <= set(past.bands):
        return np.zeros((height, width), bool)
    for number in range(past.dates, max(past.dates - LOOKS_FOR_WATER, -1), -1):
        values = as_they_stand(past, number, slice(0, height), slice(0, width))
        green, nir = (values[past.bands.index(name)] for name in ("green", "nir"))
        seen = np.isfinite(green) & np.isfinite(nir) & np.isnan(water)
        water[seen] = (green > nir)[seen]
        if not np.isnan(water).any():
            break
    return np.asarray(np.nan_to_num(water) > 0)


def _zone_of(change: Change, zones: Mapping[str, NDArray[np.bool_]]) -> str | None:
    row, col = (round(at) for at in change.centre)
    return next((name for name, pixels in zones.items() if pixels[row, col]), None)


def _place(change: Change, past: History) -> tuple[float, float]:
    row, col = change.centre
    x, y = past.geobox.transform @ (col + 0.5, row + 0.5)
    to_lonlat = pyproj.Transformer.from_crs(str(past.geobox.crs), "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(x, y)
    return round(lon, 6), round(lat, 6)


def facts(found: Retrospect) -> dict[str, Any]:
    """For ``run.json``."""
    left_out = [each.id for each in found.past.left_out]  # a reason may hold a path: custody has it
    if isinstance(found.past, NoHistory):
        return {"used": False, "sentence": found.past.reason, "left_out": left_out}
    past = found.past
    inside = [c for c, zone in zip(found.changes, found.zones, strict=True) if zone is not None]
    confirmed = sum(change.confirmed is not None for change in inside)
    return {
        "used": True,
        "sentence": past.sentence,
        "dates": past.dates,
        "same_orbit": past.same_orbit,
        "left_out": left_out,
        "usual": found.usual,
        "clouded": found.clouded,
        "alarms": {
            "confirmed": confirmed,
            "provisional": len(inside) - confirmed,
            "outside_zones": len(found.changes) - len(inside),
        },
    }


def write(found: Retrospect, folder: Path, *, simulated: bool) -> None:
    """Write the table, the picture and the story of a history that was used."""
    if isinstance(found.past, NoHistory):
        return
    rows = [row.as_row() for row in found.rows]
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_text(folder / TABLE, text.getvalue())
    timeline.draw(found.rows, simulated=simulated).save(folder / PICTURE)
    told = [
        {
            "first_seen": utc_text(change.first),
            "last_seen_without": utc_text(change.before),
            "confirmed": utc_text(change.confirmed),
            "state": "provisional" if change.confirmed is None else "confirmed",
            "zone_id": zone,
            "place": place,
            "area_m2": change.pixels * abs(found.past.geobox.resolution.x) ** 2,
        }
        for change, zone, place in zip(found.changes, found.zones, found.places, strict=True)
        if zone is not None
    ]
    story = {
        "simulated": simulated,
        "sentence": found.past.sentence,
        "dates": [utc_text(moment) for moment in found.past.moments],
        "alarms": told,
    }
    write_text(folder / STORY, json_text(plain(story)))
