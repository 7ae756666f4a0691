"""Known sub-pixel shifts planted in real scenes, under cloud: does registration find them?

``python -m benchmarks.shift --data DIR`` plants shifts (uniform in +-2.5 px both ways, every fifth
one zero) with a quintic spline in the later of two scenes and hides 0 to 60 % of both dates under
simulated cloud, whose mask misses part of the rim. ``dates``: two real dates, which are never
exactly aligned, so the error is measured(planted) - measured(untouched) - planted, the untouched
pair without cloud. ``self``: one date against itself with sensor noise and a gain, where the truth
is the planted shift alone. An error is the root-mean-square distance of the
measured field from the true one over a 5 x 5 lattice from corner to corner.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import rasterio
from numpy.typing import NDArray
from scipy import ndimage

from imagery.errors import RegistrationError
from imagery.register import UNMOVED, Affine, measure

Scene = NDArray[np.float32]

BANDS = 4
REACH_PX = 2.5
CLOUD_SHARES = (0.0, 0.2, 0.4, 0.6)
MISSED_RIM = (0.05, 0.10)  # of a cloud's area, at its edge
NOISE = 0.02  # of the scene's standard deviation: about 20 DN, the radiometric noise of Sentinel-2
GAIN = 0.9
FLOOR_PX = 0.2


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; errors in px, NaN where everything was refused."""

    pair: str
    cloud: float
    n: int
    refused: int
    median: float
    p95: float
    worst: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with oscd and landsat_*")
    parser.add_argument("--plants", type=int, default=3, help="shifts for each pair and condition")
    parser.add_argument("--json", type=Path, help="write the table here too")
    given = parser.parse_args()
    rows = run(given.data, plants=given.plants)
    for row in rows:
        print(line(row))
    passed, verdict = judge(rows)
    if given.json:
        table = [asdict(row) for row in rows]
        given.json.write_text(json.dumps({"rows": table, "passed": passed}, indent=1) + "\n")
    print(verdict)
    raise SystemExit(0 if passed else 1)


def run(data: Path, *, plants: int) -> list[Row]:
    """Measure every condition; the last row is all of them together."""
    errors: dict[tuple[str, float], list[float]] = {}
    for name, before, after in pairs(data):
        for kind, later in (("dates", after), ("self", noisy(before, seed=crc32(name.encode())))):
            untouched = field(attempt(before, later) if kind == "dates" else UNMOVED, before)
            for share in CLOUD_SHARES:
                found = errors.setdefault((kind, share), [])
                for plant in range(plants):
                    seed = crc32(f"{name} {kind} {share} {plant}".encode())
                    found.append(trial(before, later, untouched, share=share, seed=seed))
    rows = [summary(kind, share, found) for (kind, share), found in sorted(errors.items())]
    return [*rows, summary("all", float("nan"), list(chain.from_iterable(errors.values())))]


def pairs(data: Path) -> Iterator[tuple[str, Scene, Scene]]:
    """Every folder with two dated scenes, earlier first."""
    folders = sorted([*data.glob("oscd/*/"), *data.glob("landsat_*/")])
    for folder in folders:
        dated = sorted([*folder.glob("S2_*.tif"), *folder.glob("L*_20*.tif")])
        if len(dated) == 2:
            yield folder.name, read(dated[0]), read(dated[1])


def read(path: Path) -> Scene:
    """(band, y, x) float32 DN of the first bands, NaN = no data."""
    with rasterio.open(path) as scene:
        filled = scene.read(range(1, BANDS + 1), masked=True).astype(np.float32).filled(np.nan)
    pixels: Scene = filled
    return pixels


def trial(
    before: Scene, after: Scene, untouched: NDArray[np.float64], *, share: float, seed: int
) -> float:
    """Distance between the planted and the measured field, px; NaN where refused."""
    rng = np.random.default_rng(seed)
    planted = rng.uniform(-REACH_PX, REACH_PX, 2) * (rng.random() >= 0.2)
    shifted = plant(after, planted)
    cloudy = [clouded(scene, share=share, rng=rng) for scene in (before, shifted)]
    error = field(attempt(*cloudy), before) - untouched - planted
    return float(np.sqrt((error**2).sum(axis=1).mean()))


def plant(scene: Scene, shift: NDArray[np.float64]) -> Scene:
    """Move a scene by (dx, dy) px with a quintic spline."""
    gaps = ~np.isfinite(scene)
    filled = np.where(gaps, np.float32(np.nanmedian(scene)), scene)
    moved = [ndimage.shift(band, shift[::-1], order=5, mode="mirror") for band in filled]
    lost = [ndimage.shift(gap.astype(np.float32), shift[::-1], order=1) > 0 for gap in gaps]
    return np.where(lost, np.float32(np.nan), moved).astype(np.float32)


def noisy(scene: Scene, *, seed: int) -> Scene:
    """The same date as another acquisition would see it: a gain and white noise."""
    noise = np.random.default_rng(seed).standard_normal(scene.shape, np.float32)
    return np.float32(GAIN) * scene + np.float32(NOISE * np.nanstd(scene)) * noise


def clouded(scene: Scene, *, share: float, rng: np.random.Generator) -> Scene:
    """Bright smooth cloud over a share of the scene; the mask (NaN) misses some of its rim."""
    if share == 0:
        return scene
    shape = scene.shape[1:]
    field = np.zeros(shape)
    for size in (40, 14, 5):
        layer = ndimage.gaussian_filter(rng.standard_normal(shape), size, mode="wrap")
        field += layer / layer.std() * size**0.7
    masked = field > np.quantile(field, 1 - share * (1 - rng.uniform(*MISSED_RIM)))
    edge = np.quantile(field, 1 - share)
    thickness = np.clip((field - edge) / (0.15 * field.std()), 0, 1)
    bright = np.nanquantile(scene, 0.99) * (1 + 0.2 * field / field.max())
    mixed = scene * (1 - thickness) + bright * thickness
    return np.where(masked, np.nan, mixed).astype(np.float32)


def attempt(before: Scene, after: Scene) -> Affine | None:
    """Register the pair, None where refused."""
    try:
        found = measure(
            lambda rows, cols: (before[:, rows, cols], after[:, rows, cols]), before.shape[1:]
        )
    except RegistrationError:
        return None
    return found.affine


def field(affine: Affine | None, scene: Scene) -> NDArray[np.float64]:
    """(25, 2) shifts (dx, dy) in px over the grid of a scene, NaN where there is no affine."""
    if affine is None:
        return np.full((25, 2), np.nan)
    rows, cols = (np.linspace(0, side - 1, 5) for side in scene.shape[1:])
    y, x = (grid.ravel() for grid in np.meshgrid(rows, cols, indexing="ij"))
    a, b, c, d, e, f = affine
    return np.column_stack([a * x + b * y + c - x, d * x + e * y + f - y])


def summary(pair: str, cloud: float, errors: list[float]) -> Row:
    """Count refusals (NaN) apart from errors."""
    kept = np.array([error for error in errors if np.isfinite(error)])
    refused = len(errors) - len(kept)
    figures: Any = (
        (np.median(kept), np.quantile(kept, 0.95), kept.max()) if kept.size else [np.nan] * 3
    )
    return Row(pair, cloud, len(errors), refused, *(float(figure) for figure in figures))


def line(row: Row) -> str:
    cloud = f"{row.cloud:4.0%}" if row.cloud == row.cloud else "  any"
    figures = f"median {row.median:.3f}  p95 {row.p95:.3f}  worst {row.worst:.3f} px"
    return f"{row.pair:6} cloud {cloud:>5}  n {row.n:4}  refused {row.refused:3}  {figures}"


def judge(rows: list[Row]) -> tuple[bool, str]:
    """Every condition must reach the floor among what it did not refuse."""
    worst = max(row.p95 for row in rows)
    refused, n = rows[-1].refused, rows[-1].n
    passed = all(row.p95 <= FLOOR_PX for row in rows)
    word = "PASS" if passed else "FAIL"
    return passed, (
        f"{word}: 95th percentile {rows[-1].p95:.3f} px, {worst:.3f} px in the worst condition "
        f"(floor {FLOOR_PX} px); {refused} of {n} refused"
    )


if __name__ == "__main__":
    main()
