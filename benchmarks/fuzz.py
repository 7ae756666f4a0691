"""Mutated inputs for every parser, through the commands themselves, in watched processes.

``python -m benchmarks.fuzz [--inputs 10000] [--seed 0] [--of geotiff,geojson] [--keep DIR]``

Small sound inputs are made, then changed by their structure or byte by byte; each goes through the
command that a user would give it to, in a process whose memory, time, files and connections are
watched (`benchmarks.fuzzing`). Counted are exit codes, tracebacks and whatever else must not be:
a hang over 10 s, more memory than the bound, a file or a connection outside of what was given, a
secret or markup in an output. An input that took too long is tried once more, alone. Exit 1 where
anything was found; `--keep` gets those inputs.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.fuzzing.kinds import KINDS, SHARES
from benchmarks.fuzzing.worker import HANG_S, LIMIT_MB

PATIENCE_S = HANG_S + 5
"""After so long a process is killed; it notes by itself what took longer than a hang."""

FAULTS = (
    "traceback",
    "hang",
    "died",
    "escape",
    "memory",
    "secret",
    "markup",
    "terminal",
    "unclear",
    "exit",
)


class Worker:
    """A watched process that is started anew where it died or hung."""

    def __init__(self, scratch: Path, number: int) -> None:
        """Start it, without waiting for it."""
        self._place = (scratch, number)
        self._log = scratch / f"worker{number}.log"
        self._start()

    def _start(self) -> None:
        scratch, number = self._place
        command = [sys.executable, "-m", "benchmarks.fuzzing.worker", str(scratch), str(number)]
        pipe = subprocess.PIPE
        plain = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        plain |= {"NUMBA_CACHE_DIR": str(scratch / "compiled"), "OMP_NUM_THREADS": "1"}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=log, text=True, env=plain
            )
        self._ready = False

    def do(self, job: dict[str, Any]) -> dict[str, Any]:
        """What the process tells of a job, or that it died or hung."""
        assert self._process.stdin is not None
        if not self._ready and self._answer(600) != "ready\n":
            raise RuntimeError(self._log.read_text(errors="replace")[-3000:])
        self._ready = True
        began = time.monotonic()
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        line = self._answer(PATIENCE_S)
        if line:
            return dict(json.loads(line))
        took = time.monotonic() - began
        fault = "hang" if took > HANG_S else "died"
        self.close()
        tail = self._log.read_text(errors="replace")[-3000:]
        self._start()
        return {"exit": None, "seconds": took, "peak": 0.0, "faults": [fault], "where": tail}

    def _answer(self, seconds: float) -> str:
        """A line of the process; empty where it ended, or was silent for so long."""
        found: queue.Queue[str] = queue.Queue()
        stdout = self._process.stdout
        assert stdout is not None
        threading.Thread(target=lambda: found.put(stdout.readline()), daemon=True).start()
        try:
            return found.get(timeout=seconds)
        except queue.Empty:
            return ""

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def jobs(
    inputs: int, seed: int, kinds: Sequence[str], keep: Path | None
) -> Iterator[dict[str, Any]]:
    """So many inputs, the kinds mixed by their shares; each is made again by its seed."""
    order = [kind for kind in kinds for _ in range(SHARES.get(kind, 1))]
    for number in range(inputs):
        kind = order[number % len(order)]
        named = {"kind": kind, "number": number, "seed": f"{seed}/{kind}/{number}"}
        yield named | {"keep": None if keep is None else str(keep)}


def main() -> None:
    """Run, print the table, exit 1 where anything was found."""
    given = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    given.add_argument("--inputs", type=int, default=10_000)
    given.add_argument("--seed", type=int, default=0)
    given.add_argument("--of", default=",".join(KINDS))
    given.add_argument("--only", type=int, help="this input alone, by its number")
    given.add_argument("--workers", type=int, default=2)
    given.add_argument("--keep", type=Path)
    asked = given.parse_args()
    kinds = asked.of.split(",")
    if unknown := set(kinds) - set(KINDS):
        given.error(f"--of: {', '.join(unknown)}; known: {', '.join(KINDS)}")
    listed = list(jobs(asked.inputs, asked.seed, kinds, asked.keep))
    if asked.only is not None:
        listed = [job for job in listed if job["number"] == asked.only]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        told = work(Path(folder), listed, min(asked.workers, len(listed)))
    bad = table(told, time.monotonic() - began)
    raise SystemExit(1 if bad else 0)


def work(scratch: Path, listed: Sequence[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """Every job by one of the workers; those that took too long once more, alone."""
    from benchmarks.fuzzing import base

    base.build(scratch / "base")
    workers = [Worker(scratch, each) for each in range(number)]
    told = shared(workers, listed)
    for each in told:
        if any(fault.startswith("hang") for fault in each["faults"]):
            each |= workers[0].do(each)
            show(each)
    for worker in workers:
        worker.close()
    return told


def shared(workers: Sequence[Worker], listed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every job by whichever worker is free."""
    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    for job in listed:
        waiting.put(job)
    told: list[dict[str, Any]] = []

    def serve(worker: Worker) -> None:
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            told.append(job | worker.do(job))
            show(told[-1])

    threads = [threading.Thread(target=serve, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(told) < len(listed):
        raise SystemExit("the processes could not be started: see above")
    return told


def show(one: dict[str, Any]) -> None:
    """Tell of an input with a fault at once."""
    if not one["faults"]:
        return
    print(f"{one['kind']} {one['number']}: {'; '.join(one['faults'])[:300]}", flush=True)
    if one.get("where"):
        print("    " + one["where"].strip().replace("\n", "\n    ")[-1500:], flush=True)


def table(told: Sequence[dict[str, Any]], seconds: float) -> bool:
    """Print counts by kind; whether anything was found."""
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in told:
        by_kind[each["kind"]].append(each)
    heads = ("kind", "inputs", "exit 0", "exit 2", *FAULTS, "median s", "longest s", "peak MB")
    rows = [(name, *counts(found)) for name, found in by_kind.items()]
    rows.append(("all", *counts(told)))
    widths = [max(len(str(row[n])) for row in (heads, *rows)) for n in range(len(heads))]
    for row in (heads, *rows):
        print("  ".join(str(cell).rjust(width) for cell, width in zip(row, widths, strict=True)))
    faults = sum(bool(each["faults"]) for each in told)
    peak, longest = (max(each[key] for each in told) for key in ("peak", "seconds"))
    print(
        f"{len(told)} inputs in {seconds:.0f} s: {faults} with faults; "
        f"peak memory {peak:.0f} MB of {LIMIT_MB} MB, longest {longest:.1f} s"
    )
    return faults > 0


def counts(found: Sequence[dict[str, Any]]) -> list[object]:
    """One row of the table."""
    exits = Counter(each["exit"] for each in found)
    faults = Counter(
        name for each in found for name in {f.split(":")[0].split()[0] for f in each["faults"]}
    )
    times = sorted(each["seconds"] for each in found)
    return [
        len(found),
        exits[0],
        exits[2],
        *(faults[name] for name in FAULTS),
        f"{times[len(times) // 2]:.3f}",
        f"{times[-1]:.1f}",
        f"{max(each['peak'] for each in found):.0f}",
    ]


if __name__ == "__main__":
    main()
