"""What a user types becomes a source, and a source gives Items that can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imagery import sources, stack
from imagery.archives import known_archives
from imagery.catalogs import PRODUCT, SearchResult, item_from_file
from imagery.errors import BandError, InputError, UnreadableFile
from imagery.fetch import Store
from imagery.grid import item_geobox
from imagery.model import Period
from imagery.sources import FolderSource, Source, StacSource, open_source
from imagery.web import Web

NOW = datetime(2025, 1, 1, tzinfo=UTC)
FOUR = np.arange(1, 4 * 30 * 40 + 1, dtype=np.uint16).reshape(4, 30, 40)
S2 = ("B02", "B03", "B04", "B08")
ARCHIVES = known_archives()
DAY = Period.parse("2024-12-13")
PLACE = (30.75, 35.35, 30.85, 35.45)
RING = [[30.7, 35.3], [30.9, 35.3], [30.9, 35.5], [30.7, 35.5], [30.7, 35.3]]


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[dict[str, Any]]:
    store = Store(tmp_path / "store", now=lambda: NOW)
    with Web(now=lambda: NOW) as web:
        yield {"archives": ARCHIVES, "web": web, "store": store}


def static(root: Path, assets: dict[str, Any]) -> Path:
    said = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "scene",
        "collection": "sentinel-2-l2a",
        "geometry": {"type": "Polygon", "coordinates": [RING]},
        # The grid that it states is wrong on purpose: the file's own counts.
        "properties": {"datetime": "2024-12-13T08:23:31Z", "proj:code": "EPSG:32601"},
        "links": [],
        "assets": assets,
    }
    root.mkdir(parents=True, exist_ok=True)
    (root / "item.json").write_text(json.dumps(said))
    links = [{"rel": "item", "href": "./item.json"}]
    (root / "catalog.json").write_text(json.dumps({"type": "Catalog", "links": links}))
    return root


def test_a_folder(tmp_path: Path, geotiff, tools) -> None:
    geotiff("tiles/S2_L2A_2024-12-13.tif", FOUR, descriptions=S2)
    geotiff("tiles/S2_L2A_2024-12-20.tif", FOUR, descriptions=S2)
    source: Source = open_source(str(tmp_path / "tiles"), **tools)
    assert isinstance(source, FolderSource)
    (item,) = source.search(PLACE, DAY).items
    assert item.id == "S2_L2A_2024-12-13"
    assert source.local(item, ["red"], over=None) is item
    assert source.search((0, 0, 1, 1), DAY).items == ()


def test_stray_files_do_not_close_a_folder(tmp_path: Path, geotiff, tools) -> None:
    geotiff("tiles/S2_L2A_2024-12-13.tif", FOUR, descriptions=S2)
    geotiff("tiles/map.tif", FOUR)
    (tmp_path / "tiles" / "broken_2024-12-13.tif").write_bytes(b"no TIFF")
    found = open_source(str(tmp_path / "tiles"), **tools).search(PLACE, DAY)
    assert [item.id for item in found.items] == ["S2_L2A_2024-12-13"]
    told = {each.id: each.reason for each in found.refused}
    assert sorted(told) == ["broken_2024-12-13", "map"]
    assert "neither in its name nor in its tags" in told["map"]
    assert "not a GeoTIFF" in told["broken_2024-12-13"]


def test_a_folder_of_stray_files_only(tmp_path: Path, tools) -> None:
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles" / "a_2024-12-13.tif").write_bytes(b"no TIFF")
    with pytest.raises(UnreadableFile, match="not a GeoTIFF"):
        open_source(str(tmp_path / "tiles"), **tools)


@pytest.mark.parametrize("typed", ["", "catalog.json", "item.json"])
def test_a_catalogue_on_disk_gives_the_pixels_of_its_files(
    tmp_path: Path, geotiff, tools, typed: str
) -> None:
    geotiff("stac/files/red.tif", FOUR[2:3])
    geotiff("stac/files/nir.tif", FOUR[3:4])
    geotiff("stac/files/SCL.tif", np.full((1, 30, 40), 4, np.uint8))
    hrefs = {"B04": "red.tif", "B08": "nir.tif", "SCL": "SCL.tif"}
    tiff = {"type": "image/tiff", "raster:bands": [{"scale": 0.5}]}
    root = static(
        tmp_path / "stac", {key: {"href": f"./files/{at}", **tiff} for key, at in hrefs.items()}
    )
    source = open_source(str(root / typed), **tools)
    assert isinstance(source, StacSource)
    (item,) = source.search(PLACE, DAY).items
    local = source.local(item, ["nir", "red", "scl"], over=None)
    assert list(item.assets) == ["red", "nir", "scl"]
    assert "proj:code" not in item.assets["red"].extra_fields
    grid = item_geobox(local)
    assert grid.crs == "EPSG:32636"
    read = stack.load(local, grid, ["red", "nir"], chunk=None)
    np.testing.assert_array_equal(read.reflectance.values, (FOUR[2:] * 1e-4).astype(np.float32))
    assert list(source.local(item, ["red"], over=None).assets) == ["red"]


def test_a_file_that_is_not_what_its_catalogue_says(tmp_path: Path, geotiff, tools) -> None:
    geotiff("stac/red.tif", FOUR[2:3].astype(np.uint8))
    geotiff("stac/nir.tif", FOUR[:2])
    tiff = {"type": "image/tiff"}
    assets = {"B04": {"href": "red.tif", **tiff}, "B08": {"href": "nir.tif", **tiff}}
    source = open_source(str(static(tmp_path / "stac", assets)), **tools)
    (item,) = source.search(PLACE, DAY).items
    with pytest.raises(BandError, match="holds uint8, in which no sentinel-2-l2a comes"):
        source.local(item, ["red"], over=None)
    with pytest.raises(BandError, match="has 2 bands and not nir"):
        source.local(item, ["nir"], over=None)
    with pytest.raises(BandError, match=r"has no band green.*has nir, red"):
        source.local(item, ["green"], over=None)


def test_a_known_name_and_the_address_behind_it_are_one(monkeypatch, tools) -> None:
    tools["web"].offline = True
    for typed in ("cdse", "https://stac.dataspace.copernicus.eu/v1/"):
        source = open_source(typed, **tools)
        assert source.name == "cdse"
    asked: list[Any] = []
    monkeypatch.setattr(
        sources, "search_archive", lambda *said: asked.append(said) or SearchResult(())
    )
    assert open_source("cdse", **tools).search(PLACE, DAY) == SearchResult(())
    assert asked[0][1] is ARCHIVES["cdse"]


def test_an_address_is_read_once_and_shown_without_its_secret(monkeypatch, tools) -> None:
    document = {"type": "FeatureCollection", "features": []}
    asked: list[str] = []
    monkeypatch.setattr(Web, "trust", lambda self, url: None)
    monkeypatch.setattr(Web, "json", lambda self, url, **_: asked.append(url) or document)
    source = open_source("https://x.example/items.json?token=hunter2", **tools)
    assert source.name == "https://x.example/items.json"
    assert source.search(PLACE, DAY).items == ()
    assert len(asked) == 1


@pytest.mark.parametrize("typed", ["earth-serch", "nowhere/at/all", "a.tif"])
def test_what_is_no_source_names_the_archives(typed: str, tools) -> None:
    with pytest.raises(InputError, match="one of cdse, earth-search, planetary-computer") as caught:
        open_source(typed, **tools)
    assert ("nearest: earth-search" in str(caught.value)) == (typed == "earth-serch")


def test_an_item_from_a_file_and_from_a_catalogue_agree(tmp_path: Path, geotiff, tools) -> None:
    path = geotiff("stac/S2_L2A_2024-12-13.tif", FOUR, descriptions=S2, nodata=9)
    bands = [{"name": name} for name in S2]
    asset = {"href": path.name, "type": "image/tiff", "eo:bands": bands}
    source = open_source(str(static(tmp_path / "stac", {"image": asset})), **tools)
    (item,) = source.search(PLACE, DAY).items
    found = source.local(item, ["red"], over=None).assets["data"].to_dict()
    own = item_from_file(path)
    assert found == own.assets["data"].to_dict()
    assert item.properties[PRODUCT] == own.properties[PRODUCT]
