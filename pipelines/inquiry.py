"""One statement against the dates of its site: which acquisitions, what they show, what follows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from imagery.detectors.leavers import Leavers
from imagery.detectors.study import Study
from imagery.detectors.trials import Wanted
from pipelines import evidence, sameness
from pipelines.claims.claim import Claim
from pipelines.dossier import Dossier
from pipelines.evidence import Finding
from pipelines.moments import Chosen, choose, two_dates
from pipelines.places import all_there, taken_in_turn
from pipelines.quarry import (
    MOST_PLANTED,
    TOO_FINE,
    TOO_MANY,
    Beyond,
    Quarry,
    observable_at,
    too_fine,
)
from pipelines.weighed import Inquiry, Weighed
from pipelines.weighing import acquisition_of

SWEEP = (0.5, 2.0)
"""Factors on the assumed dwell time: a verdict that they change is not given."""


def untested(claim: Claim, why: Beyond) -> Inquiry:
    """A checkable statement that nothing of ours looks for."""
    word: evidence.Word = "inconclusive" if why.reason == "uncalibrated" else "not_observable"
    return Inquiry(claim, Finding(word, why.reason), beyond=why)


def inquire(claim: Claim, asked: Quarry, dossier: Dossier) -> Inquiry:
    """Test one checkable statement of a site.

    Args:
        claim: With a date.
        asked: What it asks for.
        dossier: Of its site, around its date.
    """
    products = dossier.products()
    finest = products[0][1] if products else None
    if not products:
        return Inquiry(claim, Finding("no_imagery", "time_gap"), quarry=asked)
    fine_enough = [each for each in products if observable_at(asked, each[1])]
    if not fine_enough and any(too_fine(asked, each[1]) for each in products):
        return untested(claim, TOO_FINE)
    if not fine_enough:
        lost = Finding("not_observable", "sub_resolution")
        return Inquiry(claim, lost, quarry=asked, finest_m=finest)
    if claim.predicate == "preparing_to_depart":
        return Inquiry(claim, Finding("not_observable", "intent"), quarry=asked, finest_m=finest)
    if asked.wanted.planted > MOST_PLANTED:
        return untested(claim, TOO_MANY)
    if claim.predicate == "unchanged" and not two_dates(claim):
        # One date shows a state; whether it changed takes another to hold against it.
        return Inquiry(claim, Finding("inconclusive", "too_few_dates"), quarry=asked)
    return _at_finest(claim, asked, dossier, fine_enough)


def _at_finest(
    claim: Claim, asked: Quarry, dossier: Dossier, products: Sequence[tuple[str, float]]
) -> Inquiry:
    """Ask the product with the finest pixels that has dates in reach of the claim."""
    for product in products:
        read = dossier.dated(product[0])
        if not len(read):
            continue
        clear = dossier.clear(product[0], asked.zones)
        chosen = choose(claim, read.moments, clear.tolist(), dwell_days=asked.dwell_days)
        if chosen:
            gone = claim.predicate == "departed" and asked.kind == "vehicle"
            study = dossier.study(product[0], asked, losses=gone)
            found = Inquiry(
                claim,
                Finding("inconclusive", None),
                quarry=asked,
                product=product,
                study=study,
            )
            return tested(found, chosen)
    reason = "cloud" if _cloudy(claim, dossier, asked) else "time_gap"
    return Inquiry(claim, Finding("no_imagery", reason), quarry=asked)


def _cloudy(claim: Claim, dossier: Dossier, asked: Quarry) -> bool:
    """Whether scenes in reach exist that show nothing of the zones."""
    for product, _ in dossier.products():
        read = dossier.dated(product)
        ones = [1.0] * len(read)
        if choose(claim, read.moments, ones, dwell_days=asked.dwell_days):
            return True
    return False


def tested(found: Inquiry, chosen: Sequence[Chosen]) -> Inquiry:
    """Weigh the acquisitions that speak to a statement, and find its verdict.

    Args:
        found: With what was asked, and of which dates.
        chosen: Oldest first.
    """
    asked, study = found.quarry, found.study
    if asked is None or study is None:
        return found
    if isinstance(study.witness, Leavers):  # a loss says itself what was there before
        chosen = [one for one in chosen if one.role == "after"]
    weighed = tuple(_weigh(study, one, asked, _wanted(found, one)) for one in chosen)
    stood = len(study.standing) if isinstance(study.witness, Leavers) else None
    found = replace(found, weighed=weighed, hidden=study.hidden, stood=stood)
    if found.claim.predicate == "unchanged":
        return sameness.unchanged(found)
    verdict = _finding(found, weighed)
    if verdict.word in ("supported", "contradicted"):
        for factor in SWEEP:
            swept = tuple(_with_dwell(one, factor * asked.dwell_days) for one in weighed)
            if _finding(found, swept).word != verdict.word:
                return replace(
                    found, finding=replace(verdict, word="inconclusive", reason="time_gap")
                )
    return replace(found, finding=verdict)


def _wanted(found: Inquiry, chosen: Chosen) -> Wanted:
    """After a departure none may be left; at any other time the claimed number is asked for."""
    asked, study = found.quarry, found.study
    if asked is None or study is None:
        return Wanted(1, 1)
    left = found.claim.predicate == "departed" and chosen.role == "after"
    return Wanted(1, 1) if left and not isinstance(study.witness, Leavers) else asked.wanted


def _weigh(study: Study, chosen: Chosen, asked: Quarry, wanted: Wanted) -> Weighed:
    glance = study.glance(chosen.index, wanted)
    made = acquisition_of(
        glance,
        study.dated.items[chosen.index].id,
        wanted=wanted,
        relevance=chosen.relevance(asked.dwell_days),
        group=chosen.group,
    )
    return Weighed(chosen, glance, made)


def _with_dwell(one: Weighed, dwell_days: float) -> Weighed:
    relevance = one.chosen.relevance(dwell_days)
    return replace(one, acquisition=replace(one.acquisition, relevance=relevance))


def _finding(found: Inquiry, weighed: Sequence[Weighed]) -> Finding:
    verdict = _by_rule(found, weighed)
    if found.claim.predicate in ("departed", "unchanged") or verdict.word != _denying(found.claim):
        return verdict
    number = 1 if found.quarry is None else found.quarry.wanted.sighted
    if number == 1 or taken_in_turn(found, weighed) < number:
        return verdict
    return replace(verdict, word="inconclusive", reason="low_power")


def _denying(claim: Claim) -> evidence.Word:
    """The verdict that rests on ruling out as many objects as are asked for."""
    return "supported" if _denies(claim) else "contradicted"


def _denies(claim: Claim) -> bool:
    return claim.predicate == "absent" or claim.count.op == "le" or claim.count.value == 0


def _by_rule(found: Inquiry, weighed: Sequence[Weighed]) -> Finding:
    claim, hidden = found.claim, found.hidden
    at, before, after = (
        [one.acquisition for one in weighed if one.chosen.role == role]
        for role in ("at", "before", "after")
    )
    if claim.predicate == "departed":
        if found.stood is not None and found.quarry is not None:
            return evidence.lost(after, stood=found.stood >= found.quarry.wanted.sighted)
        left = evidence.departed(before, after, hidden=hidden)
        if left.word == "contradicted" and not all_there(found, weighed):
            return replace(left, word="inconclusive", reason="identity")
        return left
    if claim.predicate == "arrived":
        return evidence.arrived(before, after)
    if _denies(claim):
        return evidence.absent(at, hidden=hidden)
    verdict = evidence.present(at, hidden=hidden, throughout=two_dates(claim))
    too_many = claim.count.op in ("eq", "approx") and _too_many(claim, weighed)
    if verdict.word == "supported" and too_many:
        return replace(verdict, word="inconclusive", reason="identity")
    return verdict


def _too_many(claim: Claim, weighed: Sequence[Weighed]) -> bool:
    """More of that size than the text says: which of them it means cannot be told."""
    most = claim.count.max or claim.count.value or math.inf
    return any(one.glance.count_sure > most for one in weighed)
