"""The things of a clause that something is said of."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.clauses import Clause
from pipelines.claims.context import View
from pipelines.claims.counts import UNITS, whole_number
from pipelines.claims.elliptic import dated_number, number_alone, numbered
from pipelines.claims.gazetteer import anaphor
from pipelines.claims.grammar import AUXILIARIES, DETERMINERS, PREPOSITIONS
from pipelines.claims.predicates import Said, said_of
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Sentence
from pipelines.claims.verbs import verbs
from pipelines.claims.wordlists import word_set

Subject = tuple[Thing | None, Said | None]


def find_subjects(view: View, clause: Clause, inside: Sequence[Thing]) -> list[Subject]:
    """The things that something is said of."""
    sentence = view.sentence
    found: list[Subject] = []
    for thing in inside:
        said = said_of(sentence, clause, thing, view.things)
        if thing.oblique and (said is None or _mere_place(thing, said)):
            continue
        if _is_place(view, thing) and (said is None or said.bare or _after(view, thing)):
            continue
        if thing.oblique == "by" and (said is None or said.last != thing.first):
            continue
        found.append((thing, said))
    found = _in_lists(sentence, _without_purposes(view, clause, _without_agents(found)))
    if any(said is not None for _, said in found):
        found = [(thing, said) for thing, said in found if said is not None]
    else:
        found = _unsaid(sentence, found)
    if not found and (
        dated_number(view, clause) is not None or number_alone(view, clause) is not None
    ):
        found.append((None, Said("present", clause.first, clause.first, negated=False, bare=True)))
    return found or _unnamed(view, clause)


def _unnamed(view: View, clause: Clause) -> list[Subject]:
    """A pronoun, a number or a noun that no list knows, where something is said of it."""
    found: list[Subject] = []
    if _pointing(view, clause):
        said = said_of(view.sentence, clause, None, view.things) or numbered(view, clause)
        if said is not None and (
            said.predicate not in _MOVED or verb_first(view, clause) or _pronoun(view, clause)
        ):
            found.append((None, said))
    if not found:
        said = said_of(view.sentence, clause, None, view.things)
        if said is not None and said.predicate in _STRONG and _nominal_start(view, clause, said):
            found.append((None, said))
    return found


_MOVED = {"arrived", "departed", "in_transit", "preparing_to_depart"}


def _pronoun(view: View, clause: Clause) -> bool:
    """Whether "they", "five", "both" stands in front: a name alone may be a person's."""
    words = view.sentence.tokens[clause.first : clause.last][:5]
    return any(token.low in POINTERS or whole_number(token.low) is not None for token in words)


_STRONG = {"damaged", "built", "departed", "unchanged", "absent", "decreased", "other"}


def _nominal_start(view: View, clause: Clause, said: Said) -> bool:
    """Whether some noun that no list knows is the subject: "300 street lamps were taken away"."""
    tokens = view.sentence.tokens
    first = clause.first
    for index in range(first, said.first):
        if tokens[index].low == ",":
            first = index + 1
    for index in range(first, min(said.first - 1, first + 8)):
        low = tokens[index].low
        if tokens[index + 1].low in UNITS:
            return False
        if low in DETERMINERS - {"'s"} or whole_number(low) is not None or low in {"about", "some"}:
            return True
    return False


def _is_place(view: View, thing: Thing) -> bool:
    """The noun of a place's own name ("Hmeimim *air base*")."""
    return any(place.first <= thing.head < place.last for place in view.places)


def _after(view: View, thing: Thing) -> bool:
    """Whether a preposition governs the name: "departed from Syria's Hmeimim air base"."""
    tokens = view.sentence.tokens
    first = thing.first
    while first > 0 and (
        tokens[first - 1].low in {"the", "'s", "’s", "a", "its"}
        or tokens[first - 1].text[:1].isupper()
    ):
        first -= 1
    return first > 0 and tokens[first - 1].low in PREPOSITIONS


def _mere_place(thing: Thing, said: Said) -> bool:
    """As in "on the runway" is where something is, unless the noun before governs it."""
    return thing.oblique in {
        "on",
        "at",
        "in",
        "along",
        "near",
        "from",
        "inside",
        "beside",
    } and not (said.last <= thing.first and said.last + 2 >= thing.first and not said.bare)


def _unsaid(sentence: Sentence, found: list[Subject]) -> list[Subject]:
    """Without any predicate: the first thing and what is listed with it."""
    kept: list[Subject] = []
    for thing, said in found:
        before = kept[-1][0] if kept else None
        if before is None or (thing is not None and _listed(sentence, before, thing)):
            kept.append((thing, said))
    return kept


def _in_lists(sentence: Sentence, found: list[Subject]) -> list[Subject]:
    """Let the members of a list share the predicate of one of them."""
    shared = list(found)
    order = [*range(1, len(shared)), *range(len(shared) - 2, -1, -1)]
    for index in order:
        thing, said = shared[index]
        for other in (index - 1, index + 1):
            if said is not None or not 0 <= other < len(shared):
                continue
            beside, own = shared[other]
            if thing is None or beside is None or own is None:
                continue
            if _listed(sentence, *sorted((thing, beside), key=lambda each: each.first)):
                said = own
                if beside.first <= own.first and own.last <= beside.head:
                    # Its own adjective: "four jets and a burnt-out hangar" burns no jets.
                    said = Said("present", thing.first, thing.first, negated=False, bare=True)
                shared[index] = (thing, said)
    return shared


def _listed(sentence: Sentence, first: Thing, second: Thing) -> bool:
    between = [token.low for token in sentence.tokens[first.last : second.first]]
    return (
        bool(between)
        and len(between) <= 12
        and (
            between[-2:] in (["together", "with"], ["along", "with"])
            or set(between[-2:]) & {",", "and", "or", "&", "plus", ";", "but", "+"} != set()
        )
    )


def _without_purposes(view: View, clause: Clause, found: list[Subject]) -> list[Subject]:
    """Drop what a means is for: "uses ships *to evacuate the equipment*" says nothing left yet."""
    tokens = view.sentence.tokens
    kept: list[Subject] = []
    for thing, said in found:
        meant = (
            kept
            and thing is not None
            and said is not None
            and said.last <= thing.first
            and tokens[said.first - 1].low == "to"
            and kept[-1][0] is not None
            and kept[-1][0].last == said.first - 1
            and bool(verbs(view.sentence, clause.first, kept[-1][0].first, view.things))
        )
        if not meant:
            kept.append((thing, said))
    return kept


def _without_agents(found: list[Subject]) -> list[Subject]:
    """Drop what did the damage where something else took it: "drones hit two depots"."""
    hurt = [
        (thing, said)
        for thing, said in found
        if thing is not None and said is not None and said.predicate == "damaged"
    ]
    if not hurt:
        return found
    target, said = hurt[-1]
    if target is None or said is None:
        return found
    return [
        (thing, own)
        for thing, own in found
        if thing is None or own is not None or not (thing.last <= said.first < target.first)
    ]


def _pointing(view: View, clause: Clause) -> bool:
    """Whether the clause's subject is a place, a pronoun or a number without a noun."""
    sentence = view.sentence
    if any(place.level != "region" for place in view.places_in(clause.first, clause.last)):
        return True
    if anaphor(sentence, clause.first, clause.last) or verb_first(view, clause):
        return True
    words = {token.low for token in sentence.tokens[clause.first : clause.last][:5]}
    return bool(words & POINTERS)


_LEADING = {"now", "then", "still", "also", "later", "since", "soon", "again", "currently"}


POINTERS = word_set("reading", "pointers")


def verb_first(view: View, clause: Clause) -> bool:
    """A clause without a subject of its own: "and *arrived*", "*having departed* from X"."""
    tokens = view.sentence.tokens
    start = clause.first
    while start < clause.last - 1 and (
        tokens[start].low in _LEADING or tokens[start].low.endswith("ly")
    ):
        start += 1
    if tokens[start].low in AUXILIARIES:
        return True
    return any(
        mark.first == start for mark in verbs(view.sentence, clause.first, clause.last, view.things)
    )
