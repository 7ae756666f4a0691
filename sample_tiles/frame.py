"""Where a site and its tile lie: local axes, UTM 36N and longitude, latitude."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from rasterio.warp import transform
from shapely import transform as each_position
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

CRS = "EPSG:32636"


@dataclass(frozen=True, slots=True)
class Frame:
    """Local axes of a site: u to the right and v ahead, looking along its main direction.

    Attributes:
        east: Easting of the origin, metres, EPSG:32636.
        north: Northing of the origin.
        heading: Of the v axis, degrees clockwise from grid north.
        convergence: True north seen from grid north, degrees, positive where a true heading
            exceeds the grid heading.
    """

    east: float
    north: float
    heading: float
    convergence: float

    def point(self, u: float, v: float) -> tuple[float, float]:
        """Local metres -> easting and northing."""
        angle = math.radians(self.heading)
        sin, cos = math.sin(angle), math.cos(angle)
        return self.east + u * cos + v * sin, self.north - u * sin + v * cos

    def polygon(self, *corners: tuple[float, float]) -> Polygon:
        """Local corners -> polygon in EPSG:32636."""
        return Polygon([self.point(u, v) for u, v in corners])

    def box(self, u0: float, v0: float, u1: float, v1: float) -> Polygon:
        """Rectangle along the local axes -> polygon in EPSG:32636."""
        return self.polygon((u0, v0), (u1, v0), (u1, v1), (u0, v1))


@dataclass(frozen=True, slots=True)
class Tile:
    """A square north-up raster in EPSG:32636.

    Attributes:
        west: Easting of the left edge, metres.
        top: Northing of the upper edge.
        pixel: Ground size of a pixel, metres.
        size: Pixels a side.
    """

    west: float
    top: float
    pixel: float
    size: int

    @property
    def outline(self) -> Polygon:
        """Footprint in EPSG:32636."""
        side = self.pixel * self.size
        return box(self.west, self.top - side, self.west + side, self.top)


CENTRES = {"hmeimim": (35.949, 35.401, 355.0), "tartus": (35.86, 34.91, 0.0)}
"""Longitude, latitude, true heading of the main direction."""


@lru_cache(maxsize=4)
def site_frame(site: str) -> Frame:
    """Give the local axes of a site, rounded so that no PROJ version moves a pixel."""
    lon, lat, heading = CENTRES[site]
    (east, up_east), (north, up_north) = transform("EPSG:4326", CRS, [lon, lon], [lat, lat + 0.01])
    convergence = -math.degrees(math.atan2(up_east - east, up_north - north))
    convergence = round(convergence, 3)
    return Frame(round(east), round(north), heading - convergence, convergence)


def tile_around(centre: tuple[float, float], *, pixel: float, size: int) -> Tile:
    """Give the tile whose middle is nearest to a point and whose edges are whole pixels."""
    half = pixel * size / 2
    west = round((centre[0] - half) / pixel) * pixel
    top = round((centre[1] + half) / pixel) * pixel
    return Tile(west, top, pixel, size)


def to_lonlat(geometry: BaseGeometry) -> BaseGeometry:
    """EPSG:32636 -> longitude and latitude, rounded to about a centimetre."""

    def project(positions):
        lon, lat = transform(CRS, "EPSG:4326", positions[:, 0], positions[:, 1])
        positions = positions.copy()
        positions[:, 0], positions[:, 1] = lon, lat
        return positions.round(7)

    return each_position(geometry, project)
