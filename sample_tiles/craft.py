"""Aircraft, ships and vehicles as planforms: outlines in metres, reflectance, height.

Body axes: x ahead, y to the right, the origin in the middle. Sizes are those of the type from
public data sheets; outlines are simplified.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from shapely import transform, union_all
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from sample_tiles.ground import Spectrum


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a craft.

    Attributes:
        outline: Polygon in body axes, metres.
        paint: Reflectance.
        height: Above the ground or the water, metres: sets the length of its shadow.
    """

    outline: BaseGeometry
    paint: Spectrum
    height: float


@dataclass(frozen=True, slots=True)
class Craft:
    """A type of craft.

    Attributes:
        name: Such as ``An-124``.
        kind: Coarse class: ``large_aircraft``, ``aircraft``, ``helicopter``, ``vessel``,
            ``air_defence``, ``vehicle``.
        length: Metres.
        span: Wing span, rotor diameter, or width, metres.
        parts: Painted in this order.
    """

    name: str
    kind: str
    length: float
    span: float
    parts: tuple[Part, ...]

    @property
    def outline(self) -> BaseGeometry:
        """All parts as one planform in body axes."""
        return union_all([part.outline for part in self.parts])


@dataclass(frozen=True, slots=True)
class Wing:
    """A tapered, swept surface: where its root begins, span, chords, sweep of the leading edge."""

    root_x: float
    span: float
    root_chord: float
    tip_chord: float
    sweep_deg: float

    @property
    def outline(self) -> Polygon:
        """Both halves, in body axes."""
        half = self.span / 2
        tip_x = self.root_x - half * math.tan(math.radians(self.sweep_deg))
        right = [(self.root_x, 0.0), (tip_x, half), (tip_x - self.tip_chord, half)]
        left = [(tip_x - self.tip_chord, -half), (tip_x, -half)]
        return Polygon([*right, (self.root_x - self.root_chord, 0.0), *left])


def _aircraft(
    name: str, *, body: tuple[float, float], main: Wing, tail: Wing, fin: tuple[float, Spectrum]
) -> Craft:
    length, width = body
    fin_height, paint = fin
    nose, end = length / 2, -length / 2
    hull = LineString([(nose - width / 2, 0), (end + 0.35 * length, 0)]).buffer(width / 2)
    cone = Polygon(
        [
            (end + 0.36 * length, width / 2),
            (end, width / 8),
            (end, -width / 8),
            (end + 0.36 * length, -width / 2),
        ]
    )
    fin_outline = box(end, -0.4, end + tail.root_chord, 0.4)
    kind = "large_aircraft" if length >= 30 else "aircraft"
    parts = (
        Part(tail.outline, paint, 0.8 * fin_height),
        Part(main.outline, paint, 0.42 * fin_height),
        Part(union_all([hull, cone]), paint, 0.4 * fin_height),
        Part(fin_outline, paint, fin_height),
    )
    return Craft(name, kind, length, main.span, parts)


def _vessel(name: str, length: float, beam: float, *, deck: Spectrum, house: Spectrum) -> Craft:
    half, side = length / 2, beam / 2
    hull = Polygon(
        [
            (half, 0),
            (0.62 * half, 0.8 * side),
            (0.3 * half, side),
            (-0.9 * half, side),
            (-half, 0.75 * side),
            (-half, -0.75 * side),
            (-0.9 * half, -side),
            (0.3 * half, -side),
            (0.62 * half, -0.8 * side),
        ]
    )
    bridge = box(0.02 * length, -0.7 * side, 0.2 * length, 0.7 * side)
    aft = box(-0.26 * length, -0.62 * side, -0.08 * length, 0.62 * side)
    tall = 0.13 * length
    parts = (Part(hull, deck, 0.035 * length), Part(aft, house, 0.6 * tall))
    return Craft(name, "vessel", length, beam, (*parts, Part(bridge, house, tall)))


def _box_craft(name: str, kind: str, size: tuple[float, float, float], paint: Spectrum) -> Craft:
    length, width, height = size
    outline = box(-length / 2, -width / 2, length / 2, width / 2)
    return Craft(name, kind, length, width, (Part(outline, paint, height),))


def _helicopter(name: str, length: float, rotor: float, paint: Spectrum) -> Craft:
    hull = LineString([(length * 0.42, 0), (-length * 0.1, 0)]).buffer(1.3)
    boom = box(-length / 2, -0.4, 0, 0.4)
    blades = [
        LineString([(0, 0), (rotor / 2 * math.cos(a), rotor / 2 * math.sin(a))]).buffer(0.25)
        for a in (0.6, 1.86, 3.11, 4.37, 5.63)
    ]
    outline = union_all([hull, boom, *blades])
    return Craft(name, "helicopter", length, rotor, (Part(outline, paint, 4.0),))


_WHITE: Spectrum = (0.335, 0.350, 0.358, 0.378)
_PALE: Spectrum = (0.290, 0.305, 0.312, 0.330)
_GREY: Spectrum = (0.120, 0.138, 0.150, 0.180)
_GREEN: Spectrum = (0.060, 0.078, 0.075, 0.190)
_DECK: Spectrum = (0.130, 0.140, 0.145, 0.150)
_HOUSE: Spectrum = (0.220, 0.230, 0.235, 0.240)
_RUST: Spectrum = (0.085, 0.085, 0.130, 0.150)

CRAFT: dict[str, Craft] = {
    craft.name: craft
    for craft in (
        _aircraft(
            "An-124",
            body=(69.1, 7.3),
            main=Wing(13.0, 73.3, 14.0, 4.4, 27.0),
            tail=Wing(-22.6, 27.9, 8.2, 3.2, 32.0),
            fin=(20.8, _WHITE),
        ),
        _aircraft(
            "Il-76",
            body=(46.6, 4.8),
            main=Wing(8.5, 50.5, 9.4, 3.0, 26.0),
            tail=Wing(-15.7, 17.4, 5.2, 2.2, 32.0),
            fin=(14.8, _PALE),
        ),
        _aircraft(
            "An-26",
            body=(23.8, 2.9),
            main=Wing(3.2, 29.2, 3.5, 1.6, 3.0),
            tail=Wing(-8.6, 9.9, 2.4, 1.5, 12.0),
            fin=(8.6, _PALE),
        ),
        _aircraft(
            "An-72",
            body=(28.1, 3.1),
            main=Wing(6.0, 31.9, 4.5, 1.7, 17.0),
            tail=Wing(-10.3, 11.0, 2.8, 1.7, 20.0),
            fin=(8.7, _PALE),
        ),
        _aircraft(
            "Su-24",
            body=(22.6, 2.9),
            main=Wing(3.0, 13.8, 6.6, 2.2, 35.0),
            tail=Wing(-5.5, 8.4, 3.8, 1.6, 45.0),
            fin=(6.2, _GREY),
        ),
        _helicopter("Mi-8", 18.2, 21.3, _GREEN),
        _helicopter("Ka-52", 14.2, 14.5, _GREEN),
        _vessel("frigate", 125.0, 15.0, deck=_DECK, house=_HOUSE),
        _vessel("landing ship", 120.0, 16.5, deck=_DECK, house=_HOUSE),
        _vessel("corvette", 62.0, 9.5, deck=_DECK, house=_HOUSE),
        _vessel("patrol boat", 36.0, 7.0, deck=_DECK, house=_HOUSE),
        _vessel("freighter", 118.0, 18.0, deck=_RUST, house=_WHITE),
        _vessel("coaster", 78.0, 12.5, deck=_RUST, house=_WHITE),
        _vessel("fishing boat", 13.0, 4.0, deck=_PALE, house=_WHITE),
        _box_craft("S-400 launcher", "air_defence", (13.1, 3.2, 3.8), _GREEN),
        _box_craft("S-400 radar", "air_defence", (12.8, 3.2, 6.0), _GREEN),
        _box_craft("truck", "vehicle", (8.0, 2.5, 3.0), _GREEN),
    )
}


@dataclass(frozen=True, slots=True)
class Placed:
    """One craft standing at a place on one date.

    Attributes:
        craft: A key of ``CRAFT``.
        east: Easting of its middle, metres, EPSG:32636.
        north: Northing.
        heading: Degrees clockwise from grid north.
        zone: Zone id such as ``hmeimim.apron``.
        tone: Brightness of this airframe or hull, relative to its type.
        moving: It has a wake.
    """

    craft: str
    east: float
    north: float
    heading: float
    zone: str
    tone: float = 1.0
    moving: bool = False

    def on_ground(self, outline: BaseGeometry) -> BaseGeometry:
        """Body axes -> EPSG:32636."""
        angle = math.radians(self.heading)
        sin, cos = math.sin(angle), math.cos(angle)

        def move(positions):
            ahead, right = positions[:, 0].copy(), positions[:, 1].copy()
            positions = positions.copy()
            positions[:, 0] = self.east + ahead * sin + right * cos
            positions[:, 1] = self.north + ahead * cos - right * sin
            return positions

        return transform(outline, move)
