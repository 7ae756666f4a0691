"""Aircraft that came to or left a zone, as detections on the map."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.features import rasterize
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from imagery.detectors.finds import Found
from imagery.detectors.likeness import Plane
from imagery.detectors.shapes import SizeClass, size_class
from imagery.detectors.stands import check_observable, compare_stands
from imagery.model import Detection, Direction, Zone

DIRECTIONS: dict[str, Direction] = {"arrived": "appeared", "departed": "disappeared"}

LENGTH_SD = 0.15
"""Share of a length that the choice of the outline leaves open: a wide and a slim one of the same
length differ by as much in what they fit."""

_LONLAT = "EPSG:4326"


def changed_aircraft(
    before: Plane, after: Plane, *, grid: GeoBox, zone: Zone, size: SizeClass | None = None
) -> list[Detection]:
    """Aircraft that arrived in or departed from a zone between two dates.

    Args:
        before, after: (y, x) or (band, y, x) float32 on ``grid``, any unit; NaN = no data.
        grid: North-up, metric, square pixels.
        zone: Where aircraft may stand; nothing outside is looked at.
        size: Only this size class; None for all that the pixel size shows.

    Returns:
        Strongest first. ``score`` is a likeness, 0 to about 1. ``p``, ``q`` and ``probability``
        are NaN: the score is not calibrated.

    Raises:
        NotObservable: the pixels are too coarse for the class, or for any.
        InputError: the images are not on the grid.
    """
    pixel_m = abs(grid.resolution.x)
    check_observable(size or "large", pixel_m)
    occupancy = compare_stands(before, after, stands=zone_mask(zone, grid), pixel_m=pixel_m)
    wanted = [one for one in occupancy.found if size in (None, size_class(one.length_m))]
    return [_detection(one, number, grid, zone) for number, one in enumerate(wanted, start=1)]


def zone_mask(zone: Zone, grid: GeoBox) -> NDArray[np.bool_]:
    """(y, x), True where the centre of a pixel lies in the zone."""
    outline = projected(zone.geometry, _LONLAT, str(grid.crs))
    painted = rasterize([(outline, 1)], out_shape=grid.shape, transform=grid.transform, dtype="u1")
    inside: NDArray[np.bool_] = painted > 0
    return inside


def _detection(one: Found, number: int, grid: GeoBox, zone: Zone) -> Detection:
    step = grid.transform
    ground = Polygon(one.outline * [step.a, step.e] + [step.c, step.f])
    pixel_m = abs(grid.resolution.x)
    return Detection(
        id=f"{zone.id}.a{number:04d}",
        geometry=projected(ground, str(grid.crs), _LONLAT),
        zone_id=zone.id,
        object_class=f"{size_class(one.length_m)} aircraft",
        direction=DIRECTIONS[one.event],
        score=one.score,
        p=math.nan,
        q=math.nan,
        probability=math.nan,
        length_m=one.length_m,
        length_sd_m=math.hypot(LENGTH_SD * one.length_m, pixel_m),
        area_m2=float(ground.area),
    )


def projected(outline: BaseGeometry, source: str, target: str) -> BaseGeometry:
    """An outline in another coordinate reference system, x before y in both."""
    to_target = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(
        outline, lambda points: np.stack(to_target.transform(points[:, 0], points[:, 1]), axis=1)
    )
