"""Labelled harbours: one Sentinel-2 picture each, with the vessels that somebody marked in it.

A folder for each harbour holds one GeoTIFF (bands described B02 B03 B04 B08 B11) and
``vessels.coco.json`` (run-length masks or boxes, in pixels). In EPSG:3857 a pixel is smaller on the
ground than on the map, by the cosine of its latitude.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

LABELS = "vessels.coco.json"
NAMES = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B11": "swir16"}
MERCATOR = "EPSG:3857"


@dataclass(frozen=True, slots=True)
class Marked:
    """A labelled vessel.

    Attributes:
        outline: Smallest rectangle around its pixels, (x, y) pixels of the picture.
        pixels: The labelled pixels themselves, as it.
        length_m: Long side of the outline on the ground.
    """

    outline: BaseGeometry
    pixels: BaseGeometry
    length_m: float


@dataclass(frozen=True, slots=True)
class Harbour:
    """A picture and its labels.

    Attributes:
        values: (band, y, x) float32 as stored; NaN where every band is 0.
        bands: Canonical names.
        pixel_m: On the ground, at the middle of the picture.
        marked: In the order of the file.
    """

    name: str
    values: NDArray[np.float32]
    bands: tuple[str, ...]
    pixel_m: float
    transform: Affine
    crs: str
    marked: tuple[Marked, ...]


def find_harbours(data: Path) -> list[Path]:
    """Folders that hold labels and a picture."""
    return [
        folder
        for folder in sorted(data.glob("*/"))
        if (folder / LABELS).is_file() and any(folder.glob("*.tif"))
    ]


def read_harbour(folder: Path) -> Harbour:
    """Read one folder.

    Raises:
        ValueError: it holds several pictures, or bands without the expected names.
    """
    pictures = sorted(folder.glob("*.tif"))
    if len(pictures) != 1:
        raise ValueError(f"{folder} holds {len(pictures)} pictures; expected one")
    with rasterio.open(pictures[0]) as file:
        strange = [name for name in file.descriptions if name not in NAMES]
        if strange:
            raise ValueError(f"{pictures[0]} has bands {strange}; expected some of {list(NAMES)}")
        values = file.read().astype(np.float32)
        transform, crs = file.transform, str(file.crs)
        bands = tuple(NAMES[name] for name in file.descriptions)
    values[:, (values == 0).all(axis=0)] = np.nan
    pixel_m = ground_pixel_m(transform, crs, values.shape[1:])
    coco = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    marked = tuple(_marked(one, pixel_m) for one in coco["annotations"])
    return Harbour(folder.resolve().name, values, bands, pixel_m, transform, crs, marked)


def ground_pixel_m(transform: Affine, crs: str, shape: tuple[int, ...]) -> float:
    """Metres on the ground, of a pixel in the middle of a picture in a metric CRS."""
    if crs != MERCATOR:
        return abs(transform.a)
    x, y = transform * (shape[1] / 2, shape[0] / 2)
    _, latitude = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    return abs(transform.a) * math.cos(math.radians(latitude))


def mask_of(one: dict[str, Any]) -> NDArray[np.bool_]:
    """(y, x) of a run-length mask: runs go down the columns, the first is of zeros."""
    height, width = one["segmentation"]["size"]
    runs = np.asarray(one["segmentation"]["counts"])
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return values.reshape(width, height).T


def _marked(one: dict[str, Any], pixel_m: float) -> Marked:
    segmentation = one.get("segmentation")
    if isinstance(segmentation, dict):
        rows, cols = np.nonzero(mask_of(one))
        centres = shapely.MultiPoint(np.column_stack([cols, rows]) + 0.5)
        pixels = shapely.union_all(shapely.box(cols, rows, cols + 1, rows + 1))
        outline = centres.minimum_rotated_rectangle.buffer(0.5, join_style="mitre")
    elif segmentation:
        corners = np.asarray(segmentation[0], np.float64).reshape(-1, 2)
        pixels = shapely.Polygon(corners)
        outline = pixels.minimum_rotated_rectangle
    else:
        left, top, width, height = one["bbox"]
        outline = pixels = shapely.box(left, top, left + width, top + height)
    return Marked(outline, pixels, length_of(outline) * pixel_m)


def length_of(outline: BaseGeometry) -> float:
    """Long side of the smallest rectangle around an outline."""
    corners = shapely.get_coordinates(outline.minimum_rotated_rectangle)
    sides = np.hypot(*np.diff(corners, axis=0).T)
    return float(sides.max())
