"""A sentence -> clauses that each hold one state or event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines.claims.attribution import Frame
from pipelines.claims.grammar import DETERMINERS, PRONOUNS
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Sentence
from pipelines.claims.verbs import filled, finite, participial, participle_start, verb_start, verbal
from pipelines.claims.wordlists import word_set

HARD = word_set("clauses", "hard")


_HARD_OR_COMMA = frozenset({*HARD, ","})


OPENERS = word_set("clauses", "openers")


JOINERS = word_set("clauses", "joiners")


MOST = 48
"""Places where one sentence may be cut. Prose has fewer; a list of hundreds costs their square."""


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
    holes = _holes(sentence, first, last, things)
    cuts = _cuts(sentence, first, last, things, holes)
    found: list[Clause] = []
    for start, stop in zip(cuts, [*cuts[1:], last], strict=True):
        inner = next((each for each in holes if start <= each[0] and each[1] <= stop), (0, 0))
        clause = _trim(sentence, start, stop, frame, inner)
        if clause is not None:
            found.append(clause)
    return found


def _holes(
    sentence: Sentence, first: int, last: int, things: Sequence[Thing]
) -> list[tuple[int, int]]:
    """Remarks between a subject and its verb: "the dam, 13 km upstream, *is* gone"."""
    tokens = sentence.tokens
    found: list[tuple[int, int]] = []
    commas = [index for index in range(first, last) if tokens[index].low == ","]
    dashes = [index for index in range(first, last) if tokens[index].low in {"–", "—", "--"}]
    brackets = [index for index in range(first, last) if tokens[index].low in {"(", ")"}]
    for opening, closing in sorted([*pairwise(commas), *pairwise(dashes), *pairwise(brackets)]):
        if found and opening < found[-1][1]:
            continue
        if not 1 < closing - opening <= 18 or closing + 1 >= last:
            continue
        start = opening
        while start > first and tokens[start - 1].low not in _HARD_OR_COMMA:
            start -= 1
        if tokens[opening + 1].low in _RELATIVES or not finite(sentence, closing + 1, things):
            continue
        if verbal(sentence, start, opening, things) or not (
            _names_thing(things, start, opening) or tokens[start].text[:1].isupper()
        ):
            continue
        found.append((opening, closing + 1))
    return found


_RELATIVES = {"which", "who", "whose", "where", "and", "but", "while", "although"}


def _cuts(
    sentence: Sentence,
    first: int,
    last: int,
    things: Sequence[Thing],
    holes: Sequence[tuple[int, int]],
) -> list[int]:
    """Where clauses begin: the first token, and every accepted boundary after it."""
    tokens = sentence.tokens
    cuts = [first]
    candidates = [
        index
        for index in range(first + 1, last)
        if _candidate(sentence, index, things)
        and not any(opening <= index < closing for opening, closing in holes)
    ]
    del candidates[MOST:]
    for number, index in enumerate(candidates):
        stop = candidates[number + 1] if number + 1 < len(candidates) else last
        left_first = cuts[-1]
        low = tokens[index].low
        if low in HARD or (
            low in {"“", '"', "‘"} and _quoted_verb(sentence, left_first, index, things)
        ):
            cuts.append(index)
        elif low in {"“", '"', "‘"}:
            continue
        elif low == ",":
            if _comma(sentence, left_first, index, stop, last, things):
                cuts.append(index)
        elif _joined(sentence, left_first, index, stop, last, things):
            cuts.append(index)
    return cuts


def _quoted_verb(sentence: Sentence, left: int, index: int, things: Sequence[Thing]) -> bool:
    """'the base, its only hub, "remains unchanged"': the quotation brings the verb."""
    return (
        index + 1 < len(sentence.tokens)
        and finite(sentence, index + 1, things)
        and not verbal(sentence, left, index, things)
    )


def _candidate(sentence: Sentence, index: int, things: Sequence[Thing]) -> bool:
    low = sentence.tokens[index].low
    if any(thing.first <= index < thing.last for thing in things):
        return False
    if low in HARD or low in {",", "“", '"'}:
        return True
    return low in JOINERS and sentence.tokens[index - 1].low != ","


def _comma(
    sentence: Sentence, left: int, index: int, stop: int, last: int, things: Sequence[Thing]
) -> bool:
    """Whether a comma ends a clause: both sides must say something by themselves."""
    tokens = sentence.tokens
    following = tokens[index + 1].low if index + 1 < len(tokens) else ""
    right = verbal(sentence, index + 1, stop, things)
    whole_right = right or verbal(sentence, index + 1, last, things)
    said = verbal(sentence, left, index, things) or _names_thing(things, left, index)
    if following in {"which", "who", "whose"} and not verbal(sentence, left, index, things):
        return False
    if following in OPENERS and said and (right or _names_thing(things, index + 1, stop)):
        if following == "and" and not right:
            return _names_thing(things, index + 1, stop) and verbal(sentence, left, index, things)
        return following not in {"including", "or", "not"} or right
    if not said:
        return False
    if right and verbal(sentence, left, index, things) and _subject(sentence, index + 1, things):
        return True
    if right and participle_start(sentence, index + 1):
        return True
    return not whole_right and _relative_start(following) and right


def _relative_start(word: str) -> bool:
    return word in {"which", "who", "whose", "where", "that"}


def _joined(
    sentence: Sentence, left: int, index: int, stop: int, last: int, things: Sequence[Thing]
) -> bool:
    """Whether a conjunction without a comma opens a clause."""
    low = sentence.tokens[index].low
    left_verb = verbal(sentence, left, index, things)
    right_verb = verbal(sentence, index + 1, stop, things)
    if low in {"and", "or", "but", "yet"}:
        if not right_verb:
            return _own_place(sentence, left, index, stop, things)
        starts = _subject(sentence, index + 1, things)
        starts = starts or (low != "or" and verb_start(sentence, index + 1))
        return starts and (left_verb or participle_start(sentence, index + 1))
    if low in {"with", "as", "since", "before", "after", "until"}:
        if not right_verb or (low == "with" and not participial(sentence, index, stop, things)):
            return False
        following = sentence.tokens[index + 1].low if index + 1 < last else ""
        if following[:3] in _CALENDAR or following[:1].isdigit():
            return False
        if low == "with" and filled(sentence, index - 1):
            return False
        if low != "with" and not _subject(sentence, index + 1, things):
            return False
        return left_verb or _names_thing(things, left, index)
    return right_verb and left_verb


_CALENDAR = word_set("clauses", "calendar")


def _own_place(
    sentence: Sentence, left: int, index: int, stop: int, things: Sequence[Thing]
) -> bool:
    """As in "two ships at A and one at B": each side has its thing and its place."""
    words = [token.low for token in sentence.tokens[index + 1 : stop]]
    left_words = [token.low for token in sentence.tokens[left:index]]
    places = {"at", "in", "near", "off", "outside"}
    return (
        bool(places & set(words[1:]))
        and bool(places & set(left_words))
        and (_names_thing(things, index + 1, stop))
        and _names_thing(things, left, index)
    )


def _subject(sentence: Sentence, index: int, things: Sequence[Thing]) -> bool:
    """Whether a subject may begin at a token: a noun phrase, a pronoun, "there"."""
    if index >= len(sentence.tokens):
        return False
    token = sentence.tokens[index]
    if token.low in PRONOUNS | DETERMINERS or any(thing.first == index for thing in things):
        return True
    if token.text[:1].isupper() or token.low in {"no", "none", "nothing", "both", "one", "two"}:
        return True
    if token.low in {"several", "some", "many", "three", "four", "five", "others", "another"}:
        return True
    if token.low in {"in", "at", "on", "by", "later", "then", "also", "now", "not", "about"}:
        return True
    return token.low.isalpha() and not any(
        sentence.at(role, index) for role in ("predicate", "verb", "report", "show", "see")
    )


def _names_thing(things: Sequence[Thing], first: int, last: int) -> bool:
    return any(first <= thing.head < last for thing in things)


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
