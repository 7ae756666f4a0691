"""One acquisition that an archive cut up, or holds twice. All imagery is SIMULATED."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import archive
import numpy as np
import pytest
from affine import Affine
from archive import PLANETARY_COMPUTER, Shape
from commands import DAYS, compare, run, same
from publishing import Scene, Services, days, publish, write_folder
from rasterio.warp import Resampling, calculate_default_transform, reproject

pytestmark = pytest.mark.services

WHOLE = slice(None)


def of_tile(tile: str) -> Shape:
    said = {**PLANETARY_COMPUTER.properties, "s2:mgrs_tile": tile}
    return replace(PLANETARY_COMPUTER, properties=said)


def neighbours(scene: Scene) -> list[Scene]:
    """Two tiles of one pass, ten seconds apart, that overlap by 88 pixels."""
    cuts = (("36SYD", WHOLE, slice(0, 300), archive.TIME), ("36SYC", WHOLE, slice(212, 512), LATER))
    return [
        scene.part(
            rows,
            columns,
            stem=scene.stem.replace("36SYD", tile),
            shape=of_tile(tile),
            time=time,
        )
        for tile, rows, columns, time in cuts
    ]


LATER = "08:23:31Z"


def strips(scene: Scene) -> list[Scene]:
    """Two files of one tile, each empty where the other has data, as two datastrips are."""
    west, south, east, north = scene.outline
    middle = west + (east - west) * 256 / 512
    left, right = scene.image.copy(), scene.image.copy()
    # Some overlap, since an outline in degrees follows no column.
    left[:, :, 280:] = 0
    right[:, :, :232] = 0
    return [
        replace(scene, image=left, stem=f"{scene.stem}_A", bounds=(west, south, middle, north)),
        replace(scene, image=right, stem=f"{scene.stem}_B", bounds=(middle, south, east, north)),
    ]


@pytest.mark.parametrize("cut", [neighbours, strips])
def test_two_items_of_one_pass_give_the_bytes_of_the_whole(
    services: Services,
    truth: Callable[..., Path],
    tmp_path: Path,
    cut: Callable[[Scene], list[Scene]],
) -> None:
    halves = [half for scene in days(PLANETARY_COMPUTER) for half in cut(scene)]
    url = publish(services, f"cut-{cut.__name__}", halves)
    said = json.loads(compare(url, tmp_path / "api", "--cache", tmp_path / "cache"))
    same(truth(taken_off=False), tmp_path / "api")
    assert all("put together" in " ".join(scene["notes"]) for scene in said["scenes"])


def moved_to_zone_37(scene: Scene) -> Scene:
    """Its pixels on the grid of the next UTM zone, nearest ones."""
    size = scene.image.shape[1:]
    left, top = scene.transform @ (0, 0)
    right, bottom = scene.transform @ (size[1], size[0])
    edges = (left, bottom, right, top)
    there: tuple[Affine, int, int] = calculate_default_transform(
        scene.crs, "EPSG:32637", size[1], size[0], *edges, resolution=10
    )
    transform, width, height = there
    transform = Affine(10, 0, transform.c // 10 * 10, 0, -10, transform.f // 10 * 10)
    image = np.zeros((len(scene.image), height + 1, width + 1), scene.image.dtype)
    reproject(
        scene.image,
        image,
        src_transform=scene.transform,
        src_crs=scene.crs,
        dst_transform=transform,
        dst_crs="EPSG:32637",
        src_nodata=0,
        dst_nodata=0,
        resampling=Resampling.nearest,
    )
    return replace(scene, image=image, transform=transform, crs="EPSG:32637")


def test_two_utm_zones_give_the_bytes_of_a_folder_with_both(
    services: Services, tmp_path: Path
) -> None:
    halves = []
    for scene in days(PLANETARY_COMPUTER):
        left, right = neighbours(scene)
        stem = scene.stem.replace("36SYD", "37SBU")
        halves += [left, replace(moved_to_zone_37(right), stem=stem, shape=of_tile("37SBU"))]
    compare(write_folder(tmp_path / "tiles", halves), tmp_path / "folder")
    url = publish(services, "zones", halves)
    said = json.loads(compare(url, tmp_path / "api", "--cache", tmp_path / "cache"))
    same(tmp_path / "folder", tmp_path / "api")
    assert all("37SBU" in " ".join(scene["notes"]) for scene in said["scenes"])


def test_of_twins_the_newest_baseline_is_used_and_said(
    services: Services, truth: Callable[..., Path], tmp_path: Path
) -> None:
    """The older twin has other pixels, and a later date of publication."""
    before, after = days(PLANETARY_COMPUTER)
    old = {**PLANETARY_COMPUTER.properties, "s2:processing_baseline": "05.00"}
    brighter = (after.image * 1.1).astype(np.uint16)
    brighter[-1] = after.image[-1]
    twin = replace(
        after,
        image=brighter,
        stem=after.stem.replace("N0511", "N0500"),
        shape=replace(PLANETARY_COMPUTER, properties={**old, "created": "2026-01-01T00:00:00Z"}),
    )
    url = publish(services, "twins", [before, after, twin])
    cache = ("--cache", tmp_path / "cache")
    said = json.loads(compare(url, tmp_path / "api", *cache))
    same(truth(taken_off=False), tmp_path / "api")
    assert f"{twin.stem} is the same acquisition" in " ".join(said["scenes"][1]["notes"])
    period = ("--from", DAYS[1], "--to", DAYS[1])
    rows = json.loads(run("scenes", "hmeimim", *period, "--imagery", url, "--json", *cache))
    states = {row["id"]: (row["state"], row["reason"]) for row in rows}
    assert states[after.stem][0] == "chosen"
    assert states[twin.stem] == (
        "refused",
        f"processed with baseline 05.00 and not 05.11; {after.stem} is taken",
    )


def test_a_copy_of_an_item_counts_once(
    services: Services, truth: Callable[..., Path], tmp_path: Path
) -> None:
    before, after = days(PLANETARY_COMPUTER)
    url = publish(services, "copies", [before, after, replace(after, stem=f"{after.stem}_2")])
    said: dict[str, Any] = json.loads(compare(url, tmp_path / "api", "--cache", tmp_path / "cache"))
    same(truth(taken_off=False), tmp_path / "api")
    assert "same acquisition" in " ".join(said["scenes"][1]["notes"])
