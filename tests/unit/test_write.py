from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import MultiPolygon, Polygon, box, shape

from imagery.errors import WriteError
from imagery.model import Detection
from imagery.write import (
    Subject,
    json_text,
    plain,
    utc_text,
    write_detections,
    write_parquet,
    write_text,
)

FIELDS = [
    *("id", "site_id", "zone_id", "class", "direction", "score", "p", "q", "probability"),
    *("length_m", "length_sd_m", "area_m2", "date_before", "date_after"),
]
SUBJECT = Subject(
    "hmeimim",
    datetime(2024, 12, 10, 8, 21, 43, tzinfo=UTC),
    datetime(2024, 12, 13, 10, 21, 43, tzinfo=timezone(timedelta(hours=2))),
)


def found(name, score, geometry=None):
    # Clockwise on purpose: RFC 7946 wants the outer ring the other way.
    outline = geometry or Polygon([(35.9, 35.4), (35.9, 35.41), (35.91, 35.41), (35.91, 35.4)])
    return Detection(
        id=name,
        geometry=outline,
        zone_id=None,
        object_class="change",
        direction="appeared",
        score=score,
        p=1.23456789e-9,
        q=float(np.float32(0.1)),
        probability=math.nan,
        length_m=69.12345678,
        length_sd_m=7.0,
        area_m2=2900.0,
    )


def read(path):
    return json.loads(path.read_text(), parse_constant=pytest.fail)


def test_features_have_the_promised_fields_strongest_first(tmp_path):
    path = tmp_path / "d.geojson"
    write_detections([found("b", 7.0), found("c", 9.5), found("a", 7.0)], path, subject=SUBJECT)
    collection = read(path)
    assert collection["type"] == "FeatureCollection"
    assert "crs" not in collection
    features = collection["features"]
    assert [each["properties"]["id"] for each in features] == ["c", "a", "b"]
    first = features[0]["properties"]
    assert list(first) == FIELDS
    assert first["probability"] is None
    assert first["p"] == 1.23457e-9
    assert first["q"] == 0.1
    assert first["date_before"] == "2024-12-10T08:21:43Z"
    assert first["date_after"] == "2024-12-13T08:21:43Z"


def test_outlines_turn_anticlockwise_with_seven_decimals(tmp_path):
    two = MultiPolygon([box(1 / 3, 0, 0.5, 1, ccw=False), box(2, 0, 3, 1, ccw=False)])
    write_detections(
        [found("a", 2.0), found("b", 1.0, two)], tmp_path / "d.geojson", subject=SUBJECT
    )
    features = read(tmp_path / "d.geojson")["features"]
    single, multiple = (shape(feature["geometry"]) for feature in features)
    assert single.exterior.is_ccw
    assert all(part.exterior.is_ccw for part in multiple.geoms)
    assert min(x for x, _ in features[1]["geometry"]["coordinates"][0][0]) == 0.3333333


@pytest.mark.parametrize("simulated", [True, False])
def test_nothing_found_is_an_empty_collection_and_says_if_simulated(tmp_path, simulated):
    path = tmp_path / "d.geojson"
    write_detections([], path, subject=Subject(None, None, None, simulated))
    expected = {"type": "FeatureCollection", "features": []}
    assert read(path) == (expected | {"simulated": True} if simulated else expected)


def test_parquet_without_its_extra_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "geopandas", None)
    with pytest.raises(WriteError, match=r"tilewitness\[parquet\]"):
        write_parquet([], tmp_path / "d.parquet", subject=SUBJECT)


@pytest.mark.parametrize("names", [(), ("a", "b")])
def test_parquet_holds_the_same_features(tmp_path, names):
    geopandas = pytest.importorskip("geopandas")
    pytest.importorskip("pyarrow")
    detections = [found(name, score) for score, name in enumerate(names)]
    write_parquet(detections, tmp_path / "d.parquet", subject=SUBJECT)
    frame = geopandas.read_parquet(tmp_path / "d.parquet")
    assert list(frame.columns) == [*FIELDS, "geometry"]
    assert frame.crs.to_epsg() == 4326
    assert frame["id"].tolist() == list(reversed(names))
    assert frame["score"].dtype == "float64"


def test_json_is_sorted_and_knows_no_nan():
    record = {"b": np.float32(0.5), "a": [math.nan, math.inf, np.int64(3)], "t": SUBJECT.before}
    expected = '{"a": [null, null, 3], "b": 0.5, "t": "2024-12-10T08:21:43Z"}'
    assert json.dumps(json.loads(json_text(record))) == expected
    assert json_text({"b": 1, "a": 2}) == '{\n  "a": 2,\n  "b": 1\n}\n'


def test_a_path_has_no_place_in_a_record():
    with pytest.raises(TypeError, match="has no place in a record"):
        plain({"where": Path("/somewhere")})


def test_a_missing_date_stays_missing():
    assert utc_text(None) is None


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """A run folder that somebody sends may hold ``report.html -> ../.bashrc``."""
    other = tmp_path / "other.txt"
    other.write_text("mine")
    (tmp_path / "report.html").symlink_to(other)
    with pytest.raises(WriteError, match=r"report\.html"):
        write_text(tmp_path / "report.html", "theirs")
    assert other.read_text() == "mine"
    write_text(other, "a\nb")
    assert other.read_bytes() == b"a\nb"
