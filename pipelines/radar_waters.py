"""Ships in the zones of a site on water, in every radar pass of a series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyproj
from numpy.typing import NDArray

from imagery.detectors import radar_sea, radar_trials
from imagery.detectors.radar_ships import Ship
from imagery.detectors.radar_trials import Trials
from imagery.errors import InputError
from imagery.sar_past import Series, Steady

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Afloat:
    """Ships in a zone in one pass.

    Attributes:
        zone_id: The zone.
        moment: Sensing time.
        orbit: Relative orbit.
        clear: Share of the zone's pixels with data.
        ships: On open water.
        moored: Near a structure: a ship, a crane that turned or a wet quay.
    """

    zone_id: str
    moment: datetime
    orbit: int
    clear: float
    ships: tuple[Ship, ...]
    moored: tuple[Ship, ...]


@dataclass(frozen=True, slots=True)
class Waters:
    """The zones on water, and what every pass shows of them.

    Attributes:
        series: Passes.
        known: Levels and looks of each orbit.
        zones: (y, x) True = in the zone, by id.
        pixel_m: (height, width) of a pixel, metres.
    """

    series: Series
    known: dict[int, Steady]
    zones: dict[str, Mask]
    pixel_m: tuple[float, float]

    def seen(self) -> tuple[tuple[Afloat, ...], tuple[tuple[str, Trials], ...]]:
        """Ships by zone and pass, and the power to see some in the last pass, by zone."""
        out: list[Afloat] = []
        power: list[tuple[str, Trials]] = []
        last = len(self.series.items) - 1
        for steady in self.known.values():
            sea = self._sea(steady)
            if sea is None:
                continue
            for number in steady.passes:
                values = self._pass(number)
                try:
                    look = radar_sea.look(values, sea, looks=steady.looks, pixel_m=self.pixel_m)
                except InputError:
                    continue  # too little of the sea in this pass to tell its tail
                out += [self._afloat(name, number, values, look) for name in self.zones]
                if number == last:
                    power += self._power(values, sea, steady.looks)
        order = {name: place for place, name in enumerate(self.zones)}
        out.sort(key=lambda each: (order[each.zone_id], each.moment))
        return tuple(out), tuple(power)

    def _pass(self, number: int) -> Float:
        height, width = self.series.geobox.shape.yx
        values: Float = self.series.read(slice(0, height), slice(0, width), (number,))[0]
        return values

    def _sea(self, steady: Steady) -> radar_sea.Sea | None:
        if len(steady.passes) < radar_sea.LEAST_PASSES:
            return None
        height, width = self.series.geobox.shape.yx
        median = np.empty((len(self.series.bands), height, width), np.float32)
        for rows in (slice(top, min(top + 512, height)) for top in range(0, height, 512)):
            strip = self.series.read(rows, slice(0, width), steady.passes)
            seen = np.isfinite(strip).sum(axis=0) >= radar_sea.LEAST_PASSES
            median[:, rows] = np.nanmedian(np.where(seen, strip, np.float32(0)), axis=0)
            median[:, rows][~seen] = np.nan
        return radar_sea.find_sea(median, pixel_m=self.pixel_m)

    def _afloat(self, name: str, number: int, values: Float, look: radar_sea.Look) -> Afloat:
        zone = self.zones[name]
        seen = np.asarray(np.isfinite(values).all(axis=0))
        clear = float(seen[zone].mean())
        inside = [
            tuple(s for s in each if zone[int(s.row), int(s.col)])
            for each in (look.ships, look.moored)
        ]
        moment, orbit = self.series.moments[number], self.series.orbits[number]
        return Afloat(name, moment, orbit, clear, inside[0], inside[1])

    def _power(self, values: Float, sea: radar_sea.Sea, looks: float) -> list[tuple[str, Trials]]:
        out = []
        seen = np.asarray(np.isfinite(values).all(axis=0))
        open_sea = sea.water & ~sea.near & seen
        for name, zone in self.zones.items():
            if (zone & open_sea).any():
                made = radar_trials.ships(
                    values, sea, zone & open_sea, looks=looks, pixel_m=self.pixel_m
                )
                out += [(name, each) for each in made]
        return out


def place(row: float, col: float, series: Series) -> tuple[float, float]:
    """Longitude and latitude of a place on the grid, pixels from its corner."""
    x, y = series.geobox.transform @ (col, row)
    to_lonlat = pyproj.Transformer.from_crs(str(series.geobox.crs), "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(x, y)
    return round(lon, 6), round(lat, 6)
