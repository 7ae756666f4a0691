"""Whether a verb, an adjective or a noun says something of a thing."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.clauses import Clause
from pipelines.claims.grammar import ADVERBS, BE
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Mark, Sentence


def passive(sentence: Sentence, mark: Mark) -> bool:
    """Whether a form of "be" stands a few words before a participle."""
    if mark.term.form not in {"participle", "past"}:
        return False
    tokens = sentence.tokens
    for index in range(mark.first - 1, max(-1, mark.first - 5), -1):
        low = tokens[index].low
        if low in BE or low in {"got", "get"}:
            return low not in {"'s", "’s"} or index + 1 == mark.first
        if not (low.endswith("ly") or low in ADVERBS or low in {"has", "have", "had"}):
            return False
    return False


def governs(
    sentence: Sentence, mark: Mark, thing: Thing, clause: Clause, all_things: Sequence[Thing]
) -> bool:
    """Whether a mark says something of a thing."""
    if not (clause.first <= thing.head < clause.last):
        return False
    before = thing.last <= mark.first
    if mark.term.form == "noun":
        return _noun_governs(sentence, mark, thing)
    if mark.term.voice == "holding":
        return thing.first >= mark.last and thing.first - mark.last <= 1
    if mark.term.form == "adjective":
        return _adjective_governs(sentence, mark, thing, clause, all_things)
    if mark.term.voice == "subject":
        if before and _both_voices(sentence, mark) and _direct_object(mark, clause, all_things):
            return False
        if before:
            return not thing.oblique or _subject_like(thing, clause, all_things)
        return not thing.oblique and not _subjects_before(mark, clause, all_things)
    return _object_governs(sentence, mark, thing, clause, all_things)


def _adjective_governs(
    sentence: Sentence, mark: Mark, thing: Thing, clause: Clause, all_things: Sequence[Thing]
) -> bool:
    if _ends_in_preposition(sentence, mark, thing):
        return not _subjects_before(mark, clause, all_things)
    if thing.last <= mark.first:
        if _takes_object(sentence, mark, clause, all_things) or _of_the_next(
            sentence, mark, all_things
        ):
            return False
        return not thing.oblique or _subject_like(thing, clause, all_things)
    return not thing.oblique and mark.last + 3 >= thing.first


def _of_the_next(sentence: Sentence, mark: Mark, all_things: Sequence[Thing]) -> bool:
    """As in "the runway has *new* markings": it stands before a noun of its own."""
    if mark.last - mark.first > 1:
        return False
    had = sentence.tokens[mark.first - 1].low in {"has", "have", "had", "having", "gets", "got"}
    return had and any(other.first in {mark.first, mark.last} for other in all_things)


def _ends_in_preposition(sentence: Sentence, mark: Mark, thing: Thing) -> bool:
    """As in "nothing left *of the depot*", "clear *of ships*"."""
    return (
        mark.last - mark.first > 1
        and thing.first == mark.last
        and sentence.tokens[mark.last - 1].low == thing.oblique == "of"
    )


def _takes_object(
    sentence: Sentence, mark: Mark, clause: Clause, all_things: Sequence[Thing]
) -> bool:
    """Whether what looks like an adjective is a verb: "drones *destroyed* two tanks"."""
    for verb in sentence.at("predicate", mark.first):
        active = verb.term.voice == "object" and verb.term.form == "past"
        if active and not passive(sentence, verb) and _direct_object(verb, clause, all_things):
            return True
    return False


def _both_voices(sentence: Sentence, mark: Mark) -> bool:
    return any(
        other.first == mark.first and other.term.voice == "object"
        for other in sentence.at("predicate", mark.first)
    ) and not passive(sentence, mark)


def _object_governs(
    sentence: Sentence, mark: Mark, thing: Thing, clause: Clause, all_things: Sequence[Thing]
) -> bool:
    if (
        thing.first == mark.last
        and sentence.tokens[mark.last - 1].low == thing.oblique
        and not passive(sentence, mark)
        and not _subjects_before(mark, clause, all_things)
    ):  # "set fire *to* the depot"
        return True
    before = thing.last <= mark.first
    direct = _direct_object(mark, clause, all_things)
    if passive(sentence, mark) or (mark.term.form == "participle" and not direct):
        if before:
            return not thing.oblique or _subject_like(thing, clause, all_things)
        return not thing.oblique and not _subjects_before(mark, clause, all_things)
    if before:  # a participle right behind its noun: "hangars destroyed in the raid"
        between = sentence.tokens[thing.last : mark.first]
        near = len(between) <= 4 and not any(token.low == "," for token in between)
        return near and not direct and not thing.oblique
    return not thing.oblique


def _direct_object(mark: Mark, clause: Clause, all_things: Sequence[Thing]) -> bool:
    return any(
        thing.first >= mark.last and not thing.oblique and thing.head < clause.last
        for thing in all_things
    )


def _subjects_before(mark: Mark, clause: Clause, all_things: Sequence[Thing]) -> bool:
    return any(
        clause.first <= thing.first and thing.last <= mark.first and not thing.oblique
        for thing in all_things
    )


def _subject_like(thing: Thing, clause: Clause, all_things: Sequence[Thing]) -> bool:
    """A phrase with a preposition in front may be the subject where the preposition opened it."""
    if thing.oblique == "of":  # "the wreck of an Antonov", "most of the depot"
        return thing.first <= clause.first + 7 and not any(
            clause.first <= other.first and other.last <= thing.first and not other.oblique
            for other in all_things
        )
    return thing.oblique == "with" and thing.first <= clause.first + 1


def _noun_governs(sentence: Sentence, mark: Mark, thing: Thing) -> bool:
    """As in "the arrival of two ships", "damage to the hangar", "ship departures"."""
    tokens = sentence.tokens
    if thing.first >= mark.last:
        between = [token.low for token in tokens[mark.last : thing.first]]
        return thing.oblique in {"of", "to", "in", "by", "at", "on"} and len(between) <= 3
    return thing.last == mark.first
