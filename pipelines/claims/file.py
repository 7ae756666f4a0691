"""``claims.json``: what was extracted, what a person made of it, or claims written by hand.

A claim that is written by hand needs a place (``site`` or ``site_id``), ``object_class``,
``predicate`` and ``date``; the rest may be left out. Without a ``quote`` it is quoted in the words
of its own fields. The published form is ``claims.schema.json`` beside this file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from imagery.errors import InputError, TooLarge, UnreadableFile, WriteError
from pipelines.claims.claim import Claim
from pipelines.claims.conflicts import conflicts
from pipelines.claims.handwritten import brief, completed, known

SCHEMA = "tilewitness-claims/1"
SCHEMA_FILE = Path(__file__).with_name("claims.schema.json")
LARGEST_FILE = 16 * 2**20
"""Bytes: many times what any article holds."""

_TOP = ("schema", "text_sha256", "article_date", "claims")


@dataclass(frozen=True, slots=True)
class ClaimsFile:
    """Claims, and the text that they were cut from.

    Attributes:
        claims: In the order of the file.
        text_sha256: Of the raw text in UTF-8; None where there is no article.
        article_date: ISO day; None where there is no article or nothing says.
        notes: What a reader should know of them; nothing that stops a run.
    """

    claims: tuple[Claim, ...]
    text_sha256: str | None = None
    article_date: str | None = None
    notes: tuple[str, ...] = ()


def from_text(claims: Sequence[Claim], text: str, *, article_date: date | None) -> ClaimsFile:
    """Put what was extracted from a text into the form of a file."""
    day = None if article_date is None else article_date.isoformat()
    return ClaimsFile(tuple(claims), text_digest(text), day, conflicts(claims))


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read(path: Path, text: str | None = None) -> ClaimsFile:
    """Read claims and check everything that can be checked.

    Args:
        path: A file in the form of ``claims.schema.json``.
        text: The raw article, where it is at hand: every quote must be cut from it.

    Raises:
        UnreadableFile: the file is missing, or no JSON.
        TooLarge: it is larger than ``LARGEST_FILE``.
        InputError: a field is missing, unknown or wrong; which one is said.
    """
    return parse(_load(path), text)


def parse(content: Any, text: str | None = None) -> ClaimsFile:
    """The same for what ``json.loads`` gives.

    Raises:
        InputError: a field is missing, unknown or wrong.
    """
    if not isinstance(content, dict):
        expected = 'an object {"claims": [...]}'
        raise InputError("The content of the claims file", brief(content), expected)
    known("A field of the claims file", content, _TOP)
    if content.get("schema", SCHEMA) != SCHEMA:
        raise InputError("schema", brief(content["schema"]), SCHEMA)
    digest = _digest(content.get("text_sha256"), text)
    day = _day(content.get("article_date"))
    listed = content.get("claims")
    if not isinstance(listed, list):
        raise InputError("claims", brief(listed), "a list of claims")
    if not listed:
        raise InputError("claims", [], "at least one claim")
    claims = tuple(Claim.from_dict(each) for each in completed(listed, with_text=text is not None))
    _check_ids(claims)
    for claim in claims:
        _check_place_and_time(claim)
        if text is not None:
            _check_quote(claim, text)
    return ClaimsFile(claims, digest, day, conflicts(claims))


def write(file: ClaimsFile, path: Path) -> None:
    """Write ``claims.json``: the same claims give the same bytes.

    Raises:
        WriteError: the file cannot be written.
    """
    try:
        path.write_text(dumps(file), encoding="utf-8", newline="\n")
    except OSError as error:
        raise WriteError(path.name, error.strerror) from None


def dumps(file: ClaimsFile) -> str:
    """The text of the file: claims of an article by their place in it, others as they stand."""
    claims = file.claims
    if file.text_sha256 is not None:
        claims = tuple(sorted(claims, key=lambda one: (one.start, one.end, one.id)))
    content = {
        "schema": SCHEMA,
        "text_sha256": file.text_sha256,
        "article_date": file.article_date,
        "claims": [claim.as_dict() for claim in claims],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _load(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise UnreadableFile(path, "there is no such file", "Check the path.") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "the path is not usable").lower()
        raise UnreadableFile(path, reason, "Check the path and its permissions.") from None
    if len(data) > LARGEST_FILE:
        raise TooLarge(path.name, f"over {LARGEST_FILE >> 20} MB", f"{LARGEST_FILE >> 20} MB")
    try:
        content = json.loads(
            data.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_unique
        )
        # An escaped half of a surrogate pair is no character and could not be written again.
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise UnreadableFile(path, "it is not UTF-8 text", "Save it as UTF-8.") from None
    except RecursionError:
        raise UnreadableFile(path, "it is nested too deeply", "Claims are flat.") from None
    except ValueError as error:
        raise UnreadableFile(path, f"it is not JSON ({error})", "Mend that place.") from None
    return content


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key[:40]!r} is given twice in one object")
        found[key] = value
    return found


def _digest(value: object, text: str | None) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        expected = "64 hexadecimal digits, small letters, or null"
        raise InputError("text_sha256", brief(value), expected)
    if text is not None and text_digest(text) != value:
        expected = f"{text_digest(text)[:12]}..., as the article has: they do not belong together"
        raise InputError("text_sha256", f"{value[:12]}...", expected)
    return value


def _day(value: object) -> str | None:
    if value is None:
        return None
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise InputError("article_date", brief(value), "a day such as 2024-12-14, or null")
    return day.isoformat()


def _check_ids(claims: Sequence[Claim]) -> None:
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise InputError("A claim's id", claim.id, "an id that no other claim has")
        seen.add(claim.id)
    for claim in claims:
        by = claim.retracted_by
        if by is not None and (by not in seen or by == claim.id):
            raise InputError(f"retracted_by of {claim.id}", by, "the id of another claim")


def _check_place_and_time(claim: Claim) -> None:
    if not claim.checkable:
        return
    if not (claim.site or claim.site_id):
        expected = 'a name; or "checkable": false with the reason no_place'
        raise InputError(f"The site of {claim.id}", None, expected)
    if claim.date is None:
        expected = 'a start, an end or both; or "checkable": false with the reason no_time'
        raise InputError(f"The date of {claim.id}", None, expected)


def _check_quote(claim: Claim, text: str) -> None:
    if text[claim.start : claim.end] == claim.quote:
        return
    name = f"The span of {claim.id}"
    found = text.find(claim.quote)
    if found < 0:
        raise InputError(f"The quote of {claim.id}", brief(claim.quote), "words of the article")
    expected = f"{found}-{found + len(claim.quote)}, where the article has the quote"
    raise InputError(name, f"{claim.start}-{claim.end}", expected)
