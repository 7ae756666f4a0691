"""Planforms of the objects that detectors look for: outlines in metres, seen from above.

Body axes: x ahead, y to the right, the origin in the middle of the length. An aircraft is a hull,
a tapered wing and a tailplane, a ship a hull with a pointed bow, anything else a rectangle: at the
resolutions of public imagery nothing finer survives. Lengths and spans are those of public data
sheets; areas agree with the planform areas that observability was computed from (within 15 %).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from shapely import LineString, Polygon, box, union_all
from shapely.geometry.base import BaseGeometry

Kind = Literal["aircraft", "helicopter", "vehicle", "vessel"]
SizeClass = Literal["large", "medium", "small"]

LARGE_M, MEDIUM_M = 45.0, 25.0
"""Least length of a large and of a medium aircraft. A type is never told from pixels."""

FWHM_PX = 1.15
"""Point spread of a Sentinel-2 10 m pixel, full width at half maximum, in pixels."""

FWHM_TO_SIGMA = 2.354820045
FINE = 8  # parts of a pixel, each way, that an outline is drawn with


@dataclass(frozen=True, slots=True)
class Shape:
    """One planform.

    Attributes:
        name: Such as ``An-124``; names the size that is looked for, not what was found.
        kind: What moves like it.
        length_m: Along x.
        span_m: Along y: wing span, beam or width.
        outline: Body axes, metres.
    """

    name: str
    kind: Kind
    length_m: float
    span_m: float
    outline: BaseGeometry

    @property
    def area_m2(self) -> float:
        """Area of the planform."""
        return float(self.outline.area)


def size_class(length_m: float) -> SizeClass:
    """The size class of an aircraft.

    >>> size_class(69.1), size_class(44.9), size_class(22.0)
    ('large', 'medium', 'small')
    """
    if length_m >= LARGE_M:
        return "large"
    return "medium" if length_m >= MEDIUM_M else "small"


def fill(
    shape: Shape,
    *,
    heading_deg: float,
    pixel_m: tuple[float, float],
    fwhm_px: float = FWHM_PX,
    offset_px: tuple[float, float] = (0.0, 0.0),
) -> NDArray[np.float32]:
    """Share of each pixel that a shape fills, as a sensor sees it.

    Args:
        shape: What stands there.
        heading_deg: Of its bow, clockwise from the top of the grid.
        pixel_m: (height, width) of a pixel on the ground, metres.
        fwhm_px: Point spread beyond the pixel's own square, in pixels.
        offset_px: (row, col) of the middle of the shape from the middle of the window.

    Returns:
        (k, k) float32, k odd; times the area of a pixel it sums to the area of the shape.
    """
    height, width = pixel_m
    sigma = fwhm_px / FWHM_TO_SIGMA
    reach = math.hypot(shape.length_m, shape.span_m) / 2 / min(pixel_m)
    half = math.ceil(reach + 4 * sigma + max(map(abs, offset_px)))
    side = 2 * half + 1
    sin, cos = math.sin(math.radians(heading_deg)), math.cos(math.radians(heading_deg))
    steps = (np.arange(side * FINE) + 0.5) / FINE - side / 2
    down, right = np.meshgrid(
        (steps - offset_px[0]) * height, (steps - offset_px[1]) * width, indexing="ij"
    )
    ahead, aside = right * sin - down * cos, right * cos + down * sin
    inside = held(shape.outline, ahead, aside).astype(np.float32)
    spread = gaussian_filter(inside, sigma * FINE, mode="constant") if sigma > 0 else inside
    return np.asarray(spread.reshape(side, FINE, side, FINE).mean(axis=(1, 3)), np.float32)


def held(
    outline: BaseGeometry, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which points an outline holds; safe where threads share the outline.

    GEOS completes the index of a prepared geometry at its first use and takes no lock, and
    ``contains_xy`` prepares what it is given: two threads with one outline end in freed memory.
    """
    own = shapely.from_wkb(shapely.to_wkb(outline))
    return np.asarray(shapely.contains_xy(own, x, y))


def _wing(root_x: float, span: float, *, chords: tuple[float, float], sweep_deg: float) -> Polygon:
    """Both halves of a tapered wing whose leading edge starts at ``root_x``."""
    half = span / 2
    tip = root_x - half * math.tan(math.radians(sweep_deg))
    right = [(root_x, 0.0), (tip, half), (tip - chords[1], half), (root_x - chords[0], 0.0)]
    left = [(tip - chords[1], -half), (tip, -half)]
    return Polygon([*right, *left])


def _hull(length: float, width: float) -> Polygon:
    """A round body that tapers over its last third."""
    nose, end = (length - width) / 2, -length / 2
    body = LineString([(nose, 0), (end + 0.35 * length, 0)]).buffer(width / 2)
    sides = [(end + 0.36 * length, width / 2), (end, width / 8)]
    cone = Polygon([*sides, *((x, -y) for x, y in reversed(sides))])
    return union_all([body, cone])


def _ship(length: float, beam: float) -> Polygon:
    half, side = length / 2, beam / 2
    starboard = [(half, 0), (0.6 * half, 0.8 * side), (0.3 * half, side), (-half, 0.9 * side)]
    return Polygon([*starboard, *((x, -y) for x, y in reversed(starboard[1:]))])


def _box(length: float, width: float) -> Polygon:
    return box(-length / 2, -width / 2, length / 2, width / 2)


def _shapes() -> tuple[Shape, ...]:
    large = [
        _hull(69.1, 7.3),
        _wing(13.5, 73.3, chords=(13.5, 4.0), sweep_deg=27),
        _wing(-23.0, 28.0, chords=(8.0, 3.0), sweep_deg=32),
    ]
    medium = [
        _hull(46.6, 4.8),
        _wing(8.5, 50.5, chords=(9.0, 2.8), sweep_deg=26),
        _wing(-15.7, 17.4, chords=(5.2, 2.2), sweep_deg=32),
    ]
    fighter = [
        _hull(22.5, 3.2),
        _wing(3.5, 14.7, chords=(7.0, 2.0), sweep_deg=42),
        _wing(-6.0, 9.0, chords=(3.4, 1.5), sweep_deg=45),
    ]
    rotor = [_hull(14.2, 2.2), _wing(1.0, 7.3, chords=(1.2, 1.0), sweep_deg=0)]
    return (
        Shape("An-124", "aircraft", 69.1, 73.3, union_all(large)),
        Shape("Il-76", "aircraft", 46.6, 50.5, union_all(medium)),
        Shape("fighter", "aircraft", 22.5, 14.7, union_all(fighter)),
        Shape("S-400 launcher", "vehicle", 13.1, 3.2, _box(13.1, 3.2)),
        Shape("helicopter", "helicopter", 14.2, 7.3, union_all(rotor)),
        Shape("frigate", "vessel", 125.0, 15.0, _ship(125.0, 15.0)),
    )


SHAPES: Mapping[str, Shape] = MappingProxyType({shape.name: shape for shape in _shapes()})
"""The classes that power is measured for. A rotor disc is no planform: only the airframe counts."""
