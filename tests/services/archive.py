"""SIMULATED archives: the sample tiles as single-band COGs, and Items in the shapes of catalogues.

The shapes are written by hand after the public documentation of each catalogue; nothing here was
recorded from one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from rasterio.shutil import copy
from rasterio.warp import transform_bounds

SAMPLES = Path(__file__).parents[2] / "sample_tiles" / "as-reported"
BANDS = ("B02", "B03", "B04", "B08", "SCL")
COMMON = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "SCL": "scl"}
TIME = "08:23:21Z"


@dataclass(frozen=True)
class Shape:
    """How one catalogue writes an Item down.

    Attributes:
        key: Asset key of a band.
        taken_off: True where the archive has taken the offset of 1000 DN off the pixels.
        properties: What its Items say besides the date.
        asset: What each of its assets says.
    """

    collection: str
    key: Callable[[str], str]
    taken_off: bool = False
    properties: dict[str, Any] = field(default_factory=dict)
    asset: Callable[[str], dict[str, Any]] = lambda band: {}


EARTH_SEARCH = Shape(
    "sentinel-2-c1-l2a",
    COMMON.__getitem__,
    True,
    {
        "constellation": "sentinel-2",
        "platform": "sentinel-2a",
        "grid:code": "MGRS-36SYD",
        "s2:processing_baseline": "05.11",
        "earthsearch:boa_offset_applied": True,
    },
    lambda band: (
        {}
        if band == "SCL"
        else {
            "eo:bands": [{"name": band, "common_name": COMMON[band]}],
            "raster:bands": [{"nodata": 0, "data_type": "uint16", "scale": 1e-4, "offset": 0}],
        }
    ),
)
PLANETARY_COMPUTER = Shape(
    "sentinel-2-l2a",
    str,
    False,
    {
        "platform": "Sentinel-2A",
        "s2:mgrs_tile": "36SYD",
        "s2:processing_baseline": "05.11",
        "sat:relative_orbit": 121,
    },
)
CDSE = Shape(
    "sentinel-2-l2a",
    lambda band: f"{band}_{'20m' if band == 'SCL' else '10m'}",
    False,
    {
        "platform": "sentinel-2a",
        "grid:code": "MGRS-36SYD",
        "processing:version": "05.11",
        "processing:level": "L2",
        "sat:relative_orbit": 121,
    },
    lambda band: (
        {} if band == "SCL" else {"bands": [{"name": band, "eo:common_name": COMMON[band]}]}
    ),
)


def pixels(site: str, day: str) -> tuple[NDArray[np.uint16], Affine, str]:
    """(band, y, x) DN with the offset in, the transform and the CRS of a sample tile."""
    with rasterio.open(SAMPLES / site / f"SIMULATED_S2_L2A_{day}.tif") as dataset:
        return dataset.read(), dataset.transform, str(dataset.crs)


def without_offset(image: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """As a provider takes the offset off: negative values clipped to 1, no data kept."""
    out = image.copy()
    spectral = out[:-1].astype(np.int32)
    out[:-1] = np.where(spectral == 0, 0, np.maximum(spectral - 1000, 1))
    return out


def write_cogs(
    folder: Path,
    stem: str,
    image: NDArray[Any],
    transform: Affine,
    crs: str,
    *,
    tags: Mapping[str, str] = MappingProxyType({}),
    nodata: int | None = 0,
) -> dict[str, Path]:
    """One COG a band, named as a folder of tiles would be; by band."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for band, plane in zip(BANDS, image, strict=True):
        profile = {
            "driver": "GTiff",
            "dtype": "uint16",
            "count": 1,
            "height": plane.shape[0],
            "width": plane.shape[1],
            "transform": transform,
            "crs": crs,
            "nodata": nodata,
        }
        files[band] = folder / f"{stem}_{band}.tif"
        with MemoryFile() as memory:
            with memory.open(**profile) as dataset:
                dataset.write(plane, 1)
                dataset.update_tags(SIMULATED="YES", **tags)
            with memory.open() as dataset:
                copy(dataset, files[band], driver="COG", compress="DEFLATE", blocksize=128)
    return files


def item(
    shape: Shape,
    identity: str,
    moment: str,
    assets: dict[str, str],
    bounds: Sequence[float],
) -> dict[str, Any]:
    """A STAC Item of a shape.

    Args:
        assets: Address by band.
        bounds: West, south, east, north, degrees.
    """
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": identity,
        "collection": shape.collection,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": list(bounds),
        "properties": {"datetime": moment, "eo:cloud_cover": 50.0, **shape.properties},
        "links": [],
        "assets": {
            shape.key(band): {
                "href": href,
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "roles": ["data"],
                **shape.asset(band),
            }
            for band, href in assets.items()
        },
    }


def degrees(transform: Affine, size: tuple[int, int], crs: str) -> tuple[float, ...]:
    """West, south, east, north of a raster."""
    left, top = transform @ (0, 0)
    right, bottom = transform @ (size[1], size[0])
    return transform_bounds(crs, "EPSG:4326", left, bottom, right, top)


def collection(identity: str) -> dict[str, Any]:
    return {
        "type": "Collection",
        "id": identity,
        "stac_version": "1.0.0",
        "description": "SIMULATED",
        "license": "other",
        "links": [],
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2015-01-01T00:00:00Z", None]]},
        },
    }


def write_lines(path: Path, documents: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return path
