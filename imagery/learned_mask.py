"""A learned mask of clouds and their shadows, where its extra is installed.

What a network says of a pixel depends a little on where its picture is cut. So it is asked once
for each block of the grid's own lattice, whatever is read later.

Source:
    M. Wieland, F. Fichtner, S. Martinis, "UKIS-CSMASK: a Python package for multi-sensor cloud
    and cloud shadow segmentation", Int. Arch. Photogramm. Remote Sens. Spatial Inf. Sci.
    XLIII-B3-2022, 217-222, 2022; doi:10.5194/isprs-archives-XLIII-B3-2022-217-2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pystac
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery import stack
from imagery.catalogs import PRODUCT
from imagery.errors import BandError, InputError
from imagery.sensors import PRODUCTS

MARGIN_PX = 64
"""Read around a block, so that what lies beside it is known."""

LEAST_PX = 256
"""Smaller pictures are mirrored to this side: the model looks at squares of it."""

Level = Literal["l1c", "l2a"]

LEVELS: dict[str, Level] = {
    "sentinel-2-l1c": "l1c",
    "sentinel-2-l2a": "l2a",
    "landsat-c2-l2": "l2a",
}
"""Products that the model was made for: reflectance at the top of the air, or at the ground."""

PACKAGES = ("ukis-csmask", "onnxruntime")
"""Whose versions decide about a mask."""

_NAMES = ("blue", "green", "red", "nir", "swir16", "swir22")
_SAME = {"nir08": "nir"}  # of Landsat


def require() -> Any:
    """The class of the model.

    Raises:
        InputError: the extra is not installed.
    """
    try:
        from ukis_csmask.mask import CSmask
    except ImportError:
        wanted = "the extra that holds the model: pip install 'tilewitness[clouds]'"
        raise InputError("--mask", "learned", wanted) from None
    return CSmask


def learned(
    values: NDArray[np.float32], bands: Sequence[str], *, level: Level
) -> NDArray[np.bool_]:
    """Where a picture is free of cloud and shadow.

    Args:
        values: (band, y, x) reflectance, NaN = no data.
        bands: Canonical names: ``blue``, ``green``, ``red``, ``nir``, and best the two ``swir``.
        level: Whether reflectance is that at the top of the air or at the ground.

    Returns:
        (y, x), True = clear and measured in every band.

    Raises:
        InputError: the extra is not installed.
    """
    model = require()
    there: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=0))
    if not there.any():
        return there
    middle = np.median(values[:, there], axis=1).astype(np.float32)
    picture = np.where(there, values, middle[:, None, None])
    height, width = there.shape
    short = [(0, max(LEAST_PX - size, 0)) for size in (height, width)]
    picture = np.pad(picture, [(0, 0), *short], mode="symmetric")
    # One thread: the sums of a convolution must not depend on how many there are.
    seen = model(
        np.ascontiguousarray(np.moveaxis(picture, 0, -1), dtype=np.float32),
        list(bands),
        product_level=level,
        intra_op_num_threads=1,
        inter_op_num_threads=1,
        providers=["CPUExecutionProvider"],
    )
    clear: NDArray[np.bool_] = (seen.csm[:height, :width, 0] == 0) & there
    return clear


def clear_block(
    item: pystac.Item, grid: GeoBox, bands: Sequence[str], *, at: tuple[slice, slice]
) -> NDArray[np.bool_]:
    """Where a scene is free of cloud and shadow, in one block of a grid.

    Args:
        item: With local bands.
        grid: North-up.
        bands: Canonical names of what is at hand.
        at: Rows and columns of the block; one of the lattice, so that the same is always asked.

    Returns:
        (y, x), True = clear and measured.

    Raises:
        InputError: the extra is not installed, or its model is not made for the product.
        BandError: a band that it needs is not at hand.
        UnreadableFile: see ``stack.load``.
    """
    product = PRODUCTS[item.properties[PRODUCT]].id
    if product not in LEVELS:
        raise InputError("--mask", "learned", f"product: the model does not know {product}")
    wanted = _usable(item, bands)
    height, width = grid.shape
    top, left = (max(part.start - MARGIN_PX, 0) for part in at)
    bottom, right = min(at[0].stop + MARGIN_PX, height), min(at[1].stop + MARGIN_PX, width)
    read = stack.load(item, grid[top:bottom, left:right], wanted, chunk=None)
    names = [_SAME.get(name, name) for name in wanted]
    clear = learned(read["reflectance"].values, names, level=LEVELS[product])
    inner = tuple(
        slice(part.start - start, part.stop - start)
        for part, start in zip(at, (top, left), strict=True)
    )
    return clear[inner]


def _usable(item: pystac.Item, bands: Sequence[str]) -> list[str]:
    """Of the bands those that the model takes: all six, else the four that it cannot do without."""
    known: dict[str, str] = {}
    for name in bands:
        known.setdefault(_SAME.get(name, name), name)
    missing = [name for name in _NAMES[:4] if name not in known]
    if missing:
        problem = f"has no band {', '.join(missing)} among those compared"
        raise BandError(item.id, problem, "The learned mask needs it: use --mask product.")
    count = 6 if set(_NAMES) <= set(known) else 4
    return [known[name] for name in _NAMES[:count]]
