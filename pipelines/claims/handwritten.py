"""Claims as a person writes them: words are checked, what may be left out is filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import count as counting
from typing import Any

from imagery.errors import InputError
from pipelines.claims.claim import Claim
from pipelines.claims.vocabulary import OBJECT_CLASSES, OPERATORS, PREDICATES, REASONS
from pipelines.config import nearest

FIELDS = tuple(each.name for each in fields(Claim))
_COUNT = ("op", "value", "min", "max", "strict")
_DATE = ("start", "end", "inferred")
_NEEDED = ("object_class", "predicate", "date")
_WORDS = {"object_class": OBJECT_CLASSES, "predicate": PREDICATES, "reason": REASONS}


def brief(value: object) -> object:
    """What to show of a wrong value."""
    if value is None or isinstance(value, bool | int | float):
        return value
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def known(name: str, content: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Refuse a key that is none of ``keys``, and name the nearest one."""
    for key in content:
        if key not in keys:
            raise InputError(name, brief(key), nearest(key, keys))


def completed(listed: list[Any], *, with_text: bool) -> list[dict[str, Any]]:
    """Each claim with what may be left out filled in.

    Args:
        listed: What the file has under ``claims``.
        with_text: The article is at hand, so every claim must quote it.

    Raises:
        InputError: a field is missing or unknown, or a word is not of its vocabulary.
    """
    taken = {each.get("id") for each in listed if isinstance(each, dict) and _is_text(each, "id")}
    completed = []
    for number, each in enumerate(listed, start=1):
        if not isinstance(each, dict):
            raise InputError(f"Claim number {number}", brief(each), "an object with fields")
        claim = dict(each)
        if claim.get("id") is None:
            claim["id"] = next(name for name in _names(number) if name not in taken)
            taken.add(claim["id"])
        _check_fields(f"claim {brief(claim['id'])}", claim)
        claim.setdefault("site", None)
        if claim.get("checkable") is None:
            claim["checkable"] = claim.get("reason") is None
        if claim.get("quote") is None:
            if with_text:
                expected = "the words of the article that it stands on"
                raise InputError(f"The quote of claim {claim['id']}", None, expected)
            claim |= {"quote": _in_words(claim), "start": 0, "end": None}
        completed.append({key: value for key, value in claim.items() if _is_given(key, value)})
    return completed


def _names(number: int) -> Iterator[str]:
    yield f"C{number:02d}"
    yield from (f"C{number:02d}-{again}" for again in counting(2))


def _is_text(claim: Mapping[str, Any], key: str) -> bool:
    return isinstance(claim.get(key), str)


def _is_given(key: str, value: object) -> bool:
    return value is not None or key not in ("start", "end")


def _check_fields(name: str, claim: Mapping[str, Any]) -> None:
    known(f"A field of {name}", claim, FIELDS)
    for key, keys in (("count", _COUNT), ("date", _DATE)):
        if isinstance(claim.get(key), dict):
            known(f"A field of {key} of {name}", claim[key], keys)
    missing = [key for key in _NEEDED if key not in claim]
    if "site" not in claim and "site_id" not in claim:
        missing.append("site or site_id")
    if missing:
        expected = f"it beside {', '.join(_NEEDED)} and site or site_id"
        raise InputError(f"The field {missing[0]} of {name}", None, expected)
    for key, words in _WORDS.items():
        if isinstance(claim.get(key), str) and claim[key] not in words:
            raise InputError(f"The {key} of {name}", brief(claim[key]), nearest(claim[key], words))
    count = claim.get("count")
    operator = count.get("op") if isinstance(count, dict) else None
    if isinstance(operator, str) and operator not in OPERATORS:
        raise InputError(f"The count op of {name}", brief(operator), nearest(operator, OPERATORS))


def _in_words(claim: Mapping[str, Any]) -> str:
    """A claim that quotes nobody, in the words of its fields."""
    parts = [
        _number(_table(claim, "count")),
        claim.get("object_text") or claim.get("object_class"),
        str(claim.get("predicate")).replace("_", " "),
        f"at {claim.get('site_id') or claim.get('site') or 'no place'}",
        _days(_table(claim, "date")),
    ]
    return " ".join(str(part) for part in parts if part)


def _number(count: Mapping[str, Any]) -> str | None:
    value = count.get("value")
    if value is None:
        return None
    if count.get("min") is not None:
        return f"{count['min']} to {count.get('max')}"
    words = {"ge": "at least ", "le": "at most ", "approx": "about "}
    return f"{words.get(str(count.get('op')), '')}{value}"


def _days(when: Mapping[str, Any]) -> str | None:
    start, end = when.get("start"), when.get("end")
    if start and end:
        return f"on {start}" if start == end else f"from {start} to {end}"
    return f"from {start}" if start else f"by {end}" if end else None


def _table(claim: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = claim.get(key)
    return value if isinstance(value, dict) else {}
