"""Help is quick, complete, and the same as what the README says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from pipelines.cli import app

GROUP = get_command(app)
README = Path(__file__).parents[2] / "README.md"
COMMANDS = list(GROUP.commands)
HEAVY = ["dask", "distributed", "numba", "numpy", "odc", "rasterio", "scipy", "shapely", "xarray"]
ASK = """
import sys
from pipelines.cli import main
sys.argv = ["tilewitness", *sys.argv[1:], "--help"]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print(*sys.modules, file=sys.stderr)
"""


def options(command: str) -> set[str]:
    return {name for param in GROUP.commands[command].params for name in param.opts if "-" in name}


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_imports_nothing_heavy(command: str | None) -> None:
    words = [] if command is None else [command]
    run = subprocess.run(
        [sys.executable, "-c", ASK, *words], capture_output=True, text=True, check=True
    )
    loaded = set(run.stderr.split())
    assert "pipelines.cli" in loaded
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"tilewitness {command}" in README.read_text()


def test_there_are_commands() -> None:
    assert {"diff", "compare", "scenes", "sites", "demo", "doctor"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_parameter_has_help(command: str) -> None:
    found = GROUP.commands[command]
    assert found.help
    assert [param.name for param in found.params if not param.help] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_print_json(command: str) -> None:
    assert "--json" in options(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_in_the_readme(command: str) -> None:
    text = README.read_text()
    assert {name for name in options(command) if f"`{name}`" not in text} == set()


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith("tilewitness 0.")
