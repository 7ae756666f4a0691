"""What watches the fuzzed commands sees what it is there to see."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzzing import mutate, tiffs
from benchmarks.fuzzing.guard import Bait, Guard, peak_of_block

ROOT = Path(__file__).parents[2]


@pytest.fixture
def watch(tmp_path: Path) -> Guard:
    for name in ("home", "code", "elsewhere"):
        (tmp_path / name).mkdir()
    found = Guard(str(tmp_path / "home"), (str(tmp_path / "code"),), port=80)
    found.active = True
    return found


def test_files_inside_may_be_read_and_written(watch: Guard, tmp_path: Path) -> None:
    watch("open", (str(tmp_path / "home" / "a"), "w", 0))
    watch("open", (str(tmp_path / "code" / "a"), "r", 0))
    watch("open", (3, "w", 0))
    (tmp_path / "home" / "link").symlink_to(tmp_path / "elsewhere")
    watch("open", (str(tmp_path / "home" / "link"), None, os.O_RDONLY | os.O_NOFOLLOW))
    watch("socket.connect", (None, ("127.0.0.1", 80)))
    assert watch.noted == []


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("open", ("{}/elsewhere/a", "r", 0)),
        ("open", ("{}/home/../elsewhere/a", "r", 0)),
        ("open", ("{}/home/link/a", "r", 0)),
        ("open", ("{}/code/a", "w", 0)),
        ("open", ("{}/homely", "r", 0)),
        ("os.mkdir", ("{}/elsewhere/b", 0o777, -1)),
        ("os.rename", ("{}/home/a", "{}/elsewhere/a", -1, -1)),
        ("os.listdir", ("{}/elsewhere",)),
        ("sqlite3.connect", ("{}/elsewhere/a",)),
        ("socket.connect", (None, ("127.0.0.1", 81))),
        ("socket.connect", (None, ("10.0.0.1", 80))),
        ("subprocess.Popen", ("sh", ["sh"], None, None)),
    ],
)
def test_what_is_outside_is_noted_and_stopped(watch: Guard, tmp_path: Path, event, args) -> None:
    (tmp_path / "home" / "link").symlink_to(tmp_path / "elsewhere")
    told = tuple(each.format(tmp_path) if isinstance(each, str) else each for each in args)
    with pytest.raises(OSError, match="stopped by the fuzzer"):
        watch(event, told)
    assert len(watch.noted) == 1


def test_bait_is_seen_to_be_taken_by_what_is_not_python(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a")
    bait = Bait(tmp_path)
    assert bait.taken() == []
    subprocess.run(["cat", str(tmp_path / "secret.txt")], check=True, capture_output=True)
    assert any("secret.txt" in each for each in bait.taken())
    with socket.create_connection(("127.0.0.1", bait.port)):
        assert bait.taken() == ["connected to a server that nobody named"]
    assert bait.taken() == []
    bait.close()


def test_the_peak_of_a_block_is_its_own() -> None:
    with peak_of_block() as large:
        assert len(b"x" * 2**28)
    with peak_of_block() as small:
        pass
    assert large[0] - small[0] > 200


def test_the_same_seed_makes_the_same_input() -> None:
    bait = mutate.Bait("/nowhere", 9)
    said = {"a": [1, {"b": "c"}], "d": None}
    made = [mutate.json_changed(said, Random(7), bait) for _ in range(2)]
    assert made[0] == made[1]
    data = tiffs.declared(64, 64, 1, 0)
    changed = [tiffs.tiff_changed(data, Random(7), bait) for _ in range(2)]
    assert changed[0] == changed[1] != data


def test_changed_json_is_mostly_json() -> None:
    bait = mutate.Bait("/nowhere", 9)
    read = 0
    for seed in range(200):
        data = mutate.json_changed({"a": [1, {"b": "c"}]}, Random(seed), bait)
        try:
            json.loads(data)
        except (ValueError, RecursionError):
            continue
        read += 1
    assert 100 < read < 200


def test_an_unknown_kind_is_refused() -> None:
    words = [sys.executable, "-m", "benchmarks.fuzz", "--of", "geotif"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert "known: geotiff, geojson" in done.stderr
