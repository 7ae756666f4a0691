"""What a run leaves of its radar passes: a table, a story, and facts for the record.

They stand beside the optical ones and share their first columns and keys, but no file holds both:
radar and optical evidence are kept apart.
"""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

from imagery.detectors import radar_sea, radar_trials
from imagery.detectors.radar_ships import Ship
from imagery.detectors.radar_trials import Trials
from imagery.detectors.scatterers import LEAST_ABSENT
from imagery.sar_past import Series
from imagery.write import json_text, plain, utc_text, write_text
from pipelines.radar_past import Dated, Metal, Story
from pipelines.radar_told import STORY, TABLE
from pipelines.radar_waters import place

_COLUMNS = (
    "zone",
    "datetime",
    "state",
    "clear",
    "orbit",
    "scatterers",
    "strength",
    "p_less",
    "p_empty",
    "ships_open",
    "ships_near_structure",
)


def write(story: Story, folder: Path, *, simulated: bool) -> None:
    """Write the table and the story of a series that was used."""
    if story.series is None:
        return
    text = io.StringIO()
    table = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(_rows(story))
    write_text(folder / TABLE, text.getvalue())
    told = {
        "simulated": simulated,
        "sentence": sentence(story.series),
        "dates": [utc_text(moment) for moment in story.series.moments],
        "orbits": list(story.series.orbits),
        "alarms": [_alarm(each, story.series) for each in story.changes],
        "scatterers": [_metal(each) for each in story.metal],
        "vessels": _vessels(story, story.series),
    }
    write_text(folder / STORY, json_text(plain(told)))


def facts(story: Story) -> dict[str, Any]:
    """For ``run.json``: no reason, which may hold a path, is in it."""
    left_out = [each.id for each in story.left_out]
    if story.series is None:
        return {"used": False, "sentence": story.reason, "left_out": left_out}
    confirmed = sum(each.confirmed is not None for each in story.changes)
    return {
        "used": True,
        "sentence": sentence(story.series),
        "left_out": left_out,
        "alarms": {"confirmed": confirmed, "provisional": len(story.changes) - confirmed},
        "scatterers": [_metal(each) for each in story.metal],
        "vessels": {
            "false_alarms_per_km2": radar_sea.PER_KM2,
            "after": [_count(each) for each in story.afloat if _is_last(each.moment, story)],
            "power": [{"zone": name, **_trials(each)} for name, each in story.ship_power],
        },
    }


def sentence(series: Series) -> str:
    """What the series is."""
    first, last = (f"{moment:%Y-%m-%d}" for moment in (series.moments[0], series.moments[-1]))
    orbits = sorted(set(series.orbits))
    said = " and ".join(f"{orbit} ({series.orbits.count(orbit)})" for orbit in orbits)
    return f"{len(series.items)} radar passes, {first} to {last}, of relative orbits {said}."


def _is_last(moment: object, story: Story) -> bool:
    return story.series is not None and moment == story.series.moments[-1]


def _rows(story: Story) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {
            "zone": zone.zone_id,
            "datetime": utc_text(each.moment),
            "state": each.state,
            "orbit": each.orbit,
            "scatterers": each.count,
            "strength": round(each.strength, 1),
            "p_less": _number(each.p),
            "p_empty": _number(each.p_empty),
        }
        for zone in story.metal
        for each in zone.found.passes
    ]
    return rows + [
        {
            "zone": each.zone_id,
            "datetime": utc_text(each.moment),
            "state": "seen" if each.clear >= 0.5 else "partly",
            "clear": round(each.clear, 3),
            "orbit": each.orbit,
            "ships_open": len(each.ships),
            "ships_near_structure": len(each.moored),
        }
        for each in story.afloat
    ]


def _alarm(each: Dated, series: Series) -> dict[str, Any]:
    row, col = each.change.centre
    area = each.change.pixels * abs(series.geobox.resolution.x * series.geobox.resolution.y)
    return {
        "first_seen": utc_text(each.first),
        "last_seen_without": utc_text(each.before),
        "confirmed": utc_text(each.confirmed),
        "state": "provisional" if each.confirmed is None else "confirmed",
        "direction": "brighter" if each.change.brighter else "darker",
        "orbit": each.orbit,
        "zone_id": each.zone_id,
        "place": place(row + 0.5, col + 0.5, series),
        "area_m2": area,
    }


def _metal(each: Metal) -> dict[str, Any]:
    found = each.found
    gone = 0
    for one in reversed(found.passes):
        if one.state == "present":
            break
        gone += one.state == "absent"
    out: dict[str, Any] = {
        "zone": each.zone_id,
        "state": found.state,
        "scatterers_before": found.scatterers,
        "strength_before": round(found.strength, 1),
        "absent_passes": gone,
        "passes_needed": LEAST_ABSENT,
        "p": _number(found.p),
    }
    if each.power:
        nothing, *power = each.power
        out["false_alarms"] = _trials(nothing)
        out["power"] = [_trials(one) for one in power]
        out["power_is_for"] = (
            f"{radar_trials.CORNERS} corners of so many square metres each, in copies of the zone"
        )
    return out


def _vessels(story: Story, series: Series) -> list[dict[str, Any]]:
    return [
        {
            "zone": each.zone_id,
            "datetime": utc_text(each.moment),
            "orbit": each.orbit,
            "clear": round(each.clear, 3),
            "ships": [_ship(ship, series) for ship in (*each.ships, *each.moored)],
        }
        for each in story.afloat
    ]


def _ship(ship: Ship, series: Series) -> dict[str, Any]:
    return {
        "place": place(ship.row, ship.col, series),
        "length_m": round(ship.length_m, 1),
        "length_sd_m": round(ship.length_sd_m, 1),
        "heading": round(ship.heading_deg, 1),
        "score": round(ship.score, 2),
        "p": _number(ship.p),
        "near_structure": ship.near_structure,
    }


def _count(each: Any) -> dict[str, Any]:
    return {
        "zone": each.zone_id,
        "datetime": utc_text(each.moment),
        "ships_open": len(each.ships),
        "ships_near_structure": len(each.moored),
    }


def _trials(each: Trials) -> dict[str, Any]:
    return {
        "what": each.what,
        "size": each.size,
        "trials": each.trials,
        "found": each.found,
        "low": _number(each.low),
        "high": _number(each.high),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(f"{value:.4g}")
