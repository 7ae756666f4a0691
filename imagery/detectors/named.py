"""Changed objects of a pair that have the shape of an aircraft or of a vessel.

At the place of an object that the pair has already kept, a planform of 45 m and more must answer;
in pixels finer than 5 m an aircraft that came to or left an apron. Nothing is added by it. What it
says is a size class, a shape at that pixel size, not a type.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from odc.geo.geom import Geometry

from imagery.detectors import arrivals, large
from imagery.detectors.apron import changed_aircraft
from imagery.detectors.stands import WORKING_M
from imagery.errors import NotObservable, UntrustedError
from imagery.model import Detection, Site, Zone
from imagery.normalize import Normalization
from imagery.pairs import Pair

MOST_PIXELS = 2**24
"""A site, or of fine pixels a zone; what is larger is not read at once and gets no class."""

MOST_WORKING = 2**20
"""Pixels of a zone as its stands are looked at. So many take .6 GB; a larger zone gets no class."""

FINEST_M = 5.0
"""Below that an aircraft is many pixels of its own structure, which no flat planform describes."""

MARGIN_M = 100.0
"""Around a zone: more than the longest aircraft reaches beyond it."""

LONGER = 2.0
"""So many lengths of a shape an object with its shadow and blur may have; beyond, it is not it."""

WATER = frozenset({"anchorage", "basin", "berth", "harbour", "pier", "roadstead"})
GROUND = frozenset({"air_defence", "apron", "helipad", "runway", "stand"})
"""Kinds of zones where no aircraft, and where no vessel, stands; in others either may."""

STANDS = frozenset({"apron", "runway", "stand"})
"""Kinds of zones where fine pixels are searched for aircraft of any size."""


def with_classes(found: Sequence[Detection], pair: Pair, site: Site) -> tuple[Detection, ...]:
    """The same objects, classed where a shape answers inside their outline.

    Args:
        found: Of the pair.
        pair: Registered and normalised; of a radar pair nothing is classed.
        site: Its zones say where to look.
    """
    occupied = {one.zone_id for one in found}
    zones = [zone for zone in site.zones if zone.id in occupied]
    fit = pair.normalization
    if not zones or fit is None:
        return tuple(found)
    fine = abs(pair.grid.resolution.x) < FINEST_M
    shapes = _on_stands(pair, zones) if fine else _planforms(pair, fit, zones)
    return tuple(_classed(one, shapes) for one in found)


def _on_stands(pair: Pair, zones: Sequence[Zone]) -> list[Detection]:
    """Aircraft that came to or left the zones where they stand."""
    shapes = []
    factor = max(1, int(WORKING_M / abs(pair.grid.resolution.x)))
    for zone in (zone for zone in zones if zone.kind in STANDS):
        near = pair.grid.enclosing(Geometry(zone.geometry, "EPSG:4326")).buffered(MARGIN_M)
        rows, cols = (slice(each.start, each.stop) for each in pair.grid.overlap_roi(near))
        grid = pair.grid[rows, cols]
        if math.prod(grid.shape) > min(MOST_PIXELS, MOST_WORKING * factor**2):
            continue
        before, after = pair.read(rows, cols)
        shapes += changed_aircraft(before, after, grid=grid, zone=zone)
    return shapes


def _planforms(pair: Pair, fit: Normalization, zones: Sequence[Zone]) -> list[Detection]:
    """Large aircraft and vessels by their flat outline."""
    height, width = pair.shape
    pixel_m = abs(pair.grid.resolution.x)
    if height * width > MOST_PIXELS:
        return []
    before, after = pair.read(slice(0, height), slice(0, width))
    try:
        evidence = arrivals.evidence(before, after, fit, gsd_m=pixel_m)
    except (NotObservable, UntrustedError):
        return []
    chosen = arrivals.operating_point(evidence, gsd_m=pixel_m)
    return [
        shape
        for zone in zones
        for shape in large.changed_objects(evidence, chosen, grid=pair.grid, zone=zone)
        if _may_stand(shape.object_class, zone.kind)
    ]


def _may_stand(name: str, kind: str) -> bool:
    return kind not in (GROUND if name == "vessel" else WATER)


def _classed(one: Detection, shapes: Sequence[Detection]) -> Detection:
    inside = [
        shape
        for shape in shapes
        if shape.zone_id == one.zone_id
        and one.length_m <= LONGER * shape.length_m
        and one.geometry.intersects(_middle(shape))
    ]
    if not inside:
        return one
    return replace(one, object_class=max(inside, key=lambda shape: shape.score).object_class)


def _middle(shape: Detection) -> shapely.Geometry:
    corners = shapely.get_coordinates(shape.geometry)
    return shapely.Point(*np.mean([corners.min(axis=0), corners.max(axis=0)], axis=0))
