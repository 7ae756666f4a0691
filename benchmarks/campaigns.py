"""Campaigns for ``benchmarks.verdicts``: a claim, what is planted, the passes that see it.

The file format is described in ``docs/campaigns.md``. All is drawn before any pixel is judged and
from seeds of its own, so that neither thresholds nor power trials know what a campaign holds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCHEMA = 1
PREDICATES = ("present", "absent", "departed", "arrived", "unchanged")
ROLES = ("at", "before", "after")
NULLS = (5, 16, 24, 36, 50)
CLOUDS = (0.0, 0.05, 0.3)
DAYS = (0.0, 0.25, 1.0)
"""Days between claim and image, as a share of how long such an object stays."""

SEPARATION = 1.4
"""Lengths between the middles of two objects: side by side, not on each other."""

DIM, BRIGHT = (0.08, 0.25), (0.2, 0.45)
"""Reflectance contrasts that a claim's object is assumed to have: what ``tilewitness verify``
assumes, and paint that is white, or objects in the sun on dark ground."""

DARK = {"aircraft": 0.25, "vessel": 0.0, "vehicle": 0.25}


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that is planted: middle in pixels of the ground, heading, reflectance contrast."""

    row: float
    col: float
    heading_deg: float
    contrast: float


@dataclass(frozen=True, slots=True)
class Pass:
    """One image: ``clouds`` of the zone are masked, on the side that ``clouds_from_deg`` names."""

    day: str
    role: str
    group: int
    days_off: float
    clouds: float
    clouds_from_deg: float
    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A claim with its truth. ``zone``: id of a site's zone, or row, column, rows, columns."""

    id: str
    ground: str
    zone: str | tuple[int, int, int, int]
    kind: str
    length_m: float
    predicate: str
    claimed: int
    true: bool
    state: str
    nulls: int
    contrasts: tuple[float, float]
    passes: tuple[Pass, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where campaigns may be drawn: a zone of a ground, with one size of object.

    Attributes:
        ground, zone: As in ``Campaign``.
        kind, length_m: Of the object.
        inside: (y, x) True in the zone.
        pixel_m: Of the ground.
        eras: Days that may be passes, in groups that follow each other.
        dwell_days: How long such an object stays.
        contrasts: Assumed of the object; what is planted is drawn from the same range.
        unit: Objects of a unit, of which no number is claimed; 0 where numbers are claimed.
        most: Objects of a claim.
        predicates: Of the claims.
    """

    ground: str
    zone: str | tuple[int, int, int, int]
    kind: str
    length_m: float
    inside: NDArray[np.bool_]
    pixel_m: float
    eras: tuple[tuple[str, ...], ...]
    dwell_days: float
    contrasts: tuple[float, float] = DIM
    unit: int = 0
    most: int = 3
    predicates: tuple[str, ...] = PREDICATES


def draw(place: Place, count: int, *, seed: int) -> Iterator[Campaign]:
    """Campaigns at a place, half of them true."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        yield _one(place, number, rng)


def _one(place: Place, number: int, rng: np.random.Generator) -> Campaign:
    predicate = place.predicates[number % len(place.predicates)]
    true = bool(number // len(place.predicates) % 2)
    claimed = place.unit or int(rng.integers(1, place.most + 1))
    if predicate in ("absent", "unchanged") and not place.unit:
        claimed = 1
    era = place.eras[int(rng.integers(len(place.eras)))]
    clouds = float(rng.choice(CLOUDS, p=(0.6, 0.2, 0.2)))
    days = 0.0
    if predicate in ("present", "absent"):
        days = place.dwell_days * float(rng.choice(DAYS, p=(0.7, 0.15, 0.15)))
    state, layout = _state(predicate, true, claimed, rng)
    things = _things(place, max([0, *(n for _, _, n in layout)]), rng)
    layout = layout if len(layout) <= len(era) else layout[: len(era)]
    held = rng.random() < math.exp(-days / place.dwell_days)
    shown = sorted(rng.choice(len(era), len(layout), replace=False).tolist())
    passes = tuple(
        Pass(
            era[at],
            role,
            group,
            days,
            clouds,
            float(rng.uniform(0, 360)),
            _seen(things, objects, held=held, predicate=predicate, true=true),
        )
        for at, (role, group, objects) in zip(shown, layout, strict=True)
    )
    return Campaign(
        f"{_slug(place)}-{number:04d}",
        place.ground,
        place.zone,
        place.kind,
        place.length_m,
        predicate,
        claimed,
        true,
        state,
        int(rng.choice(NULLS, p=(0.08, 0.04, 0.22, 0.33, 0.33))),
        place.contrasts,
        passes,
    )


def _slug(place: Place) -> str:
    zone = place.zone if isinstance(place.zone, str) else "-".join(map(str, place.zone))
    return f"{place.ground}-{zone}-{place.kind}".replace("/", "-").replace(".", "-")


Layout = list[tuple[str, int, int]]
"""Of each pass: role, group, objects that stand there."""


def _state(
    predicate: str, true: bool, claimed: int, rng: np.random.Generator
) -> tuple[str, Layout]:
    """What stands there, and its name."""
    looks = int(rng.integers(1, 4))
    fewer = claimed - 1 if 1 < claimed < 4 else 0
    if predicate == "present":
        objects = claimed if true else int(rng.choice([0, fewer]))
        name = "as claimed" if true else ("one fewer" if objects else "none")
        return name, [("at", 0, objects)] * looks
    if predicate == "absent":
        return ("none", [("at", 0, 0)] * looks) if true else ("there", [("at", 0, claimed)] * looks)
    before, after = ("before", 0), ("after", 0)
    early = int(rng.integers(1, 3))
    if predicate == "departed":
        late = int(rng.integers(2, 4))
        if true:
            return "left", [(*before, claimed)] * early + [(*after, 0)] * late
        name = str(rng.choice(["stays", "never there", "one stays"]))
        there, left = {
            "stays": (claimed, claimed),
            "never there": (0, 0),
            "one stays": (claimed, 1 if claimed < 4 else 2),
        }[name]
        return name, [(*before, there)] * early + [(*after, left)] * late
    if predicate == "arrived":
        if true:
            return "came", [(*before, 0)] * early + [(*after, claimed)] * looks
        name = str(rng.choice(["was there", "never there"]))
        objects = claimed if name == "was there" else 0
        return name, [(*before, objects)] * early + [(*after, objects)] * looks
    there = int(rng.integers(0, 3))
    if true:
        return f"{there} stay", [("at", 0, there), ("at", 1, there)]
    first, last = (there, there + 1) if rng.random() < 0.5 else (there + 1, there)
    return ("one came" if last > first else "one left"), [("at", 0, first), ("at", 1, last)]


def _seen(
    things: Sequence[Thing], objects: int, *, held: bool, predicate: str, true: bool
) -> tuple[Thing, ...]:
    """What still stands at the sensing time: a state that was true may have ended since."""
    if held or not true:
        return tuple(things[:objects])
    return tuple(things) if predicate == "absent" else ()


def _things(place: Place, count: int, rng: np.random.Generator) -> tuple[Thing, ...]:
    rows, cols = np.nonzero(place.inside)
    apart = SEPARATION * place.length_m / place.pixel_m
    found: list[Thing] = []
    for pick in rng.permutation(len(rows)).tolist():
        if len(found) == count:
            break
        row, col = (float(at[pick] + rng.uniform(-0.5, 0.5)) for at in (rows, cols))
        if all(math.hypot(row - one.row, col - one.col) >= apart for one in found):
            contrast = float(rng.uniform(*place.contrasts))
            dark = rng.random() < DARK[place.kind]
            heading = float(rng.uniform(0, 360))
            found.append(Thing(row, col, heading, -contrast if dark else contrast))
    return tuple(found)


def write(path: Path, campaigns: Sequence[Campaign]) -> None:
    """Write a campaign file."""
    text = json.dumps({"schema": SCHEMA, "campaigns": [asdict(one) for one in campaigns]}, indent=1)
    path.write_text(text, encoding="utf-8")


def read(path: Path) -> list[Campaign]:
    """Read a campaign file.

    Raises:
        ValueError: it is not one, said in a sentence.
    """
    raw = json.loads(path.read_text(encoding="utf-8"))
    if raw.get("schema") != SCHEMA:
        raise ValueError(f"{path.name}: schema is {raw.get('schema')!r}; expected {SCHEMA}.")
    found = [_campaign(one) for one in raw["campaigns"]]
    if len({one.id for one in found}) < len(found):
        raise ValueError(f"{path.name}: two campaigns have one id.")
    return found


def _campaign(raw: dict[str, Any]) -> Campaign:
    name = raw.get("id", "a campaign without an id")
    if raw.get("predicate") not in PREDICATES:
        raise ValueError(f"{name}: predicate {raw.get('predicate')!r} is not one of {PREDICATES}.")
    try:
        passes = tuple(
            Pass(**{**one, "things": tuple(Thing(**thing) for thing in one["things"])})
            for one in raw["passes"]
        )
        zone = raw["zone"] if isinstance(raw["zone"], str) else tuple(raw["zone"])
        contrasts = tuple(raw.get("contrasts", DIM))
        return Campaign(**{**raw, "zone": zone, "contrasts": contrasts, "passes": passes})
    except (KeyError, TypeError) as error:
        raise ValueError(f"{name}: {error}") from None
