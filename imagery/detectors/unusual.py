"""Unusual objects of each date of a history, with the chance that a zone's are more than chance.

What stands out of its own forecast may be an aircraft, a parked lorry or a puff of cloud. How many
such objects of at least that size stand around the zones on the same date, on water for a zone of
water and on land for others, says how many to expect inside by whatever is at work everywhere; the
rest is the zone's own. Where the surround is as dense, that says nothing: boats come and go there too.

Source:
    Share of false finds from a set where all are false: Elias & Gygi 2007,
    doi:10.1038/nmeth1019; with one added so that a small set is not believed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import rasterio.features
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from skimage.measure import label, regionprops

from imagery.alarms import LEAST_PX
from imagery.detectors.apron import projected
from imagery.model import Detection
from imagery.objects import END_SD_PX, long_sides

LONGEST_M = 350.0
"""No aircraft or vessel is longer; what is counts as unusual ground, not as an object."""


@dataclass(frozen=True, slots=True)
class Object:
    """Connected anomalous pixels of one date.

    Attributes:
        zone_id: The zone that holds most of it; None outside all.
        pixels: How many.
        centre: (row, column) of the pixel nearest to its middle.
        outline: On the grid.
    """

    zone_id: str | None
    pixels: int
    centre: tuple[int, int]
    outline: shapely.Geometry
    length_m: float


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
    found = _objects(anomalous, zones, grid)
    outside = ~np.any([np.zeros_like(anomalous), *zones.values()], axis=0)
    told = []
    for zone, pixels in zones.items():
        own = sorted((o for o in found if o.zone_id == zone), key=lambda one: -one.pixels)
        wet = 2 * int((water & pixels).sum()) > int(pixels.sum())
        like = outside & (water == wet)
        around = np.sort([o.pixels for o in found if o.zone_id is None and like[o.centre]])
        share = int(pixels.sum()) / max(int(like.sum()), 1)
        for rank, one in enumerate(own, start=1):
            as_large = len(around) - int(np.searchsorted(around, one.pixels))
            chance = 1 - (as_large + 1) * share / rank
            chance = chance if chance > 0 else math.nan
            told.append(_detection(one, f"{zone}.u{rank:04d}", chance, grid))
    return told


def _objects(
    anomalous: NDArray[np.bool_], zones: Mapping[str, NDArray[np.bool_]], grid: GeoBox
) -> list[Object]:
    labels = label(anomalous, connectivity=2).astype(np.int32)
    regions = {one.label: one for one in regionprops(labels) if one.area >= LEAST_PX}
    shapes: dict[int, list[shapely.Geometry]] = {}
    for outline, number in rasterio.features.shapes(labels, labels > 0, transform=grid.transform):
        if int(number) in regions:
            shapes.setdefault(int(number), []).append(shapely.geometry.shape(outline))
    out = []
    for number, parts in sorted(shapes.items()):
        rows, cols = regions[number].coords.T
        whole = shapely.union_all(parts)
        (length,) = long_sides(np.array([whole]))
        if length <= LONGEST_M:
            shares = {zone: int(pixels[rows, cols].sum()) for zone, pixels in zones.items()}
            zone = max(shares, key=lambda name: shares[name], default=None)
            inside = zone is not None and shares[zone] > 0
            middle = int(np.argmin((rows - rows.mean()) ** 2 + (cols - cols.mean()) ** 2))
            centre = int(rows[middle]), int(cols[middle])
            out.append(Object(zone if inside else None, len(rows), centre, whole, length))
    return out


def _detection(one: Object, name: str, chance: float, grid: GeoBox) -> Detection:
    pixel_m = abs(grid.resolution.x)
    return Detection(
        id=name,
        geometry=projected(one.outline, str(grid.crs), "EPSG:4326"),
        zone_id=one.zone_id,
        object_class="unusual",
        direction="present",
        score=float(one.pixels),
        p=math.nan,
        q=math.nan,
        probability=chance,
        length_m=one.length_m,
        length_sd_m=math.sqrt(2) * END_SD_PX * pixel_m,
        area_m2=float(shapely.area(one.outline)),
    )
