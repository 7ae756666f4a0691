"""Sound inputs of every kind, made once: what the mutated ones are made of."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "report"), str(TESTS / "batch")]
small_tiffs = importlib.import_module("small_tiffs")
terrain = importlib.import_module("terrain")

SIDE, SMALL = 224, 64
PLACE = Affine(10, 0, 766_900, 0, -10, 3_923_900)
"""Over Hmeimim: its zones are on the large tiles, the apron's on the small ones."""

DAYS = ("2024-12-10", "2024-12-13")


def build(folder: Path) -> None:
    """Write everything below a folder."""
    _tiles(folder / "large", SIDE, PLACE)
    middle = PLACE @ Affine.translation(SIDE // 2 - SMALL // 2, SIDE // 2 - SMALL // 2)
    _tiles(folder / "small", SMALL, middle)
    _forms(folder / "small" / f"S2_L2A_{DAYS[1]}.tif", folder / "forms")
    _runs(folder)
    _stac(folder / "stac", folder / "small")
    _texts(folder / "texts")
    _store(folder / "batch")


def outside(folder: Path) -> None:
    """Files that nothing may lead to, each of use to whoever is led there."""
    _tiles(folder, SMALL, PLACE)
    (folder / f"S2_L2A_{DAYS[0]}.tif").rename(folder / "S2_L2A_2024-12-11.tif")
    (folder / "secret.txt").write_text("Two aircraft stood at Hmeimim on 13 December 2024.\n")
    (folder / "item.json").write_text("{}")


def _tiles(folder: Path, side: int, transform: Affine) -> None:
    shape = (side, side)
    scene = terrain.ground(shape)
    scl = np.full(shape, 5)  # bare soil: its bands are in no order of a plant
    scl[:9, :9] = 9
    said = {"scl": scl, "transform": transform, "compress": "deflate"}
    terrain.write_s2(folder / f"S2_L2A_{DAYS[0]}.tif", terrain.noisy(scene, 1), **said)
    scene[:, side // 2 : side // 2 + 9, side // 2 : side // 2 + 9] = 0.45
    terrain.write_s2(folder / f"S2_L2A_{DAYS[1]}.tif", terrain.noisy(scene, 2), **said)


def _forms(tile: Path, folder: Path) -> None:
    """One scene in many forms of the format."""
    with rasterio.open(tile) as file:
        pixels, profile, tags = file.read(), file.profile, file.tags()
        names = file.descriptions
    tiled = {"tiled": True, "blockxsize": 32, "blockysize": 32}
    forms: dict[str, dict[str, Any]] = {
        "strips": {},
        "plain": {"compress": None, "interleave": "band"},
        "lzw": {"compress": "lzw", "predictor": 2, "interleave": "pixel", **tiled},
        "zstd": {"compress": "zstd", **tiled},
        "packbits": {"compress": "packbits", "blockysize": 8},
        "lerc": {"compress": "lerc", **tiled},
        "big": {"bigtiff": "yes", **tiled},
        "motorola": {"endianness": "big", "compress": "deflate"},
        "geographic": {"crs": "EPSG:4326", "transform": Affine(1e-4, 0, 35.94, 0, -1e-4, 35.42)},
    }
    for name, said in forms.items():
        kept = {key: profile[key] for key in ("crs", "transform", "nodata", "dtype")}
        small_tiffs.write_geotiff(
            folder / f"{name}.tif", pixels, descriptions=names, tags=tags, **{**kept, **said}
        )
    _copied(tile, folder / "cog.tif", driver="COG", compress="deflate", blocksize=128)
    _copied(tile, folder / "scene.jp2", driver="JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES")
    bytes_ = {"dtype": "uint8", "compress": "jpeg", "photometric": "ycbcr", **tiled}
    where = {"crs": profile["crs"], "transform": profile["transform"]}
    rgb = (pixels[:3] // 16).astype(np.uint8)
    small_tiffs.write_geotiff(folder / "jpeg.tif", rgb, **where, **bytes_, interleave="pixel")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"):
        small_tiffs.write_geotiff(folder / "masked.tif", pixels[:4].astype(np.float32), **where)
        with rasterio.open(folder / "masked.tif", "r+") as file:
            file.write_mask(pixels[0] > 300)


def _copied(tile: Path, path: Path, **said: Any) -> None:
    from rasterio.shutil import copy

    copy(tile, path, **said)


def _runs(folder: Path) -> None:
    """What ``diff``, ``compare`` and ``verify`` write."""
    from typer.testing import CliRunner

    from pipelines import cli

    def run(*words: object) -> None:
        done = CliRunner().invoke(cli.app, [str(word) for word in words], catch_exceptions=False)
        if done.exit_code:
            raise SystemExit(done.output)

    large, runs = folder / "large", folder / "runs"
    pair = [large / f"S2_L2A_{day}.tif" for day in DAYS]
    keep = ("--keep", folder / "kept")
    run("diff", *pair, *keep, "-o", runs / "diff")
    days = ("--before", DAYS[0], "--after", DAYS[1])
    run("compare", "hmeimim", *days, "--imagery", large, *keep, "-o", runs / "compare")
    importlib.import_module("small_runs").write_run(runs / "verify", runs / "compare")


def _stac(folder: Path, tiles: Path) -> None:
    """A catalogue on disk: root, collection, Items; and what archives answer, as one list each."""
    import pystac

    from imagery.catalogs.folder import items_from_folder

    shutil.copytree(tiles, folder / "tiles")
    listed = items_from_folder(folder / "tiles")
    extent = pystac.Extent(
        pystac.SpatialExtent([[35.0, 35.0, 37.0, 36.0]]),
        pystac.TemporalExtent([[listed[0].datetime, None]]),
    )
    catalog = pystac.Catalog("root", "made for the fuzzer")
    collection = pystac.Collection("tiles", "made for the fuzzer", extent)
    catalog.add_child(collection)
    collection.add_items(listed)
    catalog.normalize_hrefs(str(folder))
    for item in listed:
        item.make_asset_hrefs_relative()
    catalog.save(pystac.CatalogType.SELF_CONTAINED)


def _texts(folder: Path) -> None:
    """Articles of every form, and claims of them."""
    from typer.testing import CliRunner

    from pipelines import cli

    folder.mkdir(parents=True)
    shutil.copy(ROOT / "sample_tiles" / "article.txt", folder)
    for path in sorted((TESTS / "claims" / "dev").glob("*.txt"))[::4]:
        shutil.copy(path, folder)
    page = "".join(
        f"<p>{line}</p>\n" for line in (folder / "article.txt").read_text().split("\n\n")
    )
    (folder / "page.html").write_text(f"<html><body><h1>News</h1>{page}</body></html>")
    words = ["claims", str(folder / "article.txt"), "--date", "2024-12-14", "--json"]
    (folder / "claims.json").write_text(CliRunner().invoke(cli.app, words).stdout)
    written = {"site": "Hmeimim", "object_class": "large_aircraft", "predicate": "present"}
    by_hand = {"claims": [{**written, "date": {"start": DAYS[0], "end": DAYS[1]}}]}
    (folder / "by_hand.json").write_text(json.dumps(by_hand))


def _store(folder: Path) -> None:
    """A watch list with a store of whole runs and a ledger of them."""
    from typer.testing import CliRunner

    from pipelines import cli, compare

    quick = importlib.import_module("quick")
    path = quick.world(folder, sites=2, dates=4)
    real, compare.compare = compare.compare, quick.compare
    try:
        words = ["batch", str(path), "--now", quick.NOW]
        done = CliRunner().invoke(cli.app, words, catch_exceptions=False)
    finally:
        compare.compare = real
    if done.exit_code:
        raise SystemExit(done.output)
