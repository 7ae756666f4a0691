"""From where to where a statement is quoted."""

from __future__ import annotations

from pipelines.claims.clauses import Clause
from pipelines.claims.context import View
from pipelines.claims.grammar import BE
from pipelines.claims.predicates import Said
from pipelines.claims.things import Thing
from pipelines.claims.wordlists import word_set


def extent(
    view: View,
    clause: Clause,
    subject: tuple[Thing | None, Said | None, Thing | None],
    number: int,
) -> tuple[int, int]:
    """Tokens of the shortest span that carries thing and predicate, with what follows it."""
    thing, said, following = subject
    first, last = clause.first, clause.last
    if thing is None:
        return first, last
    start = _start(view, clause, thing, said, number)
    if following is not None and (
        said is None
        or said.last <= following.first
        or (following.first <= said.first and _in_list(view, thing, following))
    ):
        stop = following.first
        while stop > thing.last and view.sentence.tokens[stop - 1].low in _LIST_MARKS:
            stop -= 1
        last = max(stop, thing.last)
    loose = said is None or said.bare
    core = max(thing.last, said.last if said else 0)
    core = min(core, last)
    last = _before_appositive(view, core, last, _APPOSITIVES if loose else _AFTERTHOUGHTS)
    return start, last


def _start(view: View, clause: Clause, thing: Thing, said: Said | None, number: int) -> int:
    start = thing.first
    if said is not None and said.last > said.first:
        if said.last <= thing.first:
            start = thing.first if number else _verb_group(view, clause, said.first)
        else:
            start = min(thing.first, said.first)
    tokens = view.sentence.tokens
    if start == thing.first and _held(view, clause, thing):
        start = _verb_group(view, clause, start - 1)
    if start == thing.first > clause.first and tokens[start - 1].low in BE:
        start = _verb_group(view, clause, start - 1)
    if start <= clause.first + 2 and tokens[clause.first].low == "of":
        start = clause.first
    for opening in range(clause.first, start - 1):
        if (
            tokens[opening].low == "there"
            and tokens[opening + 1].low in BE
            and all(token.low in _DENYING for token in tokens[opening + 2 : start])
        ):
            start = opening
            break
    return start


def _in_list(view: View, thing: Thing, following: Thing) -> bool:
    """As in "two jets and a tanker were parked": each has its own words, the last the verb."""
    between = [token.low for token in view.sentence.tokens[thing.last : following.first]]
    return (
        not following.oblique and 0 < len(between) <= 8 and between[-1] in {"and", ",", "or", "&"}
    )


_DENYING = {
    "n't",
    "not",
    "no",
    "longer",
    "never",
    "still",
    "now",
    "also",
    "already",
    "only",
    "just",
    "currently",
}


def _held(view: View, clause: Clause, thing: Thing) -> bool:
    """As in "Ostrov had twenty helicopters": who or what has them belongs to the statement."""
    sentence = view.sentence
    before = [
        token.low for token in sentence.tokens[max(clause.first, thing.first - 3) : thing.first]
    ]
    held = bool(before) and bool({"has", "have", "had"} & set(before[-2:]))
    return held and not any(
        clause.first <= each.first < thing.first for each in sentence.of("image")
    )


def _before_appositive(view: View, first: int, last: int, openers: frozenset[str]) -> int:
    """Stop before ", among the world's largest", which says nothing of the state."""
    tokens = view.sentence.tokens
    for index in range(first, last):
        if tokens[index].low == ",":
            following = tokens[index + 1].low if index + 1 < last else ""
            return index if following in openers else last
    return last


_AFTERTHOUGHTS = word_set("reading", "afterthoughts")


_APPOSITIVES = word_set("reading", "appositives")


_LIST_MARKS = word_set("reading", "list_marks")


def _verb_group(view: View, clause: Clause, position: int) -> int:
    """Start at the clause's subject, after a leading "On Monday,"."""
    tokens = view.sentence.tokens
    for index in range(position - 1, clause.first, -1):
        if tokens[index].low == "," and not clause.hole[0] <= index < clause.hole[1]:
            return index + 1
    return clause.first
