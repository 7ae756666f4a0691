"""Claims that cannot both be true: a note for whoever gave them, not an error.

Sources do contradict each other, and each of their claims gets its own verdict.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, islice

from pipelines.claims.claim import Claim, Count

MOST_NOTES = 100
MOST_PAIRS = 200_000
"""Compared at most: a file of many thousand claims about one day is no person's."""

_THERE = frozenset({"present", "arrived"})
_CHANGES = frozenset({"arrived", "departed", "increased", "decreased", "damaged", "built"})
_APPROX = 0.25  # "about 40" is not held to exclude 30 to 50


def conflicts(claims: Sequence[Claim]) -> tuple[str, ...]:
    """Name pairs of claims about one place, object and time that exclude one another.

    Only checkable claims that nobody withdrew are compared. At most ``MOST_NOTES`` are named.
    """
    groups: dict[tuple[str, str, str | None, str | None], list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.checkable and claim.retracted_by is None and claim.date is not None:
            place = (claim.site_id or claim.site or "").casefold()
            groups[place, claim.object_class, claim.date.start, claim.date.end].append(claim)
    return tuple(islice(_notes(groups.values()), MOST_NOTES))


def _notes(groups: Iterable[list[Claim]]) -> Iterator[str]:
    pairs = chain.from_iterable(combinations(group, 2) for group in groups)
    for one, other in islice(pairs, MOST_PAIRS):
        if _same_object(one, other) and _exclusive(one, other):
            yield (
                f"{one.id} and {other.id} cannot both be true: {one.object_class} at "
                f"{one.site or one.site_id} is said to be {_state(one)} and {_state(other)}."
            )


def _same_object(one: Claim, other: Claim) -> bool:
    names = [each.object_text.casefold() for each in (one, other) if each.object_text]
    return len(names) < 2 or names[0] == names[1]


def _exclusive(one: Claim, other: Claim) -> bool:
    said = {one.predicate, other.predicate}
    if said == {"increased", "decreased"}:
        return True
    if "unchanged" in said:
        return bool(said & _CHANGES)
    if "absent" in said:
        present = next((each for each in (one, other) if each.predicate in _THERE), None)
        return present is not None and _bounds(present.count)[1] >= 1
    if said == {"present"}:
        (low, high), (least, most) = _bounds(one.count), _bounds(other.count)
        return low > most or least > high
    return False


def _bounds(count: Count) -> tuple[float, float]:
    """Smallest and largest number that a count allows."""
    if count.value is None:
        return 1, math.inf
    if count.min is not None and count.max is not None:
        return count.min, count.max
    past = 1 if count.strict else 0
    around = count.value * _APPROX
    return {
        "eq": (count.value, count.value),
        "ge": (count.value + past, math.inf),
        "le": (0, count.value - past),
        "approx": (count.value - around, count.value + around),
    }[count.op]


def _state(claim: Claim) -> str:
    count = claim.count
    if count.value is None or claim.predicate == "absent":
        return claim.predicate
    return f"{claim.predicate} ({count.op} {count.value})"
