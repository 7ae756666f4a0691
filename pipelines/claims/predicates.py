"""What is said of a thing: which predicate governs it, and whether it is denied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.claims.clauses import Clause
from pipelines.claims.grammar import AUXILIARIES, BE, PREPOSITIONS
from pipelines.claims.lexicon import Term
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Mark, Sentence
from pipelines.claims.verbs import verbs
from pipelines.claims.wordlists import word_set

WEAK = {"present"}


@dataclass(frozen=True, slots=True)
class Said:
    """A predicate of a thing.

    Attributes:
        predicate: From ``claim.PREDICATES``.
        first, last: Tokens that carry it; equal where nothing does ("images show two ships").
        negated: It is denied.
        bare: It only marks presence, or nothing does.
    """

    predicate: str
    first: int
    last: int
    negated: bool
    bare: bool


def said_of(
    sentence: Sentence, clause: Clause, thing: Thing | None, all_things: Sequence[Thing]
) -> Said | None:
    """Find what a clause says of a thing; None where it says nothing of the lexicons.

    Args:
        sentence: With its marks.
        clause: The clause that holds the thing.
        thing: None for the clause's unnamed subject ("the base", "they").
        all_things: Of the sentence.
    """
    main = _main(sentence, clause, thing, all_things)
    inner = _attribute(sentence, thing) if thing is not None else None
    if inner is not None and (main is None or main.predicate in WEAK or main.predicate == "absent"):
        negated = main.negated if main is not None else False
        if main is not None and main.predicate == "absent":
            return main
        first = min(inner.first, main.first) if main is not None else inner.first
        last = max(inner.last, main.last) if main is not None else inner.last
        return Said(inner.predicate, first, last, negated, bare=False)
    return main


def _attribute(sentence: Sentence, thing: Thing) -> Said | None:
    for mark in sentence.of("predicate"):
        inside = thing.first <= mark.first and mark.last <= thing.head
        if inside and mark.term.form in {"adjective", "participle", "ing"} and _fits(mark, thing):
            return Said(mark.term.value, mark.first, mark.last, negated=False, bare=False)
    return None


def _fits(mark: Mark, thing: Thing) -> bool:
    """As in "new" builds buildings only, and "growing" nothing."""
    if mark.term.value == "built":
        return thing.object_class in {"building", "construction", "equipment"}
    if mark.term.value in {"increased", "decreased"}:
        return mark.term.form == "adjective"
    return mark.term.value != "in_transit"


def _main(
    sentence: Sentence, clause: Clause, thing: Thing | None, all_things: Sequence[Thing]
) -> Said | None:
    best: tuple[float, Said] | None = None
    for mark in _marks(sentence, clause, all_things):
        if clause.hole[0] <= mark.first < clause.hole[1] or (
            thing is not None and _of_a_part(sentence, mark, thing)
        ):
            continue
        if thing is not None and not _governs(sentence, mark, thing, clause, all_things):
            continue
        said = Said(
            mark.term.value,
            mark.first,
            mark.last,
            denied(sentence, clause, mark.first),
            bare=mark.term.value == "present",
        )
        rank = _rank(mark, thing)
        if best is None or rank < best[0]:
            best = rank, said
    return best[1] if best is not None else None


def _of_a_part(sentence: Sentence, mark: Mark, thing: Thing) -> bool:
    """As in "their noses raised", "its rotor removed": no more and no fewer of the things."""
    if mark.term.value not in _OF_WHOLES or mark.term.form == "noun":
        return False
    ahead = [token.low for token in sentence.tokens[max(thing.last, mark.first - 4) : mark.first]]
    return bool({"their", "its"} & set(ahead)) and not {"number", "numbers", "presence"} & set(
        ahead
    )


_OF_WHOLES = {"increased", "decreased", "built", "departed", "other"}


def _rank(mark: Mark, thing: Thing | None) -> float:
    distance = 0.0
    if thing is not None:
        distance = max(mark.first - thing.last, thing.first - mark.last, 0)
    rank = distance + (30 if mark.term.value in WEAK else 0)
    rank += 8 if mark.term.form == "noun" else 0
    rank -= 40 if mark.term.value == "unchanged" else 0
    rank -= 35 if mark.term.value == "absent" else 0
    return rank - 2 * (mark.last - mark.first)


def _marks(sentence: Sentence, clause: Clause, all_things: Sequence[Thing]) -> list[Mark]:
    """Predicate marks of a clause outside noun phrases."""
    real = verbs(sentence, clause.first, clause.last, all_things)
    found = [
        mark for mark in real if mark.term.role == "predicate" and not _hedging(sentence, mark)
    ]
    for mark in sentence.of("predicate"):
        if not (clause.first <= mark.first and mark.last <= clause.last):
            continue
        if mark.last < clause.last and _hedging(sentence, mark):
            continue
        inside = any(thing.first <= mark.first < thing.last for thing in all_things)
        if mark.term.form in {"adjective", "noun"} and not inside:
            found.append(mark)
    tokens = sentence.tokens
    found += [
        Mark(index, index + 1, _PRESENT)
        for index in range(clause.first + 1, clause.last)
        if tokens[index].low == "there" and tokens[index - 1].low in BE | {"n't", "not", "still"}
    ]
    found += [
        Mark(mark.first, mark.last, _PRESENT)
        for mark in sentence.of("see")
        if clause.first <= mark.first < clause.last and passive(sentence, mark)
    ]
    return found


def _hedging(sentence: Sentence, mark: Mark) -> bool:
    """As in "appears to", "appeared intact": a hedge, no arrival."""
    if not sentence.tokens[mark.first].low.startswith("appear"):
        return False
    if mark.last >= len(sentence.tokens):
        return False
    low = sentence.tokens[mark.last].low
    return low in {"to", "as", "not", "that"} or any(
        each.first == mark.last and each.term.form in {"adjective", "participle"}
        for each in sentence.at("predicate", mark.last)
    )


_PRESENT = Term("predicate", "present", "participle", "object")


def passive(sentence: Sentence, mark: Mark) -> bool:
    """Whether a form of "be" stands a few words before a participle."""
    if mark.term.form not in {"participle", "past"}:
        return False
    tokens = sentence.tokens
    for index in range(mark.first - 1, max(-1, mark.first - 5), -1):
        low = tokens[index].low
        if low in BE or low in {"got", "get"}:
            return low not in {"'s", "’s"} or index + 1 == mark.first
        if not (low.endswith("ly") or low in _ADVERBS or low in {"has", "have", "had"}):
            return False
    return False


_ADVERBS = word_set("predicates", "adverbs")


def _governs(
    sentence: Sentence, mark: Mark, thing: Thing, clause: Clause, all_things: Sequence[Thing]
) -> bool:
    if not (clause.first <= thing.head < clause.last):
        return False
    before = thing.last <= mark.first
    if mark.term.form == "noun":
        return _noun_governs(sentence, mark, thing)
    if mark.term.form == "adjective":
        if before and _takes_object(sentence, mark, clause, all_things):
            return False
        if before:
            return not thing.oblique or _subject_like(thing, clause, all_things)
        return not thing.oblique and mark.last + 3 >= thing.first
    if mark.term.voice == "subject":
        if before and _both_voices(sentence, mark) and _direct_object(mark, clause, all_things):
            return False
        if before:
            return not thing.oblique or _subject_like(thing, clause, all_things)
        return not thing.oblique and not _subjects_before(mark, clause, all_things)
    return _object_governs(sentence, mark, thing, clause, all_things)


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


def denied(sentence: Sentence, clause: Clause, position: int) -> bool:
    """Whether a negation stands before a verb in its clause."""
    tokens = sentence.tokens
    for index in range(position - 1, max(clause.first - 1, position - 7), -1):
        low = tokens[index].low
        if low in {"not", "n't", "never", "cannot", "neither", "nor", "hardly"}:
            following = tokens[index + 1].low if index + 1 < len(tokens) else ""
            return following not in {"only", "far", "yet" if low != "not" else ""}
        if low == "longer" and index and tokens[index - 1].low == "no":
            return True
        if low in PREPOSITIONS or (
            low.isalpha()
            and low not in AUXILIARIES | _ADVERBS
            and not low.endswith("ly")
            and low not in {"to", "be", "any", "seem", "appear", "able"}
        ):
            return False
    return False
