"""Subjects without a noun of the lists: a pronoun, a number, a word that no list knows."""

from __future__ import annotations

from pipelines.claims.clauses import Clause
from pipelines.claims.context import View
from pipelines.claims.counts import UNITS, whole_number
from pipelines.claims.elliptic import numbered
from pipelines.claims.gazetteer import anaphor
from pipelines.claims.governing import passive
from pipelines.claims.grammar import (
    ADVERBS,
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
)
from pipelines.claims.phrases import number_at
from pipelines.claims.predicates import Said, said_of
from pipelines.claims.verbs import verbs
from pipelines.claims.wordlists import word_set


def unnamed(view: View, clause: Clause) -> Said | None:
    """A pronoun, a number or a noun that no list knows, where something is said of it."""
    said = said_of(view.sentence, clause, None, view.things)
    pointing = _pointing(view, clause)
    if said is None:
        return numbered(view, clause)
    if _abstract(view, clause, said):
        return None
    moved = said.predicate in _MOVED and not (verb_first(view, clause) or _pronoun(view, clause))
    if pointing and not moved and not _other_verb_first(view, clause, said):
        return said
    strange = said.predicate in _STRONG and _nominal_start(view, clause, said)
    return said if strange or rests(view, clause, said) else None


def _other_verb_first(view: View, clause: Clause, said: Said) -> bool:
    """As in "it *blames* an air strike": the verb says something else, the state is its object."""
    found = verbs(view.sentence, clause.first, clause.last, view.things)
    main = [mark for mark in found if mark.term.form in {"s", "past"} and mark.last <= said.first]
    return bool(main) and main[0].term.role == "verb" and not passive(view.sentence, main[0])


_MOVED = {"arrived", "departed", "in_transit", "preparing_to_depart"}


def _pronoun(view: View, clause: Clause) -> bool:
    """Whether "they", "five", "both" stands in front: a name alone may be a person's."""
    words = view.sentence.tokens[clause.first : clause.last][:5]
    return any(token.low in POINTERS or whole_number(token.low) is not None for token in words)


_STRONG = {"damaged", "built", "departed", "unchanged", "absent", "decreased", "other"}


def _abstract(view: View, clause: Clause, said: Said) -> bool:
    """As in "the war, which broke out in May", "fighting in the capital eased"."""
    tokens = view.sentence.tokens
    first = clause.first
    while first < said.first and tokens[first].low in DETERMINERS:
        first += 1
    ahead = range(first, said.first)
    nouns = [i for i in ahead if tokens[i].low in _ABSTRACT]
    return bool(nouns) and not any(
        tokens[i].low in POINTERS | PREPOSITIONS for i in range(first, nouns[0])
    )


_ABSTRACT = word_set("reading", "abstract")


def rests(view: View, clause: Clause, said: Said) -> bool:
    """As in "closure crosses still *lie on* both ends": a noun, a verb of rest, and where."""
    tokens = view.sentence.tokens
    following = tokens[said.last].low if said.last < clause.last else ""
    if said.predicate != "present" or said.last == said.first or following not in WHERE:
        return False
    if tokens[said.first].low in {"rest", "rests", "rested", "resting", "based", "hangs"}:
        return False  # "our view rests on", "all hangs on": nothing lies there
    head = said.first - 1
    while head > clause.first and (
        tokens[head].low in AUXILIARIES | ADVERBS or tokens[head].low.endswith("ly")
    ):
        head -= 1
    noun = tokens[head]
    return (
        clause.first < head < said.first
        and noun.text.isalpha()
        and (noun.text.islower() or tokens[max(clause.first, head - 2)].low in {"a", "an"})
        and noun.low not in PRONOUNS | PREPOSITIONS | CONJUNCTIONS | POINTERS
    )


_AREAS = {"square", "hectares", "acres", "km2", "ha", "sq"}


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
            return said.predicate == "damaged" and tokens[index + 1].low in _AREAS
        if low in DETERMINERS - {"'s"} or whole_number(low) is not None or low in {"about", "some"}:
            return True
    return _bare_noun(view, first, said)


def _bare_noun(view: View, first: int, said: Said) -> bool:
    """As in "Concrete has been poured": one or two plain words, and the verb in the passive."""
    tokens = view.sentence.tokens
    verb = said.first
    while verb > first and tokens[verb - 1].low in AUXILIARIES | ADVERBS:
        verb -= 1
    nouns = tokens[first:verb]
    known = PRONOUNS | PREPOSITIONS | CONJUNCTIONS | POINTERS | ADVERBS
    return (
        0 < len(nouns) < 3
        and verb < said.first
        and all(token.text.isalpha() and token.low not in known for token in nouns)
        and all(token.text.islower() for token in nouns[1:])
        and (nouns[0].text.islower() or first == 0)
        and bool({"been", "being"} & {token.low for token in tokens[verb : said.first]})
    )


WHERE = word_set("reading", "where")


def _pointing(view: View, clause: Clause) -> bool:
    """Whether the clause's subject is a place, a pronoun or a number without a noun."""
    sentence = view.sentence
    if any(place.level != "region" for place in view.places_in(clause.first, clause.last)):
        return True
    if anaphor(sentence, clause.first, clause.last) or verb_first(view, clause):
        return True
    words = {token.low for token in sentence.tokens[clause.first : clause.last][:5]}
    return bool(words & POINTERS) or _number_alone(view, clause)


def _number_alone(view: View, clause: Clause) -> bool:
    """As in "a day later *only a dozen were* left": a number, and at once its verb."""
    tokens = view.sentence.tokens
    dated = {place for moment in view.dates for place in range(moment.start, moment.end)}
    ahead = [i for i in range(clause.first, clause.last) if tokens[i].start not in dated][:5]
    return any(
        number_at(view.sentence, i) and i + 1 < clause.last and tokens[i + 1].low in AUXILIARIES
        for i in ahead
    )


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
