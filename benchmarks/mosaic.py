"""A pair of big scenes from small real ones, for measuring speed and memory.

Every city of the OSCD layout is mirrored out to a square cell, flipped four ways, and the cells
tile the canvas in the same order at both dates. The two dates of a city are first laid over each
other (they differ by up to 1.3 px, each its own way, which no single scene would do); then one
common sub-pixel shift is planted, so that a measured run must resample as it would on real scenes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.shutil import copy
from rasterio.transform import from_origin
from rasterio.windows import Window
from scipy import ndimage

from imagery.register import measure

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BANDS = ("B02", "B03", "B04", "B08")
CELL = 1098
PLANTED_SHIFT_PX = (0.37, -0.21)
GRID = {"crs": "EPSG:32631", "transform": from_origin(300_000, 5_300_000, 10, 10)}


@dataclass(frozen=True, slots=True)
class City:
    """Both dates of one city, digital numbers (band, y, x), after laid over before."""

    before: NDArray[np.uint16]
    after: NDArray[np.float32]


def build_pair(data: Path, folder: Path, *, size: int = 10980) -> tuple[Path, Path]:
    """Write ``before.tif`` and ``after.tif``, ``size`` x ``size`` x 4 uint16 COGs.

    Args:
        data: Folder of the OSCD layout: ``<city>/S2_L1C_<date>.tif``, two dates each.
        folder: Where to write; a pair already there is used again.
        size: Pixels on a side.

    Raises:
        FileNotFoundError: ``data`` holds no city.
    """
    paths = folder / f"before_{size}.tif", folder / f"after_{size}.tif"
    if all(path.exists() for path in paths):
        return paths
    cities = [read_city(path) for path in sorted(data.iterdir()) if len(scenes(path)) == 2]
    if not cities:
        raise FileNotFoundError(f"no <city>/S2_L1C_*.tif pair in {data}")
    drafts = [path.with_suffix(".draft.tif") for path in paths]
    profile = {"driver": "GTiff", "width": size, "height": size, "count": len(BANDS), "nodata": 0}
    with (
        rasterio.open(drafts[0], "w", dtype="uint16", **profile, **GRID) as before,
        rasterio.open(drafts[1], "w", dtype="uint16", **profile, **GRID) as after,
    ):
        cells: dict[tuple[int, int], tuple[NDArray[np.uint16], NDArray[np.uint16]]] = {}
        across = -(-size // CELL)
        for k in range(across * across):
            key = k % len(cities), k // len(cities) % 4
            if key not in cells:
                cells[key] = cell(cities[key[0]], flips=(bool(key[1] & 1), bool(key[1] & 2)))
            place(before, cells[key][0], (k // across * CELL, k % across * CELL))
            place(after, cells[key][1], (k // across * CELL, k % across * CELL))
        before.descriptions = after.descriptions = BANDS
    for draft, path in zip(drafts, paths, strict=True):
        copy(draft, path, driver="COG", compress="DEFLATE", predictor="2", blocksize=512)
        draft.unlink()
    return paths


def scenes(city: Path) -> list[Path]:
    """The dated images of a city folder, in order of their date."""
    return sorted(city.glob("S2_L1C_*.tif"))


def read_city(folder: Path) -> City:
    """Read both dates, measure their shift and take it out of the later one."""
    dates = []
    for path in scenes(folder):
        with rasterio.open(path) as scene:
            dates.append(scene.read([scene.descriptions.index(band) + 1 for band in BANDS]))
    before, after = dates

    def read(rows: slice, cols: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        first, second = (date[:, rows, cols].astype(np.float32) for date in dates)
        return first, second

    dx, dy = measure(read, before.shape[1:], max_error_px=1.0).shift_px
    return City(before, moved(after.astype(np.float32), (-dy, -dx)))


def moved(image: NDArray[np.float32], shift_px: tuple[float, float]) -> NDArray[np.float32]:
    """(band, y, x) displaced by (rows, columns)."""
    return np.stack([ndimage.shift(band, shift_px, order=3, mode="mirror") for band in image])


def cell(city: City, *, flips: tuple[bool, bool]) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Both dates as square cells, flipped, after laid on before but for the planted shift."""
    before, after = (flipped(mirrored_out(image), flips) for image in (city.before, city.after))
    # 0 is nodata: a cubic overshoot must not make any.
    planted = np.clip(np.rint(moved(after, PLANTED_SHIFT_PX)), 1, 65535)
    return before, planted.astype(np.uint16)


def mirrored_out(image: NDArray[Any]) -> NDArray[Any]:
    """(band, CELL, CELL), the part beyond the image mirrored."""
    _, height, width = image.shape
    grown = np.pad(
        image, ((0, 0), (0, max(0, CELL - height)), (0, max(0, CELL - width))), mode="symmetric"
    )
    return grown[:, :CELL, :CELL]


def flipped(image: NDArray[Any], flips: tuple[bool, bool]) -> NDArray[Any]:
    """The image upside down, left to right, both or neither."""
    return image[:, :: -1 if flips[0] else 1, :: -1 if flips[1] else 1]


def place(
    raster: rasterio.io.DatasetWriter, image: NDArray[np.uint16], corner: tuple[int, int]
) -> None:
    """Write what of ``image`` falls inside ``raster``, from ``corner`` (row, column) on."""
    row, col = corner
    rows, cols = min(CELL, raster.height - row), min(CELL, raster.width - col)
    raster.write(image[:, :rows, :cols], window=Window(col, row, cols, rows))
