"""The word lists beside this file, as they are written.

``equipment.toml`` has named types with their sizes, ``objects.toml`` words for things by class,
``predicates.toml`` what can happen to them, ``places.toml`` how places are written,
``language.toml`` everything that is English rather than ours, ``grammar.toml`` small closed sets.
``docs/claims.md`` says how to add to them.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
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
