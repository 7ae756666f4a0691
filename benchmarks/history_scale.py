"""Time and memory of a site's whole history, over the time of reading its pixels.

``python -m benchmarks.history_scale --data DIR [--dates 60] [--size 512] [--repeats 3]``

DIR is that of ``benchmarks.series``. Its dates are mirrored into scenes of the wanted size and
written as deflated GeoTIFFs with SCL. The floor decodes those files with rasterio in the same
process, and nothing else; ``stack`` loads them as reflectance. The history reads them, judges every
date, keeps the alarms and writes the occupancy of two zones as a table and a picture. Runs take
turns; the median is printed, on the clock and in CPU seconds (on a busy machine only these
compare). Memory is the peak of the process (10^6 bytes).
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pystac
import rasterio
from affine import Affine

from benchmarks.series import BANDS, read
from imagery import alarms, history, past, stack
from imagery.catalogs import items_from_folder
from imagery.detectors import occupancy, timeline
from imagery.detectors.unusual import candidates
from imagery.history import History

MOST_TIMES = 4.0
NAMES = ("B02", "B03", "B04", "B08")
START = datetime(2019, 1, 3, tzinfo=UTC)
GRID = Affine(10, 0, 300_000, 0, -10, 5_000_000)


def build(data: Path, folder: Path, *, dates: int, size: int) -> list[pystac.Item]:
    """Scenes of the wanted size: real pixels, mirrored; no two dates alike."""
    values = read(data).values
    for number in range(dates):
        date = values[number % len(values)]
        whole = np.pad(date, ((0, 0), (0, size), (0, size)), mode="symmetric")[:, :size, :size]
        dn = np.nan_to_num(np.roll(whole, 3 * (number // len(values)), (1, 2))) * 1e4
        pixels = np.concatenate([dn, np.where(dn[:1] > 0, 4, 9)]).astype(np.uint16)
        day = START + timedelta(days=5 * number)
        write(folder / f"S2_L2A_{day:%Y-%m-%d}.tif", pixels)
    return items_from_folder(folder)


def write(path: Path, pixels: np.ndarray) -> None:
    profile = {
        "driver": "GTiff",
        "dtype": "uint16",
        "count": len(pixels),
        "width": pixels.shape[2],
        "height": pixels.shape[1],
        "crs": "EPSG:32635",
        "transform": GRID,
        "nodata": 0,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
        "compress": "deflate",
        "predictor": 2,
    }
    with rasterio.open(path, "w", **profile) as made:
        made.write(pixels)
        made.update_tags(PROCESSING_BASELINE="02.09")
        for number, name in enumerate((*NAMES, "SCL"), start=1):
            made.set_band_description(number, name)


def decoded(paths: list[Path]) -> None:
    for path in paths:
        with rasterio.open(path) as opened:
            opened.read()


def loaded(found: History) -> None:
    for item in found.items:
        stack.load(item, found.geobox, found.bands, chunk=None)


def whole(found: History, folder: Path) -> None:
    """History, alarms, occupancy as a table and a picture."""
    judged = past.judge(found)
    alarms.changes(judged.watch, found.moments, judged.clear)
    shape = judged.flat.shape
    zones = {name: np.zeros(shape, bool) for name in ("apron", "pier")}
    zones["apron"][: shape[0] // 3] = True
    zones["pier"][shape[0] // 2 :, : shape[1] // 4] = True
    scenes = occupancy.Scenes(found.moments, judged.clear, judged.anomalous, judged.looked, 100.0)
    land = np.zeros(shape, bool)
    objects = [candidates(date, zones, pixel_m=10.0, water=land) for date in judged.anomalous]
    rows = occupancy.series(zones, scenes, objects)
    (folder / "occupancy.csv").write_text("\n".join(str(row.as_row()) for row in rows))
    timeline.draw(rows).save(folder / "occupancy.png")


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds on the clock and of CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with a *_10m.nc")
    parser.add_argument("--dates", type=int, default=60)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tilewitness-history-") as made:
        folder = Path(made)
        scenes = folder / "scenes"
        scenes.mkdir()
        items = build(given.data, scenes, dates=given.dates, size=given.size)
        grid = stack.common_grid(items[-1], items[-1])
        found = history.gather(items, items[-1], grid, bands=BANDS)
        if not isinstance(found, History):
            raise SystemExit(found.reason)
        paths = sorted(scenes.glob("*.tif"))
        decoded(paths)
        whole(found, folder)  # compiles
        works = (lambda: decoded(paths), lambda: loaded(found), lambda: whole(found, folder))
        runs = [[timed(work) for work in works] for _ in range(given.repeats)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(f"{len(found.items)} dates, {given.size} x {given.size} px, {len(BANDS)} bands and SCL")
    print("        decode s   stack s   history s   times decode   times stack")
    times = {}
    for kind, name in enumerate(("clock", "CPU")):
        decode, load, every = (
            statistics.median(run[part][kind] for run in runs) for part in range(len(works))
        )
        times[name] = every / load
        print(
            f"{name:6} {decode:9.2f} {load:9.2f} {every:11.2f} {every / decode:14.2f}"
            f" {every / load:13.2f}"
        )
    print(f"peak {peak:.0f} MB")
    return 0 if times["clock"] <= MOST_TIMES else 1


if __name__ == "__main__":
    raise SystemExit(main())
