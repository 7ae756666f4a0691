"""``kill -9`` of a batch, of a worker, or of a Dask scheduler at random moments.

``python -m benchmarks.batch_kills [--of batch|worker|scheduler] [--kills N] [--sites N]``

Comparisons are replaced by ones that cost nothing and sleep between their files, planning and
everything else is real. An undisturbed batch says what should be there. Then, for each kill, a
batch starts in a new store and is killed (or its worker, or its scheduler) at a moment drawn evenly
from the time it takes; another batch then runs to its end. All must be equal: the set of run
folders, every byte in them but of ``custody.jsonl`` (which says when and where), what the ledger
says of runs, and the ids of alerts that the receiver has, each with one effect. Exit 1 where not.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from pipelines import compare
from pipelines.batch.form import read
from pipelines.batch.rounds import World, batch
from pipelines.cluster import cluster

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "batch")]
quick = importlib.import_module("quick")

MORE = '[notify.log]\nkind = "file"\nto = "alerts.jsonl"\n'
SLEEP_S = "0.02"


def run(path: Path, address: str | None = None) -> int:
    """A batch in a process of its own; its id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        with cluster(address):
            world = World(datetime.fromisoformat(quick.NOW), {}, alone=address is not None)
            code = int(batch(read(path), world).failed)
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """Wait for a batch; its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def empty(folder: Path) -> None:
    """Delete the store and what was received; list and tiles stay at their paths."""
    for name in ("runs", "alerts.jsonl"):
        there = folder / name
        if there.is_dir():
            shutil.rmtree(there)
        else:
            there.unlink(missing_ok=True)


def state(folder: Path) -> dict[str, Any]:
    """What must not depend on what happened on the way."""
    store = folder / "runs"
    db = sqlite3.connect(store / "ledger.sqlite")
    rows = db.execute("SELECT entry, run, scene, events FROM runs ORDER BY entry, run").fetchall()
    outbox = db.execute("SELECT alert_id, body FROM outbox ORDER BY alert_id").fetchall()
    waiting = db.execute("SELECT count(*) FROM deliveries WHERE NOT done").fetchone()[0]
    db.close()
    return {
        "files": quick.bytes_of(store),
        "drafts": [path.name for path in store.glob("*/.*.part")],
        "runs": rows,
        "outbox": outbox,
        "waiting": waiting,
        "effects": sorted(received(folder)),
    }


def received(folder: Path) -> Counter[str]:
    """By id, how often the receiver was told."""
    lines = (folder / "alerts.jsonl").read_text().splitlines()
    return Counter(json.loads(line)["alert_id"] for line in lines)


class Cluster:
    """A scheduler and two workers in folders of their own, to be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        said = ["--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        self.scheduler = self._start("scheduler", *said)
        self.workers = [self._worker(number) for number in range(2)]

    def _worker(self, number: int) -> subprocess.Popen[bytes]:
        here = self.folder / f"worker{number}"
        here.mkdir(exist_ok=True)
        said = ["--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", str(here)]
        return self._start("worker", self.address, *said)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "PYTHONPATH": quick.patched_path(self.folder),
            "QUICK_S": SLEEP_S,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, what: str, draw: Random) -> None:
        """One of the workers, or the scheduler."""
        victim = self.scheduler if what == "scheduler" else draw.choice(self.workers)
        victim.kill()
        victim.wait()
        if what == "worker":
            self.workers[self.workers.index(victim)] = self._worker(self.workers.index(victim))

    def stop(self) -> None:
        """End all that is left."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def trial(path: Path, what: str, moment: float, draw: Random) -> bool:
    """Kill once, run again to the end; whether the batch was still at work when it was killed."""
    folder = path.parent
    empty(folder)
    if what == "batch":
        child = run(path)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        struck = ended(child) == -signal.SIGKILL
        assert ended(run(path)) == 0
        return struck
    own = Cluster(folder)
    try:
        child = run(path, own.address)
        time.sleep(moment)
        struck = os.waitpid(child, os.WNOHANG)[0] == 0
        own.kill(what, draw)
        if struck:
            limit = time.monotonic() + 60
            while os.waitpid(child, os.WNOHANG)[0] == 0:
                if time.monotonic() > limit:  # its scheduler is gone: whoever watches it ends it
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                    break
                time.sleep(0.1)
    finally:
        own.stop()
    assert ended(run(path)) == 0
    return struck


def main() -> int:
    """Kill, run again, compare; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", choices=("batch", "worker", "scheduler"), default="batch")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--sites", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    draw = Random(given.seed)
    os.environ["QUICK_S"] = SLEEP_S
    compare.compare = quick.compare
    with tempfile.TemporaryDirectory() as folder:
        path = quick.world(Path(folder), sites=given.sites, more=MORE)
        started = time.monotonic()
        assert ended(run(path)) == 0
        took = time.monotonic() - started
        if given.of != "batch":  # a cluster takes a while to find together
            took += 6
        expected, struck, repeats, wrong = state(Path(folder)), 0, 0, 0
        for number in range(given.kills):
            struck += trial(path, given.of, draw.uniform(0, took), draw)
            found = state(Path(folder))
            repeats += sum(received(Path(folder)).values()) - len(found["effects"])
            found["effects"], bad = sorted(set(found["effects"])), []
            bad = [key for key in expected if found[key] != expected[key]]
            wrong += bool(bad)
            if bad:
                print(f"kill {number}: {', '.join(bad)} differ")
        print(f"an undisturbed batch of {given.sites} sites: {took:.2f} s")
        print(f"{given.kills} kills of the {given.of}, {struck} of them while it was at work")
        print(f"alerts: {len(expected['effects'])} ids, {repeats} repeats in all")
        print(f"differing after the next batch: {wrong}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
