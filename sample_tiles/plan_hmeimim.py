"""Hmeimim as simulated: laid out from published coordinates, not traced from imagery."""

from __future__ import annotations

import math

from shapely.geometry import MultiPolygon, Point, Polygon

from sample_tiles.frame import Frame
from sample_tiles.ground import Ground
from sample_tiles.plan import Plan, Stand, Surfaces, halls, road, settlement, together

SAM_MIDDLE = (-790.0, 280.0)
"""Middle of the air-defence site, local u and v, metres."""

REVETMENTS = tuple(
    (SAM_MIDDLE[0] + du, SAM_MIDDLE[1] + dv, turn)
    for du, dv, turn in (
        (-120, 130, 300),
        (-40, 150, 345),
        (45, 145, 20),
        (120, 120, 60),
        (-125, -120, 240),
        (-40, -150, 195),
        (45, -150, 165),
        (120, -115, 120),
    )
)
"""Launcher positions: u, v and the local direction that the opening faces, degrees."""


def hmeimim(frame: Frame) -> Plan:
    """Lay out the air base."""
    sam = frame.box(SAM_MIDDLE[0] - 210, SAM_MIDDLE[1] - 230, SAM_MIDDLE[0] + 210, 510)
    zones = {
        "hmeimim.runways": MultiPolygon(
            [frame.box(-242, -1400, -198, 1400), frame.box(158, -1400, 203, 1400)]
        ),
        "hmeimim.apron": frame.box(341, -380, 560, 430),
        "hmeimim.transport_apron": frame.box(341, 520, 620, 980),
        "hmeimim.helicopters": frame.box(341, -1060, 540, -560),
        "hmeimim.sam": sam,
    }
    base = frame.polygon((640, -950), (1080, -950), (1080, 500), (640, 500))
    villages = [
        _village(frame, u, v, radius)
        for u, v, radius in (
            (1790.0, 1330.0, 340.0),
            (2050.0, 1000.0, 190.0),
            (-1820.0, -1620.0, 330.0),
            (-1430.0, 1750.0, 260.0),
            (1620.0, -1640.0, 280.0),
        )
    ]
    rows = [
        (680.0, 620.0 + 95 * i, 55.0, 70.0, 14.0) for i in range(4)
    ]  # hangars behind the transport apron
    rows += [(600.0, -330.0 + 110 * i, 40.0, 60.0, 9.0) for i in range(7)]
    rows += [(580.0, -1000.0 + 120 * i, 35.0, 45.0, 8.0) for i in range(4)]
    houses = together(
        halls(frame, rows, "hmeimim"),
        settlement(frame, base, step=58, seed="base"),
        *(
            settlement(frame, outline, step=27, seed=f"village{i}")
            for i, outline in enumerate(villages)
        ),
    )
    surfaces = [
        *((village, Ground.TOWN) for village in villages),
        *_airfield(frame),
        (base, Ground.GRAVEL),
        *_air_defence(frame, sam),
    ]
    return Plan("hmeimim", frame, surfaces, houses, _stands(), zones)


def _village(frame: Frame, u: float, v: float, radius: float) -> Polygon:
    # A lobed outline, different for each place.
    angles = [math.tau * i / 24 for i in range(24)]
    reach = [1 + 0.22 * math.sin(2 * a + u) + 0.15 * math.sin(3 * a + v) for a in angles]
    return frame.polygon(
        *(
            (u + radius * r * math.cos(a), v + radius * r * math.sin(a))
            for a, r in zip(angles, reach, strict=True)
        )
    )


def _airfield(frame: Frame) -> Surfaces:
    surfaces: Surfaces = [
        (road(frame, 22, (1330, -2900), (1260, 0), (1400, 2900)), Ground.ASPHALT),
        (road(frame, 9, (-2900, -700), (-1250, -650), (-1150, 2900)), Ground.ASPHALT),
        (road(frame, 8, (-1180, 280), (-580, 280)), Ground.GRAVEL),
        (road(frame, 9, (1300, 250), (1080, 250), (640, 250)), Ground.ASPHALT),
        (frame.box(-420, -1650, 1120, 1650), Ground.DRY_GRASS),
    ]
    for u0, u1 in ((-242, -198), (158, 203)):
        surfaces.append((frame.box(u0, -1400, u1, 1400), Ground.ASPHALT))
        surfaces.extend(
            (frame.box(u0, end, u1, end + 260), Ground.OLD_CONCRETE) for end in (-1400, 1140)
        )
    for v in (-1385, -520, 100, 700, 1362):
        surfaces.append((frame.box(203, v, 341, v + 23), Ground.OLD_CONCRETE))
    for v in (-1385, 100, 1362):
        surfaces.append((frame.box(-198, v, 158, v + 23), Ground.ASPHALT))
    surfaces += [
        (frame.box(318, -1400, 341, 1400), Ground.OLD_CONCRETE),
        (frame.box(341, -380, 560, 430), Ground.CONCRETE),
        (frame.box(341, 520, 620, 980), Ground.CONCRETE),
        (frame.box(341, -1060, 540, -560), Ground.OLD_CONCRETE),
        (frame.box(560, -380, 640, 430), Ground.OLD_CONCRETE),
    ]
    return surfaces


def _air_defence(frame: Frame, sam: MultiPolygon) -> Surfaces:
    surfaces: Surfaces = [(sam, Ground.SOIL)]
    ring = Point(*frame.point(*SAM_MIDDLE)).buffer(95)
    surfaces.append((ring.difference(ring.buffer(-9)), Ground.GRAVEL))
    for u, v, turn in REVETMENTS:
        local = Frame(*frame.point(u, v), frame.heading + turn, frame.convergence)
        outer, inner = local.box(-15, -15, 15, 15), local.box(-10, -10, 10, 16)
        surfaces.append((outer.difference(inner), Ground.BERM))
        surfaces.append((local.box(-10, -10, 10, 16), Ground.GRAVEL))
        surfaces.append((road(frame, 7, (u, v), SAM_MIDDLE), Ground.GRAVEL))
    for du, dv in ((0, 35), (0, -35), (30, 0)):
        u, v = SAM_MIDDLE[0] + du, SAM_MIDDLE[1] + dv
        surfaces.append((frame.box(u - 12, v - 12, u + 12, v + 12), Ground.GRAVEL))
    return surfaces


def _stands() -> tuple[Stand, ...]:
    fighters = tuple(
        Stand(u, -230.0 + 36 * i, turn, "hmeimim.apron", ("Su-24",), 0.6, 9)
        for u, turn in ((400.0, 270.0), (500.0, 90.0))
        for i in range(15)
    )
    light = ("An-26", "An-72")
    transports = tuple(
        Stand(555.0, 560.0 + 62 * i, 270.0, "hmeimim.transport_apron", light, 0.35, 3)
        for i in range(7)
    ) + tuple(
        Stand(440.0, v, 270.0, "hmeimim.transport_apron", light, 0.25, 2) for v in (650.0, 805.0)
    )
    helicopters = tuple(
        Stand(390.0 + 75 * row, -1020.0 + 48 * i, 270.0, "hmeimim.helicopters", kinds, 0.6, 8)
        for row, kinds in enumerate((("Mi-8",), ("Ka-52", "Mi-8")))
        for i in range(9)
    )
    trucks = tuple(
        Stand(700.0 + 20 * i, -700.0 - 60 * j, 20.0 * i, "hmeimim", ("truck",), 0.6, 2)
        for i in range(4)
        for j in range(3)
    )
    return fighters + transports + helicopters + trucks
