"""False alarms for each square kilometre of SIMULATED sea with heavy tails, against the promise.

``python -m benchmarks.sar_seas [--km2 400] [--json FILE]``

Sea of K distribution: gamma speckle of ENL 4.4 with related neighbours, times a gamma texture of
shape nu that is related over about 3 px (nu large = no texture). Pixels of 10 m. The threshold of
``detectors.radar_ships`` promises .05 false alarms for each km2, from the tail of the scene's own
scores; beside it the nominal CA threshold for pure speckle, which knows no tail. Ships of 120 m are
planted for power. PASS: on every sea the rate is at most twice the promise.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.stats import chi2, norm
from scipy.stats import gamma as gamma_distribution
from shapely import box

from benchmarks.sar_scenes import speckle
from imagery import sar_targets
from imagery.detectors import cfar, radar_ships
from imagery.detectors.shapes import Shape

LOOKS, PIXEL_M, SIDE = 4.4, (10.0, 10.0), 1000
SHAPES = (math.inf, 10.0, 3.0, 1.0)
PROMISE, NEED = 0.05, 2.0
RELATED_PX = 1.5
LEVEL = 0.01
HULL = Shape("hull of 120 m", "vessel", 120.0, 16.0, box(-60, -8, 60, 8))
HULL_BACKSCATTER = 0.5


def sea(seed: int, nu: float) -> NDArray[np.float32]:
    """(y, x) power of one scene of 100 km2."""
    rng = np.random.default_rng([seed, 7])
    power = LEVEL * speckle(rng, (SIDE, SIDE), LOOKS)
    if math.isfinite(nu):
        field = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), RELATED_PX, mode="wrap")
        share = norm.cdf(field / field.std())
        grid = np.linspace(1e-6, 1 - 1e-6, 4096)
        power *= np.interp(share, grid, gamma_distribution.ppf(grid, nu, scale=1 / nu))
    return power.astype(np.float32)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--km2", type=int, default=400)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    scenes = max(given.km2 // 100, 1)
    open_sea, none = np.ones((SIDE, SIDE), bool), np.zeros((SIDE, SIDE), bool)
    eligible = np.zeros((SIDE, SIDE), bool)
    eligible[40:-40, 40:-40] = True
    print(f"SIMULATED sea, {scenes * 100} km2 each, promise {PROMISE} false alarms per km2")
    print("texture nu   per km2   95 % interval    nominal CA   120 m hull found, 95 %")
    report: dict[str, Any] = {"promise": PROMISE}
    for nu in SHAPES:
        alarms = nominal = 0
        power = None
        for seed in range(scenes):
            light = sea(seed, nu)
            found = radar_ships.scores(light, open_sea, none)
            known = radar_ships.level(found, per_km2=PROMISE, pixel_m=PIXEL_M, looks=LOOKS)
            alarms += len(radar_ships.ships(light, found, known, pixel_m=PIXEL_M))
            ratio = cfar.cell_averaging(
                light, cfar.clutter(light, open_sea, window=radar_ships.WINDOW)
            )
            limit = cfar.multiplier(PROMISE / 1e4, looks=LOOKS, cells=1240)
            nominal += int(ndimage.label(ratio > limit, np.ones((3, 3)))[1])
            if seed == 0:
                target = sar_targets.RadarTarget(HULL, (HULL_BACKSCATTER,), LOOKS)

                def detect(values: NDArray[np.float32], known=known) -> NDArray[np.bool_]:
                    return radar_ships.scores(values[0], open_sea, none) > known.high

                power = sar_targets.power(detect, light[None], eligible, target, pixel_m=PIXEL_M)
        area = scenes * 100
        low = chi2.ppf(0.025, 2 * alarms) / 2 / area if alarms else 0.0
        high = chi2.ppf(0.975, 2 * alarms + 2) / 2 / area
        print(
            f"{nu:10.0f}{alarms / area:10.4f}   {low:.4f}-{high:.4f}{nominal / area:14.4f}"
            f"{power.share:14.2f} {power.low:.2f}-{power.high:.2f}"
        )
        report[f"{nu:g}"] = {
            "per_km2": alarms / area, "low": low, "high": high, "nominal": nominal / area,
            "hull": power.share,
        }  # fmt: skip
    passed = all(report[f"{nu:g}"]["per_km2"] <= NEED * PROMISE for nu in SHAPES)
    report["passed"] = passed
    print("PASS" if passed else "FAIL", f"at most {NEED} times the promise on every sea")
    if given.json:
        given.json.write_text(json.dumps(report, indent=1, sort_keys=True), encoding="utf-8")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
