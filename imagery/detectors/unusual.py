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
from scipy.ndimage import find_objects
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


def unusual(
    anomalous: NDArray[np.bool_],
    zones: Mapping[str, NDArray[np.bool_]],
    *,
    grid: GeoBox,
    water: NDArray[np.bool_],
) -> list[Detection]:
    """The unusual objects of one date inside zones.

    Args:
        anomalous: (y, x) True = differs from its forecast.
        zones: Pixels of each zone, (y, x).
        grid: Of both.
        water: (y, x) True = water.

    Returns:
        By zone, then largest first; direction ``present``. ``score`` is the number of pixels,
        ``p`` and ``q`` are NaN, ``probability`` as the module says, NaN where that is nothing.
    """
    if not zones:
        return []
    found = _regions(anomalous, abs(grid.resolution.x))
    held = _held_by(found, zones)
    outlines = _outlines(found, np.isin(found.labels, found.numbers[held >= 0]), grid)
    outside = ~np.any(list(zones.values()), axis=0)
    told = []
    for place, (zone, pixels) in enumerate(zones.items()):
        wet = 2 * int((water & pixels).sum()) > int(pixels.sum())
        like = outside & (water == wet)
        around = np.sort(found.pixels[(held < 0) & like[tuple(found.middles.T)]])
        share = int(pixels.sum()) / max(int(like.sum()), 1)
        own = np.flatnonzero(held == place)
        own = own[np.argsort(-found.pixels[own], kind="stable")]
        for rank, number in enumerate(own, start=1):
            as_large = len(around) - int(np.searchsorted(around, found.pixels[number]))
            chance = 1 - (as_large + 1) * share / rank
            name = f"{zone}.u{rank:04d}"
            one = outlines[int(found.numbers[number])]
            told.append(_detection(one, (name, zone), float(found.pixels[number]), chance))
    return _measured(told, grid)


def _regions(anomalous: NDArray[np.bool_], pixel_m: float) -> Regions:
    labels = label(anomalous, connectivity=2).astype(np.int32)
    rows, cols = np.nonzero(labels)
    owner = labels[rows, cols]
    pixels = np.bincount(owner)
    sides = [max(part.stop - part.start for part in box) for box in find_objects(labels)]
    numbers = np.flatnonzero((pixels >= LEAST_PX) & (np.array([0, *sides]) * pixel_m <= LONGEST_M))
    sums = np.stack([np.bincount(owner, weights=places) for places in (rows, cols)], axis=1)
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


def _detection(
    outline: shapely.Geometry, names: tuple[str, str], pixels: float, chance: float
) -> Detection:
    return Detection(
        id=names[0],
        geometry=outline,
        zone_id=names[1],
        object_class="unusual",
        direction="present",
        score=pixels,
        p=math.nan,
        q=math.nan,
        probability=chance if chance > 0 else math.nan,
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
