"""A pixel is the same for every chunk and every window, however the scene has to be resampled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from small_tiffs import write_geotiff

from imagery.catalogs import item_from_file
from imagery.stack import common_grid, load

SIZE = (230, 260)
BANDS = ("b1", "b2")
GRIDS = {
    "geographic": ("EPSG:4326", Affine(1.1e-4, 0, 35.9001, 0, -0.8e-4, 35.4003)),
    "mercator": ("EPSG:3857", Affine(9.97, 0, 3_996_003.1, 0, -10.03, 4_209_001.7)),
    "turned": ("EPSG:32637", Affine(9, 2, 218_000.3, 2, -9, 3_921_000.9)),
    "odd": ("EPSG:32637", Affine(9.876543, 0, 218_000.123, 0, -9.876543, 3_921_000.456)),
}


@pytest.fixture(scope="module", params=GRIDS)
def scene(request, tmp_path_factory):
    crs, transform = GRIDS[request.param]
    pixels = np.random.default_rng(5).integers(1, 9000, (2, *SIZE), dtype=np.uint16)
    pixels[:, 50:60, 70:90] = 0
    folder: Path = tmp_path_factory.mktemp(request.param)
    path = write_geotiff(folder / "a.tif", pixels, crs=crs, transform=transform, nodata=0)
    item = item_from_file(path, dated=False)
    geobox = common_grid(item, item)
    if request.param == "odd":
        geobox = geobox.translate_pix(0.3141, -0.2718)
    whole = load(item, geobox, BANDS, chunk=None)["reflectance"].values
    assert np.isfinite(whole).mean() > 0.6
    return item, geobox, whole


@settings(max_examples=12, deadline=None)
@given(chunk=st.integers(23, 300))
def test_chunks(scene, chunk: int) -> None:
    item, geobox, whole = scene
    lazy = load(item, geobox, BANDS, chunk=chunk)["reflectance"].values
    np.testing.assert_array_equal(lazy, whole)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_windows(scene, data) -> None:
    item, geobox, whole = scene
    rows, columns = (
        slice(*sorted(data.draw(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))))
        for n in geobox.shape.yx
    )
    rows, columns = slice(rows.start, rows.stop + 1), slice(columns.start, columns.stop + 1)
    part = load(item, geobox[rows, columns], BANDS, chunk=None)["reflectance"].values
    np.testing.assert_array_equal(part, whole[:, rows, columns])
