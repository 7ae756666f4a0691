"""The same graph in this process, on processes, and on a cluster by its address."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import quick
from quick import bytes_of, world

from pipelines import compare
from pipelines.batch import spread as module
from pipelines.batch.attend import Report
from pipelines.batch.form import read
from pipelines.batch.rounds import World, batch
from pipelines.cluster import cluster

WORLD = World(datetime.fromisoformat(quick.NOW).replace(tzinfo=UTC), {})
ALONE = World(WORLD.now, {}, workers=2, alone=True)
ROOT = Path(__file__).parents[2]
MORE = '[notify.log]\nkind = "file"\nto = "alerts.jsonl"\n'


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Workers that a test starts compare for nothing, too."""
    monkeypatch.setenv("PYTHONPATH", quick.patched_path(tmp_path))
    monkeypatch.setattr(compare, "compare", quick.compare)


def undisturbed(tmp_path: Path) -> dict[str, bytes]:
    listed = read(world(tmp_path / "one", sites=2, more=MORE))
    assert batch(listed, WORLD).outcomes == {"done": 2}
    return dict(bytes_of(listed.store.folder))


@pytest.mark.usefixtures("patched")
def test_processes_write_the_same_bytes(tmp_path: Path) -> None:
    listed = read(world(tmp_path / "two", sites=2, more=MORE))
    assert batch(listed, ALONE).outcomes == {"done": 2}
    assert batch(listed, WORLD).outcomes == {"kept": 2}
    assert bytes_of(listed.store.folder) == undisturbed(tmp_path)


@pytest.mark.usefixtures("patched")
def test_a_cluster_writes_the_same_bytes(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    listed = read(world(tmp_path / "two", sites=2, more=MORE))
    with (
        distributed.LocalCluster(
            n_workers=1,
            processes=False,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            protocol="tcp",
            host="127.0.0.1",
        ) as local,
        cluster(local.scheduler_address),
    ):
        assert batch(listed, ALONE).outcomes == {"done": 2}
    assert bytes_of(listed.store.folder) == undisturbed(tmp_path)


def test_what_a_cluster_loses_is_one_sites_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    listed = read(world(tmp_path, sites=2))
    jobs = [module.Job(entry, listed.store, WORLD.now) for entry in listed.entries]
    told: list[Report] = []

    class Future:
        def __init__(self, key: str, status: str) -> None:
            self.key, self.status = key, status

        def result(self) -> Report:
            return Report(self.key, "done", "")

        def release(self) -> None:
            """Nothing to free."""

    class Client:
        def compute(self, tasks: list[object], **_: object) -> list[Future]:
            return [Future("site00", "finished"), Future("site01", "error")]

    monkeypatch.setattr(distributed, "as_completed", lambda futures, **_: futures)
    module._on_cluster(Client(), jobs, told.append)
    assert [(each.entry, each.outcome) for each in told] == [
        ("site00", "done"),
        ("site01", "failed"),
    ]


def test_kills_at_random_moments_lose_nothing() -> None:
    words = ["-m", "benchmarks.batch_kills", "--kills", "3", "--sites", "2", "--seed", "8"]
    run = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "differing after the next batch: 0" in run.stdout
