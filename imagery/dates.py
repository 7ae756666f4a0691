"""When a scene was taken, from its tags or its file name; ambiguity is refused, never resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from imagery.errors import DateError

REMEDY = "Name it with one ISO date, such as 2024-12-13, or set the tag ACQUISITION_DATE"

# Names of products in which several dates stand; the first group is the sensing time.
_OFFICIAL = (
    re.compile(r"S2[ABCD]_MSIL\d[AC]_(\d{8}T\d{6})_(?:N\d{4}|R\d{3})_"),
    re.compile(r"L[COTEM]0\d_L\d\w\w_\d{6}_(\d{8})_(?:\d{8}_)?0\d_"),
    re.compile(r"S1[ABCD]_\w\w_\w{4}_\w{4}_(\d{8}T\d{6})_\d{8}T\d{6}_"),
    re.compile(r"(?<!\d)(\d{8}_\d{6})_\d{2}_[0-9a-f]{4}(?![0-9a-z])", re.IGNORECASE),
    re.compile(r"(?<!\d)(\d{8}_\d{6})_(?:\d{2}_)?[0-9a-z]{4,8}_3B_", re.IGNORECASE),
)
_YEAR_FIRST = re.compile(
    r"(?<!\d)(?:(\d{4})([-_.])(\d{2})\2(\d{2})|(\d{4})(\d{2})(\d{2}))"
    r"(?:[T_ ](?:(\d{2})(\d{2})(\d{2})|(\d{2})([-:])(\d{2})\12(\d{2}))(?![\d-]))?(?!\d)"
)
_YEAR_LAST = re.compile(r"(?<!\d)(\d{2})([-_.])(\d{2})\2(\d{4})(?!\d)")
_TAG_NAMES = (
    "ACQUISITION_DATE",
    "ACQUISITIONDATE",
    "ACQUISITION_TIME",
    "ACQUISITIONDATETIME",
    "ACQUIRED",
    "DATE_ACQUIRED",
    "DATETIME",
    "DATATAKE_1_DATATAKE_SENSING_START",
    "SENSING_TIME",
    "PRODUCT_START_TIME",
)
_CREATION = "TIFFTAG_DATETIME"
_YEARS = range(1972, 2101)
_DAY = timedelta(days=1)


def official_date(name: str) -> datetime | None:
    """Sensing time in the official name of a product, UTC; None where it is not such a name.

    Midnight stands for a day without a time (Landsat).
    """
    for pattern in _OFFICIAL:
        if match := pattern.search(name):
            return _moment(re.sub(r"\D", "", match[1]))
    return None


def date_in_name(name: str) -> datetime | None:
    """Sensing time in a file name, UTC; midnight where only a day is given; None without a date.

    Official Sentinel, Landsat and PlanetScope names hold several dates and say which is
    which. Eight digits that are no date between 1972 and 2100 are some other number.

    Raises:
        DateError: two different days, or a day that cannot be told from a month.
    """
    if any(pattern.search(name) for pattern in _OFFICIAL):
        return official_date(name)
    found = [moment for match in _YEAR_FIRST.finditer(name) if (moment := _from_match(match))]
    found += [moment for match in _YEAR_LAST.finditer(name) if (moment := _day_last(match, name))]
    days = sorted({moment.date() for moment in found})
    if len(days) > 1:
        said = " or ".join(day.isoformat() for day in days)
        raise DateError(name, f"is ambiguous in its name: {said}", REMEDY + ".")
    # With and without a time of day for one day: the one that says more.
    return max(found, default=None)


def date_in_tags(name: str, tags: Mapping[str, str]) -> datetime | None:
    """Sensing time in the tags of a file, UTC; None where no tag holds one.

    Args:
        name: Of the file, for messages.
        tags: Dataset tags. TIFFTAG_DATETIME counts only where no other tag speaks: it may be
            the day on which the file was written.

    Raises:
        DateError: a tag of sensing time holds something else, or two tags disagree by a day.
    """
    upper = {key.upper(): value for key, value in tags.items()}
    found = {key: _parse(name, key, upper[key]) for key in _TAG_NAMES if upper.get(key, "").strip()}
    if not found and upper.get(_CREATION, "").strip():
        return _parse(name, _CREATION, upper[_CREATION])
    if found and max(found.values()) - min(found.values()) > _DAY:
        said = ", ".join(f"{key} {moment:%Y-%m-%d}" for key, moment in found.items())
        raise DateError(name, f"is ambiguous in its tags: {said}", "Correct the wrong tag.")
    return max(found.values(), default=None)


def sensing_time(name: str, tags: Mapping[str, str]) -> datetime | None:
    """When the scene was taken, UTC, by tags and name; None where neither says.

    Raises:
        DateError: either is ambiguous, or they disagree by more than a day.
    """
    named, tagged = date_in_name(name), date_in_tags(name, tags)
    if named is None or tagged is None:
        return named or tagged
    if abs(named - tagged) > _DAY:
        problem = f"is {named:%Y-%m-%d} in its name and {tagged:%Y-%m-%d} in its tags"
        raise DateError(name, problem, "Rename it or correct the tag.")
    # A day without a time of day says less than one with it.
    return named if tagged.time() == datetime.min.time() else tagged


def _parse(name: str, key: str, text: str) -> datetime:
    digits = text.strip().replace("Z", "+00:00")
    if match := re.fullmatch(r"(\d{4}):(\d{2}):(\d{2})(?: (\d{2}:\d{2}:\d{2}))?.*", digits):
        digits = "-".join(match.groups()[:3]) + (f"T{match[4]}" if match[4] else "")
    try:
        moment = datetime.fromisoformat(digits)
    except ValueError:
        problem = f"is unreadable in its tag {key}: {text!r}"
        raise DateError(name, problem, "Write it as 2024-12-13 or 2024-12-13T08:23:21Z.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _moment(digits: str) -> datetime | None:
    if int(digits[:4]) not in _YEARS:
        return None
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S"[: len(digits) - 2]).replace(tzinfo=UTC)
    except ValueError:
        return None


def _from_match(match: re.Match[str]) -> datetime | None:
    day = "".join(part for part in match.group(1, 3, 4, 5, 6, 7) if part)
    time = "".join(part for part in match.group(8, 9, 10, 11, 13, 14) if part)
    return _moment(day + time) or _moment(day)


def _day_last(match: re.Match[str], name: str) -> datetime | None:
    first, _, second, year = match.groups()
    readings = {_moment(year + second + first), _moment(year + first + second)} - {None}
    if len(readings) > 1:
        problem = f"is ambiguous in its name: {match[0]} may be day-month or month-day"
        raise DateError(name, problem, REMEDY + ".")
    return next(iter(readings), None)
