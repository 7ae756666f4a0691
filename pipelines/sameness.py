"""Statements that nothing changed: an equivalence of two dates, not the lack of a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from imagery.detectors.apron import zone_mask
from pipelines import evidence
from pipelines.evidence import Area
from pipelines.places import faint, place_of, shown, strongest_near
from pipelines.weighed import Inquiry

MOST_Q = 0.05
"""False-discovery rate of an object of a comparison that may contradict "unchanged"."""


def unchanged(found: Inquiry) -> Inquiry:
    """Nothing of the declared size came or left between two dates."""
    first, last = found.weighed[0], found.weighed[-1]
    sure, doubtful = [], 0
    for here, there in ((first, last), (last, first)):
        for one in here.glance.sightings:
            near = strongest_near(one, there.glance.sightings, found)
            gone = near < there.glance.low and shown(found, there, one)
            if gone and one.strength >= here.glance.sure:
                sure.append((here.chosen.index, one))
            elif one.strength >= faint(here.glance) and near < faint(there.glance):
                doubtful += 1
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
