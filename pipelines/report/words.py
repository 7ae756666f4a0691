"""Numbers, days and codes as a page prints them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from pipelines.said import MONTHS
from pipelines.verdict import VERDICTS

NB = "\N{NO-BREAK SPACE}"
SENSORS = {
    "sentinel-2": "Sentinel-2, optical",
    "sentinel-1": "Sentinel-1, radar",
    "landsat": "Landsat, optical",
    "planetscope": "PlanetScope, optical",
}
MINUTES_A_DEGREE = 4.0
"""The sun crosses fifteen degrees of longitude in an hour."""


def day(text: str | None) -> str:
    """An ISO day or moment as a day.

    >>> day("2024-12-13T08:23:14Z"), day(None)
    ('13 December 2024', 'an unknown day')
    """
    if not text:
        return "an unknown day"
    found = date.fromisoformat(text[:10])
    return f"{found.day} {MONTHS[found.month - 1]} {found.year:04d}"


def brief_day(text: str | None) -> str:
    """The same short: 13 Dec 2024."""
    if not text:
        return "undated"
    found = date.fromisoformat(text[:10])
    return NB.join((str(found.day), MONTHS[found.month - 1][:3], f"{found.year:04d}"))


def days(start: str | None, end: str | None) -> str:
    """A span of claimed days.

    >>> days("2024-12-10", "2024-12-13"), days(None, "2024-12-13"), days(None, None)
    ('10 December 2024 to 13 December 2024', 'up to 13 December 2024', 'no day is given')
    """
    if start and end:
        return day(start) if start == end else f"{day(start)} to {day(end)}"
    if end:
        return f"up to {day(end)}"
    return f"from {day(start)} on" if start else "no day is given"


def moment(text: str | None) -> str:
    """A sensing time: 13 December 2024, 08:23 UTC."""
    return f"{day(text)}, {text[11:16]} UTC" if text else "sensing time unknown"


def solar(text: str | None, lon: float | None) -> str:
    """The mean local solar time of a moment at a longitude, with its day.

    >>> solar("2024-12-13T22:23:14Z", 35.9)
    '14 December 2024, 00:46 local solar time'
    """
    if not text or lon is None:
        return ""
    at = datetime.fromisoformat(text) + timedelta(minutes=MINUTES_A_DEGREE * lon)
    return f"{day(at.date().isoformat())}, {at:%H:%M} local solar time"


def sensor(product: str | None) -> str:
    """The sensor of a product id."""
    if not product:
        return "sensor unknown"
    return next((name for key, name in SENSORS.items() if product.startswith(key)), product)


def percent(share: float | None) -> str:
    r"""A share, rounded down, so that 100 says all.

    >>> percent(0.9989), percent(0.004), percent(None)
    ('99\xa0%', 'under 1\xa0%', 'not measured')
    """
    if share is None:
        return "not measured"
    whole = math.floor(100 * min(max(share, 0.0), 1.0) + 1e-9)
    return f"under 1{NB}%" if not whole and share > 0 else f"{whole}{NB}%"


def bound(share: float | None) -> str:
    r"""A share that is not exceeded, rounded up.

    >>> bound(0.0244), bound(1.0), bound(None)
    ('3\xa0%', '100\xa0%', 'not measured')
    """
    if share is None:
        return "not measured"
    return f"{math.ceil(100 * min(share, 1.0) - 1e-9)}{NB}%"


def chance(posterior: float | None) -> str:
    r"""A probability as a page prints it large; it is never 0 and never 100.

    >>> chance(0.9727), chance(0.9999), chance(0.0001), chance(None)
    ('97\xa0%', 'over 99\xa0%', 'under 1\xa0%', '')
    """
    if posterior is None:
        return ""
    if posterior > 0.99:
        return f"over 99{NB}%"
    return f"under 1{NB}%" if posterior < 0.01 else f"{round(100 * posterior)}{NB}%"


def figure(value: float | None, unit: str = "") -> str:
    r"""A measure to three significant digits.

    >>> figure(35.66, "m"), figure(0.01716), figure(1234567.0), figure(None)
    ('35.7\xa0m', '0.0172', '1,230,000', 'not measured')
    """
    if value is None:
        return "not measured"
    rounded = float(f"{value:.3g}")
    text = f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:.10f}".rstrip("0").rstrip(".")
    return f"{text}{NB}{unit}" if unit else text


def rough(value: float, unit: str = "") -> str:
    r"""A measure to two significant digits.

    >>> rough(6.913), rough(0.0971, "m")
    ('6.9', '0.097\xa0m')
    """
    return figure(float(f"{value:.2g}"), unit)


def place(lon: float, lat: float) -> str:
    r"""A place in degrees.

    >>> place(35.9543, -34.9)
    '34.9000°\xa0S, 35.9543°\xa0E'
    """
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.4f}°{NB}{north}, {abs(lon):.4f}°{NB}{east}"


def spaced(code: str | None) -> str:
    """A code as words."""
    return str(code or "").replace("_", " ")


def standfirst(verdicts: Sequence[str]) -> str:
    """What became of the statements, in one sentence.

    >>> standfirst(["supported", "not_observable", "not_observable"])
    'Of 3 statements, 1 is supported and 2 are not observable.'
    """
    counts = Counter(verdicts)
    parts = [
        f"{counts[word]} {'is' if counts[word] == 1 else 'are'} {_as_said(word)}"
        for word in VERDICTS
        if counts[word]
    ]
    number = "1 statement" if len(verdicts) == 1 else f"{len(verdicts)} statements"
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"Of {number}, {listed}." if parts else "There is no statement."


def _as_said(word: str) -> str:
    return "without imagery" if word == "no_imagery" else spaced(word)
