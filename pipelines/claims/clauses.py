"""A sentence -> clauses that each hold one state or event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.claims.attribution import Frame
from pipelines.claims.boundaries import cuts
from pipelines.claims.grammar import ADVERBS
from pipelines.claims.remarks import HARD, front, holes, names_thing
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Sentence
from pipelines.claims.verbs import finite, verbal
from pipelines.claims.wordlists import word_set


@dataclass(frozen=True, slots=True)
class Clause:
    """Tokens ``first`` to ``last`` (exclusive) of a sentence.

    Attributes:
        opener: The word that opens it and is not part of it ("while", "with"), or "".
        frame: The frame that stands over it, None if nobody is named.
        hole: Tokens of a remark between commas, whose verbs are not the clause's.
    """

    first: int
    last: int
    opener: str
    frame: Frame | None
    hole: tuple[int, int] = (0, 0)


def clauses(sentence: Sentence, frames: Sequence[Frame], things: Sequence[Thing]) -> list[Clause]:
    """Split the parts of a sentence that no frame covers."""
    found: list[Clause] = []
    position = 0
    size = len(sentence.tokens)
    ahead: Frame | None = None
    for frame in [*frames, None]:
        if frame is not None and _inserted(sentence, position, frame, things):
            ahead = frame
            continue
        stop = frame.first if frame is not None else size
        if stop > position:
            governing = ahead if ahead is not None else frame
            found += _split(sentence, position, stop, things, governing)
        if frame is not None:
            position = frame.last
            ahead = frame
    return found


def _inserted(sentence: Sentence, first: int, frame: Frame, things: Sequence[Thing]) -> bool:
    """As in "a third hangar, *she said*, still lacked a roof": between a subject and its verb."""
    tokens = sentence.tokens
    resumed = frame.last
    if frame.kind != "speech" or tokens[frame.first].low != "," or tokens[resumed - 1].low != ",":
        return False
    while resumed < len(tokens) - 1 and tokens[resumed].low in ADVERBS:
        resumed += 1
    if resumed >= len(tokens) or not finite(sentence, resumed, things):
        return False
    start = frame.first
    while start > first and tokens[start - 1].low not in HARD and tokens[start - 1].low != ",":
        start -= 1
    return names_thing(things, start, frame.first) and not verbal(
        sentence, start, frame.first, things
    )


def _split(
    sentence: Sentence, first: int, last: int, things: Sequence[Thing], frame: Frame | None
) -> list[Clause]:
    aside = holes(sentence, first, last, things)
    starts = cuts(sentence, first, last, things, aside)
    found: list[Clause] = []
    for start, stop in zip(starts, [*starts[1:], last], strict=True):
        inner = next((each for each in aside if start <= each[0] and each[1] <= stop), (0, 0))
        if inner == (0, 0):
            inner = front(sentence, start, stop, things)
        clause = _trim(sentence, start, stop, frame, inner)
        if clause is not None:
            found.append(clause)
        told_of = names_thing(things, start, inner[0])
        if told_of and related(sentence, inner) and sentence.tokens[inner[0] + 1].low == "which":
            told = _trim(sentence, *inner, frame, (0, 0))
            found += [told] if told is not None else []
    return found


def renamed(sentence: Sentence, clause: Clause, things: Sequence[Thing]) -> Clause:
    """Let a remark name the subject: "the largest arrival, *the liner Dawn*, was beached"."""
    opening, closing = clause.hole
    ahead = [each for each in things if clause.first <= each.first < opening and not each.oblique]
    meant = [each for each in things if opening < each.first <= opening + 2 and not each.oblique]
    if ahead or not meant or verbal(sentence, opening, closing, things):
        return clause
    return replace(clause, hole=(0, 0))


def related(sentence: Sentence, hole: tuple[int, int]) -> bool:
    """Whether a remark is a clause of its own: "the pier, *which burnt in May*, is closed"."""
    opening, closing = hole
    return opening + 2 < closing and sentence.tokens[opening + 1].low in {
        "which",
        "whose",
    }


_EDGE = word_set("clauses", "edge")


_DROPPED = word_set("clauses", "dropped")


def _trim(
    sentence: Sentence, first: int, last: int, frame: Frame | None, hole: tuple[int, int]
) -> Clause | None:
    """Cut marks and the opening conjunction off a clause."""
    tokens = sentence.tokens
    opener = ""
    while first < last and (tokens[first].low in _EDGE or tokens[first].low in _DROPPED):
        if tokens[first].low in _DROPPED and not opener:
            opener = tokens[first].low
        first += 1
    while last > first and tokens[last - 1].low in _EDGE | {"and", "but", "that", "while"}:
        last -= 1
    return Clause(first, last, opener, frame, hole) if first < last else None
