"""Why a clause cannot be tested from above: ordered rules, the first that fits decides."""

from __future__ import annotations

from dataclasses import replace

from pipelines.claims.cues import (
    ABLE,
    ANY_OR_NOT,
    CONCLUDING,
    COULD,
    CREDITS,
    DENIED,
    FORECAST_ASSERTED,
    HAD_IF,
    IF_FIRST,
    INDEFINITE,
    JUDGED,
    LIKELY,
    MEANT,
    MONEY,
    OF_THEM,
    OUT,
    PAST,
    PICTURES,
    PURPOSE,
    SEEN_COULD,
    SOMEWHERE,
    SUBORDINATE,
    SUM,
    TAKEN,
    THERE_IS,
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
)
from pipelines.claims.facts import Facts
from pipelines.claims.people import (
    FLED,
    LOST_HOMES,
    PEOPLE,
    PEOPLE_FIRST,
    PEOPLE_LEFT,
    PERSON,
    YOU,
)
from pipelines.claims.things import Thing
from pipelines.claims.ways import way
from pipelines.claims.wordings import (
    ADMITTED,
    BY_DOING,
    CLEFT,
    DISTANT,
    DUTY,
    ERA,
    HEARD,
    HOLDS_INSIDE,
    IDIOM,
    INDIRECT,
    LAUNCHED,
    NAMED_SO,
    NOTHING_TO,
    OBLIGED,
    PERCENT,
    RESEMBLING,
    SUPPLY,
    USED_TO,
    WHICH_IS,
    shared,
)


def route(facts: Facts) -> tuple[str | None, bool]:
    """Choose the reason word, or None for a checkable clause.

    Returns:
        The reason, and whether a plain wording or a missing place gives it: then it is certain.
    """
    for rule in (_by_form, _by_words, _by_subject, _by_content, _by_place):
        reason = rule(facts)
        if reason is not None:
            return reason, rule is not _by_content
    return None, False


def _by_form(facts: Facts) -> str | None:
    text = facts.text
    if has("retraction", text) or finds(DENIED, text) or finds(UNVERIFIED, text):
        return "statement"
    if finds(DENIED, facts.framed) and not ANY_OR_NOT.match(f"{facts.framed} {text}"):
        return "statement"
    if CREDITS.match(text):
        return "boilerplate"
    if BY_DOING.match(text) or shared(text, facts.whole):
        return "provenance"
    if SUM.match(text) and not facts.fixed:
        return "composite"
    if HAD_IF.match(text) or facts.opener in {"if", "unless", "whether"}:
        return "hypothetical"
    if IF_FIRST.match(facts.whole) and not finds(PAST, text):
        return "hypothetical"
    if asked(text, facts.whole):
        return "hypothetical"
    return _by_mood(facts)


def _by_mood(facts: Facts) -> str | None:
    """What will be, and what could be."""
    text = facts.text
    if (
        has("modals_future", text)
        or finds(WILL, text)
        or (has("forecast", text) and not finds(FORECAST_ASSERTED, text))
    ):
        return "forecast"
    if facts.opener in TIED and has("modals_future", facts.whole) and not finds(PAST, text):
        return "forecast"
    said = SUBORDINATE.split(ABLE.sub("", text))[0]
    if finds(COULD, said) and not finds(SEEN_COULD, said):
        return "hypothetical"
    return None


def _by_words(facts: Facts) -> str | None:
    text = facts.text
    if has("people_hurt", text):
        return "casualty"
    if repeated(text):
        return "rate"
    if has("occluded", text) or finds(HOLDS_INSIDE, text):
        return "occluded"
    for reason, pattern in _EARLY_CUES:
        if finds(pattern, text):
            return reason
    if PURPOSE.match(text) or (has("intent", text) and not _state(facts)):
        return "intent"
    if has("inference", text) and (facts.opener or not _state(facts)):
        return "inference"
    stated = facts.said is not None and not facts.said.bare and facts.subject
    likely = facts.thing is None and finds(LIKELY, text[:_EARLY] if stated else text)
    return "inference" if likely or CONCLUDING.match(text) else None


_EARLY_CUES = (
    ("inference", UNPROVEN),
    ("intent", MEANT),
    ("background", MONEY),
    ("background", ERA),
    ("background", USED_TO),
    ("background", WHICH_IS),
    ("background", DUTY),
    ("background", HEARD),
    ("rate", PERCENT),
    ("intent", OBLIGED),
    ("identity", RESEMBLING),
    ("statement", SUPPLY),
    ("statement", NOTHING_TO),
    ("statement", NAMED_SO),
)


_EARLY = 24
"""Characters. A "likely" so near the head stands over all that is said; a later one hedges."""


def _state(facts: Facts) -> bool:
    return facts.said is not None and (facts.thing is not None or facts.subject)


def _by_subject(facts: Facts) -> str | None:
    """No state on the ground: what is unknown, anybody, homes that people lost, a closed road."""
    text, thing = facts.text, facts.thing
    loose = facts.said is None or facts.said.bare
    if finds(UNKNOWN, text) or INDIRECT.match(text):
        return "statement"
    if YOU.match(text) or CLEFT.match(text) or (loose and finds(IDIOM, text)):
        return "opinion"
    if thing is None:
        return "statement" if finds(ADMITTED, text) else None
    if LOST_HOMES.match(text):
        return "casualty"
    emptied = thing.object_class == "building" and finds(PEOPLE_LEFT, text)
    ruled = way(thing.text, text, built=thing.object_class in _BUILT)
    return "statement" if emptied or ruled else None


def _by_content(facts: Facts) -> str | None:
    text = facts.text
    loose = facts.said is None or facts.said.bare
    if OF_THEM.match(text) and not (facts.verb or finds(SOMEWHERE, text)) and loose:
        return "identity"
    return _without_thing(facts) if facts.thing is None else _of_thing(facts, facts.thing)


_BUILT = {"building", "construction"}


def _of_thing(facts: Facts, thing: Thing) -> str | None:
    text = facts.text
    loose = facts.said is None or facts.said.bare
    if loose and finds(UNSEEN_EVENT, text):
        return "statement"
    short = thing.count.op == "none" and len(facts.core.split()) <= 2
    if facts.said is None and short and not finds(THERE_IS, text):
        return "background"
    if facts.said is None and facts.verb:
        return _plain_verb(facts)
    if loose and finds(DISTANT, text):
        return "geo"
    if thing.object_class != "vessel" and finds(LAUNCHED, text):
        return "statement"
    if loose and thing.object_class == "any" and finds(PICTURES, facts.core):
        return "provenance"
    return "background" if loose and has("background", facts.core) else None


def _without_thing(facts: Facts) -> str | None:
    text = facts.text
    remark = aside(text)
    if remark is not None:
        return remark
    if finds(PEOPLE, text) or PEOPLE_FIRST.match(text):
        return "casualty" if finds(FLED, text) else "statement"
    if facts.said is None or not facts.subject:
        return _without_state(facts)
    if facts.said.bare and finds(DISTANT, text):
        return "geo"
    if facts.said.bare and finds(UNSEEN_EVENT, text):
        return "statement"
    return "background" if facts.said.bare and has("background", facts.core) else None


def _plain_verb(facts: Facts) -> str | None:
    """A thing with a verb that names no state: a counted thing at least was there."""
    counted = facts.thing is not None and facts.thing.count.value not in {None, 0}
    if counted and facts.thing is not None and facts.thing.count.value == 1:
        counted = INDEFINITE.match(facts.core) is not None  # "the warehouse" is old news
    plain = _without_state(replace(facts, spoken=False))
    if counted and plain in {"background", "provenance"} and not has("background", facts.text):
        return None
    return _without_state(facts)


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
