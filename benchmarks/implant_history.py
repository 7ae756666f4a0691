"""Power against a site's own history, on the SIMULATED sample tiles.

``python -m benchmarks.implant_history [--tiles DIR] [--json FILE]``

DIR holds the sample tiles with their history (``python -m sample_tiles.generate --history``). Dates
before 10 December 2024 on which nothing was claimed and whose zone is clear are registered to the
first of them. Each that has at least 12 dates before it is judged against up to 24 of these and
gives the highest answer of the planform filter in the zone. Every second of them, 21 in all, is a
null date; the threshold is the highest of the others, so 21 / (others + 1) null dates are promised
to alarm. (The simulated clouds come with autumn, and a history of half a year holds no season
twice: a threshold learned in summer alone would not know them.) The simulation also draws boats
with wakes and ships at anchor, as long as what is looked for: ground near a vessel of the date is
not null. Targets are then planted in each null date, flat in reflectance, at most four at once and
300 m apart, where the detector sees the zone, and the chain runs again. On the apron sizes below
the resolution are planted, too: the detector refuses them; what the filter of the large size finds
of them is shown all the same. A registration error is the distance of the measured shift from the
one that the simulation drew. Exit 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import drawn
from benchmarks.planted import refusal, said
from imagery import anomaly, forecast, implant, pairs, register, stack
from imagery.catalogs import items_from_folder
from imagery.detectors import planform
from imagery.detectors.apron import zone_mask
from imagery.detectors.planform import Bank
from imagery.detectors.shapes import SHAPES
from imagery.errors import RegistrationError
from imagery.implant import Power, Target
from imagery.sites import load_site
from sample_tiles.worlds import BEFORE

SMALL = ("fighter", "S-400 launcher", "helicopter")
CASES = (("hmeimim", "hmeimim.apron", "An-124"), ("tartus", "tartus.roadstead", "frigate"))
BELOW = {"An-124": SMALL, "frigate": ()}  # what else may stand in the zone
CONTRASTS = (0.08, 0.15)
NULL_DATES = 21
CLEAR = 0.9
MARGIN_PX = 40
MOST_ERROR_PX = 0.3
WANTED = 0.95
LEAST_CHANCE = 0.05
PER_DATE, ENOUGH, MOST_RUNS = 4, 80, 3
HISTORY, LEAST_HISTORY = 24, 12
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
    """Dates of a site on one grid, oldest first.

    Attributes:
        days: Of each date.
        values: (time, band, y, x) registered reflectance around the zone, NaN = unusable.
        null: (time, y, x) True in the zone where no vessel is near.
        errors_px: Of the registration of each date.
        bands: Canonical names.
        refused: Dates whose registration was refused.
    """

    days: tuple[date, ...]
    values: NDArray[np.float32]
    null: NDArray[np.bool_]
    errors_px: tuple[float, ...]
    bands: tuple[str, ...]
    refused: int


@dataclass(frozen=True, slots=True)
class Alarms:
    """What null dates say.

    Attributes:
        threshold: Highest answer of the other dates.
        learned_from: Those dates.
        null: (null date, y, x) answers.
        count: Null dates that exceed the threshold somewhere in the zone.
    """

    threshold: float
    learned_from: int
    null: NDArray[np.float32]
    count: int

    @property
    def promised(self) -> float:
        """Alarms to be expected where null dates are like the others."""
        return len(self.null) / (self.learned_from + 1)

    @property
    def chance(self) -> float:
        """Of at least so many alarms where null dates are like the others."""
        nulls, every = len(self.null), len(self.null) + self.learned_from
        return float(np.prod([(nulls - n) / (every - n) for n in range(self.count)]))


def read(folder: Path, site: str, zone_id: str) -> Stack:
    """The claim-free dates whose zone is clear, registered to the first of them."""
    zone = next(zone for zone in load_site(site).zones if zone.id == zone_id)
    items = [
        item
        for item in items_from_folder(folder / drawn.WORLD / site)
        if item.datetime is not None and item.datetime.date() < BEFORE
    ]
    whole = stack.common_grid(items[0], items[-1])
    everything = tuple(slice(0, size) for size in whole.shape)
    inside = zone_mask(zone, whole)
    window = cut(inside)
    days, planes, errors, refused = [], [], [], 0
    first = None
    for item in items:
        pair = pairs.make(first or item, item, grid=whole)
        dates = pair.read(*everything)
        if np.isfinite(dates[1]).all(axis=0)[inside].mean() < CLEAR:
            continue
        first = first or item
        try:
            pair = registered(pair, dates)
        except RegistrationError:
            refused += 1
            continue
        planes.append(pair.read(*window)[1])
        days.append(item.datetime.date())
        errors.append(drawn.error(site, pair.registration, days[0], days[-1]))
    null = np.stack(
        [inside[window] & ~drawn.near_vessels(site, day, whole[window]) for day in days]
    )
    return Stack(tuple(days), np.stack(planes), null, tuple(errors), pair.bands, refused)


def registered(pair: pairs.Pair, dates: tuple[NDArray[np.float32], ...]) -> pairs.Pair:
    """``pairs.registered``, its many windows cut from dates that were read once.

    Raises:
        RegistrationError: it cannot be trusted.
    """
    found = register.measure(
        lambda rows, cols: (dates[0][:, rows, cols], dates[1][:, rows, cols]),
        pair.shape,
        max_error_px=MAX_P95_PX,
    )
    return replace(pair, registration=found)


def cut(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The window of a zone with its surround."""
    rows, cols = (
        slice(max(0, int(places.min()) - MARGIN_PX), int(places.max()) + MARGIN_PX + 1)
        for places in np.nonzero(inside)
    )
    return rows, cols


def answer(values: NDArray[np.float32], bands: tuple[str, ...], sizes: Bank) -> NDArray[np.float32]:
    """(y, x) how much the last date looks like an object unknown to its history; NaN = not seen."""
    contrasts = forecast.contrasts(values)
    *_, (_, found, frame) = anomaly.anomalies(contrasts, bands=bands, start=len(values) - 1)
    strength, _ = planform.respond(planform.bounded(anomaly.grey(found, frame)), sizes)
    return np.abs(anomaly.standing_out(strength))


def past_and_date(data: Stack, number: int) -> NDArray[np.float32]:
    """(time, band, y, x) a date after its history."""
    return data.values[max(0, number - HISTORY) : number + 1]


def null_dates(data: Stack) -> list[int]:
    """Every second date, the last one first to be taken; oldest first."""
    return list(range(len(data.days) - 1, LEAST_HISTORY - 1, -2))[:NULL_DATES][::-1]


def judged(data: Stack, sizes: Bank) -> Alarms:
    """Learn the threshold from the other dates and hold the null dates against it."""
    planes = {
        number: answer(past_and_date(data, number), data.bands, sizes)
        for number in range(LEAST_HISTORY, len(data.days))
    }
    highest = {
        number: float(np.nan_to_num(plane[data.null[number]]).max())
        for number, plane in planes.items()
    }
    nulls = null_dates(data)
    threshold = max(value for number, value in highest.items() if number not in nulls)
    count = sum(highest[number] > threshold for number in nulls)
    null = np.stack([planes[number] for number in nulls])
    return Alarms(threshold, len(planes) - len(nulls), null, count)


def power(data: Stack, alarms: Alarms, target: Target, sizes: Bank) -> Power:
    """Plant a target in every null date and count those beyond the threshold."""
    trials = found = chance = 0
    for run in range(MOST_RUNS):
        for number, before in zip(null_dates(data), alarms.null, strict=True):
            planted = past_and_date(data, number).copy()
            seed = implant.seed_of(planted[-1], target.shape.name) + run
            seen = data.null[number] & np.isfinite(before)
            planting = implant.places(seen, pixel_m=PIXEL_M, seed=seed, most=PER_DATE)
            planted[-1] = implant.paint(planted[-1], planting, target, pixel_m=PIXEL_M)
            after = answer(planted, data.bands, sizes)
            with_them, without = (
                int(implant.hits(over, planting, target, pixel_m=PIXEL_M).sum())
                for over in (after > alarms.threshold, before > alarms.threshold)
            )
            trials, found, chance = trials + len(planting), found + with_them, chance + without
        if trials >= ENOUGH:
            break
    return Power(trials, found, chance, *implant.interval(found, trials))


def measured(data: Stack, alarms: Alarms, shape: str) -> Iterator[Line]:
    """The zone's own size at every contrast, sizes below the resolution at the highest."""
    sizes = planform.bank(shape, gsd_m=PIXEL_M[0])
    wanted = [(shape, contrast) for contrast in CONTRASTS]
    for name, contrast in [*wanted, *((small, CONTRASTS[-1]) for small in BELOW[shape])]:
        target = Target(SHAPES[name], (contrast,))
        yield Line("", name, contrast, power(data, alarms, target, sizes))


def report(data: Stack, zone: str, shape: str) -> tuple[list[Line], list[str]]:
    """Print one zone; its lines, and what falls short."""
    alarms = judged(data, planform.bank(shape, gsd_m=PIXEL_M[0]))
    worst = float(np.quantile(data.errors_px, 0.95))
    print(
        f"\n{zone}: {len(data.days)} dates, {data.refused} refused; registration error median "
        f"{np.median(data.errors_px):.2f}, 95 % {worst:.2f}, largest {max(data.errors_px):.2f} px "
        f"(at most {MOST_ERROR_PX});\n  {alarms.count} of {NULL_DATES} null dates alarm, "
        f"{alarms.promised:.1f} promised by {alarms.learned_from} other dates "
        f"(chance of so many {alarms.chance:.2f})",
        flush=True,
    )
    lines = []
    for line in measured(data, alarms, shape):
        beside = f"wanted {WANTED}" if (line.shape, line.contrast) == (shape, CONTRASTS[0]) else ""
        print(
            f"  {line.shape:15} {line.contrast:.2f}  {said(line.power):34} "
            f"{beside or refusal(line.shape)}",
            flush=True,
        )
        lines.append(replace(line, zone=zone))
    missed = [f"{zone} {shape}"] if lines[0].power.share < WANTED else []
    missed += [f"{zone} registration"] if worst > MOST_ERROR_PX else []
    missed += [f"{zone} false alarms"] if alarms.chance < LEAST_CHANCE else []
    return lines, missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tiles", type=Path, default=Path("sample_tiles"))
    parser.add_argument("--json", type=Path, help="write the figures here too")
    given = parser.parse_args()
    print("SIMULATED tiles, simulated targets")
    lines: list[Line] = []
    missed: list[str] = []
    for site, zone, shape in CASES:
        data = read(given.tiles, site, zone)
        if len(data.days) < LEAST_HISTORY + 2 * NULL_DATES - 1:
            print(f"{zone}: {len(data.days)} clear dates are too few; generate the history first.")
            return 2
        more, short = report(data, zone, shape)
        lines, missed = lines + more, missed + short
    if given.json:
        given.json.write_text(json.dumps([asdict(line) for line in lines], indent=1))
    print(f"\nFAIL: {', '.join(missed)}" if missed else "\nPASS: every target")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
