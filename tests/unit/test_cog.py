from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from rio_cogeo import cog_validate

from imagery.cog import CLASS_CODES, CLASSES, DIFF, write_cog
from imagery.errors import WriteError
from imagery.scratch import Scratch

GRID = GeoBox.from_bbox((600_000, 3_900_000, 606_130, 3_905_250), crs="EPSG:32637", resolution=10)
SHAPE = (2, 525, 613)


def scores():
    image = np.random.default_rng(7).normal(size=SHAPE).astype(np.float32)
    image[:, :40, :70] = np.nan
    return image


def codes():
    y, x = np.indices(SHAPE[1:])
    return ((y // 7 + x // 11) % 6).astype(np.uint8)[None]


def scratch_of(image, path):
    scratch = Scratch.create(path, shape=image.shape, dtype=image.dtype.name)
    scratch[:, :, :] = image
    return scratch


@pytest.fixture
def written(tmp_path):
    diff, classes = tmp_path / "diff.tif", tmp_path / "classes.tif"
    write_cog(scratch_of(scores(), tmp_path / "d.bin"), diff, grid=GRID, encoding=DIFF)
    write_cog(scratch_of(codes(), tmp_path / "c.bin"), classes, grid=GRID, encoding=CLASSES)
    return diff, classes


def test_both_are_valid_cogs_and_leave_nothing_beside_them(written):
    for path in written:
        assert cog_validate(path, strict=True) == (True, [], [])
    left = {path.name for path in written[0].parent.iterdir()}
    assert left == {"diff.tif", "classes.tif", "d.bin", "c.bin"}


def test_diff_has_exactly_its_grid_pixels_and_encoding(written):
    with rasterio.open(written[0]) as raster:
        assert raster.shape == SHAPE[1:]
        assert raster.transform == GRID.transform
        assert raster.crs.to_epsg() == 32637
        assert raster.dtypes == ("float32", "float32")
        assert np.isnan(raster.nodata)
        assert raster.descriptions == ("score", "signed")
        assert raster.overviews(1) == [2]
        assert raster.block_shapes[0] == (512, 512)
        structure = raster.tags(ns="IMAGE_STRUCTURE")
        assert (structure["COMPRESSION"], structure["PREDICTOR"]) == ("DEFLATE", "3")
        np.testing.assert_array_equal(raster.read(), scores())
        # Only what follows from pixels and grid: no date, no software.
        assert raster.tags() == {"AREA_OR_POINT": "Area"}


def test_overviews_average_what_is_not_nan(tmp_path):
    # Even sides: one coarse pixel is then exactly two by two fine ones.
    image = np.random.default_rng(3).normal(size=(2, 520, 600)).astype(np.float32)
    image[:, :40, :70] = np.nan
    image[:, 100, 200] = np.nan
    grid = GeoBox((520, 600), GRID.transform, GRID.crs)
    write_cog(scratch_of(image, tmp_path / "d.bin"), tmp_path / "d.tif", grid=grid, encoding=DIFF)
    with rasterio.open(tmp_path / "d.tif", OVERVIEW_LEVEL=0) as raster:
        coarse = raster.read()
    squares = image.reshape(2, 260, 2, 300, 2)
    known = ~np.isnan(squares)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, squares, 0).sum(axis=(2, 4)) / known.sum(axis=(2, 4))
    np.testing.assert_allclose(coarse, mean, rtol=1e-4, atol=1e-6)
    assert np.isnan(coarse[:, :20, :35]).all()
    assert not np.isnan(coarse[:, 50, 100]).any()


def test_classes_keep_colours_names_and_commonest_overviews(written):
    with rasterio.open(written[1]) as raster:
        table, tags = raster.colormap(1), raster.tags(1)
        assert raster.dtypes == ("uint8",)
        assert raster.nodata == 0
        assert raster.colorinterp[0].name == "palette"
        np.testing.assert_array_equal(raster.read(), codes())
    for code in CLASS_CODES:
        assert table[code.value][:3] == code.colour
        assert tags[f"CLASS_{code.value}"] == code.name
    assert table[0][3] == 0, "no data is transparent"
    with rasterio.open(written[1], OVERVIEW_LEVEL=0) as raster:
        coarse = raster.read(1)
    # Inside a tile of one code the commonest is that code; an average would make new ones.
    assert set(np.unique(coarse)) <= set(range(6))
    assert coarse[0, 8] == codes()[0, 1, 17]


def test_the_number_of_threads_changes_no_byte(tmp_path):
    scratch = scratch_of(scores(), tmp_path / "d.bin")
    made = []
    for workers in (1, 2, 5):
        write_cog(scratch, tmp_path / "d.tif", grid=GRID, encoding=DIFF, workers=workers)
        made.append((tmp_path / "d.tif").read_bytes())
    assert made[0] == made[1] == made[2]


def test_the_folder_changes_no_byte(tmp_path):
    made = []
    for name in ("one", "another_longer_name"):
        (tmp_path / name).mkdir()
        scratch = scratch_of(codes(), tmp_path / name / "c.bin")
        write_cog(scratch, tmp_path / name / "c.tif", grid=GRID, encoding=CLASSES)
        made.append((tmp_path / name / "c.tif").read_bytes())
    assert made[0] == made[1]


def test_tags_are_written(tmp_path):
    simulated = replace(CLASSES, tags=(("SIMULATED", "YES"),))
    path = tmp_path / "c.tif"
    write_cog(scratch_of(codes(), tmp_path / "c.bin"), path, grid=GRID, encoding=simulated)
    with rasterio.open(path) as raster:
        assert raster.tags()["SIMULATED"] == "YES"


def test_a_grid_without_epsg_code_survives(tmp_path):
    crs = "+proj=laea +lat_0=35 +lon_0=36 +datum=WGS84 +units=m +type=crs"
    grid = GeoBox((64, 80), GRID.transform, crs)
    path = tmp_path / "c.tif"
    image = np.ones((1, 64, 80), dtype=np.uint8)
    write_cog(scratch_of(image, tmp_path / "c.bin"), path, grid=grid, encoding=CLASSES)
    with rasterio.open(path) as raster:
        assert grid.crs == raster.crs


def test_an_unwritable_place_is_one_error(tmp_path):
    scratch = scratch_of(codes(), tmp_path / "c.bin")
    with pytest.raises(WriteError, match=r"Could not write c\.tif"):
        write_cog(scratch, tmp_path / "none" / "c.tif", grid=GRID, encoding=CLASSES)


def test_a_raster_that_is_not_what_was_given_is_refused(tmp_path, monkeypatch):
    scratch = scratch_of(codes(), tmp_path / "c.bin")
    other = scratch_of(codes() // 2, tmp_path / "o.bin")
    write_cog(other, tmp_path / "c.tif", grid=GRID, encoding=CLASSES)
    monkeypatch.setattr("imagery.cog.copy", lambda *_, **__: None)
    with pytest.raises(WriteError, match="its pixels are not the ones it was given"):
        write_cog(scratch, tmp_path / "c.tif", grid=GRID, encoding=CLASSES)
