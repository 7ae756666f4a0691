"""What a verb means for a kind of thing: a hangar that lost its roof did not leave."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.claims.things import Thing

_CRAFT = frozenset({"vessel", "aircraft", "large_aircraft", "helicopter", "vehicle"})
_WORKS = frozenset({"building", "construction"})
_GROUND = frozenset({"construction"})
_DAMAGE = frozenset({"crater/damage"})
_ANY = frozenset({"any"})
_MOVABLE = _CRAFT | {"equipment", "air_defence", "any", "crater/damage"}


@dataclass(frozen=True, slots=True)
class _Rule:
    """A predicate of some classes of things, where the wording fits, means another."""

    predicates: frozenset[str]
    classes: frozenset[str]
    wording: re.Pattern[str] | None
    meant: str


def _rule(predicates: str, classes: frozenset[str], wording: str, meant: str) -> _Rule:
    pattern = re.compile(wording, re.IGNORECASE) if wording else None
    return _Rule(frozenset(predicates.split()), classes, pattern, meant)


_BE = r"\b(?:is|are|was|were|been|be|seen|busy|still) (?:\w+ )?"
_RULES = (
    _rule("preparing_to_depart arrived", _CRAFT, _BE + r"(?:un|off)?loading\b", "present"),
    _rule("preparing_to_depart arrived", _CRAFT, r"\bbeing (?:un|off)loaded\b", "present"),
    _rule("arrived", _CRAFT, _BE + r"(?:tied up|berthed|docked|moored|anchored)\b", "present"),
    _rule("increased", _MOVABLE - _ANY - _DAMAGE, r"\braised\b", "other"),
    _rule("arrived", _WORKS, r"\bback\b", "present"),
    _rule("damaged", _GROUND, r"bulldoz", "built"),
    _rule("unchanged", _CRAFT, r"(?<!still )(?<!left )\bstanding\b", "present"),
    _rule(
        "decreased",
        _MOVABLE,
        r"\b(?:fell|fallen|falling) (?:over|across|into|onto|off|down)\b(?! (?:about |some )?\d)",
        "damaged",
    ),
    _rule("in_transit", _GROUND, "", "built"),
    _rule("other", _WORKS, r"\b(?:got|gets|getting)\b", "built"),
    _rule("other", _GROUND, r"\b(?:opened|painted|marked)\b", "built"),
    _rule("departed", _ANY, r"lost", "decreased"),
    _rule("absent", _WORKS, r"missing", "damaged"),
    _rule("departed", _WORKS, r"\b(?:lost|gone)\b", "damaged"),
    _rule("decreased", _WORKS, r"\b(?:fall\w*|fell|drop\w*|slump\w*|subsid\w*)\b", "damaged"),
    _rule("departed", _WORKS, r"\bclear(?:ed|ing|s)?\b", "built"),
    _rule("preparing_to_depart", _WORKS, "", "damaged"),
)
"""The first that fits decides."""


def fitting(predicate: str, thing: Thing, quote: str) -> str:
    """The predicate as it holds for this kind of thing."""
    growing = predicate == "increased" and _FLUID.search(thing.text) is None
    if growing and thing.object_class in _WORKS:
        return "built"
    rising = predicate == "built" and _RISES.search(quote) is not None
    if hurt(thing) and (rising or predicate in {"present", "increased", "arrived"}):
        return "damaged"
    for rule in _RULES:
        fits = predicate in rule.predicates and thing.object_class in rule.classes
        if fits and (rule.wording is None or rule.wording.search(quote)):
            return rule.meant
    if predicate == "absent" and _CHANGE.search(thing.text):
        return "unchanged"
    return predicate


def hurt(thing: Thing) -> bool:
    """Whether a thing is damage itself; a crater or a hole is a thing that is there."""
    return thing.object_class == "crater/damage" and _HURT.search(thing.text) is not None


_RISES = re.compile(r"\b(?:rises?|rising|rose|risen|going up|went up)\b", re.IGNORECASE)
_CHANGE = re.compile(r"\b(?:changes?|differences?|movements?)$", re.IGNORECASE)
_FLUID = re.compile(
    r"\b(?:pond|reservoir|lake|basin|settlement|stockpile|camp|village)s?$", re.IGNORECASE
)
_HURT = re.compile(
    r"\b(?:breach|crack|fire|blaze|wildfire|smoke|plume|damage|destruction|debris|rubble|wreckage|"
    r"ruin|burn|scorch|flood|landslide|mudslide|slick|spill|char|blacken|flame)",
    re.IGNORECASE,
)
