"""Things by their company: "two barges and *a hopper*", where no list knows one of the nouns."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.counts import UNITS, read_count, whole_number
from pipelines.claims.grammar import (
    ADVERBS,
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
)
from pipelines.claims.people import PEOPLE, PEOPLE_FIRST
from pipelines.claims.things import MOST, Thing
from pipelines.claims.tokens import Sentence
from pipelines.claims.wordlists import word_set

LONGEST = 4
"""Words of such a phrase behind its number."""


def with_strangers(
    sentence: Sentence, found: Sequence[Thing], taken: Sequence[tuple[int, int]]
) -> list[Thing]:
    """The things, and the counted nouns that "and" or a comma joins to a counted one of them.

    Args:
        sentence: With its marks.
        found: Its things, left to right.
        taken: Token spans of dates, places and speakers.
    """
    known = list(found)
    for thing in known:  # grows on the way: a stranger may have a neighbour of its own
        if len(known) >= 2 * MOST:
            break
        if thing.count.value is None:
            continue
        for first, last in (_behind(sentence, thing), _ahead(sentence, thing)):
            closed = [*taken, *((each.first, each.last) for each in known)]
            free = not any(first < b and a < last for a, b in closed)
            if last - first >= 2 and free and _counted(sentence, first, last):
                known.append(_like(sentence, thing, first, last))
    return sorted(known, key=lambda each: each.first)


_JOINING = {"and", "or", "nor", "but", "plus", "&", ","}


def _behind(sentence: Sentence, thing: Thing) -> tuple[int, int]:
    """The phrase that "and" or a comma joins on behind a thing; empty where there is none."""
    first = thing.last + 1
    if first >= len(sentence.tokens) or sentence.tokens[thing.last].low not in _JOINING:
        return 0, 0
    last = first + 1
    while last < len(sentence.tokens) and last - first <= LONGEST and _plain(sentence, last):
        last += 1
    return first, last


def _ahead(sentence: Sentence, thing: Thing) -> tuple[int, int]:
    """The phrase that "and" or a comma joins on in front; empty where there is none."""
    last = thing.first - 1
    if last < 2 or sentence.tokens[last].low not in _JOINING:
        return 0, 0
    first = last - 1
    while first > 0 and last - first <= LONGEST and _plain(sentence, first):
        first -= 1
    return first, last


def _plain(sentence: Sentence, index: int) -> bool:
    """Whether a token may be a noun or adjective that no list knows."""
    token = sentence.tokens[index]
    if not token.text.islower() or not token.text.replace("-", "").isalpha():
        return False
    return token.low not in _CLOSED and not any(
        sentence.at(role, index) for role in ("predicate", "verb", "report", "show", "see", "image")
    )


_CLOSED = frozenset(
    {*ADVERBS, *AUXILIARIES, *CONJUNCTIONS, *DETERMINERS, *PREPOSITIONS, *PRONOUNS, *UNITS}
) | word_set("reading", "abstract")


def _counted(sentence: Sentence, first: int, last: int) -> bool:
    """Whether a phrase is a number and a noun in the form that the number asks for."""
    number, noun = sentence.tokens[first].low, sentence.tokens[last - 1].low
    phrase = sentence.cut(first, last)
    if PEOPLE.search(phrase) or PEOPLE_FIRST.match(phrase):
        return False
    if number in {"no", "zero"}:
        return True
    if number in {"a", "an", "one", "another"}:
        return not noun.endswith("s") and not noun.endswith("ing")
    value = whole_number(number)
    return value is not None and 1 < value < 1000 and noun.endswith("s")


def _like(sentence: Sentence, thing: Thing, first: int, last: int) -> Thing:
    """A thing of the same kind as its neighbour; what stands side by side is alike."""
    number = [sentence.tokens[first].low]
    plural = sentence.tokens[last - 1].low.endswith("s")
    return Thing(
        first=first,
        head=last - 1,
        last=last,
        object_class=thing.object_class,
        text=sentence.cut(first + 1, last),
        count=read_count(number, plural=plural),
        oblique=thing.oblique if first > thing.first else _before(sentence, first),
        plural=plural,
        named=False,
    )


def _before(sentence: Sentence, first: int) -> str:
    low = sentence.tokens[first - 1].low if first else ""
    return low if low in PREPOSITIONS else ""
