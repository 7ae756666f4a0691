"""How far a noun phrase reaches to the left of its head."""

from __future__ import annotations

import re

from pipelines.claims.counts import SEVERAL, whole_number
from pipelines.claims.grammar import (
    AUXILIARIES,
    COLLECTIVES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
)
from pipelines.claims.tokens import Sentence
from pipelines.claims.wordlists import word_set

LONGEST_PHRASE = 12


"""Tokens in front of a noun that may belong to it."""


def left(sentence: Sentence, head: int, floor: int) -> int:
    """First token of the phrase that ends in a head."""
    tokens = sentence.tokens
    position = head
    while position > floor and head - position < LONGEST_PHRASE:
        low = tokens[position - 1].low
        if _joined_on(sentence, position - 1, head):  # "above-ground"
            position -= 1
        elif _begins_number(sentence, position, head):
            break
        elif _pair(sentence, position - 1, floor):
            position -= 2
        elif low in DETERMINERS and not _conjunction_that(sentence, position - 1, head):
            return _determined(sentence, position - 1, floor)
        elif number_at(sentence, position - 1) or _comparator_tail(sentence, position - 1):
            position -= 1
        elif low in {"over", "about", "around", "under", "above", "some", "below"}:
            if not number_at(sentence, position):
                return position if low != "some" else position - 1
            position -= 1
        elif low in _TAILS or not _modifier(sentence, position - 1, floor):
            break
        else:
            position -= 1
    return position


_TAILS = {"than", "least", "most", "to", "as", "many", "of"}
_BEFORE_NUMBER = word_set("things", "before_number")


def _begins_number(sentence: Sentence, position: int, head: int) -> bool:
    """Whether a number stands at a token and what is before it belongs to no number."""
    tokens = sentence.tokens
    if position >= head or whole_number(tokens[position].low) is None:
        return False
    if tokens[position + 1].text == "-":  # "5,000-ton"
        return False
    return not (number_at(sentence, position - 1) or tokens[position - 1].low in _BEFORE_NUMBER)


def _pair(sentence: Sentence, position: int, floor: int) -> bool:
    """As in "60 *or so* vehicles", "a row *of* tents", "3 *to* 5", "*Camp 11*": two go together."""
    tokens = sentence.tokens
    low = tokens[position].low
    if low == "so":
        return _or_so(sentence, position)
    if low == ",":
        return _second_adjective(sentence, position + 1, floor)
    if position > floor and in_name(sentence, position):
        return True
    if low == "of" and position - 1 >= floor and _quantity(tokens[position - 1].low):
        return True
    return low in {"to", "and", "or", "+"} and _range(sentence, position)


def _joined_on(sentence: Sentence, position: int, head: int) -> bool:
    """Whether a word is bound to the next one by a hyphen."""
    tokens = sentence.tokens
    if position + 2 > head or tokens[position].low.isdigit():
        return False
    hyphen = tokens[position + 1]
    return (
        hyphen.text in {"-", "\u2010", "\u2011"}
        and tokens[position].end == hyphen.start
        and hyphen.end == tokens[position + 2].start
    )


def _or_so(sentence: Sentence, position: int) -> bool:
    """As in "60 or so vehicles"."""
    tokens = sentence.tokens
    return position > 1 and tokens[position - 1].low == "or" and number_at(sentence, position - 2)


def _conjunction_that(sentence: Sentence, position: int, head: int) -> bool:
    """As in "that" before a plural or a number is no determiner."""
    tokens = sentence.tokens
    if tokens[position].low != "that":
        return False
    return position + 1 < head and (
        number_at(sentence, position + 1) or tokens[position + 1].low in DETERMINERS
    )


def in_name(sentence: Sentence, position: int) -> bool:
    """As in "the *Camp 11* gate": the number belongs to the name."""
    tokens = sentence.tokens
    if position < 2 or not tokens[position].low.isdigit():
        return False
    name = tokens[position - 1]
    return (
        name.text[:1].isupper()
        and name.text[1:].islower()
        and name.low[:3] not in _MONTHS
        and name.low not in _BEFORE_NUMBER
    )


_MONTHS = word_set("attribution", "months")


def _second_adjective(sentence: Sentence, position: int, floor: int) -> bool:
    """As in "a second, shorter pier", "two large, grey ships"."""
    tokens = sentence.tokens
    if position - 3 < floor or tokens[position - 2].low not in ADJECTIVES:
        return False
    return tokens[position - 3].low in DETERMINERS or number_at(sentence, position - 3)


ADJECTIVES = word_set("things", "adjectives")


def _quantity(word: str) -> bool:
    return word in COLLECTIVES or whole_number(word) is not None


def _determined(sentence: Sentence, position: int, floor: int) -> int:
    """A determiner may have "about", "all of", "Russia" ('s) or "not" in front."""
    tokens = sentence.tokens
    low = tokens[position].low
    if low == "'s":
        first = position
        while first > floor and tokens[first - 1].text[:1].isupper():
            first -= 1
        if first > floor and tokens[first - 1].low == "the":
            first -= 1
        return min(first, position)
    before = tokens[position - 1].low if position > floor else ""
    if before == "of" and position - 2 >= floor and _quantity(tokens[position - 2].low):
        return _before_of(sentence, position - 2, floor)
    if low in {"a", "an", "half"} and number_at(sentence, position + 1):
        return _compared(sentence, position - (before == "half"), floor)
    if before == "not" and low in {"a", "an"}:
        return position - 1
    if before in {"both", "all", "half", "neither", "nor"}:
        return position - 1
    return position


def _compared(sentence: Sentence, position: int, floor: int) -> int:
    """Where "more than a dozen", "at least half a dozen", "about a hundred" begins."""
    while position > floor:
        if position - 2 >= floor and _comparator_tail(sentence, position - 1):
            position -= 2
        elif sentence.tokens[position - 1].low in _ROUGHLY:
            position -= 1
        else:
            break
    return position


_ROUGHLY = {"about", "around", "nearly", "almost", "roughly", "over", "under", "well", "some"}


def _before_of(sentence: Sentence, position: int, floor: int) -> int:
    tokens = sentence.tokens
    while position > floor and (
        number_at(sentence, position - 1)
        or tokens[position - 1].low
        in {"at", "least", "more", "than", "a", "the", "over", "about", "not"}
    ):
        position -= 1
    return position


def _range(sentence: Sentence, position: int) -> bool:
    """As in "3 to 5", "30 + vehicles": a number before, and one after unless it is a plus."""
    tokens = sentence.tokens
    if not 0 < position < len(tokens) - 1 or whole_number(tokens[position - 1].low) is None:
        return False
    return tokens[position].low == "+" or whole_number(tokens[position + 1].low) is not None


def number_at(sentence: Sentence, position: int) -> bool:
    """Whether a token counts: "12", "twelve", "4x", "several"."""
    if position >= len(sentence.tokens) or position < 0:
        return False
    low = sentence.tokens[position].low
    if re.fullmatch(r"\d{1,2}[.:]\d\d", low):
        return False
    if whole_number(low) is not None or low in SEVERAL:
        return True
    if re.fullmatch(r"\d{1,6}[+x×]", low):
        return True
    if low in {"dozen", "dozens", "hundred", "hundreds", "thousand", "pair", "score", "half"}:
        return True
    return low[:1].isdigit() and all(c.isdigit() or c in ",.–-—~" for c in low)


def _comparator_tail(sentence: Sentence, position: int) -> bool:
    words = [token.low for token in sentence.tokens[max(0, position - 2) : position + 1]]
    pairs = {("at", "least"), ("at", "most"), ("more", "than"), ("fewer", "than"), ("less", "than")}
    pairs |= {("up", "to"), ("as", "many"), ("many", "as"), ("greater", "than"), ("close", "to")}
    return tuple(words[-2:]) in pairs


LEADING = word_set("things", "leading")


def _hyphenated(sentence: Sentence, position: int) -> bool:
    """The last part of "burnt-out", whatever word it is."""
    mark = sentence.tokens[position - 1]
    return mark.text in {"-", "\u2010", "\u2011"} and mark.end == sentence.tokens[position].start


def _modifier(sentence: Sentence, position: int, floor: int) -> bool:
    """Whether a token may stand between a determiner and its noun."""
    token = sentence.tokens[position]
    low = token.low
    following = sentence.tokens[position + 1].low if position + 1 < len(sentence.tokens) else ""
    if position > floor + 1 and _hyphenated(sentence, position):
        return True
    if low in LEADING:
        return following in {"least", "most", "than", "to", "many", "as"} or number_at(
            sentence, position + 1
        )
    if low in PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | PRONOUNS:
        return False
    if low in {"-", "‑", "–", "/"}:
        return position > floor and sentence.tokens[position - 1].end == token.start
    if not (low[0].isalnum() or low[0] in "'’"):
        return False
    if low in {"not", "n't", "also", "then", "now", "still", "currently", "again", "only", "even"}:
        return False
    if low.endswith("ly") and low not in {"early", "only"}:
        return _attributive(sentence, position + 1, floor)
    return not _verbal(sentence, position) or _attributive(sentence, position, floor)


def _verbal(sentence: Sentence, position: int) -> bool:
    for role in ("predicate", "verb", "report", "show", "see"):
        for mark in sentence.at(role, position):
            if mark.term.form in {"base", "s", "past", "participle", "ing", "adjective"}:
                return True
    return False


def _attributive(sentence: Sentence, position: int, floor: int) -> bool:
    """Whether a verb form stands as an adjective: "two destroyed hangars", "a burning ship"."""
    forms = {
        mark.term.form
        for role in ("predicate", "verb", "report", "show", "see")
        for mark in sentence.at(role, position)
    }
    if not forms:
        return True
    if position <= floor:
        return bool(forms & {"adjective", "participle"}) and position == 0
    before = sentence.tokens[position - 1].low
    opened = before in DETERMINERS or number_at(sentence, position - 1)
    opened = opened or (before in {"-", "and", "or"} and bool(forms & {"adjective", "participle"}))
    if forms & {"adjective", "participle", "ing"}:
        return (
            opened
            or before in PREPOSITIONS | {",", "shows", "show", "showed", "showing"}
            or (before.endswith("ly") or _shows(sentence, position - 1))
        )
    return opened


def _shows(sentence: Sentence, position: int) -> bool:
    return bool(sentence.at("show", position)) or (
        bool(sentence.at("see", position)) and sentence.tokens[position].low != "seen"
    )
