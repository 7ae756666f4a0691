"""What a statement asks for, in metres, zones and numbers; or why no image could tell it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from imagery.detectors.planform import LEAST_OBSERVABLE, observable
from imagery.detectors.shapes import SHAPES, Shape
from imagery.detectors.trials import Wanted, sized
from imagery.detectors.vehicles import COARSEST_M as VEHICLES_M
from imagery.detectors.vessels import COARSEST_M as VESSELS_M
from imagery.model import Site, Zone
from pipelines.claims.claim import Claim, Count
from pipelines.claims.lexicon import size
from pipelines.claims.wordlists import table

Kind = Literal["aircraft", "vessel", "vehicle"]

CONTRASTS = (0.08, 0.25)
"""Reflectance of such objects against their ground, least and largest: assumed."""

DWELL_DAYS = {
    "aircraft": 0.75,
    "large_aircraft": 0.75,
    "vessel": 3.0,
    "air_defence": 30.0,
    "vehicle": 1.0,
    "any": 3.0,
}
"""How long such an object stays, on average: assumed, and swept by half and twice."""

ON_WATER = frozenset({"anchorage", "basin", "berth", "harbour", "pier", "roadstead"})
OFFSHORE = frozenset({"anchorage", "roadstead"})
STANDS = frozenset({"apron", "stand"})
SITES_OF_ARMS = frozenset({"air_defence"})

_OFFSHORE = re.compile(
    r"\b(offshore|off\s+the\s+(coast|port|base)|anchor\w*|roadstead)\b", re.IGNORECASE
)
_MOORED = re.compile(
    r"\b(pier|berth\w*|moor\w*|dock\w*|quay\w*|alongside|in port)\b", re.IGNORECASE
)

SHORTEST_VESSEL_M = 80.0
"""Below that the length of a vessel is not told from a boat's with its wake at 10 m."""

SMALLEST_CHANGE = {"vessel": 120.0, "aircraft": SHAPES["Il-76"].length_m}
"""Length of the smallest object whose coming or going makes a site not "unchanged", metres."""

UNIT = Wanted(sighted=2, planted=4)
"""A unit of vehicles of which no number is given: at least four, of which two must be seen."""

MOST_PLANTED = 6
"""Objects that are planted together; the power for more has not been measured."""

FINEST_PLANFORM_M = 5.0  # an aircraft is many pixels of its own structure below


@dataclass(frozen=True, slots=True)
class Quarry:
    """What to look for.

    Attributes:
        kind: Decides the witness.
        target: Planform, at the smallest size that the words allow.
        zones: Where.
        wanted: How many.
        dwell_days: How long such an object stays.
        any_size: Whether the words named no size, so that one was declared.
    """

    kind: Kind
    target: Shape
    zones: tuple[Zone, ...]
    wanted: Wanted
    dwell_days: float
    any_size: bool


@dataclass(frozen=True, slots=True)
class Beyond:
    """Why nothing is looked for.

    Attributes:
        reason: Code.
        sentence: For a reader.
        instead: What could test it.
    """

    reason: str
    sentence: str
    instead: str


TOO_MANY = Beyond(
    "uncalibrated",
    "So many objects have not been planted together: how surely they are counted is unknown.",
    "Sharper images and an analyst's count.",
)

TOO_FINE = Beyond(
    "uncalibrated",
    "How surely such an object is found in pixels as fine as these has not been measured.",
    "Sentinel-2 tiles of the same days, where it is large enough; an analyst's eye on these.",
)


def quarry(claim: Claim, site: Site) -> Quarry | Beyond:
    """Turn a statement into something to look for."""
    early = _not_a_state(claim)
    if early is not None:
        return early
    kind = _kind(claim, site)
    if kind is None:
        return Beyond(
            "uncalibrated",
            f"This pipeline has not been measured on {_named(claim)}, so it says nothing of it.",
            "Sharper images and an analyst's eye; footage with a known place and time.",
        )
    length, declared = _length(claim, kind)
    target = sized(kind, length)
    zones = _zones(claim, site, kind)
    return Quarry(kind, target, zones, _wanted(claim, kind), _dwell(claim), declared)


def too_fine(found: Quarry, gsd_m: float) -> bool:
    """Whether pixels show more of such an object than the planform that was measured."""
    return found.kind != "vehicle" and gsd_m < FINEST_PLANFORM_M


def observable_at(found: Quarry, gsd_m: float) -> bool:
    """Whether pixels of a size show such an object well enough to look for it."""
    if found.kind == "vehicle":
        return gsd_m <= VEHICLES_M
    if too_fine(found, gsd_m):
        return False
    if found.kind == "vessel":
        return gsd_m <= VESSELS_M and found.target.length_m >= SHORTEST_VESSEL_M
    return observable(found.target, gsd_m=gsd_m) >= LEAST_OBSERVABLE


def _not_a_state(claim: Claim) -> Beyond | None:
    if claim.predicate == "preparing_to_depart":
        return None if _tiny(claim) else _INTENT
    if claim.predicate == "other":
        return Beyond(
            "sub_resolution",
            "It speaks of a part or a state of an object, and public tiles show outlines at best.",
            "Images of half a metre or finer, and an analyst's eye.",
        )
    if claim.predicate == "in_transit":
        return Beyond(
            "rate",
            "Something under way is at a place for minutes; single images do not follow it.",
            "AIS or ADS-B tracks, or footage with a known place and time.",
        )
    return None


_INTENT = Beyond(
    "intent",
    "That something prepares to leave is a purpose; an image shows only whether it has left.",
    "A later image: whether it has departed can be tested.",
)


def _tiny(claim: Claim) -> bool:
    """Whether the object itself is below the pixels of public imagery: that is said first."""
    return claim.object_class in ("helicopter", "air_defence", "vehicle", "equipment")


def _kind(claim: Claim, site: Site) -> Kind | None:
    if claim.predicate in ("damaged", "built", "increased", "decreased"):
        return None
    known: dict[str, Kind] = {
        "large_aircraft": "aircraft",
        "aircraft": "aircraft",
        "helicopter": "aircraft",
        "vessel": "vessel",
        "air_defence": "vehicle",
        "vehicle": "vehicle",
        "equipment": "vehicle",
    }
    if claim.object_class in known:
        return known[claim.object_class]
    if claim.object_class == "any" and claim.predicate == "unchanged":
        return "vessel" if any(zone.kind in ON_WATER for zone in site.zones) else "aircraft"
    return None


def _length(claim: Claim, kind: Kind) -> tuple[float, bool]:
    """Metres, and whether they were declared here and not by the words."""
    if claim.object_class == "any":
        return SMALLEST_CHANGE["vessel" if kind == "vessel" else "aircraft"], True
    found = size(claim.object_class, claim.object_text)
    named = _word_length(claim.object_text or "", kind)
    if named is not None and (found is None or found.span_m is None):
        return named, False
    if found is None:
        return SMALLEST_CHANGE.get(kind, SHAPES["S-400 launcher"].length_m), True
    return float(found.length_m[0]), False


def _word_length(words: str, kind: Kind) -> float | None:
    """Shortest length of the longest word for a size that is in some words."""
    lengths: dict[str, list[float]] = table("sizes").get(kind, {})
    text = words.casefold()
    found = [word for word in lengths if re.search(rf"(?<!\w){re.escape(word)}", text)]
    return float(lengths[max(found, key=len)][0]) if found else None


def _zones(claim: Claim, site: Site, kind: Kind) -> tuple[Zone, ...]:
    named = tuple(zone for zone in site.zones if zone.id == claim.site_id)
    if named:
        return named
    wanted: frozenset[str] = STANDS
    if kind == "vessel":
        around = f"{claim.quote} {claim.suffix[:20]}"
        wanted = ON_WATER
        if claim.predicate != "unchanged" and _OFFSHORE.search(around):
            wanted = OFFSHORE
        elif claim.predicate != "unchanged" and _MOORED.search(around):
            wanted = ON_WATER - OFFSHORE
    elif kind == "vehicle":
        wanted = SITES_OF_ARMS
    found = tuple(zone for zone in site.zones if zone.kind in wanted)
    return found or site.zones


def _wanted(claim: Claim, kind: Kind) -> Wanted:
    number = least_number(claim.count)
    if kind == "vehicle" and claim.count.op == "none":
        return UNIT
    if claim.predicate in ("unchanged", "absent"):
        number = 1
    return Wanted(number, number)


def least_number(count: Count) -> int:
    """How many must at least be there for a count to hold; 1 where the text gives none."""
    if count.value is None:
        return 1
    low = count.value if count.min is None else count.min
    if count.op == "le":
        return low + (0 if count.strict else 1)  # one more than allowed: what contradicts it
    return max(1, low + (1 if count.op == "ge" and count.strict else 0))


def _dwell(claim: Claim) -> float:
    return DWELL_DAYS.get(claim.object_class, DWELL_DAYS["any"])


def _named(claim: Claim) -> str:
    words = {"damaged": "damage", "built": "construction"}
    return words.get(claim.predicate) or claim.object_text or claim.object_class


def zones_named(zones: Sequence[Zone]) -> str:
    """Zones as a reader would write them."""
    names = [_small(zone.name) for zone in zones]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _small(name: str) -> str:
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
