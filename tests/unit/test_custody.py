from __future__ import annotations

import json
import random
import subprocess

import pytest

from imagery import custody

EVENTS = [{"event": "run", "host": "a-host"}, {"event": "input", "path": "é.tif"}, {"event": "end"}]


@pytest.fixture
def log(tmp_path):
    custody.append(tmp_path, *EVENTS)
    return tmp_path / custody.CUSTODY


def test_each_line_holds_the_hash_of_the_line_before(log):
    first, second, _ = log.read_bytes().splitlines()
    assert json.loads(first)["prev"] == custody.GENESIS
    said = {key: value for key, value in json.loads(second).items() if key != "prev"}
    assert said == EVENTS[1]
    assert custody.holds(log.parent)
    subprocess.run(["sha256sum", "-c", custody.CUSTODY_SEAL], cwd=log.parent, check=True)


def test_lines_added_later_go_on_with_the_chain(log, tmp_path):
    custody.append(log.parent, {"event": "time stamp"})
    assert custody.holds(log.parent)
    together = tmp_path / "together"
    together.mkdir()
    custody.append(together, *EVENTS, {"event": "time stamp"})
    assert (together / custody.CUSTODY).read_bytes() == log.read_bytes()


def test_every_flipped_bit_is_found(log):
    data = log.read_bytes()
    rng = random.Random(1)
    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1 << rng.randrange(8)
        log.write_bytes(altered)
        assert not custody.holds(log.parent), place


@pytest.mark.parametrize("drop", [0, 1, 2])
def test_a_line_that_is_gone_is_found(log, drop):
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:drop] + lines[drop + 1 :]))
    assert not custody.holds(log.parent)


def test_a_line_that_is_not_as_written_holds_nothing(log):
    data = log.read_bytes()
    for other in (data.replace(b'": "', b'":  "', 1), data[:-1], b"", b"[]\n", b"\xff\n"):
        assert None in list(custody.events(other))
