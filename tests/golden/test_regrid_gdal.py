"""Our resampling against GDAL's, on a field smooth enough for both to be nearly exact.

Recipe: GDAL's warper (rasterio.warp.reproject, cubic), on the same source and target. GDAL's
coordinates are approximate, so the limit is what a twentieth of a source pixel changes in this
field; measured .014 pixel.
"""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.warp import Resampling, reproject

from imagery.regrid import cubic, nearest, sampling

TARGET = GeoBox((90, 90), Affine(10, 0, 300_400, 0, -10, 3_919_800), "EPSG:32636")
SOURCES = {
    "degrees": GeoBox((140, 140), Affine(1e-4, 0, 30.80, 0, -1e-4, 35.405), "EPSG:4326"),
    "next zone": GeoBox((160, 160), Affine(9, 0, -245_450, 0, -9, 3_948_750), "EPSG:32637"),
    "fine": GeoBox((500, 500), Affine(2.5, 0, 300_200, 0, -2.5, 3_920_000), "EPSG:32636"),
}


def warped(image: np.ndarray, source: GeoBox, resampling: Resampling) -> np.ndarray:
    out = np.zeros(TARGET.shape, dtype=image.dtype)
    reproject(
        image,
        out,
        src_transform=source.transform,
        src_crs=str(source.crs),
        dst_transform=TARGET.transform,
        dst_crs=str(TARGET.crs),
        resampling=resampling,
    )
    return out


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_cubic(source: GeoBox) -> None:
    rows, columns = np.indices(source.shape)
    scale = 25 * source.shape.x / 140
    field = (np.sin(rows / scale) + np.cos(columns / scale)).astype(np.float32)
    where = sampling(source, TARGET)
    got = cubic(field[np.newaxis], where, origin=(0, 0), size=source.shape.yx)[0]
    assert np.isfinite(got).all()
    np.testing.assert_allclose(got, warped(field, source, Resampling.cubic), atol=0.05 / scale)


def test_nearest() -> None:
    source = SOURCES["degrees"]
    codes = np.random.default_rng(4).integers(0, 12, source.shape, dtype=np.uint8)
    codes = np.kron(codes[:20, :20], np.ones((7, 7), np.uint8))
    got = nearest(codes[np.newaxis], sampling(source, TARGET), origin=(0, 0), fill=0)[0]
    # They may choose apart only on the lines between cells.
    assert np.mean(got != warped(codes, source, Resampling.nearest)) < 0.02
