"""Where one clause ends and the next begins."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.grammar import AUXILIARIES, COLLECTIVES, DETERMINERS, PRONOUNS
from pipelines.claims.phrases import ADJECTIVES, number_at
from pipelines.claims.remarks import FRONT, HARD, dash, fronted, names_thing
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Sentence
from pipelines.claims.verbs import (
    filled,
    finite,
    participial,
    participle_start,
    verb_start,
    verbal,
    verbs,
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
        if low in {"that", "which"}:
            if index > left_first:
                cuts.append(index)
            continue
        if low == ":" and _tally(sentence, left_first, index, last, things):
            continue
        if (
            low in HARD
            or dash(sentence, index)
            or (low in {"“", '"', "‘"} and _quoted_verb(sentence, left_first, index, things))
        ):
            cuts.append(index)
        elif low in {"“", '"', "‘"}:
            continue
        elif low == ",":
            if not _between_adjectives(sentence, index) and _comma(
                sentence, left_first, index, stop, last, things
            ):
                cuts.append(index)
        elif _joined(sentence, left_first, index, stop, last, things):
            cuts.append(index)
    return cuts


def _tally(sentence: Sentence, first: int, index: int, last: int, things: Sequence[Thing]) -> bool:
    """As in "Tents: 230", "Su-34 count: 4": a thing, a colon, its number."""
    tokens = sentence.tokens
    if (
        index - first > 6
        or verbs(sentence, first, index, things)
        or not any(
            (thing.last in {index, index - 1} or thing.first == first)
            and thing.count.value in {None, 1}
            for thing in things
            if first <= thing.head < index
        )
    ):
        return False
    after = index + 2
    if last - index <= 4 and any(
        mark.first == index + 1 and mark.term.form in {"adjective", "participle"}
        for mark in sentence.of("predicate")
    ):  # "Both Pantsirs: gone"
        return True
    return (
        index + 1 < last
        and (number_at(sentence, index + 1) or tokens[index + 1].low in {"none", "zero", "nil"})
        and (
            after >= last
            or not tokens[after].low[:1].isalnum()
            or tokens[after].low in {"in", "on", "at", "by"}
        )
    )


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
    if dash(sentence, index) or low in HARD or low in {",", "“", '"'}:
        return True
    if low in {"since", "where"} and sentence.tokens[index - 1].low in AUXILIARIES:
        return False  # "have since been", "is where it was"
    return low in JOINERS and sentence.tokens[index - 1].low != ","


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
    if _other_day(sentence, index + 1, stop, things) or (
        _dated(sentence, left, index) and _dated(sentence, index + 1, stop)
    ):
        return True
    if names_thing(things, left, index) and _tallied_day(sentence, index + 1, stop):
        return True
    whole_right = right or verbal(sentence, index + 1, last, things)
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


def _other_day(sentence: Sentence, first: int, stop: int, things: Sequence[Thing]) -> bool:
    """As in ", down from 17 on 20 February", ", compared with nine a week earlier"."""
    tokens = sentence.tokens
    words = [token.low for token in tokens[first : min(stop, first + 7)]]
    if words[:1] in (["against"], ["versus"]) and not number_at(sentence, first + 1):
        return False
    if words[:1] in (["against"], ["versus"]) or words[:2] in _CHANGED_FROM:
        return any(
            number_at(sentence, first + offset) for offset in range(1, len(words))
        ) and not verbal(sentence, first + 1 + (words[0] in {"down", "up"}), stop, things)
    return False


_CHANGED_FROM = (["down", "from"], ["up", "from"], ["compared", "with"], ["compared", "to"])


def _dated(sentence: Sentence, first: int, stop: int) -> bool:
    """A few words with a number and a day: "4.2 km on 1 July", "none on Saturday"."""
    tokens = sentence.tokens[first:stop]
    words = [token.low for token in tokens]
    if not 2 <= len(words) <= 9 or not any(
        word in {"none", "nothing", "another"} or number_at(sentence, first + place)
        for place, word in enumerate(words[:5])
    ):
        return False
    return any(word[:3] in _CALENDAR and word.isalpha() for word in words[1:]) or bool(
        {"earlier", "ago", "later", "yesterday", "today"} & set(words)
    )


def _tallied_day(sentence: Sentence, first: int, stop: int) -> bool:
    """As in "another on 16 March", "and none on Friday": a number in front, a day behind."""
    tokens = sentence.tokens
    while first < stop and tokens[first].low in {"and", "but", "only", "just", "still"}:
        first += 1
    if first + 1 >= stop or tokens[first + 1].low[:3] in _CALENDAR:
        return False
    counted = tokens[first].low in {"none", "nothing", "another"} or number_at(sentence, first)
    return counted and _dated(sentence, first, stop)


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
            return _own_place(sentence, left, index, stop, things) or (
                names_thing(things, left, index) and _tallied_day(sentence, index + 1, stop)
            )
        starts = _subject(sentence, index + 1, things)
        if low == "and" and stop - index <= 3 and not names_thing(things, index + 1, stop):
            bare = sentence.tokens[index + 1].low not in PRONOUNS | DETERMINERS
            return not bare
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
