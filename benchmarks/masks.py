"""Structures told from clouds, and the learned mask: ``python -m benchmarks.masks [--data DIR]``.

On the simulated tiles (first ``python -m sample_tiles.generate --history``) it is known which
flagged pixels are cloud. Fields of discs say how often two dates agree by chance. The real series
is a forest: whatever is taken for a structure there is not one.
"""

from __future__ import annotations

import argparse
import os
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from imagery.learned_mask import learned
from imagery.masks import CLEAR, CLOUD
from imagery.structures import patches, standing
from sample_tiles.frame import CENTRES
from sample_tiles.scene import build
from sample_tiles.sky import sky, sun_position
from sample_tiles.worlds import sensing_time

TILES = Path(__file__).parents[1] / "sample_tiles" / "as-reported"
PIXEL_M = 20.0
FURTHER = (0, 2, 6)
SERIES = "s2_series/sentinel2_cube_subset_romania_{}m.nc"
BANDS = ("blue", "green", "red", "nir")
COVERS = (0.005, 0.01, 0.03, 0.1)
FIELDS, SIZE = 8, 512


def simulated(site: str) -> tuple[list[Any], list[Any], list[Any]]:
    """Per date of a site: patches, pixels falsely flagged cloud, pixels rightly flagged."""
    scene, found = build(site, "S2"), ([], [], [])
    lon, lat, _ = CENTRES[site]
    for path in sorted((TILES / site).glob("*_S2_L2A_*.tif")):
        with rasterio.open(path) as tile:
            codes = tile.read(5)[::2, ::2]
        day = date.fromisoformat(path.stem[-10:])
        up, around = sun_position(sensing_time("S2", day), lon, lat)
        air = sky(scene, day, (up, around - scene.plan.frame.convergence))
        half = len(codes)
        opacity = air.cloud.reshape(half, 2, half, 2).mean(axis=(1, 3))
        cloud, clear = CLOUD["scl"](codes[None]), CLEAR["scl"](codes[None])
        found[0].append(patches(cloud, clear, pixel_m=PIXEL_M))
        found[1].append(cloud & (opacity <= air.seen_from))
        found[2].append(cloud & (opacity > air.seen_from))
    return found


def on_tiles() -> None:
    for site in CENTRES:
        numbers, false, true = simulated(site)
        for more in FURTHER:
            hit = np.zeros(2, dtype=np.int64)
            total = np.zeros(2, dtype=np.int64)
            for at in range(len(numbers) - 1 - more):
                dates = numbers[at + 1 : at + 2 + more]
                taken = standing(numbers[at], dates) > 0
                hit += [(taken & each[at]).sum() for each in (false, true)]
                total += [each[at].sum() for each in (false, true)]
            print(
                f"{site}, the next date and {more} more: {hit[0] / total[0]:.2f} of {total[0]} px "
                f"of structures freed; {hit[1]} of {total[1]} px of cloud"
            )


def field(draw: np.random.Generator, cover: float) -> NDArray[np.bool_]:
    """Discs of 20 to 400 m (power law 2.5), without shadows, until so much is covered."""
    y, x = np.mgrid[:SIZE, :SIZE]
    cloud = np.zeros((SIZE, SIZE), dtype=bool)
    while cloud.mean() < cover:
        low, high = 20.0**-1.5, 400.0**-1.5
        radius = (low + draw.random() * (high - low)) ** (-1 / 1.5) / PIXEL_M
        row, col = draw.uniform(0, SIZE, 2)
        cloud |= (y - row) ** 2 + (x - col) ** 2 < radius**2
    return cloud


def on_fields() -> None:
    draw = np.random.default_rng(7)
    area = (SIZE * PIXEL_M / 1e4) ** 2
    for cover in COVERS:
        fields = [field(draw, cover) for _ in range(FIELDS)]
        numbers = [patches(each, ~each, pixel_m=PIXEL_M) for each in fields]
        taken = [
            standing(one, [other]) > 0 for one in numbers for other in numbers if one is not other
        ]
        hectares = np.mean([each.sum() for each in taken]) * PIXEL_M**2 / 1e4 / area
        print(f"clouds at random over {cover:.1%}: {hectares:.3f} ha of 100 km2 freed for a pair")


def on_series(folder: Path) -> None:
    import xarray as xr

    codes = xr.open_dataset(folder / SERIES.format(20))["SCL"].fillna(0).values.astype(np.uint8)
    numbers = [
        patches(CLOUD["scl"](each[None]), CLEAR["scl"](each[None]), pixel_m=PIXEL_M)
        for each in codes
    ]
    pairs = [(one, other) for one in numbers if one.any() for other in numbers if one is not other]
    tried = sum(int(np.count_nonzero(np.unique(one))) for one, _ in pairs)
    freed = sum(int((standing(one, [other]) > 0).sum()) for one, other in pairs)
    print(f"series: {tried} patches held against another date, {freed} px freed")


def learned_on_series(folder: Path) -> None:
    import xarray as xr

    codes = xr.open_dataset(folder / SERIES.format(20))["SCL"].fillna(0).values.astype(np.uint8)
    data = xr.open_dataset(folder / SERIES.format(10))
    values = np.stack([data[name].values for name in ("B2", "B3", "B4", "B8")], axis=1) / 1e4
    fine = codes.repeat(2, axis=1).repeat(2, axis=2)
    hidden = np.zeros(12)
    for code, picture, day in zip(fine, values, data["time"].values, strict=True):
        wide = np.pad(picture, [(0, 0), (78, 78), (78, 78)], mode="reflect").astype(np.float32)
        clear = learned(wide, BANDS, level="l2a")[78:178, 78:178]
        hidden += np.bincount(code[~clear], minlength=12)[:12]
        share = 1 - clear.mean()
        if np.isin(code, (4, 5)).mean() > 0.99 and share > 0.001:
            print(f"series: {day.astype('datetime64[D]')} all clear by SCL, hidden {share:.3f}")
    for code, (count, total) in enumerate(zip(hidden, np.bincount(fine.ravel()), strict=False)):
        if total:
            print(f"series: SCL {code}: {count / total:.3f} of {total} px hidden")


def learned_on_oscd(folder: Path) -> None:
    """Cities without a cloud: all that is hidden is hidden wrongly."""
    for path in sorted(folder.glob("oscd/*/S2_L1C_*.tif")):
        with rasterio.open(path) as scene:
            values = scene.read([1, 2, 3, 4]).astype(np.float32) / 1e4
        clear = learned(values, BANDS, level="l1c")
        print(f"{path.parent.name} {path.stem[-10:]}: hidden {1 - clear.mean():.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.masks", description=__doc__)
    parser.add_argument("--data", default=os.environ.get("TILEWITNESS_DATA"))
    given = parser.parse_args()
    on_tiles()
    on_fields()
    if not given.data:
        print("series and cities: skipped, no --data and no TILEWITNESS_DATA")
        return
    on_series(Path(given.data))
    if find_spec("ukis_csmask") is None:
        print("learned mask: skipped, the extra 'clouds' is not installed")
        return
    learned_on_series(Path(given.data))
    learned_on_oscd(Path(given.data))


if __name__ == "__main__":
    main()
