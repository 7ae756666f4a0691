"""The noun that says what a named place is: "Saky *military air base*", "the port of X"."""

from __future__ import annotations

from pipelines.claims.tokens import Sentence
from pipelines.claims.wordlists import word_set

_BETWEEN = word_set("places", "between")


def with_kind(sentence: Sentence, last: int) -> tuple[int, str]:
    """Extend a name over the place noun after it ("Saky *military air base*")."""
    tokens = sentence.tokens
    position = last
    if position < len(tokens) and tokens[position].low in {"'s", "’s"}:
        position += 1
    if position < len(tokens) and tokens[position].low == "(":
        closing = [
            i for i in range(position, min(position + 5, len(tokens))) if tokens[i].low == ")"
        ]
        position = closing[0] + 1 if closing else position
    for _ in range(3):
        marks = sentence.at("kind", position)
        starting = [mark for mark in marks if mark.first == position]
        if starting:
            return starting[0].last, starting[0].term.value
        if position >= len(tokens) or tokens[position].low not in _BETWEEN | {"-"}:
            break
        position += 1
    return last, ""


def kind_inside(sentence: Sentence, first: int, last: int) -> str:
    """Find the kind that a name of several words holds itself ("Port Sudan")."""
    for position in range(first, last):
        for mark in sentence.at("kind", position):
            if last - first > 1:
                return mark.term.value
    return ""


def kind_before(sentence: Sentence, first: int) -> str:
    """The kind in "the port of X", "an air base near X"."""
    tokens = sentence.tokens
    if first < 2 or tokens[first - 1].low not in {"of", "at", "in", "near", "outside"}:
        return ""
    for mark in sentence.of("kind"):
        if mark.last == first - 1:
            return mark.term.value
    return ""
