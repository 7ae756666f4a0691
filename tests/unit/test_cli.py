"""What a user may get wrong before any pixel is read: one sentence, exit 2, nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from imagery.model import Period
from pipelines import cli, cli_options, cli_text

DAYS = ["--before", "2024-12-10", "--after", "2024-12-13"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, list(words))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["diff", "a.tif", "b.tif", "-o", "x", "--method", "rvca"], "method is 'rvca'"),
        (["diff", "a.tif", "b.tif", "-o", "x", "--chunk", "1"], "chunk is 1"),
        (["diff", "a.tif", "b.tif", "-o", "x", "--workers", "0"], "workers is 0"),
        (["diff", "a.tif", "b.tif", "-o", "x", "--config", "no.toml"], "Could not read no.toml"),
        (["compare", "hmeimin", *DAYS, "--imagery", "."], "(nearest: hmeimim)"),
        (["compare", "no.geojson", *DAYS, "--imagery", "."], "Could not read no.geojson"),
        (
            ["compare", "tartus", *DAYS[:2], "--after", "13/12/2024", "--imagery", "."],
            "date is '13/12/2024'",
        ),
        (
            ["scenes", "tartus", "--from", "2024-12-13", "--to", "2024-12-10", "--imagery", "."],
            "the earlier day first",
        ),
        (["sites", "tartos"], "(nearest: tartus)"),
    ],
)
def test_a_mistake_is_one_sentence(words: list[str], sentence: str, tmp_path: Path) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("tilewitness: ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["diff", "a.tif", "b.tif"],
        ["diff", "a.tif"],
        ["diff", "a.tif", "b.tif", "-o", "x", "--chunk", "big"],
        ["compare", "tartus"],
        ["scenes", "tartus"],
        ["diference"],
        ["sites", "--jsn"],
    ],
)
def test_a_wrong_command_line_is_exit_2(words: list[str]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_command_the_help_is_shown() -> None:
    assert "doctor" in run().output


def test_sites_lists_the_registry() -> None:
    result = run("sites")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["id", "hmeimim", "tartus"]


def test_a_site_says_how_far_its_outlines_may_be_off() -> None:
    lines = run("sites", "hmeimim").stdout.splitlines()
    apron = next(line for line in lines if line.startswith("hmeimim.apron "))
    assert "approximate" in apron
    assert "not checked against imagery" in apron


def test_a_site_as_json_has_outlines() -> None:
    (site,) = json.loads(run("sites", "tartus", "--json").stdout)
    assert site["id"] == "tartus"
    zone = next(zone for zone in site["zones"] if zone["id"] == "tartus.roadstead")
    assert zone["geometry"]["type"] == "Polygon"
    assert zone["uncertainty_m"] >= 150


def test_the_demo_needs_its_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_options, "DEMO_WORLD", Path("no", "such", "world"))
    monkeypatch.setattr(cli_text, "DEMO_WORLD", Path("no", "such", "world"))
    result = run("demo")
    assert result.exit_code == 2
    assert "no/such/world" in result.stderr


def test_samples_are_found_from_the_working_folder_first(tmp_path: Path) -> None:
    (tmp_path / cli_options.DEMO_WORLD).mkdir(parents=True)
    assert cli_options.samples() == cli_options.DEMO_WORLD


def test_samples_are_found_beside_the_package() -> None:
    found = cli_options.samples()
    assert found is not None
    assert found.is_absolute()


def test_a_run_is_named_after_the_first_days() -> None:
    before, after = Period.parse("2024-12-01/2024-12-10"), Period.parse("2024-12-13")
    assert cli.run_name("tartus", before, after) == "tartus_20241201_20241213"


def test_doctor_finds_this_machine_fit() -> None:
    result = run("doctor", "--json")
    findings = {found["what"]: found for found in json.loads(result.stdout)}
    assert result.exit_code == 0
    assert findings["proj"]["state"] == "ok"
    assert findings["drivers"]["state"] == "ok"


def test_a_bug_is_not_dressed_as_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(cli, "samples", broken)
    result = run("doctor")
    assert result.exit_code == 1
    assert isinstance(result.exception, RuntimeError)
