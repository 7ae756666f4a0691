from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime

import pystac
import pytest
from odc.geo.geobox import GeoBox
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from shapely.geometry import shape

from imagery.stac_item import PRODUCTS, Lineage, stac_item
from imagery.write import Subject

GRID = GeoBox.from_bbox((300_000, 3_900_000, 306_130, 3_905_250), crs="EPSG:32637", resolution=10)
BEFORE, AFTER = (datetime(2024, 12, day, 8, 21, 43, tzinfo=UTC) for day in (10, 13))
LINEAGE = Lineage("hmeimim_20241210_20241213", "rcva", (("tilewitness", "0.1.0"),), ("a", "b"))


@pytest.fixture
def folder(tmp_path):
    for name in PRODUCTS:
        if not name.endswith("parquet"):
            (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def item(folder, subject, grid=GRID):
    return stac_item(folder, grid=grid, subject=subject, lineage=LINEAGE)


def check_core(record):
    """STAC 1.1.0 itself: pystac ships its schema; those of the extensions are on the network."""
    JsonSchemaSTACValidator().validate_core(record, pystac.STACObjectType.ITEM, "1.1.0")


@pytest.mark.parametrize("before", [BEFORE, None])
@pytest.mark.parametrize("after", [AFTER, None])
def test_is_a_valid_item_dated_or_not(folder, before, after):
    record = json.loads(
        json.dumps(item(folder, Subject("hmeimim", before, after)), allow_nan=False)
    )
    check_core(record)
    again = pystac.Item.from_dict(record)
    assert again.datetime is None
    assert again.common_metadata.start_datetime <= again.common_metadata.end_datetime
    assert record["properties"]["tilewitness:undated"] is (before is None or after is None)


def test_the_schema_would_notice_a_missing_interval(folder):
    record = item(folder, Subject("hmeimim", BEFORE, AFTER))
    del record["properties"]["start_datetime"]
    with pytest.raises(pystac.errors.STACValidationError):
        check_core(record)


@pytest.mark.parametrize("dates", [(BEFORE, AFTER), (AFTER, BEFORE)])
def test_interval_runs_forward_whatever_the_order_of_the_arguments(folder, dates):
    properties = item(folder, Subject("hmeimim", *dates))["properties"]
    assert properties["start_datetime"] == "2024-12-10T08:21:43Z"
    assert properties["end_datetime"] == "2024-12-13T08:21:43Z"
    assert properties["tilewitness:before"].startswith(f"{dates[0]:%Y-%m-%d}")


def test_says_where_how_big_and_by_what(folder):
    record = item(folder, Subject("hmeimim", BEFORE, AFTER))
    properties = record["properties"]
    assert properties["proj:code"] == "EPSG:32637"
    assert properties["proj:shape"] == [525, 613]
    assert properties["proj:transform"] == [10, 0, 300_000, 0, -10, 3_905_250]
    assert properties["processing:software"] == {"tilewitness": "0.1.0"}
    assert properties["processing:level"] == "L4"
    west, south, east, north = record["bbox"]
    assert 36.7 < west < east < 36.9
    assert 35.2 < south < north < 35.3
    outline = shape(record["geometry"])
    assert outline.exterior.is_ccw
    assert outline.bounds == pytest.approx(record["bbox"])


def test_every_product_has_its_checksum_and_none_is_invented(folder):
    assets = item(folder, Subject(None, BEFORE, AFTER))["assets"]
    assert {asset["href"] for asset in assets.values()} == {
        f"./{path.name}" for path in folder.iterdir()
    }
    for asset in assets.values():
        name = asset["href"][2:]
        assert asset["file:checksum"] == "1220" + hashlib.sha256(name.encode()).hexdigest()
        assert asset["file:size"] == len(name)
    classes = assets["classes_tif"]["classification:classes"]
    assert [each["value"] for each in classes] == [0, 1, 2, 3, 4, 5]
    assert all(re.fullmatch("[0-9A-Za-z_-]+", each["name"]) for each in classes)
    assert [each["name"] for each in assets["diff_tif"]["bands"]] == ["score", "signed"]


def test_names_every_extension_whose_fields_it_uses(folder):
    record = item(folder, Subject("hmeimim", BEFORE, AFTER))
    fields = set(record["properties"]).union(*record["assets"].values())
    used = {field.partition(":")[0] for field in fields if ":" in field} - {"tilewitness"}
    short = {"projection": "proj"}
    named = {url.split("/")[3] for url in record["stac_extensions"]}
    assert used == {short.get(name, name) for name in named}


def test_a_grid_without_code_is_described_in_words(folder):
    crs = "+proj=laea +lat_0=35 +lon_0=36 +datum=WGS84 +units=m +type=crs"
    grid = GeoBox((10, 10), GRID.transform, crs)
    properties = item(folder, Subject("hmeimim", BEFORE, AFTER), grid)["properties"]
    assert properties["proj:code"] is None
    assert "Lambert Azimuthal Equal Area" in properties["proj:wkt2"]


def test_a_simulated_run_says_so(folder):
    record = item(folder, Subject("hmeimim", BEFORE, AFTER, simulated=True))
    assert record["properties"]["title"].startswith("SIMULATED")
    assert record["properties"]["tilewitness:simulated"] is True
