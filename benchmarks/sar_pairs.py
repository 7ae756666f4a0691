"""Changed regions of radar pairs at the tool's own threshold, against log-ratio 5 x 5 and Otsu.

``python -m benchmarks.sar_pairs --data DIR [--json FILE]``
``python -m benchmarks.sar_pairs --simulated [--series DIR] [--json FILE]``

DIR holds ``<pair>/{before,after,change_label}.tif``: one band of amplitude and a label, 1 =
changed. Without such data, SIMULATED pairs of ``benchmarks.sar_scenes`` are scored, and with
``--series`` real Sentinel-1 dates (layout of s1_series) with simulated changes of regions in the
later one. No threshold is fitted on any label. Two floors: the absolute logarithm of the ratio of
5 x 5 means of amplitude, and the 5 x 5 mean of the logarithm of the ratio, each split by Otsu.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from scipy import ndimage
from skimage.filters import threshold_otsu

from benchmarks import sar_scenes
from benchmarks.scoring import Counts, counted, mean, pooled
from imagery.errors import UntrustedError
from imagery.sar_regions import changed_regions

FLOOR_PX = 5
SEEDS = (0, 1, 2)
PLANTED = (
    sar_scenes.Recipe("down 10 %", "flood", 0.1, (1, 1), -4),
    sar_scenes.Recipe("up and down 5 %", "farm", 0.05, (1, 1), 4, both=True),
    sar_scenes.Recipe("river 6 %", "river", 0.06, (1, 1), 5),
    sar_scenes.Recipe("none", "flood", 0.0, (1, 1), 0),
)
APART = 12
"""Dates between the two of a real pair: 24 days each at first, so the same season."""

Picture = NDArray[Any]
Case = tuple[str, Picture, Picture, NDArray[np.bool_]]


def ratio_of_means(before: Picture, after: Picture) -> NDArray[np.bool_]:
    """Floor: logarithm of the ratio of local means."""
    means = [ndimage.uniform_filter(each.astype(np.float64), FLOOR_PX) for each in (before, after)]
    size = np.abs(np.log((means[1] + 1) / (means[0] + 1)))
    return np.asarray(size > threshold_otsu(size))


def mean_of_ratios(before: Picture, after: Picture) -> NDArray[np.bool_]:
    """Floor: local mean of the logarithm of the ratio."""
    ratio = np.log((after.astype(np.float64) + 1) / (before.astype(np.float64) + 1))
    size = np.abs(ndimage.uniform_filter(ratio, FLOOR_PX))
    return np.asarray(size > threshold_otsu(size))


def ours(before: Picture, after: Picture) -> NDArray[np.bool_]:
    """The tool at its defaults; a pair that it refuses has nothing flagged."""
    try:
        return changed_regions(before, after).changed
    except UntrustedError as refusal:
        print(f"refused: {refusal}")
        return np.zeros(before.shape, bool)


METHODS: dict[str, Callable[[Picture, Picture], NDArray[np.bool_]]] = {
    "regions": ours,
    "ratio of means": ratio_of_means,
    "mean of ratios": mean_of_ratios,
}


def real(folder: Path) -> Iterator[Case]:
    """The pairs of a folder; a label of 0 and 255 says changed by 255."""
    for path in sorted(folder.glob("*/change_label.tif")):
        layers = []
        for name in ("before", "after", "change_label"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                with rasterio.open(path.with_name(f"{name}.tif")) as source:
                    layers.append(source.read(1))
        label = layers[2]
        yield path.parent.name, layers[0], layers[1], label == (1 if (label == 1).any() else 255)


def simulated(series: Path | None) -> Iterator[Case]:
    """SIMULATED pairs, and simulated changes in real dates."""
    for recipe in sar_scenes.RECIPES:
        for seed in SEEDS:
            yield (recipe.name, *sar_scenes.pair(recipe, seed))
    if series is None:
        return
    paths = sorted((series / "scenes").glob("*.tif"))[::APART]
    for recipe in PLANTED:
        for seed, (early, late) in enumerate(itertools.pairwise(paths)):
            powers = []
            for path in (early, late):
                with rasterio.open(path) as source:
                    powers.append(10 ** (source.read(1).astype(np.float64) / 10))
            if all(np.isfinite(power).all() for power in powers):
                case = sar_scenes.planted((powers[0], powers[1]), recipe, seed)
                yield (f"S1 VV, {recipe.name}", *case)


def run(cases: Iterator[Case]) -> dict[str, Any]:
    """Score every method on every pair; print a line for each kind of pair."""
    tables: dict[str, dict[str, list[Counts]]] = {}
    seconds, pixels = 0.0, 0
    for name, before, after, truth in cases:
        for method, flag in METHODS.items():
            start = time.perf_counter()
            flagged = flag(before, after)
            if method == "regions":
                seconds, pixels = seconds + time.perf_counter() - start, pixels + truth.size
            table = counted(flagged.ravel(), truth.ravel())
            tables.setdefault(name, {}).setdefault(method, []).append(table)
    print(f"{'F1, or * share flagged':28}" + "".join(f"{method:>17}" for method in METHODS))
    for name, found in tables.items():
        print(f"{name:28}" + "".join(f"{_shown(found[method]):>17}" for method in METHODS))
    report: dict[str, Any] = {"seconds_per_mp": seconds / max(pixels, 1) * 1e6}
    report["kinds"] = {n: {m: pooled(t).f1 for m, t in f.items()} for n, f in tables.items()}
    changed = [f for f in tables.values() if _changed(f["regions"])]
    for method in METHODS:
        every = pooled([table for found in changed for table in found[method]])
        average = mean([pooled(found[method]).f1 for found in changed])
        report[method] = {"pooled_f1": every.f1, "mean_f1": average, "kappa": every.kappa}
    print(f"{'pooled F1':28}" + "".join(f"{report[m]['pooled_f1']:17.3f}" for m in METHODS))
    print(f"{'mean F1':28}" + "".join(f"{report[m]['mean_f1']:17.3f}" for m in METHODS))
    print(f"regions: {report['seconds_per_mp']:.2f} s per megapixel, reading left out")
    return report


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path)
    source.add_argument("--simulated", action="store_true")
    parser.add_argument("--series", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    if given.simulated:
        print("SIMULATED pairs" + (" and changes simulated in real dates" * bool(given.series)))
    report = run(simulated(given.series) if given.simulated else real(given.data))
    ahead = report["regions"]["pooled_f1"]
    floor = max(report[method]["pooled_f1"] for method in METHODS if method != "regions")
    report["passed"] = bool(ahead > floor)
    print("PASS" if report["passed"] else "FAIL", "pooled F1 above both floors")
    if given.json:
        given.json.write_text(json.dumps(report, indent=1, sort_keys=True), encoding="utf-8")
    return 0 if report["passed"] else 1


def _changed(found: list[Counts]) -> bool:
    return any(table.hits + table.misses for table in found)


def _shown(found: list[Counts]) -> str:
    table = pooled(found)
    if _changed(found):
        return f"{table.f1:.3f}" if math.isfinite(table.f1) else "-"
    return f"* {table.false_alarms / table.total:.4f}"


if __name__ == "__main__":
    sys.exit(main())
