"""Dates are read where they are plain and refused where two readings exist."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from imagery.dates import date_in_name, date_in_tags, sensing_time
from imagery.errors import DateError

DAY = datetime(2024, 12, 13, tzinfo=UTC)
NAMES = [
    ("S2_L1C_2024-12-13.tif", DAY),
    ("2024_12_13.tif", DAY),
    ("x20241213y.tif", DAY),
    ("scene_2024-12-13_08-12-34.tif", DAY.replace(hour=8, minute=12, second=34)),
    ("20241213T081234Z.tif", DAY.replace(hour=8, minute=12, second=34)),
    ("13-12-2024.tif", DAY),
    ("tile_12345678_20241213.tif", DAY),
    (
        "S2A_MSIL2A_20241213T082331_N0511_R121_T36SYE_20241214T115000.tif",
        DAY.replace(hour=8, minute=23, second=31),
    ),
    # As two archives shorten them: without the baseline, without the day of processing.
    (
        "S2A_MSIL2A_20241213T082331_R121_T36SYE_20250102T115000",
        DAY.replace(hour=8, minute=23, second=31),
    ),
    ("LC09_L2SP_174036_20241213_02_T1", DAY),
    (
        "S1A_IW_GRDH_1SDV_20241213T235959_20241214T000024_057000_070123_rtc",
        DAY.replace(hour=23, minute=59, second=59),
    ),
    ("LC09_L2SP_174036_20241213_20241215_02_T1_SR_B4.TIF", DAY),
    (
        "20241213_081234_56_24ab_3B_AnalyticMS_SR_8b_clip_20250101.tif",
        DAY.replace(hour=8, minute=12, second=34),
    ),
]


@pytest.mark.parametrize(("name", "moment"), NAMES)
def test_names(name: str, moment: datetime) -> None:
    assert date_in_name(name) == moment


@pytest.mark.parametrize(
    "name", ["before.tif", "13122024.tif", "20240230.tif", "19000101.tif", "LC81740362015123LGN00"]
)
def test_numbers_that_are_no_date_are_ignored(name: str) -> None:
    assert date_in_name(name) is None


@pytest.mark.parametrize(
    "name", ["2024-12-10_2024-12-13.tif", "20241210_20241213.tif", "03-04-2024.tif"]
)
def test_two_readings_are_refused(name: str) -> None:
    with pytest.raises(DateError, match="ambiguous"):
        date_in_name(name)


def test_the_same_day_twice_is_one_day() -> None:
    assert date_in_name("20241213_2024-12-13.tif") == DAY


@pytest.mark.parametrize(
    ("tags", "moment"),
    [
        ({"ACQUISITION_DATE": "2024-12-13"}, DAY),
        ({"datetime": "2024-12-13T10:00:00+02:00"}, DAY.replace(hour=8)),
        ({"TIFFTAG_DATETIME": "2024:12:13 08:00:00"}, DAY.replace(hour=8)),
        ({"ACQUISITION_DATE": "2024-12-13", "TIFFTAG_DATETIME": "2025:06:01 00:00:00"}, DAY),
        ({"AREA_OR_POINT": "Area"}, None),
        ({"ACQUISITION_DATE": " "}, None),
    ],
)
def test_tags(tags: dict[str, str], moment: datetime | None) -> None:
    assert date_in_tags("x.tif", tags) == moment


def test_an_unreadable_tag_is_refused() -> None:
    with pytest.raises(DateError, match=r"ACQUISITION_DATE: '13\.12\.2024'"):
        date_in_tags("x.tif", {"ACQUISITION_DATE": "13.12.2024"})


def test_tags_that_disagree_are_refused() -> None:
    with pytest.raises(DateError, match="ambiguous in its tags"):
        date_in_tags("x.tif", {"ACQUISITION_DATE": "2024-12-13", "ACQUIRED": "2024-12-10"})


def test_name_and_tags_may_differ_by_the_time_of_day_only() -> None:
    tags = {"DATETIME": "2024-12-13T08:23:31Z"}
    assert sensing_time("2024-12-13.tif", tags) == DAY.replace(hour=8, minute=23, second=31)
    assert sensing_time("20241213T082331.tif", {"ACQUIRED": "2024-12-13"}).hour == 8
    with pytest.raises(DateError, match="2024-12-10 in its name and 2024-12-13 in its tags"):
        sensing_time("2024-12-10.tif", tags)


def test_neither_says() -> None:
    assert sensing_time("before.tif", {}) is None
