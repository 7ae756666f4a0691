"""The floor under every speed figure: read the pair and write as much as ``diff`` writes.

``python -m benchmarks.floor BEFORE AFTER FOLDER --workers N`` decodes all bands of both scenes and
writes two float32 bands (DEFLATE level 6, predictor 3, 512 blocks, overviews) and one uint8 band.
What it writes is two differences of real bands, scaled to a fraction: as hard to compress as a
score is, and next to nothing to compute.
"""

from __future__ import annotations

import argparse
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Layers = tuple[NDArray[np.float32], NDArray[np.uint8]]

STEP = 1024
PENDING_PER_WORKER = 2
NOISE_DN = np.float32(97.3)
BLOCKS = {"driver": "GTiff", "tiled": True, "blockxsize": 512, "blockysize": 512, "zlevel": 6}
handles = local()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    with rasterio.Env(GDAL_NUM_THREADS=given.workers, GDAL_CACHEMAX=256):
        run((given.before, given.after), given.folder, workers=given.workers)


def run(pair: tuple[Path, Path], folder: Path, *, workers: int) -> None:
    """Write ``diff.tif`` and ``classes.tif`` into ``folder``, which must exist."""
    with rasterio.open(pair[0]) as scene:
        shape = scene.shape
        grid = {"crs": scene.crs, "transform": scene.transform}
    profile = BLOCKS | grid | {"height": shape[0], "width": shape[1], "compress": "deflate"}
    floats = profile | {"dtype": "float32", "count": 2, "predictor": 3, "nodata": np.nan}
    paths = folder / "diff.tif", folder / "classes.tif"
    with (
        rasterio.open(paths[0], "w", num_threads=workers, bigtiff="if_safer", **floats) as diff,
        rasterio.open(
            paths[1], "w", num_threads=workers, dtype="uint8", count=1, **profile
        ) as classes,
    ):
        for window, (values, codes) in decoded(pair, shape, workers):
            diff.write(values, window=window)
            classes.write(codes, 1, window=window)
    for path, resampling in zip(paths, (Resampling.average, Resampling.mode), strict=True):
        with rasterio.open(path, "r+") as raster:
            raster.build_overviews([2, 4, 8, 16, 32], resampling)


def decoded(
    pair: tuple[Path, Path], shape: tuple[int, int], workers: int
) -> Iterator[tuple[Window, Layers]]:
    """Layers of every window in raster order, at most a few of them in memory.

    One worker means one thread in all: the reader does not run beside the writer.
    """
    height, width = shape
    windows = (
        Window(x, y, min(STEP, width - x), min(STEP, height - y))
        for y in range(0, height, STEP)
        for x in range(0, width, STEP)
    )
    if workers == 1:
        yield from ((window, layers(pair, window)) for window in windows)
        return
    pending: deque[tuple[Window, Future[Layers]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for window in windows:
            pending.append((window, pool.submit(layers, pair, window)))
            if len(pending) > PENDING_PER_WORKER * workers:
                first, future = pending.popleft()
                yield first, future.result()
        for first, future in pending:
            yield first, future.result()


def layers(pair: tuple[Path, Path], window: Window) -> Layers:
    """Decode all bands of both dates; two differences (2, y, x) and a code (y, x) to write."""
    if not hasattr(handles, "open"):
        handles.open = {path: rasterio.open(path) for path in pair}
    before, after = (handles.open[path].read(window=window) for path in pair)
    values = np.subtract(after[2:], before[2:], dtype=np.float32) / NOISE_DN
    return values, (np.abs(values[1]) > 6.8).astype(np.uint8) + np.uint8(1)


if __name__ == "__main__":
    main()
