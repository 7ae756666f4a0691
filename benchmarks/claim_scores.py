"""What extracted claims are worth against annotated ones: matching, fields, routing.

A statement is a mapping with the fields of ``claims.json``; ``start`` and ``end`` are code points,
end-exclusive. Every figure is a part of a whole, so that texts are pooled by adding and resampled
by adding others: F1 is twice the matched over all that was annotated plus all that was said.

Where the scoring rules leave a choice, the stricter one is taken:

- *Matching* goes by intersection over union, the highest first; of equal ones the earlier in the
  text. Agreement of fields never decides who is matched.
- *Count* is right where comparator, value, ``strict`` and, if either side gives them, ``min`` and
  ``max`` are all the same. ``count_value`` looks at comparator and value alone.
- *Date*: exact means both ends; an open end overlaps everything on its side; a date against none
  is wrong; none against none is right. Only a period given on both sides can overlap.
- *Site*: once case, accents and words of kind ("air base", "port of") are left aside, one name
  holds all words of the other; ``site_exact`` compares names as written.
- *Routing*: all statements of both kinds are matched at the lenient level, whatever their kind. A
  statement that is hit by records of both kinds is wrong, unless the other record is itself the
  match of another statement (spans may nest). Statements that nothing hits are not counted there:
  ``reached`` says how many of those that are not checkable were hit at all.
- A claim that the text withdraws later (``retracted_by``) is scored as it is annotated;
  ``retracted`` is the share of such claims that were not put forward as standing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Statement = Mapping[str, Any]
Near = Callable[[Statement, Statement], bool]
Tally = dict[str, tuple[float, float]]  # figure -> its part and its whole

STRICT_IOU = 0.5
LENIENT_IOU, LENIENT_COVER = 0.15, 0.5
SOURCE_SHARED = 0.5

FIELDS = (
    "site",
    "site_exact",
    "object_class",
    "count",
    "count_value",
    "predicate",
    "date_exact",
    "date_overlap",
    "date_end",
    "source",
)
FIGURES = (
    *(
        f"{part}_{level}"
        for level in ("strict", "lenient")
        for part in ("precision", "recall", "f1")
    ),
    *FIELDS,
    "routing_f1",
    "reached",
    "reason",
    "retracted",
    "offsets",
)
"""Names of a tally, in the order in which they are printed."""

_KIND_WORDS = frozenset(
    re.findall(
        r"\w+",
        "the a an of in at on and air airbase airfield airport aerodrome base naval facility port "
        "harbour harbor city town village military international camp site dam district region "
        "province bridge island reef shipyard mine plant refinery river station",
    )
)
"""Left aside when names are compared, unless nothing else is left."""


def tally(gold: Sequence[Statement], said: Sequence[Statement], text: str) -> Tally:
    """Hold what was extracted from one text against its annotation.

    Args:
        gold: The annotated statements, checkable or not.
        said: The extracted ones.
        text: What the offsets of both count in.
    """
    wanted = [one for one in gold if one["checkable"]]
    claimed = [one for one in said if one["checkable"]]
    found: Tally = {}
    for level, near in (("strict", _strict), ("lenient", near_leniently)):
        hits = len(matched(wanted, claimed, near))
        found[f"precision_{level}"] = hits, len(claimed)
        found[f"recall_{level}"] = hits, len(wanted)
        found[f"f1_{level}"] = 2 * hits, len(wanted) + len(claimed)
    pairs = [(wanted[i], claimed[j]) for i, j in matched(wanted, claimed, near_leniently)]
    for name in FIELDS:
        found[name] = sum(agrees(name, one, other) for one, other in pairs), len(pairs)
    found |= _routing(gold, said)
    found["retracted"] = _retracted(gold, said)
    cut = sum(text[one["start"] : one["end"]] == one["quote"] for one in said)
    found["offsets"] = cut, len(said)
    return {name: found[name] for name in FIGURES}


def pooled(tallies: Sequence[Tally]) -> Tally:
    """All texts as one."""
    sums = {
        name: tuple(sum(one[name][side] for one in tallies) for side in (0, 1)) for name in FIGURES
    }
    return {name: (part, whole) for name, (part, whole) in sums.items()}


def matched(
    gold: Sequence[Statement],
    said: Sequence[Statement],
    near: Callable[[Statement, Statement], bool],
) -> list[tuple[int, int]]:
    """Pairs of indices, one to one: of all pairs that are near, the best overlap first.

    >>> one, other = {"start": 0, "end": 10}, {"start": 5, "end": 10}
    >>> matched([one, other], [other], lambda a, b: iou(a, b) >= 0.5)
    [(1, 0)]
    """
    order = sorted(
        (-iou(one, other), one["start"], other["start"], i, j)
        for i, one in enumerate(gold)
        for j, other in enumerate(said)
        if near(one, other)
    )
    pairs: list[tuple[int, int]] = []
    for *_, i, j in order:
        if all(i != taken and j != used for taken, used in pairs):
            pairs.append((i, j))
    return sorted(pairs)


def iou(one: Statement, other: Statement) -> float:
    """Intersection over union of two spans; 0 where either is empty."""
    shared = _shared(one, other)
    union = one["end"] - one["start"] + other["end"] - other["start"] - shared
    return shared / union if shared else 0.0


def agrees(field: str, gold: Statement, said: Statement) -> bool:
    """Whether a field is right: the annotated label, or one of ``also_accept``."""
    key, same = _FIELDS[field]
    also = (gold.get("also_accept") or {}).get(key, ())
    also = also if isinstance(also, list | tuple) else (also,)
    return any(same(label, said.get(key)) for label in (gold.get(key), *also))


def _shared(one: Statement, other: Statement) -> int:
    return max(0, min(one["end"], other["end"]) - max(one["start"], other["start"]))


def _strict(gold: Statement, said: Statement) -> bool:
    return iou(gold, said) >= STRICT_IOU


def near_leniently(gold: Statement, said: Statement) -> bool:
    covers = _shared(gold, said) >= LENIENT_COVER * (gold["end"] - gold["start"])
    return covers and iou(gold, said) >= LENIENT_IOU


def _routing(gold: Sequence[Statement], said: Sequence[Statement]) -> Tally:
    pairs = dict(matched(gold, said, near_leniently))
    partners = {j: i for i, j in pairs.items()}
    right = wrong = reasons = 0
    for i, j in pairs.items():
        kinds = {bool(said[j]["checkable"])} | {
            bool(other["checkable"])
            for k, other in enumerate(said)
            if partners.get(k, i) == i and near_leniently(gold[i], other)
        }
        routed = not gold[i]["checkable"]
        if kinds == {False} and routed:
            right += 1
            reasons += agrees("reason", gold[i], said[j])
        elif kinds != {bool(gold[i]["checkable"])}:
            wrong += 1
    aside = [i for i, one in enumerate(gold) if not one["checkable"]]
    return {
        "routing_f1": (2 * right, 2 * right + wrong),
        "reached": (sum(i in pairs for i in aside), len(aside)),
        "reason": (reasons, right),
    }


def _retracted(gold: Sequence[Statement], said: Sequence[Statement]) -> tuple[int, int]:
    withdrawn = [one for one in gold if one.get("retracted_by")]
    standing = [one for one in said if one["checkable"] and not one.get("retracted_by")]
    kept = sum(any(_strict(one, other) for other in standing) for one in withdrawn)
    return len(withdrawn) - kept, len(withdrawn)


def _same_name(one: str | None, other: str | None) -> bool:
    if not one or not other:
        return not one and not other
    ours, theirs = _words(one), _words(other)
    return ours <= theirs or theirs <= ours


def _words(name: str | None) -> frozenset[str]:
    plain = unicodedata.normalize("NFKD", name or "").casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = frozenset(re.findall(r"\w+", plain))
    return words - _KIND_WORDS or words


def _same_count(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    one, other = one or {}, other or {}
    bounds = all(one.get(side) == other.get(side) for side in ("min", "max"))
    strict = bool(one.get("strict")) == bool(other.get("strict"))
    return _same_value(one, other) and bounds and strict


def _same_value(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    one, other = one or {}, other or {}
    same = one.get("value") == other.get("value")
    return same and (one.get("op") or "none") == (other.get("op") or "none")


def _ends(when: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    when = when or {}
    return when.get("start"), when.get("end")


def _same_end(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    return _ends(one)[1] == _ends(other)[1]


def _same_period(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    return _ends(one) == _ends(other)


def _overlapping(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    known = [any(_ends(when)) for when in (one, other)]
    if not all(known):
        return not any(known)
    (start, end), (from_, until) = _ends(one), _ends(other)
    # ISO days compare as text.
    return (start or "") <= (until or "9999") and (from_ or "") <= (end or "9999")


def _same_source(one: str | None, other: str | None) -> bool:
    # An extractor may say nothing where the text speaks for itself.
    own = [name in (None, "", "article") for name in (one, other)]
    if any(own):
        return all(own)
    ours, theirs = _words(one) - {"via"}, _words(other) - {"via"}
    return len(ours & theirs) >= SOURCE_SHARED * max(len(ours), len(theirs), 1)


def _equal(one: object, other: object) -> bool:
    return one == other


_FIELDS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "site": ("site", _same_name),
    "site_exact": ("site", _equal),
    "object_class": ("object_class", _equal),
    "count": ("count", _same_count),
    "count_value": ("count", _same_value),
    "predicate": ("predicate", _equal),
    "date_exact": ("date", _same_period),
    "date_overlap": ("date", _overlapping),
    "date_end": ("date", _same_end),
    "source": ("source", _same_source),
    "reason": ("reason", _equal),
}
