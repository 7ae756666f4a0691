"""What is printed of a statement: the verdict, the figures that it rests on, one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

VERDICTS = ("supported", "contradicted", "inconclusive", "not_observable", "no_imagery")

REASONS = (
    "sub_resolution",
    "occupied_before",
    "low_power",
    "uncalibrated",
    "cloud",
    "registration",
    "time_gap",
    "too_few_dates",
)
"""Codes beside the routing words of ``claims.claim.REASONS``."""


@dataclass(frozen=True, slots=True)
class Link:
    """A sighting that a statement may speak of; every score is from 0 to 1.

    Attributes:
        scene: Id of the scene that shows it.
        datetime: Sensing time, UTC.
        lon, lat: Of its middle, degrees.
        length_m: Measured, None where the witness measures none.
        strength: Of the sighting, and ``sure`` the strength of a sure one there.
        detection: ``sites/<site>/<days>#<id>`` of the changed object of a comparison at that place.
        where, when, what, how_many: How well place, time, size and number fit.
    """

    scene: str
    datetime: str
    lon: float
    lat: float
    length_m: float | None
    strength: float
    sure: float
    detection: str | None
    where: float
    when: float
    what: float
    how_many: float


@dataclass(frozen=True, slots=True)
class Seen:
    """One acquisition that was weighed, as ``run.json`` records it.

    Attributes:
        scene: Its id.
        datetime: Sensing time, UTC.
        role: ``at`` the claimed time, ``before`` or ``after`` a change.
        answer: ``seen``, ``between`` or ``ruled_out``.
        count: Objects of the size that are sure, and ``count_low`` that cannot be ruled out.
        facts: Power, false alarms, clear share, relevance, operating points: numbers by name.
    """

    scene: str
    datetime: str
    role: str
    answer: str
    count: int
    count_low: int
    facts: dict[str, float | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one statement.

    Attributes:
        claim_id: Of the statement.
        verdict: From ``VERDICTS``.
        reason: From ``REASONS`` or the routing words; None where none is needed.
        sentence: For a reader; every number in it is in ``said``.
        said: Those numbers by name, as they are printed.
        lr: Likelihood ratio, claim against no claim.
        posterior: Probability where claim and no claim were as likely before; None unless ``lr``
            carries the verdict.
        power: Share of planted targets of the claimed state that were found.
        power_ci: Its 95 % interval.
        false_alarm: Chance of a false alarm on one date, (k_null + 1) / (n_null + 1).
        n_null, k_null: Null dates, and those with an alarm.
        clear: Share of the claimed zones that was seen.
        relevance: Of the sensing time to the claimed time, 0 to 1.
        links: Sightings.
        instead: What else could test it.
        zones: Ids of the zones that were looked at.
        assumptions: Named numbers that were assumed: size, contrasts, dwell time, its sweep.
        seen: The acquisitions.
    """

    claim_id: str
    verdict: str
    reason: str | None
    sentence: str
    said: dict[str, float | int | str] = field(default_factory=dict)
    lr: float | None = None
    posterior: float | None = None
    power: float | None = None
    power_ci: tuple[float, float] | None = None
    false_alarm: float | None = None
    n_null: int | None = None
    k_null: int | None = None
    clear: float | None = None
    relevance: float | None = None
    links: tuple[Link, ...] = ()
    instead: str | None = None
    zones: tuple[str, ...] = ()
    assumptions: dict[str, Any] = field(default_factory=dict)
    seen: tuple[Seen, ...] = ()
