from __future__ import annotations

import json
import random

import pytest

from imagery import custody

EVENTS = [{"event": "run", "host": "a-host"}, {"event": "input", "path": "é.tif"}]
RECORD = "5" * 64


def whole(log):
    return custody.broken(log.read_bytes(), record=RECORD) is None


@pytest.fixture
def log(tmp_path):
    custody.append(tmp_path, *EVENTS, record=RECORD)
    return tmp_path / custody.CUSTODY


def test_each_line_holds_the_hash_of_the_line_before(log):
    first, second, _ = log.read_bytes().splitlines()
    assert json.loads(first)["prev"] == custody.GENESIS
    said = {key: value for key, value in json.loads(second).items() if key != "prev"}
    assert said == EVENTS[1]
    assert whole(log)


def test_lines_added_later_go_on_with_the_chain(log):
    before = log.read_bytes()
    custody.append(log.parent, {"event": "time stamp"}, record=RECORD)
    assert whole(log)
    assert log.read_bytes().startswith(before)
    assert [e["event"] for e in custody.events(log.read_bytes())][-2:] == ["time stamp", "sealed"]


def test_every_flipped_bit_is_found(log):
    data = log.read_bytes()
    rng = random.Random(1)
    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1 << rng.randrange(8)
        assert custody.broken(bytes(altered), record=RECORD) is not None, place


@pytest.mark.parametrize("drop", [0, 1, 2])
def test_a_line_that_is_gone_is_found(log, drop):
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:drop] + lines[drop + 1 :]))
    assert not whole(log)


def test_a_line_that_is_not_as_written_holds_nothing(log):
    data = log.read_bytes()
    for other in (data.replace(b'": "', b'":  "', 1), data[:-1], b"", b"[]\n", b"\xff\n"):
        assert None in list(custody.events(other))
