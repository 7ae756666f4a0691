"""What a person is told of a radar comparison, from its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TABLE, STORY = "radar_occupancy.csv", "radar_history.json"
"""Files of the passes, beside the optical ``occupancy.csv`` and ``history.json``."""


def told(radar: Mapping[str, Any]) -> list[str]:
    """A line each."""
    lines = [
        f"Between {' and '.join(step['first'])} and {' and '.join(step['second'])} the images lie"
        f" {max(map(abs, step['shift_px'])):.2f} px apart, which is little enough."
        for step in radar["steps"]
    ]
    if any(one["track"] is None for one in radar["passes"]):
        lines.append("The relative orbit of a pass is not known: another one looks like change.")
    said = radar["past"]
    if said is None:
        return lines
    if not said["used"]:
        return [*lines, f"No series, so the two passes were compared alone: {said['sentence']}"]
    lines.append(said["sentence"])
    for zone in said["scatterers"]:
        if zone["state"] in ("present", "departed", "provisional loss"):
            seen = f", absent in {zone['absent_passes']} passes, {zone['passes_needed']} are needed"
            more = seen if zone["state"] == "provisional loss" else ""
            lines.append(f"Bright scatterers of {zone['zone']}: {zone['state']}{more}.")
    for zone in said["vessels"]["after"]:
        near = f"{zone['ships_near_structure']} near a structure, where a crane looks the same"
        lines.append(f"Ships in {zone['zone']}: {zone['ships_open']} on open water, {near}.")
    if not said["scatterers"]:
        return lines
    alarms = said["alarms"]
    lines.append(
        f"Over time, in the zones on land: {alarms['confirmed']} confirmed changes and"
        f" {alarms['provisional']} provisional ({STORY}, {TABLE})."
    )
    return lines
