"""``before.tif`` and ``after.tif``: the pictures of a comparison for a map, where they lie.

They hold what ``before.png`` and ``after.png`` show, without frame and hatching: eight bits a
colour, both dates stretched alike, 0 where there is no data. To measure, use the scenes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from PIL import Image
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError

from imagery.captions import watermarked
from imagery.errors import WriteError
from imagery.quicklook import View, stretch, stretched

NO_DATA = 0
BLOCK = 256
RGB = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)


def write_geopictures(view: View, folder: Path, *, grid: GeoBox, factor: int) -> None:
    """Write both pictures; those of simulated imagery have the word across them.

    Args:
        view: What there is to see.
        folder: Where to.
        grid: Of the comparison.
        factor: Pixels of the grid, along each side, that are one of the view.

    Raises:
        WriteError: one cannot be written.
    """
    low, high = stretch(view)
    tags = {
        "STRETCH_LOW": " ".join(f"{value:.6g}" for value in low),
        "STRETCH_HIGH": " ".join(f"{value:.6g}" for value in high),
    } | ({"SIMULATED": "YES"} if view.subject.simulated else {})
    for name, image in (("before", view.before), ("after", view.after)):
        levels = np.maximum(stretched(image, low, high), NO_DATA + 1)
        if view.subject.simulated:
            levels = np.asarray(watermarked(Image.fromarray(levels))).copy()
        levels[np.isnan(image).any(axis=0)] = NO_DATA
        _write(folder / f"{name}.tif", levels, grid, factor, tags)


def _write(
    path: Path, levels: NDArray[np.uint8], grid: GeoBox, factor: int, tags: Mapping[str, str]
) -> None:
    height, width, bands = levels.shape
    try:
        with (
            rasterio.Env(GDAL_PAM_ENABLED=False),
            rasterio.open(
                path,
                "w",
                driver="GTiff",
                width=width,
                height=height,
                count=bands,
                dtype="uint8",
                crs=str(grid.crs),
                transform=grid.transform @ Affine.scale(factor),
                nodata=NO_DATA,
                compress="deflate",
                predictor=2,
                tiled=True,
                blockxsize=BLOCK,
                blockysize=BLOCK,
                photometric="RGB",
            ) as raster,
        ):
            raster.write(np.moveaxis(levels, -1, 0))
            raster.update_tags(**tags)
            raster.colorinterp = RGB
    except (OSError, RasterioError) as error:
        raise WriteError(path.name, str(error)) from error
