"""One statement of a text: where it stands, what it says, whether images could test it.

Vocabularies and offsets follow the annotation rules printed in ``docs/claims.md``: offsets are
Unicode code points of the raw file, 0-based, end-exclusive. A statement written by hand, without an
article, is its own text: its offsets run from 0 to its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from pipelines.claims.fields import chain, check_keys, optional_whole, refuse, text, whole
from pipelines.claims.vocabulary import OBJECT_CLASSES, OPERATORS, PREDICATES, REASONS, Operator

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Count:
    """How many.

    Attributes:
        op: Comparator; ``none`` where the text gives no number.
        value: None with ``none`` only; the floor of the midpoint where ``min`` and ``max`` are set.
        min, max: Both ends of a range such as "4-5".
        strict: "more than" and "fewer than" leave the value itself out.
    """

    op: Operator
    value: int | None
    min: int | None = None
    max: int | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        if self.op not in OPERATORS:
            refuse("count op", self.op, f"one of {', '.join(OPERATORS)}")
        if (self.op == "none") != (self.value is None):
            refuse("count value", self.value, "a number, or null where op is none")
        for number in (self.value, self.min, self.max):
            if number is not None and number < 0:
                refuse("count", number, "0 or more")
        if (self.min is None) != (self.max is None):
            refuse("count range", (self.min, self.max), "both ends, or neither")
        if self.min is not None and self.max is not None and self.min > self.max:
            refuse("count range", (self.min, self.max), "the smaller end first")

    def as_dict(self) -> dict[str, Any]:
        """The fields that are set; ``op`` and ``value`` always."""
        fields: dict[str, Any] = {"op": self.op, "value": self.value}
        if self.min is not None:
            fields |= {"min": self.min, "max": self.max}
        if self.strict:
            fields["strict"] = True
        return fields


NO_COUNT = Count("none", None)


@dataclass(frozen=True, slots=True)
class When:
    """When a state held, or the interval in which a change fell; both days included, UTC.

    Attributes:
        start: ISO day, or None: "by ``end``".
        end: ISO day, or None: "since ``start``", still open.
        inferred: How the days follow from the words, where they are not printed whole.
    """

    start: str | None
    end: str | None
    inferred: str | None = None

    def __post_init__(self) -> None:
        first, last = (_day(each) for each in (self.start, self.end))
        if first is None and last is None:
            refuse("date", None, "a start, an end or both; null in place of the whole date")
        if first is not None and last is not None and last < first:
            refuse("date", f"{self.start}/{self.end}", "the earlier day first")

    def as_dict(self) -> dict[str, Any]:
        """``start`` and ``end``, and ``inferred`` where set."""
        fields: dict[str, Any] = {"start": self.start, "end": self.end}
        return fields if self.inferred is None else {**fields, "inferred": self.inferred}


@dataclass(frozen=True, slots=True)
class Claim:
    """One site, one object, one predicate, one time.

    Attributes:
        id: Unique in its file; names a folder of evidence.
        quote: Cut exactly from the raw text: ``text[start:end] == quote``.
        start, end: Code points, end-exclusive.
        prefix, suffix: What stands before and after the quote, to find it again in a changed text.
        site: Name as a reader would write it, whether or not the registry knows it.
        site_id: Registry id, where it does.
        object_class: Coarse class from ``OBJECT_CLASSES``.
        object_text: The object in words.
        predicate: From ``PREDICATES``.
        date: None where the text gives no time.
        source: Who says so, in one phrase ("Maxar via Reuters").
        attribution: The same as a chain, first speaker first.
        hedge: The word that weakens the statement ("reportedly"), if any.
        checkable: A fixed place and a physical state that overhead images of some resolution show.
        reason: Why not, from ``REASONS``; None where checkable.
        retracted_by: Id of the statement that withdraws this one.
    """

    id: str
    quote: str
    start: int
    end: int
    prefix: str
    suffix: str
    site: str | None
    site_id: str | None
    object_class: str
    object_text: str | None
    count: Count
    predicate: str
    date: When | None
    source: str | None
    attribution: tuple[str, ...]
    hedge: str | None
    checkable: bool
    reason: str | None
    retracted_by: str | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            refuse("claim id", self.id, "1 to 64 letters, digits, - and _")
        if not self.quote.strip():
            refuse(f"the quote of {self.id}", self.quote, "some words")
        if not 0 <= self.start < self.end or self.end - self.start != len(self.quote):
            got = f"{self.start}-{self.end}"
            expected = f"{len(self.quote)} code points from 0 on, as long as the quote"
            refuse(f"the span of {self.id}", got, expected)
        _one_of(self, "object_class", OBJECT_CLASSES)
        _one_of(self, "predicate", PREDICATES)
        if self.checkable and self.reason is not None:
            refuse(f"the reason of {self.id}", self.reason, "null, since the claim is checkable")
        if not self.checkable:
            _one_of(self, "reason", REASONS)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; the order of the fields is fixed. ``from_dict`` reads it back."""
        fields: dict[str, Any] = {
            "id": self.id,
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "prefix": self.prefix,
            "suffix": self.suffix,
            "site": self.site,
            "site_id": self.site_id,
            "object_class": self.object_class,
            "object_text": self.object_text,
            "count": self.count.as_dict(),
            "predicate": self.predicate,
            "date": None if self.date is None else self.date.as_dict(),
            "source": self.source,
            "attribution": list(self.attribution),
            "hedge": self.hedge,
            "checkable": self.checkable,
            "reason": self.reason,
        }
        if self.retracted_by is not None:
            fields["retracted_by"] = self.retracted_by
        return fields

    @classmethod
    def from_dict(cls, fields: Any) -> Claim:
        """Read one record; what may be left out is filled with "nothing said".

        Raises:
            InputError: a field is missing, unknown or has a value outside its vocabulary.
        """
        if not isinstance(fields, dict):
            refuse("a claim", fields, "an object with the fields of a claim")
        name = f"claim {fields.get('id', '?')}"
        check_keys(name, fields, required=_REQUIRED, optional=_OPTIONAL)
        quote = text(name, fields, "quote") or ""
        values: dict[str, Any] = {key: text(name, fields, key) for key in _TEXTS}
        values["start"] = whole(name, fields, "start", default=0)
        values["end"] = whole(name, fields, "end", default=values["start"] + len(quote))
        values["count"] = _count(name, fields.get("count"))
        values["date"] = _when(name, fields.get("date"))
        values["attribution"] = chain(name, fields.get("attribution"))
        if not isinstance(fields["checkable"], bool):
            refuse(f"checkable of {name}", fields["checkable"], "true or false")
        values["checkable"] = fields["checkable"]
        for key in ("id", "quote", "object_class", "predicate", "prefix", "suffix"):
            values[key] = values[key] or ""
        return cls(**values)


_REQUIRED = {"id", "quote", "site", "object_class", "predicate", "checkable"}
_TEXTS = (
    "id",
    "quote",
    "prefix",
    "suffix",
    "site",
    "site_id",
    "object_class",
    "object_text",
    "predicate",
    "source",
    "hedge",
    "reason",
    "retracted_by",
)
_OPTIONAL = (set(_TEXTS) | {"start", "end", "count", "date", "attribution"}) - _REQUIRED


def _one_of(claim: Claim, field: str, words: tuple[str, ...]) -> None:
    value = getattr(claim, field)
    if value not in words:
        refuse(f"the {field} of {claim.id}", value, f"one of {', '.join(words)}")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        refuse("date", text, "a day such as 2024-12-13")
    return day


def _count(name: str, fields: Any) -> Count:
    if fields is None:
        return NO_COUNT
    if not isinstance(fields, dict):
        refuse(f"count of {name}", fields, 'an object such as {"op": "ge", "value": 2}')
    optional = {"value", "min", "max", "strict"}
    check_keys(f"count of {name}", fields, required={"op"}, optional=optional)
    strict = fields.get("strict", False)
    if not isinstance(strict, bool):
        refuse(f"strict of {name}", strict, "true or false")
    value, low, high = (optional_whole(name, fields, key) for key in ("value", "min", "max"))
    op = cast("Operator", text(name, fields, "op"))
    return Count(op, value, low, high, strict)


def _when(name: str, fields: Any) -> When | None:
    if fields is None:
        return None
    if not isinstance(fields, dict):
        refuse(f"date of {name}", fields, 'an object such as {"start": null, "end": "2024-12-13"}')
    check_keys(f"date of {name}", fields, required=set(), optional={"start", "end", "inferred"})
    return When(*(text(name, fields, key) for key in ("start", "end", "inferred")))
