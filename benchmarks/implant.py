"""Power of the large-object detector: targets planted in real pairs, false objects beside it.

``python -m benchmarks.implant --data DIR [--json FILE] [--contrasts .08,.15] [--tinted] [--refit]``

DIR holds a folder for each city as ``benchmarks.oscd`` reads them. Targets (simulated) are added to
the numbers of the later file, flat over blue, green, red and near infrared, at random places that
lie 12 px and more from any labelled change, 300 m apart, with random headings and sub-pixel
positions; then file, grid and detector run again, with registration and normalization of the pair
as it is (``--refit``: these too, some ten times as long). Thresholds are those of the pair as it
is: one rule for all, a budget of objects per square kilometre, label unseen. A target is found
where something is flagged on its own pixels; beside it is told how often its place was flagged
without it. False are objects outside the label: those of 4-80 px, which the floor was counted in,
and those of any size. ``--tinted`` multiplies the contrast by .8, .9, 1, 1.2 in the four bands:
grey paint is not flat. Sizes below the resolution are refused by the detector; what it finds of
them is shown all the same. The three grounds are kept apart: these pairs, years apart; with
``s2_series`` in or beside DIR the hardest history (``benchmarks.series``); and the simulated
histories (``benchmarks.implant_history``). A pair that cannot be registered is listed and left
out. Exit 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import oscd, series
from benchmarks.planted import Scene, detector, opened, refusal, said
from imagery import implant
from imagery.detectors.shapes import SHAPES
from imagery.errors import RegistrationError, UntrustedError
from imagery.implant import Power, Target

CONTRASTS = (0.08, 0.15)
TINT = (0.8, 0.9, 1.0, 1.2)
FLAT = (1.0, 1.0, 1.0, 1.0)
MOST_FALSE = 2.0
FLOOR_FALSE = 5.5
FLOOR = {"An-124": (0.26, 0.85), "Il-76": (0.05, 0.45), "frigate": (0.43, 0.86)}
WANTED = {"An-124": (0.50, 0.95), "Il-76": (0.20, 0.70), "frigate": (0.60, 0.95)}
REPEATS = 1


@dataclass(frozen=True, slots=True)
class City:
    """What is told of a city."""

    name: str
    false_per_km2: float
    false_sized_per_km2: float
    area_km2: float
    power: dict[str, Power] = field(default_factory=dict)


def measured(
    scene: Scene, name: str, contrasts: tuple[float, ...], *, tint: tuple[float, ...], refit: bool
) -> Iterator[tuple[str, Power]]:
    """Power of every shape; of shapes that the detector refuses at the highest contrast only."""
    with tempfile.TemporaryDirectory(prefix="tilewitness-implant-") as folder:
        detect = detector(scene, Path(folder), refit=refit)
        for shape in SHAPES:
            for contrast in contrasts if shape in WANTED else contrasts[-1:]:
                target = Target(SHAPES[shape], tuple(contrast * share for share in tint))
                found = implant.power(
                    detect, scene.values, scene.eligible, target, pixel_m=scene.pixel_m
                )
                print(f"  {name}: {shape} {contrast:g}: {said(found)}", file=sys.stderr)
                yield key(shape, contrast), found


def key(shape: str, contrast: float) -> str:
    return f"{shape} {contrast:g}"


def pooled(powers: list[Power]) -> Power:
    trials, found, before = (
        sum(getattr(each, name) for each in powers) for name in ("trials", "found", "before")
    )
    return Power(trials, found, before, *implant.interval(found, trials))


def print_cities(cities: list[City], contrasts: tuple[float, ...]) -> None:
    wanted = [key(shape, contrast) for shape in WANTED for contrast in contrasts]
    print("city          4-80 px/km2  any size  " + "  ".join(f"{name:>12}" for name in wanted))
    for city in cities:
        row = "  ".join(f"{city.power[name].share:12.2f}" for name in wanted)
        print(f"{city.name:14}{city.false_sized_per_km2:11.2f}  {city.false_per_km2:8.2f}  {row}")


def print_pooled(cities: list[City]) -> list[str]:
    """The pooled table; what falls short."""
    area = sum(city.area_km2 for city in cities)
    false = sum(city.false_per_km2 * city.area_km2 for city in cities) / area
    small = sum(city.false_sized_per_km2 * city.area_km2 for city in cities) / area
    print(f"\nfalse objects per km2: {small:.2f} of 4-80 px (floor {FLOOR_FALSE}, wanted at most")
    print(f"{MOST_FALSE:g}), {false:.2f} of any size")
    print("target           contrast  found (95 % interval)          by chance  floor  wanted")
    missed = [] if small <= MOST_FALSE else [f"false objects {small:.2f}"]
    for name in cities[0].power:
        shape, _, contrast = name.rpartition(" ")
        total = pooled([city.power[name] for city in cities])
        beside = ""
        if shape in WANTED and float(contrast) in CONTRASTS:
            place = CONTRASTS.index(float(contrast))
            beside = f"   {FLOOR[shape][place]:.2f}    {WANTED[shape][place]:.2f}"
            if not total.share >= WANTED[shape][place]:
                missed.append(f"{name} {total.share:.3f}")
        else:
            beside = f"   {refusal(shape)}"
        chance = total.before / max(total.trials, 1)
        print(f"{shape:16} {contrast:>8}  {said(total):32} {chance:6.3f}  {beside}")
    return missed


def judged(data: Path, given: argparse.Namespace) -> Iterator[City]:
    """Every city of a folder that is not refused."""
    for pair in oscd.find_cities(data):
        try:
            scene = opened(pair)
        except (RegistrationError, UntrustedError) as refused:
            print(f"{pair.name}: left out, refused: {refused}")
            continue
        tint = TINT if given.tinted else FLAT
        power = dict(measured(scene, pair.name, given.contrasts, tint=tint, refit=given.refit))
        rates = (count / scene.area_km2 for count in (scene.false, scene.false_sized))
        yield City(pair.name, *rates, scene.area_km2, power)


def main() -> int:
    given = parsed()
    folder = given.data / "oscd" if (given.data / "oscd").is_dir() else given.data
    cities = list(judged(folder, given))
    if not cities:
        print(f"No folder in {folder} holds two S2_L1C_<date>.tif and change_label.tif to judge.")
        return 2
    print(f"{'tinted' if given.tinted else 'flat'} targets (simulated) in real pairs")
    print_cities(cities, given.contrasts)
    missed = print_pooled(cities)
    if given.json:
        report = {"cities": [asdict(city) for city in cities], "missed": missed}
        given.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    print("\n" + (f"FAIL: {'; '.join(missed)}" if missed else "PASS: every target"))
    for place in (given.data / "s2_series", folder.parent / "s2_series"):
        if place.is_dir():
            print("\nReal Sentinel-2 series, the hardest history:")
            for _ in series.table(series.read(place), repeats=REPEATS):
                pass
            break
    return 1 if missed else 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled pairs")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--tinted", action="store_true", help="targets that are not quite flat")
    parser.add_argument("--refit", action="store_true", help="register and normalise every run")
    parser.add_argument("--contrasts", type=_numbers, default=CONTRASTS, help="such as .08,.15")
    return parser.parse_args()


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(sorted(float(part) for part in text.split(",")))


if __name__ == "__main__":
    sys.exit(main())
