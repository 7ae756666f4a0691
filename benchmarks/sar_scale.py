"""What a radar series costs: reading it against judging it, and the memory of both.

``python -m benchmarks.sar_scale [--dates 100] [--side 1024] [--folder DIR] [--json FILE]``

Writes SIMULATED passes (VV and VH, float32, deflate, blocks of 256 px) and reads all of them. Then
it reads and judges them in strips of whole blocks: masks, omnibus test with its dates of change,
step score, CUSUM, stretch of dates of VH; not the multitemporal filter, which is for looking.
Processor seconds of one thread, files warm, the same reader and strips both times. What the strips
give must not depend on their height. PASS: reading and judging together take at most three times as
long as reading, under ``MEMORY_MB``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from imagery import backscatter, sar, sar_intervals, sar_series

LOOKS = 4.4
TILE, OVERLAP = 256, 32
ORBIT = 21
NEED, MEMORY_MB = 3.0, 1500
SAMPLE_STEP = 8
PAST = 10
PANEL = 64
START = datetime(2021, 1, 5, tzinfo=UTC)

Float = NDArray[np.float32]
Rows = tuple[slice, slice]


def write(folder: Path, dates: int, side: int) -> list[Path]:
    """SIMULATED passes; an area darkens for good halfway."""
    ground = np.random.default_rng(1).gamma(4, 0.02, (side, side)).astype(np.float32)
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 2, "width": side, "height": side,
        "crs": "EPSG:32636", "transform": rasterio.Affine(10, 0, 7e5, 0, -10, 3.9e6),
        "nodata": 0, "compress": "deflate", "interleave": "band", "tiled": True,
        "blockxsize": TILE, "blockysize": TILE,
    }  # fmt: skip
    paths = []
    for date in range(dates):
        rng = np.random.default_rng([2, date])
        power = rng.standard_gamma(LOOKS, (2, side, side), np.float32) / np.float32(LOOKS)
        power *= np.stack([ground, ground / 5])
        if date >= dates // 2:
            power[:, side // 4 : side // 2, side // 4 : side // 2] *= np.float32(0.3)
        paths.append(folder / f"S1_{START + timedelta(days=12 * date):%Y%m%d}.tif")
        with rasterio.open(paths[-1], "w", **profile) as target:
            target.write(power)
    return paths


def read(paths: list[Path], place: Rows, out: Float) -> None:
    """Fill (time, pol, y, x) of a window; with one polarisation, the last is read."""
    for path, planes in zip(paths, out, strict=True):
        with rasterio.open(path) as source:
            for plane, band in zip(planes, (1, 2)[-len(planes) :], strict=True):
                source.read(band, window=Window.from_slices(*place), out=plane)


def reference(paths: list[Path], side: int) -> sar_intervals.Reference:
    """Of every eighth block of the lattice, VH alone, and every eighth row and column of it."""
    blocks = [(i, j) for i in range(0, side, TILE) for j in range(0, side, TILE)][::8]
    sample = []
    for top, left in blocks:
        rows, cols = (slice(start, min(start + TILE, side)) for start in (top, left))
        power = np.empty((len(paths), 1, rows.stop - top, cols.stop - left), np.float32)
        read(paths, (rows, cols), power)
        logs = sar_series.pooled_logs(power[:, 0])
        sample.append(logs[:, ::SAMPLE_STEP, ::SAMPLE_STEP].reshape(len(paths), -1))
    return sar_intervals.reference(np.concatenate(sample, axis=1), [ORBIT] * len(paths))


def judge(
    stack: Float, rows: slice, known: sar_intervals.Reference, moments: list[datetime]
) -> list[NDArray[Any]]:
    """Everything that is asked of some rows of a series, which is masked in place.

    Panels of ``PANEL`` columns are small enough for memory to be used again.
    """
    for date in stack:
        date[:] = backscatter.masked(date)
    side = stack.shape[3]
    panels = [slice(left, min(left + PANEL, side)) for left in range(0, side, PANEL)]
    parts = [_judged(stack, (rows, cols), known, moments) for cols in panels]
    return [np.concatenate(part, axis=-1) for part in zip(*parts, strict=True)]


def _judged(
    stack: Float, place: Rows, known: sar_intervals.Reference, moments: list[datetime]
) -> list[NDArray[Any]]:
    reach, orbits = sar_series.POOL_PX, [ORBIT] * len(stack)
    near = tuple(slice(max(each.start - reach, 0), each.stop + reach) for each in place)
    own = tuple(
        slice(e.start - n.start, e.stop - n.start) for e, n in zip(place, near, strict=True)
    )
    logs = np.ascontiguousarray(sar_series.pooled_logs(stack[:, :, *near])[:, :, *own])
    clean = np.ascontiguousarray(stack[:, :, *place])
    every = sar.omnibus(clean, looks=LOOKS)
    dated = sar.changes(clean, every, looks=LOOKS)
    step = sar_series.t_score(logs, moments, orbits, since=moments[len(moments) // 2])
    alarm = sar_series.cusum(logs, past=PAST, noise=known.noise)
    lost = sar_intervals.interval(logs[:, 1], known, orbits)
    return [every.p, dated.times, dated.dates, step.t, alarm.raised, lost.score, lost.start]


def run(paths: list[Path], side: int, height: int) -> tuple[float, float, str]:
    """Seconds of the whole, of its reading, and a digest of all results.

    A strip is judged with ``OVERLAP`` rows of its neighbours; rows that were read for one strip are
    kept for the next.
    """
    moments = [START + timedelta(days=12 * date) for date in range(len(paths))]
    digest = [hashlib.sha256() for _ in range(7)]
    start = time.process_time()
    known = reference(paths, side)
    reading = time.process_time() - start
    buffer = np.empty((len(paths), 2, 2 * OVERLAP + height, side), np.float32)
    kept = buffer[:, :, :0]
    for top in range(0, side, height):
        bottom = min(top + height, side)
        above = 0 if top == 0 else 2 * OVERLAP
        stack = buffer[:, :, : above + bottom - top]
        if above:
            stack[:, :, :above] = kept
        before = time.process_time()
        read(paths, (slice(top, bottom), slice(0, side)), stack[:, :, above:])
        reading += time.process_time() - before
        low = 0 if top == 0 else OVERLAP
        high = stack.shape[2] - (0 if bottom == side else OVERLAP)
        kept = stack[:, :, -2 * OVERLAP :].copy()
        found = judge(stack, slice(low, high), known, moments)
        for each, total in zip(found, digest, strict=True):
            for row in range(high - low):
                total.update(np.ascontiguousarray(each[..., row, :]).tobytes())
    whole = hashlib.sha256(b"".join(total.digest() for total in digest)).hexdigest()
    return time.process_time() - start, reading, whole


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--dates", type=int, default=100)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--folder", type=Path, help="where the passes are written for a while")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        small = Path(folder) / "small"
        small.mkdir()
        warm = write(small, 16, 128)
        same = run(warm, 128, 128)[2] == run(warm, 128, 64)[2]
        paths = write(Path(folder), given.dates, given.side)
        strip = np.empty((given.dates, 2, TILE, given.side), np.float32)
        start = time.process_time()
        for top in range(0, given.side, TILE):
            rows = slice(top, min(top + TILE, given.side))
            read(paths, (rows, slice(0, given.side)), strip[:, :, : rows.stop - top])
        floor = time.process_time() - start
        del strip
        seconds, reading, digest = run(paths, given.side, TILE)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ratio = seconds / floor
    print(f"{given.dates} dates, {given.side} x {given.side} px, 2 polarisations, one thread")
    print(f"reading alone {floor:.1f} s; whole analysis {seconds:.1f} s ({reading:.1f} s reading)")
    print(f"{ratio:.2f} times the reading; peak {memory:.0f} MB; strips do not matter: {same}")
    passed = bool(ratio <= NEED and memory <= MEMORY_MB and same)
    print("PASS" if passed else "FAIL", f"at most {NEED} times, {MEMORY_MB} MB, same bytes")
    if given.json:
        facts = {"floor": floor, "seconds": seconds, "ratio": ratio, "memory_mb": memory}
        report = {**facts, "digest": digest, "same": same, "passed": passed}
        given.json.write_text(json.dumps(report, indent=1, sort_keys=True), encoding="utf-8")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
