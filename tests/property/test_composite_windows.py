"""A pixel of a pass put together from tiles is the same for every chunk and every window."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from small_tiffs import write_geotiff

from imagery.catalogs import item_from_file
from imagery.parts import compose, parts
from imagery.stack import common_grid, load

BANDS = ("b1", "b2")
TOP = 3_920_000
ZONES = {  # the second tile: on the lattice of the first, or in the next UTM zone
    "one zone": ("EPSG:32636", Affine(10, 0, 301_500, 0, -10, TOP - 400)),
    "two zones": None,
}


def next_zone(crs: str) -> tuple[str, Affine]:
    """A grid of the next zone over the eastern half of the first tile."""
    here = GeoBox((200, 200), Affine(10, 0, 301_200, 0, -10, TOP), "EPSG:32636")
    box = here.footprint(crs).boundingbox
    return crs, Affine(10, 0, round(box.left, -1), 0, -10, round(box.top, -1))


@pytest.fixture(scope="module", params=ZONES)
def scene(request, tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("tiles")
    noise = np.random.default_rng(7).integers(1, 9000, (2, 2, 210, 220), dtype=np.uint16)
    noise[0, :, 30:60, 100:150] = 0
    noise[1, :, 10:20] = 0
    crs, transform = ZONES[request.param] or next_zone("EPSG:32637")
    first = write_geotiff(
        folder / "a.tif", noise[0], transform=Affine(10, 0, 300_000, 0, -10, TOP), nodata=0
    )
    second = write_geotiff(folder / "b.tif", noise[1], crs=crs, transform=transform, nodata=0)
    tiles = [item_from_file(path, dated=False) for path in (first, second)]
    for tile in tiles:
        tile.datetime = datetime(2024, 12, 13, 8, tzinfo=UTC)
    item = compose(tiles)
    geobox = common_grid(item, item)
    return item, tiles, geobox, load(item, geobox, BANDS, chunk=None)


def test_the_first_part_with_data_counts(scene) -> None:
    item, tiles, geobox, whole = scene
    alone = [load(tile, geobox, BANDS, chunk=None)["reflectance"].values for tile in tiles]
    first = np.isfinite(alone[0]).all(axis=0)
    expected = np.where(first, alone[0], alone[1])
    np.testing.assert_array_equal(whole["reflectance"].values, expected)
    assert (np.isfinite(alone[1]).all(axis=0) & ~first).sum() > 5000
    assert (np.isfinite(alone[1]).all(axis=0) & first).sum() > 5000
    assert [part.id for part in parts(item)] == ["a", "b"]


@settings(max_examples=10, deadline=None)
@given(chunk=st.integers(40, 450))
def test_chunks(scene, chunk: int) -> None:
    item, _, geobox, whole = scene
    lazy = load(item, geobox, BANDS, chunk=chunk).compute()
    np.testing.assert_array_equal(lazy["reflectance"], whole["reflectance"])
    np.testing.assert_array_equal(lazy["clear"], whole["clear"])


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_windows(scene, data) -> None:
    item, _, geobox, whole = scene
    rows, columns = (
        slice(*sorted(data.draw(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))))
        for n in geobox.shape.yx
    )
    rows, columns = slice(rows.start, rows.stop + 1), slice(columns.start, columns.stop + 1)
    part = load(item, geobox[rows, columns], BANDS, chunk=None)["reflectance"].values
    np.testing.assert_array_equal(part, whole["reflectance"].values[:, rows, columns])
