"""From Items to reflectance and a clear mask."""

from __future__ import annotations

import pickle
from pathlib import Path

import dask
import numpy as np
import pytest
import rasterio
from affine import Affine

from imagery.catalogs import item_from_file, items_from_folder
from imagery.errors import BandError, OffsetError, UnreadableFile
from imagery.stack import (
    check_offsets,
    common_bands,
    common_grid,
    load,
    offset_decision,
    on_grid,
    usable,
)

S2 = ("B02", "B03", "B04", "B08")
BANDS = ("blue", "green", "red", "nir")
NAME = "S2_L2A_2024-12-13.tif"
OLD, NEW = {"PROCESSING_BASELINE": "02.09"}, {"PROCESSING_BASELINE": "05.11"}
UTM = Affine(10, 0, 300_000, 0, -10, 3_920_000)


def dn(low: int = 1000, size: tuple[int, int] = (60, 70), bands: int = 4) -> np.ndarray:
    return np.random.default_rng(3).integers(low, 9000, (bands, *size), dtype=np.uint16)


def read(item, bands=BANDS, chunk=None):
    return load(item, common_grid(item, item), bands, chunk=chunk)


def test_reflectance_is_exact_and_no_data_is_nan(geotiff) -> None:
    pixels = dn()
    pixels[1, 4, 5] = 0
    got = read(item_from_file(geotiff(NAME, pixels, descriptions=S2, tags=OLD)))
    expected = (pixels * 1e-4).astype(np.float32)
    expected[1, 4, 5] = np.nan
    np.testing.assert_array_equal(got["reflectance"], expected)
    assert got["reflectance"].dims == ("band", "y", "x")
    assert list(got["band"].values) == list(BANDS)
    assert got["clear"].all()


def test_bands_come_as_asked(geotiff) -> None:
    pixels = dn()
    item = item_from_file(geotiff(NAME, pixels, descriptions=S2, tags=OLD))
    got = read(item, ("nir", "blue"))["reflectance"].values
    np.testing.assert_array_equal(got, (pixels[[3, 0]] * 1e-4).astype(np.float32))


def test_the_offset_is_taken_off_and_dark_stays_valid(geotiff) -> None:
    pixels = dn(low=1000)
    pixels[0, 0, 0] = 980
    got = read(item_from_file(geotiff(NAME, pixels, descriptions=S2, tags=NEW)))
    assert got.attrs["offset_status"] == "subtracted"
    assert got["reflectance"].values[0, 0, 0] == pytest.approx(-0.002)
    np.testing.assert_allclose(got["reflectance"], (pixels - 1000.0) * 1e-4, atol=1e-7)


def test_the_decision_is_measured_once_and_kept_on_the_item(geotiff) -> None:
    path = geotiff(NAME, dn(low=300), descriptions=S2, tags=NEW)
    item = item_from_file(path)
    first = offset_decision(item)
    path.unlink()
    assert first.status == "vetoed"
    assert offset_decision(item) == first
    assert item.properties["tilewitness:offset_dn"] == 0


def test_undetermined_pairs_go_on_only_where_they_agree(geotiff) -> None:
    first = item_from_file(geotiff("a/" + NAME, dn(1100), descriptions=S2))
    second = item_from_file(geotiff("b/" + NAME, dn(1200), descriptions=S2))
    check_offsets(first, second)
    assert offset_decision(first).status == "undetermined"
    third = item_from_file(geotiff("c/" + NAME, dn(2200), descriptions=S2))
    with pytest.raises(OffsetError, match="PROCESSING_BASELINE"):
        check_offsets(first, third)


def test_scl_and_saturation_make_the_clear_mask(geotiff) -> None:
    pixels = np.concatenate([dn(), np.full((1, 60, 70), 4, np.uint16)])
    pixels[4, 0, :3] = (3, 9, 11)
    pixels[2, 5, 5] = 65_535
    path = geotiff(NAME, pixels, descriptions=(*S2, "SCL"), tags=OLD)
    clear = read(item_from_file(path))["clear"].values
    assert clear[0, :4].tolist() == [False, False, True, True]
    assert not clear[5, 5]
    assert clear.sum() == clear.size - 3


def test_a_coarser_quality_layer_beside_its_scene(tmp_path: Path, geotiff) -> None:
    classes = np.full((1, 30, 35), 4, np.uint8)
    classes[0, 2, 3] = 8
    geotiff("S2_L2A_2024-12-13.tif", dn(), descriptions=S2, tags=OLD)
    coarse = UTM @ Affine.scale(2)
    geotiff("S2_L2A_2024-12-13_SCL_20m.tif", classes, transform=coarse)
    (item,) = items_from_folder(tmp_path)
    for chunk in (None, 17):
        clear = read(item, chunk=chunk)["clear"].values
        assert np.argwhere(~clear).tolist() == [[4, 6], [4, 7], [5, 6], [5, 7]]


def test_landsat_bits_and_scale(tmp_path: Path, geotiff) -> None:
    stem = "LC09_L2SP_174036_20241210_20241212_02_T1_"
    quality = np.full((1, 60, 70), 21_824, np.uint16)
    quality[0, 1, 1] = 22_280
    geotiff(stem + "SR_B4.TIF", np.full((1, 60, 70), 10_000, np.uint16))
    geotiff(stem + "QA_PIXEL.TIF", quality)
    (item,) = items_from_folder(tmp_path)
    got = read(item, ("red",), chunk=32).compute()
    np.testing.assert_allclose(got["reflectance"], 0.075, atol=1e-7)
    assert np.argwhere(~got["clear"].values).tolist() == [[1, 1]]


def test_planetscope_mask(tmp_path: Path, geotiff) -> None:
    stem = "20241213_081234_56_24ab_3B_"
    mask = np.zeros((8, 60, 70), np.uint8)
    mask[0] = 1
    mask[[0, 5], 7, 8] = (0, 1)
    geotiff(stem + "AnalyticMS_SR.tif", dn())
    geotiff(stem + "udm2.tif", mask)
    (item,) = items_from_folder(tmp_path)
    assert np.argwhere(~read(item)["clear"].values).tolist() == [[7, 8]]


def test_a_plain_geotiff_is_read_as_it_is(geotiff) -> None:
    pixels = dn().astype(np.float32)
    pixels[0, 0, 0], pixels[0, 0, 1], pixels[1, 3, 3] = np.nan, np.inf, 50_000
    item = item_from_file(geotiff("a.tif", pixels, nodata=50_000), dated=False)
    got = read(item, ("b1", "b2"))["reflectance"].values
    assert np.isnan(got[0, 0, :2]).all()
    assert np.isnan(got[1, 3, 3])
    np.testing.assert_array_equal(got[0, 1:], pixels[0, 1:])


def test_a_mask_in_the_file_is_no_data(geotiff) -> None:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        path = geotiff("a.tif", dn())
        with rasterio.open(path, "r+") as file:
            file.write_mask(np.indices((60, 70))[0] >= 10)
    got = read(item_from_file(path, dated=False), ("b1",))["reflectance"].values
    assert np.isnan(got[0, :10]).all()
    assert np.isfinite(got[0, 10:]).all()


@pytest.mark.parametrize("shift", [0, 0.5])
def test_outside_the_file_is_nan_with_or_without_a_declared_no_data(geotiff, shift) -> None:
    item = item_from_file(geotiff("a.tif", dn()), dated=False)
    geobox = common_grid(item, item).translate_pix(shift, 0).pad(3)
    assert on_grid(item, geobox) == (shift == 0)
    for chunk in (None, 20):
        got = load(item, geobox, ("b1",), chunk=chunk)["reflectance"].values[0]
        assert np.isnan(got[:3]).all()
        assert np.isfinite(got[4:-4, 4:-4]).all()


def test_different_products_and_bands_are_refused(geotiff) -> None:
    first = item_from_file(geotiff(NAME, dn(), descriptions=S2))
    other = item_from_file(geotiff("S2_L1C_2024-12-10.tif", dn(), descriptions=S2))
    with pytest.raises(BandError, match="sentinel-2-l2a and sentinel-2-l1c"):
        common_bands(first, other)
    fewer = item_from_file(geotiff("S2_L2A_2024-12-10.tif", dn()[:2], descriptions=S2[:2]))
    with pytest.raises(BandError, match="blue, green, red, nir and blue, green"):
        common_bands(first, fewer)
    with pytest.raises(BandError, match="has no band swir16"):
        load(first, common_grid(first, first), ("swir16",), chunk=None)


def test_bands_come_in_the_order_of_the_product(geotiff) -> None:
    order = ("B08", "B04", "SCL", "B02", "B03")
    item = item_from_file(geotiff(NAME, dn(bands=5), descriptions=order))
    assert common_bands(item, item) == BANDS


@pytest.mark.parametrize("value", [0, 7])
def test_all_no_data_is_said(geotiff, value: int) -> None:
    empty = np.full((4, 600, 700), value, np.uint16)
    path = geotiff(NAME, empty, descriptions=S2, nodata=value)
    with pytest.raises(UnreadableFile, match="no data in any pixel"):
        read(item_from_file(path))


def test_data_in_one_corner_of_a_large_file_is_found(geotiff) -> None:
    pixels = np.zeros((1, 512 * 6, 512), np.uint8)
    pixels[0, 512, 0] = 5
    item = item_from_file(geotiff("a.tif", pixels, nodata=0), dated=False)
    assert offset_decision(item).status == "none"


@pytest.mark.parametrize("chunk", [None, 200])
@pytest.mark.parametrize("shift", [0, 0.5])
def test_pixels_cut_off_are_an_error_that_names_the_file(geotiff, chunk, shift) -> None:
    noise = np.random.default_rng(1).integers(1, 9000, (4, 1500, 600), dtype=np.uint16)
    path = geotiff("cut.tif", noise, tiled=True, blockxsize=256, blockysize=256)
    item = item_from_file(path, dated=False)
    geobox = common_grid(item, item).translate_pix(shift, 0)
    offset_decision(item)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with (
        dask.config.set(scheduler="threads"),
        pytest.raises(UnreadableFile, match=r"cut\.tif") as e,
    ):
        load(item, geobox, ("b1", "b4"), chunk=chunk).compute()
    assert str(pickle.loads(pickle.dumps(e.value))) == str(e.value)


def test_scenes_and_bands_do_not_share_a_key_in_one_graph(geotiff) -> None:
    item = item_from_file(geotiff(NAME, dn(), descriptions=S2, tags=OLD))
    single = [read(item, (band,), chunk=40)["reflectance"] for band in BANDS]
    together = np.concatenate([part.values for part in dask.compute(*single)])
    np.testing.assert_array_equal(together, read(item)["reflectance"])


def test_the_scl_may_be_the_first_band(geotiff) -> None:
    pixels = dn()
    pixels[0], pixels[1:, :30] = 4, 0
    item = item_from_file(geotiff(NAME, pixels, descriptions=("SCL", *S2[:3])))
    assert offset_decision(item).status == "undetermined"


def test_one_task_reads_and_one_decodes_each_chunk(geotiff) -> None:
    item = item_from_file(geotiff(NAME, dn(), descriptions=S2, tags=OLD))
    lazy = read(item, chunk=20)["reflectance"].data
    assert lazy.chunks == ((4,), (20, 20, 20), (20, 20, 20, 10))
    assert len(dict(lazy.__dask_graph__())) <= 2 * 12 + 5


def clipped(quality: bool, **said) -> tuple[np.ndarray, dict[str, object]]:
    """Red is 0 at (3, 4), everything at (5, 6), where a classification says no data as well."""
    pixels = dn(low=200, bands=5)
    pixels[4] = 6
    pixels[2, 3, 4] = 0
    pixels[:4, 5, 6] = 0
    pixels[:4, 7, 8] = (0, 400, 0, 0)
    pixels[4, 7, 8] = 0
    names = (*S2, "SCL") if quality else S2
    return pixels[: len(names)], {"descriptions": names, "nodata": 0, **said}


@pytest.mark.parametrize("chunk", [None, 4, 37])
@pytest.mark.parametrize("shift", [0.0, 0.25])
def test_a_clipped_reflectance_is_zero_and_not_no_data(geotiff, chunk, shift) -> None:
    pixels, said = clipped(True, tags=OLD)
    item = item_from_file(geotiff(NAME, pixels, **said))
    geobox = common_grid(item, item).translate_pix(shift, 0)
    got = load(item, geobox, BANDS, chunk=chunk)["reflectance"].values
    assert got[2, 3, 4] == 0
    assert np.isnan(got[:, 5, 6]).all()
    assert np.isnan(got[[0, 2, 3], 7, 8]).all()
    assert np.isfinite(got).sum() == got.size - 4 - 3


def test_without_a_quality_layer_a_zero_is_no_data(geotiff) -> None:
    pixels, said = clipped(False, tags=OLD)
    got = read(item_from_file(geotiff(NAME, pixels, **said)))["reflectance"].values
    assert np.isnan(got[2, 3, 4])


def test_with_the_offset_in_it_nothing_was_clipped(geotiff) -> None:
    pixels, said = clipped(True, tags=NEW)
    pixels[:4] += np.uint16(1000)
    pixels[2, 3, 4] = 0
    got = read(item_from_file(geotiff(NAME, pixels, **said)))
    assert got.attrs["offset_status"] == "subtracted"
    assert np.isnan(got["reflectance"].values[2, 3, 4])


def test_a_clipped_band_in_a_file_of_its_own(tmp_path: Path, geotiff) -> None:
    pixels, _ = clipped(True)
    for name, plane in zip(("B02", "B03", "B04", "B08", "SCL"), pixels, strict=True):
        geotiff(f"S2_L2A_2024-12-13_{name}.tif", plane[None], nodata=0, tags=OLD)
    (item,) = items_from_folder(tmp_path)
    for chunk in (None, 13):
        got = read(item, chunk=chunk)["reflectance"].values
        assert got[2, 3, 4] == 0
        assert np.isnan(got[:, 5, 6]).all()


def test_usable_reads_the_quality_layer_alone(tmp_path: Path, geotiff) -> None:
    pixels, _ = clipped(True)
    pixels[4, 0, :3] = (3, 9, 11)
    for name, plane in zip(("B02", "SCL"), pixels[[0, 4]], strict=True):
        geotiff(f"S2_L2A_2024-12-13_{name}.tif", plane[None], nodata=0, tags=OLD)
    (item,) = items_from_folder(tmp_path)
    geobox = common_grid(item, item)
    (tmp_path / "S2_L2A_2024-12-13_B02.tif").unlink()
    clear, seen = usable(item, geobox, ("blue",))
    assert clear[0, :4].tolist() == [False, False, True, True]
    assert np.argwhere(~seen).tolist() == [[7, 8]]
    assert "tilewitness:offset_dn" not in item.properties
