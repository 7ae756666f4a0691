"""Which acquisitions speak to a statement, by calendar alone: never by what they show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from pipelines.claims.claim import Claim, When

Role = Literal["at", "before", "after"]

REACH = 3.0
"""Dwell times beyond which an image says nothing of the claimed time."""

LONGEST_BY_DAYS = 7.0
"""A state said to hold "by" a day is looked for in at most so many days up to it."""

MOST_AT, MOST_BEFORE, MOST_AFTER = 3, 2, 3
LONG_AGO = 2.0

AFTER_DAYS = 30.0
"""What has left is still gone so long after; what comes back shows as a false alarm elsewhere."""

TWO_DATES = "two dates"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One acquisition.

    Attributes:
        index: Of the date.
        role: At the claimed time, or before or after a change.
        days_off: Days between the sensing time and the claimed interval; 0 inside it.
        group: See ``evidence.Acquisition``.
    """

    index: int
    role: Role
    days_off: float
    group: int = 0

    def relevance(self, dwell_days: float) -> float:
        """Chance that what was there at the claimed time was there at the sensing time."""
        return math.exp(-self.days_off / dwell_days) if self.days_off else 1.0


@dataclass(frozen=True, slots=True)
class Interval:
    """Whole days, both included."""

    start: date
    end: date

    def days_off(self, moment: datetime) -> float:
        """Days from the interval to a moment; 0 inside."""
        first = datetime.combine(self.start, time(tzinfo=UTC))
        last = datetime.combine(self.end, time(tzinfo=UTC)) + timedelta(days=1)
        if first <= moment < last:
            return 0.0
        gap = first - moment if moment < first else moment - last
        return gap / timedelta(days=1)


def interval(when: When, dwell_days: float) -> Interval:
    """The claimed days; an open end is closed by how long such an object stays."""
    reach = timedelta(days=round(min(max(dwell_days, 1.0), LONGEST_BY_DAYS)))
    if when.start is not None and when.end is not None:
        return Interval(date.fromisoformat(when.start), date.fromisoformat(when.end))
    if when.end is not None:
        end = date.fromisoformat(when.end)
        return Interval(end - reach, end)
    start = date.fromisoformat(str(when.start))
    return Interval(start, start + reach)


def claimed(claim: Claim, dwell_days: float) -> Interval | None:
    """The days on which a claim may be true: none of them is a null date; None without a date.

    When something that has left "by" a day went is not known: it may be two dwell times ago.
    """
    if claim.date is None:
        return None
    when = interval(claim.date, dwell_days)
    if claim.predicate == "departed" and claim.date.start is None:
        return Interval(when.end - timedelta(days=LONG_AGO * dwell_days), when.end)
    return when


def two_dates(claim: Claim) -> bool:
    """Whether a claim speaks of both ends of its interval."""
    when = claim.date
    if when is None or when.start is None or when.end is None or when.start == when.end:
        return False
    return claim.predicate == "unchanged" or (when.inferred or "").startswith(TWO_DATES)


def choose(
    claim: Claim, moments: Sequence[datetime], clear: Sequence[float], *, dwell_days: float
) -> list[Chosen]:
    """The acquisitions for a claim, oldest first.

    Args:
        claim: With a date.
        moments: Of all dates of one product, oldest first, UTC.
        clear: Share of the zones that each shows: dates that show next to nothing are passed over.
        dwell_days: Of such an object.
    """
    if claim.date is None:
        return []
    shown = [n for n, share in enumerate(clear) if share >= LEAST_CLEAR]
    when = interval(claim.date, dwell_days)
    if two_dates(claim):
        ends = (Interval(when.start, when.start), Interval(when.end, when.end))
        groups = [_nearest(shown, moments, end, dwell_days) for end in ends]
        if groups[0][:1] == groups[1][:1]:
            return []
        return [
            Chosen(n, "at", ends[g].days_off(moments[n]), g)
            for g, group in enumerate(groups)
            for n in group[:1]
        ]
    if claim.predicate == "departed":
        return _departure(claim.date, shown, moments, when, dwell_days)
    if claim.predicate == "arrived":
        before = [n for n in shown if moments[n].date() < when.start][-MOST_BEFORE:]
        after = _from(shown, moments, when, dwell_days)[:MOST_AFTER]
        return [
            *(Chosen(n, "before", 0.0) for n in before),
            *(Chosen(n, "after", when.days_off(moments[n])) for n in after),
        ]
    found = _nearest(shown, moments, when, dwell_days)[:MOST_AT]
    return [Chosen(n, "at", when.days_off(moments[n])) for n in sorted(found)]


LEAST_CLEAR = 0.05
"""Share of the zones below which a date shows nothing."""


def _nearest(
    shown: Sequence[int], moments: Sequence[datetime], when: Interval, dwell_days: float
) -> list[int]:
    """Inside the interval, the latest first; where there is none, the nearest in reach."""
    inside = [n for n in shown if when.days_off(moments[n]) == 0]
    if inside:
        return inside[::-1]
    near = [n for n in shown if when.days_off(moments[n]) <= REACH * dwell_days]
    return sorted(near, key=lambda n: (when.days_off(moments[n]), n))


def _from(
    shown: Sequence[int], moments: Sequence[datetime], when: Interval, dwell_days: float
) -> list[int]:
    """From the last claimed day on, in reach."""
    return [
        n
        for n in shown
        if moments[n].date() >= when.end and when.days_off(moments[n]) <= REACH * dwell_days
    ]


def _departure(
    said: When,
    shown: Sequence[int],
    moments: Sequence[datetime],
    when: Interval,
    dwell_days: float,
) -> list[Chosen]:
    """Before and after; where only the end is known, the last passes up to it."""
    if said.start is None:
        series = [n for n in shown if moments[n].date() <= when.end]
        old = timedelta(days=LONG_AGO * dwell_days)
        late = [n for n in series if moments[n].date() >= when.end - old]
        kept = late[-MOST_AFTER:]
        before = [n for n in series if n < kept[0]][-MOST_BEFORE:] if kept else []
        return [
            *(Chosen(n, "before", 0.0) for n in before),
            *(Chosen(n, "after", 0.0) for n in kept),
        ]
    before = [
        n
        for n in shown
        if moments[n].date() < when.start and when.days_off(moments[n]) <= REACH * dwell_days
    ][-MOST_BEFORE:]
    reach = timedelta(days=AFTER_DAYS)
    after = [n for n in shown if when.end < moments[n].date() <= when.end + reach][:MOST_AFTER]
    return [
        *(Chosen(n, "before", when.days_off(moments[n])) for n in before),
        *(Chosen(n, "after", 0.0) for n in after),
    ]
