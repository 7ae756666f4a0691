from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from shapely.geometry import box

from imagery.errors import InputError
from imagery.model import Period, Site, Zone


def test_a_day_is_that_day_in_utc() -> None:
    day = Period.parse("2024-12-10")
    assert day.start == datetime(2024, 12, 10, tzinfo=UTC)
    assert day.end == datetime(2024, 12, 11, tzinfo=UTC)


def test_both_days_of_a_range_belong_to_it() -> None:
    days = Period.parse("2024-12-10/2024-12-13")
    assert datetime(2024, 12, 10, tzinfo=UTC) in days
    assert datetime(2024, 12, 13, 23, 59, 59, tzinfo=UTC) in days


def test_a_period_is_half_open() -> None:
    day = Period.parse("2024-12-10")
    assert day.start in day
    assert day.end not in day
    assert day.start - timedelta(microseconds=1) not in day


def test_a_period_knows_other_time_zones() -> None:
    damascus = timezone(timedelta(hours=3))
    assert datetime(2024, 12, 11, 2, tzinfo=damascus) in Period.parse("2024-12-10")
    assert datetime(2024, 12, 10, 2, tzinfo=damascus) not in Period.parse("2024-12-10")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "10.12.2024",
        "2024-13-01",
        "2024-02-30",
        "2024-12",
        "yesterday",
        "a/2024-12-10",
        "9999-12-31",
    ],
)
def test_what_is_no_date_is_named_in_the_error(text: str) -> None:
    with pytest.raises(InputError, match="expected a day 2024-12-10 or a range"):
        Period.parse(text)


@pytest.mark.parametrize("text", ["2024-12-10/", "2024-12-10/2024-12-11/2024-12-12"])
def test_half_a_range_is_no_range(text: str) -> None:
    with pytest.raises(InputError):
        Period.parse(text)


def test_a_range_runs_forward() -> None:
    with pytest.raises(InputError, match="the earlier day first"):
        Period.parse("2024-12-13/2024-12-10")


def test_the_bounds_of_a_site_hold_all_its_zones() -> None:
    zones = tuple(
        Zone(str(west), "", "apron", "user", "", 0.0, box(west, south, west + 1, south + 2))
        for west, south in ((35.0, 34.0), (33.5, 34.5))
    )
    assert Site("x", "X", (), zones, "").bounds == (33.5, 34.0, 36.0, 36.5)
