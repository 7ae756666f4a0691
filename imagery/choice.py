"""The order in which scenes are preferred: by what they show, then by how alike they see it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pystac

from imagery import stack
from imagery.catalogs import PRODUCT
from imagery.model import Period
from imagery.passes import moment
from imagery.radar_words import VERSIONS
from imagery.sensors import PRODUCTS
from imagery.views import View

TIE = 0.01
"""Clear fractions closer than this are equal: quality layers are not more exact."""

SUN_STEP_DEG = 5.0
"""Suns closer than this are alike: the shadow of a wall of 20 m ends within 3 m of the same place
while the sun stands above 30 degrees, a third of a pixel of 10 m."""

ORBIT = "sat:relative_orbit"


def kind(view: View) -> tuple[str, tuple[str, ...]]:
    """Product and bands: scenes that agree in them can be compared."""
    bands = sorted(stack.common_bands(view.item, view.item))
    return view.item.properties[PRODUCT], tuple(bands)


def rank(view: View, period: Period) -> tuple[float, timedelta, datetime, str]:
    """Among scenes that are equally clear the least comes first."""
    return view.pixel_m, _off_middle(view, period), moment(view.item), view.item.id


def best(views: Sequence[View], period: Period) -> View:
    """The clearest, within ``TIE`` the first by ``rank``."""
    return min(_clearest(views), key=lambda view: rank(view, period))


def best_couple(
    before: Sequence[View], after: Sequence[View], *, periods: tuple[Period, Period]
) -> tuple[View, View]:
    """Of the scenes that are clearest in their period within ``TIE`` the two most alike.

    The finest first; then the same relative orbit (of radar also the same platform and
    processing: their geolocation differs); suns within ``SUN_STEP_DEG``; nearest to the middles
    of the periods; earliest; first by id.
    """

    def order(couple: tuple[View, View]) -> tuple[Any, ...]:
        first, second = couple
        ranks = [rank(view, period) for view, period in zip(couple, periods, strict=True)]
        middle = ranks[0][1] + ranks[1][1]
        rest = [each for pair in zip(ranks[0][2:], ranks[1][2:], strict=True) for each in pair]
        unlike = _unlike(first.item, second.item), _sun_steps(first.item, second.item)
        return max(first.pixel_m, second.pixel_m), *unlike, middle, *rest

    return min(product(_clearest(before), _clearest(after)), key=order)


def caveats(before: pystac.Item, after: pystac.Item) -> tuple[str, ...]:
    """What a reader must know of how two scenes see a place, one sentence each.

    Relative orbits that differ shift what is tall; radar scenes of two platforms or processing
    versions may lie tens of metres apart though nothing moved.
    """
    said: list[str] = []
    radar = PRODUCTS[before.properties[PRODUCT]].radar
    effect = (
        "a step of the geolocation looks like change" if radar else "tall objects lean differently"
    )
    names = ("relative orbit", "platform", "processing version")
    for name, (one, other) in zip(names, _compared(before, after), strict=False):
        if one != other:
            these = f"{one or 'unknown'} and {other or 'unknown'}"
            said.append(f"The {name} differs between the dates ({these}): {effect}.")
        elif one is None and radar:
            said.append(f"The {name} of the two dates is not known, nor whether it is the same.")
    return tuple(said)


def _clearest(views: Sequence[View]) -> list[View]:
    most = max(view.clear for view in views)
    return [view for view in views if view.clear >= most - TIE]


def _off_middle(view: View, period: Period) -> timedelta:
    middle = period.start + (period.end - period.start) / 2
    return abs(moment(view.item) - middle)


def _compared(before: pystac.Item, after: pystac.Item) -> list[tuple[Any, Any]]:
    """Orbit, and of radar platform and processing, of both; None where not known."""
    said = [item.properties for item in (before, after)]
    found: list[tuple[Any, Any]] = [(said[0].get(ORBIT), said[1].get(ORBIT))]
    if PRODUCTS[said[0][PRODUCT]].radar:
        found.append((said[0].get("platform"), said[1].get("platform")))
        versions = [next((str(s[key]) for key in VERSIONS if key in s), None) for s in said]
        found.append((versions[0], versions[1]))
    return found


def _unlike(before: pystac.Item, after: pystac.Item) -> int:
    """0 where all is the same; what is not known stands between the same and another."""
    return sum(
        1 if None in values else 2 * (values[0] != values[1]) for values in _compared(before, after)
    )


def _sun_steps(before: pystac.Item, after: pystac.Item) -> int:
    """How far apart the suns are, in steps; 1 where that is not known."""
    suns = []
    for item in (before, after):
        angles = [item.properties.get(f"view:sun_{key}") for key in ("elevation", "azimuth")]
        if None in angles:
            return 1
        suns.append([math.radians(float(angle)) for angle in angles if angle is not None])
    (up, around), (other_up, other_around) = suns
    cosine = math.sin(up) * math.sin(other_up)
    cosine += math.cos(up) * math.cos(other_up) * math.cos(around - other_around)
    return int(math.degrees(math.acos(max(-1.0, min(1.0, cosine)))) // SUN_STEP_DEG)
