"""The committed SIMULATED radar tiles through ``compare``: what came and went is what is found."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import shape
from typer.testing import CliRunner

from pipelines import cli
from sample_tiles.generate import HERE, committed

Features = list[dict[str, Any]]
CASES = {
    ("as-reported", "hmeimim"): (date(2024, 12, 1), date(2024, 12, 13)),
    ("departed", "hmeimim"): (date(2024, 12, 10), date(2024, 12, 22)),
    ("opposite", "tartus"): (date(2024, 12, 10), date(2024, 12, 22)),
}


def linked(world: str, folder: Path) -> Path:
    """The committed tiles of a world, without what ``--history`` may have written."""
    for job in committed():
        for path, _ in job.paths(HERE):
            if path.relative_to(HERE).parts[0] == world:
                link = folder / path.relative_to(HERE)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    @lru_cache
    def once(world: str, site: str) -> tuple[Features, dict[str, Any], str]:
        folder = tmp_path_factory.mktemp(f"{world}-{site}")
        tiles = linked(world, folder / "tiles")
        before, after = CASES[world, site]
        days = ["--before", str(before), "--after", str(after), "--product", "sentinel-1-rtc"]
        place = ["--imagery", str(tiles), "-o", str(folder / "out")]
        result = CliRunner().invoke(
            cli.app, ["compare", site, *days, *place], catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        record = json.loads((folder / "out" / "run.json").read_text())
        found = json.loads((folder / "out" / "detections.geojson").read_text())["features"]
        return found, record, result.stdout

    return once


def truth(world: str, site: str, day: date, kind: str) -> Features:
    path = HERE / world / site / "truth" / f"S1_{day}.geojson"
    features: Features = json.loads(path.read_text())["features"]
    return [each for each in features if each["properties"]["type"] == kind]


def touching(found: Features, craft: dict[str, Any]) -> Features:
    outline = shape(craft["geometry"])
    return [each for each in found if shape(each["geometry"]).intersects(outline)]


def test_each_an124_appears_for_radar(run: Any) -> None:
    found, record, _ = run("as-reported", "hmeimim")
    crafts = truth("as-reported", "hmeimim", date(2024, 12, 13), "An-124")
    assert len(crafts) == 2
    for craft in crafts:
        (hit,) = touching(found, craft)
        assert hit["properties"]["direction"] == "appeared"
        assert hit["properties"]["zone_id"] == "hmeimim.transport_apron"
    assert record["config"]["method"] == "log_ratio"


def test_launchers_disappear_together_and_a_series_is_asked_for(run: Any) -> None:
    _, record, said = run("departed", "hmeimim")
    past = record["radar"]["past"]
    assert past["used"] is False
    assert "no other passes" in past["sentence"]
    assert "compared alone" in said
    assert "SIMULATED" in said


def test_the_frigate_that_left_disappeared_and_the_ship_that_moored_appeared(run: Any) -> None:
    found, _, _ = run("opposite", "tartus")
    before, after = (
        truth("opposite", "tartus", day, "frigate") for day in CASES["opposite", "tartus"]
    )
    near = [shape(each["geometry"]).buffer(0.0005) for each in after]
    (left,) = [f for f in before if not any(shape(f["geometry"]).intersects(n) for n in near)]
    (hit,) = touching(found, left)
    assert hit["properties"]["direction"] == "disappeared"
    (ship,) = truth("opposite", "tartus", CASES["opposite", "tartus"][1], "landing ship")
    assert any(h["properties"]["direction"] == "appeared" for h in touching(found, ship))
    for stayed in after:
        assert touching(found, stayed) == []


def test_two_tracks_are_not_compared(tmp_path: Path) -> None:
    tiles = linked("departed", tmp_path / "tiles")
    links = linked("as-reported", tmp_path / "more") / "as-reported" / "hmeimim"
    for path in links.glob("*S1_RTC_2024-12-13*"):
        (tiles / path.name).symlink_to(path.resolve())
    days = ["--before", "2024-12-10", "--after", "2024-12-13", "--product", "sentinel-1-rtc"]
    arguments = ["compare", "hmeimim", *days, "--imagery", str(tiles), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 2
    assert "relative orbits 21 descending and 14 ascending" in result.output
    assert not (tmp_path / "out").exists()
