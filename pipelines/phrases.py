"""Phrases that several sentences of verdicts share."""

from __future__ import annotations

from pipelines.facts import Facts
from pipelines.said import Said, clean, several

SIZES = (
    ("aircraft", 60.0, "large-airlifter"),
    ("aircraft", 45.0, "large-aircraft"),
    ("aircraft", 25.0, "medium-aircraft"),
    ("aircraft", 0.0, "small-aircraft"),
    ("helicopter", 0.0, "helicopter"),
    ("vehicle", 0.0, "vehicle"),
    ("vessel", 80.0, "ship"),
    ("vessel", 0.0, "boat"),
)
"""Kind, least length in metres, and how a reader would call the size: never a type."""


def size_words(kind: str | None, length_m: float | None) -> str:
    """A size in words.

    >>> size_words("aircraft", 69.1), size_words("vessel", 125.0)
    ('large-airlifter size', 'ship size')
    """
    for each, least, words in SIZES:
        if kind == each and (length_m or 0.0) >= least:
            return f"{words} size"
    return "the size asked for"


def sensor(facts: Facts, said: Said) -> str:
    """Name of the sensor."""
    return said.name("sensor", facts.sensor or "") if clean(facts.sensor or "") else "satellite"


def zone(facts: Facts, said: Said) -> str:
    """The zones, with their article."""
    return f"the {said.name('zone', facts.zone or '')}" if clean(facts.zone or "") else "the zone"


def size(facts: Facts, said: Said) -> str:
    """A size in words and metres."""
    words = size_words(facts.kind, facts.length_m)
    if facts.length_m is None:
        return words
    sides = said.figure("length_m", round(facts.length_m))
    if facts.span_m is not None:
        sides += f" x {said.figure('span_m', round(facts.span_m))}"
    return f"{words} ({sides} m)"


def objects(facts: Facts, said: Said, name: str, number: int) -> str:
    """So many objects of the size."""
    what = "objects" if number > 1 else "object"
    return f"{said.count(name, number)} {what} of {size(facts, said)}"


def such(facts: Facts, said: Said) -> str:
    """The claimed number of them."""
    if facts.wanted == 1:
        return "such an object"
    return f"{said.count('wanted', facts.wanted)} such objects"


def alarms(facts: Facts, said: Said) -> str:
    """How often the pipeline is wrong."""
    if not facts.n_null or facts.k_null is None:
        return ""
    said.numbers |= {"false_dates": facts.k_null + 1, "false_of": facts.n_null + 1}
    where = ("at", "look-alike place") if facts.places else ("on", "date")
    many = f"{where[1]}{'s' if facts.k_null else ''}"
    return f" and raises a false alarm {where[0]} {facts.k_null + 1} {many} in {facts.n_null + 1}"


def was(number: int) -> str:
    """The verb."""
    return "were" if number > 1 else "was"


def are(number: int) -> str:
    """The verb."""
    return several(number, "is", "are")


def days(number: float) -> str:
    """The unit."""
    return "day" if number == 1 else "days"
