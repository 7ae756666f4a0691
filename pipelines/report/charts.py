"""Charts as numbers that a template draws: the trials of a statement, the timeline of a site."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipelines.report.gathered import Comparison
from pipelines.said import MONTHS

Facts = dict[str, Any]
Scale = Callable[[float], float]

LEFT, RIGHT = 150.0, 640.0
"""Where the axis of the trials begins and ends, of a drawing 660 wide."""

WIDE_LEFT, WIDE_RIGHT = 190.0, 990.0
"""The same of a timeline, 1000 wide."""

SPREAD, ROWS = 7, 13
"""Dots of a row stand at so many heights, one after the other, so that they can be told apart."""

MARGIN_DAYS = 4
MOST_MONTHS = 14
"""Beyond so many months only every third or so is named."""


def trials(told: Mapping[str, Any]) -> Facts | None:
    """What was planted, what stood on null dates, and what is seen, on one axis of strength.

    Args:
        told: The content of ``trials.json``.

    Returns:
        None where nothing was planted and no null date looked at.
    """
    date_ = next((one for one in told["dates"] if one["scene"] == told["decides"]), None)
    if date_ is None:
        return None
    number = told["wanted"]["sighted"]
    sure, low = date_["sure"], date_["low"]
    groups = date_.get("groups") or {"weakest": date_["planted"]["strengths"], "planted": 1}
    planted = [each for each in groups["weakest"] if each is not None]
    nulls = [n["strengths"][number - 1] for n in told["nulls"] if len(n["strengths"]) >= number]
    seen = [one["strength"] for one in date_["sightings"]]
    if (not planted and not nulls) or sure is None:
        return None
    # Far below the line that rules out nothing is told apart: the axis begins a little below it.
    floor = min([*planted, sure, *([] if low is None else [low])])
    shown = [each for each in (*planted, *nulls, *seen, sure) if each >= floor]
    scale = _scale(min(shown), max(shown), (LEFT, RIGHT))
    return {
        "found": _dots((each for each in planted if each >= sure), scale, 34),
        "missed": _dots((each for each in planted if each < sure), scale, 34),
        "nulls": _dots((each for each in nulls if each >= floor), scale, 92),
        "nulls_below": sum(each < floor for each in nulls)
        + sum(len(n["strengths"]) < number for n in told["nulls"]),
        "alarms": _dots((each for each in nulls if each >= sure), scale, 92),
        "seen": _dots((each for each in seen if each >= floor), scale, 150),
        "sure": scale(sure),
        "low": None if low is None or low < floor else scale(low),
        "ticks": [{"x": scale(v), "text": f"{v:g}"} for v in _ticks(min(shown), max(shown))],
        "number": number,
        "together": groups["planted"],
    }


def timeline(
    compared: Sequence[Comparison], site: Mapping[str, Any], claims: Sequence[Facts]
) -> Facts | None:
    """The dates of a site: how clear, which were null dates, what was claimed, what stood there.

    Args:
        compared: Comparisons of the site; the one with the most dates tells of its past.
        site: Its ``scenes``, ids of those that are ``nulls`` and ``weighed``, ``names`` of zones.
        claims: ``number``, ``start`` and ``end`` of each, ISO days.
    """
    rows = max((one.occupancy for one in compared), key=len, default=())
    moments = {row["datetime"] for row in rows} | {s["datetime"] for s in site["scenes"]}
    spans = [c for c in claims if c["start"] or c["end"]]
    days = [_instant(m) for m in moments if m] + [
        _instant(c[key]) for c in spans for key in ("start", "end") if c[key]
    ]
    if not days:
        return None
    # Claims years away from every scene would squeeze the scenes into a line.
    if moments:
        near = timedelta(days=60)
        seen = [_instant(m) for m in moments if m]
        days = [d for d in days if min(seen) - near <= d <= max(seen) + near]
    margin = MARGIN_DAYS * 86400
    first, last = min(days).timestamp() - margin, max(days).timestamp() + margin
    scale = _scale(first, last, (WIDE_LEFT, WIDE_RIGHT))

    def x(text: str, shift: float = 0.0) -> float:
        return scale(min(max(_instant(text).timestamp() + shift, first), last))

    by_id = {scene["id"]: scene["datetime"] for scene in site["scenes"]}
    return {
        "shares": [{"x": x(m), "share": share} for m, share in _clear(rows, moments)],
        "nulls": sorted({x(by_id[name]) for name in site["nulls"] if name in by_id}),
        "weighed": sorted({x(by_id[name]) for name in site["weighed"] if name in by_id}),
        "claims": [_claim(one, x) for one in spans],
        "zones": [
            _zone(name, rows, x) | {"name": site["names"].get(name, name)}
            for name in dict.fromkeys(row["zone"] for row in rows)
        ],
        "ticks": _months(first, last, scale),
        "dates": len(moments),
    }


def _claim(one: Facts, x: Any) -> Facts:
    start, end = one["start"] or one["end"], one["end"] or one["start"]
    left, right = x(start), x(end, 86400.0)
    return {"number": one["number"], "x": left, "width": round(max(right - left, 3.0), 1)}


def _zone(name: str, rows: Sequence[Mapping[str, str]], x: Any) -> Facts:
    own = [row for row in rows if row["zone"] == name]
    counted = [row for row in own if row["state"] in ("seen", "partly") and row["count_high"]]
    return {
        "most": max((int(row["count_high"]) for row in counted), default=0),
        "counts": [
            {"x": x(row["datetime"]), "low": int(row["count_low"]), "high": int(row["count_high"])}
            for row in counted
        ],
        "hidden": [x(row["datetime"]) for row in own if row["state"] == "no_clear_view"],
    }


def _clear(
    rows: Sequence[Mapping[str, str]], moments: Iterable[str]
) -> list[tuple[str, float | None]]:
    """The mean clear share of the zones at each moment; None where nothing tells it."""
    shares: dict[str, list[float]] = {moment: [] for moment in moments if moment}
    for row in rows:
        shares[row["datetime"]].append(float(row["clear"]))
    return [(m, sum(s) / len(s) if s else None) for m, s in sorted(shares.items())]


def _months(first: float, last: float, scale: Scale) -> list[Facts]:
    start = datetime.fromtimestamp(first, UTC).date().replace(day=1)
    found, at = [], start
    while datetime(at.year, at.month, 1, tzinfo=UTC).timestamp() <= last:
        found.append(at)
        at = date(at.year + at.month // 12, at.month % 12 + 1, 1)
    step = math.ceil(len(found) / MOST_MONTHS)
    return [
        {"x": scale(_instant(m.isoformat()).timestamp()), "text": _month(m)}
        for m in found[::step]
        if _instant(m.isoformat()).timestamp() >= first
    ]


def _month(at: date) -> str:
    name = MONTHS[at.month - 1][:3]
    return f"{name} {at.year}" if at.month == 1 else name


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _scale(low: float, high: float, ends: tuple[float, float]) -> Scale:
    span = (high - low) or 1.0
    pad = 0.02 * span

    def at(value: float) -> float:
        share = (value - low + pad) / (span + 2 * pad)
        return round(ends[0] + share * (ends[1] - ends[0]), 1)

    return at


def _dots(values: Iterable[float], scale: Scale, middle: float) -> str:
    """A path of points: drawn with round ends, each is a dot."""
    return "".join(
        f"M{scale(value):g} {middle + SPREAD * (number * 5 % ROWS) / ROWS * 4 - 2 * SPREAD:.1f}h0"
        for number, value in enumerate(values)
    )


def _ticks(low: float, high: float) -> list[float]:
    step = 10.0 ** math.floor(math.log10(max(high - low, 1e-9) / 4))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (m * step) <= 7)
    first = math.ceil(low / step)
    return [round(n * step, 9) for n in range(first, math.floor(high / step) + 1)]
