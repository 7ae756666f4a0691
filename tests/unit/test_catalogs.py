"""Files and folders become Items that say everything that reading needs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import odc.stac
import pytest
import rasterio

from imagery.catalogs import (
    MASKED,
    PRODUCT,
    QUALITY,
    UNDATED,
    item_from_file,
    items_from_folder,
)
from imagery.errors import BandError, DateError, UnreadableFile

FOUR = np.arange(4 * 30 * 40, dtype=np.uint16).reshape(4, 30, 40)
S2 = ("B02", "B03", "B04", "B08")
LANDSAT = "LC09_L2SP_174036_20241210_20241212_02_T1"
PLANET = "20241213_081234_56_24ab_3B"


def names(item, key: str = "data") -> list[str]:
    return [band["name"] for band in item.assets[key].extra_fields["eo:bands"]]


def test_a_sentinel2_file(geotiff) -> None:
    tags = {"PROCESSING_BASELINE": "05.11", "BOA_OFFSET_APPLIED": "NO"}
    item = item_from_file(geotiff("S2_L2A_2024-12-13.tif", FOUR, descriptions=S2, tags=tags))
    assert item.id == "S2_L2A_2024-12-13"
    assert item.datetime == datetime(2024, 12, 13, tzinfo=UTC)
    assert item.properties[PRODUCT] == "sentinel-2-l2a"
    assert item.properties["s2:processing_baseline"] == "05.11"
    assert item.properties["earthsearch:boa_offset_applied"] is False
    assert names(item) == ["blue", "green", "red", "nir"]
    band = item.assets["data"].extra_fields["raster:bands"][0]
    assert band == {"data_type": "uint16", "nodata": 0, "scale": 1e-4, "offset": 0}
    west, south, east, north = item.bbox
    assert west < 30.8 < east
    assert south < 35.402 < north


def test_odc_reads_an_item_by_itself(geotiff) -> None:
    item = item_from_file(geotiff("S2_L2A_2024-12-13.tif", FOUR, descriptions=S2))
    loaded = odc.stac.load([item], bands=["red"])
    np.testing.assert_array_equal(loaded["red"].values[0], FOUR[2])


def test_an_eight_bit_preview_is_no_reflectance(geotiff) -> None:
    path = geotiff("S2_L2A_2024-12-13.tif", FOUR.astype(np.uint8), descriptions=S2)
    item = item_from_file(path)
    assert item.properties[PRODUCT] == "geotiff"
    assert names(item) == list(S2)
    assert "nodata" not in item.assets["data"].extra_fields["raster:bands"][0]


def test_what_the_file_declares_is_kept(geotiff) -> None:
    path = geotiff("S2_L2A_2024-12-13.tif", FOUR, descriptions=S2, nodata=9)
    raster = item_from_file(path).assets["data"].extra_fields["raster:bands"]
    assert raster[0]["nodata"] == 9


def test_undated(geotiff) -> None:
    path = geotiff("before.tif", FOUR)
    with pytest.raises(DateError, match="neither in its name nor in its tags"):
        item_from_file(path)
    item = item_from_file(path, dated=False)
    assert item.properties[UNDATED] is True
    assert item.datetime.year == 1970
    assert names(item) == ["b1", "b2", "b3", "b4"]


def test_an_ambiguous_date_leaves_a_file_undated_only_where_asked(geotiff) -> None:
    path = geotiff("2024-12-10_2024-12-13.tif", FOUR)
    with pytest.raises(DateError, match="2024-12-10 or 2024-12-13"):
        item_from_file(path)
    assert item_from_file(path, dated=False).properties[UNDATED] is True


def test_one_file_a_band_and_its_quality_layer(tmp_path: Path, geotiff) -> None:
    for label in ("SR_B2", "SR_B4", "ST_B10", "QA_PIXEL", "QA_RADSAT"):
        geotiff(f"{LANDSAT}_{label}.TIF", FOUR[:1])
    (item,) = items_from_folder(tmp_path)
    assert item.id == LANDSAT
    assert item.datetime == datetime(2024, 12, 10, tzinfo=UTC)
    assert item.properties[PRODUCT] == "landsat-c2-l2"
    assert sorted(item.assets) == ["blue", "qa_pixel", "red"]
    assert item.assets["qa_pixel"].extra_fields[QUALITY] == [1]
    assert item.assets["red"].extra_fields["raster:bands"][0]["scale"] == 2.75e-5


def test_sentinel2_band_files_with_the_resolution_in_their_names(tmp_path: Path, geotiff) -> None:
    for label in ("B04_10m", "B11_20m", "SCL_20m", "TCI_10m"):
        geotiff(f"T36SYE_20241213T082321_{label}.tif", FOUR[:1])
    (item,) = items_from_folder(tmp_path)
    assert sorted(item.assets) == ["red", "scl", "swir16"]


def test_planetscope_with_its_usable_data_mask(tmp_path: Path, geotiff) -> None:
    geotiff(f"{PLANET}_AnalyticMS_SR.tif", FOUR)
    geotiff(f"{PLANET}_udm2.tif", np.ones((8, 30, 40), np.uint8))
    (item,) = items_from_folder(tmp_path)
    assert item.id == "20241213_081234_56_24ab"
    assert names(item) == ["blue", "green", "red", "nir"]
    assert item.assets["udm2"].extra_fields[QUALITY] == [1, 2, 8]


def test_scl_as_a_band_among_the_others(geotiff) -> None:
    path = geotiff("S2_L2A_2024-12-13.tif", FOUR, descriptions=("B02", "B03", "B04", "SCL"))
    asset = item_from_file(path).assets["data"]
    assert asset.extra_fields[QUALITY] == [4]
    assert "nodata" not in asset.extra_fields["raster:bands"][3]


def test_scenes_come_by_time_and_id_from_all_folders(tmp_path: Path, geotiff) -> None:
    for name in ("b/S2_L2A_2024-12-13.tif", "a/S2_L2A_2024-12-20.tif", "a/.hidden.tif"):
        geotiff(name, FOUR, descriptions=S2)
    geotiff("c/z_2024-12-01.tiff", FOUR)
    ids = [item.id for item in items_from_folder(tmp_path)]
    assert ids == ["z_2024-12-01", "S2_L2A_2024-12-13", "S2_L2A_2024-12-20"]


def test_one_undated_file_in_a_folder_is_said(tmp_path: Path, geotiff) -> None:
    geotiff("S2_L2A_2024-12-13.tif", FOUR, descriptions=S2)
    geotiff("map.tif", FOUR)
    with pytest.raises(DateError, match=r"map\.tif"):
        items_from_folder(tmp_path)


def test_a_folder_without_geotiffs_or_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no GeoTIFF in it"):
        items_from_folder(tmp_path)
    with pytest.raises(UnreadableFile, match="not a folder"):
        items_from_folder(tmp_path / "nothing")


def test_a_quality_layer_alone_is_no_scene(geotiff) -> None:
    path = geotiff("S2_L2A_2024-12-13_SCL.tif", FOUR[:1])
    with pytest.raises(BandError, match="no band"):
        item_from_file(path)


def test_a_band_twice_in_one_scene(tmp_path: Path, geotiff) -> None:
    geotiff("T36SYE_20241213T082321_B04_10m.tif", FOUR[:1])
    geotiff("T36SYE_20241213T082321_B04_20m.tif", FOUR[:1])
    with pytest.raises(BandError, match="red more than once"):
        items_from_folder(tmp_path)


def test_a_declared_offset_is_evidence(tmp_path: Path, geotiff) -> None:
    path = geotiff("S2_L2A_2024-12-13.tif", FOUR, descriptions=S2)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (1e-4,) * 4, (-0.1,) * 4
    said = item_from_file(path).properties["tilewitness:declared_offset_dn"]
    assert said == pytest.approx(1000)


def test_a_plain_file_keeps_its_declared_scale_and_mask(geotiff) -> None:
    path = geotiff("x.tif", np.ones((4, 9, 9), np.uint8), photometric="RGB", ALPHA="YES")
    fields = item_from_file(path, dated=False).assets["data"].extra_fields
    assert len(fields["eo:bands"]) == 3
    assert fields[MASKED] is True
    assert fields["raster:bands"][0] == {"data_type": "uint8", "scale": 1.0, "offset": 0.0}


def test_scenes_that_share_a_name_are_told_apart_by_their_folders(tmp_path: Path, geotiff) -> None:
    for name in ("a/2024-12-13", "b/2024-12-13", "a/c/2024-12-13", "2024-12-13", "a/2024-12-10"):
        geotiff(f"{name}.tif", FOUR)
    found = [item.id for item in items_from_folder(tmp_path)]
    ids = ["2024-12-10", "2024-12-13", "a-2024-12-13", "a-c-2024-12-13", "b-2024-12-13"]
    assert found == ids
