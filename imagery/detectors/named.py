"""Changed objects of a pair that have the shape of a large aircraft or of a vessel.

A planform of 45 m and more must answer at the place of an object that the pair has already kept;
nothing is added by it. What it says is a size class, a shape at that pixel size, not a type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely

from imagery.detectors import arrivals, large
from imagery.errors import NotObservable, UntrustedError
from imagery.model import Detection, Site
from imagery.pairs import Pair

MOST_PIXELS = 2**24
"""A site; what is larger is not read at once, and its objects stay without a class."""

FINEST_M = 5.0
"""Below that an aircraft is many pixels of its own structure, which no flat planform describes."""

WATER = frozenset({"anchorage", "basin", "berth", "harbour", "pier", "roadstead"})
GROUND = frozenset({"air_defence", "apron", "helipad", "runway", "stand"})
"""Kinds of zones where no aircraft, and where no vessel, stands; in others either may."""


def with_classes(found: Sequence[Detection], pair: Pair, site: Site) -> tuple[Detection, ...]:
    """The same objects, classed where a planform answers inside their outline.

    Args:
        found: Of the pair.
        pair: Registered and normalised.
        site: Its zones say where to look.
    """
    pixel_m, fit = abs(pair.grid.resolution.x), pair.normalization
    height, width = pair.shape
    in_zones = any(one.zone_id for one in found)
    if not in_zones or fit is None or pixel_m < FINEST_M or height * width > MOST_PIXELS:
        return tuple(found)
    before, after = pair.read(slice(0, height), slice(0, width))
    try:
        evidence = arrivals.evidence(before, after, fit, gsd_m=pixel_m)
    except (NotObservable, UntrustedError):
        return tuple(found)
    chosen = arrivals.operating_point(evidence, gsd_m=pixel_m)
    shapes = [
        shape
        for zone in site.zones
        for shape in large.changed_objects(evidence, chosen, grid=pair.grid, zone=zone)
        if _may_stand(shape.object_class, zone.kind)
    ]
    return tuple(_classed(one, shapes) for one in found)


def _may_stand(name: str, kind: str) -> bool:
    return kind not in (GROUND if name == "vessel" else WATER)


def _classed(one: Detection, shapes: Sequence[Detection]) -> Detection:
    inside = [
        shape
        for shape in shapes
        if shape.zone_id == one.zone_id and one.geometry.intersects(_middle(shape))
    ]
    if not inside:
        return one
    return replace(one, object_class=max(inside, key=lambda shape: shape.score).object_class)


def _middle(shape: Detection) -> shapely.Geometry:
    corners = shapely.get_coordinates(shape.geometry)
    return shapely.Point(*np.mean([corners.min(axis=0), corners.max(axis=0)], axis=0))
