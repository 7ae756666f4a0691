"""The reader's sentence of a verdict, from named numbers and nothing else.

Every number that a sentence prints is listed beside it under a name. No word of the article gets
into a sentence, and a size is never called an identification.
"""

from __future__ import annotations

from collections.abc import Callable

from pipelines import clauses, doubts
from pipelines.claims.routing import ROUTES
from pipelines.facts import Facts
from pipelines.said import Said

__all__ = ["Facts", "describe"]

SIMULATED = "SIMULATED imagery:"

Clause = Callable[[Facts, Said], str]

SHOWN: dict[str, tuple[Clause, ...]] = {
    "present": (clauses.view, clauses.state),
    "departed": (clauses.before, clauses.gone),
    "remaining": (clauses.before, clauses.view, clauses.still),
    "unchanged": (clauses.same,),
}
"""What the images show, by what a statement asks of them."""

WHY: dict[str | None, Clause] = {
    None: doubts.weak,
    "low_power": doubts.too_little_power,
    "uncalibrated": doubts.not_calibrated,
    "cloud": doubts.too_cloudy,
    "time_gap": doubts.gap,
    "occupied_before": doubts.taken_before,
    "too_few_dates": doubts.too_few,
}
"""Why that does not decide."""

ALONE: dict[str, Clause] = {
    "sub_resolution": doubts.too_small,
    "registration": doubts.not_laid_over,
}
"""Reasons for which nothing was looked for."""


def describe(
    verdict: str, reason: str | None, predicate: str, facts: Facts
) -> tuple[str, dict[str, float | int | str]]:
    """The sentence of a verdict, and every number in it by name, as it is printed.

    A statement that no image could test is told in the words of its route alone.

    Args:
        verdict: From ``verdict.VERDICTS``.
        reason: From ``verdict.REASONS`` or the routing words.
        predicate: Of the statement.
        facts: What is known.
    """
    if reason in ROUTES:
        return ROUTES[reason].sentence, {}
    said = Said()
    parts = [clause(facts, said) for clause in _clauses(verdict, reason, predicate)]
    text = " ".join(part for part in parts if part)
    text = text or "No image could be weighed that speaks to it."
    return (f"{SIMULATED} {text}" if facts.simulated else text), said.numbers


def _clauses(verdict: str, reason: str | None, predicate: str) -> tuple[Clause, ...]:
    if verdict == "no_imagery":
        return (doubts.no_image, doubts.hidden if reason == "cloud" else doubts.gap)
    if reason in ALONE:
        return (ALONE[reason],)
    if verdict == "supported":
        return (*SHOWN[_shown(predicate)], *_sure(predicate), *_others(predicate))
    if verdict == "contradicted":
        return (*_against(predicate), *_others(predicate))
    shown = SHOWN["remaining" if predicate == "departed" else _shown(predicate)]
    if predicate == "departed" and reason == "too_few_dates":
        shown = SHOWN["departed"]
    if predicate == "unchanged" and reason == "low_power":
        return (*shown, doubts.not_the_same)
    if predicate == "arrived" and reason == "too_few_dates":
        return (*shown, doubts.none_before)
    return (*shown, WHY[reason])


def _others(predicate: str) -> tuple[Clause, ...]:
    # The two images of such a statement are both named.
    return () if predicate == "unchanged" else (clauses.others,)


def _shown(predicate: str) -> str:
    return predicate if predicate in SHOWN else "present"


def _sure(predicate: str) -> tuple[Clause, ...]:
    if predicate == "unchanged":
        return (clauses.kept,)
    if predicate in ("absent", "departed"):
        return (clauses.rates, clauses.missed)
    return (clauses.asked, clauses.rates)


def _against(predicate: str) -> tuple[Clause, ...]:
    if predicate == "unchanged":
        return (*SHOWN["unchanged"], clauses.rates)
    if predicate == "departed":
        return (*SHOWN["remaining"], clauses.rates)
    if predicate == "absent":
        return (*SHOWN["present"], clauses.rates)
    return (*SHOWN["present"], clauses.asked, clauses.rates, clauses.missed)
