"""Made-up ground with enough structure to be registered, and dated Sentinel-2 files of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from small_tiffs import write_geotiff

S2 = ("B02", "B03", "B04", "B08")
TAGS = {"PROCESSING_BASELINE": "02.09"}
NOISE = 0.01
"""Reflectance; each date draws its own."""


def ground(shape: tuple[int, int], *, seed: int = 0, bands: int = 4) -> NDArray[np.float64]:
    """(band, y, x) reflectance: fields of 11 x 13 px, slightly blurred, with texture."""
    draw = np.random.default_rng(seed)
    height, width = shape
    fields = draw.uniform(0.05, 0.3, (bands, height // 11 + 2, width // 13 + 2))
    flat = np.repeat(np.repeat(fields, 11, axis=1), 13, axis=2)[:, :height, :width]
    blurred = ndimage.gaussian_filter(flat, (0, 0.8, 0.8))
    textured: NDArray[np.float64] = blurred * (1 + 0.05 * draw.normal(size=flat.shape))
    return textured


def noisy(scene: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """The scene as one date sees it, never quite 0."""
    draw = np.random.default_rng(seed)
    return np.maximum(scene + NOISE * draw.normal(size=scene.shape), 0.002)


def moved(scene: NDArray[np.float64], dx: float, dy: float) -> NDArray[np.float64]:
    """The scene with its content shifted by (dx, dy) px to the right and down."""
    shifted: NDArray[np.float64] = ndimage.shift(scene, (0, dy, dx), order=3, mode="nearest")
    return shifted


def write_s2(path: Path, scene: NDArray[np.float64], **said: Any) -> Path:
    """A Sentinel-2 L2A GeoTIFF of the reflectance (band, y, x); ``scl`` (y, x) adds the classes.

    Pixels that are NaN become no data.
    """
    scl = said.pop("scl", None)
    pixels = np.nan_to_num(np.round(scene * 1e4), nan=0).astype(np.uint16)
    names = S2[: len(pixels)]
    if scl is not None:
        pixels, names = np.concatenate([pixels, scl[None].astype(np.uint16)]), (*names, "SCL")
    return write_geotiff(path, pixels, **{"descriptions": names, "tags": TAGS, "nodata": 0, **said})
