"""Dates, and which craft stand where on each of them, in every world.

The history before 10 December 2024 is the same in all worlds. They part on 13 December:

=============  ==================================================================================
as-reported    two An-124 arrive on the transport apron; Tartus is unchanged since 10 December,
               with two frigates in the roadstead
opposite       no An-124 (a small transport instead); one frigate has left the roadstead and a
               landing ship lies at a pier
departed       3 m and radar tiles of the air-defence site: its vehicles are there until
               10 December and gone on 13 December and after
=============  ==================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sample_tiles.craft import Placed
from sample_tiles.plan import Plan, Stand, plan_of
from sample_tiles.plan_hmeimim import REVETMENTS, SAM_MIDDLE
from sample_tiles.seeds import rng

WORLDS = ("as-reported", "opposite", "departed")
BEFORE, AFTER = date(2024, 12, 10), date(2024, 12, 13)
LATER = (date(2024, 12, 20), date(2025, 1, 7), date(2025, 1, 29))
FIRST = date(2024, 7, 1)
LAST = date(2025, 2, 1)

GONE = date(2024, 12, 24)
"""From this day on the ships that the story is about lie elsewhere."""

_STILL = (date(2024, 12, 9), date(2024, 12, 15))
"""Days on which everyday traffic of large enough craft stands still: what changes between the
two dates is then what the world says, and nothing else."""

_IL76_STAYS = ((237, 241), (276, 279), (325, 328), (344, 350))
"""Days of the year 2024 on which one Il-76 stands on the main apron."""


@dataclass(frozen=True, slots=True)
class Track:
    """From where a radar pass looks.

    Attributes:
        orbit: Relative orbit.
        direction: ``ascending`` or ``descending``.
        looks_to: Line of sight, degrees clockwise from grid north.
        hour, minute: Of a pass, UTC.
        incidence: Degrees from the vertical, at the sites.
        day: Of one of its passes; the others are whole repeats away.
    """

    orbit: int
    direction: str
    looks_to: float
    hour: int
    minute: int
    incidence: float
    day: date


TRACKS = (
    Track(21, "descending", 282.0, 3, 43, 38.0, BEFORE),
    Track(14, "ascending", 78.0, 15, 41, 40.0, AFTER),
)
REPEAT = timedelta(days=12)
"""One satellite, two tracks."""


def track_on(day: date) -> Track:
    """The radar track of a day."""
    return next(track for track in TRACKS if not (day - track.day).days % REPEAT.days)


def radar_history() -> tuple[date, ...]:
    """Radar passes before 13 December 2024, in order."""
    days = [track.day - k * REPEAT for track in TRACKS for k in range(13)]
    return tuple(sorted(day for day in days if day < AFTER))


def radar_later() -> tuple[date, ...]:
    """Radar passes after 13 December 2024, in order."""
    days = [track.day + k * REPEAT for track in TRACKS for k in range(4)]
    return tuple(sorted(day for day in days if day > AFTER))


def orbit(day: date) -> int:
    """Relative orbit whose swath covers the sites on that day: two tracks, each every 5 days."""
    return 121 if (BEFORE - day).days % 5 == 0 else 78


def history(world: str) -> tuple[date, ...]:
    """Claim-free dates before 10 December 2024, in order."""
    if world == "departed":
        return tuple(BEFORE - timedelta(days=5 * k) for k in range(26, 0, -1))
    first = tuple(BEFORE - timedelta(days=5 * k) for k in range(30, 0, -1))
    second = tuple(AFTER - timedelta(days=5 * k) for k in range(30, 0, -1))
    return tuple(sorted(first + second))


def sensing_time(sensor: str, day: date) -> datetime:
    """UTC time of an acquisition, with the few seconds that repeat passes differ by."""
    draw = rng("time", sensor, day.isoformat())
    seconds = int(draw.integers(0, 45))
    if sensor == "PS":
        clock = time(8, int(draw.integers(2, 40)), seconds, tzinfo=UTC)
    elif sensor == "S1":
        clock = time(track_on(day).hour, track_on(day).minute, seconds, tzinfo=UTC)
    else:
        clock = time(8, 13 if orbit(day) == 121 else 23, seconds, tzinfo=UTC)
    return datetime.combine(day, clock)


def craft_on(world: str, site: str, day: date) -> tuple[Placed, ...]:
    """Every craft at a site on a date, the everyday ones first."""
    plan = plan_of(site)
    everyday = [
        placed
        for number, stand in enumerate(plan.stands)
        if (placed := _on_stand(plan, number, stand, day)) is not None
    ]
    special = _hmeimim(world, plan, day) if site == "hmeimim" else _tartus(world, plan, day)
    return tuple(everyday) + tuple(special)


def _place(plan: Plan, craft: str, where: tuple[float, float, float], zone: str) -> Placed:
    east, north = plan.frame.point(where[0], where[1])
    return Placed(craft, east, north, (plan.frame.heading + where[2]) % 360, zone)


def _visit(plan: Plan, number: int, stand: Stand, day: date) -> int | None:
    """Number of the stay that covers the day, or None where the stand is empty.

    Stays and gaps follow each other with exponential lengths from ``FIRST`` on, so that the
    answer for a day does not depend on which other days are asked for.
    """
    draw = rng("stand", plan.site, str(number))
    gap = stand.days * (1 - stand.share) / stand.share
    taken = bool(draw.random() < stand.share)
    left = float((day - FIRST).days)
    for stay in range(2000):
        left -= draw.exponential(stand.days if taken else gap)
        if left < 0:
            return stay if taken else None
        taken = not taken
    return None


def _on_stand(plan: Plan, number: int, stand: Stand, day: date) -> Placed | None:
    if _STILL[0] <= day <= _STILL[1]:
        day = _STILL[0]
        if stand.zone == "tartus.roadstead" or (stand.u, stand.v) in _KEPT_FREE:
            return None
    stay = _visit(plan, number, stand, day)
    if stay is None:
        return None
    draw = rng("stay", plan.site, str(number), str(stay))
    craft = str(draw.choice(stand.craft))
    u, v = stand.u + draw.normal(0, 1.5), stand.v + draw.normal(0, 1.5)
    turn = stand.heading + draw.normal(0, 2.0) + (180 if draw.random() < 0.15 else 0)
    placed = _place(plan, craft, (u, v, turn), stand.zone)
    return replace(placed, tone=float(draw.uniform(0.85, 1.12)))


_KEPT_FREE = {(440.0, 650.0), (440.0, 805.0), (240.0, 515.0), (150.0, 515.0), (330.0, 515.0)}
"""Stands left empty around 10 and 13 December: the An-124 and the landing ship need the room."""


def _hmeimim(world: str, plan: Plan, day: date) -> list[Placed]:
    out = []
    number = (day - date(2023, 12, 31)).days
    if any(first <= number <= last for first, last in _IL76_STAYS):
        out.append(_place(plan, "Il-76", (455.0, -320.0, 270.0), "hmeimim.apron"))
    apron = "hmeimim.transport_apron"
    if world == "as-reported" and day == AFTER:
        out.append(_place(plan, "An-124", (440.0, 650.0, 268.0), apron))
        out.append(replace(_place(plan, "An-124", (443.0, 806.0, 271.5), apron), tone=0.95))
    if world == "opposite" and day == AFTER:
        out.append(_place(plan, "An-26", (440.0, 650.0, 270.0), apron))
    if not (world == "departed" and day >= AFTER):
        out.extend(_air_defence(plan, day))
    return out


def _air_defence(plan: Plan, day: date) -> list[Placed]:
    zone = "hmeimim.sam"
    out = [_place(plan, "S-400 launcher", (u, v, turn), zone) for u, v, turn in REVETMENTS]
    for du, dv, turn, craft in (
        (0, 35, 10, "S-400 radar"),
        (0, -35, 95, "S-400 radar"),
        (30, 0, 40, "S-400 radar"),
    ):
        out.append(_place(plan, craft, (SAM_MIDDLE[0] + du, SAM_MIDDLE[1] + dv, turn), zone))
    draw = rng("sam trucks", day.isoformat())
    for _ in range(int(draw.integers(2, 6))):
        u, v = SAM_MIDDLE[0] + draw.uniform(-80, 80), SAM_MIDDLE[1] + draw.uniform(-80, 80)
        out.append(_place(plan, "truck", (u, v, draw.uniform(0, 360)), zone))
    return out


def _tartus(world: str, plan: Plan, day: date) -> list[Placed]:
    out = []
    roadstead = "tartus.roadstead"
    if BEFORE <= day < GONE:
        # At anchor a ship swings; here by little, for the statement is "unchanged".
        draw = rng("anchor", day.isoformat())
        frigates = [(-1500.0, 350.0, 22.0), (-1250.0, -480.0, 17.0)]
        if world == "opposite" and day >= AFTER:
            del frigates[0]
            out.append(_place(plan, "landing ship", (235.0, 520.5, 90.0), "tartus.piers"))
        for u, v, turn in frigates:
            du, dv, swing = draw.normal(0, 2.0), draw.normal(0, 2.0), draw.normal(0, 0.7)
            out.append(_place(plan, "frigate", (u + du, v + dv, turn + swing), roadstead))
    draw = rng("boats", day.isoformat())
    for _ in range(int(draw.integers(1, 7))):
        where = (draw.uniform(-2400, -750), draw.uniform(-2300, 2300), draw.uniform(0, 360))
        zone = roadstead if abs(where[1]) < 1800 else "tartus"
        boat = _place(plan, "fishing boat", where, zone)
        out.append(replace(boat, moving=bool(draw.random() < 0.5)))
    return out
