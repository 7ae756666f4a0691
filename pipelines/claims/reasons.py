"""Why a clause cannot be tested from above: ordered rules, the first that fits decides."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.claims.cues import (
    CONCLUDING,
    COULD,
    CREDITS,
    DENIED,
    FLED,
    FORECAST_ASSERTED,
    HAD_IF,
    INDEFINITE,
    JUDGED,
    LIKELY,
    MEANT,
    MONEY,
    OF_THEM,
    OUT,
    PEOPLE,
    PEOPLE_LEFT,
    PERSON,
    PICTURES,
    PURPOSE,
    SEEN_COULD,
    SUM,
    TAKEN,
    TIED,
    UNKNOWN,
    UNPROVEN,
    UNSEEN_EVENT,
    UNVERIFIED,
    WILL,
    aside,
    asked,
    finds,
    has,
    repeated,
    way,
)
from pipelines.claims.predicates import Said
from pipelines.claims.things import Thing


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
        spoken: Somebody is named who says it.
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
    spoken: bool = False


def route(facts: Facts) -> str | None:
    """Choose the reason word, or None for a checkable clause."""
    for rule in (_by_form, _by_words, _by_content, _by_place):
        reason = rule(facts)
        if reason is not None:
            return reason
    return None


def _by_form(facts: Facts) -> str | None:
    text = facts.text
    if has("retraction", text) or finds(DENIED, text) or finds(UNVERIFIED, text):
        return "statement"
    if CREDITS.match(text):
        return "boilerplate"
    if SUM.match(text) and not facts.fixed:
        return "composite"
    if HAD_IF.match(text) or facts.opener in {"if", "unless", "whether"}:
        return "hypothetical"
    if asked(text, facts.whole):
        return "hypothetical"
    if (
        has("modals_future", text)
        or finds(WILL, text)
        or (has("forecast", text) and not finds(FORECAST_ASSERTED, text))
    ):
        return "forecast"
    if facts.opener in TIED and has("modals_future", facts.whole):
        return "forecast"
    if finds(COULD, text) and not finds(SEEN_COULD, text):
        return "hypothetical"
    return None


def _by_words(facts: Facts) -> str | None:
    text = facts.text
    if has("people_hurt", text):
        return "casualty"
    if repeated(text):
        return "rate"
    if has("occluded", text):
        return "occluded"
    for reason, pattern in (("inference", UNPROVEN), ("intent", MEANT), ("background", MONEY)):
        if finds(pattern, text):
            return reason
    if PURPOSE.match(text) or (has("intent", text) and not _state(facts)):
        return "intent"
    if has("inference", text) and (facts.opener or not _state(facts)):
        return "inference"
    stated = facts.said is not None and not facts.said.bare and facts.subject
    likely = facts.thing is None and finds(LIKELY, text[:_EARLY] if stated else text)
    return "inference" if likely or CONCLUDING.match(text) else None


_EARLY = 24
"""Characters. A "likely" so near the head stands over all that is said; a later one hedges."""


def _state(facts: Facts) -> bool:
    return facts.said is not None and (facts.thing is not None or facts.subject)


def _by_content(facts: Facts) -> str | None:
    text = facts.text
    loose = facts.said is None or facts.said.bare
    if OF_THEM.match(text) and not facts.verb and loose:
        return "identity"
    if finds(UNKNOWN, text):
        return "statement"
    if facts.thing is None:
        return _without_thing(facts)
    emptied = facts.thing.object_class == "building" and finds(PEOPLE_LEFT, text)
    if emptied or way(facts.thing.text, text) or (loose and finds(UNSEEN_EVENT, text)):
        return "statement"
    short = facts.thing.count.op == "none" and len(facts.core.split()) <= 2
    if facts.said is None and short:
        return "background"
    if facts.said is None and facts.verb:
        return _plain_verb(facts)
    return "background" if loose and has("background", facts.core) else None


def _without_thing(facts: Facts) -> str | None:
    text = facts.text
    remark = aside(text)
    if remark is not None:
        return remark
    if finds(PEOPLE, text):
        return "casualty" if finds(FLED, text) else "statement"
    if facts.said is None or not facts.subject:
        return _without_state(facts)
    if facts.said.bare and finds(UNSEEN_EVENT, text):
        return "statement"
    return "background" if facts.said.bare and has("background", facts.core) else None


def _plain_verb(facts: Facts) -> str | None:
    """A thing with a verb that names no state: a counted thing at least was there."""
    counted = facts.thing is not None and facts.thing.count.value not in {None, 0}
    if counted and facts.thing is not None and facts.thing.count.value == 1:
        counted = INDEFINITE.match(facts.core) is not None  # "the warehouse" is old news
    other = _without_state(facts)
    return (
        None if counted and other == "background" and not has("background", facts.text) else other
    )


def _without_state(facts: Facts) -> str:
    text = facts.text
    for reason, name in (
        ("geo", "geo"),
        ("background", "background"),
        ("statement", "statement"),
        ("inference", "inference"),
        ("intent", "intent"),
        ("opinion", "opinion"),
    ):
        if has(name, text):
            return reason
    if finds(PICTURES, text) or finds(TAKEN, text):
        return "provenance"
    if facts.spoken or PERSON.match(text):
        return "statement"
    return "opinion" if JUDGED.match(text) else "background"


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
    afloat = facts.thing is None or facts.thing.object_class == "vessel"
    if afloat and finds(OUT, facts.text):
        return "open_sea"
    if facts.sea and facts.said is not None and facts.said.predicate == "in_transit":
        return "open_sea"
    if facts.hull and facts.said is not None and facts.said.predicate in {"departed", "arrived"}:
        return "identity"
    if not facts.dated:
        return "no_time"
    return None
