"""A trap as files: two rasters and what is true of them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from rasterio.warp import transform as between

from .ground import STAND

UTM = Affine(10, 0, 760_000, 0, -10, 3_922_000)
CRS = "EPSG:32636"
S2 = ("B02", "B03", "B04", "B08")
OLD = {"PROCESSING_BASELINE": "02.09", "PRODUCT_TYPE": "S2MSI2A"}
NEW = {"PROCESSING_BASELINE": "05.11", "PRODUCT_TYPE": "S2MSI2A"}
SCALE = 10_000
OFFSET = 1000


@dataclass(frozen=True)
class Trap:
    """One file set.

    Attributes:
        name: Of its folder.
        why: What is wrong with it, for a person.
        write: Writes ``before.tif`` and ``after.tif`` (or ``tiles/``) into a folder.
        appeared: (row, col) of objects that came, on the grid of ``UTM``.
        may_refuse: False for honest files.
        ghosts: (y, x) True where the picture changed and the ground did not, or None.
        note: Words of which the record has to hold one where the run is done.
        compare: Site and days, where ``compare`` is to be run on ``tiles/``.
    """

    name: str
    why: str
    write: Callable[[Path], None]
    appeared: Sequence[tuple[int, int]] = (STAND,)
    may_refuse: bool = True
    ghosts: NDArray[np.bool_] | None = None
    note: str | None = None
    compare: Mapping[str, str] | None = None


def write_trap(trap: Trap, folder: Path) -> Path:
    """Write the files of a trap and its ``trap.json`` into a folder of its own."""
    place = folder / trap.name
    place.mkdir(parents=True)
    trap.write(place)
    said: dict[str, Any] = {
        "why": trap.why,
        "appeared": [lonlat(row + 0.5, col + 0.5) for row, col in trap.appeared],
        "disappeared": [],
        "may_refuse": trap.may_refuse,
    }
    if trap.ghosts is not None:
        said["ghosts"] = _outlined(trap.ghosts)
    if trap.note:
        said["note"] = trap.note
    if trap.compare:
        said["compare"] = dict(trap.compare)
    (place / "trap.json").write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    return place


def lonlat(row: float, col: float, crs: str = CRS) -> list[float]:
    x, y = UTM @ (col, row)
    (lon,), (lat,) = between(crs, "EPSG:4326", [x], [y])
    return [round(lon, 6), round(lat, 6)]


def _outlined(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """The box around a mask, longitude and latitude."""
    rows, cols = np.nonzero(mask)
    top, bottom, left, right = rows.min(), rows.max() + 1, cols.min(), cols.max() + 1
    corners = [(top, left), (bottom, left), (bottom, right), (top, right), (top, left)]
    return {"type": "Polygon", "coordinates": [[lonlat(row, col) for row, col in corners]]}


def dn(scene: NDArray[np.floating[Any]], *, offset: int = 0) -> NDArray[np.uint16]:
    """Reflectance as Sentinel-2 digital numbers; NaN = 0."""
    values = np.nan_to_num(np.round(scene * SCALE) + offset, nan=0.0)
    return np.clip(values, 0, 65535).astype(np.uint16)


def tif(path: Path, pixels: NDArray[Any], **said: Any) -> None:
    """Write (band, y, x); ``names``, ``tags``, ``scale`` apart, ``said`` is rasterio's profile."""
    names, tags = said.pop("names", None), said.pop("tags", {})
    scale = said.pop("scale", None)
    count, height, width = pixels.shape
    profile = {"driver": "GTiff", "crs": CRS, "transform": UTM, "dtype": pixels.dtype}
    shape = {"count": count, "height": height, "width": width}
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # A missing geotransform is one of the traps.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        file = rasterio.open(path, "w", **{**profile, **shape, **said})
    with file:
        file.write(pixels)
        file.update_tags(**{"SIMULATED": "YES", **tags})
        if names:
            file.descriptions = tuple(names)
        if scale:
            file.scales = (scale,) * count


def s2(path: Path, pixels: NDArray[Any], **said: Any) -> None:
    """A Sentinel-2 L2A file with its band names."""
    scl = said.pop("scl", None)
    names = S2
    if scl is not None:
        pixels, names = np.concatenate([pixels, scl[None].astype(pixels.dtype)]), (*S2, "SCL")
    tif(path, pixels, **{"names": names, "tags": OLD, "nodata": 0, **said})
