"""One metric grid for two scenes, whatever grids they come on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from imagery import grid as module
from imagery.catalogs import item_from_file
from imagery.errors import GridError, TooLarge
from imagery.grid import common_grid, covers, item_geobox, on_grid, pixel_size, whole_shift
from imagery.parts import compose
from imagery.stack import load

UTM = Affine(10, 0, 300_000, 0, -10, 3_920_000)
DEGREE = 1e-4


def scene(geotiff, name: str, size=(60, 50), transform=UTM, crs="EPSG:32636"):
    pixels = np.ones((1, *size), np.uint16)
    return item_from_file(geotiff(name, pixels, transform=transform, crs=crs), dated=False)


def degrees(latitude: float, name: str, geotiff, label: str = ""):
    transform = Affine(DEGREE, 0, 35.0, 0, -DEGREE, latitude)
    pixels = np.ones((1, 200, 200), np.uint16)
    said = {"descriptions": (label,)} if label else {}
    path = geotiff(name, pixels, transform=transform, crs="EPSG:4326", **said)
    return item_from_file(path, dated=False)


def test_the_same_grid_is_kept_exactly(geotiff) -> None:
    before, after = scene(geotiff, "a.tif"), scene(geotiff, "b.tif")
    assert common_grid(before, after) == item_geobox(before)


def test_the_intersection_on_the_lattice_of_before(geotiff) -> None:
    before = scene(geotiff, "a.tif")
    after = scene(geotiff, "b.tif", transform=UTM @ Affine.translation(7, -5))
    geobox = common_grid(before, after)
    assert geobox == item_geobox(before)[0:55, 7:50]
    assert on_grid(before, geobox)
    assert on_grid(after, geobox)


def test_a_part_of_a_pixel_makes_another_grid(geotiff) -> None:
    before = scene(geotiff, "a.tif")
    after = scene(geotiff, "b.tif", transform=UTM @ Affine.translation(0.3, 0))
    geobox = common_grid(before, after)
    assert on_grid(before, geobox)
    assert not on_grid(after, geobox)


def test_the_coarser_grid_is_taken(geotiff) -> None:
    fine, coarse = Affine(10, 0, 300_010, 0, -10, 3_919_990), Affine(30, 0, 3e5, 0, -30, 3.92e6)
    before = scene(geotiff, "a.tif", transform=fine)
    after = scene(geotiff, "b.tif", transform=coarse)
    geobox = common_grid(before, after)
    assert geobox.resolution.x == 30
    assert on_grid(after, geobox)


@pytest.mark.parametrize(("latitude", "code"), [(35.0, 32636), (-35.0, 32736), (85.0, 32661)])
def test_degrees_become_metres(geotiff, latitude: float, code: int) -> None:
    item = degrees(latitude, "a.tif", geotiff)
    geobox = common_grid(item, item)
    assert geobox.crs.to_epsg() == code
    side = geobox.resolution.x
    expected = 111_200 * DEGREE * math.sqrt(math.cos(math.radians(latitude)))
    assert side == pytest.approx(expected, rel=0.02)
    assert geobox.transform.c % side == pytest.approx(0, abs=1e-6)


def test_near_its_nominal_resolution_a_product_gets_just_that(geotiff) -> None:
    item = degrees(35.0, "S2_L1C_2016-01-20.tif", geotiff, "B04")
    assert common_grid(item, item).resolution.x == 10


def test_web_mercator_is_distorted_and_not_kept(geotiff) -> None:
    place = Affine(10, 0, 4_000_000, 0, -10, 4_200_000)
    item = scene(geotiff, "a.tif", transform=place, crs="EPSG:3857")
    geobox = common_grid(item, item)
    assert geobox.crs.to_epsg() == 32636
    assert geobox.resolution.x == pytest.approx(10 * math.cos(math.radians(35.25)), rel=0.01)


def test_feet_and_rotated_grids_become_north_up_metres(geotiff) -> None:
    feet = scene(geotiff, "a.tif", transform=Affine(30, 0, 1e6, 0, -30, 2e5), crs="EPSG:2263")
    assert common_grid(feet, feet).crs.to_epsg() == 32618
    turned = scene(geotiff, "b.tif", transform=UTM @ Affine.rotation(10))
    geobox = common_grid(turned, turned)
    assert geobox.transform.b == 0
    assert geobox.resolution.x == pytest.approx(10, rel=0.01)


def test_no_overlap_says_both_extents(geotiff) -> None:
    before = scene(geotiff, "a.tif")
    after = scene(geotiff, "b.tif", transform=UTM @ Affine.translation(50, 0))
    with pytest.raises(GridError, match=r"a covers 30\.\d+ to .* b covers 30\.") as caught:
        common_grid(before, after)
    assert "do not overlap" in str(caught.value)


def test_a_sliver_is_no_overlap(geotiff) -> None:
    before = scene(geotiff, "a.tif")
    after = scene(geotiff, "b.tif", transform=UTM @ Affine.translation(49.995, 0))
    with pytest.raises(GridError, match="do not overlap"):
        common_grid(before, after)


def test_a_place_that_is_nowhere(geotiff) -> None:
    with pytest.raises(GridError, match="nowhere on the ground"):
        scene(geotiff, "a.tif", transform=Affine(1, 0, 500, 0, -1, 200), crs="EPSG:4326")


def test_a_grid_beyond_reading_is_refused(geotiff, monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_PIXELS", 100)
    item = scene(geotiff, "a.tif")
    with pytest.raises(TooLarge, match="50 x 60 pixels"):
        common_grid(item, item)


@pytest.mark.parametrize(("shift", "on"), [(0, True), (0.009, True), (0.011, False), (0.5, False)])
def test_tolerance(shift: float, on: bool) -> None:
    source = GeoBox((60, 50), UTM, "EPSG:32636")
    assert (whole_shift(source, source.translate_pix(shift, 0)) is not None) == on


def test_a_drifting_pixel_size_is_another_grid() -> None:
    source = GeoBox((1000, 1000), UTM, "EPSG:32636")
    drift = GeoBox((1000, 1000), UTM @ Affine.scale(1.00002), "EPSG:32636")
    assert whole_shift(source, drift) is None
    assert whole_shift(source, drift[:10, :10]) is None


def test_covers_needs_every_pixel() -> None:
    source = GeoBox((60, 50), UTM, "EPSG:32636")
    assert covers(source, source[3:20, 4:50])
    assert not covers(source, source.pad(1))
    assert not covers(source, source.translate_pix(0.5, 0)[3:20, 4:40])


def test_two_dates_in_two_utm_zones_share_the_grid_of_the_first(geotiff) -> None:
    noise = np.random.default_rng(2).integers(1, 9000, (1, 200, 200), dtype=np.uint16)
    before = item_from_file(
        geotiff("a.tif", noise, transform=Affine(10, 0, 773_000, 0, -10, 3.9e6)), dated=False
    )
    box = item_geobox(before).footprint("EPSG:32637").boundingbox
    there = Affine(10, 0, round(box.left, -1), 0, -10, round(box.top, -1))
    after = item_from_file(geotiff("b.tif", noise, crs="EPSG:32637", transform=there), dated=False)
    grid = common_grid(before, after)
    assert grid.crs == "EPSG:32636"
    assert on_grid(before, grid)
    assert not on_grid(after, grid)
    turned = common_grid(after, before)
    assert turned.crs == "EPSG:32637"
    for item in (before, after):
        values = load(item, grid, ("b1",), chunk=None)["reflectance"].values
        assert np.isfinite(values).mean() > 0.9


def test_a_composite_takes_the_grid_of_its_first_part_and_covers_all(geotiff) -> None:
    noise = np.random.default_rng(2).integers(1, 9000, (1, 100, 100), dtype=np.uint16)
    left, right = (
        item_from_file(
            geotiff(f"{name}.tif", noise, transform=Affine(10, 0, x, 0, -10, y)), dated=False
        )
        for name, x, y in (("l", 300_000, 3_920_000), ("r", 300_900, 3_920_300))
    )
    item = compose([left, right])
    grid = item_geobox(item)
    assert tuple(grid.shape) == (130, 190)
    assert grid.transform == Affine(10, 0, 300_000, 0, -10, 3_920_300)
    assert on_grid(item, grid)
    assert pixel_size(item) == 10
