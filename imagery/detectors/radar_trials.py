"""Known radar targets put into the passes that are judged, and what the unchanged detectors say.

For a departure a group of corners is put into every pass before the date, in copies of the zone
moved over the ground around it, and is in none after it: the share of copies in which the loss is
said is the power. The same copies with nothing put in give the false alarms. For ships, hulls are
put on the water of one pass.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from shapely import box

from imagery import implant, sar_targets
from imagery.detectors import radar_sea, radar_ships, scatterers
from imagery.detectors.shapes import Shape

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

CORNERS = 8
"""Of a planted group: a battery of a few vehicles."""
CROSS_SECTIONS_M2 = (30.0, 100.0, 300.0)
"""Of each corner. Vehicles return some ten to a few hundred square metres at C band."""
MOST_COPIES = 24
LEAST_USABLE = 0.9
SHIP_LENGTHS_M = (40.0, 80.0, 120.0)
SHIP_BACKSCATTER = (1.0, 0.1)
"""Power for each square metre of hull, co- and cross-polarised: at the low end of real ships."""
BEAM = 1 / 7
SAID = {False: frozenset({"provisional loss", "departed"}), True: frozenset({"departed"})}
"""What counts as said, by whether there are passes enough after the date for a departure."""


@dataclass(frozen=True, slots=True)
class Trials:
    """How often something was said.

    Attributes:
        what: Words for what was put in.
        size: Its cross-section in square metres, or its length in metres.
        trials: Put in.
        found: Said of these.
        low, high: 95 % interval of the share.
    """

    what: str
    size: float
    trials: int
    found: int
    low: float
    high: float


def counted(what: str, size: float, trials: int, found: int) -> Trials:
    """With its Clopper-Pearson interval; NaN without trials."""
    return Trials(what, size, trials, found, *implant.interval(found, trials))


def copies(zone: Mask, closed: Mask) -> list[tuple[int, int]]:
    """Steps (rows, columns) that move a zone onto other ground, no two onto the same.

    Args:
        zone: (y, x) True = in the zone.
        closed: (y, x) True = no copy may lie there: zones, water, unusable ground.
    """
    rows, cols = np.nonzero(zone)
    reach = scatterers.RING_PX
    top, left = int(rows.min()), int(cols.min())
    high, wide = int(rows.max()) - top + 1, int(cols.max()) - left + 1
    own = zone[top : top + high, left : left + wide]
    height, width = zone.shape
    found = []
    for row, col in itertools.product(
        range(reach, height - high - reach + 1, max(8, high)),
        range(reach, width - wide - reach + 1, max(8, wide)),
    ):
        if not (closed[row : row + high, col : col + wide] & own).any():
            found.append((row - top, col - left))
    if len(found) <= MOST_COPIES:
        return found
    picked = np.linspace(0, len(found) - 1, MOST_COPIES).round().astype(int)
    return [found[n] for n in picked]


@dataclass(frozen=True, slots=True)
class Ground:
    """Passes over a zone's surroundings.

    Attributes:
        power: (time, pol, y, x) float32, linear, NaN = unusable.
        orbits, moments: Of each pass, oldest first.
        since: The first moment after.
        looks: Equivalent number of looks of a pixel.
        pixel_m: (height, width) of a pixel, metres.
    """

    power: Float
    orbits: Sequence[int]
    moments: Sequence[datetime]
    since: datetime
    looks: float
    pixel_m: tuple[float, float]


def departures(ground: Ground, zone: Mask, moved: Sequence[tuple[int, int]]) -> list[Trials]:
    """Power for a group that leaves, by strength of its corners, and the false alarms.

    Said is *departed* where there are passes enough after the date, else a provisional loss.

    Args:
        ground: Passes.
        zone: (y, x) True = in the zone.
        moved: Of ``copies``.

    Returns:
        The false alarms first (``what`` is ``nothing``).
    """
    plain = [_said(ground, ground.power, zone, step) for step in moved]
    judged = [step for step, said in zip(moved, plain, strict=True) if said != "not judged"]
    after = sum(moment >= ground.since for moment in ground.moments)
    loss = SAID[after >= scatterers.LEAST_ABSENT]
    alarms = sum(said in loss for said in plain)
    out = [counted("nothing", 0.0, len(judged), alarms)]
    for size in CROSS_SECTIONS_M2:
        found = 0
        for number, step in enumerate(judged):
            found += _planted(ground, zone, step, size=size, number=number) in loss
        out.append(counted(f"group of {CORNERS} corners that left", size, len(judged), found))
    return out


def ships(
    power: Float, sea: radar_sea.Sea, eligible: Mask, *, looks: float, pixel_m: tuple[float, float]
) -> list[Trials]:
    """Power for hulls on the open water of one pass, by length.

    Args:
        power: (pol, y, x) float32, of the pass.
        sea: Of its orbit.
        eligible: (y, x) where the middle of a hull may lie.
        looks: Equivalent number of looks of a pixel.
        pixel_m: (height, width) of a pixel, metres.
    """
    level = radar_sea.look(power, sea, looks=looks, pixel_m=pixel_m).level

    def detect(values: Float) -> Mask:
        scores = radar_ships.scores(sea.in_units(values), sea.water, sea.structures)
        with np.errstate(invalid="ignore"):
            return np.asarray(scores > level.high, bool)

    out = []
    for length in SHIP_LENGTHS_M:
        half, side = length / 2, length * BEAM / 2
        shape = Shape("hull", "vessel", length, 2 * side, box(-half, -side, half, side))
        target = sar_targets.RadarTarget(shape, SHIP_BACKSCATTER[: len(power)], looks)
        made = sar_targets.power(detect, power, eligible, target, pixel_m=pixel_m)
        out.append(counted("ship on open water", length, made.trials, made.found))
    return out


def _said(ground: Ground, power: Float, zone: Mask, step: tuple[int, int]) -> str:
    window, own = _around(zone, step)
    found = scatterers.departed(
        power[:, :, *window], ground.orbits, own, ground.moments, ground.since
    )
    return found.state


def _planted(ground: Ground, zone: Mask, step: tuple[int, int], *, size: float, number: int) -> str:
    """What is said of a copy of the zone in which a group stood until the date."""
    window, own = _around(zone, step)
    power = ground.power[:, :, *window].copy()
    seed = implant.seed_of(power, own, size, number)
    planting = implant.places(
        own, pixel_m=ground.pixel_m, seed=seed, most=CORNERS, spacing_m=2.5 * ground.pixel_m[0]
    )
    target = sar_targets.corner(size, looks=ground.looks)
    height, width = own.shape
    share = sar_targets.drawn(planting, target, shape=(height, width), pixel_m=ground.pixel_m)
    for index, moment in enumerate(ground.moments):
        if moment < ground.since:
            power[index] = sar_targets.added(power[index], share, target, seed=seed + index)
    found = scatterers.departed(power, ground.orbits, own, ground.moments, ground.since)
    return found.state


def _around(zone: Mask, step: tuple[int, int]) -> tuple[tuple[slice, slice], Mask]:
    """The window of a moved zone with its surround, and the zone in it."""
    moved = np.roll(zone, step, axis=(0, 1))
    rows, cols = np.nonzero(moved)
    reach = scatterers.RING_PX
    window = (
        slice(max(0, int(rows.min()) - reach), int(rows.max()) + reach + 1),
        slice(max(0, int(cols.min()) - reach), int(cols.max()) + reach + 1),
    )
    return window, moved[window]
