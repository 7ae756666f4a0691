"""Small GeoTIFFs for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine

UTM = Affine(10, 0, 300_000, 0, -10, 3_920_000)
"""Origin near Hmeimim in EPSG:32636, 10 m pixels."""


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
