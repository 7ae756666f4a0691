"""What a site of a batch costs, and how much of it a process cluster adds.

``python -m benchmarks.batch_scale [--sites 200] [--alone 20] [--workers 2] [--dates 3]``

Simulated sites of one folder of tiles, real planning and real comparisons, each on one thread of a
Dask LocalCluster. First some sites with one worker, then all with several. Printed are seconds a
site, throughput per core against one worker alone, the share of the workers' time that no site was
attended, and the memory of the workers in the first and the last quarter. A second batch over the
same list then says what a site costs that is not due.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sqlite3
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil
from distributed import LocalCluster

from pipelines.batch.form import read
from pipelines.batch.ledger import Ledger
from pipelines.batch.rounds import World, batch
from pipelines.batch.states import Facts
from pipelines.cluster import cluster

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "batch")]
quick = importlib.import_module("quick")


class Memory:
    """Resident bytes of this process's children, sampled twice a second."""

    def __init__(self) -> None:
        self.samples: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stop.wait(0.5):
            total = 0
            for child in psutil.Process().children(recursive=True):
                try:
                    total += child.memory_info().rss
                except psutil.Error:
                    continue
            self.samples.append(total)

    def end(self) -> tuple[float, float]:
        """Highest of the first and of the last quarter, MB."""
        self._stop.set()
        self._thread.join()
        quarter = max(1, len(self.samples) // 4)
        first, last = self.samples[:quarter], self.samples[-quarter:]
        return max(first) / 1e6, max(last) / 1e6


def processor_seconds() -> float:
    """Of this process's children so far."""
    times = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return sum(each.user + each.system for each in times)


def measured(path: Path, now: datetime, workers: int) -> dict[str, float]:
    """Run the batch on so many workers of one thread each."""
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as local:
        local.wait_for_workers(workers)
        memory = Memory()
        with cluster(local.scheduler_address):
            before, started = processor_seconds(), time.perf_counter()
            closing = batch(read(path), World(now, os.environ, alone=True))
            wall = time.perf_counter() - started
        busy = processor_seconds()
        first, last = memory.end()
    assert not closing.failed, closing.outcomes
    spent = sum(row["seconds"] for row in closing.rows)
    return {
        "sites": len(closing.rows),
        "wall": wall,
        "cpu": (busy - before) / len(closing.rows),
        "site": spent / len(closing.rows),
        "rate": len(closing.rows) / wall / workers,
        "idle": 1 - spent / wall / workers,
        "first": first,
        "last": last,
    }


def ledger_cost(folder: Path, sites: int) -> float:
    """Milliseconds of the ledger for a site that was run, with an alert and its delivery."""
    ledger = Ledger(folder / "cost.sqlite")
    started = time.perf_counter()
    for number in range(sites):
        name, at = f"site{number}", "2024-03-01T00:00:00Z"
        ledger.note_attempts(1, name, "run", [("done", "new", 1.0)])
        ledger.note_plan(1, name, "done", "run", "new")
        ledger.record(Facts(name, "run", 1, "s", at, "", {"x": {"state": "first"}}), ["log"])
        ledger.note_scene(name, "s", at)
        for each in ledger.waiting():
            ledger.trying(each.alert_id, each.channel)
            ledger.told(each.alert_id, each.channel, None)
    spent = time.perf_counter() - started
    ledger.close()
    return spent / sites * 1e3


def told(name: str, found: dict[str, float]) -> None:
    """One line."""
    rate, idle = found["rate"] * 3600, found["idle"]
    print(f"{name}: {found['sites']:.0f} sites in {found['wall']:.1f} s")
    print(f"  a site: {found['site']:.2f} s, of a processor {found['cpu']:.2f} s")
    print(f"  {rate:.0f} sites an hour and core; {idle:.1%} of the workers' time went to no site")
    print(f"  workers' memory: {found['first']:.0f} MB at first, {found['last']:.0f} MB at last")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--alone", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--dates", type=int, default=3)
    parser.add_argument("--side", type=int, default=260)
    given = parser.parse_args()
    quick.SIDE = given.side
    now = datetime.combine(quick.FIRST + given.dates * quick.STEP, datetime.min.time(), UTC)
    with tempfile.TemporaryDirectory() as folder:
        one = quick.world(Path(folder) / "one", given.alone, given.dates)
        many = quick.world(Path(folder) / "many", given.sites, given.dates)
        alone = measured(one, now + timedelta(hours=6), 1)
        told("1 worker", alone)
        all_of = measured(many, now + timedelta(hours=6), given.workers)
        told(f"{given.workers} workers", all_of)
        print(f"load of the machine at the end: {os.getloadavg()[0]:.1f}")
        print(f"throughput per core against one worker: {all_of['rate'] / alone['rate']:.2f}")
        again = measured(many, now + timedelta(hours=6), given.workers)
        told("nothing due", again)
        store = Path(folder) / "many" / "runs"
        sizes = [f.stat().st_size for f in store.glob("*/2*/**/*") if f.is_file()]
        rows = sqlite3.connect(store / "ledger.sqlite").execute("SELECT count(*) FROM runs")
        print(f"the ledger: {ledger_cost(Path(folder), 2000):.2f} ms a site with an alert")
        print(
            f"a run folder: {np.sum(sizes) / given.sites / 1e6:.2f} MB; the ledger:"
            f" {(store / 'ledger.sqlite').stat().st_size / rows.fetchone()[0] / 1e3:.1f} kB a run"
        )


if __name__ == "__main__":
    main()
