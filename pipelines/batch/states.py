"""What a run says of its site, and which change of state each new run is.

A change at a site is known by its zone and the date it was first seen on. It is ``first`` while one
date alone shows it, ``provisional`` from the second look on, ``confirmed`` when the history says so
(``imagery.alarms``), ``finished`` when it stands no more. Of a text each statement is an event and
its verdict the state.

Source:
    The words are those of OPERA DIST-S1: first, provisional, confirmed, finished.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagery.errors import UnreadableFile
from imagery.run_folder import RECORD
from pipelines.batch.store import made_by
from pipelines.json_form import ODD
from pipelines.report.folder import bounded, read_json
from pipelines.retrospect import STORY, TABLE

FIRST, PROVISIONAL, CONFIRMED, FINISHED = "first", "provisional", "confirmed", "finished"
SILENCE = "silence"

QUIET_LOOKS = 2
"""Clear dates without it after which a change is finished: one may be a thin cloud."""

ID_DIGITS = 32

Event = Mapping[str, Any]
"""``state`` and what is known of the change; ``alone`` where no history has seen it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger keeps of a run.

    Attributes:
        entry, run, round: See ``store.Made``.
        scene: Id of the later scene; of a text the newest that was read.
        scene_time: Its sensing time, UTC text.
        result: A few words for a table.
        events: By key; None where the run can say nothing of how things stand.
        alone: The two dates were compared without a history.
        simulated: The imagery was generated.
    """

    entry: str
    run: str
    round: int
    scene: str
    scene_time: str
    result: str
    events: Mapping[str, Event] | None
    alone: bool = False
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """A change of state, for whoever wants to be told.

    Attributes:
        alert_id: Hash of site, state and scene: a repeat has the same.
        site: Name of the entry.
        state: One of the words above, a verdict, or ``silence``.
        scene: Id of the scene that changed it.
        body: What is sent.
    """

    alert_id: str
    site: str
    state: str
    scene: str
    body: Mapping[str, Any]


def alert_id(site: str, state: str, scene: str) -> str:
    """The same for the same site, state and scene, on any day and machine."""
    text = json.dumps([site, state, scene], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


def read_run(folder: Path) -> Facts:
    """What a whole run says.

    Raises:
        UnreadableFile: it is not a run of a batch.
    """
    made = made_by(folder)
    advice = "Delete it, or move it elsewhere."
    if made is None:
        raise UnreadableFile(folder, "no batch made this run", advice)
    try:
        record = read_json(folder / RECORD)
        said = _of_text(record) if "verdicts" in record else _of_pair(folder, record)
        scene, scene_time, result, events = _checked(*said)
        alone = "history" in record and not (record["history"] or {}).get("used", False)
        simulated = bool(record["simulated"])
    except (*ODD, OSError) as error:
        raise UnreadableFile(folder, f"not a run ({type(error).__name__})", advice) from None
    return Facts(
        made.entry,
        made.run,
        made.round,
        scene=scene,
        scene_time=scene_time,
        result=result,
        events=events,
        alone=alone,
        simulated=simulated,
    )


def step(
    before: Mapping[str, Event], facts: Facts
) -> tuple[Mapping[str, Event], tuple[Alert, ...]]:
    """How things stand after a run, and an alert for each state that something came into.

    Args:
        before: How they stood after the run before it, by scene time.
        facts: Of the run.
    """
    if facts.events is None:
        return before, ()
    kept = {key: each for key, each in before.items() if facts.alone and not each.get("alone")}
    now = {**kept, **facts.events}
    changed: dict[str, list[Event]] = {}
    for key, event in sorted(now.items()):
        last = before.get(key, {}).get("state")
        if event["state"] != last and not (last is None and event["state"] == FINISHED):
            changed.setdefault(event["state"], []).append(event)
    for key, event in sorted(before.items()):
        over = event["state"] in (FIRST, PROVISIONAL, CONFIRMED)
        if key not in now and over and not event.get("alone"):
            changed.setdefault(FINISHED, []).append({**event, "state": FINISHED})
    return now, tuple(_alert(facts, state, events) for state, events in sorted(changed.items()))


def silence(site: str, scene: str, scene_time: str | None, *, days: int) -> Alert:
    """No scene of a site has been usable for so many days.

    Args:
        scene: The last that was; empty where none is known.
        scene_time: UTC text, or None.
        days: As the watch list says.
    """
    since = f"since {scene_time}" if scene_time else "and none before is known"
    sentence = f"{site}: no usable scene for {days} days, {since}."
    body: dict[str, Any] = {"scene_time": scene_time, "days": days, "sentence": sentence}
    body["changes"] = []
    return _with_id(site, SILENCE, scene, body)


def _alert(facts: Facts, state: str, events: Sequence[Event]) -> Alert:
    number = "1 change" if len(events) == 1 else f"{len(events)} changes"
    body = {
        "scene_time": facts.scene_time,
        "run": facts.run,
        "sentence": f"{facts.entry}: {number} {state}, by {facts.scene} of {facts.scene_time}.",
        "simulated": facts.simulated,
        "changes": [dict(event) for event in events],
    }
    return _with_id(facts.entry, state, facts.scene, body)


def _with_id(site: str, state: str, scene: str, body: Mapping[str, Any]) -> Alert:
    name = alert_id(site, state, scene)
    head = {"alert_id": name, "site": site, "state": state, "scene": scene}
    return Alert(name, site, state, scene, {**head, **body})


def _checked(scene: Any, scene_time: Any, result: Any, events: Any) -> tuple[str, str, str, Any]:
    """The same, where the ledger can hold it."""
    states = [event["state"] for event in (events or {}).values()]
    if not all(isinstance(each, str) for each in (scene, scene_time, result, *states)):
        raise TypeError("a scene, its time, its result or a state is no text")
    json.dumps(events, allow_nan=False)
    return scene, scene_time, result, events


def _of_pair(folder: Path, record: Mapping[str, Any]) -> tuple[str, str, str, Any]:
    scene = record["scenes"][1]
    counts = record["detections"]
    result = f"{sum(counts.values())} changed" if record["state"] == "compared" else record["state"]
    history = record["history"]
    if record["state"] != "compared":
        events = None
    elif history and history["used"]:
        events = _of_history(folder, scene["datetime"])
    else:
        events = _alone(folder, scene["datetime"])
    return scene["id"], scene["datetime"], result, events


def _of_history(folder: Path, scene_time: str) -> dict[str, Event]:
    story = read_json(folder / STORY)
    table = bounded(folder / TABLE).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    events: dict[str, dict[str, Any]] = {}
    for alarm in story["alarms"]:
        key = f"{alarm['zone_id']} {alarm['first_seen']}"
        said = events.setdefault(key, {**alarm, "area_m2": 0.0, "state": PROVISIONAL})
        said["area_m2"] += alarm["area_m2"]
        if alarm["state"] == CONFIRMED:
            said |= {"state": CONFIRMED, "confirmed": alarm["confirmed"]}
    for event in events.values():
        if _quiet(event, rows):
            event["state"] = FINISHED
        elif event["state"] == PROVISIONAL and event["first_seen"] == scene_time:
            event["state"] = FIRST
    return dict(events)


def _quiet(event: Event, rows: Sequence[Mapping[str, str]]) -> bool:
    """Whether the last clear dates of its zone show less unusual ground than half of it."""
    zone, since = event["zone_id"], event["first_seen"]
    seen = [r for r in rows if r["zone"] == zone and r["datetime"] > since and r["state"] == "seen"]
    last = seen[-QUIET_LOOKS:]
    return len(last) == QUIET_LOOKS and all(
        float(row["anomalous_m2"] or 0) < event["area_m2"] / 2 for row in last
    )


def _alone(folder: Path, scene_time: str) -> dict[str, Event]:
    """Two dates alone cannot say more than that something was seen once."""
    found = read_json(folder / "detections.geojson")["features"]
    zones: dict[str, float] = {}
    for feature in found:
        said = feature["properties"]
        if said["zone_id"] is not None:
            zones[said["zone_id"]] = zones.get(said["zone_id"], 0.0) + said["area_m2"]
    return {
        f"{zone} {scene_time}": {
            "state": FIRST,
            "alone": True,
            "zone_id": zone,
            "first_seen": scene_time,
            "area_m2": area,
        }
        for zone, area in zones.items()
    }


def _of_text(record: Mapping[str, Any]) -> tuple[str, str, str, Any]:
    scenes = [scene for site in record["sites"].values() for scene in site["scenes"]]
    last = max(scenes, key=lambda scene: (scene["datetime"], scene["id"]), default=None)
    verdicts = record["verdicts"]
    events = {
        each["claim_id"]: {
            "state": each["verdict"],
            "claim_id": each["claim_id"],
            "reason": each["reason"],
            "sentence": each["sentence"],
        }
        for each in verdicts
    }
    name, at = (last["id"], last["datetime"]) if last else ("", "")
    return name, at, f"{len(verdicts)} verdicts", events
