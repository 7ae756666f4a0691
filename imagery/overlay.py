"""What was found out about a scene's mask beyond its quality layer, carried with the scene.

A raster of marks on the grid of a comparison; the Item names it, so whoever reads the scene
reads it with them. Elsewhere than on that grid nothing is marked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pystac
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery.parts import parts
from imagery.scratch import Scratch

KEPT = 0
"""As the quality layer says."""

STRUCTURE = 1
"""Flagged cloud by the quality layer, and a structure: clear."""

GROUND = 2
"""Clear whatever the quality layer says of the air."""

HIDDEN = 3
"""Not clear whatever the quality layer says."""

_OVERLAY = "tilewitness:overlay"
_SNAP_PX = 1e-6


def attached(item: pystac.Item, marks: Scratch, *, band: int, grid: GeoBox) -> pystac.Item:
    """A copy of an Item that carries marks.

    Args:
        marks: uint8 (scene, y, x), codes of this module; read whenever the scene is.
        band: Which plane is this scene's.
        grid: North-up, where the marks stand.
    """
    made = item.clone()
    said = {
        "file": str(marks.path),
        "shape": list(marks.shape),
        "band": band,
        "crs": str(grid.crs),
        "transform": list(grid.transform)[:6],
    }
    for part in parts(made):
        part.properties[_OVERLAY] = said
    return made


def marks(item: pystac.Item, geobox: GeoBox) -> NDArray[np.uint8] | None:
    """Marks of a scene, or of a part of one, the nearest for each pixel.

    Args:
        item: Any.
        geobox: North-up; of the CRS of the marks, else nothing is marked.

    Returns:
        (y, x) codes, the same for a pixel in every window; None where nothing is marked.
    """
    said = parts(item)[0].properties.get(_OVERLAY)
    if said is None or str(geobox.crs) != said["crs"]:
        return None
    _, height, width = said["shape"]
    to_marks = ~Affine(*said["transform"]) @ geobox.transform
    rows = _nearest(to_marks.e, to_marks.f, geobox.shape.y)
    cols = _nearest(to_marks.a, to_marks.c, geobox.shape.x)
    plane = Scratch(Path(said["file"]), tuple(said["shape"]), "uint8").view()[said["band"]]
    there = ((rows >= 0) & (rows < height))[:, None] & ((cols >= 0) & (cols < width))
    inside = np.ix_(np.clip(rows, 0, height - 1), np.clip(cols, 0, width - 1))
    found: NDArray[np.uint8] = np.where(there, plane[inside], KEPT).astype(np.uint8)
    return found


def settled(clear: Any, found: NDArray[np.uint8] | None, *, whole: Any = True) -> Any:
    """A clear mask with the marks applied, as lazy as it is given.

    Args:
        clear: (y, x), True = usable by the quality layer and in no band saturated.
        found: From ``marks``.
        whole: (y, x), True = in no band saturated: that a mark does not mend.
    """
    if found is None:
        return clear
    opened = (found == STRUCTURE) | (found == GROUND)
    return (clear | (opened & whole)) & (found != HIDDEN)


def _nearest(step: float, start: float, count: int) -> NDArray[np.intp]:
    """Indices in which the centres of ``count`` pixels lie."""
    centres = start + step * (np.arange(count) + 0.5)
    found: NDArray[np.intp] = np.floor(centres + _SNAP_PX).astype(np.intp)
    return found
