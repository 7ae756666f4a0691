"""Tails that hold a number against an earlier one: ", five more than on Sunday"."""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = r"(?:\d[\d,.]*|[a-z]+(?:-[a-z]+)?)"
_THEN = (
    r"(?:(?:on|in|at|last|during|before|it|there|they|earlier|yesterday|usual|normal)\b|"
    r"(?:an?|the) (?:previous |same )?(?:day|week|fortnight|month|quarter|year|decade)\b)"
)
_ABOUT = r"(?:and |or |that is |about |some |roughly |nearly |almost |only |just |still )*"
_TAILS = (
    (
        "unchanged",
        re.compile(
            rf"{_ABOUT}(?:the same (?:number|total|figure|count|amount|area|length"
            r"|as)\b|(?:just )?as (?:many|much) as\b|unchanged from\b)"
        ),
    ),
    (
        "increased",
        re.compile(
            rf"{_ABOUT}(?:(?:{_NUMBER} )?more than {_THEN}|twice\b|double the\b|"
            rf"treble the\b|(?:{_NUMBER}|several) times (?:as|the|more)\b)"
        ),
    ),
    (
        "decreased",
        re.compile(
            rf"{_ABOUT}(?:(?:{_NUMBER} )?(?:fewer|less) than {_THEN}|"
            rf"half (?:as|the)\b|a (?:third|quarter|fifth|tenth) of the number)"
        ),
    ),
)


@lru_cache(maxsize=1 << 10)
def comparison(text: str) -> str | None:
    """The change that a tail tells, if a text is one.

    >>> comparison("one fewer than a month ago"), comparison("more than 20 jets")
    ('decreased', None)
    """
    if len(text) > _LONGEST:
        return None
    return next((change for change, tail in _TAILS if tail.match(text.lower())), None)


_LONGEST = 80
"""Characters of a tail."""
