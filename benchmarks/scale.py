"""Time, CPU and memory of ``tilewitness diff`` on a whole tile, over the floor of ``floor.py``.

``python -m benchmarks.scale --data DIR [--json FILE] [--size 10980] [--workers 1,2] [--keep DIR]``

Each run is a process of its own, from the start of the interpreter to its end; both scenes have
been read once before the first one, so that the disk is nobody's disadvantage. CPU is user and
system time of the process and all that it waited for. Memory is the proportional set size (shared
pages counted once) summed over the process and its descendants, looked at twenty times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.mosaic import build_pair
from imagery.run_folder import is_complete

MOST_TIMES_FLOOR = 3.0
MOST_PEAK_MB = 2000.0
SAMPLE_S = 0.05
FLOOR = (sys.executable, "-m", "benchmarks.floor")
# The command itself, in the interpreter that runs this, installed or not.
DIFF = (sys.executable, "-c", "import sys, pipelines.cli; sys.exit(pipelines.cli.main())", "diff")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took: seconds on the clock, CPU seconds, and peak memory in 10^6 bytes."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The two costs at one number of workers."""

    workers: int
    floor: Cost
    diff: Cost

    @property
    def times_wall(self) -> float:
        """How many times as long as the floor, on the clock."""
        return self.diff.wall_s / self.floor.wall_s

    @property
    def times_cpu(self) -> float:
        """The same in CPU seconds."""
        return self.diff.cpu_s / self.floor.cpu_s

    @property
    def passes(self) -> bool:
        """Within both limits: time on the clock and memory."""
        return self.times_wall <= MOST_TIMES_FLOOR and self.diff.peak_mb <= MOST_PEAK_MB


def main() -> int:
    given = parsed()
    with tempfile.TemporaryDirectory(prefix="tilewitness-scale-") as made:
        folder = given.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        pair = build_pair(given.data, folder, size=given.size)
        for path in pair:
            warm(path)
        results = []
        for workers in given.workers:
            results.append(compared(pair, Path(made), workers=workers))
            print(row(results[-1]), flush=True)
    if given.json:
        report = {"size": given.size, "runs": [asdict(result) for result in results]}
        report |= {"passes": all(result.passes for result in results)}
        given.json.write_text(json.dumps(report, indent=2) + "\n")
    print(verdict(results))
    return 0 if all(result.passes for result in results) else 1


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="OSCD layout: <city>/S2_L1C_*.tif")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--size", type=int, default=10980, help="pixels on a side")
    parser.add_argument("--workers", type=numbers, default=(1, 2), help="such as 1,2")
    parser.add_argument("--keep", type=Path, help="keep the pair here, and use it again")
    return parser.parse_args()


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def compared(pair: tuple[Path, Path], folder: Path, *, workers: int) -> Comparison:
    """Run the floor, then ``diff``, on the same pair with the same number of workers.

    Raises:
        RuntimeError: one of them failed, or left nothing.
    """
    scenes = [str(path) for path in pair]
    with tempfile.TemporaryDirectory(dir=folder) as out:
        floor = measured([*FLOOR, *scenes, out, "--workers", str(workers)])
    with tempfile.TemporaryDirectory(dir=folder) as out:
        run = Path(out) / "run"
        diff = measured([*DIFF, *scenes, "-o", str(run), "--workers", str(workers)])
        if not is_complete(run):
            raise RuntimeError("diff ended well, but left no complete run folder")
    return Comparison(workers, floor, diff)


def measured(command: list[str]) -> Cost:
    """Run a command to its end and say what it took.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        process = psutil.Process(child.pid)
        peak = 0
        while True:
            peak = max(peak, held(process))
            done, status, usage = os.wait4(child.pid, os.WNOHANG)
            if done:
                break
            time.sleep(SAMPLE_S)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            words = said.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}:\n{words}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak / 1e6)


def held(process: psutil.Process) -> int:
    """Bytes held by a process and its descendants; those that end meanwhile count nothing."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for member in family:
        try:
            total += member.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return total


def warm(path: Path) -> None:
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


def row(result: Comparison) -> str:
    lines = [f"{result.workers} worker{'s' if result.workers > 1 else ''}"]
    for name, cost in (("floor", result.floor), ("diff", result.diff)):
        times = f"{cost.wall_s:8.1f} s wall{cost.cpu_s:9.1f} s CPU"
        lines.append(f"  {name:<6}{times}{cost.peak_mb:8.0f} MB peak")
    lines.append(f"  ratio {result.times_wall:8.2f} x wall{result.times_cpu:9.2f} x CPU")
    return "\n".join(lines)


def verdict(results: list[Comparison]) -> str:
    slowest = max(result.times_wall for result in results)
    biggest = max(result.diff.peak_mb for result in results)
    word = "PASS" if all(result.passes for result in results) else "FAIL"
    return (
        f"{word}: {slowest:.2f} x the floor (at most {MOST_TIMES_FLOOR:.1f}), "
        f"{biggest:.0f} MB (at most {MOST_PEAK_MB:.0f})"
    )


if __name__ == "__main__":
    sys.exit(main())
