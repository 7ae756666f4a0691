"""Silhouettes of parked aircraft of any length and heading, as a pixel grid would show them.

An airliner looks much like a scaled copy of another: two outlines, one with a wing as wide as the
hull is long, one slimmer, cover what stands on aprons well enough to be found. They are drawn from
public proportions of common types, not from any image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from shapely import Polygon, union_all

from imagery.detectors.shapes import Shape, fill

BLUR_PX = 1.0
"""Point spread, full width at half maximum in pixels, where the sensor's own is not known."""

SURROUND = 0.1
"""Width of the ground around a silhouette that it is compared with, in lengths."""

LEAST_SURROUND_PX = 1.5
COVERED = 0.15  # a pixel with less aircraft in it than this counts as ground
MOST_HEADINGS, LEAST_HEADINGS = 24, 12
TIP_STEP_PX = 1.5  # a wing tip moves at most this far from one heading to the next

_HULL = [(0.5, 0.0), (0.46, 0.04), (0.4, 0.05), (-0.3, 0.05), (-0.5, 0.012)]
_WIDE = [(0.14, 0.0), (0.13, 0.05), (-0.13, 0.46), (-0.19, 0.46), (-0.1, 0.16), (-0.1, 0.0)]
_SLIM = [(0.08, 0.0), (0.07, 0.04), (-0.15, 0.38), (-0.2, 0.38), (-0.11, 0.13), (-0.11, 0.0)]
_TAIL = [(-0.36, 0.0), (-0.38, 0.03), (-0.46, 0.17), (-0.5, 0.17), (-0.46, 0.0)]


@dataclass(frozen=True, slots=True)
class Silhouette:
    """One aircraft at one heading on one grid.

    Attributes:
        length_m: Nose to tail.
        heading_deg: Of the nose, clockwise from the top of the grid.
        outline: Columns (right, down) in metres from the middle.
        ink: (k, k) float32, k odd: share of each pixel that the aircraft fills.
        ground: (k, k) float32, 1 where a pixel counts: the aircraft and the ground around it.
    """

    length_m: float
    heading_deg: float
    outline: NDArray[np.float64]
    ink: NDArray[np.float32]
    ground: NDArray[np.float32]


@lru_cache(maxsize=4)
def silhouettes(pixel_m: float, lengths: tuple[float, ...]) -> tuple[Silhouette, ...]:
    """Every outline at every heading for the given lengths, shortest first.

    Args:
        pixel_m: Side of a square pixel on the ground.
        lengths: Nose to tail, metres.
    """
    return tuple(
        drawn(Shape("aircraft", "aircraft", length, span * length, outline), turn, pixel_m)
        for length in lengths
        for span, outline in ((0.92, _scaled(_WIDE, length)), (0.76, _scaled(_SLIM, length)))
        for turn in _headings(length, pixel_m)
    )


def _headings(length: float, pixel_m: float) -> list[float]:
    wanted = math.ceil(math.pi * length / (TIP_STEP_PX * pixel_m))
    count = min(max(wanted, LEAST_HEADINGS), MOST_HEADINGS)
    return [360.0 * step / count for step in range(count)]


def _scaled(wing: list[tuple[float, float]], length: float) -> Polygon:
    parts = [_mirrored(half) for half in (_HULL, wing, _TAIL)]
    return shapely.transform(union_all(parts), lambda points: points * length)


def _mirrored(half: list[tuple[float, float]]) -> Polygon:
    return Polygon([*half, *((x, -y) for x, y in reversed(half))]).buffer(0)


def drawn(shape: Shape, heading_deg: float, pixel_m: float) -> Silhouette:
    """One silhouette: the shape at a heading, with the ground close around it."""
    ink = fill(shape, heading_deg=heading_deg, pixel_m=(pixel_m, pixel_m), fwhm_px=BLUR_PX)
    reach = max(LEAST_SURROUND_PX, SURROUND * shape.length_m / pixel_m)
    ground = distance_transform_edt(ink < COVERED) <= reach
    sin, cos = math.sin(math.radians(heading_deg)), math.cos(math.radians(heading_deg))
    ahead, aside = shapely.get_coordinates(shape.outline).T
    outline = np.stack([ahead * sin + aside * cos, aside * sin - ahead * cos], axis=1)
    return Silhouette(shape.length_m, heading_deg, outline, ink, ground.astype(np.float32))
