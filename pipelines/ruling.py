"""From an inquiry to the verdict that is printed: figures, links, the sentence and its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely

from imagery.detectors.planform import LEAST_OBSERVABLE, observable
from imagery.detectors.sightings import Sighting
from imagery.detectors.study import Study
from imagery.detectors.trials import HISTORY
from imagery.detectors.vehicle_park import Parked
from imagery.detectors.vehicles import COARSEST_M as VEHICLES_M
from imagery.detectors.vessels import COARSEST_M as VESSELS_M
from imagery.forecast import LEAST_DATES
from imagery.implant import interval
from imagery.write import utc_text
from pipelines import evidence
from pipelines.claims.claim import Claim
from pipelines.claims.routing import explain
from pipelines.places import SAME_PLACE_M, place_of
from pipelines.quarry import CONTRASTS, SHORTEST_VESSEL_M, Quarry, zones_named
from pipelines.sentences import Facts, describe
from pipelines.verdict import Link, Seen, Verdict
from pipelines.weighed import Inquiry, Weighed

SENSORS = {"sentinel-2": "Sentinel-2", "landsat": "Landsat", "planetscope": "PlanetScope"}

DEGREE_M = 111_320.0
"""Metres of a degree of latitude, enough to compare places a few metres apart."""

MOST_LINKS = 12
"""Sightings that are linked of one acquisition, strongest first."""

FINEST_AIRCRAFT_M = tuple(10.0 * 0.8**n for n in range(18))


@dataclass(frozen=True, slots=True)
class Changed:
    """A changed object of a comparison that a sighting may be.

    Attributes:
        name: ``sites/<site>/<days>#<id>``.
        days: ISO days of the two dates.
        site_id: Of the comparison.
        outline: Longitude and latitude.
        properties: As in ``detections.geojson``.
    """

    name: str
    days: tuple[str, str]
    site_id: str
    outline: shapely.Geometry
    properties: Mapping[str, Any]

    def near(self, lon: float, lat: float) -> bool:
        """Whether a place is on the object or within ``SAME_PLACE_M`` of it."""
        stretch = math.cos(math.radians(lat))
        flat = shapely.transform(self.outline, lambda at: (at - [lon, lat]) * [stretch, 1.0])
        away: float = flat.distance(shapely.Point(0, 0)) * DEGREE_M
        return away <= SAME_PLACE_M


def routed(claim: Claim) -> Verdict:
    """The outcome of a statement that no overhead image can test."""
    route = explain(str(claim.reason))
    return Verdict(claim.id, "not_observable", claim.reason, route.sentence, instead=route.instead)


def unplaced(claim: Claim) -> Verdict:
    """The outcome of a checkable statement about a place of which there is no outline."""
    sentence = "No site file outlines the place that it names; with one (--site) it can be tested."
    return Verdict(claim.id, "no_imagery", "no_place", sentence)


def undated(claim: Claim) -> Verdict:
    """The outcome of a checkable statement without a date."""
    return Verdict(
        claim.id,
        "not_observable",
        "no_time",
        explain("no_time").sentence,
        instead=explain("no_time").instead,
    )


def ruling(found: Inquiry, changed: Sequence[Changed]) -> Verdict:
    """The outcome of a statement that was tested.

    Args:
        found: What became of it.
        changed: Objects of the comparisons at its site.
    """
    claim, verdict = found.claim, found.finding
    sentence, said = describe(verdict.word, verdict.reason, claim.predicate, _facts(found))
    if found.beyond is not None:
        sentence, said = found.beyond.sentence, {}
    if claim.retracted_by is not None:
        sentence += " The text itself withdraws this statement later."
    deciding = decisive(found)
    return Verdict(
        claim_id=claim.id,
        verdict=verdict.word,
        reason=verdict.reason,
        sentence=sentence,
        said=said,
        lr=verdict.ratio,
        posterior=verdict.posterior,
        instead=_instead(found),
        zones=tuple(zone.id for zone in found.quarry.zones) if found.quarry else (),
        assumptions=_assumptions(found.quarry) if found.quarry else {},
        seen=tuple(_seen(found, one) for one in found.weighed),
        links=_links(found, changed),
        **(_figures(deciding) if deciding else {}),
    )


def _figures(one: Weighed) -> dict[str, Any]:
    sure, glance = one.acquisition.sure, one.glance
    return {
        "power": sure.power.power,
        "power_ci": interval(glance.power_sure.count, glance.power_sure.trials)
        if glance.power_sure.trials
        else None,
        "false_alarm": sure.false_alarm.false_alarm,
        "n_null": sure.false_alarm.trials,
        "k_null": sure.false_alarm.count,
        "clear": glance.clear,
        "relevance": one.acquisition.relevance,
    }


def decisive(found: Inquiry) -> Weighed | None:
    """The acquisition that weighs most; of a change, among those after it."""
    if not found.weighed:
        return None
    later = [one for one in found.weighed if one.chosen.role != "before"]
    among = later or list(found.weighed)
    if found.claim.predicate in ("unchanged", "departed"):
        return among[-1]
    against = found.finding.ratio is not None and found.finding.ratio < 1
    sign = -1 if against else 1
    return max(among, key=lambda one: (sign * math.log(one.acquisition.ratio), one.chosen.index))


def _seen(found: Inquiry, one: Weighed) -> Seen:
    glance, made = one.glance, one.acquisition
    dated = found.study.dated if found.study else None
    when = dated.moments[one.chosen.index] if dated else None
    return Seen(
        scene=made.scene,
        datetime=str(utc_text(when)),
        role=one.chosen.role,
        answer=made.answer,
        count=glance.count_sure,
        count_low=glance.count_low,
        facts={
            "clear": glance.clear,
            "relevance": made.relevance,
            "days_off": one.chosen.days_off,
            "sure": glance.sure,
            "low": glance.low if math.isfinite(glance.low) else None,
            "power_found": glance.power_sure.count,
            "power_trials": glance.power_sure.trials,
            "power_low_found": glance.power_low.count,
            "power_low_trials": glance.power_low.trials,
            "null_alarms": glance.false_sure.count,
            "null_dates": glance.false_sure.trials,
            "null_alarms_low": glance.false_low.count,
            "null_any": glance.extra.count,
            "counted_twice": glance.twice.count,
            "wrong": made.sure.wrong,
            "lr": made.ratio,
        },
    )


def _facts(found: Inquiry) -> Facts:
    asked, claim = found.quarry, found.claim
    base = Facts(simulated=found.simulated)
    if asked is None:
        return base
    known: dict[str, Any] = {
        "simulated": found.simulated,
        "zone": zones_named(asked.zones),
        "kind": "helicopter" if claim.object_class == "helicopter" else asked.kind,
        "length_m": asked.target.length_m,
        "span_m": asked.target.span_m if asked.kind == "aircraft" else None,
        "claim_start": _date(claim.date.start) if claim.date else None,
        "claim_end": _date(claim.date.end) if claim.date else None,
        "wanted": asked.wanted.sighted,
        "most": claim.count.op == "le",
        "stays_days": asked.dwell_days,
        "smallest_m": asked.target.length_m,
        "pixel_m": found.product[1] if found.product else found.finest_m,
        "needed_pixel_m": needed(asked),
        "dates_needed": evidence.LEAST_NULLS,
    }
    if found.product is not None:
        known["sensor"] = next(
            (name for prefix, name in SENSORS.items() if found.product[0].startswith(prefix)), None
        )
    return Facts(**known | _measured(found))


def _measured(found: Inquiry) -> dict[str, Any]:
    one, study = decisive(found), found.study
    if one is None or study is None:
        return {}
    days = [study.dated.moments[each.chosen.index].date() for each in found.weighed]
    glance = one.glance
    facts: dict[str, Any] = {
        "day": study.dated.moments[one.chosen.index].date(),
        "images": len(found.weighed),
        "clear": glance.clear,
        "seen": glance.count_sure if _looked(study) else None,
        "possible": glance.count_low if math.isfinite(glance.low) else None,
        "earlier": None if isinstance(study.witness, Parked) else min(HISTORY, len(study.usable)),
        "power": one.acquisition.sure.power.power,
        "miss": found.finding.miss,
        "n_null": glance.false_sure.trials,
        "k_null": glance.false_sure.count,
        "n_any": glance.extra.count,
        "places": isinstance(study.witness, Parked),
        "gap_days": max(each.chosen.days_off for each in found.weighed),
        "ratio": found.finding.ratio,
    }
    if found.claim.predicate == "unchanged":
        areas = found.areas
        shown = sum(area.share for area in areas if area.power >= evidence.UNCHANGED_POWER)
        first = found.weighed[0].chosen.index
        facts |= {
            "day_before": days[0],
            "left": sum(index == first for index, _ in found.changes),
            "came": sum(index != first for index, _ in found.changes),
            "shown_share": shown,
        }
    if found.claim.predicate in ("departed", "arrived"):
        earlier = _before(found)
        gone = [each for each in found.weighed if each.acquisition.answer == "ruled_out"]
        if earlier is not None:
            facts |= {
                "day_before": study.dated.moments[earlier.chosen.index].date(),
                "seen_before": earlier.glance.count_sure,
            }
        if found.claim.predicate == "departed":
            facts["passes"] = len(gone)
        if found.stood is not None:
            told = [each for each in found.weighed if each.acquisition.answer == "seen"]
            facts |= {
                "losses": True,
                "day_before": study.dated.moments[study.usable[-1]].date(),
                "seen_before": found.stood,
                "passes": len(told),
            }
    return facts


def _looked(study: Study) -> bool:
    """Whether the witness could look at all: a newcomer is only seen against earlier dates."""
    return isinstance(study.witness, Parked) or len(study.usable) >= LEAST_DATES


def _before(found: Inquiry) -> Weighed | None:
    """The last acquisition before a change."""
    roles = [one for one in found.weighed if one.chosen.role == "before"]
    if roles:
        return roles[-1]
    seen = [one for one in found.weighed if one.acquisition.answer == "seen"]
    return seen[-1] if seen else None


def needed(asked: Quarry) -> float | None:
    """The coarsest of a few pixel sizes that could show such an object; None: not of ours."""
    if asked.kind == "vehicle":
        return VEHICLES_M
    if asked.kind == "vessel":
        return VESSELS_M if asked.target.length_m >= SHORTEST_VESSEL_M else None
    fits = (
        size
        for size in FINEST_AIRCRAFT_M
        if observable(asked.target, gsd_m=size) >= LEAST_OBSERVABLE
    )
    return round(next(fits, FINEST_AIRCRAFT_M[-1]), 1)


def _instead(found: Inquiry) -> str | None:
    if found.beyond is not None:
        return found.beyond.instead
    if found.finding.reason == "sub_resolution":
        return "Images with finer pixels, from a commercial archive; footage with a known place."
    if found.finding.reason == "intent":
        return explain("intent").instead
    return None


def _assumptions(asked: Quarry) -> dict[str, Any]:
    return {
        "length_m": asked.target.length_m,
        "span_m": round(asked.target.span_m, 1),
        "size_declared_here": asked.any_size,
        "least_contrast": CONTRASTS[0],
        "largest_contrast": CONTRASTS[1],
        "stays_days": asked.dwell_days,
        "swept_by": [0.5, 2.0],
        "objects_planted": asked.wanted.planted,
        "objects_sighted": asked.wanted.sighted,
    }


def _links(found: Inquiry, changed: Sequence[Changed]) -> tuple[Link, ...]:
    asked, study = found.quarry, found.study
    if asked is None or study is None:
        return ()
    links = []
    for one in found.weighed:
        level = one.glance.low if math.isfinite(one.glance.low) else one.glance.sure
        day = study.dated.days[one.chosen.index]
        for each in [each for each in one.glance.sightings if each.strength >= level][:MOST_LINKS]:
            lon, lat = place_of(study, each)
            links.append(
                Link(
                    scene=one.acquisition.scene,
                    datetime=str(utc_text(study.dated.moments[one.chosen.index])),
                    lon=lon,
                    lat=lat,
                    length_m=each.length_m if math.isfinite(each.length_m) else None,
                    strength=each.strength,
                    sure=one.glance.sure,
                    detection=next(
                        (c.name for c in changed if day in c.days and c.near(lon, lat)), None
                    ),
                    where=1.0,
                    when=one.acquisition.relevance,
                    what=_what(each, asked, one.glance.sure),
                    how_many=min(1.0, one.glance.count_sure / asked.wanted.sighted),
                )
            )
    return tuple(links)


def _what(one: Sighting, asked: Quarry, sure: float) -> float:
    """How well a size fits: the measured length where there is one, else the planform's answer."""
    if math.isfinite(one.length_m):
        ratio = one.length_m / asked.target.length_m
        return min(ratio, 1 / ratio)
    return max(0.0, min(1.0, one.strength / sure)) if sure > 0 else 1.0


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
