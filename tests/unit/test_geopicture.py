from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox

from imagery.errors import WriteError
from imagery.geopicture import write_geopictures
from imagery.quicklook import View, stretch, stretched
from imagery.write import Subject

SHAPE = (60, 80)
GRID = GeoBox.from_bbox((500000, 3900000, 501600, 3901200), crs="EPSG:32636", resolution=10)
SUBJECT = Subject("hmeimim", datetime(2024, 12, 10, tzinfo=UTC), datetime(2024, 12, 13, tzinfo=UTC))


def view(bands=3):
    random = np.random.default_rng(5)
    before = random.uniform(0.02, 0.3, size=(bands, *SHAPE)).astype(np.float32)
    after = before * np.float32(1.4)
    before[:, 50:, :12] = np.nan
    classes = np.ones(SHAPE, dtype=np.uint8)
    classes[:10, :10] = 4
    return View(before, after, classes, 20.0, SUBJECT)


def test_they_lie_where_the_grid_lies(tmp_path):
    write_geopictures(view(), tmp_path, grid=GRID, factor=2)
    for name in ("before", "after"):
        with rasterio.open(tmp_path / f"{name}.tif") as raster:
            assert raster.shape == SHAPE
            assert raster.crs.to_epsg() == 32636
            assert raster.res == (20, 20)
            assert (raster.bounds.left, raster.bounds.top) == (500000, 3901200)
            assert [each.name for each in raster.colorinterp] == ["red", "green", "blue"]
            assert raster.nodatavals == (0, 0, 0)
            assert "SIMULATED" not in raster.tags()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after.tif", "before.tif"]


@pytest.mark.parametrize("bands", [1, 3])
def test_they_show_what_the_pictures_show(tmp_path, bands):
    scene = view(bands)
    write_geopictures(scene, tmp_path, grid=GRID, factor=1)
    low, high = stretch(scene)
    with rasterio.open(tmp_path / "before.tif") as raster:
        pixels, tags = raster.read(), raster.tags()
    missing = np.isnan(scene.before).any(axis=0)
    assert (pixels[:, missing] == 0).all()
    assert (pixels[:, ~missing] > 0).all(), "black ground is not no data"
    shown = np.moveaxis(stretched(scene.before, low, high), -1, 0)
    np.testing.assert_array_equal(pixels[:, ~missing], np.maximum(shown[:, ~missing], 1))
    np.testing.assert_allclose(np.array(tags["STRETCH_LOW"].split(), float), low, rtol=1e-5)


def test_the_same_every_time(tmp_path):
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_geopictures(view(), tmp_path / name, grid=GRID, factor=1)
        made.append((tmp_path / name / "after.tif").read_bytes())
    assert made[0] == made[1]


def test_simulated_ones_have_the_word_across_them(tmp_path):
    scene = view()
    write_geopictures(scene, tmp_path, grid=GRID, factor=1)
    with rasterio.open(tmp_path / "after.tif") as raster:
        real = raster.read()
    made_up = replace(scene, subject=replace(SUBJECT, simulated=True))
    write_geopictures(made_up, tmp_path, grid=GRID, factor=1)
    with rasterio.open(tmp_path / "after.tif") as raster:
        assert raster.tags()["SIMULATED"] == "YES"
        assert 0.02 < (raster.read() != real).any(axis=0).mean() < 0.6


def test_a_missing_folder_is_one_error(tmp_path):
    with pytest.raises(WriteError, match=r"Could not write before\.tif"):
        write_geopictures(view(), tmp_path / "none", grid=GRID, factor=1)
