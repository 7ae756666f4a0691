"""Known targets put into real pixels, and how many of them the unchanged detector finds.

Power is measured, not assumed: a target of given planform, contrast and point spread is added to
the very pixels that are judged, at random eligible places and headings, and whatever detector is
used on them runs again. Many targets go in at once, far enough apart not to meet, so that a few
runs give many trials. Targets are simulated; the ground is real.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from imagery.detectors.shapes import FWHM_PX, Shape, fill
from imagery.errors import InputError
from imagery.kernels import Float

SPACING_M = 300.0  # twice the longest target and its surround
TRIALS, MOST_RUNS = 200, 4
FOUND_SHARE = 0.2  # of a pixel that the target must fill for an object there to be the target
CONFIDENCE = 0.95
SCHEMA = 1  # of a cached measurement

Pixels = NDArray[np.bool_]
Detect = Callable[[Float], Pixels]
"""From the pixels of the judged date (band, y, x) to what is flagged (y, x)."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is put in.

    Attributes:
        shape: Planform.
        contrast: Reflectance added where it fills a pixel; one for each band, or one for all.
        fwhm_px: Point spread beyond the pixel's own square, pixels.
    """

    shape: Shape
    contrast: tuple[float, ...]
    fwhm_px: float = FWHM_PX


@dataclass(frozen=True, slots=True)
class Planting:
    """Where targets stand.

    Attributes:
        rows, cols: (n,) pixel that holds the middle.
        offsets: (n, 2) row and column of the middle from that pixel's own, pixels.
        headings_deg: (n,) clockwise from the top of the grid.
    """

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    offsets: NDArray[np.float64]
    headings_deg: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Power:
    """Share of targets found, with its Clopper-Pearson interval (NaN without trials).

    Attributes:
        trials: Targets put in.
        found: Those that lie under something flagged.
        before: Those whose place was flagged without them: found by chance at that rate.
        low, high: Of ``share``, 95 %.
    """

    trials: int
    found: int
    before: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Found of put in."""
        return self.found / self.trials if self.trials else math.nan


def seed_of(*parts: bytes | str | float | NDArray[np.generic]) -> int:
    """A seed that follows from contents: the same inputs, the same draws.

    >>> seed_of("scene", 0.08) == seed_of("scene", 0.08) != seed_of("scene", 0.15)
    True
    """
    return int(digest(*parts)[:16], 16)


def digest(*parts: bytes | str | float | NDArray[np.generic]) -> str:
    """SHA-256 of contents, each with its length, shape and type."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            data = (
                repr((part.shape, part.dtype.str)).encode() + np.ascontiguousarray(part).tobytes()
            )
        else:
            data = part if isinstance(part, bytes) else repr(part).encode()
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def interval(found: int, trials: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The Clopper-Pearson interval of a share; NaN without trials.

    >>> [round(end, 3) for end in interval(10, 10)]
    [0.692, 1.0]

    Source: Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404.
    """
    if not trials:
        return math.nan, math.nan
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, found, trials - found + 1)) if found else 0.0
    high = float(beta.ppf(1 - tail, found + 1, trials - found)) if found < trials else 1.0
    return low, high


def places(
    eligible: Pixels,
    *,
    pixel_m: tuple[float, float],
    seed: int,
    most: int | None = None,
    spacing_m: float = SPACING_M,
) -> Planting:
    """Random eligible places, headings and sub-pixel positions, some metres apart.

    Args:
        eligible: (y, x) True where the middle of a target may lie.
        pixel_m: (height, width) of a pixel, metres.
        seed: Of the draw.
        most: Targets at most; as many as fit unless given.
        spacing_m: Least distance along rows or columns, metres.
    """
    rng = np.random.default_rng(seed)
    down, right = (math.ceil(spacing_m / side) for side in pixel_m)
    free = eligible.copy()
    chosen: list[tuple[int, int]] = []
    for place in rng.permutation(np.flatnonzero(eligible)).tolist():
        if most is not None and len(chosen) == most:
            break
        row, col = divmod(place, eligible.shape[1])
        if free[row, col]:
            chosen.append((row, col))
            free[max(row - down, 0) : row + down + 1, max(col - right, 0) : col + right + 1] = False
    at = np.array(chosen, np.int64).reshape(-1, 2)
    offsets = rng.uniform(-0.5, 0.5, (len(at), 2))
    return Planting(at[:, 0], at[:, 1], offsets, rng.uniform(0, 360, len(at)))


def covered(
    planting: Planting, target: Target, *, shape: tuple[int, int], pixel_m: tuple[float, float]
) -> Float:
    """(y, x) share of each pixel that the targets fill."""
    total = np.zeros(shape, np.float32)
    for number in range(len(planting)):
        rows, cols, share = footprint(planting, number, target, shape, pixel_m)
        total[rows, cols] += share
    return total


def footprint(
    planting: Planting,
    number: int,
    target: Target,
    shape: tuple[int, int],
    pixel_m: tuple[float, float],
) -> tuple[slice, slice, Float]:
    """Rows, columns and filled shares of one target, cut at the edge of the grid."""
    down, right = planting.offsets[number].tolist()
    share = fill(
        target.shape,
        heading_deg=float(planting.headings_deg[number]),
        pixel_m=pixel_m,
        fwhm_px=target.fwhm_px,
        offset_px=(down, right),
    )
    half = len(share) // 2
    top, left = int(planting.rows[number]) - half, int(planting.cols[number]) - half
    rows, cols = (
        slice(max(start, 0), min(start + len(share), size))
        for start, size in zip((top, left), shape, strict=True)
    )
    return (
        rows,
        cols,
        share[rows.start - top : rows.stop - top, cols.start - left : cols.stop - left],
    )


def paint(
    values: Float, planting: Planting, target: Target, *, pixel_m: tuple[float, float]
) -> Float:
    """Put targets into pixels: each rises by contrast times the share that is filled.

    Args:
        values: (band, y, x) float32 reflectance, NaN stays NaN.
        planting: Where.
        target: What.
        pixel_m: (height, width) of a pixel, metres.

    Raises:
        InputError: as many contrasts as bands, or one, are needed.
    """
    if len(target.contrast) not in (1, len(values)):
        raise InputError("contrast", target.contrast, f"one value or {len(values)}")
    height, width = values.shape[1:]
    share = covered(planting, target, shape=(height, width), pixel_m=pixel_m)
    rise = np.broadcast_to(np.asarray(target.contrast, np.float32), len(values))
    return np.asarray(values + rise[:, None, None] * share, np.float32)


def hits(
    flagged: Pixels, planting: Planting, target: Target, *, pixel_m: tuple[float, float]
) -> Pixels:
    """(n,) True where something is flagged on a target's own pixels."""
    height, width = flagged.shape
    found = np.zeros(len(planting), bool)
    for number in range(len(planting)):
        rows, cols, share = footprint(planting, number, target, (height, width), pixel_m)
        own = share >= min(FOUND_SHARE, 0.5 * float(share.max()))
        found[number] = bool((flagged[rows, cols] & own).any())
    return found


def power(
    detect: Detect,
    values: Float,
    eligible: Pixels,
    target: Target,
    *,
    pixel_m: tuple[float, float],
    most_runs: int = MOST_RUNS,
) -> Power:
    """Put targets into the judged date and count what the unchanged detector finds.

    Runs end where ``TRIALS`` are reached. Seeded by the pixels and the target: the same inputs, the
    same result. The interval takes trials for unrelated; where a small zone is used again in
    every run, it is a little narrow.

    Args:
        detect: The detector with its operating point as it is used on the scene.
        values: (band, y, x) float32 reflectance of the judged date, before any processing.
        eligible: (y, x) where the middle of a target may lie: the zone, unmasked.
        target: What.
        pixel_m: (height, width) of a pixel, metres.
        most_runs: Of the detector beside the one without targets: bounds the cost.
    """
    seed = seed_of(values, eligible, json.dumps(_facts(target)))
    trials = found = chance = 0
    plain = detect(values)
    for run in range(most_runs):
        planting = places(eligible, pixel_m=pixel_m, seed=seed + run, most=TRIALS - trials)
        if not len(planting):
            break
        flagged = detect(paint(values, planting, target, pixel_m=pixel_m))
        trials += len(planting)
        found += int(hits(flagged, planting, target, pixel_m=pixel_m).sum())
        chance += int(hits(plain, planting, target, pixel_m=pixel_m).sum())
        if trials >= TRIALS:
            break
    return Power(trials, found, chance, *interval(found, trials))


def cached(folder: Path, key: str, measure: Callable[[], Power]) -> Power:
    """A measurement that was made before, or make it now and keep it.

    Args:
        folder: Of the cache; made if absent.
        key: Of everything that the result follows from, see ``key_of``.
        measure: Called once for a key.
    """
    path = folder / f"power-{key}.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        made = Power(**kept["power"])
        if kept["schema"] == SCHEMA and (made.low, made.high) == interval(made.found, made.trials):
            return made
    except (OSError, ValueError, TypeError, KeyError):
        pass  # absent, torn or of another version: measured again
    made = measure()
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps({"schema": SCHEMA, "power": asdict(made)}), encoding="utf-8")
    part.replace(path)
    return made


def key_of(values: Float, eligible: Pixels, target: Target, *, detector: str) -> str:
    """The key of a measurement: contents of the pixels, the target, and the detector's own words.

    ``detector`` must say version, operating point and every other date that is used.
    """
    return digest(values, eligible, json.dumps(_facts(target)), detector)


def _facts(target: Target) -> list[object]:
    return [target.shape.name, target.shape.outline.wkt, *target.contrast, target.fwhm_px]
