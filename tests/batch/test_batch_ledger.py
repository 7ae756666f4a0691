"""The ledger: what is written together, what is told once, and how it is made again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import quick
from quick import NOW, add_date, world

from imagery.errors import WriteError
from pipelines import compare
from pipelines.batch import ledger as module
from pipelines.batch.form import read
from pipelines.batch.healing import JOURNAL, append_line, delivered, open_ledger
from pipelines.batch.ledger import NAME, Ledger
from pipelines.batch.rounds import World, batch
from pipelines.batch.states import Facts, silence
from pipelines.batch.store import Store

FILE = '[notify.log]\nkind = "file"\nto = "alerts.jsonl"\n'


def facts(run: str, scene: int, state: str, number: int = 1) -> Facts:
    at = f"2024-03-{scene:02}T00:00:00Z"
    return Facts("a", run, number, f"s{scene}", at, "", {"x": {"state": state}})


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    found = Ledger(tmp_path / NAME)
    yield found
    found.close()


def test_a_run_and_its_alerts_are_written_together(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_post", dies)
    with pytest.raises(KeyboardInterrupt):
        ledger.record(facts("r1", 1, "first"), ["log"])
    assert ledger.known() == set()
    monkeypatch.undo()
    assert len(ledger.record(facts("r1", 1, "first"), ["log"])) == 1
    assert [(w.channel, w.tries) for w in ledger.waiting()] == [("log", 0)]


def test_a_run_is_written_once(ledger: Ledger) -> None:
    assert ledger.record(facts("r1", 1, "first"), ["log"])
    assert not ledger.record(facts("r1", 1, "first"), ["log"])
    # Another run of the same scene, of another configuration: the same id is not told twice.
    assert not ledger.record(facts("r2", 1, "first"), ["log"])
    assert len(ledger.waiting()) == 1


def test_order_is_that_of_scenes_not_of_the_clock(ledger: Ledger) -> None:
    ledger.record(facts("r2", 2, "confirmed", number=1), [])
    alerts = ledger.record(facts("r1", 1, "first", number=2), [])
    assert [alert.state for alert in alerts] == ["first"]
    alerts = ledger.record(facts("r3", 3, "confirmed", number=3), [])
    assert alerts == ()  # the run before it is that of scene 2


def test_rounds_go_on_above_what_folders_know(ledger: Ledger) -> None:
    ledger.record(facts("r1", 1, "first", number=41), [])
    assert ledger.begin("2024-01-01T00:00:00Z") == 42
    assert ledger.begin("2023-01-01T00:00:00Z") == 43


def test_silence_is_told_once_until_there_is_a_scene(ledger: Ledger) -> None:
    alarm = silence("a", "s1", None, days=3)
    assert ledger.post(alarm, ["log"])
    assert not ledger.post(alarm, ["log"])
    assert ledger.post(silence("a", "s2", None, days=3), ["log"])


def test_a_newest_scene_is_not_forgotten_for_an_older_one(ledger: Ledger) -> None:
    ledger.note_scene("a", "s2", "2024-03-02T00:00:00Z")
    ledger.note_scene("a", "s1", "2024-03-01T00:00:00Z")
    assert ledger.last_usable("a") == ("s2", "2024-03-02T00:00:00Z")
    ledger.record(facts("r5", 5, "first"), [])
    assert ledger.last_usable("a") == ("s5", "2024-03-05T00:00:00Z")


def test_another_database_is_no_ledger(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / NAME) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    with pytest.raises(sqlite3.DatabaseError, match="another database"):
        Ledger(tmp_path / NAME)


def test_half_a_line_is_ended_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    append_line(path, '{"alert_id": "1", "channel": "a"}')
    with path.open("a") as file:
        file.write('{"alert_id": "2", "cha')
    append_line(path, '{"alert_id": "3", "channel": "a"}')
    assert delivered(tmp_path) == [("1", "a"), ("3", "a")]


def lost(store: Path) -> None:
    for path in store.glob(f"{NAME}*"):
        path.unlink()


def cut_to_nothing(store: Path) -> None:
    (store / NAME).write_bytes(b"")


def cut_in_half(store: Path) -> None:
    data = (store / NAME).read_bytes()
    (store / NAME).write_bytes(data[: len(data) // 2 - 100])


def overwritten(store: Path) -> None:
    data = bytearray((store / NAME).read_bytes())
    data[2000:9000] = b"\xa5" * 7000
    (store / NAME).write_bytes(data)


def no_database(store: Path) -> None:
    (store / NAME).write_text("not a database at all" * 99)


@pytest.mark.parametrize("damage", [lost, cut_to_nothing, cut_in_half, overwritten, no_database])
def test_a_damaged_ledger_is_made_again(
    damage: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(compare, "compare", quick.compare)
    path = world(tmp_path, sites=1, more=FILE)
    listed = read(path)
    place = World(quick_now(), {})
    batch(listed, place)
    add_date(tmp_path / "tiles", 3)
    batch(listed, place)
    told = (tmp_path / "alerts.jsonl").read_text()
    before = known(listed.store.folder)
    assert len(before) == 2
    damage(listed.store.folder)
    closing = batch(listed, place)
    assert closing.outcomes == {"kept": 1}
    assert any("again from" in record.message for record in caplog.records)
    assert known(listed.store.folder) == before
    assert (tmp_path / "alerts.jsonl").read_text() == told  # the journal knows what was delivered


def quick_now() -> object:
    from datetime import datetime

    return datetime.fromisoformat(NOW)


def known(store: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(store / NAME) as db:
        found = db.execute("SELECT entry, run, round, scene, events FROM runs ORDER BY 1, 2")
        rows = found.fetchall()
        rows += db.execute("SELECT alert_id, body FROM outbox ORDER BY 1").fetchall()
    db.close()
    return [rows[n] for n in range(len(rows)) if len(rows[n]) == 5] if rows else []


def test_a_folder_that_is_not_whole_is_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "compare", quick.compare)
    listed = read(world(tmp_path, sites=2))
    batch(listed, World(quick_now(), {}))
    lost(listed.store.folder)
    (hurt,) = (listed.store.folder / "site00").glob("2*")
    (hurt / "1.txt").write_text((hurt / "1.txt").read_text().replace("site00", "site99"))
    said: list[str] = []
    ledger = open_ledger(listed.store, {}, say=said.append)
    assert {entry for entry, _ in ledger.known()} == {"site01"}
    ledger.close()
    assert any("not whole" in each for each in said)


def test_a_ledger_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(WriteError, match="Could not write"):
        open_ledger(Store(tmp_path), {}, say=print)
