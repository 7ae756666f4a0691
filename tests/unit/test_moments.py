"""Acquisitions are chosen by calendar and cloud, never by what they show."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.claims.claim import NO_COUNT, Claim, When
from pipelines.moments import LONGEST_BY_DAYS, Interval, choose, claimed, interval, two_dates

CLAIM = Claim(
    id="C1",
    quote="two frigates offshore",
    start=0,
    end=21,
    prefix="",
    suffix="",
    site="Tartus",
    site_id="tartus",
    object_class="vessel",
    object_text="frigates",
    count=NO_COUNT,
    predicate="present",
    date=When("2024-12-13", "2024-12-13"),
    source=None,
    attribution=(),
    hedge=None,
    checkable=True,
    reason=None,
)
FIRST = datetime(2024, 12, 1, 8, 30, tzinfo=UTC)
DAILY = [FIRST + timedelta(days=n) for n in range(31)]
CLEAR = [1.0] * len(DAILY)


def claim(predicate: str = "present", when: When | None = None) -> Claim:
    return replace(CLAIM, predicate=predicate, date=when or CLAIM.date)


def days(chosen: list) -> list[tuple[int, str]]:
    return [(DAILY[one.index].day, one.role) for one in chosen]


def test_a_day_inside_the_claim_is_taken_and_nothing_else():
    found = choose(CLAIM, DAILY, CLEAR, dwell_days=3.0)
    assert days(found) == [(13, "at")]
    assert found[0].relevance(3.0) == 1.0


def test_what_lies_next_to_the_claim_speaks_less_the_shorter_such_an_object_stays():
    shown = [share if at.day != 13 else 0.0 for share, at in zip(CLEAR, DAILY, strict=True)]
    found = choose(CLAIM, DAILY, shown, dwell_days=3.0)
    assert {day for day, _ in days(found)} <= {11, 12, 14, 15}
    nearest = min(found, key=lambda one: one.days_off)
    assert nearest.relevance(3.0) == pytest.approx(math.exp(-nearest.days_off / 3.0))
    assert nearest.relevance(1.0) < nearest.relevance(3.0) < 1.0


def test_beyond_three_dwell_times_nothing_is_taken():
    late = [at + timedelta(days=40) for at in DAILY]
    assert choose(CLAIM, late, CLEAR, dwell_days=3.0) == []


def test_a_claim_of_two_dates_gets_one_group_each():
    both = claim("unchanged", When("2024-12-10", "2024-12-13"))
    assert two_dates(both)
    found = choose(both, DAILY, CLEAR, dwell_days=3.0)
    assert [(DAILY[one.index].day, one.group) for one in found] == [(10, 0), (13, 1)]


def test_one_picture_cannot_speak_for_two_dates():
    both = claim("unchanged", When("2024-12-10", "2024-12-13"))
    only = [1.0 if at.day == 11 else 0.0 for at in DAILY]
    assert choose(both, DAILY, only, dwell_days=3.0) == []


def test_an_arrival_is_held_between_days_before_and_from_the_day_on():
    found = choose(claim("arrived"), DAILY, CLEAR, dwell_days=3.0)
    assert [day for day, role in days(found) if role == "before"] == [11, 12]
    assert [day for day, role in days(found) if role == "after"] == [13, 14, 15]


def test_a_departure_is_held_against_passes_after_the_day():
    found = choose(claim("departed"), DAILY, CLEAR, dwell_days=3.0)
    assert [day for day, role in days(found) if role == "before"] == [11, 12]
    assert [day for day, role in days(found) if role == "after"] == [14, 15, 16]


def test_a_departure_by_a_day_is_held_against_the_last_passes_up_to_it():
    by = claim("departed", When(None, "2024-12-20"))
    found = choose(by, DAILY, CLEAR, dwell_days=3.0)
    assert [day for day, role in days(found) if role == "before"] == [16, 17]
    assert [day for day, role in days(found) if role == "after"] == [18, 19, 20]


def test_when_something_left_by_a_day_is_not_known_for_two_dwell_times():
    by = claim("departed", When(None, "2024-12-20"))
    assert claimed(by, 3.0) == Interval(date(2024, 12, 14), date(2024, 12, 20))
    assert claimed(CLAIM, 3.0) == Interval(date(2024, 12, 13), date(2024, 12, 13))
    assert claimed(replace(CLAIM, date=None), 3.0) is None


def test_dates_that_show_next_to_nothing_are_passed_over():
    dark = [0.01] * len(DAILY)
    assert choose(CLAIM, DAILY, dark, dwell_days=3.0) == []


def test_an_open_end_is_closed_by_how_long_such_an_object_stays():
    by = interval(When(None, "2024-12-12"), 0.75)
    assert by == Interval(date(2024, 12, 11), date(2024, 12, 12))
    long = interval(When(None, "2024-12-12"), 30.0)
    assert (long.end - long.start).days == LONGEST_BY_DAYS
    since = interval(When("2024-12-12", None), 3.0)
    assert since == Interval(date(2024, 12, 12), date(2024, 12, 15))


def test_days_off_are_counted_from_midnight():
    day = Interval(date(2024, 12, 13), date(2024, 12, 13))
    assert day.days_off(datetime(2024, 12, 13, 23, 59, tzinfo=UTC)) == 0.0
    assert day.days_off(datetime(2024, 12, 14, 12, tzinfo=UTC)) == 0.5
    assert day.days_off(datetime(2024, 12, 12, 12, tzinfo=UTC)) == 0.5
