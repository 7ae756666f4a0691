"""Ships by name alone: "USS Paul Ignatius", "Boikiy sailed on Friday"."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.gazetteer import CALENDAR, demonyms, is_organisation, regions
from pipelines.claims.grammar import AUXILIARIES
from pipelines.claims.lexicon import Term
from pipelines.claims.tokens import Mark, Sentence
from pipelines.claims.wordlists import word_set

NAMED = 1 << 20
"""``Term.type`` of a hull that no list of types knows."""
_PREFIXES = word_set("hulls", "prefixes")
_SAILING = word_set("hulls", "sailing")
_LONGEST = 5


def hulls(
    sentence: Sentence,
    known: Sequence[Mark],
    blocked: Sequence[tuple[int, int]],
    named: Sequence[tuple[int, int]],
) -> list[Mark]:
    """Find names of ships: behind a prefix, or as what sails, docks or is moored.

    Args:
        sentence: With its marks.
        known: Things that the lists know; no name reaches into them.
        blocked: Token spans of dates and speakers.
        named: Token spans of places.
    """
    taken = [(mark.first, mark.last) for mark in known]
    taken += [*blocked, *named]
    found: list[Mark] = []
    for index, token in enumerate(sentence.tokens):
        span = None
        if token.text in _PREFIXES:
            span = index, _name_end(sentence, index + 1)
        elif token.low in _SAILING:
            span = _subject(sentence, index)
        if span is None or span[1] - span[0] < 1 + (token.text in _PREFIXES):
            continue
        if not any(first < span[1] and span[0] < last for first, last in taken):
            found.append(Mark(*span, Term("object", "vessel", "singular", "", NAMED)))
            taken.append(span)
    return found


def _name_end(sentence: Sentence, position: int) -> int:
    tokens = sentence.tokens
    last = position
    while last < min(len(tokens), position + _LONGEST) and (
        tokens[last].text[:1].isupper()
        or (tokens[last].low in {"of", "the"} and last > position and _capital(sentence, last + 1))
    ):
        last += 1
    return last


def _capital(sentence: Sentence, position: int) -> bool:
    """Whether a name goes on: "Prince of *Wales*"."""
    following = sentence.tokens[position : position + 1]
    return bool(following) and following[0].text[:1].isupper()


def _subject(sentence: Sentence, verb: int) -> tuple[int, int] | None:
    """Capitalised words right before the verb and its auxiliaries, as a subject is."""
    tokens = sentence.tokens
    last = verb
    while last and (tokens[last - 1].low in AUXILIARIES or tokens[last - 1].low.endswith("ly")):
        last -= 1
    first = last
    while first and last - first < _LONGEST and _is_name(sentence, first - 1):
        first -= 1
    if first == last:
        return None
    words = tuple(token.text for token in tokens[first:last])
    strange = words in regions() or is_organisation(" ".join(words))
    before = tokens[first - 1].low if first else ""
    return None if strange or before in {"at", "in", "of", "from", "by", "near"} else (first, last)


def _is_name(sentence: Sentence, position: int) -> bool:
    token = sentence.tokens[position]
    return (
        token.text[:1].isupper()
        and token.text[1:2].islower()
        and token.low not in CALENDAR | demonyms() | _COMMON
        and not sentence.at("predicate", position)
    )


_COMMON = word_set("places", "function") | word_set("hulls", "people")
