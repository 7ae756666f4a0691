"""A sentence -> clauses that each hold one state or event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.claims.attribution import Frame
from pipelines.claims.boundaries import cuts
from pipelines.claims.remarks import front, holes
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Sentence
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
        stop = frame.first if frame is not None else size
        if stop > position:
            governing = ahead if ahead is not None else frame
            found += _split(sentence, position, stop, things, governing)
        if frame is not None:
            position = frame.last
            ahead = frame
    return found


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
    return found


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
