"""Verdicts on campaigns whose truth is known: how often they are wrong, how often they are given.

``python -m benchmarks.verdicts [--tiles DIR] [--data DIR] [--campaigns FILE] [--count N]
[--cache DIR] [--write FILE] [--json FILE]``

DIR of ``--tiles`` holds the SIMULATED sample tiles with their history, DIR of ``--data`` real
folders: any that holds one ``*_10m.nc`` (as ``s2_series``) or dated ``S2_*.tif`` (as those of
``oscd``). A campaign is a claim, true or false, of objects that are planted, simulated, into the
pixels of one to five passes of a zone, on dates of which nothing is claimed; it goes through the
rules of ``tilewitness verify`` unchanged. Simulated and real pixels are reported apart.

False supported: supported of all whose claim is false; false contradicted: contradicted of all
whose claim is true; 95 % bounds are one-sided (Clopper-Pearson). Decidable: the chance of missing
the claimed state in all passes together is at most .01, sensing times lie inside the claimed time,
there are at least 24 null dates; of a change, on either side of it. Exit 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from benchmarks import campaign_grounds as grounds
from benchmarks import campaigns as drawn
from benchmarks import drawn as simulation
from benchmarks.campaign_grounds import Ground
from benchmarks.campaign_runs import DECIDABLE_NULLS, MISS, WORDS, Outcome, run, scene
from benchmarks.campaigns import BRIGHT, Campaign, Place
from imagery.detectors.apron import zone_mask
from imagery.detectors.study import CLEAR
from pipelines.quarry import DWELL_DAYS

MOST_FALSE, MOST_BOUND, LEAST_DECIDED = 0.01, 0.02, 0.70
SEED = 20241213
ERA, ERAS, LEAST_BEFORE = 4, 1, 24
SIMULATED_PLACES = (
    ("tiles/as-reported/hmeimim", "hmeimim.transport_apron", "aircraft", 69.1, 0.46),
    ("tiles/as-reported/hmeimim", "hmeimim.apron", "aircraft", 69.1, 0.4),
    ("tiles/as-reported/tartus", (250, 210, 80, 80), "vessel", 120.0, 0.06),
    ("tiles/departed/hmeimim", "hmeimim.sam", "vehicle", 13.0, 0.08),
)
"""Ground, zone, kind, length in metres, share of the simulated campaigns."""

ALIKE_M = 60.0
REAL_ZONES, REAL_SIDES = 6, (25, 45)


@dataclass(frozen=True, slots=True)
class Judged:
    """A campaign with its outcome."""

    campaign: Campaign
    outcome: Outcome
    real: bool

    @property
    def decidable(self) -> bool:
        """See the module."""
        inside = all(one.days_off == 0 for one in self.campaign.passes)
        return self.outcome.miss <= MISS and inside and self.outcome.nulls >= DECIDABLE_NULLS

    @property
    def decided(self) -> bool:
        """Supported or contradicted."""
        return self.outcome.word in WORDS[:2]


FACTORS: dict[str, Callable[[Judged], str]] = {
    "predicate": lambda one: one.campaign.predicate,
    "state": lambda one: f"{one.campaign.predicate}: {one.campaign.state}",
    "class": lambda one: one.campaign.kind,
    "ground": lambda one: one.campaign.ground,
    "claimed": lambda one: str(one.campaign.claimed),
    "contrast assumed": lambda one: "{:.2f} to {:.2f}".format(*one.campaign.contrasts),
    "weakest contrast": lambda one: _contrast(one.campaign),
    "clouds": lambda one: f"{max(p.clouds for p in one.campaign.passes):.2f}",
    "days between": lambda one: f"{max(p.days_off for p in one.campaign.passes):.2f}",
    "null dates": lambda one: _span(one.outcome.nulls),
    "passes": lambda one: str(len(one.campaign.passes)),
}


def _contrast(campaign: Campaign) -> str:
    planted = [abs(t.contrast) for p in campaign.passes for t in p.things]
    return f"{0.05 * (min(planted) // 0.05):.2f}" if planted else "none"


def _span(nulls: int) -> str:
    edges = (0, 20, 24, 36, 48, 1000)
    low, high = next((a, b) for a, b in pairwise(edges) if a <= nulls < b)
    return f"{low:02}-{high - 1:02}" if high < 1000 else f"{low:02}-"


def upper(found: int, trials: int) -> float:
    """One-sided 95 % bound of a share.

    >>> round(upper(0, 150), 3)
    0.02
    """
    return float(beta.ppf(0.95, found + 1, trials - found)) if found < trials else 1.0


def main() -> int:
    given = _arguments()
    started = time.process_time()
    load = _loader(given)
    campaigns = drawn.read(given.campaigns) if given.campaigns else [*everything(given, load)]
    campaigns = [one for one in campaigns if one.ground.startswith(given.only)]
    if given.write:
        drawn.write(given.write, campaigns)
    judged = list(outcomes(campaigns, load, given))
    missed = [line for real in (False, True) for line in report(judged, real=real)]
    if given.json:
        told = [{**asdict(one.outcome), "campaign": asdict(one.campaign)} for one in judged]
        given.json.write_text(json.dumps({"missed": missed, "campaigns": told}, indent=1))
    print(f"\n{len(judged)} campaigns, {time.process_time() - started:.0f} s of processor time")
    print("MISSED: " + "; ".join(missed) if missed else "all goals reached")
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tiles", type=Path, default=Path("sample_tiles"))
    parser.add_argument("--data", type=Path, help="folder of real folders")
    parser.add_argument("--campaigns", type=Path, help="run these, see docs/campaigns.md")
    parser.add_argument("--count", type=int, default=1040, help="half simulated, half real")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--cache", type=Path, help="keep measurements here, to resume")
    parser.add_argument("--write", type=Path, help="write the campaigns")
    parser.add_argument("--only", default="", help="run campaigns whose ground begins so")
    parser.add_argument("--json", type=Path, help="write every outcome")
    return parser.parse_args()


def _loader(given: argparse.Namespace) -> Callable[[str], Ground]:
    found: dict[str, Ground] = {}

    def load(name: str) -> Ground:
        if name not in found:
            found[name] = grounds.load(name, tiles=given.tiles, data=given.data, cache=given.cache)
        return found[name]

    return load


def everything(given: argparse.Namespace, load: Callable[[str], Ground]) -> Iterator[Campaign]:
    """The campaigns that are run unless others are given."""
    simulated = given.count // 2 if given.data else given.count
    for number, (name, zone, kind, length, share) in enumerate(SIMULATED_PLACES):
        place = placed(load(name), zone, kind, length)
        count = round(simulated * share)
        yield from drawn.draw(place, count, seed=given.seed + number)
    if given.data:
        places = list(real_places(given, load))
        for number, place in enumerate(places):
            count = (given.count - simulated) // len(places)
            yield from drawn.draw(place, count, seed=given.seed + 100 + number)


def real_places(given: argparse.Namespace, load: Callable[[str], Ground]) -> Iterator[Place]:
    """Rectangles anywhere in the real folders: what stands there is what clutter is."""
    rng = np.random.default_rng(given.seed)
    folders = sorted({path.parent for path in given.data.glob("**/*_10m.nc")})
    for folder in folders:
        ground = load(f"data/{folder.relative_to(given.data)}")
        height, width = ground.dated.grid.shape
        for number in range(REAL_ZONES):
            rows, cols = (int(n) for n in rng.integers(*REAL_SIDES, 2))
            zone = (
                int(rng.integers(5, height - rows - 5)),
                int(rng.integers(5, width - cols - 5)),
                rows,
                cols,
            )
            place = placed(ground, zone, "aircraft", 69.1)
            yield replace(place, contrasts=BRIGHT) if number % 2 else place
    pairs = sorted({path.parent for path in given.data.glob("**/S2_*.tif")})
    for folder in pairs[:2]:
        ground = load(f"data/{folder.relative_to(given.data)}")
        height, width = ground.dated.grid.shape
        zone = (height // 2, width // 2, 40, 40)
        yield placed(ground, zone, "aircraft", 69.1)


def placed(
    ground: Ground, zone: str | tuple[int, int, int, int], kind: str, length_m: float
) -> Place:
    """A zone with the groups of clear days that may be passes."""
    place = grounds.zone_of(ground, zone)
    inside = zone_mask(place, ground.dated.grid)
    shown = ground.dated.clear(inside)
    clear = [
        day
        for day, share in zip(ground.days, shown, strict=True)
        if share >= CLEAR and not (kind == "vessel" and _taken(ground, inside, day))
    ]
    if kind == "vehicle":
        eras = [tuple(day for day in clear if day > "2024-12-10")]
    else:
        last = [len(clear) - ERA * n for n in range(ERAS)]
        eras = [
            tuple(clear[end - ERA : end])
            for end in last
            if end - ERA >= LEAST_BEFORE or end == len(clear)
        ]
    dwell = DWELL_DAYS[{"aircraft": "large_aircraft", "vehicle": "air_defence"}.get(kind, kind)]
    place = Place(ground.name, zone, kind, length_m, inside, ground.pixel_m, tuple(eras), dwell)
    if kind == "vehicle":
        return replace(place, unit=4, predicates=("present", "absent"))
    if kind == "vessel":  # a look takes seconds, so few dates are shared by all campaigns
        eras = [era[-3:] for era in eras]
        still = ("present", "absent", "unchanged")
        return replace(place, eras=tuple(eras), most=1, predicates=still)
    return place


def _taken(ground: Ground, inside: NDArray[np.bool_], day: str) -> bool:
    """Whether the simulation itself drew a vessel of that size there: no claim is false then."""
    if ground.site is None:
        return False
    there = simulation.vessels(ground.site, date.fromisoformat(day), ALIKE_M)
    places = (~ground.dated.grid.transform @ place for place in there)
    height, width = inside.shape
    return any(
        0 <= row < height and 0 <= col < width and inside[int(row), int(col)] for col, row in places
    )


def outcomes(
    campaigns: Sequence[Campaign], load: Callable[[str], Ground], given: argparse.Namespace
) -> Iterator[Judged]:
    """Every campaign's outcome, zone by zone."""
    code = code_digest(MEASURES), code_digest(JUDGES)

    def where(one: Campaign) -> tuple[str, str, str, float, str]:
        return one.ground, str(one.zone), one.kind, one.length_m, str(one.contrasts)

    for key, group in groupby(sorted(campaigns, key=where), key=where):
        mine = list(group)
        ground = load(mine[0].ground)
        at = scene(ground, mine[0], cache=given.cache, code=code[0])
        for one in mine:
            said = f"outcome {code} {json.dumps(asdict(one), sort_keys=True)}"
            made = grounds.kept(given.cache, said, partial(run, one, at))
            yield Judged(one, made, ground.real)
        print(f"{' '.join(map(str, key))}: {len(mine)} campaigns", flush=True)


MEASURES = (
    "imagery/anomaly.py",
    "imagery/forecast*.py",
    "imagery/order_kernels.py",
    "imagery/series_kernels.py",
    "imagery/missed.py",
    "imagery/implant.py",
    "imagery/detectors/*.py",
)
JUDGES = ("pipelines/*.py", "benchmarks/campaign*.py")
"""Code that measurements, and besides that verdicts, rest on."""


def code_digest(patterns: Sequence[str]) -> str:
    """Of the text of some files."""
    root = Path(__file__).parents[1]
    total = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            total.update(path.read_bytes())
    return total.hexdigest()[:16]


def report(judged: Sequence[Judged], *, real: bool) -> list[str]:
    """Print one kind of pixels; what falls short."""
    mine = [one for one in judged if one.real == real]
    if not mine:
        return []
    kind = "REAL pixels" if real else "SIMULATED pixels"
    print(f"\n{kind}, simulated objects: {len(mine)} campaigns")
    print(
        f"{'':34} {'false claims':>12} {'supported':>9} {'bound':>6} "
        f"{'true claims':>12} {'contrad.':>9} {'bound':>6} {'decided of decidable':>21} "
        f"{'supp. of true':>14} {'contr. of false':>15}"
    )
    _line("all", mine)
    for factor, of in FACTORS.items():
        print(f" {factor}")
        for level in sorted({of(one) for one in mine}):
            _line(f"  {level}", [one for one in mine if of(one) == level])
    _calibration(mine)
    return _missed(mine, kind)


def _line(name: str, mine: Sequence[Judged]) -> None:
    false, wrong = _false(mine, claim=False)
    true, against = _false(mine, claim=True)
    could = [one for one in mine if one.decidable]
    did = sum(one.decided for one in could)
    right = sum(one.campaign.true and one.outcome.word == "supported" for one in mine)
    refuted = sum(not one.campaign.true and one.outcome.word == "contradicted" for one in mine)
    print(
        f"{name:34} {false:12} {wrong:9} {upper(wrong, false) if false else 1:6.3f} "
        f"{true:12} {against:9} {upper(against, true) if true else 1:6.3f} "
        f"{did:8}/{len(could):<5} {did / len(could) if could else float('nan'):6.2f} "
        f"{right:14} {refuted:15}"
    )


def _false(mine: Sequence[Judged], *, claim: bool) -> tuple[int, int]:
    word = "contradicted" if claim else "supported"
    of = [one for one in mine if one.campaign.true == claim]
    return len(of), sum(one.outcome.word == word for one in of)


def _missed(mine: Sequence[Judged], kind: str) -> list[str]:
    missed = []
    for name, claim in (("false supported", False), ("false contradicted", True)):
        trials, found = _false(mine, claim=claim)
        if trials and (found / trials > MOST_FALSE or upper(found, trials) > MOST_BOUND):
            missed.append(f"{kind}: {name} {found}/{trials}")
    could = [one for one in mine if one.decidable]
    did = sum(one.decided for one in could)
    if not could:
        missed.append(f"{kind}: nothing was decidable")
    elif did / len(could) < LEAST_DECIDED:
        missed.append(f"{kind}: decided {did}/{len(could)} of the decidable")
    return missed


def _calibration(mine: Sequence[Judged]) -> None:
    """Brier score and reliability of the posteriors, even odds before."""
    told = [
        (one.outcome.posterior, one.campaign.true)
        for one in mine
        if one.outcome.posterior is not None
    ]
    if not told:
        return
    said, true = (np.array(column, float) for column in zip(*told, strict=True))
    print(f" Brier score {np.mean((said - true) ** 2):.3f} over {len(said)} posteriors")
    edges = (0.0, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.99, 1.0)
    for low, high in pairwise(edges):
        inside = (said >= low) & ((said < high) | (high == 1))
        if inside.any():
            print(
                f"  posterior {low:.2f}-{high:.2f}: said {said[inside].mean():.3f}, "
                f"true {true[inside].mean():.3f} of {int(inside.sum())}"
            )
    words = {word: sum(one.outcome.word == word for one in mine) for word in WORDS}
    reasons: dict[str, int] = {}
    for one in mine:
        if one.outcome.reason:
            reasons[one.outcome.reason] = reasons.get(one.outcome.reason, 0) + 1
    print(f" verdicts {words}\n reasons {reasons}")


if __name__ == "__main__":
    raise SystemExit(main())
