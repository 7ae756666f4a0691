"""Power against a site's own history, on the SIMULATED sample tiles.

``python -m benchmarks.implant_history [--tiles DIR] [--json FILE]``

DIR holds the sample tiles with their history (``python -m sample_tiles.generate --history``). Null
dates are the last claim-free ones before 10 December 2024 whose zone is clear. Each is registered
to the first date of the series, judged against the dates before it, and gives the highest answer of
the planform filter in the zone. Leave one out: the threshold of a date is the highest of all other
null dates, so that about one date in as many is promised to alarm. Targets are then planted in each
null date, flat in reflectance, at most four at once and 300 m apart, and the chain runs again. A
registration error is the distance of the measured shift from the one that the simulation drew.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.implant import said
from imagery import anomaly, forecast, implant, pairs, stack
from imagery.catalogs import items_from_folder
from imagery.detectors import planform
from imagery.detectors.apron import zone_mask
from imagery.detectors.planform import Bank
from imagery.detectors.shapes import SHAPES
from imagery.errors import NotObservable, RegistrationError
from imagery.implant import Power, Target
from imagery.sites import load_site
from sample_tiles import sensor
from sample_tiles.seeds import rng
from sample_tiles.worlds import BEFORE

WORLD = "as-reported"
CASES = (("hmeimim", "hmeimim.apron", "An-124"), ("tartus", "tartus.roadstead", "frigate"))
CONTRASTS = (0.08, 0.15)
NULL_DATES = 21
CLEAR = 0.9
MARGIN_PX = 40
MOST_ERROR_PX = 0.3
WANTED = 0.95
PER_DATE = 4
HISTORY = 24
PIXEL_M = (10.0, 10.0)
MAX_P95_PX = 0.5


@dataclass(frozen=True, slots=True)
class Line:
    """One class at one contrast in one zone."""

    zone: str
    shape: str
    contrast: float
    power: Power


@dataclass(frozen=True, slots=True)
class Stack:
    """Dates of a site on one grid, oldest first."""

    days: tuple[date, ...]
    values: NDArray[np.float32]
    zone: NDArray[np.bool_]
    errors_px: tuple[float, ...]
    bands: tuple[str, ...]
    refused: int


def read(folder: Path, site: str, zone_id: str) -> Stack:
    """The claim-free dates whose zone is clear, registered to the first of them."""
    zone = next(zone for zone in load_site(site).zones if zone.id == zone_id)
    items = [
        item
        for item in items_from_folder(folder / WORLD / site)
        if item.datetime is not None and item.datetime.date() < BEFORE
    ]
    whole = stack.common_grid(items[0], items[-1])
    inside = zone_mask(zone, whole)
    window = cut(inside)
    days, planes, errors, refused = [], [], [], 0
    reference = None
    for item in items:
        seen = stack.load(item, whole, ("blue",), chunk=None).clear.values
        if seen[inside].mean() < CLEAR:
            continue
        reference = reference or item
        pair = pairs.make(reference, item, grid=whole)
        try:
            pair = pairs.registered(pair, max_error_px=MAX_P95_PX)
        except RegistrationError:
            refused += 1
            continue
        planes.append(pair.read(*window)[1])
        day = item.datetime.date()
        errors.append(error(site, pair, reference.datetime.date(), day))
        days.append(day)
        print(day, f"{errors[-1]:.2f}", file=sys.stderr, flush=True)
    return Stack(tuple(days), np.stack(planes), inside[window], tuple(errors), pair.bands, refused)


def cut(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The window of a zone with its surround."""
    return tuple(
        slice(max(0, int(places.min()) - MARGIN_PX), int(places.max()) + MARGIN_PX + 1)
        for places in np.nonzero(inside)
    )  # type: ignore[return-value]


def error(site: str, pair: pairs.Pair, first: date, day: date) -> float:
    """Distance of the measured shift from the drawn one, pixels."""
    drawn = np.subtract(true_shift(site, day), true_shift(site, first))  # (down, right)
    found = pair.registration.shift_px if pair.registration else (0.0, 0.0)
    # Sampling further down shows the content further up.
    return float(np.hypot(found[0] + drawn[1], found[1] + drawn[0]))


def true_shift(site: str, day: date) -> tuple[float, float]:
    """The shift that ``sample_tiles.sensor.expose`` draws for a date: (down, right)."""
    draw = rng("exposure", site, "S2", day.isoformat())
    if day.month in (10, 11, 12, 1):
        draw.beta(1.2, 3)
    drawn = tuple(draw.normal(0, sensor.SENSORS["S2"].shift_px, 2))
    return sensor._SHIFTS.get(day, drawn)


def answer(values: NDArray[np.float32], bands: tuple[str, ...], sizes: Bank) -> NDArray[np.float32]:
    """(y, x) how much the last date looks like an object that its history does not know."""
    contrasts = forecast.contrasts(values)
    *_, (_, found, _) = anomaly.anomalies(contrasts, bands=bands, start=len(values) - 1)
    strength, _ = planform.respond(found.flat, sizes)
    return np.abs(np.nan_to_num(anomaly.standing_out(strength)))


def measured(data: Stack, shape: str) -> tuple[list[float], list[float], list[Line]]:
    """Highest answers of the null dates, the threshold of each, and the power."""
    sizes = planform.bank(shape, gsd_m=10.0)
    targets = range(len(data.days) - NULL_DATES, len(data.days))
    stacks = [data.values[max(0, target - HISTORY) : target + 1] for target in targets]
    plain = [answer(values, data.bands, sizes) for values in stacks]
    highest = [float(plane[data.zone].max()) for plane in plain]
    thresholds = [max(highest[:n] + highest[n + 1 :]) for n in range(NULL_DATES)]
    lines = []
    for contrast in CONTRASTS:
        target = Target(SHAPES[shape], (contrast,))
        trials = found = chance = 0
        for values, threshold, before in zip(stacks, thresholds, plain, strict=True):
            seed = implant.seed_of(values[-1], shape)
            planting = implant.places(data.zone, pixel_m=PIXEL_M, seed=seed, most=PER_DATE)
            planted = values.copy()
            planted[-1] = implant.paint(values[-1], planting, target, pixel_m=PIXEL_M)
            flagged = answer(planted, data.bands, sizes) > threshold
            trials += len(planting)
            found += int(implant.hits(flagged, planting, target, pixel_m=PIXEL_M).sum())
            chance += int(implant.hits(before > threshold, planting, target, pixel_m=PIXEL_M).sum())
        power = Power(trials, found, chance, *implant.interval(found, trials))
        lines.append(Line("", shape, contrast, power))
    return highest, thresholds, lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tiles", type=Path, default=Path("sample_tiles"))
    parser.add_argument("--json", type=Path, help="write the figures here too")
    given = parser.parse_args()
    print("SIMULATED tiles, simulated targets, about 1 null date in 21 promised to alarm")
    lines: list[Line] = []
    missed = []
    for site, zone, shape in CASES:
        data = read(given.tiles, site, zone)
        if len(data.days) < NULL_DATES + forecast.LEAST_DATES:
            print(f"{zone}: {len(data.days)} clear dates are too few.")
            return 2
        highest, thresholds, found = measured(data, shape)
        alarms = sum(a > b for a, b in zip(highest, thresholds, strict=True))
        worst = float(np.quantile(data.errors_px, 0.95))
        print(f"\n{zone}: {len(data.days)} dates, {data.refused} refused; registration error "
              f"median {np.median(data.errors_px):.2f}, 95 % {worst:.2f} px (at most "
              f"{MOST_ERROR_PX}); {alarms} of {NULL_DATES} null dates alarm")  # fmt: skip
        for line in found:
            wanted = f"wanted {WANTED}" if line.contrast == CONTRASTS[0] else ""
            print(f"  {shape:8} {line.contrast:.2f}  {said(line.power)}  {wanted}", flush=True)
        lines += [replace(line, zone=zone) for line in found]
        missed += [zone] if not found[0].power.share >= WANTED else []
        missed += [f"{zone} registration"] if worst > MOST_ERROR_PX else []
    for shape in ("fighter", "S-400 launcher", "helicopter"):
        try:
            planform.bank(shape, gsd_m=10.0)
        except NotObservable as refused:
            print(f"  {shape}: not observable: {refused}")
    if given.json:
        given.json.write_text(json.dumps([asdict(line) for line in lines], indent=1))
    print(f"FAIL: {', '.join(missed)}" if missed else "PASS")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
