"""Reading the fields of a record that a person may have edited: one clear sentence when wrong."""

from __future__ import annotations

import math
from typing import Any, NoReturn

from imagery.errors import InputError


def refuse(name: str, value: object, expected: str) -> NoReturn:
    """Raise the ``InputError`` that names a field, its value and what was expected."""
    said = value if isinstance(value, int | float | str | None) else str(value)
    raise InputError(name, said[:80] if isinstance(said, str) else said, expected)


def check_keys(
    name: str, fields: dict[str, Any], *, required: set[str], optional: set[str]
) -> None:
    """Refuse what is missing and what is unknown."""
    missing = sorted(required - fields.keys())
    if missing:
        refuse(f"{name} without {missing[0]}", None, f"the fields {', '.join(sorted(required))}")
    unknown = sorted(str(key) for key in fields.keys() - required - optional)
    if unknown:
        allowed = ", ".join(sorted(required | optional))
        refuse(f"a field of {name}", unknown[0], f"one of {allowed}")


def text(name: str, fields: dict[str, Any], key: str) -> str | None:
    """A text, or None where it is absent or null."""
    value = fields.get(key)
    if value is not None and not isinstance(value, str):
        refuse(f"{key} of {name}", value, "a text or null")
    return value


def whole(name: str, fields: dict[str, Any], key: str, *, default: int | None = None) -> int:
    """A whole number."""
    value = fields.get(key, default)
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(f"{key} of {name}", value, "a whole number")
    return value


def optional_whole(name: str, fields: dict[str, Any], key: str) -> int | None:
    """A whole number, or None where it is absent or null."""
    return None if fields.get(key) is None else whole(name, fields, key)


def chain(name: str, value: Any) -> tuple[str, ...]:
    """A list of names, as a tuple; absent is empty."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        refuse(f"attribution of {name}", value, "a list of names")
    return tuple(value)
