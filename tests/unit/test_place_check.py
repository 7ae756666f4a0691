"""Where a coordinate system may put a scene, and where not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from small_tiffs import write_geotiff

from imagery.catalogs import item_from_file
from imagery.errors import GridError
from imagery.place_check import check_place

PIXELS = np.ones((1, 40, 40), np.uint16)


def placed(folder: Path, crs: str, west: float, north: float, step: float) -> None:
    place = Affine(step, 0, west, 0, -step, north)
    path = write_geotiff(folder / "scene.tif", PIXELS, crs=crs, transform=place)
    check_place(item_from_file(path, dated=False))


@pytest.mark.parametrize(
    ("crs", "west", "north", "step"),
    [
        ("EPSG:32636", 760_000, 3_922_000, 10),
        ("EPSG:32636", 200_000, -3_922_000, 30),  # Landsat counts the south below zero
        ("EPSG:32636", 1_200_000, 3_922_000, 10),  # a neighbouring zone
        ("EPSG:4326", 35.9, 35.4, 1e-4),
        ("EPSG:4326", 179.999, -17, 1e-4),
        ("EPSG:3857", 4e6, 4.2e6, 10),
        ("EPSG:3035", 5_271_982, 2_533_004, 10),
    ],
)
def test_honest_places(tmp_path: Path, crs: str, west: float, north: float, step: float) -> None:
    placed(tmp_path, crs, west, north, step)


@pytest.mark.parametrize(
    ("crs", "west", "north", "step", "said"),
    [
        ("EPSG:32636", 3_922_000, 760_000, 10, "far from where"),
        ("EPSG:3035", 2_533_004, 9_271_982, 10, "far from where"),
        ("EPSG:32636", 35.9, 35.4, 1e-4, "pixels of 0.0001 m"),
    ],
)
def test_impossible_places(tmp_path: Path, crs, west, north, step, said: str) -> None:
    with pytest.raises(GridError, match=said):
        placed(tmp_path, crs, west, north, step)
