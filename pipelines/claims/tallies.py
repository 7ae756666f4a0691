"""Numbers that stand beside a day, behind a colon or against an earlier number."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.comparing import comparison
from pipelines.claims.phrases import number_at
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Sentence
from pipelines.claims.verbs import FINITE, verbal, verbs
from pipelines.claims.wordlists import word_set

_CALENDAR = word_set("clauses", "calendar")


def tally(sentence: Sentence, first: int, index: int, last: int, things: Sequence[Thing]) -> bool:
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


def other_day(sentence: Sentence, first: int, stop: int, things: Sequence[Thing]) -> bool:
    """As in ", down from 17 on 20 February", ", five more than on Sunday"."""
    tokens = sentence.tokens
    if first < stop and comparison(sentence.cut(first, stop)):
        return True
    words = [token.low for token in tokens[first : min(stop, first + 7)]]
    if words[:1] in (["against"], ["versus"]) and not number_at(sentence, first + 1):
        return False
    if words[:1] in (["against"], ["versus"]) or words[:2] in _CHANGED_FROM:
        return any(
            number_at(sentence, first + offset) for offset in range(1, len(words))
        ) and not verbal(sentence, first + 1 + (words[0] in {"down", "up"}), stop, things)
    return False


_CHANGED_FROM = (["down", "from"], ["up", "from"], ["compared", "with"], ["compared", "to"])


def dated(sentence: Sentence, first: int, stop: int) -> bool:
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


def tallied_day(sentence: Sentence, first: int, stop: int) -> bool:
    """As in "another on 16 March", "and none on Friday": a number in front, a day behind."""
    tokens = sentence.tokens
    while first < stop - 1 and tokens[first].low in _BEFORE_TALLY:
        first += 1
    if first + 1 >= stop or tokens[first + 1].low[:3] in _CALENDAR:
        return False
    counted = tokens[first].low in {"none", "nothing", "another"} or number_at(sentence, first)
    return counted and dated(sentence, first, stop)


_BEFORE_TALLY = {"and", "but", "only", "just", "still", "a", "further", "about", "around"}


def some_of_them(sentence: Sentence, first: int, stop: int) -> bool:
    """As in ", three of them upside down", ", two under nets": a part, and how it is."""
    words = [token.low for token in sentence.tokens[first:stop]]
    if not words or not (number_at(sentence, first) or words[0] in _PARTS):
        return False
    after = first + 1
    if words[1:2] == ["of"]:
        if words[2:3] == [] or words[2] not in {"them", "these", "those", "which", "whom"}:
            return False
        after += 2
    elif words[1:2] and words[1] in {"more", "others", "further"}:
        after += 1
    told = set(words[after - first :]) & FINITE
    if after > stop or after >= len(sentence.tokens) or told:
        return False
    if sentence.tokens[after].low in {"with", "without", "under"}:
        return True
    return after < stop and any(
        mark.first == after and mark.term.form in {"adjective", "participle"}
        for mark in sentence.of("predicate")
    )


_PARTS = {"all", "both", "most", "some", "several", "many", "half", "one", "none", "another"}


def said_of_it(sentence: Sentence, first: int, stop: int, things: Sequence[Thing]) -> bool:
    """As in ", where *it still stands*", ", *neither of which was* there": a clause about it."""
    words = [token.low for token in sentence.tokens[first : min(stop, first + 3)]]
    if words[:1] == ["where"] and len(words) > 1 and words[1] in {"it", "they", "she"}:
        return any(first + 1 < mark.first < stop for mark in sentence.of("predicate"))
    parts = len(words) == 3 and words[1] == "of" and words[2] in {"which", "whom"}
    return parts and words[0] in _PARTS | {"neither"} and verbal(sentence, first, stop, things)
