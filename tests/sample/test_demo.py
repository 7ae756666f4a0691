"""The SIMULATED tiles of both sites through ``compare``: what the story says is what is found."""

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

AFTER, BEFORE = date(2024, 12, 13), date(2024, 12, 10)
Features = list[dict[str, Any]]


@lru_cache
def committed_tiles(world: str) -> tuple[Path, ...]:
    """The December tiles of a world, without the history that ``make demo`` may have written."""
    return tuple(
        path
        for job in committed()
        for path, _ in job.paths(HERE)
        if path.suffix == ".tif" and path.relative_to(HERE).parts[0] == world
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    @lru_cache
    def once(site: str, world: str) -> tuple[Features, dict[str, Any]]:
        folder = tmp_path_factory.mktemp(f"{site}-{world}")
        for tile in committed_tiles(world):
            link = folder / "tiles" / tile.relative_to(HERE)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(tile)
        days = ["--before", str(BEFORE), "--after", str(AFTER)]
        place = ["--imagery", str(folder / "tiles"), "-o", str(folder / "out")]
        result = CliRunner().invoke(
            cli.app, ["compare", site, *days, *place], catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        assert "SIMULATED" in result.stdout
        record = json.loads((folder / "out" / "run.json").read_text())
        found = json.loads((folder / "out" / "detections.geojson").read_text())
        assert found["simulated"] is True
        return found["features"], record

    return once


def truth(site: str, world: str, day: date, kind: str) -> Features:
    path = HERE / world / site / "truth" / f"{day}.geojson"
    features: Features = json.loads(path.read_text())["features"]
    return [each for each in features if each["properties"]["type"] == kind]


def touching(found: Features, craft: dict[str, Any]) -> Features:
    outline = shape(craft["geometry"])
    return [each for each in found if shape(each["geometry"]).intersects(outline)]


def test_each_an124_has_appeared(run: Any) -> None:
    found, record = run("hmeimim", "as-reported")
    crafts = truth("hmeimim", "as-reported", AFTER, "An-124")
    assert len(crafts) == 2
    hits = [touching(found, craft) for craft in crafts]
    assert [len(hit) for hit in hits] == [1, 1]
    assert hits[0] != hits[1]
    assert {hit["properties"]["class"] for (hit,) in hits} == {"large aircraft"}
    for (hit,) in hits:
        assert hit["properties"]["direction"] == "appeared"
        assert hit["properties"]["zone_id"] == "hmeimim.transport_apron"
        assert hit["properties"]["site_id"] == "hmeimim"
        # An An-124 is 69 m long and 73 m wide; smoothing widens what a 10 m pixel shows of it.
        assert 60 < hit["properties"]["length_m"] < 140
    assert record["state"] == "compared"
    assert record["site"]["id"] == "hmeimim"


def test_without_an124_nothing_that_size_is_on_the_transport_apron(run: Any) -> None:
    assert truth("hmeimim", "opposite", AFTER, "An-124") == []
    found, _ = run("hmeimim", "opposite")
    apron = [each for each in found if each["properties"]["zone_id"] == "hmeimim.transport_apron"]
    assert [each for each in apron if each["properties"]["length_m"] > 60] == []


def test_both_frigates_are_still_there(run: Any) -> None:
    found, _ = run("tartus", "as-reported")
    for day in (BEFORE, AFTER):
        crafts = truth("tartus", "as-reported", day, "frigate")
        assert len(crafts) == 2
        assert [touching(found, craft) for craft in crafts] == [[], []]


def test_one_frigate_has_left_and_a_landing_ship_lies_at_the_pier(run: Any) -> None:
    found, _ = run("tartus", "opposite")
    there = truth("tartus", "opposite", AFTER, "frigate")
    assert len(there) == 1
    before = truth("tartus", "opposite", BEFORE, "frigate")
    (stayed,) = [
        craft
        for craft in before
        if shape(craft["geometry"]).distance(shape(there[0]["geometry"])) < 1e-3
    ]
    (left,) = [craft for craft in before if craft is not stayed]
    (hit,) = touching(found, left)
    assert hit["properties"]["direction"] == "disappeared"
    assert hit["properties"]["zone_id"] == "tartus.roadstead"
    assert touching(found, stayed) == []
    (ship,) = truth("tartus", "opposite", AFTER, "landing ship")
    (new,) = touching(found, ship)
    assert new["properties"]["direction"] == "appeared"
    assert new["properties"]["zone_id"] == "tartus.piers"
