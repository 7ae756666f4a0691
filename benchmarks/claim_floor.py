"""Floors to hold an extractor of claims against: each sentence or clause with a keyword is one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

KEYWORDS = {
    "large_aircraft": r"an-?124|il-?76|c-?17|c-?130|tu-?\d+|a400m|y-?20|h-?6\w?|bombers?",
    "helicopter": r"helicopters?|ka-?\d+|mi-?\d+|choppers?",
    "aircraft": r"aircraft|planes?|jets?|fighters?|airlifters?|drones?|su-?\d+|mig-?\d+",
    "vessel": r"ships?|vessels?|frigates?|tankers?|boats?|submarines?|ferry|corvettes?|barges?",
    "air_defence": r"s-?[34]00|patriot|launchers?|radars?|batter(?:y|ies)|missiles?",
    "vehicle": r"vehicles?|trucks?|tanks?|convoys?|lorries|buses|tractors?",
    "building": r"buildings?|bridges?|dams?|houses?|warehouses?|hangars?|hospitals?|schools?",
    "crater/damage": r"craters?|burn\w*|flood\w*|destroyed|damaged?|fires?|rubble",
    "construction": r"construct\w*|built|excavat\w*|foundations?|runways?|berms?|trench\w*",
    "equipment": r"tents?|containers?|cranes?|equipment|panels?",
}
"""What makes a sentence worth a claim to the floor: the class, and its words."""

_SENTENCE = re.compile(r"[^.!?\n]+(?:\.(?=\S)[^.!?\n]+)*[.!?]?")
_CLAUSE = re.compile(r"(?:,|;|:|\u2014|\u2013 | - | and | while | with | but )")


def floor_sentences(text: str, article_date: str | None) -> list[dict[str, Any]]:
    """The floor: every sentence with a keyword is one claim, present on the article's day."""
    return list(_keyword_claims(text, article_date, _sentences(text)))


def floor_clauses(text: str, article_date: str | None) -> list[dict[str, Any]]:
    """The same for every clause, cut at commas and a few joining words."""
    clauses = []
    for start, end in _sentences(text):
        cuts = [
            (cut.start() + start, cut.end() + start) for cut in _CLAUSE.finditer(text[start:end])
        ]
        edges = [start, *(edge for cut in cuts for edge in cut), end]
        clauses += list(zip(edges[::2], edges[1::2], strict=True))
    return list(_keyword_claims(text, article_date, clauses))


def _sentences(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in _SENTENCE.finditer(text)]


def _keyword_claims(
    text: str, article_date: str | None, spans: Sequence[tuple[int, int]]
) -> Iterator[dict[str, Any]]:
    for start, end in spans:
        words = text[start:end]
        kinds = (
            kind
            for kind, pattern in KEYWORDS.items()
            if re.search(rf"\b(?:{pattern})\b", words, re.IGNORECASE)
        )
        kind = next(kinds, None)
        if kind is None:
            continue
        quote = words.strip()
        begin = start + words.index(quote)
        yield {
            "quote": quote,
            "start": begin,
            "end": begin + len(quote),
            "object_class": kind,
            "count": {"op": "none", "value": None},
            "predicate": "present",
            "date": {"start": article_date, "end": article_date},
            "checkable": True,
        }
