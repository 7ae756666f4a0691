"""Tartus as simulated: laid out from published coordinates, not traced from imagery."""

from __future__ import annotations

from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from sample_tiles.frame import Frame
from sample_tiles.ground import Ground
from sample_tiles.plan import Plan, Stand, Surfaces, halls, road, settlement, together

COAST = (
    (330.0, -3000.0),
    (420.0, -2100.0),
    (520.0, -1450.0),
    (560.0, -1000.0),
    (620.0, -500.0),
    (640.0, 300.0),
    (600.0, 900.0),
    (520.0, 1500.0),
    (560.0, 2200.0),
    (480.0, 3000.0),
)
"""The shore from south to north, local u and v, metres."""


def tartus(frame: Frame) -> Plan:
    """Lay out the naval base and the port."""
    zones = {
        "tartus.piers": frame.polygon((-180, 120), (640, 120), (640, 860), (-180, 860)),
        "tartus.basin": frame.polygon((-560, -860), (620, -860), (620, 100), (-560, 100)),
        "tartus.roadstead": frame.polygon(
            (-2480, -1800), (-700, -1800), (-700, 1800), (-2480, 1800)
        ),
    }
    land = frame.polygon(*COAST, (4000, 3000), (4000, -3000))
    town = (
        frame.polygon((700, -2400), (1900, -2300), (2000, -200), (1500, 300), (760, -100))
        .buffer(-200)
        .buffer(200)
    )
    suburb = (
        frame.polygon((900, 1100), (1700, 900), (1800, 2200), (1000, 2300)).buffer(-200).buffer(200)
    )
    beach = road(frame, 60, *COAST[:4]).union(road(frame, 60, *COAST[6:]))
    surfaces: Surfaces = [
        (beach, Ground.BEACH),
        (town, Ground.TOWN),
        (suburb, Ground.TOWN),
        (road(frame, 16, (2150, -3000), (2080, 0), (2200, 3000)), Ground.ASPHALT),
        (road(frame, 10, (760, -2500), (800, -900), (700, 200), (720, 1100)), Ground.ASPHALT),
        (road(frame, 10, (760, -100), (2100, 60)), Ground.ASPHALT),
        (frame.box(600, -860, 860, 860), Ground.OLD_CONCRETE),
        (frame.box(-580, -940, 700, 980).difference(land), Ground.HARBOUR),
        *((outline, kind) for kind, outline in _piers(frame)),
        *((outline, Ground.ROCK) for outline in _breakwaters(frame)),
    ]
    sea = frame.box(-4000, -4000, 4000, 4000).difference(land)
    surfaces.insert(0, (sea, Ground.SEA))
    rows = [(760.0, -780.0 + 130 * i, 60.0, 85.0, 11.0) for i in range(9)]
    houses = together(
        halls(frame, rows, "tartus"),
        settlement(frame, town, step=30, seed="town"),
        settlement(frame, suburb, step=34, seed="suburb"),
    )
    return Plan("tartus", frame, surfaces, houses, _stands(), zones)


def _piers(frame: Frame) -> list[tuple[Ground, BaseGeometry]]:
    naval = [frame.box(60, v, 640, v + 28) for v in (230.0, 480.0, 730.0)]
    cargo = [frame.box(140, -420, 640, -330), frame.box(200, -760, 640, -640)]
    quay = frame.box(560, -830, 660, 830)
    return [
        *((Ground.CONCRETE, outline) for outline in naval),
        *((Ground.OLD_CONCRETE, outline) for outline in (*cargo, quay)),
    ]


def _breakwaters(frame: Frame) -> list[Polygon]:
    west = road(frame, 24, (560, 1010), (-250, 960), (-540, 640), (-590, -520))
    south = road(frame, 22, (560, -960), (-250, -930), (-380, -760))
    return [west, south]


def _stands() -> tuple[Stand, ...]:
    small, large = ("patrol boat", "corvette"), ("coaster", "freighter")
    naval = tuple(
        Stand(u, v + side, 90.0, "tartus.piers", small, 0.5, 8)
        for v in (244.0, 494.0, 744.0)
        for side in (-21.0, 21.0)
        for u in (150.0, 240.0, 330.0)
    )
    cargo = tuple(
        Stand(300.0, v, 270.0, "tartus.basin", large, 0.5, 6) for v in (-315.0, -435.0, -624.0)
    )
    anchored = tuple(
        Stand(u, v, turn, "tartus.roadstead", kinds, 0.12, 3)
        for u, v, turn, kinds in (
            (-2100.0, 1200.0, 25.0, large),
            (-1000.0, 1450.0, 40.0, small),
            (-2200.0, -1300.0, 15.0, large),
            (-1750.0, -300.0, 30.0, small),
            (-950.0, -1250.0, 20.0, ("coaster",)),
        )
    )
    return naval + cargo + anchored
