"""A site's history against a real Sentinel-2 series: planted targets, and changes with their dates.

``python -m benchmarks.series --data DIR [--repeats 5] [--json FILE]``

DIR holds one ``*_10m.nc`` (variables ``time, y, x`` and B2 B3 B4 B8 as DN of 1/10000, SCL); reading
it needs xarray and h5netcdf or netCDF4 (the ``bench`` group). The last 21 dates of which more than
99 % is vegetation or bare ground by SCL are the targets; all of the scene counts: a cloud that SCL
missed, a fresh clearing and a road are false alarms as much as noise. Each is judged against the
same number of earlier dates, more than 90 % clear. The threshold is the second highest of the
dates' highest scores, so that one date in 21 has a false alarm. Targets are then planted in the
target date, flat in reflectance over all four bands, at any place a window's width from the edge,
and the unchanged chain runs again. ``tinted`` targets have 0.8, 0.9, 1.0, 1.2 times the contrast in
blue, green, red and near infrared: grey paint is not flat. Simulated targets, real ground.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.stats import beta

from imagery import alarms, anomaly, forecast, past
from imagery.detectors import planform
from imagery.detectors.shapes import SHAPES, fill
from imagery.kernels import Float

BANDS = ("blue", "green", "red", "nir")
DN_BANDS = ("B2", "B3", "B4", "B8")
GSD_M = 10.0
TARGETS = 21
HISTORY = 24
STRICT_CLEAR, HISTORY_CLEAR = 0.99, 0.9
GROUND = (4, 5)  # SCL: vegetation, bare
USABLE = (2, 4, 5, 6, 7)
CONTRASTS = (0.08, 0.15)
CLASSES = ("An-124", "frigate")
TINT = np.array([0.8, 0.9, 1.0, 1.2], np.float32)
CELLS = 2  # targets planted at once: one in each of 2 x 2 quarters
NEAR_PX = 2
FLOOR = {
    ("An-124", 0.08): 0.07,
    ("An-124", 0.15): 0.57,
    ("frigate", 0.08): 0.19,
    ("frigate", 0.15): 0.55,
}


@dataclass(frozen=True, slots=True)
class Series:
    """The dates that serve as history, oldest first, and which of them are targets."""

    moments: tuple[datetime, ...]
    values: Float
    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the table."""

    shape: str
    contrast: float
    tinted: bool
    threshold: float
    trials: int
    found: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Found of planted."""
        return self.found / self.trials


def read(folder: Path) -> Series:
    """The series of a folder, or a sentence and exit 2."""
    paths = sorted(folder.glob("*_10m.nc"))
    if len(paths) != 1:
        print(f"{folder} holds {len(paths)} files *_10m.nc; expected one.", file=sys.stderr)
        raise SystemExit(2)
    with xr.open_dataset(paths[0], mask_and_scale=False) as opened:
        dn = np.stack([opened[name].values for name in DN_BANDS], axis=1).astype(np.float32)
        scl = opened["SCL"].values
        times = opened["time"].values.astype("datetime64[s]").astype(datetime)
    values = np.where(np.isin(scl, USABLE)[:, None] & (dn > 0), dn / 1e4, np.float32(np.nan))
    share = np.isin(scl, GROUND).mean(axis=(1, 2))
    kept = np.flatnonzero(share > HISTORY_CLEAR)
    targets = [int(n) for n in np.flatnonzero(share[kept] > STRICT_CLEAR)][-TARGETS:]
    moments = tuple(times[n].replace(tzinfo=UTC) for n in kept)
    return Series(moments, values[kept].astype(np.float32), tuple(targets))


def scores(values: Float, shape: str) -> Float:
    """(y, x) score of the last date: what the chain of history and matched filter says of it."""
    stack = forecast.contrasts(values)
    *_, (_, found, frame) = anomaly.anomalies(stack, bands=BANDS, start=len(values) - 1)
    answer, _ = planform.respond(anomaly.grey(found, frame), planform.bank(shape, gsd_m=GSD_M))
    return np.abs(np.nan_to_num(anomaly.standing_out(answer)))


def plain_scores(values: Float, shape: str) -> Float:
    """(y, x) score of the floor: a matched filter on the mean robust z over median and MAD."""
    past, target = values[:-1], values[-1]
    centre = np.nanmedian(past, axis=0)
    spread = 1.4826 * np.nanmedian(np.abs(past - centre), axis=0)
    z = ((target - centre) / np.maximum(spread, 0.01)).mean(axis=0)
    z = (z - np.nanmedian(z)) / (1.4826 * np.nanmedian(np.abs(z - np.nanmedian(z))))
    answer, _ = planform.respond(z.astype(np.float32), planform.bank(shape, gsd_m=GSD_M))
    return np.abs(np.nan_to_num(answer))


def past_and_target(series: Series, target: int) -> Float:
    """A target date after its history: (time, band, y, x)."""
    return series.values[max(0, target - HISTORY) : target + 1]


def planted(
    values: Float, shape: str, contrast: NDArray[np.float32], rng: np.random.Generator
) -> tuple[Float, list[tuple[int, int]]]:
    """The stack with targets in its last date, one in each quarter, and where."""
    out, places = values.copy(), []
    height, width = values.shape[2:]
    for quarter in range(CELLS**2):
        heading, *offset = rng.uniform((0, -0.5, -0.5), (360, 0.5, 0.5))
        share = fill(
            SHAPES[shape],
            heading_deg=float(heading),
            pixel_m=(GSD_M, GSD_M),
            offset_px=(float(offset[0]), float(offset[1])),
        )
        half = len(share) // 2
        row, col = (
            int(rng.integers(size // CELLS * part + half, size // CELLS * (part + 1) - half))
            for size, part in ((height, quarter // CELLS), (width, quarter % CELLS))
        )
        window = np.s_[row - half : row + half + 1, col - half : col + half + 1]
        out[-1][:, *window] += contrast[:, None, None] * share
        places.append((row, col))
    return out, places


def power(
    series: Series, shape: str, *, repeats: int, chain: Callable[[Float, str], Float] = scores
) -> Iterator[Found]:
    """A line for each contrast, flat and tinted, at one false alarm in the target dates."""
    stacks = [past_and_target(series, target) for target in series.targets]
    highest = sorted((float(chain(stack, shape).max()) for stack in stacks), reverse=True)
    threshold = highest[1]
    for tinted in (False, True):
        for contrast in CONTRASTS:
            rng = np.random.default_rng(20180815)  # the same places in every line
            per_band = np.float32(contrast) * (TINT if tinted else np.ones(4, np.float32))
            trials = found = 0
            for stack in stacks:
                for _ in range(repeats):
                    with_targets, places = planted(stack, shape, per_band, rng)
                    score = chain(with_targets, shape)
                    trials += len(places)
                    found += sum(_highest(score, place) > threshold for place in places)
            low, high = interval(found, trials)
            yield Found(shape, contrast, tinted, threshold, trials, found, low, high)


def _highest(score: Float, place: tuple[int, int]) -> float:
    row, col = place
    near = score[row - NEAR_PX : row + NEAR_PX + 1, col - NEAR_PX : col + NEAR_PX + 1]
    return float(near.max())


def interval(found: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Clopper-Pearson.

    >>> interval(0, 10)[0], round(interval(10, 10)[0], 3)
    (0.0, 0.692)
    """
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, found, trials - found + 1)) if found else 0.0
    high = float(beta.ppf(1 - tail, found + 1, trials - found)) if found < trials else 1.0
    return low, high


def dated(series: Series) -> list[tuple[alarms.Change, float, float]]:
    """Changes of the whole series, and the step in red and near infrared at their middle.

    The step is taken without the chain, from reflectance less its 25 px median: a clearing is
    brighter in red, and among leaves darker in near infrared.
    """
    judged = past.judge_values(series.values, bands=BANDS)
    found = alarms.changes(judged.watch, series.moments, judged.clear)
    red, nir = ([local_contrast(date[band]) for date in series.values] for band in (2, 3))
    return [(each, _step(red, each, series), _step(nir, each, series)) for each in found]


def local_contrast(plane: Float) -> Float:
    """A plane less its median over 25 px; gaps become 0 first."""
    filled = np.nan_to_num(plane)
    return np.asarray(filled - median_filter(filled, 25), np.float32)


def _step(planes: list[Float], change: alarms.Change, series: Series) -> float:
    """Median of three dates from the change on, less that of four before."""
    first = series.moments.index(change.first)
    row, col = (round(place) for place in change.centre)
    before, after = planes[max(0, first - 4) : first], planes[first : first + 3]
    return float(
        np.median([plane[row, col] for plane in after])
        - np.median([plane[row, col] for plane in before])
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with a *_10m.nc")
    parser.add_argument("--repeats", type=int, default=5, help="plantings per date and line")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    given = parser.parse_args()
    series = read(given.data)
    lines = [*table(series, repeats=given.repeats)]
    if given.json:
        given.json.write_text(json.dumps([asdict(line) for line in lines], indent=1))
    print(f"\nChanges over {len(series.moments)} dates; a step is after less before, reflectance.")
    print("first       before      confirmed   area m2   row  col    red     nir")
    for change, red, nir in dated(series):
        before = f"{change.before:%Y-%m-%d}" if change.before else "-         "
        when = f"{change.confirmed:%Y-%m-%d}" if change.confirmed else "provisional"
        area = change.pixels * GSD_M**2
        print(
            f"{change.first:%Y-%m-%d}  {before}  {when:11} {area:7.0f} "
            f"{change.centre[0]:6.0f} {change.centre[1]:4.0f} {red:+7.3f} {nir:+7.3f}"
        )
    return 0


def table(series: Series, *, repeats: int) -> Iterator[Found]:
    """Print and yield the power, the plain filter of the floor beside it."""
    print(f"{len(series.targets)} target dates, {HISTORY} dates of history each; simulated targets")
    print("class    contrast         found of planted   95 % interval   plain here   floor given")
    for shape in CLASSES:
        plain = {
            (line.contrast, line.tinted): line
            for line in power(series, shape, repeats=1, chain=plain_scores)
        }
        for line in power(series, shape, repeats=repeats):
            tint = "tinted" if line.tinted else "flat"
            given = "" if line.tinted else f"{FLOOR[shape, line.contrast]:.2f}"
            beside = plain[line.contrast, line.tinted]
            print(
                f"{shape:8} {line.contrast:.2f} {tint:7} {line.found:4}/{line.trials:<4} "
                f"{line.share:5.2f}        {line.low:.2f}-{line.high:.2f}"
                f"          {beside.share:.2f}         {given}",
                flush=True,
            )
            yield line


if __name__ == "__main__":
    raise SystemExit(main())
