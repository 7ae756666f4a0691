"""Marks travel with a scene, are found by position, and mend nothing but the air."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from imagery import stack
from imagery.catalogs import item_from_file
from imagery.overlay import GROUND, HIDDEN, KEPT, STRUCTURE, attached, marks
from imagery.parts import compose
from imagery.scratch import Scratch

S2 = ("B02", "B03", "B04", "B08", "SCL")
BANDS = ("blue", "green", "red", "nir")
SIZE = (40, 50)


@pytest.fixture
def scene(geotiff):
    def make(codes: np.ndarray, name: str = "S2_L2A_2024-12-13.tif"):
        pixels = np.full((5, *SIZE), 2000, np.uint16)
        pixels[4] = codes
        pixels[1, 9, 9] = 65_535
        pixels[:, codes == 0] = 0
        tags = {"PROCESSING_BASELINE": "02.09"}
        return item_from_file(geotiff(name, pixels, descriptions=S2, tags=tags, nodata=0))

    return make


@pytest.fixture
def plane(tmp_path: Path) -> Scratch:
    scratch = Scratch.create(tmp_path / "marks.raw", shape=(2, *SIZE), dtype="uint8")
    codes = np.full(SIZE, KEPT)
    codes[8:10, 8:10], codes[20, :], codes[30, :] = STRUCTURE, HIDDEN, GROUND
    scratch[1:2, 0 : SIZE[0], 0 : SIZE[1]] = codes[None]
    return scratch


def clear_of(item, grid, chunk=None) -> np.ndarray:
    return np.asarray(stack.load(item, grid, BANDS, chunk=chunk)["clear"].values)


@pytest.mark.parametrize("chunk", [None, 13])
def test_marks_open_and_hide_but_never_what_is_saturated(scene, plane, chunk) -> None:
    item = scene(np.full(SIZE, 9))
    grid = stack.common_grid(item, item)
    clear = clear_of(attached(item, plane, band=1, grid=grid), grid, chunk)
    expected = np.zeros(SIZE, dtype=bool)
    expected[8:10, 8:10] = expected[30] = True
    expected[9, 9] = False
    assert np.array_equal(clear, expected)
    assert not clear_of(item, grid).any()  # the Item that was given stays as it was


def test_hidden_wins_over_a_quality_layer_that_says_clear(scene, plane) -> None:
    item = scene(np.full(SIZE, 4))
    grid = stack.common_grid(item, item)
    marked = attached(item, plane, band=1, grid=grid)
    assert np.flatnonzero(~clear_of(marked, grid).all(axis=1)).tolist() == [9, 20]
    assert np.flatnonzero(~stack.usable(marked, grid, BANDS)[0].all(axis=1)).tolist() == [20]


def test_a_window_and_a_grid_moved_by_less_than_half_a_pixel_find_the_same(scene, plane) -> None:
    item = scene(np.full(SIZE, 9))
    grid = stack.common_grid(item, item)
    marked = attached(item, plane, band=1, grid=grid)
    whole = marks(marked, grid)
    assert whole is not None
    assert np.array_equal(marks(marked, grid[5:25, 7:11]), whole[5:25, 7:11])
    moved = GeoBox(grid.shape, grid.affine @ Affine.translation(0.4, -0.4), grid.crs)
    assert np.array_equal(marks(marked, moved), whole)
    beside = GeoBox(grid.shape, grid.affine @ Affine.translation(0, 20), grid.crs)
    found = marks(marked, beside)
    assert np.array_equal(found[:20], whole[20:])
    assert not found[20:].any()
    assert marks(marked, GeoBox(grid.shape, grid.affine, "EPSG:32637")) is None


def test_parts_of_one_pass_carry_the_same_marks(scene, plane) -> None:
    half = np.full(SIZE, 9)
    half[:, :25] = 0  # there the second part counts
    first = scene(half)
    second = scene(np.full(SIZE, 9), name="b/S2_L2A_2024-12-13.tif")
    item = compose([first, second])
    grid = stack.common_grid(item, item)
    marked = attached(item, plane, band=1, grid=grid)
    assert clear_of(marked, grid).sum() == 3 + SIZE[1]
    assert stack.usable(marked, grid, BANDS)[0].sum() == 4 + SIZE[1]
