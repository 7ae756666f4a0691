"""What the simulation of the sample tiles drew: shifts of dates, and vessels on the water."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery.register import Registration
from sample_tiles import sensor
from sample_tiles.craft import CRAFT
from sample_tiles.seeds import rng
from sample_tiles.worlds import craft_on

WORLD = "as-reported"
NEAR_VESSEL_M = 200.0  # a wake of 90 m, half of what is looked for, and its blur
LASTING_M = 30.0  # vessels this long lie at anchor for days: where they left is a change, too
LATELY_DAYS = 120


def error(site: str, found: Registration | None, first: date, day: date) -> float:
    """Distance of a measured shift between two dates from the drawn one, pixels."""
    drawn = np.subtract(true_shift(site, day), true_shift(site, first))  # (down, right)
    shift = found.shift_px if found else (0.0, 0.0)
    # Sampling further down shows the content further up.
    return float(np.hypot(shift[0] + drawn[1], shift[1] + drawn[0]))


def true_shift(site: str, day: date) -> tuple[float, float]:
    """The shift that ``sample_tiles.sensor.expose`` draws for a date: (down, right)."""
    draw = rng("exposure", site, "S2", day.isoformat())
    if day.month in (10, 11, 12, 1):
        draw.beta(1.2, 3)
    drawn = tuple(draw.normal(0, sensor.SENSORS["S2"].shift_px, 2))
    return sensor._SHIFTS.get(day, drawn)


def near_vessels(site: str, day: date, grid: GeoBox) -> NDArray[np.bool_]:
    """(y, x) True near what the simulation drew on the water on a date, or lately at anchor."""
    lately = [day - timedelta(days=back) for back in range(1, LATELY_DAYS)]
    drawn = set(vessels(site, day, 0.0)).union(*(vessels(site, d, LASTING_M) for d in lately))
    rows, cols = np.indices(grid.shape)
    east, north = grid.transform @ (cols + 0.5, rows + 0.5)
    near = np.zeros(grid.shape, bool)
    for place in sorted(drawn):
        near |= np.hypot(east - place[0], north - place[1]) < NEAR_VESSEL_M
    return near


@lru_cache(maxsize=1000)
def vessels(site: str, day: date, least_m: float) -> tuple[tuple[float, float], ...]:
    """Easting and northing of the vessels of a date; none at a site without water."""
    if site != "tartus":
        return ()
    drawn = [one for one in craft_on(WORLD, site, day) if CRAFT[one.craft].length >= least_m]
    return tuple((one.east, one.north) for one in drawn)
