"""What a clause takes back, and what is told as taken back already."""

from __future__ import annotations

import re
from functools import lru_cache

from pipelines.claims.clauses import Clause
from pipelines.claims.context import View
from pipelines.claims.wordlists import holds_phrase


def withdrawing(view: View, clause: Clause, text: str) -> bool:
    """Whether a clause, or who says it ("it was wrongly reported that"), takes something back."""
    return not withdrawn(view, clause) and (retracts(_framing(view, clause)) or retracts(text))


def withdrawn(view: View, clause: Clause) -> bool:
    """As in "An earlier version said that ...": told, and corrected by what follows."""
    return _EARLIER.search(_framing(view, clause)) is not None


def _framing(view: View, clause: Clause) -> str:
    frame = clause.frame
    return view.sentence.cut(frame.first, frame.last) if frame is not None else ""


VERDICTS = {"false", "wrong", "untrue", "not true", "fake", "not so", "incorrect", "debunked"}


_EARLIER = re.compile(
    r"\b(?:an?|the|our|my|its|this page's)\s+(?:earlier|previous|original|initial|first)\s+"
    r"(?:version|entry|post|report|update|bulletin|edition|item|story|article|draft|caption|statement|tweet)\b|"
    r"\b(?:in|on)\s+(?:our|the|my|an)\s+(?:last|previous|earlier|yesterday's|original)\s+\w+|"
    r"\b(?:originally|initially|previously|wrongly|incorrectly|mistakenly|erroneously)\s+"
    r"(?:said|reported|stated|claimed|wrote|described|gave|identified|put)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=1 << 10)
def retracts(text: str) -> bool:
    """Whether wording takes something back."""
    return holds_phrase("retraction", text)
