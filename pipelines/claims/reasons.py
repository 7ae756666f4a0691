"""Why a clause cannot be tested from above: ordered rules, the first that fits decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipelines.claims.predicates import Said
from pipelines.claims.things import Thing
from pipelines.claims.wordlists import phrase_pattern

_COULD = re.compile(
    r"\b(?:if|unless|were to|whether|in theory|would|could|might|(?-i:may)|should|can|had it not|"
    r"in the event|capable of|able to|as if|as though|suppose|imagine|threaten(?:s|ed) to)\b",
    re.IGNORECASE,
)
_SEEN_COULD = re.compile(
    r"\b(?:could|can)(?:\s+(?:not|also|still|clearly))*\s+be\s+(?:seen|made out|identified|counted|"
    r"distinguished|spotted|observed|detected|found|discerned|recogni[sz]ed|picked out)\b|"
    r"\b(?-i:may|might|could)\s+have\b|"
    r"\b(?-i:may|might|could)\s+be\s+(?:a|an|the|two|three|some)\b|\bcan(?:not)?\s+be\s+seen\b",
    re.IGNORECASE,
)
_HAD_IF = re.compile(r"^(?:had|were|should)\s+(?:the|it|they|a|this|that)\b", re.IGNORECASE)
_UNSEEN_EVENT = re.compile(
    r"\b(?:shot down|intercepted|was launched|were launched|launched|fired|opened fire|"
    r"took part|been used in|were used in|warned|complained|hacked|paid|bought|sold|"
    r"sanctioned|negotiat\w+|sign(?:ed|ing)|agree[ds]?|cost)\b",
    re.IGNORECASE,
)
_FORECAST_ASSERTED = re.compile(r"\b(?:as expected|than expected|as planned)\b", re.IGNORECASE)
_WILL = re.compile(r"\w['’]ll\b|\b(?:is|are) to (?!be (?:seen|found|made))[a-z]")
_CREDITS = re.compile(
    r"^(?:additional |further )?(?:reporting|research|editing|writing|photos?) by\b", re.IGNORECASE
)
_PEOPLE_LEFT = re.compile(r"\b(?:evacuat|vacat)\w+\b", re.IGNORECASE)
_PEOPLE = re.compile(
    r"\b(?:families|residents|people|civilians|troops|soldiers|workers|refugees|villagers|fighters|"
    r"militants|officials|passengers|protesters|firefighters|rescuers|police|sailors|personnel|"
    r"population|inhabitants|experts|analysts|authorities|rebels|engineers|fishermen|children)\b",
    re.IGNORECASE,
)
_FLED = re.compile(
    r"\b(?:fled|flee\w*|displaced|evacuated|left|escaped|missing|homeless)\b", re.IGNORECASE
)
_UNKNOWN = re.compile(
    r"\bit\s+(?:is|was|remains?)\s+(?:not\s+|still\s+)?(?:un)?(?:clear|known|certain|likely|possible)\b|"
    r"\b(?:un(?:clear|known)|not\s+(?:clear|known))\s+(?:who|whether|how|why|if|what|when)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:deny|denies|denied|reject(?:s|ed)?|refuse[sd]?|declined to|"
    r"did not (?:respond|comment))\b",
    re.IGNORECASE,
)
_MEANT = re.compile(
    r"\b(?:is|are|was|were)\s+(?:\w+ly\s+)?(?:meant|intended|designed|aimed)\s+(?:to|for|at)\b|"
    r"\b(?:wants?|plans?|hopes?|intends?|aims?|seeks?|vow(?:s|ed)?)\s+to\b",
    re.IGNORECASE,
)
_UNPROVEN = re.compile(r"\bno\s+(?:proof|confirmation|suggestion|doubt)\b", re.IGNORECASE)
_MONEY = re.compile(
    r"\b(?:shares|prices?|exports?|revenues?|profits?|inflation|votes?|polls?|budget|billion|roubles)\b",
    re.IGNORECASE,
)
_OF_THEM = re.compile(
    r"^(?:most|some|many|all|both|half|several|two|three|one) of (?:them|which|these|whom)\b",
    re.IGNORECASE,
)
_PICTURES = re.compile(
    r"\b(?:images?|imagery|pictures?|photos?|photographs?|footage|videos?|scenes?)\b", re.IGNORECASE
)
_PURPOSE = re.compile(r"^to\s+[a-z]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a clause when its route is chosen.

    Attributes:
        text: The clause.
        core: Of it, what would be quoted.
        whole: Its sentence.
        thing, said: What it is about and what is said of it, if anything.
        subject: It has a subject of another kind: the place itself, a pronoun.
        opener: The word that opens it.
        fixed: It has a fixed place, by itself or from before.
        sea, region: It names a sea, a country.
        dated: It has a time.
        verb: It has a verb that names no state.
        hull: It speaks of a ship by name and gives no day.
    """

    text: str
    core: str
    whole: str
    thing: Thing | None
    said: Said | None
    subject: bool
    opener: str
    fixed: bool
    sea: bool
    region: bool
    dated: bool
    verb: bool = False
    hull: bool = False


def route(facts: Facts) -> str | None:
    """Choose the reason word, or None for a checkable clause."""
    for rule in (_by_form, _by_words, _by_content, _by_place):
        reason = rule(facts)
        if reason is not None:
            return reason
    return None


@lru_cache(maxsize=1 << 12)
def _finds(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a pattern occurs; kept, since every thing of a clause asks the same."""
    return pattern.search(text) is not None


@lru_cache(maxsize=1 << 12)
def _has(name: str, text: str) -> bool:
    return phrase_pattern(name).search(text) is not None


def _by_form(facts: Facts) -> str | None:
    text = facts.text
    if _has("retraction", text) or _finds(_DENIED, text):
        return "statement"
    if _CREDITS.match(text):
        return "boilerplate"
    if _HAD_IF.match(text) or facts.opener in {"if", "unless", "whether"}:
        return "hypothetical"
    if text.rstrip().endswith("?"):
        return "hypothetical"
    if (
        _has("modals_future", text)
        or _finds(_WILL, text)
        or (_has("forecast", text) and not _finds(_FORECAST_ASSERTED, text))
    ):
        return "forecast"
    if _finds(_COULD, text) and not _finds(_SEEN_COULD, text):
        return "hypothetical"
    return None


def _by_words(facts: Facts) -> str | None:
    text = facts.text
    if _has("people_hurt", text):
        return "casualty"
    if _repeated(text):
        return "rate"
    if _has("occluded", text):
        return "occluded"
    for reason, pattern in (("inference", _UNPROVEN), ("intent", _MEANT), ("background", _MONEY)):
        if _finds(pattern, text):
            return reason
    if _PURPOSE.match(text) or (_has("intent", text) and not _state(facts)):
        return "intent"
    if _has("inference", text) and (facts.opener or not _state(facts)):
        return "inference"
    likely = facts.thing is None and _finds(_LIKELY, text)
    return "inference" if likely or _CONCLUDING.match(text) else None


_LIKELY = re.compile(r"\b(?:likely|probably|presumably|apparently)\b", re.IGNORECASE)
_CONCLUDING = re.compile(
    r"(?:suggest|indicat|imply|mean|point|hint|signal|rais|underscor|highlight)ing\b", re.IGNORECASE
)


@lru_cache(maxsize=1 << 10)
def _repeated(text: str) -> bool:
    """A number of events in a time, and not "a day later"."""
    for found in phrase_pattern("rate").finditer(text):
        behind = _LATER.match(text, found.end())
        if not behind or not found[0].lower().startswith("a "):
            return True
    return False


_LATER = re.compile(r"\s+(?:later|earlier|before|ago|after|long|or)\b", re.IGNORECASE)


def _state(facts: Facts) -> bool:
    return facts.said is not None and (facts.thing is not None or facts.subject)


def _by_content(facts: Facts) -> str | None:
    text = facts.text
    if _OF_THEM.match(text) and not facts.verb and (facts.said is None or facts.said.bare):
        return "identity"
    if _finds(_UNKNOWN, text):
        return "statement"
    if facts.thing is None and _finds(_PEOPLE, text):
        return "casualty" if _finds(_FLED, text) else "statement"
    if facts.thing is None and not (facts.subject and facts.said is not None):
        return _without_state(text)
    house = facts.thing is not None and facts.thing.object_class == "building"
    if house and _finds(_PEOPLE_LEFT, text):
        return "statement"
    if _finds(_UNSEEN_EVENT, text) and (facts.said is None or facts.said.bare):
        return "statement"
    bare = facts.said is None and facts.thing is not None and facts.thing.count.op == "none"
    if bare and len(facts.core.split()) <= 2:
        return "background"
    if facts.said is None and facts.verb:
        return _plain_verb(facts)
    if _has("background", facts.core) and (facts.said is None or facts.said.bare):
        return "background"
    return None


def _plain_verb(facts: Facts) -> str | None:
    """A thing with a verb that names no state: a counted thing at least was there."""
    counted = facts.thing is not None and facts.thing.count.value not in {None, 0}
    other = _without_state(facts.text)
    return (
        None if counted and other == "background" and not _has("background", facts.text) else other
    )


def _without_state(text: str) -> str:
    for reason, name in (
        ("geo", "geo"),
        ("background", "background"),
        ("statement", "statement"),
        ("inference", "inference"),
        ("intent", "intent"),
        ("opinion", "opinion"),
    ):
        if _has(name, text):
            return reason
    return "provenance" if _finds(_PICTURES, text) else "background"


def _by_place(facts: Facts) -> str | None:
    moving = facts.said is not None and facts.said.predicate == "in_transit"
    if moving and facts.thing is not None and facts.thing.object_class == "vessel":
        return "open_sea"
    if not facts.fixed:
        if facts.sea or (
            facts.said is not None
            and facts.said.predicate == "in_transit"
            and facts.thing is not None
            and facts.thing.object_class == "vessel"
        ):
            return "open_sea"
        return "no_place"
    if facts.sea and facts.said is not None and facts.said.predicate == "in_transit":
        return "open_sea"
    if facts.hull and facts.said is not None and facts.said.predicate in {"departed", "arrived"}:
        return "identity"
    if not facts.dated:
        return "no_time"
    return None
