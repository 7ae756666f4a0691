"""How many: number words, comparators and ranges in front of a thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pipelines.claims.claim import NO_COUNT, Count
from pipelines.claims.vocabulary import Operator
from pipelines.claims.wordlists import table, word_set

MANY = {
    "dozens": 24,
    "scores": 40,
    "hundreds": 200,
    "thousands": 2000,
    "tens of thousands": 20000,
    "hundreds of thousands": 200000,
    "dozens and dozens": 24,
}
"""Smallest number that a plural of this kind can mean; dozens and hundreds by the rules."""

SEVERAL = word_set("counts", "several")
UNITS = word_set("counts", "units")

_WORD = r"[a-z]+"
_JOIN = re.compile(r"\s*[-‐‑–—]\s*")
_GROUPED = re.compile(r"(?<=\d)[,\s](?=\d{3}\b)")
_RANGE = re.compile(r"^(?:(?P<pre>between|from)\s+)?(?P<a>\d+)\s*(?:-|–|—|to|and|or)\s*(?P<b>\d+)$")


@lru_cache(maxsize=1)
def number_words() -> dict[str, int]:
    """Number words below a hundred; hyphenated tens are put together elsewhere."""
    return dict(table("language")["numbers"])


@lru_cache(maxsize=1 << 14)
def whole_number(word: str) -> int | None:
    """Read "12", "1,200", "twelve"; None where it is no whole number.

    >>> whole_number("1,200"), whole_number("twelve"), whole_number("3.5")
    (1200, 12, None)
    """
    low = _GROUPED.sub("", word.lower())
    if low.isdecimal() and low.isascii() and len(low) <= 9:
        return int(low)
    if low in number_words():
        return number_words()[low]
    tens, _, ones = low.partition("-")
    if tens in number_words() and ones in number_words() and number_words()[tens] >= 20:
        return number_words()[tens] + number_words()[ones]
    return None


def read_count(words: Sequence[str], *, plural: bool) -> Count:
    """Read the words in front of a noun, from its determiner on.

    Args:
        words: Lower case, such as ``["at", "least", "two", "large"]``.
        plural: Whether the noun itself is plural; a bare singular with an article is one.
    """
    return _read(" ".join(words), plural)


@lru_cache(maxsize=1 << 14)
def _read(words: str, plural: bool) -> Count:
    text = _spelled(words)
    if re.search(r"\b(?:no|zero|none of|not an?|not one|not 1|neither)\b", text) and not re.search(
        r"\bno (?:fewer|less|more) than\b", text
    ):
        return Count("eq", 0)
    op, strict = _comparator(text)
    ranged = re.search(r"(?<![\w.])(\d+)\s?(?:-|–|—|to|and|or)\s?(\d+)(?![\w.])", text)
    if ranged and int(ranged[1]) < int(ranged[2]):
        low, high = int(ranged[1]), int(ranged[2])
        return Count("approx", (low + high) // 2, low, high)
    for phrase in sorted(MANY, key=len, reverse=True):
        if re.search(rf"\b{phrase}\b", text):
            return Count("ge", MANY[phrase])
    number = re.search(r"(?<![\w.-])(\d+)(?![\w.])", text)
    if number:
        return Count(op, int(number[1]), strict=strict)
    return _without_number(text, plural=plural)


def _without_number(text: str, *, plural: bool) -> Count:
    if re.search(r"\bboth\b", text):
        return Count("eq", 2)
    if re.search(r"\ba few\b", text) or set(text.split()) & (
        SEVERAL - {"other", "more", "further"}
    ):
        return NO_COUNT
    if plural:
        return NO_COUNT
    if re.search(
        r"\b(?:a|an|another|single|one|the|its|this|that|their|his|her|our|'s|each|lone|sole|second|"
        r"third|fourth|fifth|first|last|half)\b",
        text,
    ):
        return Count("eq", 1)
    return NO_COUNT


def _spelled(text: str) -> str:
    """Write number words, dozens and pairs as digits."""
    text = _GROUPED.sub("", text)
    text = re.sub(r"\b(\d+)\s?[x×](?!\w)", r"\1", text)
    text = re.sub(r"\b(\d+)\s?\+", r"at least \1", text)
    text = re.sub(r"\b(half[\s-]+(?:of[\s-]+)?a[\s-]+dozen|half[\s-]dozen)\b", "6", text)
    text = re.sub(r"\b(?:a|one)[\s-]+dozen\b(?:\s+or\s+so)?", "12", text)
    text = re.sub(r"\b(?:a|one)\s+(?:pair|couple)(?:\s+of)?\b|\btwin\b|\bpair of\b", "2", text)
    text = re.sub(r"\b(?:a|one)\s+(?:trio)(?:\s+of)?\b|\btrio of\b", "3", text)
    text = re.sub(r"\b(?:a|one)\s+quartet(?:\s+of)?\b", "4", text)
    text = re.sub(r"\b(?:a|one)\s+hundred\b", "100", text)
    text = re.sub(r"\b(?:a|one)\s+thousand\b", "1000", text)
    tens = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    ones = "one|two|three|four|five|six|seven|eight|nine"
    words = number_words()
    text = re.sub(
        rf"\b({tens})\s?[-‐‑–\s]\s?({ones})\b", lambda m: str(words[m[1]] + words[m[2]]), text
    )
    names = "|".join(words)
    text = re.sub(rf"(?<![\w-])(?:{names})(?!\w)", lambda m: str(words[m[0]]), text)
    text = re.sub(r"\b(\d+)\s+dozen\b", lambda m: str(int(m[1]) * 12), text)
    text = re.sub(r"\b(\d+)\s+hundred\b", lambda m: str(int(m[1]) * 100), text)
    text = re.sub(r"\b(\d+)\s+thousand\b", lambda m: str(int(m[1]) * 1000), text)
    text = re.sub(r"\bdozen\b", "12", text)
    return re.sub(r"(\d+) of (?:the |its |their )?(?:\d+)\b", r"\1", text)


@lru_cache(maxsize=1)
def _comparators() -> tuple[tuple[re.Pattern[str], Operator, bool], ...]:
    data = table("language")["comparators"]
    order: tuple[tuple[str, Operator, bool], ...] = (
        ("ge", "ge", False),
        ("le", "le", False),
        ("more", "ge", True),
        ("fewer", "le", True),
        ("approx", "approx", False),
    )
    return tuple(
        (re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, data[key]))})(?!\w)"), op, strict)
        for key, op, strict in order
    )


def _comparator(text: str) -> tuple[Operator, bool]:
    for pattern, op, strict in _comparators():
        if pattern.search(text):
            return op, strict
    return "eq", False
