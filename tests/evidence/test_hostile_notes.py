"""Notes of a run that somebody else has made to fit: what was asked for, and its originals."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from conftest import invoke
from platformdirs import user_data_path

from imagery.catalogs import KEPT
from imagery.custody import CUSTODY, append
from imagery.keep import Keep
from imagery.run_folder import RECORD


def assets(said: dict[str, Any]) -> list[dict[str, Any]]:
    answers = said["answers"]["answers"].values()
    return [each for one in answers if "item" in one for each in one["item"]["assets"].values()]


def elsewhere(said: dict[str, Any]) -> None:
    for each in assets(said):
        each[KEPT]["sha256"] = "../../../outside"


def above(said: dict[str, Any]) -> None:
    for each in assets(said):
        each[KEPT]["name"] = ".."


def other_pieces(said: dict[str, Any]) -> None:
    for each in assets(said):
        each[KEPT]["pieces"][0][2] = "../../etc/passwd"


def no_outline(said: dict[str, Any]) -> None:
    said["site"]["zones"][0]["geometry"]["coordinates"] = [[[1, [2]]]]


def no_time(said: dict[str, Any]) -> None:
    said["periods"][0][0] = "2024-12-10"


def other_error(said: dict[str, Any]) -> None:
    for name, one in said["answers"]["answers"].items():
        if "item" in one:
            said["answers"]["answers"][name] = {"error": ["math", "2"]}


def no_item(said: dict[str, Any]) -> None:
    for one in said["answers"]["answers"].values():
        for item in (one.get("item", {}), *one.get("items", ())):
            item["geometry"] = {"type": "Polygon", "coordinates": [[["a"]]]}


@pytest.fixture
def sealed(copy: Callable[[str], Path]) -> Callable[[bytes], Path]:
    """A run whose log names other notes, and fits."""

    def made(notes: bytes, digest: object = None) -> Path:
        folder = copy("compare")
        kept = Keep(user_data_path("tilewitness") / "originals").put_bytes(notes)
        first, *rest = (json.loads(line) for line in (folder / CUSTODY).read_text().splitlines())
        (folder / CUSTODY).unlink()
        told = [
            {**each, "prev": ""}
            for each in (first | {"asked": kept if digest is None else digest}, *rest[:-1])
        ]
        record = hashlib.sha256((folder / RECORD).read_bytes()).hexdigest()
        append(folder, *told, record=record)
        return folder

    return made


def notes(run: Path) -> dict[str, Any]:
    first = json.loads((run / CUSTODY).read_text().splitlines()[0])
    keep = Keep(user_data_path("tilewitness") / "originals")
    said: dict[str, Any] = json.loads(
        gzip.decompress(keep.get(first["asked"], name="asked").read_bytes())
    )
    return said


@pytest.mark.parametrize(
    "change", [elsewhere, above, other_pieces, no_outline, no_time, other_error, no_item]
)
def test_altered_notes_lead_nowhere(
    sealed: Callable[[bytes], Path], runs: dict[str, Path], change: Callable[[Any], None]
) -> None:
    said = notes(runs["compare"])
    change(said)
    folder = sealed(gzip.compress(json.dumps(said).encode()))
    result = invoke("replay", folder)
    assert result.exit_code == 2, result.output
    assert "what the run was asked for" in result.output or "altered" in result.output
    assert invoke("audit", folder).exit_code in (0, 1)


def _told(result: Result, fault: str) -> tuple[str, int]:
    """The sentence where it was printed, and the exit code."""
    return fault if fault in result.output else result.output, result.exit_code


@pytest.mark.parametrize(
    "data", [b"", b"no gzip", gzip.compress(b"[" * 9999), gzip.compress(b"{}")[:-9]]
)
def test_what_is_no_notes_is_one_sentence(sealed: Callable[[bytes], Path], data: bytes) -> None:
    folder = sealed(data)
    fault = "Could not read what the run was asked for: it is no JSON in gzip"
    assert (fault, 2) == _told(invoke("replay", folder), fault)
    assert (fault, 1) == _told(invoke("audit", folder), fault)


@pytest.mark.parametrize("digest", ["../../outside", "", "A" * 64, 7])
def test_notes_are_named_by_their_hash(
    sealed: Callable[..., Path],
    digest: object,
) -> None:
    folder = sealed(b"", digest=digest)
    assert invoke("replay", folder).exit_code == 2
    result = invoke("audit", folder)
    assert result.exit_code == 1
    assert "no SHA-256" in result.output


def test_a_bomb_is_not_unpacked(sealed: Callable[[bytes], Path]) -> None:
    bomb = gzip.compress(b" " * 10**6, 9) * 100
    result = invoke("replay", sealed(bomb))
    assert result.exit_code == 2
    assert "a very large one" in result.output
