"""The commands on a real STAC API over a real web server: the same pixels as from a folder.

All imagery is SIMULATED.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from archive import CDSE, COMMON, EARTH_SEARCH, PLANETARY_COMPUTER, Shape, collection
from commands import PRODUCTS, arguments, compare, invoke, refused, run, same
from faults import KINDS, fault_proxy
from publishing import Services, altered, days, publish, serve, write_folder

from imagery.sites import load_site

pytestmark = pytest.mark.services

# Keys and bands that no known catalogue writes: only STAC's own words tell what they are.
PLAIN_WORDS = Shape(
    "own",
    lambda band: f"file-{'BSGNR'.find(COMMON[band][0].upper())}",
    properties={"platform": "sentinel-2a", "processing:version": "05.11"},
    asset=lambda band: {"bands": [{"name": band, "eo:common_name": COMMON[band]}]},
)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("es", EARTH_SEARCH), ("pc", PLANETARY_COMPUTER), ("cdse", CDSE)],
    ids=["earth-search", "planetary-computer", "cdse"],
)
def test_shapes_of_three_catalogues_give_the_bytes_of_the_folder(
    services: Services, truth: Callable[..., Path], tmp_path: Path, name: str, shape: Shape
) -> None:
    url = publish(services, name, days(shape))
    said = json.loads(compare(url, tmp_path / "api", "--cache", tmp_path / "cache"))
    same(truth(taken_off=shape.taken_off), tmp_path / "api")
    assert [scene["offset"]["status"] for scene in said["scenes"]] == [
        "applied" if shape.taken_off else "subtracted"
    ] * 2
    assert said["simulated"]


def test_plain_keys_and_files_that_do_not_say_no_data(services: Services, tmp_path: Path) -> None:
    scenes = []
    for scene in days(PLAIN_WORDS):
        image = scene.image.copy()
        image[:, :40] = 0
        scenes.append(replace(scene, image=image))
    url = publish(services, "plain", [replace(scene, nodata=None) for scene in scenes])
    compare(write_folder(tmp_path / "tiles", scenes), tmp_path / "folder")
    compare(url, tmp_path / "api", "--cache", tmp_path / "cache")
    same(tmp_path / "folder", tmp_path / "api")


def test_second_run_offline_gives_the_same_bytes(sample: str, tmp_path: Path) -> None:
    compare(sample, tmp_path / "first", "--cache", tmp_path / "cache")
    again = compare(sample, tmp_path / "second", "--cache", tmp_path / "cache", "--offline")
    assert json.loads(again)["fetched"]["requests"] == 0
    for name in (*PRODUCTS, "run.json", "item.json", "change.png"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
    cold = invoke(*arguments(sample, tmp_path / "cold", "--cache", tmp_path / "no", "--offline"))
    refused(cold, "The network is off", tmp_path / "cold")


@pytest.mark.parametrize(("seed", "kinds"), [(0, KINDS), (1, KINDS), (2, KINDS), (3, ("expired",))])
def test_faults_end_in_the_same_bytes_or_a_clear_failure(
    services: Services,
    truth: Callable[..., Path],
    tmp_path: Path,
    seed: int,
    kinds: tuple[str, ...],
) -> None:
    items = serve(services, f"faults{seed}", days(EARTH_SEARCH))
    out = tmp_path / "api"
    with fault_proxy(services.files, share=0.3, seed=seed, kinds=kinds) as proxy:
        services.load([collection(f"faults{seed}")], altered(items, services.files, proxy.url))
        url = f"{services.api}/collections/faults{seed}"
        result = invoke(*arguments(url, out, "--cache", tmp_path / "cache"))
        broken = sum(proxy.told[kind] for kind in proxy.told if kind not in ("passed", "slow"))
    assert broken > 0, proxy.told
    if result.exit_code == 0:
        same(truth(taken_off=True), out)
    else:
        refused(result, "Could not fetch", out)


def test_faults_that_pass_leave_no_trace(
    services: Services, truth: Callable[..., Path], tmp_path: Path
) -> None:
    """Without refusals of access, which are final for an unsigned archive, retries are enough."""
    items = serve(services, "passing", days(EARTH_SEARCH))
    kinds = tuple(kind for kind in KINDS if kind != "expired")
    with fault_proxy(services.files, share=0.3, seed=7, kinds=kinds) as proxy:
        services.load([collection("passing")], altered(items, services.files, proxy.url))
        url = f"{services.api}/collections/passing"
        compare(url, tmp_path / "api", "--cache", tmp_path / "cache")
        assert sum(proxy.told[kind] for kind in kinds) > 5, proxy.told
    same(truth(taken_off=True), tmp_path / "api")


def test_all_pages_are_read(services: Services, tmp_path: Path) -> None:
    """320 scenes of an API that gives 100 a page; none of them is worth a fetch."""
    scene = days(PLANETARY_COMPUTER)[0]
    (one,) = serve(services, "paged", [scene])
    # Of the site's bounding box but of none of its zones.
    corner = corner_of("hmeimim")
    items = [
        {
            **one,
            "id": f"scene-{number:03d}",
            "bbox": list(corner["bbox"]),
            "geometry": corner["geometry"],
            "properties": {
                **one["properties"],
                "datetime": f"{2023 + number // 160}-{number % 12 + 1:02d}"
                f"-{number % 28 + 1:02d}T08:{number // 12 % 60:02d}:00Z",
            },
        }
        for number in range(320)
    ]
    services.load([collection("paged")], items)
    url = f"{services.api}/collections/paged"
    period = ("--from", "2023-01-01", "--to", "2024-12-31")
    said = run("scenes", "hmeimim", *period, "--imagery", url, "--json", "--cache", tmp_path)
    assert sorted(row["id"] for row in json.loads(said)) == [item["id"] for item in items]


def corner_of(site: str) -> dict[str, object]:
    """A patch inside the bounds of a site and off its zones, as part of an Item."""
    place = load_site(site)
    west, south, east, north = place.bounds
    free = shapely.box(*place.bounds)
    for zone in place.zones:
        free = free - zone.geometry.buffer(0.001)
    size = 0.001
    for x, y in ((west, south), (west, north - size), (east - size, south), (east - size, north)):
        patch = shapely.box(x, y, x + size, y + size)
        if free.contains(patch.buffer(-1e-6)):
            return {"bbox": patch.bounds, "geometry": shapely.geometry.mapping(patch)}
    raise AssertionError("no corner of the site's bounds is free")
