"""The commands as a user calls them, and what they must leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from typer.testing import CliRunner, Result

from pipelines.cli import app

DAYS = ("2024-12-10", "2024-12-13")
BEFORE_AFTER = ("--before", DAYS[0], "--after", DAYS[1])
WHOLE = ("diff.tif", "classes.tif")
PRODUCTS = (*WHOLE, "detections.geojson")
NOTHING: Mapping[str, str] = MappingProxyType({})


def invoke(*arguments: str | Path, env: Mapping[str, str] = NOTHING) -> Result:
    """A command in this process; what is no sentence for the user is raised."""
    words = [str(each) for each in arguments]
    return CliRunner().invoke(app, words, catch_exceptions=False, env=dict(env))


def run(*arguments: str | Path, code: int = 0, env: Mapping[str, str] = NOTHING) -> str:
    result = invoke(*arguments, env=env)
    assert result.exit_code == code, result.output
    return result.output


def arguments(source: str | Path, out: Path, *more: str | Path) -> tuple[str | Path, ...]:
    """Of ``compare`` at the two days of the sample tiles."""
    return ("compare", "hmeimim", *BEFORE_AFTER, "--imagery", source, "-o", out, "--json", *more)


def compare(source: str | Path, out: Path, *more: str | Path, code: int = 0) -> str:
    return run(*arguments(source, out, *more), code=code)


def same(one: Path, other: Path) -> None:
    for name in WHOLE:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def refused(result: Result, sentence: str, out: Path) -> None:
    """One sentence for the user, exit 2, and nothing that looks like a result."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("tilewitness: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert sentence in result.stderr, result.stderr
    assert not out.exists()


def started(*words: str | Path) -> subprocess.Popen[str]:
    """A command as a process of its own."""
    call = [sys.executable, "-c", "from pipelines.cli import main; main()", *map(str, words)]
    return subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )


def killed(process: subprocess.Popen[str]) -> None:
    """As the kernel kills: no handler runs."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
