"""Numbers that no sensor gives, and borders that nothing declares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
from numpy.typing import NDArray
from small_tiffs import write_geotiff

from imagery.catalogs import NOTES, item_from_file
from imagery.defects import check_files
from imagery.errors import BandError
from imagery.grid import item_geobox

BANDS = ("b1", "b2", "b3")
GROUND = np.random.default_rng(2).integers(300, 3000, (3, 160, 160))


def checked(folder: Path, pixels: NDArray[Any], **said: Any) -> pystac.Item:
    item = item_from_file(write_geotiff(folder / "scene.tif", pixels, **said), dated=False)
    check_files(item, over=item_geobox(item), bands=BANDS)
    return item


def nodata(item: pystac.Item) -> set[Any]:
    (asset,) = item.assets.values()
    return {band.get("nodata") for band in asset.extra_fields["raster:bands"]}


def altered(change: Callable[[NDArray[Any]], None], dtype: str = "uint16") -> NDArray[Any]:
    pixels = GROUND.astype(dtype)
    change(pixels)
    return pixels


def test_honest_numbers_stay_as_they_are(tmp_path: Path) -> None:
    pixels = altered(lambda made: made.__setitem__((0, slice(9), slice(9)), 0))
    item = checked(tmp_path, pixels)  # zeros of one band, in no line: dark water
    assert nodata(item) == {None}
    assert NOTES not in item.properties


@pytest.mark.parametrize(
    ("value", "dtype"), [(0, "uint16"), (-9999, "int16"), (65535, "uint16"), (-77, "float32")]
)
def test_a_border_becomes_no_data(tmp_path: Path, value: int, dtype: str) -> None:
    scale = 1e-4 if dtype == "float32" else 1
    pixels = (GROUND * scale).astype(dtype)
    pixels[:, :, :12] = value
    item = checked(tmp_path, pixels)
    assert nodata(item) == {value}
    assert f"{value} is taken for no data" in item.properties[NOTES][0]


def test_two_values_for_no_data_are_refused(tmp_path: Path) -> None:
    pixels = altered(lambda made: made.__setitem__((..., slice(12)), -9999), "int16")
    pixels[:, :9] = 0
    with pytest.raises(BandError, match="0 and -9999"):
        checked(tmp_path, pixels, nodata=0)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ((0, slice(20)), 65_100, "went round"),
        ((slice(None), slice(50, 54)), GROUND[:, 49:50], "rows that are copies"),
        ((..., slice(50, 54)), GROUND[..., 49:50], "columns that are copies"),
        ((1,), 700, "nothing but 700"),
        ((2, slice(30)), 3200, "cut off at its bright end"),
    ],
)
def test_damage_is_refused(tmp_path: Path, place: Any, value: Any, said: str) -> None:
    with pytest.raises(BandError, match=said):
        checked(tmp_path, altered(lambda made: made.__setitem__(place, value)))


def test_pixels_repeated_throughout_are_honest(tmp_path: Path) -> None:
    checked(tmp_path, GROUND[:, :40, :40].repeat(4, 1).repeat(4, 2).astype(np.uint16))


def test_a_picture_stretched_for_the_eye(tmp_path: Path) -> None:
    picture = np.clip((GROUND - 600) / 2000 * 255, 0, 255).astype(np.uint8)
    with pytest.raises(BandError, match="stretched for the eye"):
        checked(tmp_path, picture)
