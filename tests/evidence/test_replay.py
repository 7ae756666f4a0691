"""A run again from its kept originals, after everything else that it read is gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import KINDS, invoke, run
from platformdirs import user_data_path

from imagery import sources
from imagery.web import Web


@pytest.mark.parametrize("name", KINDS)
def test_a_run_gives_the_same_bytes_again(
    runs: dict[str, Path], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*facts: object, **more: object) -> None:
        pytest.fail("a replay opens no source and no network")

    monkeypatch.setattr(Web, "__init__", nothing)
    monkeypatch.setattr(sources, "open_source", nothing)
    elsewhere = Path(shutil.copytree(runs[name], tmp_path / "another place" / "é"))
    monkeypatch.chdir(tmp_path)
    said = json.loads(run("replay", elsewhere, "--workers", 1, "--chunk", 128, "--json"))
    assert said["differ"] == {}
    assert said["versions"] == []
    products = json.loads((elsewhere / "run.json").read_bytes())["products"]
    pages = {"report.html", "summary.md", "run.qgs"}
    assert {*products, *pages, "run.json", "run.json.sha256"} <= set(said["same"])
    assert [path.name for path in tmp_path.iterdir()] == ["another place"]


def test_a_run_in_a_run_is_replayed_alone(runs: dict[str, Path]) -> None:
    (inner,) = (path.parent for path in runs["verify"].glob("sites/*/*/run.json"))
    assert "same to the last byte: all" in run("replay", inner)


def test_the_second_run_is_kept_and_can_be_replayed(runs: dict[str, Path], tmp_path: Path) -> None:
    run("replay", runs["diff"], "-o", tmp_path / "again")
    assert "same to the last byte: all" in run("replay", tmp_path / "again")
    assert "as the run left them" in run("audit", tmp_path / "again")


def test_what_differs_is_named(copy) -> None:
    folder = copy("diff")
    (folder / "item.json").write_text("{}")
    (folder / "change.png").unlink()
    (folder / "more.txt").write_text("")
    result = invoke("replay", folder)
    assert result.exit_code == 1
    for line in ("item.json differs.", "change.png is missing.", "more.txt is not made again."):
        assert line in result.output


def test_another_version_is_named(copy) -> None:
    folder = copy("diff")
    record = (folder / "run.json").read_text()
    numpy = json.loads(record)["versions"]["numpy"]
    (folder / "run.json").write_text(record.replace(f'"numpy": "{numpy}"', '"numpy": "1.0"'))
    result = invoke("replay", folder)
    assert result.exit_code == 1
    assert f"numpy was 1.0, and is {numpy} here." in result.output


def test_without_its_originals_a_run_is_not_replayed(runs: dict[str, Path], tmp_path: Path) -> None:
    result = invoke("replay", runs["compare"], "--keep", tmp_path / "empty", "-o", tmp_path / "o")
    assert result.exit_code == 2
    assert "--keep" in result.output
    assert not (tmp_path / "o").exists()
    assert "not kept here" in run("audit", runs["compare"], "--keep", tmp_path / "empty")


def test_an_altered_original_is_named_and_not_used(runs: dict[str, Path], tmp_path: Path) -> None:
    kept = Path(shutil.copytree(user_data_path("tilewitness") / "originals", tmp_path / "kept"))
    log = (runs["diff"] / "custody.jsonl").read_text().splitlines()
    digest = next(json.loads(line)["sha256"] for line in log if '"event": "input"' in line)
    tile = kept / digest[:2] / digest
    data = tile.read_bytes()
    tile.chmod(0o644)
    tile.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    result = invoke("replay", runs["diff"], "--keep", kept)
    assert result.exit_code == 2
    assert "was altered" in result.output
    result = invoke("audit", runs["diff"], "--keep", kept)
    assert result.exit_code == 1
    assert digest in result.output


@pytest.mark.parametrize("lost", ["custody.jsonl", None])
def test_what_is_no_run_is_one_sentence(copy, tmp_path: Path, lost: str | None) -> None:
    folder = copy("diff") if lost else tmp_path / "nothing"
    if lost:
        (folder / lost).unlink()
    result = invoke("replay", folder)
    assert result.exit_code == 2
    assert "custody.jsonl" in result.output
