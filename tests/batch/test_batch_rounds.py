"""A batch: each run once, whatever happened to the one before it."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import quick
from quick import NOW, add_date, bytes_of, world

from imagery.errors import FetchError, RegistrationError, WriteError
from pipelines import compare
from pipelines.batch import attend as module
from pipelines.batch.attend import Job, attend
from pipelines.batch.form import read
from pipelines.batch.rounds import World, batch, dry_run
from pipelines.batch.store import Store, lease
from pipelines.batch.watchlist import WatchList

FILE = '[notify.log]\nkind = "file"\nto = "alerts.jsonl"\n'


def at(text: str = NOW) -> World:
    return World(datetime.fromisoformat(text).replace(tzinfo=UTC), {})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sites that were compared, in order."""
    found: list[str] = []

    def counted(site: Any, periods: Any, **said: Any) -> Any:
        found.append(site.id)
        return quick.compare(site, periods, **said)

    monkeypatch.setattr(compare, "compare", counted)
    return found


def test_a_run_that_is_there_is_not_made_again(tmp_path: Path, calls: list[str]) -> None:
    listed = read(world(tmp_path))
    assert batch(listed, at()).outcomes == {"done": 2}
    before = bytes_of(listed.store.folder)
    assert batch(listed, at()).outcomes == {"kept": 2}
    assert sorted(calls) == ["site00", "site01"]
    assert bytes_of(listed.store.folder) == before


def test_a_new_scene_makes_a_new_run_and_a_cloudy_one_does_not(
    tmp_path: Path, calls: list[str]
) -> None:
    listed = read(world(tmp_path, sites=1))
    batch(listed, at())
    add_date(tmp_path / "tiles", 3, cloudy=True)
    assert batch(listed, at()).outcomes == {"kept": 1}
    add_date(tmp_path / "tiles", 3)
    assert batch(listed, at("2024-03-30")).outcomes == {"done": 1}
    assert len(list(listed.store.folder.glob("site00/2*"))) == 2


@pytest.mark.parametrize("what", ["config", "site", "scene"])
def test_whatever_determines_a_run_makes_a_new_one(
    what: str, tmp_path: Path, calls: list[str]
) -> None:
    path = world(tmp_path, sites=1)
    batch(read(path), at())
    if what == "config":
        path.write_text(path.read_text().replace("history = 100", "history = 99"))
    elif what == "site":
        place = tmp_path / "places" / "site00.geojson"
        place.write_text(place.read_text() + "\n")
    else:  # an earlier date, processed again
        add_date(tmp_path / "tiles", 0, cloudy=True)
    assert batch(read(path), at()).outcomes == {"done": 1}


def test_what_does_not_determine_a_run_makes_none(tmp_path: Path, calls: list[str]) -> None:
    path = world(tmp_path, sites=1)
    batch(read(path), at())
    text = path.read_text().replace("wait_s = 0", "wait_s = 1\nchunk = 512\nattempts = 2")
    path.write_text(text)
    os.utime(tmp_path / "tiles" / "S2_L2A_2024-03-01.tif", (1, 1))
    assert batch(read(path), at("2024-03-21")).outcomes == {"kept": 1}


def test_a_dry_run_writes_nothing(tmp_path: Path, calls: list[str]) -> None:
    listed = read(world(tmp_path))
    plans = [report.plan for report in dry_run(listed, at())]
    assert [(plan.due, plan.total, plan.bytes) for plan in plans] == [(True, 3, 0)] * 2
    assert [scene.datetime[:10] for scene in plans[0].scenes] == ["2024-03-06", "2024-03-11"]
    assert not listed.store.folder.exists()
    assert calls == []
    batch(listed, at())
    assert [report.plan.due for report in dry_run(listed, at())] == [False, False]
    assert "is there" in dry_run(listed, at())[0].reason


def test_fixed_dates_run_when_both_have_scenes(tmp_path: Path, calls: list[str]) -> None:
    rule = 'rule = "dates"\nbefore = 2024-03-06\nafter = "2024-03-16/2024-03-17"\n'
    listed = read(world(tmp_path, sites=1, more=rule))
    assert batch(listed, at()).rows[0]["reason"] == "no scene yet of the period after"
    add_date(tmp_path / "tiles", 3)
    assert batch(listed, at()).outcomes == {"done": 1}
    assert batch(listed, at()).outcomes == {"kept": 1}


def test_a_failure_is_that_of_one_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = {
        "site01": RegistrationError("two dates", "no fit", "Choose others."),
        "site02": ZeroDivisionError("a bug"),
        "site03": OSError(errno.ENOSPC, "No space left on device"),
        "site04": MemoryError(),
    }

    def sometimes(site: Any, periods: Any, **said: Any) -> Any:
        if site.id in faults:
            raise faults[site.id]
        return quick.compare(site, periods, **said)

    monkeypatch.setattr(compare, "compare", sometimes)
    listed = read(world(tmp_path, sites=6))
    closing = batch(listed, at())
    assert closing.outcomes == {"done": 2, "refused": 1, "failed": 3}
    assert closing.failed
    faults.pop("site03")
    # What was refused is refused by its input: it waits for another. What failed is tried again.
    again = batch(listed, at())
    assert again.outcomes == {"kept": 2, "refused": 1, "failed": 2, "done": 1}
    assert "refused before: two dates: no fit" in again.rows[1]["reason"]


def test_what_may_pass_is_tried_again_by_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble: list[Exception] = [FetchError("x", "it said 503", "Wait.")] * 2

    def later(site: Any, periods: Any, **said: Any) -> Any:
        if trouble:
            raise trouble.pop()
        return quick.compare(site, periods, **said)

    monkeypatch.setattr(compare, "compare", later)
    path = world(tmp_path, sites=1)
    path.write_text(path.read_text().replace("wait_s = 0", "wait_s = 7\nattempts = 3"))
    entry = read(path).entries[0]
    waits: list[float] = []
    report = attend(Job(entry, Store(tmp_path / "runs"), at().now, round=1), wait=waits.append)
    assert [each[0] for each in report.tried] == ["failed", "failed", "done"]
    assert waits == [7, 14]
    trouble += [FetchError("x", "it said 503", "Wait.")] * 3
    add_date(tmp_path / "tiles", 3)
    report = attend(Job(entry, Store(tmp_path / "runs"), at().now, round=2), wait=waits.append)
    assert report.outcome == "failed"
    assert len(report.tried) == 3


def test_a_bug_or_a_full_disk_is_not_tried_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def breaks(*_: Any, **__: Any) -> None:
        asked.append(1)
        raise WriteError("diff.tif", "No space left on device")

    monkeypatch.setattr(compare, "compare", breaks)
    batch(read(world(tmp_path, sites=1)), at())
    assert len(asked) == 1


def test_drafts_of_the_dead_are_deleted_and_the_rest_is_not(
    tmp_path: Path, calls: list[str]
) -> None:
    listed = read(world(tmp_path, sites=1))
    for name in (".20240311_x.0a.part", ".20240311_x.0b.old", "mine"):
        (listed.store.folder / "site00" / name).mkdir(parents=True)
        (listed.store.folder / "site00" / name / "file").write_text("x")
    batch(listed, at())
    assert sorted(p.name for p in (listed.store.folder / "site00").iterdir() if p.is_dir())[1:] == [
        "mine"
    ]


def test_a_run_that_lost_a_file_is_made_again(tmp_path: Path, calls: list[str]) -> None:
    listed = read(world(tmp_path, sites=1))
    batch(listed, at())
    before = bytes_of(listed.store.folder)
    (folder,) = listed.store.folder.glob("site00/2*")
    (folder / "2.txt").write_text("cut")
    (report,) = dry_run(listed, at())
    assert "not whole" in report.reason
    assert batch(listed, at()).outcomes == {"done": 1}
    assert bytes_of(listed.store.folder) == before


def test_a_site_that_another_batch_has_is_left_to_it(tmp_path: Path, calls: list[str]) -> None:
    listed = read(world(tmp_path))
    with lease(listed.store.folder, "site00") as mine:
        assert mine
        assert batch(listed, at()).outcomes == {"elsewhere": 1, "done": 1}
    assert batch(listed, at()).outcomes == {"done": 1, "kept": 1}


def test_a_clock_set_back_loses_nothing(
    tmp_path: Path, calls: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    listed = read(world(tmp_path, sites=1, more=FILE))
    batch(listed, at())
    told = (tmp_path / "alerts.jsonl").read_text()
    assert batch(listed, at("2023-01-01")).outcomes == {"kept": 1}
    assert any("The clock says 2023-01-01" in record.message for record in caplog.records)
    assert (tmp_path / "alerts.jsonl").read_text() == told
    add_date(tmp_path / "tiles", 3)
    assert batch(listed, at("2024-03-19")).outcomes == {"done": 1}


def test_states_are_told_as_scenes_come(tmp_path: Path, calls: list[str]) -> None:
    listed = read(world(tmp_path, sites=1, dates=2, more=FILE))
    for number in range(2, 6):
        batch(listed, at("2024-04-01"))
        add_date(tmp_path / "tiles", number)
    told = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    seen = [(alert["scene"][-5:], alert["state"]) for alert in told]
    assert seen == [
        ("03-06", "first"),
        *[("03-11", state) for state in ("first", "provisional")],
        *[("03-16", state) for state in ("confirmed", "first", "provisional")],
        *[("03-21", state) for state in ("confirmed", "first", "provisional")],
    ]
    assert len({alert["alert_id"] for alert in told}) == len(told)


def test_runs_whose_batch_died_before_it_told_are_told_by_the_next(
    tmp_path: Path, calls: list[str]
) -> None:
    listed = read(world(tmp_path, sites=1, more=FILE))
    job = Job(listed.entries[0], listed.store, at().now, round=1)
    assert attend(job).outcome == "done"  # the batch dies here, and then comes a new scene
    add_date(tmp_path / "tiles", 3)
    batch(listed, at())
    told = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    assert {alert["scene"][-5:] for alert in told} == {"03-11", "03-16"}


def test_silence_is_told_once(tmp_path: Path, calls: list[str]) -> None:
    path = world(tmp_path, sites=1, more=FILE)
    path.write_text(path.read_text().replace("wait_s = 0", "silence_days = 10"))
    listed = read(path)

    def silent(now: str) -> list[str]:
        batch(listed, at(now))
        lines = (tmp_path / "alerts.jsonl").read_text().splitlines()
        told = [json.loads(line) for line in lines]
        return [each["scene"][-5:] for each in told if each["state"] == "silence"]

    assert silent("2024-03-20") == []
    assert silent("2024-03-22") == ["03-11"]
    assert silent("2024-06-22") == ["03-11"]  # nothing usable in reach, and told before
    add_date(tmp_path / "tiles", 23)
    assert silent("2024-06-30") == ["03-11"]
    assert silent("2024-07-10") == ["03-11", "06-24"]


def test_a_source_that_is_gone_ends_in_silence_too(tmp_path: Path, calls: list[str]) -> None:
    path = world(tmp_path, sites=1, more=FILE)
    path.write_text(path.read_text().replace("wait_s = 0", "silence_days = 10"))
    listed = read(path)
    batch(listed, at())
    for tile in (tmp_path / "tiles").iterdir():
        tile.write_bytes(b"")
    closing = batch(listed, at("2024-04-20"))
    assert closing.alerts == 1
    assert '"state": "silence"' in (tmp_path / "alerts.jsonl").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_is_said_and_the_next_batch_heals(tmp_path: Path, calls: list[str]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("tmpfs cannot be mounted here")
    path = world(tmp_path, sites=3)
    path.write_text(path.read_text().replace('"runs"', '"disk/runs"'))
    listed = read(path)
    try:
        (disk / "filler").write_bytes(b"x" * 150_000)
        assert re.search("No space left|full", said_by(listed))
        assert not list((disk / "runs").glob("*/.*.part"))
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        assert not batch(listed, at()).failed
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert re.search("Read-only file system|readonly", said_by(listed))
        undisturbed = read(world(tmp_path / "other", sites=3))
        batch(undisturbed, at())
        assert bytes_of(listed.store.folder) == bytes_of(undisturbed.store.folder)
    finally:
        subprocess.run(["umount", disk], check=True)


def said_by(listed: WatchList) -> str:
    """Why a batch could not go on, or its sites."""
    try:
        closing = batch(listed, at())
    except WriteError as error:
        return str(error)
    assert closing.failed
    return " ".join(row["reason"] for row in closing.rows)


def test_two_batches_at_once_run_each_site_once(tmp_path: Path) -> None:
    path = world(tmp_path, sites=6, more=FILE)
    log = tmp_path / "log"
    both = [start(path, QUICK_LOG=str(log), QUICK_S="0.02") for _ in range(2)]
    for each in both:
        each.communicate(timeout=120)
    assert [each.returncode for each in both] == [0, 0]
    counts = Counter(log.read_text().split()[::2])
    assert counts == {f"site{n:02}": 1 for n in range(6)}
    told = [
        json.loads(line)["alert_id"]
        for line in (tmp_path / "alerts.jsonl").read_text().splitlines()
    ]
    assert len(told) == len(set(told)) == 12


def start(path: Path, **more: str) -> subprocess.Popen[str]:
    words = ["batch", str(path), "--now", NOW]
    folders = quick.patched_path(path.parent)
    return subprocess.Popen(
        [sys.executable, "-c", "from pipelines.cli import main; main()", *words],
        env=os.environ | {"PYTHONPATH": folders, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_only_a_network_may_be_better_later() -> None:
    assert module.may_pass(FetchError("a", "b", "c"))
    assert module.may_pass(TimeoutError())
    assert not module.may_pass(WriteError("a", "b"))
    assert not module.may_pass(ValueError())
    assert timedelta(seconds=module.LONGEST_WAIT_S) == timedelta(minutes=5)
