"""A run folder, opened again with what its readers will use."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
import rasterio
from rasterio.enums import Resampling
from rio_cogeo import cog_validate
from shapely.geometry import shape
from terrain import ground, noisy, write_s2
from typer.testing import CliRunner

from imagery import custody
from imagery.cog import CLASS_CODES
from imagery.run_folder import DERIVED, is_complete
from pipelines import cli

SHAPE = (600, 530)
SQUARE = slice(300, 312), slice(120, 134)
PRODUCTS = {
    "after.png",
    "after.tif",
    "before.png",
    "before.tif",
    "change.png",
    "classes.tif",
    "detections.geojson",
    "diff.tif",
    "item.json",
}
PROPERTIES = [
    "id",
    "site_id",
    "zone_id",
    "class",
    "direction",
    "score",
    "p",
    "q",
    "probability",
    "length_m",
    "length_sd_m",
    "area_m2",
    "date_before",
    "date_after",
]


def run(folder: Path, *more: str) -> str:
    tiles = (str(folder / f"S2_L2A_2024-12-{day}.tif") for day in (10, 13))
    words = ["diff", *tiles, "-o", str(folder / "out"), *more]
    result = CliRunner().invoke(cli.app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("products")
    scene, scl = ground(SHAPE), np.full(SHAPE, 4)
    scl[500:540, 300:380] = 9
    write_s2(folder / "S2_L2A_2024-12-10.tif", noisy(scene, 1), scl=scl)
    scene[:, *SQUARE] = 0.02
    write_s2(folder / "S2_L2A_2024-12-13.tif", noisy(scene, 2), scl=np.full(SHAPE, 4))
    return folder


@pytest.fixture(scope="module")
def out(folder: Path) -> Path:
    run(folder)
    return folder / "out"


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_the_folder_holds_its_products_and_nothing_else(folder: Path, out: Path) -> None:
    sealed = {"run.json", "run.json.sha256", "custody.jsonl"}
    assert {path.name for path in out.iterdir()} == PRODUCTS | sealed | set(DERIVED)
    assert {path.name for path in folder.iterdir() if path.suffix != ".tif"} == {"out"}


def test_diff_is_a_cog_with_score_and_signed(folder: Path, out: Path) -> None:
    valid, errors, warnings = cog_validate(out / "diff.tif", strict=True)
    assert (valid, errors, warnings) == (True, [], [])
    with (
        rasterio.open(out / "diff.tif") as raster,
        rasterio.open(folder / "S2_L2A_2024-12-10.tif") as tile,
    ):
        assert raster.descriptions == ("score", "signed")
        assert raster.dtypes == ("float32", "float32")
        assert all(np.isnan(value) for value in raster.nodatavals)
        assert (raster.shape, raster.transform, raster.crs) == (SHAPE, tile.transform, tile.crs)
        assert raster.overviews(1) == [2]
        score = raster.read(1)
        small = raster.read(1, out_shape=(300, 265), resampling=Resampling.nearest)
    assert np.nanmedian(score) == pytest.approx(0, abs=0.02)
    assert np.isfinite(small).sum() > 0.9 * small.size


def test_classes_are_codes_with_colours(out: Path) -> None:
    assert cog_validate(out / "classes.tif", strict=True)[0]
    with (
        rasterio.open(out / "classes.tif") as raster,
        rasterio.open(out / "diff.tif") as diff,
    ):
        assert raster.dtypes == ("uint8",)
        assert (raster.shape, raster.transform, raster.crs) == (SHAPE, diff.transform, diff.crs)
        codes, score = raster.read(1), diff.read(1)
        table = raster.colormap(1)
        assert raster.nodata == 0
    assert {code.value: table[code.value][:3] for code in CLASS_CODES} == {
        code.value: code.colour for code in CLASS_CODES
    }
    assert set(np.unique(codes).tolist()) == {1, 2, 4}
    assert (codes[SQUARE] == 2).mean() > 0.9
    np.testing.assert_array_equal(np.isnan(score), np.isin(codes, (0, 4)))


def test_detections_have_the_promised_properties(out: Path) -> None:
    collection = read(out / "detections.geojson")
    assert collection["type"] == "FeatureCollection"
    assert "crs" not in collection
    (feature,) = collection["features"]
    assert list(feature["properties"]) == PROPERTIES
    properties = feature["properties"]
    assert properties["direction"] == "appeared"
    assert properties["date_before"] == "2024-12-10T00:00:00Z"
    assert properties["date_after"] == "2024-12-13T00:00:00Z"
    assert properties["site_id"] is None
    assert properties["probability"] is None
    assert 0 <= properties["p"] <= properties["q"] <= 0.1
    outline = shape(feature["geometry"])
    assert outline.is_valid
    item = read(out / "item.json")
    assert shape(item["geometry"]).buffer(1e-6).contains(outline)


def test_the_item_validates(out: Path) -> None:
    item = pystac.Item.from_file(str(out / "item.json"))
    # Extensions are schemas on the network; the core schema comes with pystac.
    item.stac_extensions = []
    assert item.validate()
    for asset in item.assets.values():
        path = out / asset.href
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert asset.extra_fields["file:checksum"] == f"1220{digest}"
    assert set(item.assets) == {name.replace(".", "_") for name in PRODUCTS - {"item.json"}}


def test_every_product_has_the_hash_that_the_record_says(folder: Path, out: Path) -> None:
    record = read(out / "run.json")
    assert set(record["products"]) == PRODUCTS
    for name, said in record["products"].items():
        content = (out / name).read_bytes()
        assert said == {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    for scene, day in zip(record["scenes"], (10, 13), strict=True):
        name = f"S2_L2A_2024-12-{day}.tif"
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert scene["assets"] == {name: {"sha256": digest}}
    assert is_complete(out)
    assert (
        custody.broken(
            (out / "custody.jsonl").read_bytes(),
            record=hashlib.sha256((out / "run.json").read_bytes()).hexdigest(),
        )
        is None
    )


def test_the_seal_is_what_sha256sum_checks(out: Path) -> None:
    digest = hashlib.sha256((out / "run.json").read_bytes()).hexdigest()
    assert (out / "run.json.sha256").read_text() == f"{digest}  run.json\n"
    left = [path for path in out.iterdir() if path.name not in DERIVED]
    assert max(left, key=lambda path: path.stat().st_mtime_ns).name == "run.json.sha256"


def test_the_record_knows_no_clock_host_path_or_threads(folder: Path, out: Path) -> None:
    text = (out / "run.json").read_text()
    for word in (str(folder), str(Path.cwd()), os.uname().nodename, "http", "/tmp"):
        assert word not in text
    assert not re.search(r"\b(workers|threads|chunk|host|started|hostname)\b", text)
    times = set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z?", text))
    assert times == {"2024-12-10T00:00:00Z", "2024-12-13T00:00:00Z"}
    # What a run owes to its machine is said elsewhere.
    assert os.uname().nodename in (out / "custody.jsonl").read_text()


def test_overwriting_gives_the_same_bytes_and_json_says_the_record(folder: Path, out: Path) -> None:
    names = PRODUCTS | {"run.json", "run.json.sha256"}
    first = {name: (out / name).read_bytes() for name in names}
    (out / "run.json.sha256").unlink()
    told = json.loads(run(folder, "--overwrite", "--chunk", "256", "--workers", "1", "--json"))
    assert {name: (out / name).read_bytes() for name in names} == first
    assert [path.name for path in folder.iterdir() if path.is_dir()] == ["out"]
    assert told.pop("folder") == str(out)
    record = read(out / "run.json")
    del record["products"]
    assert told == record
