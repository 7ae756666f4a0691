"""Unusual objects of each date of a history, with the chance that a zone's are more than chance.

What stands out of its own forecast may be an aircraft, a parked lorry or a puff of cloud. How many
such objects of at least that size stand around the zones on the same date, on water for a zone of
water and on land for others, says how many to expect inside by whatever is at work everywhere; the
rest is the zone's own. Where the surround is as dense, nothing is known: boats go there too.

Source:
    Share of false finds from a set where all are false: Elias & Gygi 2007,
    doi:10.1038/nmeth1019; with one added so that a small set is not believed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import rasterio.features
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from skimage.measure import label

from imagery.alarms import LEAST_PX
from imagery.detectors.apron import projected
from imagery.model import Detection
from imagery.objects import END_SD_PX, long_sides

LONGEST_M = 350.0
"""No aircraft or vessel is longer; what is counts as unusual ground, not as an object."""


@dataclass(frozen=True, slots=True)
class Regions:
    """Connected anomalous pixels of one date that are objects by their size; (n,) each.

    Attributes:
        labels: (y, x) from 1, 0 = none; more than n, since some are no objects.
        numbers: Labels of the objects.
        pixels: How many each has.
        middles: (n, 2) row and column.
    """

    labels: NDArray[np.int32]
    numbers: NDArray[np.intp]
    pixels: NDArray[np.intp]
    middles: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An unusual object of one date, not drawn.

    Attributes:
        id: Unique on its date.
        zone_id: The zone that holds most of it.
        number: Its label.
        pixels: Its size.
        probability: As the module says; NaN where that is nothing.
    """

    id: str
    zone_id: str
    number: int
    pixels: int
    probability: float


def candidates(
    anomalous: NDArray[np.bool_],
    zones: Mapping[str, NDArray[np.bool_]],
    *,
    pixel_m: float,
    water: NDArray[np.bool_],
) -> list[Candidate]:
    """The unusual objects of one date inside zones, by zone, then largest first.

    Args:
        anomalous: (y, x) True = differs from its forecast.
        zones: Pixels of each zone, (y, x).
        pixel_m: Pixel size, metres.
        water: (y, x) True = water.
    """
    if not zones or not anomalous.any():
        return []
    return _candidates(_regions(anomalous, pixel_m), zones, water)


def unusual(
    anomalous: NDArray[np.bool_],
    zones: Mapping[str, NDArray[np.bool_]],
    *,
    grid: GeoBox,
    water: NDArray[np.bool_],
) -> list[Detection]:
    """``candidates`` with outlines, which take several times as long.

    Args:
        anomalous: (y, x) True = differs from its forecast.
        zones: Pixels of each zone, (y, x).
        grid: Of both.
        water: (y, x) True = water.

    Returns:
        Direction ``present``; ``score`` is the number of pixels, ``p`` and ``q`` are NaN.
    """
    if not zones or not anomalous.any():
        return []
    found = _regions(anomalous, abs(grid.resolution.x))
    told = _candidates(found, zones, water)
    wanted = np.isin(found.labels, [one.number for one in told])
    outlines = _outlines(found, wanted, grid)
    return _measured([_detection(one, outlines[one.number]) for one in told], grid)


def _candidates(
    found: Regions, zones: Mapping[str, NDArray[np.bool_]], water: NDArray[np.bool_]
) -> list[Candidate]:
    held = _held_by(found, zones)
    outside = ~np.any(list(zones.values()), axis=0)
    told = []
    for place, (zone, pixels) in enumerate(zones.items()):
        size = int(pixels.sum())
        like = outside & (water == (2 * int((water & pixels).sum()) > size))
        around = np.sort(found.pixels[(held < 0) & like[tuple(found.middles.T)]])
        share = size / max(int(like.sum()), 1)
        own = np.flatnonzero(held == place)
        own = own[np.argsort(-found.pixels[own], kind="stable")]
        as_large = len(around) - np.searchsorted(around, found.pixels[own])
        for rank, (each, more) in enumerate(zip(own, as_large, strict=True), start=1):
            chance = 1 - (int(more) + 1) * share / rank
            one = Candidate(
                id=f"{zone}.u{rank:04d}",
                zone_id=zone,
                number=int(found.numbers[each]),
                pixels=int(found.pixels[each]),
                probability=chance if chance > 0 else math.nan,
            )
            told.append(one)
    return told


def _regions(anomalous: NDArray[np.bool_], pixel_m: float) -> Regions:
    labels = label(anomalous, connectivity=2).astype(np.int32)
    places = np.nonzero(labels)
    owner = labels[places]
    pixels = np.bincount(owner)
    order = np.argsort(owner, kind="stable")
    first = np.cumsum(pixels)[:-1]  # in that order; no pixel has label 0
    sides = [
        np.maximum.reduceat(side[order], first) - np.minimum.reduceat(side[order], first) + 1
        for side in places
    ]
    longest = np.maximum(*sides) * pixel_m
    numbers = np.flatnonzero((pixels[1:] >= LEAST_PX) & (longest <= LONGEST_M)) + 1
    sums = np.stack([np.bincount(owner, weights=side) for side in places], axis=1)
    middles = np.rint(sums[numbers] / pixels[numbers, None]).astype(np.intp)
    return Regions(labels, numbers, pixels[numbers], middles)


def _held_by(found: Regions, zones: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.intp]:
    """(n,) place of the zone that holds most of each object, -1 = none does any."""
    size = int(found.labels.max(initial=0)) + 1
    shares = [np.bincount(found.labels[zone], minlength=size) for zone in zones.values()]
    inside = np.stack(shares)[:, found.numbers]
    return np.where(inside.max(axis=0) > 0, inside.argmax(axis=0), -1)


def _outlines(
    found: Regions, wanted: NDArray[np.bool_], grid: GeoBox
) -> dict[int, shapely.Geometry]:
    pieces: dict[int, list[shapely.Geometry]] = {}
    for outline, number in rasterio.features.shapes(found.labels, wanted, transform=grid.transform):
        pieces.setdefault(int(number), []).append(shapely.geometry.shape(outline))
    return {number: shapely.union_all(parts) for number, parts in pieces.items()}


def _detection(one: Candidate, outline: shapely.Geometry) -> Detection:
    return Detection(
        id=one.id,
        geometry=outline,
        zone_id=one.zone_id,
        object_class="unusual",
        direction="present",
        score=float(one.pixels),
        p=math.nan,
        q=math.nan,
        probability=one.probability,
        length_m=math.nan,
        length_sd_m=math.nan,
        area_m2=float(outline.area),
    )


def _measured(found: list[Detection], grid: GeoBox) -> list[Detection]:
    """With lengths, and outlines in longitude and latitude: all at once, which is much faster."""
    if not found:
        return found
    outlines = np.array([one.geometry for one in found])
    lengths = long_sides(outlines)
    whole = projected(shapely.GeometryCollection(list(outlines)), str(grid.crs), "EPSG:4326")
    spread = math.sqrt(2) * END_SD_PX * abs(grid.resolution.x)
    return [
        replace(one, geometry=part, length_m=length, length_sd_m=spread)
        for one, part, length in zip(found, shapely.get_parts(whole), lengths, strict=True)
    ]
