"""When a foreign Item was taken: a time in UTC that nothing contradicts, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from imagery.dates import official_date
from imagery.errors import DateError

AGREE = timedelta(minutes=50)
"""A scene is sensed within half an hour of the time in its product's name, and no time zone but
UTC is nearer to UTC than an hour: closer than this is UTC, farther off is not."""

LONGEST = timedelta(days=1)
"""An Item that spans more is a composite of several passes."""

_YEARS = range(1972, 2101)
_REMEDY = "Give another scene."


def item_moment(
    properties: Mapping[str, Any], names: Sequence[str], *, item: str
) -> tuple[datetime, list[str]]:
    """Sensing time of a foreign Item, UTC, and what a reader must know about it.

    Args:
        properties: Of the Item.
        names: Names of its product, the most official first.
        item: Id, for messages.

    Raises:
        DateError: absent, unreadable, of no known zone, or off its product's name by over a day.
    """
    named = next((found for name in names if (found := official_date(name))), None)
    # Midnight stands for a day without a time of day.
    timed = named if named is not None and named.time() != datetime.min.time() else None
    try:
        moment, zoned = _stated(properties, item)
    except DateError:
        if timed is None:
            raise
        said = properties.get("datetime")
        return timed, [f"Its datetime is {said!r:.60}; the time in its product's name was taken."]
    if not zoned and (timed is None or abs(moment - timed) > AGREE):
        raise DateError(item, f"has no time zone ({properties.get('datetime')!r:.60})", _REMEDY)
    if named is not None and not _same_day(moment, named, timed):
        problem = f"is {_text(moment)}, but its product's name says {_text(named)}"
        raise DateError(item, problem, _REMEDY)
    if timed is not None and abs(moment - timed) > AGREE:
        said = f"Its datetime is {_text(moment)}, its product's name says {_text(timed)}"
        return timed, [f"{said}; the name was taken."]
    return moment, []


def _same_day(moment: datetime, named: datetime, timed: datetime | None) -> bool:
    if timed is not None:
        return abs(moment - timed) <= LONGEST
    return named - LONGEST <= moment < named + 2 * LONGEST


def _stated(properties: Mapping[str, Any], item: str) -> tuple[datetime, bool]:
    """The time that an Item states, as UTC, and whether it says its zone."""
    said = properties.get("datetime")
    if said is not None:
        return _parsed(said, item)
    edges = [properties.get(key) for key in ("start_datetime", "end_datetime")]
    if None in edges:
        raise DateError(item, "is not given", _REMEDY)
    (start, first), (end, last) = (_parsed(edge, item) for edge in edges)
    if not timedelta(0) <= end - start <= LONGEST:
        problem = f"runs from {_text(start)} to {_text(end)}: it is no single pass"
        raise DateError(item, problem, _REMEDY)
    return start + (end - start) / 2, first and last


def _parsed(said: object, item: str) -> tuple[datetime, bool]:
    try:
        moment = datetime.fromisoformat(said.strip() if isinstance(said, str) else "")
        zoned = moment.tzinfo is not None
        moment = moment.astimezone(UTC) if zoned else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise DateError(item, f"is unreadable ({said!r:.60})", _REMEDY) from None
    if moment.year not in _YEARS:
        raise DateError(item, f"is {moment.year}, before or after any such scene", _REMEDY)
    return moment, zoned


def _text(moment: datetime) -> str:
    if moment.time() == datetime.min.time():
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
