"""A comparison beside the history of its site: what it rests on and what it leaves out."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from rasterio.warp import transform
from small_tiffs import UTM
from terrain import ground, noisy, write_s2

from imagery import pairs
from imagery.errors import OffsetError
from imagery.model import Period
from imagery.sites import load_site
from imagery.sources import FolderSource
from pipelines.compare import compare
from pipelines.config import Options
from pipelines.model import Outcome
from pipelines.terminal import Silent

SHAPE = (300, 300)
FIRST = date(2024, 3, 1)
STEP = timedelta(days=5)
NEW, RESTLESS = np.s_[:, 110:116, 90:98], np.s_[:, 105:125, 180:205]
ZONES = {"apron": (80, 100, 130, 130), "yard": (160, 100, 220, 130)}  # left, top, right, bottom


def scene(number: int, last: int) -> np.ndarray:
    """One date: a new object on the last, and a pond that glitters on all."""
    pixels = ground(SHAPE)
    if number == last:
        pixels[NEW] += 0.2
    glitter = np.random.default_rng(number).normal(size=pixels[RESTLESS].shape)
    pixels[RESTLESS] *= np.exp(0.15 * glitter)
    return noisy(pixels, 10 + number)


def archive(folder: Path, dates: int, *, cloud: tuple[slice, slice] | None = None) -> Path:
    """So many dates; ``cloud`` hides a part of all but the last two."""
    for number in range(dates):
        scl = np.full(SHAPE, 4)
        if cloud is not None and number < dates - 2:
            scl[cloud] = 9
        day = FIRST + number * STEP
        write_s2(folder / f"S2_L2A_{day}.tif", scene(number, dates - 1), scl=scl)
    return folder


def site(path: Path) -> Path:
    def ring(box: tuple[int, int, int, int]) -> list[list[float]]:
        left, top, right, bottom = box
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        x, y = zip(*(UTM @ corner for corner in corners), strict=True)
        return [
            list(point) for point in zip(*transform("EPSG:32636", "EPSG:4326", x, y), strict=True)
        ]

    features = [
        {
            "type": "Feature",
            "properties": {"id": name},
            "geometry": {"type": "Polygon", "coordinates": [ring(box)]},
        }
        for name, box in ZONES.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def compared(tmp_path: Path, dates: int, **said: object) -> Outcome:
    """Compare the last two dates of the archive in the folder ``scenes``."""
    days = [FIRST + (dates - left) * STEP for left in (2, 1)]
    return compare(
        load_site(str(site(tmp_path / "base.geojson"))),
        tuple(Period.parse(f"{day}") for day in days),
        source=FolderSource(tmp_path / "scenes"),
        out=tmp_path / "out",
        options=Options(overwrite=True, **said),
        watch=Silent(),
        custody={},
    )


def found(tmp_path: Path) -> list[dict[str, object]]:
    features = json.loads((tmp_path / "out" / "detections.geojson").read_text())["features"]
    return [feature["properties"] for feature in features]


def occupancy(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "out" / "occupancy.csv").open() as table:
        return list(csv.DictReader(table))


def test_what_is_usual_for_the_site_is_not_listed(tmp_path: Path) -> None:
    archive(tmp_path / "scenes", 16)
    alone = compared(tmp_path, 16, history=0)
    assert {each["zone_id"] for each in found(tmp_path)} == {"base.apron", "base.yard"}
    assert "compared alone: None was asked for." in " ".join(alone.summary())
    outcome = compared(tmp_path, 16)
    (only,) = found(tmp_path)
    assert (only["zone_id"], only["direction"]) == ("base.apron", "appeared")
    said = outcome.record["history"]
    assert (said["used"], said["dates"], said["usual"], said["clouded"]) == (True, 14, 1, 0)
    assert len(said["scenes"]) == 15
    assert "Held against 14 earlier dates, 2024-03-01 to 2024-05-05." in outcome.summary()
    with rasterio.open(tmp_path / "out" / "classes.tif") as classes:
        assert set(np.unique(classes.read(1))) == {1, 2}


def test_the_series_of_a_zone_is_a_table_a_picture_and_alarms(tmp_path: Path) -> None:
    archive(tmp_path / "scenes", 16)
    compared(tmp_path, 16)
    rows = [row for row in occupancy(tmp_path) if row["zone"] == "base.apron"]
    assert [row["state"] for row in rows] == ["not_judged"] * 12 + ["seen"] * 4
    assert rows[0]["count_low"] == ""
    assert [row["count_high"] for row in rows[12:15]] == ["0"] * 3
    assert (rows[15]["count_low"], rows[15]["count_high"]) == ("1", "1")
    assert float(rows[15]["anomalous_m2"]) == pytest.approx(4800, rel=0.5)
    story = json.loads((tmp_path / "out" / "history.json").read_text())
    (alarm,) = [each for each in story["alarms"] if each["zone_id"] == "base.apron"]
    assert (alarm["state"], alarm["confirmed"]) == ("provisional", None)
    assert alarm["first_seen"].startswith("2024-05-15")
    assert alarm["last_seen_without"].startswith("2024-05-10")
    assert (tmp_path / "out" / "occupancy.png").stat().st_size > 1000


def test_the_same_bytes_again_and_with_other_chunks(tmp_path: Path) -> None:
    archive(tmp_path / "scenes", 15)
    names = ("run.json", "occupancy.csv", "occupancy.png", "history.json", "detections.geojson")
    runs = []
    for chunk in (128, 512):
        compared(tmp_path, 15, chunk=chunk)
        runs.append([(tmp_path / "out" / name).read_bytes() for name in names])
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("dates", "said"),
    [(2, "0 earlier dates; a history needs 12."), (8, "6 earlier dates; a history needs 12.")],
)
def test_a_short_history_falls_back_to_the_pair_and_says_so(
    tmp_path: Path, dates: int, said: str
) -> None:
    archive(tmp_path / "scenes", dates)
    outcome = compared(tmp_path, dates)
    assert outcome.record["history"] == {
        "used": False,
        "sentence": said,
        "left_out": [],
        "scenes": [],
    }
    text = " ".join(outcome.summary())
    assert f"No history, so the two dates were compared alone: {said}" in text
    assert found(tmp_path)
    assert not (tmp_path / "out" / "occupancy.csv").exists()


def test_dates_that_are_cloudy_in_one_zone_are_no_zero(tmp_path: Path) -> None:
    archive(tmp_path / "scenes", 16, cloud=np.s_[95:135, 155:225])
    compared(tmp_path, 16)
    rows = {(row["zone"], row["datetime"][:10]): row for row in occupancy(tmp_path)}
    hidden = rows["base.yard", "2024-05-05"]
    assert (hidden["state"], hidden["count_high"]) == ("no_clear_view", "")
    assert rows["base.apron", "2024-05-05"]["state"] == "seen"
    # Never seen before, so nothing says that its change is usual.
    assert {each["zone_id"] for each in found(tmp_path)} >= {"base.apron"}


def test_dates_that_are_cloudy_everywhere_carry_no_comparison(tmp_path: Path) -> None:
    archive(tmp_path / "scenes", 16, cloud=np.s_[:, :])
    outcome = compared(tmp_path, 16)
    said = outcome.record["history"]["sentence"]
    assert said == "14 earlier dates, 0 of them clear enough; a history needs 12."
    assert found(tmp_path)


def test_a_damaged_date_is_left_out(tmp_path: Path) -> None:
    folder = archive(tmp_path / "scenes", 16)
    victim = folder / "S2_L2A_2024-03-21.tif"
    whole = victim.read_bytes()
    victim.write_bytes(whole[: len(whole) // 3])
    outcome = compared(tmp_path, 16)
    said = outcome.record["history"]
    assert said["dates"] == 13
    assert said["left_out"] == ["S2_L2A_2024-03-21"]
    text = "".join(outcome.summary())
    assert "1 scene could not serve as history, first S2_L2A_2024-03-21; custody.jsonl" in text
    assert str(tmp_path) not in (tmp_path / "out" / "run.json").read_text()
    log = (tmp_path / "out" / "custody.jsonl").read_text().splitlines()
    (entry,) = [each for each in map(json.loads, log) if each["event"] == "left out"]
    assert entry["scene"] == "S2_L2A_2024-03-21"
    assert entry["reason"].startswith("Could not read")


def test_a_date_that_cannot_be_trusted_beside_the_pair_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(tmp_path / "scenes", 16)
    make = pairs.make

    def doubtful(before: pystac.Item, after: pystac.Item, **said: object) -> pairs.Pair:
        if after.id.endswith("2024-03-21"):
            raise OffsetError("its offset", "is in doubt", "Leave it out.")
        return make(before, after, **said)

    monkeypatch.setattr(pairs, "make", doubtful)
    said = compared(tmp_path, 16).record["history"]
    assert said["dates"] == 13
    assert said["left_out"] == ["S2_L2A_2024-03-21"]
