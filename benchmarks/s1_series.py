"""Disturbance in a real Sentinel-1 series: is it found, and when was it?

``python -m benchmarks.s1_series --data DIR [--points CSV] [--json FILE]``

DIR holds ``scenes/*.tif`` (VV and VH, one relative orbit, the day as YYYYMMDD in the name) and
``reference_points.csv`` (``x,y,date`` in the scenes' CRS, ``NA`` = stable), unless CSV is given.
The points are labels of disturbance dates by another sensor. They choose nothing: the method is
``imagery.sar_intervals`` at its defaults, on VH, whose loss means lost canopy. How the defaults
were chosen stands in docs/decisions/0011-radar.md.

AUC ranks points by the log-likelihood ratio of their lowest stretch of dates; the date is halfway
between the first pass inside it and the one before. Intervals: whole points resampled. The floor
beside it is a break test without a season, a surround or a way back: the strongest single step of
one pixel's decibels in either polarisation. ``GIVEN`` are the figures of a naive break test that
the project was given for the public points.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from benchmarks.scoring import curve
from imagery import backscatter, sar_intervals
from imagery.sar_series import POOL_PX, pooled_logs

WANTED = ("VV", "VH")
CANOPY = "VH"
GIVEN = {"auc": 0.719, "median_days": 161.0, "within_60": 0.28}
NEED = {"auc": 0.78, "median_days": 90.0}
DRAWS, SEED, WITHIN_DAYS = 2000, 5, 60
LEAST_SIDE = 5
DAY = re.compile(r"(\d{8})")

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Points:
    """Rows and columns, and the date of the disturbance: NaT = stable."""

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    dates: NDArray[np.datetime64]

    @property
    def disturbed(self) -> NDArray[np.bool_]:
        """True where there is a date."""
        return ~np.isnat(self.dates)


def read(folder: Path) -> tuple[Float, list[datetime], Any]:
    """(time, pol, y, x) linear power, sensing days, and the transform of the grid."""
    paths = sorted((folder / "scenes").glob("*.tif"), key=lambda path: DAY.findall(path.name)[-1])
    dates, planes, transforms = [], [], set()
    for path in paths:
        with rasterio.open(path) as source:
            names = [each or "" for each in source.descriptions]
            bands = backscatter.chosen(names, WANTED, path=path.name)
            values = source.read([band + 1 for band in bands])
            transforms.add(source.transform)
        unit = backscatter.unit_of(values, backscatter.declared_unit(names), path=path.name)
        planes.append(backscatter.masked(backscatter.to_power(values, unit)))
        dates.append(datetime.strptime(DAY.findall(path.name)[-1], "%Y%m%d").replace(tzinfo=UTC))
    if len(transforms) != 1:
        raise SystemExit(f"{folder}: {len(transforms)} grids; one is needed")
    return np.stack(planes), dates, transforms.pop()


def points(path: Path, transform: Any) -> Points:
    """The labelled points on the grid."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    places = [~transform @ (float(line["x"]), float(line["y"])) for line in lines]
    cols, rows = (np.array(each).astype(np.int64) for each in zip(*places, strict=True))
    dates = ["NaT" if line["date"] in ("NA", "") else line["date"] for line in lines]
    return Points(rows, cols, np.array(dates, "datetime64[D]"))


def ours(stack: Float, dates: list[datetime], at: Points) -> tuple[Float, Float]:
    """Score and estimated date (days since 1970) of each point."""
    orbits = [0] * len(dates)
    logs = pooled_logs(stack[:, WANTED.index(CANOPY)], half_px=POOL_PX)
    known = sar_intervals.reference(logs, orbits)
    found = sar_intervals.interval(logs, known, orbits)
    starts = found.start[at.rows, at.cols]
    middle = [_days(sar_intervals.midpoint(dates, int(s))) if s > 0 else np.nan for s in starts]
    return found.score[at.rows, at.cols], np.array(middle, np.float32)


def naive(stack: Float, dates: list[datetime], at: Points) -> tuple[Float, Float]:
    """The strongest step of one pixel, both polarisations: likelihood ratio and date."""
    series = 10 * np.log10(stack[:, :, at.rows, at.cols].astype(np.float64))
    best = np.full(len(at.rows), -np.inf)
    when = np.full(len(at.rows), np.nan)
    days = [_days(each) for each in dates]
    total = np.nansum((series - np.nanmean(series, axis=0)) ** 2, axis=0)
    for step in range(LEAST_SIDE, len(series) - LEAST_SIDE + 1):
        parts = series[:step], series[step:]
        left = sum(np.nansum((each - np.nanmean(each, axis=0)) ** 2, axis=0) for each in parts)
        score = (np.log(total / left) * np.isfinite(series).sum(axis=0) / 2).sum(axis=0)
        better = score > best
        best[better] = score[better]
        when[better] = (days[step - 1] + days[step]) / 2
    return best.astype(np.float32), when.astype(np.float32)


def figures(score: Float, when: Float, at: Points) -> dict[str, Any]:
    """AUC with its interval, error of the date, shares, and both halves of the points apart."""
    score = np.nan_to_num(score, nan=-np.inf)
    error = np.abs(when - at.dates.astype("datetime64[D]").astype(np.float64))[at.disturbed]
    error = np.nan_to_num(error, nan=np.inf)
    rng = np.random.default_rng(SEED)
    draws = [rng.integers(0, len(score), len(score)) for _ in range(DRAWS)]
    drawn = [curve(score[each], at.disturbed[each]).auc for each in draws]
    medians = [np.median(rng.choice(error, len(error))) for _ in range(DRAWS)]
    halves = [slice(0, None, 2), slice(1, None, 2)]
    return {
        "points": len(score),
        "auc": curve(score, at.disturbed).auc,
        "auc_interval": [float(q) for q in np.nanquantile(drawn, [0.025, 0.975])],
        "auc_halves": [curve(score[half], at.disturbed[half]).auc for half in halves],
        "median_days": float(np.median(error)),
        "median_interval": [float(q) for q in np.quantile(medians, [0.025, 0.975])],
        "median_halves": [float(np.median(error[half])) for half in halves],
        "within_60": float(np.mean(error <= WITHIN_DAYS)),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--points", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    start = time.perf_counter()
    stack, dates, transform = read(given.data)
    reading = time.perf_counter() - start
    at = points(given.points or given.data / "reference_points.csv", transform)
    report: dict[str, Any] = {}
    print(f"{len(dates)} dates {dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}, {stack.shape[2:]} px")
    print("method    points    AUC  95 %         halves      median days  95 %       within 60 d")
    for name, method in (("interval", ours), ("naive", naive)):
        start = time.perf_counter()
        report[name] = figures(*method(stack, dates, at), at)
        report[name]["seconds"] = time.perf_counter() - start
        _print(name, report[name])
    print("given     {auc:12.3f}{median_days:36.0f}{within_60:24.2f}".format(**GIVEN))
    print(f"read {reading:.1f} s, interval {report['interval']['seconds']:.1f} s (all pixels)")
    found = report["interval"]
    enough = found["auc"] >= NEED["auc"] and found["auc_interval"][0] > GIVEN["auc"]
    passed = bool(enough and found["median_days"] < NEED["median_days"])
    report["passed"] = passed
    print("PASS" if passed else "FAIL", f"AUC >= {NEED['auc']}, its interval above {GIVEN['auc']},")
    print(f"     median error < {NEED['median_days']:.0f} days")
    if given.json:
        given.json.write_text(json.dumps(report, indent=1, sort_keys=True), encoding="utf-8")
    return 0 if passed else 1


def _days(moment: datetime) -> float:
    return moment.timestamp() / 86400


def _print(name: str, found: dict[str, Any]) -> None:
    low, high = found["auc_interval"]
    first, second = found["auc_halves"]
    early, late = found["median_interval"]
    print(
        f"{name:9}{found['points']:7}{found['auc']:7.3f}  {low:.3f}-{high:.3f}"
        f"  {first:.3f} {second:.3f}{found['median_days']:13.0f}  {early:.0f}-{late:.0f}"
        f"{found['within_60']:15.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
