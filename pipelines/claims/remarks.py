"""Parts of a sentence that stand between a subject and its verb."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipelines.claims.grammar import ADVERBS, AUXILIARIES
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Sentence
from pipelines.claims.verbs import (
    FINITE,
    finite,
    participle_start,
    verbal,
    verbs,
)
from pipelines.claims.wordlists import word_set

HARD = word_set("clauses", "hard")


_OPENING = frozenset(
    ["which", "whose", "as", "if", "where", "when", "who", "or", "of", "contrary", "unlike", "like"]
)
_HARD_OR_COMMA = frozenset({*HARD, ","})


def holes(
    sentence: Sentence, first: int, last: int, things: Sequence[Thing]
) -> list[tuple[int, int]]:
    """Remarks between a subject and its verb: "the dam, 13 km upstream, *is* gone"."""
    tokens = sentence.tokens
    found: list[tuple[int, int]] = []
    commas = [index for index in range(first, last) if tokens[index].low == ","]
    dashes = [
        index
        for index in range(first, last)
        if (tokens[index].low in {"–", "—", "--"} and hard(sentence, index))
        or dash(sentence, index)
    ]
    brackets = [index for index in range(first, last) if tokens[index].low in {"(", ")"}]
    for opening, closing in sorted([*pairwise(commas), *pairwise(dashes), *pairwise(brackets)]):
        if found and opening < found[-1][1]:
            continue
        if not 1 < closing - opening <= 18 or closing + 1 >= last:
            continue
        start = opening
        while start > first and tokens[start - 1].low not in _HARD_OR_COMMA | _BINDING:
            start -= 1
        resumed = closing + 1
        while resumed < last - 1 and tokens[resumed].low in ADVERBS:
            resumed += 1
        if tokens[opening + 1].low in _RELATIVES - {"which", "whose"} or not finite(
            sentence, resumed, things
        ):
            continue
        told = {token.low for token in tokens[opening + 1 : closing]} & FINITE
        if told and tokens[opening].low == "," and tokens[opening + 1].low not in _OPENING:
            continue
        if verbal(sentence, start, opening, things) or not (
            names_thing(things, start, opening) or tokens[start].text[:1].isupper()
        ):
            continue
        found.append((opening, closing + 1))
    found += _relatives(sentence, first, last, things, found)
    found += _reduced(sentence, first, last, things, found)
    return sorted(found)


def _subject(sentence: Sentence, thing: Thing) -> bool:
    """Whether a thing may be a subject: it has no preposition, or is what "two of" them are."""
    ahead = sentence.tokens[max(0, thing.first - 1) : thing.first]
    return not thing.oblique or (thing.oblique == "of" and bool(ahead) and thing.plural)


def _reduced(
    sentence: Sentence,
    first: int,
    last: int,
    things: Sequence[Thing],
    holes: Sequence[tuple[int, int]],
) -> list[tuple[int, int]]:
    """As in "the two huts *razed in 2020* have not been replaced": a participle, then the verb."""
    for thing in things:
        start = thing.last
        if not first <= thing.first < last - 2 or thing.oblique or start >= last:
            continue
        participle = any(
            mark.first == start and mark.term.form == "participle"
            for role in ("predicate", "see")
            for mark in sentence.of(role)
        )
        stop = min(last, start + _NEAR)
        closing = _main_verb(sentence, start, stop, things) if participle else None
        if closing is not None and not any(a < closing and start < b for a, b in holes):
            return [(start, closing)]
    return []


def _relatives(
    sentence: Sentence,
    first: int,
    last: int,
    things: Sequence[Thing],
    holes: Sequence[tuple[int, int]],
) -> list[tuple[int, int]]:
    """As in "two jets *that had stood there since May* are gone": a verb after the relative one."""
    tokens = sentence.tokens
    found: list[tuple[int, int]] = []
    for index in range(first + 1, last - 2):
        if tokens[index].low not in {"that", "which", "who"} or tokens[index - 1].low in {
            ",",
            "in",
        }:
            continue
        if any(opening <= index < closing for opening, closing in holes):
            continue
        head = [thing for thing in things if thing.last == index and _subject(sentence, thing)]
        if not head:
            continue
        start = head[0].first
        while start > first and tokens[start - 1].low not in {",", ";", ":", "but", "and", "while"}:
            start -= 1
        if verbal(sentence, start, head[0].first, things):
            continue
        closing = _main_verb(sentence, index + 1, last, things)
        if closing is not None:
            found.append((index, closing))
            break
    return found


_NEAR = 10
"""Words from a participle to the main verb behind it."""


def _main_verb(sentence: Sentence, first: int, last: int, things: Sequence[Thing]) -> int | None:
    """The finite verb after a relative clause's own: a form of "be" or "have" after its verb."""
    tokens = sentence.tokens
    seen = False
    for index in range(first, last):
        low = tokens[index].low
        if low in {",", ";", ":", "and", "but", "or", "(", "–", "—", "that", "which", "who"}:
            return None
        grouped = tokens[index - 1].low in AUXILIARIES and tokens[index - 1].text.islower()
        if seen and not grouped and low in _MAIN:
            return index
        seen = seen or low in _MAIN or bool(verbs(sentence, index, index + 1, things))
    return None


_MAIN = frozenset(
    ["is", "are", "was", "were", "has", "have", "had", "can", "could", "remain", "remains"]
)


_BINDING = {"that", "while", "but", "whereas", "because"}


_RELATIVES = {"which", "who", "whose", "where", "and", "but", "while", "although"}


def hard(sentence: Sentence, index: int) -> bool:
    """Whether a mark cuts wherever it stands; a bound dash joins names and numbers."""
    tokens = sentence.tokens
    if tokens[index].low not in HARD:
        return False
    bound = 0 < index < len(tokens) - 1 and (
        tokens[index - 1].end == tokens[index].start
        and tokens[index].end == tokens[index + 1].start
    )
    return not (bound and tokens[index].text == "–")


def dash(sentence: Sentence, index: int) -> bool:
    """Whether a hyphen stands between spaces, as a dash does."""
    tokens = sentence.tokens
    return (
        tokens[index].text in {"-", "‐", "‑"}
        and 0 < index < len(tokens) - 1
        and tokens[index - 1].end < tokens[index].start
        and tokens[index].end < tokens[index + 1].start
    )


def front(sentence: Sentence, first: int, last: int, things: Sequence[Thing]) -> tuple[int, int]:
    """What stands between the thing of "Of the tanks burnt in May, five ..." and the number."""
    tokens = sentence.tokens
    if tokens[first].low != "of":
        return 0, 0
    comma = next((i for i in range(first, min(last, first + FRONT)) if tokens[i].low == ","), None)
    head = [thing for thing in things if first < thing.first <= first + 2]
    return (head[0].last, comma + 1) if comma and head and head[0].last < comma else (0, 0)


def fronted(sentence: Sentence, first: int, last: int, things: Sequence[Thing]) -> bool:
    """Whether no verb but a participle of a thing stands between "of" and its comma."""
    return not any(
        mark.term.form in {"past", "s", "base"} and mark.term.form != "participle"
        for mark in verbs(sentence, first, last, things)
        if not participle_start(sentence, mark.first)
    )


FRONT = 12
"""Words of a front part: "Of the eight tanks burnt in May, *five are gone*"."""


def names_thing(things: Sequence[Thing], first: int, last: int) -> bool:
    """Whether a thing's head stands among tokens."""
    return any(first <= thing.head < last for thing in things)
