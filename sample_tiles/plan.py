"""What is built at each site: surfaces, buildings, and the places where craft may stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely import contains_xy
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from sample_tiles.frame import Frame, site_frame
from sample_tiles.ground import Ground
from sample_tiles.seeds import rng

Surfaces = list[tuple[BaseGeometry, Ground]]


@dataclass(frozen=True, slots=True)
class Houses:
    """Rectangular buildings.

    Attributes:
        corners: (n, 4, 2) easting and northing, metres.
        height: (n,) metres.
        roof: (n,) material, as in :class:`Ground`.
    """

    corners: NDArray[np.float64]
    height: NDArray[np.float64]
    roof: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stand:
    """A place where craft come and go.

    Attributes:
        u: Local position, metres to the right of the origin.
        v: Local position, metres ahead.
        heading: Local, degrees clockwise from the v axis.
        zone: Zone id.
        craft: The types that use it.
        share: Part of the time that it is taken.
        days: Mean length of a stay.
    """

    u: float
    v: float
    heading: float
    zone: str
    craft: tuple[str, ...]
    share: float
    days: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A site as built.

    Attributes:
        site: Site id.
        frame: Its local axes.
        surfaces: Painted in this order over the farmland.
        houses: Buildings.
        stands: Where everyday craft may stand.
        zones: Outlines by zone id, EPSG:32636; kept clear of cloud on 10 and 13 December.
    """

    site: str
    frame: Frame
    surfaces: Surfaces
    houses: Houses
    stands: tuple[Stand, ...]
    zones: dict[str, BaseGeometry]


def settlement(frame: Frame, outline: Polygon, *, step: float, seed: str) -> Houses:
    """Fill an outline with houses on a jittered grid of ``step`` metres."""
    draw = rng("houses", seed)
    west, south, east, north = outline.bounds
    grid_x, grid_y = np.meshgrid(np.arange(west, east, step), np.arange(south, north, step))
    x = grid_x.ravel() + draw.uniform(-0.22, 0.22, grid_x.size) * step
    y = grid_y.ravel() + draw.uniform(-0.22, 0.22, grid_x.size) * step
    density = 0.75 + 0.2 * np.sin(x / 170) * np.sin(y / 130)
    keep = contains_xy(outline, x, y) & (draw.random(x.size) < density)
    x, y = x[keep], y[keep]
    size = draw.uniform(0.32, 0.62, (x.size, 2)) * step
    turn = np.radians(draw.normal(0, 4, x.size) + frame.heading)
    height = draw.uniform(4, 15, x.size)
    kinds = [Ground.ROOF_LIGHT, Ground.ROOF_DARK, Ground.ROOF_TILE, Ground.OLD_CONCRETE]
    roof = draw.choice(kinds, x.size, p=[0.14, 0.30, 0.14, 0.42])
    return Houses(_rectangles(x, y, size, turn), height, roof.astype(np.int64))


def halls(frame: Frame, rows: list[tuple[float, float, float, float, float]], seed: str) -> Houses:
    """Large buildings given as u, v, size along u, size along v and height."""
    table = np.array(rows, dtype=np.float64)
    middle = np.array([frame.point(u, v) for u, v in table[:, :2]])
    turn = np.full(len(table), np.radians(frame.heading))
    kinds = [Ground.ROOF_LIGHT, Ground.ROOF_DARK, Ground.OLD_CONCRETE]
    roof = rng("halls", seed).choice(kinds, len(table))
    corners = _rectangles(middle[:, 0], middle[:, 1], table[:, 2:4], turn)
    return Houses(corners, table[:, 4], roof.astype(np.int64))


def together(*groups: Houses) -> Houses:
    """Put groups of buildings in one."""
    return Houses(
        np.concatenate([group.corners for group in groups]),
        np.concatenate([group.height for group in groups]),
        np.concatenate([group.roof for group in groups]),
    )


def road(frame: Frame, width: float, *stops: tuple[float, float]) -> Polygon:
    """A road through local points."""
    line = LineString([frame.point(u, v) for u, v in stops])
    return line.buffer(width / 2, cap_style="flat")


def plan_of(site: str) -> Plan:
    """Give the plan of ``hmeimim`` or ``tartus``."""
    from sample_tiles.plan_hmeimim import hmeimim
    from sample_tiles.plan_tartus import tartus

    return {"hmeimim": hmeimim, "tartus": tartus}[site](site_frame(site))


def _rectangles(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    size: NDArray[np.float64],
    turn: NDArray[np.float64],
) -> NDArray[np.float64]:
    # turn is clockwise from grid north, radians; size is across, along.
    across, along = size[:, 0] / 2, size[:, 1] / 2
    sin, cos = np.sin(turn), np.cos(turn)
    corners = []
    for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        u, v = a * across, b * along
        corners.append(np.stack([x + u * cos + v * sin, y - u * sin + v * cos], axis=-1))
    return np.stack(corners, axis=1)
