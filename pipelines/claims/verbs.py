"""Which words of a clause are its verbs."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.grammar import AUXILIARIES, DETERMINERS, PREPOSITIONS, PRONOUNS
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Mark, Sentence
from pipelines.claims.wordlists import word_set


def finite(sentence: Sentence, index: int, things: Sequence[Thing]) -> bool:
    """Whether the verb of a main clause stands at a token."""
    if sentence.tokens[index].low in AUXILIARIES - {"'s", "being", "been", "having"}:
        return True
    return any(
        mark.first == index and mark.term.form in {"past", "s", "base"}
        for mark in verbs(sentence, index, index + 1, things)
    )


def participle_start(sentence: Sentence, index: int) -> bool:
    """Whether a participle stands at a token ("suggesting", "damaged in May")."""
    return any(
        mark.first == index and mark.term.form in {"ing", "participle"}
        for role in ("predicate", "verb", "report", "show", "see")
        for mark in sentence.at(role, index)
    )


FINITE = {"is", "are", "was", "were", "has", "have", "had"}


def participial(sentence: Sentence, index: int, stop: int, things: Sequence[Thing]) -> bool:
    """As in "with two frigates *continuing*": no finite verb, and none after "to"."""
    found = verbs(sentence, index + 1, stop, things)
    adjectives = [
        mark
        for mark in sentence.of("predicate")
        if index < mark.first < stop and mark.term.form == "adjective"
    ]
    if found and sentence.tokens[found[0].first - 1].low == "to":
        return False
    if any(token.low in FINITE for token in sentence.tokens[index + 1 : stop]):
        return False
    return bool(adjectives) or any(
        mark.term.form in {"ing", "participle", "past"} for mark in found
    )


def filled(sentence: Sentence, index: int) -> bool:
    """As in "loaded with", "covered with": the preposition belongs to the participle."""
    return any(
        mark.last == index + 1 and mark.term.form in {"participle", "past"}
        for role in ("predicate", "verb")
        for mark in sentence.at(role, index)
    )


def verb_start(sentence: Sentence, index: int) -> bool:
    """Whether a verb, maybe after an adverb or auxiliary, begins at a token."""
    tokens = sentence.tokens
    while index < len(tokens) and (
        tokens[index].low in AUXILIARIES
        or tokens[index].low.endswith("ly")
        or tokens[index].low in {"also", "then", "not", "still", "later", "now", "to", "since"}
    ):
        if tokens[index].low in AUXILIARIES:
            return True
        index += 1
    return any(
        mark.first == index and mark.term.form in {"base", "s", "past", "participle", "ing"}
        for role in ("predicate", "verb", "report", "show", "see")
        for mark in sentence.at(role, index)
    )


def verbal(sentence: Sentence, first: int, last: int, things: Sequence[Thing]) -> bool:
    """Whether tokens hold a verb of their own, outside noun phrases."""
    said = (token.low for token in sentence.tokens[first:last])
    return not _OWN_AUXILIARIES.isdisjoint(said) or bool(verbs(sentence, first, last, things))


_OWN_AUXILIARIES = frozenset(AUXILIARIES - {"'s", "’s"})


def verbs(sentence: Sentence, first: int, last: int, things: Sequence[Thing]) -> list[Mark]:
    """Verb marks in a span, outside noun phrases, left to right."""
    found = [
        mark
        for role in ("predicate", "verb", "report", "show", "see")
        for mark in sentence.of(role)
        if first <= mark.first < last
        and mark.term.form not in {"noun", "adjective", ""}
        and not any(thing.first <= mark.first < thing.last for thing in things)
        and not _nominal(sentence, mark)
    ]
    return sorted(found, key=lambda mark: mark.first)


def _nominal(sentence: Sentence, mark: Mark) -> bool:
    """Whether a form that could be a verb stands as a noun: "the strike", "of work", "a list"."""
    if mark.first == 0:
        return mark.term.form in {"base", "s"}
    before = sentence.tokens[mark.first - 1].low
    if before.isdigit() and sentence.tokens[mark.first].low == "march":
        return True
    if mark.term.form in {"base", "s"}:
        if before in DETERMINERS | PREPOSITIONS - {"to"} or before in AUXILIARIES - _HELPING:
            return True
        if before.endswith(("ian", "ese", "ish", "ary", "ous", "ive", "ern", "al", "ean", "-")):
            return True
        if sentence.tokens[mark.first].low in _HARDLY_NOUNS and _plural_before(sentence, mark):
            return False
        return mark.term.form == "base" and not _takes_base(before)
    if mark.term.form == "ing":
        return before in DETERMINERS
    return before in {"the", "a", "an"} and mark.term.form in {"past", "participle"}


_HARDLY_NOUNS = {"lie", "sit", "hang", "remain", "stretch", "appear", "exist", "continue", "stand"}


def _plural_before(sentence: Sentence, mark: Mark) -> bool:
    """As in "the houses along the bank *lie* in ruins": the noun right before is another's."""
    ahead = sentence.tokens[max(0, mark.first - 6) : mark.first]
    return any(
        token.low.endswith("s") and len(token.low) > 3 and token.text[1:].islower()
        for token in ahead
    ) and not {"the", "a", "to"} & {ahead[-1].low}


def _takes_base(before: str) -> bool:
    """Whether a plural, a pronoun, an adverb or an auxiliary stands before a bare verb."""
    if before.isdigit() or before in _COUNTED:
        return True  # "of 303 tents, 12 remain"
    if before in _HELPING | {
        ")",
        "to",
        "and",
        "or",
        "but",
        "not",
        "n't",
        ",",
        "people",
        "police",
        "that",
    }:
        return True
    return (
        before in PRONOUNS or before.endswith(("s", "ly", "men", "en")) or before in _PLAIN_PLURALS
    )


_PLAIN_PLURALS = word_set("clauses", "plain_plurals")


_COUNTED = {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "dozen", "few"}
_HELPING = word_set("clauses", "helping")
