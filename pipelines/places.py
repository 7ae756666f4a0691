"""Where things stand in two or more images of a site: at the same place, at another, unseen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely

from imagery.detectors.apron import projected
from imagery.detectors.sightings import Sighting
from imagery.detectors.study import Glance, Study
from imagery.forecast import SURROUND_PX
from pipelines.weighed import Inquiry, Weighed

SAME_PLACE_M = 60.0
"""A sighting and another within these metres, or an object of a comparison, are one."""


def faint(glance: Glance) -> float:
    """Strength from which on a sighting may be an object: the low point, where there is one."""
    return glance.low if math.isfinite(glance.low) else glance.sure


def strongest_near(one: Sighting, others: Sequence[Sighting], found: Inquiry) -> float:
    """Strength of the surest sighting at the place of another, -inf where there is none."""
    reach = SAME_PLACE_M / (found.study.pixel_m if found.study else 1.0)
    near = [o.strength for o in others if math.hypot(o.row - one.row, o.col - one.col) <= reach]
    return max(near, default=-math.inf)


def shown(found: Inquiry, there: Weighed, one: Sighting) -> bool:
    """Whether the other date sees the place of a sighting, and the surround it stands out of."""
    if found.study is None or found.quarry is None:
        return False
    values = found.study.dated.values[there.chosen.index]
    half = found.quarry.target.length_m / 2 / found.study.pixel_m
    reach = math.ceil(half) + SURROUND_PX
    row, col = round(one.row), round(one.col)
    if not (reach <= row < values.shape[1] - reach and reach <= col < values.shape[2] - reach):
        return False
    place = values[:, row - reach : row + reach + 1, col - reach : col + reach + 1]
    return bool(np.isfinite(place).all())


def taken_in_turn(found: Inquiry, weighed: Sequence[Weighed]) -> int:
    """Places where some image may show an object: each image may hide another one of them."""
    places: list[Sighting] = []
    for one in weighed:
        for each in one.glance.sightings:
            alone = math.isinf(strongest_near(each, places, found))
            if each.strength >= faint(one.glance) and alone:
                places.append(each)
    return len(places)


def all_there(found: Inquiry, weighed: Sequence[Weighed]) -> bool:
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
        strongest_near(one, later.sightings, found) >= later.sure for one in stood
    )


def place_of(study: Study, one: Sighting) -> tuple[float, float]:
    """Longitude and latitude of a sighting, degrees."""
    grid = study.dated.grid
    x, y = grid.transform @ (one.col + 0.5, one.row + 0.5)
    place = projected(shapely.Point(x, y), str(grid.crs), "EPSG:4326")
    return round(float(place.x), 6), round(float(place.y), 6)
