"""One statement against the dates of its site: which acquisitions, what they show, what follows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from imagery.detectors.apron import projected, zone_mask
from imagery.detectors.leavers import Leavers
from imagery.detectors.sightings import Sighting
from imagery.detectors.study import Glance, Study
from imagery.detectors.trials import Wanted
from pipelines import evidence
from pipelines.claims.claim import Claim
from pipelines.dossier import Dossier
from pipelines.evidence import Acquisition, Area, Finding
from pipelines.moments import Chosen, choose, two_dates
from pipelines.quarry import MOST_PLANTED, TOO_MANY, Beyond, Quarry, observable_at
from pipelines.weighing import acquisition_of

SWEEP = (0.5, 2.0)
"""Factors on the assumed dwell time: a verdict that they change is not given."""

MOST_Q = 0.05
"""False-discovery rate of an object of a comparison that may contradict "unchanged"."""

SAME_PLACE_M = 60.0
"""A sighting and another within these metres, or an object of a comparison, are one."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One acquisition with what was asked of it.

    Attributes:
        chosen: Why it speaks to the statement.
        glance: What it shows.
        acquisition: The same as numbers for the rules.
    """

    chosen: Chosen
    glance: Glance
    acquisition: Acquisition


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What became of one statement.

    Attributes:
        claim: The statement.
        finding: The verdict in numbers.
        quarry: What was looked for; None where nothing was.
        beyond: Why nothing was looked for; None where something was.
        product: Whose scenes were weighed, and their pixel size in metres.
        study: What was asked; None where nothing was.
        weighed: The acquisitions, oldest first.
        changes: Sightings that came or went, of a claim that nothing changed.
        areas: The zones of such a claim.
        hidden: Something of that planform stands in the zone on all dates.
        stood: Objects that the earlier dates together show, where losses were asked for.
        finest_m: Finest pixel size of the archive here, None where it holds no scene.
    """

    claim: Claim
    finding: Finding
    quarry: Quarry | None = None
    beyond: Beyond | None = None
    product: tuple[str, float] | None = None
    study: Study | None = None
    weighed: tuple[Weighed, ...] = ()
    changes: tuple[tuple[int, Sighting], ...] = ()
    areas: tuple[Area, ...] = ()
    hidden: bool = False
    stood: int | None = None
    finest_m: float | None = None

    @property
    def days(self) -> tuple[str, ...]:
        """ISO days of the acquisitions that were weighed, oldest first."""
        if self.study is None:
            return ()
        return tuple(self.study.dated.days[one.chosen.index] for one in self.weighed)

    @property
    def simulated(self) -> bool:
        """Whether the scenes that were weighed are generated."""
        return self.study is not None and self.study.dated.simulated


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
        return _unchanged(found)
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
    claim, hidden = found.claim, found.hidden
    at, before, after = (
        [one.acquisition for one in weighed if one.chosen.role == role]
        for role in ("at", "before", "after")
    )
    if claim.predicate == "departed":
        if found.stood is not None and found.quarry is not None:
            return evidence.lost(after, stood=found.stood >= found.quarry.wanted.sighted)
        left = evidence.departed(before, after, hidden=hidden)
        if left.word == "contradicted" and not _all_there(found, weighed):
            return replace(left, word="inconclusive", reason="identity")
        return left
    if claim.predicate == "arrived":
        return evidence.arrived(before, after)
    if claim.predicate == "absent" or claim.count.op == "le" or claim.count.value == 0:
        return evidence.absent(at, hidden=hidden)
    verdict = evidence.present(at, hidden=hidden, throughout=two_dates(claim))
    too_many = claim.count.op in ("eq", "approx") and _too_many(claim, weighed)
    if verdict.word == "supported" and too_many:
        return replace(verdict, word="inconclusive", reason="identity")
    return verdict


def _all_there(found: Inquiry, weighed: Sequence[Weighed]) -> bool:
    """Whether everything that was sure before stands at its place after: then nothing has left.

    Where another number is there, or at other places, some may have left and others come.
    """
    before, after = (
        [one for one in weighed if one.chosen.role == role] for role in ("before", "after")
    )
    if not before or not after:
        return False
    stood = [one for one in before[-1].glance.sightings if one.strength >= before[-1].glance.sure]
    later = after[0].glance
    return bool(stood) and all(
        _strongest_near(one, later.sightings, found) >= later.sure for one in stood
    )


def _too_many(claim: Claim, weighed: Sequence[Weighed]) -> bool:
    """More of that size than the text says: which of them it means cannot be told."""
    most = claim.count.max or claim.count.value or math.inf
    return any(one.glance.count_sure > most for one in weighed)


def _unchanged(found: Inquiry) -> Inquiry:
    """Nothing of the declared size came or left between two dates."""
    first, last = found.weighed[0], found.weighed[-1]
    sure, doubtful = [], 0
    for here, there in ((first, last), (last, first)):
        for one in here.glance.sightings:
            if one.strength < here.glance.sure:
                continue
            level = _strongest_near(one, there.glance.sightings, found)
            if level < there.glance.low and _shown(found, there, one):
                sure.append((here.chosen.index, one))
            elif level < there.glance.sure:
                doubtful += level < there.glance.low
    areas = _areas(found)
    worst = max(
        max(one.acquisition.sure.wrong, 1 - one.acquisition.low.power.power)
        for one in (first, last)
    )
    power = sum(area.share * area.power for area in areas)
    ratio = worst / max(power, worst) if sure else (1 - worst) / max(1 - power, 0.01)
    verdict = evidence.unchanged(areas, changes=len(sure), doubtful=doubtful, ratio=ratio)
    return replace(found, finding=verdict, changes=tuple(sure), areas=tuple(areas))


def settled(found: Inquiry, near: Callable[[float, float], bool]) -> Inquiry:
    """A claim that nothing changed, once the two dates have been compared.

    Args:
        found: With the sightings that came or went.
        near: Whether the comparison found a change, at a false-discovery rate of ``MOST_Q``, at a
            longitude and latitude.
    """
    if found.study is None or found.claim.predicate != "unchanged":
        return found
    places = [place_of(found.study, one) for _, one in found.changes]
    if not any(near(lon, lat) for lon, lat in places):
        return found
    return replace(found, finding=evidence.corroborated(found.finding))


def _strongest_near(one: Sighting, others: Sequence[Sighting], found: Inquiry) -> float:
    reach = SAME_PLACE_M / (found.study.pixel_m if found.study else 1.0)
    near = [o.strength for o in others if math.hypot(o.row - one.row, o.col - one.col) <= reach]
    return max(near, default=-math.inf)


def _shown(found: Inquiry, there: Weighed, one: Sighting) -> bool:
    """Whether the other date sees the place of a sighting."""
    if found.study is None:
        return False
    values = found.study.dated.values[there.chosen.index]
    return bool(np.isfinite(values[:, round(one.row), round(one.col)]).all())


def _areas(found: Inquiry) -> list[Area]:
    """Power for one object, zone by zone, at the worse of the two dates."""
    study, asked = found.study, found.quarry
    if study is None or asked is None:
        return []
    masks = [zone_mask(zone, study.dated.grid) for zone in asked.zones]
    total = sum(int(mask.sum()) for mask in masks)
    areas = []
    for mask in masks:
        powers = []
        for one in (found.weighed[0], found.weighed[-1]):
            trial = study.planted(one.chosen.index)
            inside = [
                strength
                for strength, place in zip(trial.strengths, trial.places, strict=True)
                if mask[place]
            ]
            hits = sum(strength >= one.glance.sure for strength in inside)
            rate = evidence.Rate(hits, len(inside))
            powers.append(rate.power * float(study.dated.clear(mask)[one.chosen.index]))
        areas.append(Area(int(mask.sum()) / max(total, 1), min(powers)))
    return areas


def place_of(study: Study, one: Sighting) -> tuple[float, float]:
    """Longitude and latitude of a sighting, degrees."""
    grid = study.dated.grid
    x, y = grid.transform @ (one.col + 0.5, one.row + 0.5)
    place = projected(shapely.Point(x, y), str(grid.crs), "EPSG:4326")
    return round(float(place.x), 6), round(float(place.y), 6)
