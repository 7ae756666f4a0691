"""Runs on the committed SIMULATED tiles, made once: two files, a site, two statements."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipelines import cli
from sample_tiles.generate import HERE, committed

DAYS = ("2024-12-10", "2024-12-13")
CLAIM = {
    "site_id": "hmeimim",
    "predicate": "present",
    "date": {"start": DAYS[1], "end": DAYS[1]},
}
CLAIMS = [
    {"id": "A1", "object_class": "large_aircraft", "object_text": "An-124", **CLAIM},
    {"id": "A2", "object_class": "helicopter", "object_text": "Ka-52", **CLAIM},
]

WATCHLIST = """
store = "store"
[defaults]
imagery = "{tiles}"
history = 0
[[site]]
site = "hmeimim"
rule = "dates"
before = "2024-12-10"
after = "2024-12-13"
[[site]]
rule = "claims"
article = "claims.json"
"""
KINDS = ("diff", "compare", "verify", "batch hmeimim", "batch claims")


def invoke(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def run(*words: object) -> str:
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="session")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The December tiles of Hmeimim: no history."""
    folder = tmp_path_factory.mktemp("tiles")
    for job in committed():
        for path, _ in job.paths(HERE):
            inside = path.relative_to(HERE)
            here = inside.parts[:2] == ("as-reported", "hmeimim") and "S2" in path.name
            if here and path.suffix == ".tif":
                shutil.copy(path, folder / path.name)
    return folder


@pytest.fixture(scope="session")
def runs(tiles: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of each of ``KINDS``; then the tiles it was made from are deleted."""
    folder = tmp_path_factory.mktemp("runs")
    before, after = (next(tiles.glob(f"*{day}.tif")) for day in DAYS)
    run("diff", before, after, "-o", folder / "diff")
    compared = ("--before", DAYS[0], "--after", DAYS[1], "--history", 0, "--imagery", tiles)
    run("compare", "hmeimim", *compared, "-o", folder / "compare")
    (folder / "claims.json").write_text(json.dumps({"claims": CLAIMS}))
    run("verify", folder / "claims.json", "--imagery", tiles, "-o", folder / "verify")
    (folder / "list.toml").write_text(WATCHLIST.format(tiles=tiles))
    run("batch", folder / "list.toml")
    shutil.rmtree(tiles)
    made = {name: folder / name for name in KINDS[:3]}
    for name in ("hmeimim", "claims"):
        (made[f"batch {name}"],) = (folder / "store" / name).glob("2*")
    return made


@pytest.fixture
def copy(runs: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """A run of one's own, to be altered."""

    def copied(name: str) -> Path:
        return Path(shutil.copytree(runs[name], tmp_path / "copied"))

    return copied


def edited(path: Path, change: Callable[[Any], None]) -> None:
    said = json.loads(path.read_bytes())
    change(said)
    path.write_text(json.dumps(said, sort_keys=True, indent=2, ensure_ascii=False) + "\n")
