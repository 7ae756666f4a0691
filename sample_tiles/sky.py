"""Sun, clouds, haze and their shadows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin
from scipy.fft import fftfreq, irfft2, rfftfreq
from scipy.ndimage import gaussian_filter

from sample_tiles.scene import Scene, cast_per_metre
from sample_tiles.seeds import rng
from sample_tiles.worlds import AFTER, BEFORE


def sun_position(moment: datetime, lon: float, lat: float) -> tuple[float, float]:
    """Elevation and azimuth (clockwise from true north), degrees, good to about 0.1 degree.

    Source:
        Low-precision formulas of the Astronomical Almanac.
    """
    days = (moment - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86400
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360)
    mean = 280.460 + 0.9856474 * days
    ecliptic = math.radians(mean + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 4e-7 * days)
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    sidereal = math.radians((280.46062 + 360.98564737 * days + lon) % 360)
    hour = sidereal - ascension
    phi = math.radians(lat)
    up = math.sin(phi) * math.sin(declination)
    up += math.cos(phi) * math.cos(declination) * math.cos(hour)
    south = math.cos(hour) * math.sin(phi) - math.tan(declination) * math.cos(phi)
    azimuth = math.degrees(math.atan2(math.sin(hour), south)) + 180
    return math.degrees(math.asin(up)), azimuth % 360


@dataclass(frozen=True, slots=True)
class Sky:
    """The air over a tile on one date.

    Attributes:
        cloud: (y, x) opacity of cloud, 0 to 1.
        shadow: (y, x) opacity of the cloud that stands between this ground and the sun.
        haze: (y, x) share of the light that is veiled, 0 to about 0.15.
        seen_from: Cloud opacity from which the day's classification calls it cloud.
    """

    cloud: NDArray[np.float64]
    shadow: NDArray[np.float64]
    haze: NDArray[np.float64]
    seen_from: float


_CLOUDY = {6: 0.06, 7: 0.03, 8: 0.03, 9: 0.08, 10: 0.2, 11: 0.34, 12: 0.42, 1: 0.5, 2: 0.5}
"""Share of dates with cloud in the tile by month, roughly the eastern Mediterranean's."""

_HAZE = {BEFORE: 0.010, AFTER: 0.024}
"""Mean haze of the two dates that are kept clear over the targets."""


def sky(scene: Scene, day: date, sun: tuple[float, float]) -> Sky:
    """Draw the air of a date over a scene; ``sun`` = elevation and grid azimuth, degrees."""
    draw = rng("sky", scene.plan.site, scene.sensor, day.isoformat())
    size = scene.tile.size
    haze = draw.uniform(0.004, 0.03) * np.clip(1 + 0.35 * fractal(draw, size, 2.6), 0.3, 2.0)
    field = fractal(draw, size, 3.0)
    cloudy = draw.random() < _CLOUDY[day.month]
    cover = float(draw.choice([0.06, 0.2, 0.5, 0.97], p=[0.35, 0.3, 0.2, 0.15]))
    opacity = 0.35 if draw.random() < 0.25 else 0.95
    seen_from = float(draw.choice([0.12, 0.2, 0.3], p=[0.6, 0.25, 0.15]))
    height = float(draw.uniform(600, 1800))
    if day in _HAZE:
        cloudy, cover, opacity, seen_from = True, 0.05, 0.95, 0.12
        haze *= _HAZE[day] / haze.mean()
        field = field - 8 * _near_zones(scene)
    if not cloudy or scene.sensor == "PS":
        # From a commercial archive only clear scenes are ordered.
        nothing = np.zeros((size, size))
        return Sky(nothing, nothing, haze, seen_from)
    edge = np.quantile(field, 1 - cover)
    cloud = np.clip((field - edge) / 0.6, 0, 1) * opacity
    east, north = (height * metres / scene.tile.pixel for metres in cast_per_metre(sun))
    shadow = np.roll(cloud, (-round(north), round(east)), axis=(0, 1))
    if day in _HAZE:
        shadow = shadow * (1 - np.minimum(1, 4 * _near_zones(scene)))
    return Sky(cloud, gaussian_filter(shadow, 2.0, mode="wrap"), haze, seen_from)


def _near_zones(scene: Scene) -> NDArray[np.float64]:
    """(y, x) 1 over the zones, which must be seen on 10 and 13 December, to 0 some 500 m away."""
    size, pixel = scene.tile.size, scene.tile.pixel
    near = rasterize(
        [(zone.buffer(300), 1) for zone in scene.plan.zones.values()],
        out_shape=(size, size),
        transform=from_origin(scene.tile.west, scene.tile.top, pixel, pixel),
        dtype="uint8",
    )
    soft: NDArray[np.float64] = gaussian_filter(near.astype(np.float64), 100 / pixel)
    return soft


def fractal(draw: np.random.Generator, size: int, slope: float) -> NDArray[np.float64]:
    """A periodic random field (size, size), mean 0, standard deviation 1, power ~ f ** -slope."""
    fy, fx = np.meshgrid(fftfreq(size), rfftfreq(size), indexing="ij")
    frequency = np.sqrt(fy * fy + fx * fx)
    frequency[0, 0] = np.inf
    real, imaginary = draw.standard_normal((2, *frequency.shape))
    field = irfft2((real + 1j * imaginary) * frequency ** (-slope / 2), s=(size, size), workers=1)
    out: NDArray[np.float64] = (field - field.mean()) / field.std()
    return out
