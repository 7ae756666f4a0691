"""Numbers that stand for a thing named before: "none on Tuesday", "there are two"."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.claim import Count
from pipelines.claims.clauses import Clause
from pipelines.claims.context import View
from pipelines.claims.counts import UNITS, read_count, whole_number
from pipelines.claims.grammar import ADVERBS
from pipelines.claims.predicates import Said
from pipelines.claims.tokens import Token
from pipelines.claims.verbs import verbs
from pipelines.claims.wordlists import word_set


def numbered(view: View, clause: Clause) -> Said | None:
    """As in "There were five", "none had been": a number in place of a thing, and no other verb."""
    tokens = view.sentence.tokens[clause.first : clause.last]
    words = [token.low for token in tokens[:3]]
    number = any(word in _QUANTIFIERS or whole_number(word) is not None for word in words)
    number = number or (words[:1] == ["a"] and words[1:2] != [] and words[1] in ORDINALS)
    if "them" in {token.low for token in tokens[1:4]} and any(
        token.low in _PLACES for token in tokens[3:6]
    ):
        return Said("present", clause.first, clause.first, negated=False, bare=True)
    place = _placed(tokens)
    pointed = bool({"they", "it", "she"} & set(words[:3])) and place is not None
    if not (number or pointed) or len(tokens) > 12:
        return None
    if not any(token.low in _EXISTING for token in tokens):
        return None
    if verbs(view.sentence, clause.first, clause.last, view.things):
        return None
    return Said("present", clause.first, clause.first, negated=place is False, bare=True)


def _placed(tokens: Sequence[Token]) -> bool | None:
    """As in "is now in dock 2", "just weren't on the bridge": False where it is denied."""
    for index, token in enumerate(tokens):
        if token.low not in _EXISTING:
            continue
        rest = [each.low for each in tokens[index + 1 :]]
        while rest and (rest[0] in ADVERBS or rest[0].endswith("ly")):
            rest.pop(0)
        if rest and rest[0] in _PLACES:
            return not {"not", "n't", "never", "longer"} & {
                each.low for each in tokens[index : index + 4]
            }
    return None


ORDINALS = {"second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "further"}
_PLACES = {"in", "at", "near", "off", "on", "under", "beside", "aboard", "outside", "alongside"}


def dated_number(view: View, clause: Clause) -> Count | None:
    """Read "52 a fortnight earlier", "none on Tuesday": the same thing on another day."""
    tokens = view.sentence.tokens
    if clause.last - clause.first > _SHORT or not view.dates_in(clause.first, clause.last):
        return None
    dated = [(moment.start, moment.end) for moment in view.dates]
    words = [
        token.low
        for token in tokens[clause.first : clause.last]
        if not any(start <= token.start < end for start, end in dated)
    ]
    if any(word.isalpha() and not _counts(word) and word not in _LOOSE_WORDS for word in words):
        return None
    if set(words) & {"none", "nothing"}:
        return Count("eq", 0)
    if "another" in words:
        return Count("eq", 1)
    numbers = [index for index, word in enumerate(words) if whole_number(word) is not None]
    if not numbers or any(word in UNITS | {"-", "."} for word in words[numbers[0] + 1 :][:1]):
        return None
    return read_count([word for word in words if word not in _LINKING_WORDS], plural=True)


def number_alone(view: View, clause: Clause) -> Count | None:
    """Read "the picture of the 18th has only one", "there are none now", "there aren't any"."""
    words = [token.low for token in view.sentence.tokens[clause.first : clause.last]]
    if len(words) > _SHORT:
        return None
    if len(words) > 2 and whole_number(words[0]) is not None and words[1] in {"more", "others"}:
        return read_count(words[:1], plural=True)
    for index, word in enumerate(words):
        if word not in _EXISTING | _HAVING:
            continue
        rest = [each for each in words[index + 1 :] if each not in _SMALL_WORDS]
        denied = bool({"n't", "not"} & set(words[index + 1 : index + 2]))
        following = rest[1] if len(rest) > 1 else ""
        if following and following not in _AFTER_NUMBER:
            continue
        if rest and (rest[0] in {"none", "nothing"} or (denied and rest[0] == "any")):
            return Count("eq", 0)
        if rest and whole_number(rest[0]) is not None and not denied:
            stop = words.index(rest[0], index)
            return read_count(words[index + 1 : stop + 1], plural=True)
    return None


_HAVING = {"has", "have", "had", "holds", "held", "shows", "showed"}


_SMALL_WORDS = {"n't", "not", "only", "just", "still", "now", "about", "some", "nearly", "almost"}


_SMALL_WORDS |= {"already", "again", "at", "least", "more", "than", "fewer", "up", "to", "even"}


_AFTER_NUMBER = {"in", "on", "left", "now", "there", "today", "again", "here", "a", "three", "two"}


_AFTER_NUMBER |= {"yesterday", "last", "that", "this", "by", "and", ","}


def _counts(word: str) -> bool:
    return whole_number(word) is not None or word in {"dozen", "dozens", "hundreds", "none"}


_SHORT = 12


_LINKING_WORDS = word_set("reading", "linking")


_LOOSE_WORDS = (
    _LINKING_WORDS
    | word_set("reading", "comparing")
    | {"another", "either", "versus", "a", "further"}
)


_QUANTIFIERS = {"both", "all", "none", "nothing", "neither", "several", "others"}


_EXISTING = {"were", "was", "are", "is", "been"}
