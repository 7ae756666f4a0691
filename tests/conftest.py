"""Small GeoTIFFs for tests, written where a test asks for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

UTM = Affine(10, 0, 300_000, 0, -10, 3_920_000)
"""Origin near Hmeimim in EPSG:32636, 10 m pixels."""

WriteTiff = Callable[..., Path]


def write_geotiff(path: Path, pixels: Any, **said: Any) -> Path:
    """Write (band, y, x); ``descriptions`` and ``tags`` apart, ``said`` is rasterio's profile."""
    pixels = np.asarray(pixels)
    profile = {"driver": "GTiff", "crs": "EPSG:32636", "transform": UTM, "dtype": pixels.dtype}
    descriptions, tags = said.pop("descriptions", None), said.pop("tags", {})
    count, height, width = pixels.shape
    shape = {"count": count, "height": height, "width": width}
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", **{**profile, **shape, **said}) as file:
        file.write(pixels)
        file.update_tags(**tags)
        if descriptions:
            file.descriptions = tuple(descriptions)
    return path


@pytest.fixture
def geotiff(tmp_path: Path) -> WriteTiff:
    """Write a GeoTIFF by name under the test's folder: see ``write_geotiff``."""

    def write(name: str, pixels: Any, **said: Any) -> Path:
        return write_geotiff(tmp_path / name, pixels, **said)

    return write
