"""The things of a clause that something is said of."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.clauses import Clause
from pipelines.claims.comparing import comparison
from pipelines.claims.context import View
from pipelines.claims.elliptic import dated_number, number_alone
from pipelines.claims.gazetteer import Place
from pipelines.claims.grammar import (
    PREPOSITIONS,
)
from pipelines.claims.predicates import Said, said_of
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Sentence
from pipelines.claims.unnamed import WHERE, unnamed
from pipelines.claims.verbs import verbs

Subject = tuple[Thing | None, Said | None]


def find_subjects(view: View, clause: Clause, inside: Sequence[Thing]) -> list[Subject]:
    """The things that something is said of."""
    sentence = view.sentence
    change = comparison(sentence.cut(clause.first, clause.last))
    if change is not None and clause.first:
        return [(None, Said(change, clause.first, clause.first, negated=False, bare=False))]
    found: list[Subject] = []
    for thing in inside:
        said = said_of(sentence, clause, thing, view.things)
        if not (
            _beside(view, inside, thing, said)
            or _joined(sentence, inside, thing, said)
            or _taken_along(sentence, inside, thing, said)
        ):
            found.append((thing, said))
    found = _in_lists(sentence, _without_purposes(view, clause, _without_agents(found)))
    if len(found) > 1 and _fronted(sentence, clause, found[0][0]) and _verb_behind(found[1]):
        found = found[1:]
    if any(said is not None for _, said in found):
        found = [(thing, said) for thing, said in found if said is not None]
    else:
        found = _unsaid(sentence, found)
    if not found and (
        dated_number(view, clause) is not None or number_alone(view, clause) is not None
    ):
        found.append((None, Said("present", clause.first, clause.first, negated=False, bare=True)))
    if found:
        return found
    said = unnamed(view, clause)
    return [] if said is None else [(None, said)]


def _beside(view: View, inside: Sequence[Thing], thing: Thing, said: Said | None) -> bool:
    """Whether a thing is only a place, a measure or an agent beside what the clause is about."""
    if thing.oblique and (said is None or _mere_place(thing, said)):
        return True
    if _compared(view.sentence, thing) or _complement(inside, thing):
        return True
    if _is_place(view, thing) and (said is None or said.bare or _after(view, thing)):
        return True
    return thing.oblique == "by" and (said is None or said.first >= thing.first)


def _taken_along(
    sentence: Sentence, inside: Sequence[Thing], thing: Thing, said: Said | None
) -> bool:
    """As in "an aircraft *carrying relief goods* landed": what follows is said of the first."""
    verb = thing.first - 1
    low = sentence.tokens[verb].low
    if said is None or said.first < thing.last or not low.endswith("ing") or low == "including":
        return False
    return any(
        0 <= verb - other.last <= 2
        and not any(token.low == "," for token in sentence.tokens[other.last : verb])
        for other in inside
    )


def _joined(sentence: Sentence, inside: Sequence[Thing], thing: Thing, said: Said | None) -> bool:
    """As in "damage to the runway or *the apron*": one preposition governs both."""
    return said is None and any(
        other.oblique
        and [token.low for token in sentence.tokens[other.last : thing.first]] in (["or"], ["and"])
        and sentence.tokens[thing.first].low in {"the", "its", "their"}
        for other in inside
    )


def _fronted(sentence: Sentence, clause: Clause, thing: Thing | None) -> bool:
    """As in "*of the houses* only two roofs remain": the whole of which parts are told."""
    return (
        thing is not None
        and sentence.tokens[clause.first].low == "of"
        and thing.first <= clause.first + 2
    )


def _verb_behind(subject: Subject) -> bool:
    thing, said = subject
    return thing is not None and said is not None and said.first >= thing.last


def _is_place(view: View, thing: Thing) -> bool:
    """The noun of a place's own name ("Hmeimim *air base*"), or what explains the name."""
    return any(
        place.first <= thing.head < place.last or _explains(view, place, thing)
        for place in view.places
    )


def _explains(view: View, place: Place, thing: Thing) -> bool:
    """As in "Larnaca, *the island's main airport*,": an apposition between commas."""
    between = [token.low for token in view.sentence.tokens[place.last : thing.head]]
    behind = view.sentence.tokens[thing.last : thing.last + 1]
    return (
        between[:1] == [","]
        and between[1:2] in (["the"], ["a"], ["an"], ["one"])
        and between.count(",") == 1
        and thing.object_class in {"building", "construction"}
        and bool(behind)
        and behind[0].low == ","
    )


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


def _complement(inside: Sequence[Thing], thing: Thing) -> bool:
    """As in "repairs *to the breakwater*", "piling for a quay": what the noun before is about."""
    return thing.oblique not in {"", "of", "with", "by", "including"} and any(
        other.last == thing.first - 1 for other in inside
    )


def _compared(sentence: Sentence, thing: Thing) -> bool:
    """As in "a heap as high *as a house*", "longer than a bus", "like a ship": no second thing."""
    if thing.oblique not in {"as", "than", "like"} or thing.first < 2:
        return False
    return thing.oblique != "as" or any(
        token.low == "as" for token in sentence.tokens[max(0, thing.first - 4) : thing.first - 1]
    )


def _mere_place(thing: Thing, said: Said) -> bool:
    """As in "on the runway" is where something is, unless the noun before governs it."""
    return thing.oblique in WHERE and not (
        said.last <= thing.first and said.last + 2 >= thing.first and not said.bare
    )


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
