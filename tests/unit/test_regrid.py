"""Resampling onto another grid: at the right place, and careful around missing pixels."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from odc.geo import CRS
from odc.geo.geobox import GeoBox

from imagery.regrid import cubic, nearest, sampling, source_window

UTM = Affine(10, 0, 300_000, 0, -10, 3_920_000)
SOURCE = GeoBox((80, 90), UTM, "EPSG:32636")
DEGREES = GeoBox((120, 120), Affine(1e-4, 0, 30.80, 0, -1e-4, 35.405), "EPSG:4326")


def quadratic(rows, columns):
    return 3 + 0.5 * rows - 0.2 * columns + 0.01 * rows**2 - 0.02 * rows * columns


def scene(geobox: GeoBox) -> np.ndarray:
    return quadratic(*np.indices(geobox.shape))[np.newaxis].astype(np.float32)


def read(image, source: GeoBox, target: GeoBox) -> np.ndarray:
    return cubic(image, sampling(source, target), origin=(0, 0), size=source.shape.yx)


@pytest.mark.parametrize("shift", [(0.5, 0.25), (-0.375, 0.125)])
def test_a_shifted_grid_gets_a_quadratic_exactly(shift) -> None:
    target = SOURCE.translate_pix(*shift)[5:-5, 5:-5]
    rows, columns = np.indices(target.shape) + 5.0
    expected = quadratic(rows + shift[1], columns + shift[0])
    np.testing.assert_allclose(read(scene(SOURCE), SOURCE, target)[0], expected, rtol=1e-5)


def test_another_projection_is_read_at_the_exact_place() -> None:
    target = GeoBox((70, 70), Affine(10, 0, 300_400, 0, -10, 3_919_900), "EPSG:32636")
    rows, columns = np.indices(target.shape)
    x, y = 300_405 + 10 * columns, 3_919_895 - 10 * rows
    lon, lat = CRS("EPSG:32636").transformer_to_crs(CRS("EPSG:4326"))(x, y)
    place = (35.405 - lat) / 1e-4 - 0.5, (lon - 30.80) / 1e-4 - 0.5
    assert min(place[0].min(), place[1].min()) > 3
    got = read(scene(DEGREES), DEGREES, target)[0]
    # A thousandth of a pixel of the steepest slope here.
    np.testing.assert_allclose(got, quadratic(*place), atol=5e-3)


def test_a_coarser_grid_averages_instead_of_picking() -> None:
    checks = (np.indices((80, 90)).sum(axis=0) % 2).astype(np.float32)[np.newaxis]
    target = GeoBox((20, 22), UTM @ Affine.scale(4), "EPSG:32636")
    got = read(checks, SOURCE, target)[0, 3:-3, 3:-3]
    np.testing.assert_allclose(got, 0.5, atol=0.02)


def test_missing_pixels_stay_missing_and_do_not_spread() -> None:
    image = np.full((1, 80, 90), 0.3, dtype=np.float32)
    image[0, 40, 40] = np.nan
    got = read(image, SOURCE, SOURCE.translate_pix(0.25, 0.25))[0]
    assert np.isnan(got[40, 40])
    assert np.isnan(got).sum() == 1
    np.testing.assert_allclose(got[np.isfinite(got)], 0.3, rtol=1e-6)


def test_outside_is_missing() -> None:
    got = read(scene(SOURCE), SOURCE, SOURCE.pad(2))[0]
    inside = np.zeros(got.shape, bool)
    inside[2:-2, 2:-2] = True
    np.testing.assert_array_equal(np.isfinite(got), inside)


def test_far_away_needs_nothing() -> None:
    far = GeoBox((10, 10), Affine(10, 0, 700_000, 0, -10, 3_920_000), "EPSG:32636")
    assert source_window(sampling(SOURCE, far), SOURCE.shape.yx) is None


def test_a_window_needs_only_its_surround() -> None:
    rows, columns = source_window(sampling(SOURCE, SOURCE[:8, :8]), SOURCE.shape.yx)
    assert rows.stop < 40
    assert columns.stop < 40


def test_codes_are_never_mixed() -> None:
    codes = np.random.default_rng(2).choice([3, 8], (1, 80, 90)).astype(np.uint8)
    fine = GeoBox((160, 180), UTM @ Affine.scale(0.5), "EPSG:32636").pad(1)
    got = nearest(codes, sampling(SOURCE, fine), origin=(0, 0), fill=0)[0]
    np.testing.assert_array_equal(got[1:-1, 1:-1], np.kron(codes[0], np.ones((2, 2), np.uint8)))
    assert not got[0].any()


@pytest.mark.parametrize("rotated", [False, True])
def test_a_window_is_no_larger_than_its_pixels_need(rotated) -> None:
    source = GeoBox((3000, 3000), UTM, "EPSG:32636")
    crs = "EPSG:32637" if rotated else "EPSG:32636"
    x, y = source.crs.transformer_to_crs(crs)(312_000, 3_908_000)
    target = GeoBox((70, 90), Affine(10, 0, x, 0, -10, y), crs)
    where = sampling(source, target)
    back = target.crs.transformer_to_crs(source.crs)
    places = [back(*(target.transform @ (c + 0.5, r + 0.5))) for r in (0, 69) for c in (0, 89)]
    columns, rows = zip(*(~source.transform @ place for place in places), strict=True)
    for part, side in zip(source_window(where, source.shape.yx), (rows, columns), strict=True):
        assert min(side) - 4.5 <= part.start <= min(side) - 2.5
        assert max(side) + 2.5 <= part.stop <= max(side) + 4.5
