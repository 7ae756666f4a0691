"""An extractor that is plugged in is checked like a person's edits."""

from __future__ import annotations

import json
import sys

import pytest

from imagery.errors import InputError, UnreadableFile
from pipelines.claims import extract
from pipelines.claims.command import extract_with, read_answer

TEXT = "Two tugs lay at the pier of Tartus on 3 May 2024. “Nothing else,” said Rana."


def records() -> list[dict[str, object]]:
    return [claim.as_dict() for claim in extract(TEXT)]


def program(body: str) -> list[str]:
    return [sys.executable, "-c", body]


def test_a_command_may_stand_in_for_the_extractor() -> None:
    answer = json.dumps({"claims": records()})
    body = (
        "import sys\nassert sys.stdin.buffer.read().decode() == "
        f"{TEXT!r}\nsys.stdout.write({answer!r})"
    )
    assert extract_with(program(body), TEXT) == extract(TEXT)


def test_offsets_must_cut_the_quote() -> None:
    changed = records()
    changed[0]["start"] = int(str(changed[0]["start"])) + 1
    changed[0]["end"] = int(str(changed[0]["end"])) + 1
    with pytest.raises(InputError, match="which is what its offsets cut"):
        read_answer(json.dumps(changed).encode(), TEXT, name="mine")


def test_an_id_stands_once() -> None:
    twice = [records()[0], records()[0]]
    with pytest.raises(InputError, match="each id once"):
        read_answer(json.dumps(twice).encode(), TEXT, name="mine")


@pytest.mark.parametrize("answer", [b"I found two claims.", b"3", b'{"claims": 1}', b"\xff"])
def test_an_answer_that_is_no_list_is_refused(answer: bytes) -> None:
    with pytest.raises(UnreadableFile, match="claims"):
        read_answer(answer, TEXT, name="mine")


def test_unknown_fields_are_refused() -> None:
    changed = [{**records()[0], "confidence": 0.9}]
    with pytest.raises(InputError, match="confidence"):
        read_answer(json.dumps(changed).encode(), TEXT, name="mine")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["/no/such/program"], "no such file"),
        (program("raise SystemExit('out of memory')"), "out of memory"),
        (program("print('{')"), "not JSON"),
    ],
)
def test_a_command_that_fails_is_one_sentence(argv: list[str], said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        extract_with(argv, TEXT)


def test_a_command_that_hangs_is_ended() -> None:
    with pytest.raises(UnreadableFile, match=r"more than 0\.2 s"):
        extract_with(program("import time; time.sleep(30)"), TEXT, timeout_s=0.2)


def test_half_a_character_is_refused_before_the_command_runs() -> None:
    with pytest.raises(InputError, match=r"U\+D800"):
        extract_with(["/no/such/program"], "Two ships \ud800")


def test_no_command_is_no_extractor() -> None:
    with pytest.raises(InputError, match="a program"):
        extract_with([], TEXT)
