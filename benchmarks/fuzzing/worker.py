"""One watched process: makes mutated inputs, runs the command line on each, and tells what it saw.

It reads jobs, a JSON object a line, on its standard input and answers each with a line.
"""

from __future__ import annotations

import faulthandler
import functools
import json
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from benchmarks.fuzzing import base, guard, kinds
from benchmarks.fuzzing.mutate import MARKUP, SECRET, Bait

LIMIT_MB = 1536
"""Largest resident memory of a process, the program itself and its libraries included."""

ADDRESSES_MB = 3072
"""Further address space: libraries reserve more than they use."""

HANG_S = 10.0

SECRETS = (
    "TILEWITNESS_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "CDSE_S3_ACCESS_KEY",
    "CDSE_S3_SECRET_KEY",
)


def main() -> None:
    """Answer jobs until there are no more."""
    scratch, number = Path(sys.argv[1]), sys.argv[2]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    home, outside = (scratch / f"worker{number}" / name for name in ("home", "outside"))
    home.mkdir(parents=True, exist_ok=True)
    _settle(home)
    base.outside(outside)
    bait = guard.Bait(outside)
    world = kinds.World(scratch / "base", Bait(str(outside), bait.port))
    compiled = os.environ["NUMBA_CACHE_DIR"]
    watch = guard.Guard(str(home), guard.installed(), (compiled,))
    guard.answer_names()
    runner = _warm(world, home)
    watch.port = world.port
    sys.addaudithook(watch)
    guard.limit_memory(ADDRESSES_MB << 20)
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin:
        job = json.loads(line)
        told = _one(job, runner, world=world, home=home, watch=watch, bait=bait)
        answers.write(json.dumps(told) + "\n")
        answers.flush()


def _settle(home: Path) -> None:
    """A home of its own, secrets in the environment, no patience, certificates read once."""
    import httpx
    import stamina

    httpx.create_ssl_context = functools.cache(httpx.create_ssl_context)

    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR"):
        os.environ[name] = str(home)
    tempfile.tempdir = str(home)
    for name in SECRETS:
        os.environ[name] = SECRET
    stamina.set_testing(True, attempts=2)


def _warm(world: kinds.World, home: Path) -> Any:
    """Run each command once on sound input, so that no input pays for imports."""
    from typer.testing import CliRunner

    from pipelines import cli

    def run(words: list[str]) -> Any:
        return CliRunner().invoke(cli.app, words)

    for kind in kinds.KINDS:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        os.chdir(home)
        for words in world.sound(kind, home):
            done = run(words)
            if done.exit_code:
                raise SystemExit(
                    f"{kind}: {words} on sound input: {done.output} {done.exception!r}"
                )
    return run


def _one(
    job: dict[str, Any],
    run: Any,
    *,
    world: kinds.World,
    home: Path,
    watch: guard.Guard,
    bait: guard.Bait,
) -> dict[str, Any]:
    """Make one input, run it, and judge what happened."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    os.chdir(home)
    made = world.mutated(job["kind"], home, random.Random(job["seed"]))
    before = {path for path in home.rglob("*") if path.is_file()}
    bait.taken()
    watch.noted.clear()
    faulthandler.dump_traceback_later(0.95 * HANG_S, file=sys.stderr)
    began = time.monotonic()
    with guard.peak_of_block() as peak:
        watch.active = True
        try:
            done = run(made.words)
        finally:
            watch.active = False
    seconds = time.monotonic() - began
    faulthandler.cancel_dump_traceback_later()
    world.quiet()
    escapes = [each for each in (*watch.noted, *bait.taken()) if not made.excuses(each)]
    faults = _faults(done, made, escapes, peak=peak[0], seconds=seconds)
    for path in home.rglob("*"):
        if path.is_file() and path not in before:
            faults += _leaks(str(path.relative_to(home)), path.read_bytes(), made)
    if faults and job.get("keep"):
        _keep(Path(job["keep"]), job, home, made, faults, done)
    return {
        "exit": done.exit_code,
        "seconds": seconds,
        "peak": peak[0],
        "faults": faults,
        "said": done.stderr.strip()[-300:],
        "where": _where(done),
    }


def _faults(
    done: Any, made: kinds.Made, escapes: list[str], *, peak: float, seconds: float
) -> list[str]:
    faults = [f"escape: {each}" for each in escapes]
    error = done.exception
    if error is not None and not isinstance(error, SystemExit):
        faults.append(f"traceback: {type(error).__name__}: {error!s:.200}")
    elif done.exit_code == 2:
        if not done.stderr.startswith("tilewitness: "):
            faults.append(f"unclear: {done.stderr[:200]!r}")
        if len(done.stderr) > made.longest:
            faults.append(f"unclear: {len(done.stderr)} characters")
    elif done.exit_code not in (0, *made.codes):
        faults.append(f"exit {done.exit_code}: {done.output[-200:]!r}")
    if seconds > HANG_S:
        faults.append(f"hang: {seconds:.1f} s")
    if peak > LIMIT_MB:
        faults.append(f"memory: {peak:.0f} MB")
    return faults + _leaks("output", done.output.encode("utf-8", "replace"), made)


def _leaks(name: str, data: bytes, made: kinds.Made) -> list[str]:
    """A secret anywhere, markup in a page, marks that drive a terminal in an output."""
    # The store keeps what an archive answered byte by byte, with whatever it signed.
    private = (SECRET,) if name.startswith("cache/") else made.private
    found = [f"secret: in {name}" for each in private if each.encode() in data]
    if name.endswith((".html", ".md", ".svg")) and MARKUP.encode() in data:
        found.append(f"markup: in {name}")
    if name == "output" and any(byte in data for byte in b"\x1b\x07\x00\r\x08"):
        found.append("terminal: control characters in the output")
    return found


def _where(done: Any) -> str:
    if done.exception is None or isinstance(done.exception, SystemExit):
        return ""
    return "".join(traceback.format_exception(done.exception))[-3000:]


def _keep(
    folder: Path, job: dict[str, Any], home: Path, made: kinds.Made, faults: list[str], done: Any
) -> None:
    there = folder / f"{job['kind']}-{job['number']}"
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(home, there, symlinks=True)
    said = [" ".join(map(repr, made.words)), *faults, done.output[-2000:], _where(done)]
    (there / "FAULT.txt").write_text("\n".join(said), encoding="utf-8", errors="replace")


if __name__ == "__main__":
    main()
