"""Annotated texts: folders of NAME.txt with NAME.json beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEXT_SUFFIXES = (".txt", ".md", ".html", ".htm")
LISTS = ("claims", "statements", "annotations", "gold")
DATES = ("article_date", "published", "publication_date", "date")
HEADERS = ("header", "meta", "metadata", "article")


class BadText(ValueError):
    """An annotated text that cannot be scored, said in one sentence."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """A text and its statements.

    Attributes:
        name: Of the files, without suffix.
        text: As the offsets count: nothing of the file is changed.
        article_date: ISO day; None where nothing says.
        statements: Mappings with ``quote``, ``start``, ``end``, ``checkable`` and what is given.
    """

    name: str
    text: str
    article_date: str | None
    statements: tuple[Mapping[str, Any], ...]


def find(folder: Path) -> list[Path]:
    """Annotations that have a text: those in the folder, or else in folders below it."""
    for pattern in ("*.json", "**/*.json"):
        found = [path for path in sorted(folder.glob(pattern)) if _text_path(path)]
        if found:
            return found
    return []


def read(path: Path) -> Annotated:
    """Read an annotation and its text.

    Raises:
        BadText: it is not JSON, has no statements, or an offset does not cut its quote.
    """
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadText(f"{path}: it is not JSON ({error}).") from None
    lists = (head[key] for key in LISTS if isinstance(head, dict) and key in head)
    listed = head if isinstance(head, list) else next(lists, None)
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise BadText(f"{path}: it has no list of statements, such as {', '.join(LISTS)}.")
    source = _text_path(path)
    if source is None:
        raise BadText(f"{path}: there is no text beside it.")
    raw = source.read_bytes().decode("utf-8")
    # Offsets count in the raw file; an annotator's editor may have hidden its line ends.
    for text in (raw, raw.removeprefix("\ufeff"), raw.replace("\r\n", "\n")):
        statements = [_placed(one, text) for one in listed]
        wrong = [one for one in statements if text[one["start"] : one["end"]] != one["quote"]]
        if not wrong:
            return Annotated(path.stem, text, _date(head), tuple(statements))
    raise BadText(f"{path}: the offsets of {wrong[0].get('id')} do not cut its quote.")


def _text_path(path: Path) -> Path | None:
    beside = (path.with_suffix(suffix) for suffix in TEXT_SUFFIXES)
    return next((one for one in beside if one.is_file()), None)


def _placed(one: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Fill in what an annotation may leave out."""
    quote = one.get("quote", "")
    start = one.get("start")
    if start is None:
        start = max(text.find(quote), 0)
    defaults = {"checkable": not one.get("reason"), "start": start, "quote": quote}
    return {"end": start + len(quote)} | defaults | {k: v for k, v in one.items() if v is not None}


def _date(head: object) -> str | None:
    if not isinstance(head, dict):
        return None
    places = [head, *(head[key] for key in HEADERS if isinstance(head.get(key), dict))]
    found = (place[key] for place in places for key in DATES if isinstance(place.get(key), str))
    return next((day[:10] for day in found), None)
