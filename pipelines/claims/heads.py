"""Nouns that name a thing, and those that only look like it."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.grammar import (
    ADVERBS,
    AUXILIARIES,
    COLLECTIVES,
    DETERMINERS,
    PREPOSITIONS,
)
from pipelines.claims.phrases import number_at
from pipelines.claims.tokens import Mark, Sentence
from pipelines.claims.wordlists import word_set

NOT_HEADS = word_set("things", "not_heads")


"""After a thing these make it a mere modifier: "drone attack", "tanker captain"."""


def heads(
    sentence: Sentence, blocked: Sequence[tuple[int, int]], named: Sequence[tuple[int, int]]
) -> list[Mark]:
    """Find the nouns of a sentence that name things, left to right."""
    kept: dict[int, Mark] = {}
    for mark in sentence.of("object"):
        if any(first < mark.last and mark.first < last for first, last in blocked):
            continue
        after = sentence.tokens[mark.last].low if mark.last < len(sentence.tokens) else ""
        beyond = sentence.tokens[mark.last + 1].low if mark.last + 1 < len(sentence.tokens) else ""
        unit = mark.term.type >= 0 and after in {"unit", "units"}
        if (after in NOT_HEADS and not unit) or (
            after == "-" and mark.last + 1 < len(sentence.tokens)
        ):
            continue
        if after == "of" and sentence.tokens[mark.last - 1].low in COLLECTIVES:
            continue
        if after in {"'s", "’s"} and beyond in NOT_HEADS | {"nose", "crew", "name"}:
            continue
        if mark.first in kept and kept[mark.first].term.type >= 0:
            continue
        if (
            _in_row(sentence, mark)
            or _bare_ground(sentence, mark)
            or _of_a_name(sentence, mark)
            or _as_verb(sentence, mark)
            or _in_image(sentence, mark)
            or _in_verb(sentence, mark)
        ):
            continue
        if any(
            first <= mark.first < last and (mark.term.type >= 0 or mark.last < last)
            for first, last in named
        ):
            continue
        kept[mark.first] = mark
    return [kept[first] for first in sorted(kept)]


def _bare_ground(sentence: Sentence, mark: Mark) -> bool:
    """As in "send *ground* feedback", "by *land*": no piece of ground."""
    if mark.last - mark.first > 1 or sentence.tokens[mark.first].low not in _GROUND:
        return False
    if mark.first and sentence.tokens[mark.first].text[:1].isupper():
        return True  # "Tonghae Satellite Launching Ground"
    before = sentence.tokens[mark.first - 1].low if mark.first else ""
    behind = sentence.tokens[mark.last : mark.last + 1]
    led = (
        bool(behind)
        and behind[0].low.isalpha()
        and not any(sentence.at(role, mark.last) for role in ("predicate", "verb"))
    )
    return before in PREPOSITIONS or (
        led and behind[0].low not in AUXILIARIES | PREPOSITIONS | ADVERBS
    )


_GROUND = {"ground", "land", "terrain"}


def _in_verb(sentence: Sentence, mark: Mark) -> bool:
    """As in "taking shape" holds no shape; "the berth at X" does hold a berth."""
    before = sentence.tokens[mark.first - 1].low if mark.first else ""
    if before in DETERMINERS or number_at(sentence, mark.first - 1):
        return False
    return any(
        each.first <= mark.first
        and mark.last <= each.last
        and each.last - each.first > mark.last - mark.first
        and each.term.form not in {"noun", "adjective"}
        for each in sentence.of("predicate")
    )


def _of_a_name(sentence: Sentence, mark: Mark) -> bool:
    """As in "the Rapid Support *Forces*": people under arms, and no thing."""
    word = sentence.tokens[mark.first]
    before = sentence.tokens[mark.first - 1].text if mark.first else ""
    return word.text in {"Force", "Forces"} and before[:1].isupper()


def _in_row(sentence: Sentence, mark: Mark) -> bool:
    """As in "wing to wing", "bow to stern", "door by door": how things stand, and no thing."""
    tokens = sentence.tokens
    bare = mark.last - mark.first == 1 and tokens[mark.first].text.islower()
    for near, far in ((-1, -2), (1, 2)):
        place = mark.first + far
        if not bare or not 0 <= place < len(tokens):
            continue
        if tokens[mark.first + near].low in {"to", "by"} and (
            tokens[place].low == tokens[mark.first].low
        ):
            return True
    return False


def _in_image(sentence: Sentence, mark: Mark) -> bool:
    """As in "radar images" hold no radar."""
    return any(
        image.first <= mark.first and mark.last <= image.last and image.last - image.first > 1
        for image in sentence.of("image")
    )


def _as_verb(sentence: Sentence, mark: Mark) -> bool:
    """Whether a noun is used as a verb: "to level", "ships grain", "crews dock"."""
    if mark.last - mark.first > 1 or mark.term.type >= 0:
        return False
    low = sentence.tokens[mark.first].low
    before = sentence.tokens[mark.first - 1].low if mark.first else ""
    if before in {"to", "will", "would", "can", "could", "may", "might", "not"} and before:
        return any(m.term.form == "base" for m in sentence.at("predicate", mark.first)) or (
            before != "to" and any(sentence.at("verb", mark.first))
        )
    if low == "stand" and (before.endswith(("s", "ly")) or before in ADVERBS | {"longer", "still"}):
        return True  # "wagons stand on both sides"
    if low == "mine" and before in AUXILIARIES | {"of"}:
        return True  # "the counts are mine"
    return (
        low in {"stands", "walls", "holes", "cracks", "bars", "counts", "trains", "shells", "tanks"}
        and before not in DETERMINERS
        and not number_at(sentence, mark.first - 1)
    )
