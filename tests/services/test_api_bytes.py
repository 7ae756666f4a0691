"""How much is fetched for a site of 5 x 5 km out of whole Sentinel-2 tiles. SIMULATED pixels."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import archive
import pytest
from affine import Affine
from archive import BANDS, COMMON, PLANETARY_COMPUTER
from commands import DAYS, run
from full_cog import FullCog, write_full_cog
from publishing import Services
from rasterio.warp import transform_bounds

pytestmark = pytest.mark.services

AT = (3800, 6500)
"""Row and column of the sample tile in the whole one: it touches 2 x 2 blocks of 512 or more."""

HEADER_BYTES = 256 << 10
MARGIN_PX = 16


def write_day(
    services: Services, name: str, day: str, block: int
) -> tuple[dict[str, Any], dict[str, FullCog]]:
    """One day as files of the full size: the Item, and where the blocks are, by file name."""
    image, sample, crs = archive.pixels("hmeimim", day)
    whole = sample @ Affine.translation(-AT[1], -AT[0])
    found, hrefs = {}, {}
    for band, plane in zip(BANDS, image, strict=True):
        file = f"{day}_{band}.tif"
        step = 2 if band == "SCL" else 1
        found[file] = write_full_cog(
            services.root / name / file,
            plane[::step, ::step],
            (AT[0] // step, AT[1] // step),
            transform=whole @ Affine.scale(step),
            block=block,
        )
        hrefs[band] = f"{services.files}/{name}/{file}"
    bounds = archive.degrees(whole, (10980, 10980), crs)
    stem = f"S2A_MSIL2A_{day.replace('-', '')}T082321_N0511_R121_T36SYD"
    moment = f"{day}T{archive.TIME}"
    shape = PLANETARY_COMPUTER
    item = archive.item(shape, stem, moment, hrefs, bounds) | {"collection": name}
    return item, found


def site_of_five_km(path: Path) -> Path:
    """One zone of 3 km, with 1 km around it: 5 km in the middle of the sample tile."""
    _, sample, crs = archive.pixels("hmeimim", DAYS[0])
    left, top = sample @ (106, 106)
    right, bottom = sample @ (406, 406)
    west, south, east, north = transform_bounds(crs, "EPSG:4326", left, bottom, right, top)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    return path


@pytest.mark.parametrize("block", [512, 1024])
def test_little_more_is_fetched_than_is_needed(
    services: Services, tmp_path: Path, block: int
) -> None:
    name = f"full-{block}"
    days = [write_day(services, name, day, block) for day in DAYS]
    services.load([archive.collection(name)], [item for item, _ in days])
    files = {file: cog for _, found in days for file, cog in found.items()}
    options = ("--imagery", f"{services.api}/collections/{name}", "--cache", tmp_path / "cache")
    period = ("--before", DAYS[0], "--after", DAYS[1])
    site = site_of_five_km(tmp_path / "five.geojson")
    said = json.loads(run("compare", site, *period, *options, "-o", tmp_path / "out", "--json"))
    fetched: dict[tuple[str, str], dict[str, int]] = {}
    # An asset that was visited more than once is counted as one.
    for each in said["fetched"]["assets"]:
        total = fetched.setdefault((each["scene"], each["asset"]), {"fetched_bytes": 0})
        total["fetched_bytes"] += each["fetched_bytes"]
        total["touched_bytes"] = max(total.get("touched_bytes", 0), each["touched_bytes"])
    assert len(fetched) == len(files) == 10
    words = {common: band for band, common in COMMON.items()}
    for (scene, asset), total in fetched.items():
        day = f"{scene[11:15]}-{scene[15:17]}-{scene[17:19]}"
        file = f"{day}_{words[asset]}.tif"
        sent = sum(services.sent(f"{name}/{file}"))
        assert sent == total["fetched_bytes"]
        assert sent <= 1.2 * total["touched_bytes"] + HEADER_BYTES
        assert total["touched_bytes"] <= files[file].touched(*window(said["grid"], asset))
        assert total["touched_bytes"] > 0
    shutil.rmtree(tmp_path / "cache")
    sent = {file: services.sent(f"{name}/{file}") for file in files}
    assert json.loads(run("replay", tmp_path / "out", "--json"))["differ"] == {}
    assert sent == {file: services.sent(f"{name}/{file}") for file in files}, "all of it was kept"


def window(grid: dict[str, Any], asset: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of a full file that a grid covers, with the margin of registration."""
    _, sample, _ = archive.pixels("hmeimim", DAYS[0])
    step = 2 if asset == "scl" else 1
    whole = sample @ Affine.translation(-AT[1], -AT[0]) @ Affine.scale(step)
    to_pixel = ~whole @ Affine(*grid["transform"])
    height, width = grid["shape"]
    (left, top), (right, bottom) = to_pixel @ (0, 0), to_pixel @ (width, height)
    rows = (int(top) - MARGIN_PX, int(bottom) + 1 + MARGIN_PX)
    columns = (int(left) - MARGIN_PX, int(right) + 1 + MARGIN_PX)
    return rows, columns
