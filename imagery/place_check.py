"""Whether a scene can lie where its coordinate system puts it."""

from __future__ import annotations

import pyproj
import pystac
from odc.geo import CRS

from imagery.errors import GridError
from imagery.grid import item_geobox, pixel_size
from imagery.parts import parts

PIXELS_M = (0.01, 50_000.0)
"""Smallest and largest pixel that an image of the ground has, metres."""

BESIDE_DEGREES = 10.0
"""How far beyond the area of its coordinate system a scene may lie: tiles reach over, by a zone."""


def check_place(item: pystac.Item) -> None:
    """Refuse a scene that its coordinate system puts where that system is never used.

    Axes that are exchanged and metres that are called degrees end there. Landsat counts northings
    of the south below zero: of a UTM zone only the longitude counts.

    Raises:
        GridError: it lies elsewhere, or its pixels have no size that an image has.
    """
    for part in parts(item):
        pixel = pixel_size(part)
        if pixel is None:
            continue
        if not PIXELS_M[0] <= pixel <= PIXELS_M[1]:
            problem = f"has pixels of {pixel:.3g} m by its coordinate system"
            raise GridError(item.id, problem, "Check its CRS and its geotransform.")
        grid = item_geobox(part)
        crs = pyproj.CRS(CRS(grid.crs).to_wkt())
        ((longitude, latitude),) = grid.extent.centroid.to_crs("EPSG:4326").points
        if _beyond(crs, longitude, latitude) > BESIDE_DEGREES:
            where = f"{longitude:.2f} E {latitude:.2f} N"
            problem = f"lies at {where}, far from where {crs.name} is used"
            raise GridError(item.id, problem, "Check its CRS and the order of its axes.")


def _beyond(crs: pyproj.CRS, longitude: float, latitude: float) -> float:
    """Degrees from a place to the area in which a coordinate system is used; 0 inside."""
    area = crs.area_of_use
    if area is None:
        return 0.0
    west, east = area.west, area.east + (360 if area.east < area.west else 0)
    beside = min(max(west - x, x - east, 0.0) for x in (longitude, longitude + 360))
    if crs.utm_zone:
        return float(beside)
    return float(max(beside, area.south - latitude, latitude - area.north))
