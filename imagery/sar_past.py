"""The radar passes of a place: which may stand in one series, and what steady ground did in each.

Relative orbits are kept apart throughout. Satellites and processing versions of one orbit stay
together only where their images were measured to lie on each other.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pystac
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery import looks, sar_tracks, stack
from imagery.catalogs import Refused
from imagery.errors import ImageryError, RegistrationError
from imagery.passes import moment
from imagery.sar_intervals import reference
from imagery.sar_series import pooled_logs
from imagery.sar_tracks import Track

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

SAMPLE_PX = 512
"""Side of the middle of the grid from which levels, looks and steps are measured."""
EVERY_PX = 3
MOST_HELD = 2**29
"""Bytes: 28 passes of 15 km each way; a longer or larger series is read window by window."""
MOST_PAIRS = 6


@dataclass(frozen=True, slots=True)
class Series:
    """Passes of a place, oldest first; the pair that is compared is among them.

    Attributes:
        items: With local files.
        tracks: Of each.
        geobox: Grid that they are read on.
        bands: Canonical names.
        since: The first moment that is after: what passes later is held against what is before.
        left_out: Passes that could not be used.
        held: (time, pol, y, x) power of all of it; None where that is too much to hold.
    """

    items: tuple[pystac.Item, ...]
    tracks: tuple[Track, ...]
    geobox: GeoBox
    bands: tuple[str, ...]
    since: datetime
    left_out: tuple[Refused, ...] = ()
    held: Float | None = None

    @property
    def moments(self) -> tuple[datetime, ...]:
        """Sensing times."""
        return tuple(moment(item) for item in self.items)

    @property
    def orbits(self) -> tuple[int, ...]:
        """Relative orbit of each pass."""
        return tuple(track.orbit for track in self.tracks)

    def of_orbit(self, orbit: int) -> tuple[int, ...]:
        """The passes of one orbit."""
        return tuple(n for n, each in enumerate(self.orbits) if each == orbit)

    def read(self, rows: slice, cols: slice, passes: tuple[int, ...] | None = None) -> Float:
        """(time, pol, y, x) linear power of a window, NaN = unusable; all passes unless named."""
        chosen = tuple(range(len(self.items))) if passes is None else passes
        if self.held is not None:
            part: Float = self.held[np.array(chosen, int)][:, :, rows, cols]
            return part
        window = self.geobox[rows, cols]
        out = np.empty((len(chosen), len(self.bands), *window.shape.yx), np.float32)
        for date, number in zip(out, chosen, strict=True):
            read = stack.load(self.items[number], window, self.bands, chunk=None)
            date[:] = np.where(read.clear.values, read.reflectance.values, np.float32(np.nan))
        return out


def read_once(series: Series) -> Series:
    """The series with its pixels in memory, if they fit into ``MOST_HELD`` bytes."""
    height, width = series.geobox.shape.yx
    size = len(series.items) * len(series.bands) * height * width * 4
    if size > MOST_HELD:
        return series
    return replace(series, held=series.read(slice(0, height), slice(0, width)))


@dataclass(frozen=True, slots=True)
class Steady:
    """What one orbit's passes have in common.

    Attributes:
        passes: Their places in the series.
        levels: (time, pol) float32, natural logarithm, what steady ground did in each pass.
        looks: Equivalent number of looks of a pixel.
    """

    passes: tuple[int, ...]
    levels: Float
    looks: float


def one_make(series: Series, pair: tuple[pystac.Item, pystac.Item]) -> Series:
    """The series without the passes whose geolocation is not that of the others.

    Of each orbit the satellite and processing of the pair, or else of most passes, are the
    measure; those of another make stay where a step to them was measured and is small.

    Args:
        series: Gathered.
        pair: Its two passes that are compared; they stay whatever is measured.
    """
    gone: dict[int, str] = {}
    own = {item.id for item in pair}
    for orbit in sorted(set(series.orbits)):
        passes = series.of_orbit(orbit)
        if sar_tracks.made_alike([series.tracks[n] for n in passes]):
            continue
        makes = [_make(series.tracks[n]) for n in passes]
        ours = [m for n, m in zip(passes, makes, strict=True) if series.items[n].id in own]
        first = ours[-1] if ours else max(sorted(set(makes)), key=makes.count)
        for make in sorted(set(makes) - {first}):
            both = tuple(n for n, m in zip(passes, makes, strict=True) if m in (first, make))
            try:
                rows, cols = _middle(series.geobox)
                sample = series.read(rows, cols, both)
                sar_tracks.steps(sample, [series.tracks[n] for n in both])
            except RegistrationError as error:
                gone |= {n: str(error) for n in both if _make(series.tracks[n]) == make}
    left = [n for n in range(len(series.items)) if n not in gone or series.items[n].id in own]
    refused = tuple(Refused(series.items[n].id, gone[n]) for n in sorted(gone) if n not in left)
    return replace(
        series,
        items=tuple(series.items[n] for n in left),
        tracks=tuple(series.tracks[n] for n in left),
        left_out=(*series.left_out, *refused),
    )


def steady(series: Series, orbit: int) -> Steady | None:
    """Levels and looks of the passes of one orbit; None where they cannot be measured."""
    passes = series.of_orbit(orbit)
    rows, cols = _middle(series.geobox)
    sample = series.read(rows, cols, passes)
    try:
        thin = pooled_logs(sample)[:, :, ::EVERY_PX, ::EVERY_PX]
        levels = [
            reference(thin[:, band], [orbit] * len(passes)).level
            for band in range(len(series.bands))
        ]
        found = [
            looks.of_pair(earlier[band], later[band]).value
            for earlier, later in list(itertools.pairwise(sample))[:MOST_PAIRS]
            for band in range(len(series.bands))
        ]
    except ImageryError:
        return None
    level = np.stack(levels, axis=1)
    return Steady(passes, level - level.mean(axis=0), float(np.median(found)))


def windows_of(zone: Mask, reach_px: int) -> tuple[slice, slice] | None:
    """Rows and columns of a zone with ground around it; None where nothing of it is on the grid."""
    rows, cols = np.nonzero(zone)
    if not rows.size:
        return None
    height, width = zone.shape
    return (
        slice(max(0, int(rows.min()) - reach_px), min(height, int(rows.max()) + reach_px + 1)),
        slice(max(0, int(cols.min()) - reach_px), min(width, int(cols.max()) + reach_px + 1)),
    )


def _make(track: Track) -> tuple[str, str]:
    return track.platform, track.processing


def _middle(grid: GeoBox) -> tuple[slice, slice]:
    starts = [(size, max(0, (size - SAMPLE_PX) // 2)) for size in grid.shape.yx]
    rows, cols = (slice(start, min(start + SAMPLE_PX, size)) for size, start in starts)
    return rows, cols
