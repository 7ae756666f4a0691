"""The word lists beside this file, as they are written.

``equipment.toml`` has named types with their sizes, ``objects.toml`` words for things by class,
``predicates.toml`` what can happen to them, ``places.toml`` how places are written,
``language.toml`` everything that is English rather than ours, ``grammar.toml`` small closed sets.
``docs/claims.md`` says how to add to them.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """Read one of the word lists."""
    text = files("pipelines.claims").joinpath("lexicon", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def words(name: str) -> tuple[str, ...]:
    """A flat list of ``language.toml``."""
    return tuple(table("language")[name])


@cache
def word_set(section: str, name: str) -> frozenset[str]:
    """A closed set of words of ``grammar.toml``."""
    return frozenset(table("grammar")[section][name].split())


@cache
def phrase_pattern(name: str) -> re.Pattern[str]:
    """Any phrase of a flat list, as whole words, longest first, whatever the case."""
    phrases = sorted(words(name), key=len, reverse=True)
    body = "|".join(re.escape(each).replace(r"\ ", r"\s+") for each in phrases)
    return re.compile(rf"(?<!\w)(?:{body})(?!\w)", re.IGNORECASE)


def holds_phrase(name: str, text: str) -> bool:
    """Whether any phrase of a flat list occurs in a text."""
    starts = _phrase_starts(name)
    if starts is not None and starts.isdisjoint(_words_of(text)):
        return False
    return phrase_pattern(name).search(text) is not None


@lru_cache(maxsize=1 << 8)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


@cache
def _phrase_starts(name: str) -> frozenset[str] | None:
    """First words of the phrases: most texts hold none, and are spared the long pattern."""
    found = [_WORD.search(phrase.lower()) for phrase in words(name)]
    if not all(found):
        return None
    return frozenset(each[0] for each in found if each is not None)


_WORD = re.compile(r"\w+")
