"""Where sentences begin and end, in text that is full of abbreviations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.claims.wordlists import word_set

LONGEST = 800
"""Characters. A longer stretch without a full stop is no prose and is cut, so that no step of the
reading is ever asked for more."""

_STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"”’'»)\]]*(?=\s)|(?<=[”\"])(?<=[,.][”\"])(?=\s+[A-Z])")
_ABBREVIATIONS = word_set("sentences", "abbreviations")
_MAY_END = word_set("sentences", "may_end")
_STARTERS = word_set("places", "function")


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of every sentence; the spaces between belong to none."""
    start = 0
    for stop in _STOP.finditer(text):
        if stop.start() == stop.end() or not _ends(text, stop):
            continue
        yield from _pieces(text, start, stop.end())
        start = stop.end()
    yield from _pieces(text, start, len(text))


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        space = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        cut = space if space > 0 else start + LONGEST
        yield from _trimmed(text, start, cut)
        start = cut
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _ends(text: str, stop: re.Match[str]) -> bool:
    following = text[stop.end() : stop.end() + 4].lstrip()[:1]
    if text[stop.start()] != ".":
        return not following.islower()
    word = re.search(r"[\w.]{1,12}$", text[max(0, stop.start() - 12) : stop.start()])
    last = word[0].casefold().strip(".") if word else ""
    if following.islower():
        return False
    if len(last) == 1 and last.isalpha() and stop[0] == ".":
        return False
    if last in _ABBREVIATIONS and stop[0] == ".":
        opening = re.match(r"\W*(\w+)", text[stop.end() : stop.end() + 30])
        starts = opening is not None and opening[1].casefold() in _STARTERS
        return last in _MAY_END and following.isupper() and starts
    return True
