"""What is said of a thing: which predicate governs it, and whether it is denied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.claims.clauses import Clause
from pipelines.claims.governing import governs, passive
from pipelines.claims.grammar import (
    ADVERBS,
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
)
from pipelines.claims.lexicon import Term
from pipelines.claims.misreadings import hedging, hyphened, misread
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


Read = tuple[Thing | None, Said | None, Thing | None]
"""The thing itself, what is said of it, and the thing that it stands for."""


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
    if main is None and thing is not None and _worked(sentence, thing):
        main = _works(sentence, clause, thing, all_things)
    inner = _attribute(sentence, thing) if thing is not None else None
    if inner is not None and (main is None or main.predicate in WEAK or main.predicate == "absent"):
        negated = main.negated if main is not None else False
        if main is not None and main.predicate == "absent":
            return main
        first = min(inner.first, main.first) if main is not None else inner.first
        last = max(inner.last, main.last) if main is not None else inner.last
        return Said(inner.predicate, first, last, negated, bare=False)
    return main


def _worked(sentence: Sentence, thing: Thing) -> bool:
    """Whether a thing is work itself, or what is worked on: "work on a hangar"."""
    phrase = sentence.cut(thing.first, thing.last)
    return _WORKS.search(thing.text) is not None or _WORK_ON.match(phrase) is not None


def _works(
    sentence: Sentence, clause: Clause, thing: Thing, all_things: Sequence[Thing]
) -> Said | None:
    """As in "construction continues", "work on the hall has stopped"."""
    for mark in verbs(sentence, max(clause.first, thing.last), clause.last, all_things):
        low = sentence.tokens[mark.first].low
        if _GOES_ON.match(low):
            held = denied(sentence, clause, mark.first)
            meant = "unchanged" if held else "built"
            return Said(meant, mark.first, mark.last, negated=False, bare=False)
        if _HALTS.match(low):
            held = denied(sentence, clause, mark.first)
            meant = "built" if held else "unchanged"
            return Said(meant, mark.first, mark.last, negated=False, bare=False)
    return None


_WORKS = re.compile(
    r"\b(?:construction|works?|building|digging|dredging|excavations?|extension|expansion|piling|"
    r"reclamation|repairs?|clearing|clearance|paving|resurfacing|earthworks?|groundworks?|tunnell?ing)$",
    re.IGNORECASE,
)


_WORK_ON = re.compile(
    r"(?:the |its |new )?(?:construction|works?|building) (?:of|on)\b", re.IGNORECASE
)
_GOES_ON = re.compile(r"(?:continu|proceed|progress|resum|advanc|beg[aiu]n|start|go|went|finish)")


_HALTS = re.compile(r"(?:stop|halt|paus|suspend|stall|ceas|end)")


def _attribute(sentence: Sentence, thing: Thing) -> Said | None:
    for mark in sentence.of("predicate"):
        inside = thing.first <= mark.first and mark.last <= thing.head
        if (
            inside
            and (
                mark.term.form in {"adjective", "participle"}
                or (mark.term.form == "ing" and mark.term.value == "damaged")
            )
            and _fits(sentence, mark, thing)
        ):
            return Said(mark.term.value, mark.first, mark.last, negated=False, bare=False)
    return None


def _fits(sentence: Sentence, mark: Mark, thing: Thing) -> bool:
    """As in "new" builds buildings only, and "growing" nothing."""
    if mark.term.value == "absent":  # "an empty trailer" is there
        return sentence.tokens[mark.first].low in {"missing", "absent"}
    if mark.term.value == "built":
        return thing.object_class in {"building", "construction", "equipment"}
    if mark.term.value in {"increased", "decreased"}:
        low = sentence.tokens[mark.first].low
        return mark.term.form == "adjective" and not low.endswith("er")
    return mark.term.value not in {"in_transit", "other"}


def _main(
    sentence: Sentence, clause: Clause, thing: Thing | None, all_things: Sequence[Thing]
) -> Said | None:
    best: tuple[float, Said] | None = None
    for mark in _marks(sentence, clause, all_things):
        if clause.hole[0] <= mark.first < clause.hole[1] or (
            thing is not None and _of_a_part(sentence, mark, thing)
        ):
            continue
        if thing is not None and not governs(sentence, mark, thing, clause, all_things):
            continue
        if thing is None and _acts(sentence, clause, mark):
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


def _acts(sentence: Sentence, clause: Clause, mark: Mark) -> bool:
    """Whether somebody unnamed does it to something unnamed: "jets *struck* the town"."""
    tokens = sentence.tokens
    if mark.term.voice != "object" or passive(sentence, mark) or mark.last >= clause.last:
        return False
    if tokens[clause.first].low in {"which", "that"} or mark.first == clause.first:
        return False
    following = tokens[mark.last]
    if following.low in DETERMINERS | PRONOUNS or following.text[:1].isupper():
        return True
    return (
        following.low.isalpha()
        and following.low not in _NO_OBJECT | PREPOSITIONS
        and not (following.low.endswith("ly") or sentence.at("predicate", mark.last))
    )


_NO_OBJECT = ADVERBS | CONJUNCTIONS | AUXILIARIES | word_set("predicates", "no_object")


def _of_a_part(sentence: Sentence, mark: Mark, thing: Thing) -> bool:
    """As in "their noses raised", "its rotor removed": no more and no fewer of the things."""
    if mark.term.value not in _OF_WHOLES or mark.term.form == "noun":
        return False
    ahead = [token.low for token in sentence.tokens[max(thing.last, mark.first - 4) : mark.first]]
    return bool({"their", "its", "her", "his"} & set(ahead)) and not {
        "number",
        "numbers",
        "presence",
    } & set(ahead)


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
        mark
        for mark in real
        if mark.term.role == "predicate"
        and not hedging(sentence, mark)
        and not hyphened(sentence, mark)
        and not misread(sentence, mark)
    ]
    for mark in sentence.of("predicate"):
        if not (clause.first <= mark.first and mark.last <= clause.last):
            continue
        if mark.last < clause.last and hedging(sentence, mark):
            continue
        if hyphened(sentence, mark) or misread(sentence, mark):
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
    found += [
        Mark(mark.first, mark.last, replace(_PRESENT, form=mark.term.form))
        for mark in sentence.of("show")
        if clause.first < mark.first < clause.last
        and any(thing.first == mark.last for thing in all_things)
    ]
    found += [
        Mark(mark.first, mark.last, _UNSEEN)
        for mark in sentence.of("see")
        if clause.first < mark.first < clause.last
        and mark.term.form == "base"
        and denied(sentence, clause, mark.first)
    ]
    return found


_PRESENT = Term("predicate", "present", "participle", "object")


_UNSEEN = Term("predicate", "present", "base", "object")
"""As in "we could not *find* the two jets": what nobody finds is denied to be there."""


def denied(sentence: Sentence, clause: Clause, position: int) -> bool:
    """Whether a negation stands before a verb in its clause."""
    tokens = sentence.tokens
    if tokens[clause.first].low == "nor":
        return True
    for index in range(position - 1, max(clause.first - 1, position - 7), -1):
        low = tokens[index].low
        if low in {"not", "n't", "never", "cannot", "neither", "nor", "hardly"}:
            following = tokens[index + 1].low if index + 1 < len(tokens) else ""
            return following not in {"only", "far", "yet" if low != "not" else ""}
        if low in {"unable", "impossible", "fail", "fails", "failed"}:
            return True
        if low == "longer" and index and tokens[index - 1].low == "no":
            return True
        if (low in PREPOSITIONS and low != "to") or (
            low.isalpha()
            and low not in AUXILIARIES | ADVERBS
            and not low.endswith("ly")
            and low not in {"to", "be", "any", "seem", "appear", "able"}
        ):
            return False
    return False
