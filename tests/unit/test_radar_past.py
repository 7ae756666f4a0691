"""Radar passes beside a comparison: a group that leaves, ships, dated changes, what is left out."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from radar_scenes import FIRST, REPEAT, SAM, SHAPE, corners, ground, speckled, write_s1
from rasterio.warp import transform
from small_tiffs import UTM
from typer.testing import CliRunner

from imagery import pairs
from imagery.detectors import radar_trials
from imagery.errors import GridError, InputError, UntrustedError
from imagery.model import Period
from imagery.sites import load_site
from imagery.sources import FolderSource
from pipelines import cli, radar_past
from pipelines.compare import compare
from pipelines.config import Options
from pipelines.terminal import Silent

BEFORE, AFTER = 9, 3
ZONES = {"sam": ("air_defence", 100, 100, 116, 116), "yard": ("storage", 150, 60, 190, 90)}
NEW = np.s_[:, 66:72, 160:166]
"""A building that appears in the yard on pass 5."""


def day(number: int) -> date:
    return FIRST + number * REPEAT


def write_passes(folder: Path, *, leaves_at: int = BEFORE, **tags: str) -> Path:
    empty = ground()
    for number in range(BEFORE + AFTER):
        power = corners(empty) if number < leaves_at else empty.copy()
        if number >= 5:
            power[NEW] *= 12
        write_s1(folder, day(number), speckled(power, 100 + number), **tags)
    return folder


def site_file(path: Path, kinds: dict[str, tuple[str, int, int, int, int]] | None = None) -> Path:
    features = []
    for name, (kind, left, top, right, bottom) in (kinds or ZONES).items():
        corner = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        x, y = zip(*(UTM @ each for each in corner), strict=True)
        lon, lat = transform("EPSG:32636", "EPSG:4326", x, y)
        ring = [list(each) for each in zip(lon, lat, strict=True)]
        features.append(
            {
                "type": "Feature",
                "properties": {"id": name, "kind": kind},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def compared(folder: Path, out: Path, last: int, *, first: int = BEFORE - 1) -> dict[str, Any]:
    outcome = compare(
        load_site(str(site_file(folder.parent / "place.geojson"))),
        (Period.parse(str(day(first))), Period.parse(str(day(last)))),
        source=FolderSource(folder),
        out=out,
        options=Options(product="sentinel-1-rtc"),
        watch=Silent(),
        custody={},
    )
    return outcome.record


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_passes(tmp_path_factory.mktemp("passes") / "tiles")


@pytest.fixture(scope="module")
def run(folder: Path) -> tuple[dict[str, Any], Path]:
    out = folder.parent / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(radar_trials, "MOST_COPIES", 6)
        return compared(folder, out, BEFORE + AFTER - 1), out


def zone_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    zones: list[dict[str, Any]] = record["radar"]["past"]["scatterers"]
    return next(each for each in zones if each["zone"].endswith(name))


def test_departed_after_three_passes(run: tuple[dict[str, Any], Path]) -> None:
    zone = zone_of(run[0], "sam")
    assert (zone["state"], zone["absent_passes"]) == ("departed", AFTER)
    assert zone["scatterers_before"] >= 3
    assert zone["p"] < 1e-4


def test_provisional_after_one(folder: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(radar_trials, "MOST_COPIES", 1)
        zone = zone_of(compared(folder, tmp_path / "out", BEFORE), "sam")
    assert (zone["state"], zone["absent_passes"]) == ("provisional loss", 1)


def test_what_stays_is_present(tmp_path: Path) -> None:
    tiles = write_passes(tmp_path / "tiles", leaves_at=99)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(radar_trials, "MOST_COPIES", 1)
        zone = zone_of(compared(tiles, tmp_path / "out", BEFORE + AFTER - 1), "sam")
    assert zone["state"] == "present"


def test_power_and_false_alarms_are_measured(run: tuple[dict[str, Any], Path]) -> None:
    zone = zone_of(run[0], "sam")
    assert zone["false_alarms"]["trials"] == 6
    assert zone["false_alarms"]["found"] == 0
    shares = [each["found"] for each in zone["power"]]
    assert [each["size"] for each in zone["power"]] == list(radar_trials.CROSS_SECTIONS_M2)
    assert shares == sorted(shares)
    assert shares[-1] >= 5


def test_the_run_folder_holds_the_usual_products(run: tuple[dict[str, Any], Path]) -> None:
    record, out = run
    names = {"diff.tif", "classes.tif", "detections.geojson", "item.json", "change.png"}
    assert names <= {path.name for path in out.iterdir()}
    assert record["config"]["method"] == "log_ratio"
    assert record["history"] is None
    assert record["simulated"] is True
    assert len(record["radar"]["past"]["passes"]) == BEFORE + AFTER
    found = json.loads((out / "detections.geojson").read_text())["features"]
    gone = [f for f in found if str(f["properties"]["zone_id"]).endswith("sam")]
    assert {f["properties"]["direction"] for f in gone} == {"disappeared"}


def test_table_and_story_agree_with_the_record(run: tuple[dict[str, Any], Path]) -> None:
    _, out = run
    rows = list(csv.DictReader((out / "radar_occupancy.csv").read_text().splitlines()))
    sam = [row for row in rows if row["zone"].endswith("sam")]
    assert [row["state"] for row in sam][-AFTER - 1 :] == ["present", *["absent"] * AFTER]
    story = json.loads((out / "radar_history.json").read_text())
    assert story["simulated"] is True
    assert len(story["dates"]) == len(story["orbits"]) == BEFORE + AFTER


def test_a_building_is_dated_and_confirmed(run: tuple[dict[str, Any], Path]) -> None:
    story = json.loads((run[1] / "radar_history.json").read_text())
    yard = [each for each in story["alarms"] if each["zone_id"].endswith("yard")]
    best = max(yard, key=lambda each: each["area_m2"])
    assert best["first_seen"][:10] == str(day(5))
    assert best["last_seen_without"][:10] == str(day(4))
    assert (best["state"], best["direction"]) == ("confirmed", "brighter")
    assert best["confirmed"][:10] == str(day(7))


def test_the_same_passes_give_the_same_files(
    folder: Path, run: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(radar_trials, "MOST_COPIES", 6)
        compared(folder, tmp_path / "again", BEFORE + AFTER - 1)
    for name in ("run.json", "radar_occupancy.csv", "radar_history.json", "diff.tif"):
        assert (tmp_path / "again" / name).read_bytes() == (run[1] / name).read_bytes()


def test_a_pass_of_unknown_orbit_is_left_out(folder: Path, tmp_path: Path) -> None:
    tiles = tmp_path / "tiles"
    tiles.mkdir()
    for path in sorted(folder.glob("*.tif")):
        (tiles / path.name).symlink_to(path)
    odd = write_s1(tmp_path, day(2), speckled(ground(), 1), RELATIVE_ORBIT="")
    odd.rename(tiles / f"odd_{day(2)}T12:00:00.tif")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(radar_trials, "MOST_COPIES", 1)
        record = compared(tiles, tmp_path / "out", BEFORE)
    assert record["radar"]["past"]["left_out"] == [f"odd_{day(2)}T12:00:00"]


def test_another_orbit_after_is_refused(tmp_path: Path) -> None:
    tiles = tmp_path / "tiles"
    write_s1(tiles, day(0), speckled(ground(), 1))
    write_s1(tiles, day(1), speckled(ground(), 2), RELATIVE_ORBIT="14")
    with pytest.raises(UntrustedError, match="relative orbits 21 descending and 14 descending"):
        compared(tiles, tmp_path / "out", 1, first=0)


def test_one_date_is_no_comparison(tmp_path: Path) -> None:
    write_s1(tmp_path / "tiles", day(0), speckled(ground(), 1))
    with pytest.raises(InputError, match="the nearest is on"):
        compared(tmp_path / "tiles", tmp_path / "out", 1, first=0)


def test_optical_scenes_are_not_taken_for_radar(tmp_path: Path, folder: Path) -> None:
    place = load_site(str(site_file(tmp_path / "place.geojson")))
    with pytest.raises(GridError, match="has no scene to compare: of another product"):
        compare(
            place,
            (Period.parse(str(day(0))), Period.parse(str(day(1)))),
            source=FolderSource(folder),
            out=tmp_path / "out",
            options=Options(product="sentinel-1-grd"),
            watch=Silent(),
            custody={},
        )


def test_two_files_are_compared_without_a_site(folder: Path, tmp_path: Path) -> None:
    paths = [str(sorted(folder.glob("*.tif"))[number]) for number in (BEFORE - 1, BEFORE)]
    result = CliRunner().invoke(
        cli.app, ["diff", *paths, "-o", str(tmp_path / "out")], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert "disappeared" in result.output
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["radar"]["past"] is None
    assert record["radar"]["looks"]["vv"] == pytest.approx(4.4, rel=0.2)


def test_zones_are_where_the_test_says(tmp_path: Path) -> None:
    assert SAM[0].start == ZONES["sam"][1]
    assert SHAPE[0] > ZONES["yard"][3]


def rough(number: int, moved: int = 0) -> np.ndarray:
    """A pass over ground of strong contrast, moved so many pixels to the right."""
    still = 10 * ground((300, 300), seed=3) ** 3 / np.array([0.01, 0.0004])[:, None, None]
    return np.roll(speckled(still, 50 + number), moved, axis=2)


def test_passes_of_another_satellite_that_lie_apart_are_left_out(tmp_path: Path) -> None:
    tiles = tmp_path / "tiles"
    for number in range(6):
        write_s1(tiles, day(number), rough(number))
    for number, moved in ((6, 2), (7, 2)):
        write_s1(tiles, day(number), rough(number, moved), PLATFORM="Sentinel-1C")
    write_s1(tiles, day(8), rough(8), PROCESSING_VERSION="3.9")
    place = load_site(str(site_file(tmp_path / "place.geojson")))
    source = FolderSource(tiles)
    items = source.found.items
    pair = pairs.make(items[0], items[5])
    story = radar_past.look_back(source, place, pair, days=700)
    assert story.left_out == ()
    later = pairs.make(items[0], items[8])
    story = radar_past.look_back(source, place, later, days=700)
    assert [each.id for each in story.left_out] == [items[6].id, items[7].id]
    assert "limit is 0.3 px" in story.left_out[0].reason
    assert story.series is not None
    assert {track.processing for track in story.series.tracks} == {"", "3.9"}


def test_a_pair_of_unknown_orbit_has_no_series(tmp_path: Path) -> None:
    tiles = tmp_path / "tiles"
    for number in range(3):
        orbit = "" if number else "21"
        write_s1(tiles, day(number), speckled(ground(), number), RELATIVE_ORBIT=orbit)
    record = compared(tiles, tmp_path / "out", 2, first=1)
    past = record["radar"]["past"]
    assert (past["used"], past["sentence"]) == (False, "The relative orbit of a pass is not known.")


def test_the_other_direction_of_an_orbit_is_left_out(folder: Path, tmp_path: Path) -> None:
    tiles = tmp_path / "tiles"
    tiles.mkdir()
    for path in sorted(folder.glob("*.tif"))[:6]:
        (tiles / path.name).symlink_to(path)
    odd = write_s1(tmp_path, day(2), speckled(ground(), 1), ORBIT_DIRECTION="ascending")
    odd.rename(tiles / f"odd_{day(2)}T12:00:00.tif")
    record = compared(tiles, tmp_path / "out", 5, first=4)
    assert record["radar"]["past"]["left_out"] == [f"odd_{day(2)}T12:00:00"]
