"""What a predicate means for this thing: its state and its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipelines.claims.claim import NO_COUNT, Count
from pipelines.claims.clauses import Clause
from pipelines.claims.context import Context, View
from pipelines.claims.counts import UNITS, read_count, whole_number
from pipelines.claims.grammar import AUXILIARIES
from pipelines.claims.predicates import Said
from pipelines.claims.subjects import POINTERS, dated_number, verb_first
from pipelines.claims.things import Thing


def unnamed_count(view: View, clause: Clause, said: Said) -> Count:
    """The number in front of a noun that no list knows."""
    tokens = view.sentence.tokens[clause.first : said.first]
    words = [token.low for token in tokens]
    if "," in words:
        words = words[len(words) - words[::-1].index(",") :]
    number = next(
        (
            index
            for index, word in enumerate(words[:6])
            if whole_number(word) is not None and word not in {"one", "zero"}
        ),
        None,
    )
    if number is None or len(words) < number + 2 or words[number + 1] in UNITS | {"-", "of"}:
        return NO_COUNT
    return read_count(words[: number + 1], plural=True)


def carried_thing(view: View, clause: Clause, context: Context) -> Thing | None:
    """The thing that "they" or "both" means, from an earlier clause, with its own number."""
    dated = {place for moment in view.dates for place in range(moment.start, moment.end)}
    words = [
        token.low
        for token in view.sentence.tokens[clause.first : clause.last][:8]
        if token.start not in dated
    ][:6]
    if context.thing is None:
        return None
    number = dated_number(view, clause)
    if number is not None:
        return replace(context.thing, count=number)
    if verb_first(view, clause):
        # A verb without a subject shares the one of its own sentence, and of no other.
        return context.thing if context.thing_sentence is view.sentence else None
    if not set(words) & (POINTERS - {"there"}):
        return None
    head: list[str] = []
    for word in words:
        if word in AUXILIARIES or (len(head) > 1 and word in {"of", "in", "at"}):
            break
        head.append(word)
    count = _pronoun_count(head, context.thing.count)
    return None if count is None else replace(context.thing, count=count)


def _pronoun_count(head: Sequence[str], before: Count) -> Count | None:
    """The number in "five of them", "most", "neither"; None where they point at nothing."""
    said = set(head)
    if {"of", "it"} <= said or ({"of", "them"} <= said and len(head) < 3):
        return NO_COUNT
    if set(head[:2]) & {"they", "it", "which", "that", "these", "those"}:
        return before
    if head[:1] == ["the"]:
        return None
    if said & {"most", "some", "their", "half"}:
        return NO_COUNT
    if said & {"none", "nothing", "neither"}:
        return Count("eq", 0)
    return read_count(head, plural=True)


_FROM_TO = re.compile(
    r"\bfrom\s+[\w,]+\s+to\s+(\d[\d,]*|[a-z]+)\b(?![.,]\d|\s*%)\s*(\w*)", re.IGNORECASE
)


def reached(text: str) -> Count | None:
    """The number that "grew from 12 to 38" ends with, unless it is a size."""
    found = _FROM_TO.search(text)
    number = whole_number(found[1].rstrip(",")) if found else None
    if found is None or number is None or found[2].lower() in UNITS:
        return None
    return Count("eq", number)


def state(quote: str, thing: Thing | None, said: Said | None, own: bool) -> tuple[str, Count]:
    """Predicate and number, after negation."""
    count = thing.count if thing is not None else NO_COUNT
    predicate = said.predicate if said is not None else "present"
    none = count.op == "eq" and count.value == 0
    negated = said is not None and said.negated
    if thing is not None and own:
        predicate = _fitting(predicate, thing, quote)
    if none and thing is not None and _NO_CHANGE.search(thing.text):
        return "unchanged", NO_COUNT
    if predicate in {"present", "absent"} and none:
        return "absent", Count("eq", 0)
    if negated and predicate in {"present", "arrived", "built"}:
        return "absent", Count("eq", 0)
    if negated and predicate == "departed":
        return "present", count
    if negated and predicate in {"increased", "decreased", "damaged"}:
        return "unchanged", count
    if predicate == "absent":
        return "absent", Count("eq", 0)
    if none and predicate != "unchanged":
        return "absent", count
    if predicate == "unchanged":
        return predicate, NO_COUNT if none else count
    return predicate, count


def _fitting(predicate: str, thing: Thing, quote: str) -> str:
    """What a verb means for this kind of thing: a hangar that lost its roof did not leave."""
    still = thing.object_class in {"building", "construction"}
    if still and predicate == "increased":
        return "built"
    if still and predicate == "absent" and "missing" in quote:
        return "damaged"
    if _hurt(thing) and predicate in {"present", "increased", "arrived"}:
        return "damaged"
    if still and predicate == "departed" and re.search(r"\b(?:lost|gone)\b", quote):
        return "damaged"
    if still and predicate == "preparing_to_depart":
        return "damaged"
    if predicate == "absent" and re.search(
        r"\b(?:changes?|differences?|movements?)$", thing.text, re.IGNORECASE
    ):
        return "unchanged"
    return predicate


_NO_CHANGE = re.compile(r"\b(?:changes?|differences?|alterations?)$", re.IGNORECASE)


GROUND = re.compile(
    r"\b(?:runway|taxiway|apron|road|railway|rail line|line|fence|wall|plant|canal|pipeline|"
    r"complex|extension|causeway|highway|facility|airstrip|settlement|berm|outpost|embankment|farm)s?\b",
    re.IGNORECASE,
)


"""Works rather than houses: building one is "construction"."""


_HURT = re.compile(
    r"\b(?:breach|crack|fire|blaze|wildfire|smoke|plume|damage|destruction|debris|rubble|wreckage|"
    r"ruin|burn|scorch|flood|landslide|mudslide|slick|spill|char|blacken|flame)",
    re.IGNORECASE,
)


def _hurt(thing: Thing) -> bool:
    """Whether a thing is damage itself; a crater or a hole is a thing that is there."""
    return thing.object_class == "crater/damage" and _HURT.search(thing.text) is not None
