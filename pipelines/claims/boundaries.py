"""Where one clause ends and the next begins."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.comparing import comparison
from pipelines.claims.grammar import AUXILIARIES, COLLECTIVES, DETERMINERS, PRONOUNS
from pipelines.claims.phrases import ADJECTIVES
from pipelines.claims.remarks import FRONT, dash, fronted, hard, names_thing
from pipelines.claims.tallies import dated, other_day, said_of_it, some_of_them, tallied_day, tally
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Sentence
from pipelines.claims.verbs import (
    filled,
    finite,
    participial,
    participle_start,
    verb_start,
    verbal,
)
from pipelines.claims.wordlists import word_set

OPENERS = word_set("clauses", "openers")


JOINERS = word_set("clauses", "joiners")


MOST = 48
"""Places where one sentence may be cut. Prose has fewer; a list of hundreds costs their square."""


def cuts(
    sentence: Sentence,
    first: int,
    last: int,
    things: Sequence[Thing],
    holes: Sequence[tuple[int, int]],
) -> list[int]:
    """Where clauses begin: the first token, and every accepted boundary after it."""
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
        if _cut_at(sentence, cuts[-1], index, stop, last, things):
            cuts.append(index)
    return cuts


def _cut_at(
    sentence: Sentence, left: int, index: int, stop: int, last: int, things: Sequence[Thing]
) -> bool:
    """Whether a clause begins at a candidate."""
    low = sentence.tokens[index].low
    if low in {"that", "which"}:
        return index > left
    if low == ":" and tally(sentence, left, index, last, things):
        return False
    if hard(sentence, index) or dash(sentence, index):
        return True
    if low in {"“", '"', "‘"}:
        return _quoted_verb(sentence, left, index, things)
    if low == ",":
        return not _between_adjectives(sentence, index) and _comma(
            sentence, left, index, stop, last, things
        )
    return _joined(sentence, left, index, stop, last, things)


def _quoted_verb(sentence: Sentence, left: int, index: int, things: Sequence[Thing]) -> bool:
    """'the base, its only hub, "remains unchanged"': the quotation brings the verb."""
    return (
        index + 1 < len(sentence.tokens)
        and _opens(sentence, index)
        and finite(sentence, index + 1, things)
        and not verbal(sentence, left, index, things)
    )


def _opens(sentence: Sentence, index: int) -> bool:
    """Whether a quotation mark opens: a straight one does where a word follows at once."""
    mark, following = sentence.tokens[index], sentence.tokens[index + 1]
    return mark.text != '"' or mark.end == following.start


def _candidate(sentence: Sentence, index: int, things: Sequence[Thing]) -> bool:
    low = sentence.tokens[index].low
    if any(thing.first <= index < thing.last for thing in things):
        return False
    if low in {"that", "which"}:
        words = [token.low for token in sentence.tokens[index + 1 : index + 3]]
        denied = len(words) == 2 and words[0] in AUXILIARIES and words[1] in {"n't", "not"}
        return denied and any(thing.last == index for thing in things)
    if dash(sentence, index) or hard(sentence, index) or low in {",", "“", '"'}:
        return True
    if low == "as" and _as_ever(sentence, index):
        return False
    if low in {"since", "where", "yet"} and sentence.tokens[index - 1].low in _VERB_GROUP:
        return False  # "have since been", "is where it was", "has not yet been"
    return low in JOINERS and sentence.tokens[index - 1].low != ","


def _as_ever(sentence: Sentence, index: int) -> bool:
    """As in "stands exactly *as it stood* in spring": how it is, and no clause of its own."""
    around = sentence.tokens[max(0, index - 3) : index + 4]
    if sum(token.low == "as" for token in around) > 1:
        return True  # "as clear as I have ever seen it"
    return any(
        mark.first == index and mark.term.value == "unchanged"
        for mark in sentence.at("predicate", index)
    )


_VERB_GROUP = AUXILIARIES | {"not", "n't"}


def _between_adjectives(sentence: Sentence, index: int) -> bool:
    """As in "a small, quickly repaired hole"."""
    tokens = sentence.tokens
    return tokens[index - 1].low in ADJECTIVES and tokens[index - 2].low in DETERMINERS


def _comma(
    sentence: Sentence, left: int, index: int, stop: int, last: int, things: Sequence[Thing]
) -> bool:
    """Whether a comma ends a clause: both sides must say something by themselves."""
    tokens = sentence.tokens
    following = tokens[index + 1].low if index + 1 < len(tokens) else ""
    right = verbal(sentence, index + 1, stop, things)
    if _told_apart(sentence, left, index, stop, things):
        return True
    whole_right = right or verbal(sentence, index + 1, last, things)
    if comparison(sentence.cut(left, index)):
        return right
    said = verbal(sentence, left, index, things) or names_thing(things, left, index)
    if (
        tokens[left].low == "of"
        and index - left <= FRONT
        and fronted(sentence, left, index, things)
    ):
        return False
    if following in {"which", "who", "whose"} and not verbal(sentence, left, index, things):
        return False
    if following in OPENERS and said and (right or names_thing(things, index + 1, stop)):
        if following == "and" and not right:
            return names_thing(things, index + 1, stop) and verbal(sentence, left, index, things)
        return following not in {"including", "or", "not"} or right
    if not said:
        return False
    if right and verbal(sentence, left, index, things) and _subject(sentence, index + 1, things):
        return True
    if right and participle_start(sentence, index + 1):
        return True
    return not whole_right and _relative_start(following) and right


def _told_apart(
    sentence: Sentence, left: int, index: int, stop: int, things: Sequence[Thing]
) -> bool:
    """Whether another day or a part follows: ", down from 17 on Sunday", ", one of them bent"."""
    if other_day(sentence, index + 1, stop, things):
        return True
    if dated(sentence, left, index) and dated(sentence, index + 1, stop):
        return True
    named = names_thing(things, left, index)
    if some_of_them(sentence, index + 1, stop) or said_of_it(sentence, index + 1, stop, things):
        return named or verbal(sentence, left, index, things)
    return named and tallied_day(sentence, index + 1, stop)


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
            return (low != "or" and _own_place(sentence, left, index, stop, things)) or (
                names_thing(things, left, index) and tallied_day(sentence, index + 1, stop)
            )
        starts = _subject(sentence, index + 1, things)
        brief = stop - index <= 3 or _again(sentence, left, index, stop)
        if low == "and" and brief and not names_thing(things, index + 1, stop):
            bare = sentence.tokens[index + 1].low not in PRONOUNS | DETERMINERS
            return not bare
        if low == "or" and sentence.tokens[index + 1].low.endswith("ly"):
            return False  # "destroyed or severely damaged"
        starts = starts or (low != "or" and verb_start(sentence, index + 1))
        return starts and (left_verb or participle_start(sentence, index + 1))
    if low in {"with", "as", "since", "before", "after", "until"}:
        if not right_verb or (low == "with" and not participial(sentence, index, stop, things)):
            return False
        following = sentence.tokens[index + 1].low if index + 1 < last else ""
        if following[:3] in _CALENDAR or following[:1].isdigit():
            return False
        if low == "with" and (
            filled(sentence, index - 1) or sentence.tokens[index + 1].low in _POSSESSIVES
        ):
            return False  # "three jets sit with their noses covered"
        if low != "with" and not _subject(sentence, index + 1, things):
            return False
        return left_verb or names_thing(things, left, index)
    return right_verb and left_verb


def _again(sentence: Sentence, left: int, index: int, stop: int) -> bool:
    """As in "has been filled in *and paved over*": two words for one change."""
    said = {mark.term.value for mark in sentence.of("predicate") if left <= mark.first < index}
    added = {mark.term.value for mark in sentence.at("predicate", index + 1)}
    words = sum(token.low[0].isalnum() for token in sentence.tokens[index + 1 : stop])
    return words <= 2 and bool(said & added)


_POSSESSIVES = {"its", "their", "her", "his"}
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
        and (names_thing(things, index + 1, stop))
        and names_thing(things, left, index)
    )


def _subject(sentence: Sentence, index: int, things: Sequence[Thing]) -> bool:
    """Whether a subject may begin at a token: a noun phrase, a pronoun, "there"."""
    if index >= len(sentence.tokens):
        return False
    token = sentence.tokens[index]
    if token.low in PRONOUNS | DETERMINERS | COLLECTIVES or any(
        thing.first == index for thing in things
    ):
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
