"""Campaigns put through the tool's own rules, with what does not depend on them measured once.

A campaign's objects stand in the pixels of its passes only. Null dates, and the power trials of
each pass without any object of the campaign, are measured once for a zone and a number of null
dates; the trials plant targets at other places, from seeds that follow from pixels. A real run
plants them beside the objects that are there, which cover 1 or 2 % of a zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.campaign_grounds import Ground, clouded, cut, kept
from benchmarks.campaigns import Campaign, Pass
from imagery import implant
from imagery.dated import Dated
from imagery.detectors import trials
from imagery.detectors.apron import zone_mask
from imagery.detectors.shapes import Shape
from imagery.detectors.sightings import Looking, Sighting, Witness
from imagery.detectors.study import CLEAR, Question, Study
from imagery.detectors.trials import Nulls, Planted, Wanted
from imagery.detectors.vehicle_park import Parked
from imagery.implant import Planting, Target
from pipelines import dossier, inquiry
from pipelines.claims.claim import Claim, Count, When
from pipelines.evidence import Finding, missed
from pipelines.moments import Chosen
from pipelines.quarry import DWELL_DAYS, UNIT, Quarry
from pipelines.weighed import Inquiry

CLASSES = {"aircraft": "large_aircraft", "vessel": "vessel", "vehicle": "air_defence"}
MISS = 0.01
DECIDABLE_NULLS = 24
MOST_NULLS = 50
WORDS = ("supported", "contradicted", "inconclusive", "not_observable", "no_imagery")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tool said of a campaign.

    Attributes:
        id: Of the campaign.
        word, reason: The verdict.
        posterior: Of the claim, None where nothing was weighed.
        miss: Chance of missing the claimed state at the sure point in all passes together.
        miss_low: The same at the low point.
        nulls: Null dates there were.
        answers: Of each pass.
    """

    id: str
    word: str
    reason: str | None
    posterior: float | None
    miss: float
    miss_low: float
    nulls: int
    answers: tuple[str, ...]


@dataclass(slots=True)
class Posed(Study):
    """A study whose looks are prepared once for one history."""

    looks: dict[tuple[int, ...], Looking] = field(default_factory=dict)
    backdrops: dict[tuple[int, ...], bool] = field(default_factory=dict)

    @property
    def hidden(self) -> bool:
        """See ``Study``."""
        if self.usable not in self.backdrops:
            self.backdrops[self.usable] = Study.hidden.fget(self)
        return self.backdrops[self.usable]

    def seen(self, index: int) -> list[Sighting]:
        """See ``Study``."""
        earlier = tuple(trials.earlier_dates(index, self.usable))
        if earlier not in self.looks:
            self.looks[earlier] = self.witness.against(self.dated.values, earlier)
        return self.looks[earlier](self.dated.values[index])


@dataclass(slots=True)
class Scene:
    """A zone with one size of object, and what was measured there.

    Attributes:
        dated: Cut around the zone.
        corner: Of the cut, pixels of the ground.
        quarry: What is looked for.
        inside: (y, x) the zone.
        witness: Who looks.
        clear: Of each date.
    """

    ground: Ground
    dated: Dated
    corner: tuple[int, int]
    quarry: Quarry
    inside: NDArray[np.bool_]
    witness: Witness
    clear: NDArray[np.float64]
    contrasts: tuple[float, float]
    cache: Path | None
    code: str
    nulls: dict[int, tuple[float, ...]] = field(default_factory=dict)
    elsewhere: dict[tuple[int, ...], Nulls] = field(default_factory=dict)
    planted: dict[tuple[int, tuple[int, ...], int], Planted] = field(default_factory=dict)
    looks: dict[tuple[int, ...], Looking] = field(default_factory=dict)
    backdrops: dict[tuple[int, ...], bool] = field(default_factory=dict)

    def usable(self, before: int, count: int) -> tuple[int, ...]:
        """The clear dates next before the first pass: chosen by calendar and cloud."""
        clear = [n for n in range(before) if self.clear[n] >= CLEAR]
        return tuple(clear[-count:])

    def null_dates(self, usable: tuple[int, ...]) -> Nulls:
        """What the witness sees on them; each date is judged once for all campaigns."""
        if isinstance(self.witness, Parked):
            return self._elsewhere(usable)
        missing = [n for n in usable if n not in self.nulls]
        if missing:
            every = [n for n in range(len(self.dated)) if self.clear[n] >= CLEAR]
            key = f"nulls {self.code} {self._key()}"
            made = kept(
                self.cache, key, lambda: trials.nulls(self.dated.values, self.witness, every)
            )
            self.nulls = dict(zip(made.indices, made.strengths, strict=True))
        return Nulls(tuple(usable), tuple(self.nulls[n] for n in usable))

    def trials(self, index: int, usable: tuple[int, ...], together: int) -> Planted:
        """Power trials in a pass without the objects of any campaign."""
        if len(usable) >= trials.HISTORY:  # the history is the same, whatever more null dates say
            usable = self.usable(usable[-1] + 1, MOST_NULLS)
        key = index, usable, together
        if key not in self.planted:
            self.planted[key] = kept(
                self.cache,
                f"trials {self.code} {self._key()} {self.contrasts} {key}",
                lambda: replace(self.study(usable).planted(index, together), picture=None),
            )
        return self.planted[key]

    def study(self, usable: tuple[int, ...]) -> Posed:
        """The zone's question with some null dates."""
        question = Question(self.quarry.target, self.contrasts, self.inside)
        posed = Posed(self.dated, question, self.witness, usable, self.ground.pixel_m)
        posed._nulls = self.null_dates(usable)
        posed.looks, posed.backdrops = self.looks, self.backdrops
        return posed

    def _elsewhere(self, usable: tuple[int, ...]) -> Nulls:
        if usable not in self.elsewhere:
            question = Question(self.quarry.target, self.contrasts, self.inside)
            posed = Study(self.dated, question, self.witness, usable, self.ground.pixel_m)
            self.elsewhere[usable] = posed.nulls
        return self.elsewhere[usable]

    def _key(self) -> str:
        zone, target = self.quarry.zones[0].id, self.quarry.target.name
        return f"{self.ground.name} {self.ground.days} {zone} {target} {self.corner}"


def scene(ground: Ground, campaign: Campaign, *, cache: Path | None, code: str) -> Scene:
    """The zone of a campaign, ready to be asked."""
    dated, corner, zone = cut(ground, campaign.zone, campaign.kind)
    wanted = Wanted(1, 1)
    target = trials.sized(campaign.kind, campaign.length_m)
    dwell = DWELL_DAYS[CLASSES[campaign.kind]]
    quarry = Quarry(campaign.kind, target, (zone,), wanted, dwell, any_size=False)
    inside = zone_mask(zone, dated.grid)
    witness = dossier.witness(quarry, inside, dated, losses=False)
    return Scene(
        ground,
        dated,
        corner,
        quarry,
        inside,
        witness,
        dated.clear(inside),
        campaign.contrasts,
        cache,
        code,
    )


def run(campaign: Campaign, at: Scene) -> Outcome:
    """Plant, look, weigh; the pixels are put back."""
    days = at.ground.days
    indices = [days.index(one.day) for one in campaign.passes]
    usable = at.usable(min(indices), campaign.nulls)
    study = at.study(usable)
    for index in indices:
        for together in {1, _wanted(campaign).planted}:
            study._planted[index, together] = at.trials(index, usable, together)
    values = at.dated.values
    before = {index: values[index].copy() for index in indices}
    try:
        for index, one in zip(indices, campaign.passes, strict=True):
            values[index] = pictured(before[index], one, at)
        found = _judged(campaign, at, study, indices)
    finally:
        for index, plain in before.items():
            values[index] = plain
    return _outcome(campaign, found, len(usable))


def pictured(values: NDArray[np.float32], one: Pass, at: Scene) -> NDArray[np.float32]:
    """(band, y, x) a pass with its objects and its clouds."""
    out = values
    shape = at.quarry.target
    for thing in one.things:
        out = _with(out, shape, (thing.row - at.corner[0], thing.col - at.corner[1]), thing, at)
    return clouded(out, at.inside, one.clouds, one.clouds_from_deg)


def _with(values, shape: Shape, place: tuple[float, float], thing, at: Scene):
    row, col = round(place[0]), round(place[1])
    planting = Planting(
        np.array([row]),
        np.array([col]),
        np.array([[place[0] - row, place[1] - col]]),
        np.array([thing.heading_deg]),
    )
    ground = values[:, row, col]
    darkest = -float(np.nanmin(ground)) if np.isfinite(ground).any() else 0.0
    level = max(thing.contrast, 0.8 * darkest)  # nothing is darker than black
    side = (at.ground.pixel_m, at.ground.pixel_m)
    return implant.paint(values, planting, Target(shape, (level,)), pixel_m=side)


def _judged(campaign: Campaign, at: Scene, study: Posed, indices: Sequence[int]) -> Inquiry:
    claim = _claim(campaign)
    asked = replace(at.quarry, wanted=_wanted(campaign))
    chosen = [
        Chosen(index, one.role, one.days_off, one.group)
        for index, one in zip(indices, campaign.passes, strict=True)
    ]
    found = Inquiry(claim, Finding("inconclusive", None), quarry=asked, study=study)
    return inquiry.tested(found, chosen)


def _wanted(campaign: Campaign) -> Wanted:
    if campaign.kind == "vehicle":
        return UNIT
    number = 1 if campaign.predicate in ("absent", "unchanged") else campaign.claimed
    return Wanted(number, number)


def _claim(campaign: Campaign) -> Claim:
    first, last = campaign.passes[0].day, campaign.passes[-1].day
    words = f"{campaign.claimed} {campaign.kind}: {campaign.predicate}"
    counted = campaign.kind != "vehicle" and campaign.predicate not in ("absent", "unchanged")
    return Claim(
        id="c",
        quote=words,
        start=0,
        end=len(words),
        prefix="",
        suffix="",
        site=campaign.ground,
        site_id=None,
        object_class=CLASSES[campaign.kind],
        object_text=campaign.kind,
        count=Count("ge", campaign.claimed) if counted else Count("none", None),
        predicate=campaign.predicate,
        date=When(first, last),
        source=None,
        attribution=(),
        hedge=None,
        checkable=True,
        reason=None,
    )


def _outcome(campaign: Campaign, found: Inquiry, dates: int) -> Outcome:
    sides = {(one.chosen.role, one.chosen.group) for one in found.weighed}
    passes = [
        [w.acquisition for w in found.weighed if (w.chosen.role, w.chosen.group) == side]
        for side in sides
    ]
    sure, low = (
        max(
            (missed([(a.clear, a.relevance * power(a)) for a in side]) for side in passes),
            default=1.0,
        )
        for power in (lambda a: a.sure.power.power, lambda a: a.low.power.power)
    )
    verdict = found.finding
    return Outcome(
        campaign.id,
        verdict.word,
        verdict.reason,
        verdict.posterior,
        sure,
        low,
        dates,
        tuple(one.acquisition.answer for one in found.weighed),
    )
