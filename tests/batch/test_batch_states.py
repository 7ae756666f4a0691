"""First, provisional, confirmed, finished: what is told, once, and under which id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagery.errors import UnreadableFile
from imagery.keep import Keep
from imagery.run_folder import run_folder
from pipelines.batch.states import Facts, alert_id, read_run, silence, step

ZONE = "a.apron"
DAYS = [f"2024-03-{day:02}T08:00:00Z" for day in (1, 6, 11, 16, 21)]


def facts(number: int, events: dict[str, str] | None, *, alone: bool = False) -> Facts:
    told = None
    if events is not None:
        told = {key: {"state": state, "alone": alone} for key, state in events.items()}
    return Facts("a", f"r{number}", 1, f"s{number}", DAYS[number], "", told, alone=alone)


def walk(*runs: Facts) -> list[list[str]]:
    """States that are told of, run by run."""
    before: Any = {}
    out = []
    for run in runs:
        before, alerts = step(before, run)
        out.append([alert.state for alert in alerts])
    return out


def test_a_change_is_told_state_by_state() -> None:
    runs = [facts(n, {"x": s}) for n, s in enumerate(("first", "provisional", "confirmed"))]
    runs += [facts(3, {"x": "confirmed"}), facts(4, {"x": "finished"})]
    assert walk(*runs) == [["first"], ["provisional"], ["confirmed"], [], ["finished"]]


def test_what_is_given_up_is_finished_and_what_began_finished_is_not_told() -> None:
    assert walk(facts(0, {"x": "provisional"}), facts(1, {})) == [["provisional"], ["finished"]]
    assert walk(facts(0, {"x": "finished"}), facts(1, {})) == [[], []]


def test_a_run_without_a_clear_view_changes_nothing() -> None:
    runs = [facts(0, {"x": "first"}), facts(1, None), facts(2, {"x": "provisional"})]
    assert walk(*runs) == [["first"], [], ["provisional"]]


def test_several_changes_of_one_state_are_one_alert() -> None:
    _, alerts = step({}, facts(1, {"x": "first", "y": "first", "z": "confirmed"}))
    assert [(a.state, len(a.body["changes"])) for a in alerts] == [("confirmed", 1), ("first", 2)]


def test_two_dates_alone_are_never_finished() -> None:
    seen = [facts(0, {"x": "first"}, alone=True), facts(1, {}, alone=True), facts(2, {})]
    assert walk(*seen) == [["first"], [], []]
    kept = [facts(0, {"x": "confirmed"}), facts(1, {}, alone=True), facts(2, {})]
    assert walk(*kept) == [["confirmed"], [], ["finished"]]


def test_an_id_is_that_of_site_state_and_scene() -> None:
    _, (one,) = step({}, facts(1, {"x": "first"}))
    _, (again,) = step({}, facts(1, {"y": "first"}))
    assert one.alert_id == again.alert_id == alert_id("a", "first", "s1") == one.body["alert_id"]
    others = {alert_id("b", "first", "s1"), alert_id("a", "first", "s2"), alert_id("a", "x", "s1")}
    assert one.alert_id not in others
    assert len(others) == 3
    assert silence("a", "s1", DAYS[1], days=5).alert_id == alert_id("a", "silence", "s1")


def run(folder: Path, record: dict[str, Any], **files: str) -> Path:
    out = folder / "a" / "r"
    with run_folder(out, keep=Keep(out.parent / "kept")) as draft:
        for name, text in files.items():
            (draft.folder / name.replace("_", ".")).write_text(text)
        draft.seal(
            {"schema": "x", "simulated": False, **record},
            custody={"batch": {"entry": "a", "run": "r", "round": 3}},
        )
    return out


def pair(**said: Any) -> dict[str, Any]:
    scenes = [{"id": f"s{n}", "datetime": DAYS[n]} for n in (2, 3)]
    return {
        "state": "compared",
        "scenes": scenes,
        "detections": {"appeared": 2},
        "history": {"used": True},
        **said,
    }


def alarm(first: int, state: str = "provisional", area: float = 900.0) -> dict[str, Any]:
    confirmed = DAYS[first + 2] if state == "confirmed" else None
    said = {"zone_id": ZONE, "first_seen": DAYS[first], "state": state}
    return {**said, "confirmed": confirmed, "area_m2": area}


HEAD = "zone,datetime,state,anomalous_m2\n"


def rows(*squares: tuple[int, str, float]) -> str:
    return HEAD + "".join(f"{ZONE},{DAYS[n]},{state},{m2}\n" for n, state, m2 in squares)


@pytest.mark.parametrize(
    ("alarms", "table", "expected"),
    [
        ([alarm(3)], "", ["first"]),
        ([alarm(2)], "", ["provisional"]),
        ([alarm(1, "confirmed"), alarm(1)], "", ["confirmed"]),
        ([alarm(0)], rows((2, "seen", 0), (3, "seen", 100)), ["finished"]),
        ([alarm(0)], rows((2, "seen", 0), (3, "no_clear_view", 0)), ["provisional"]),
        ([alarm(0)], rows((2, "seen", 0), (3, "seen", 800)), ["provisional"]),
        ([alarm(2), alarm(3)], "", ["provisional", "first"]),
        ([], "", []),
    ],
)
def test_a_history_is_read(
    tmp_path: Path, alarms: list[Any], table: str, expected: list[str]
) -> None:
    out = run(
        tmp_path, pair(), history_json=json.dumps({"alarms": alarms}), occupancy_csv=table or HEAD
    )
    found = read_run(out)
    assert (found.entry, found.run, found.round, found.scene) == ("a", "r", 3, "s3")
    assert [event["state"] for event in found.events.values()] == expected


def test_two_dates_without_a_history_are_read(tmp_path: Path) -> None:
    features = [{"properties": {"zone_id": zone, "area_m2": 5.0}} for zone in (ZONE, ZONE, None)]
    text = json.dumps({"features": features})
    out = run(tmp_path, pair(history={"used": False}), detections_geojson=text)
    found = read_run(out)
    assert found.alone
    assert [(e["state"], e["area_m2"]) for e in found.events.values()] == [("first", 10.0)]


def test_no_clear_view_says_nothing_of_the_state(tmp_path: Path) -> None:
    found = read_run(run(tmp_path, pair(state="no clear view")))
    assert found.events is None
    assert found.result == "no clear view"


def test_verdicts_are_states_of_statements(tmp_path: Path) -> None:
    said = {"claim_id": "c1", "verdict": "supported", "reason": None, "sentence": "S."}
    sites = {"a": {"scenes": [{"id": "s1", "datetime": DAYS[1]}]}}
    found = read_run(run(tmp_path, {"verdicts": [said], "sites": sites}))
    assert found.scene == "s1"
    assert found.events["c1"]["state"] == "supported"
    assert walk(found) == [["supported"]]


def test_what_no_batch_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no batch made"):
        read_run(tmp_path)
    out = run(tmp_path, {"state": "compared"})
    with pytest.raises(UnreadableFile, match="not a run"):
        read_run(out)
