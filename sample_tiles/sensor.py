"""From a lit scene to digital numbers: point spread, pixel grid, haze, noise, classification."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from scipy.sparse import csr_array

from sample_tiles.frame import CENTRES
from sample_tiles.ground import WATER, Ground
from sample_tiles.scene import (
    MARGIN,
    SHADE,
    SUBPIXELS,
    Scene,
    build,
    building_shadow,
    reflectance,
    stamp,
)
from sample_tiles.seeds import rng
from sample_tiles.sky import Sky, fractal, sky, sun_position
from sample_tiles.worlds import AFTER, BEFORE, craft_on, orbit, sensing_time


@dataclass(frozen=True, slots=True)
class Sensor:
    """What sets one instrument apart.

    Attributes:
        name: For the SENSOR tag.
        psf_px: Full width at half maximum of the point spread, pixels, pixel aperture included.
        shift_px: Standard deviation of the residual shift between dates, pixels, each axis.
        noise: Sensor noise at reflectance 0, and its growth with the root of reflectance.
        offset: Added to reflectance x 10000.
        step: Digital numbers come in multiples of this (a 12-bit instrument).
        bands: Band descriptions.
    """

    name: str
    psf_px: float
    shift_px: float
    noise: tuple[float, float]
    offset: int
    step: int
    bands: tuple[str, ...]


SENSORS = {
    "S2": Sensor(
        name="Sentinel-2 MSI L2A",
        psf_px=1.15,
        shift_px=0.2,
        noise=(0.0015, 0.0045),
        offset=1000,
        step=4,
        bands=("B02", "B03", "B04", "B08", "SCL"),
    ),
    "PS": Sensor(
        name="PlanetScope PSScene",
        psf_px=1.5,
        shift_px=0.35,
        noise=(0.0025, 0.007),
        offset=0,
        step=8,
        bands=("blue", "green", "red", "nir"),
    ),
    "S1": Sensor(
        name="Sentinel-1 C-SAR",
        psf_px=2.0,
        shift_px=0.05,
        noise=(0.0, 0.0),
        offset=0,
        step=0,
        bands=("VV", "VH"),
    ),
}

_SHIFTS = {BEFORE: (0.06, -0.08), AFTER: (0.27, 0.12)}
"""Rows, columns in pixels: the pair that the demo compares is 0.29 px apart."""

_WET = {BEFORE: 0.35, AFTER: 0.5}
_HAZE_LIGHT = np.array([0.20, 0.17, 0.145, 0.115])
_CLOUD_LIGHT = np.array([0.62, 0.60, 0.59, 0.61])


@dataclass(frozen=True, slots=True)
class Shot:
    """One simulated acquisition.

    Attributes:
        pixels: (band, y, x) uint16, 0 = no data; the last band of Sentinel-2 is its SCL.
        moment: Sensing time, UTC.
        sun: Elevation, and azimuth from true north, degrees.
    """

    pixels: NDArray[np.uint16]
    moment: datetime
    sun: tuple[float, float]


def expose(world: str, site: str, sensor_key: str, day: date) -> Shot:
    """Simulate one date of one site in one world."""
    sensor, scene = SENSORS[sensor_key], build(site, sensor_key)
    draw = rng("exposure", site, sensor_key, day.isoformat())
    moment = sensing_time(sensor_key, day)
    lon, lat, _ = CENTRES[site]
    elevation, azimuth = sun_position(moment, lon, lat)
    sun = (elevation, azimuth - scene.plan.frame.convergence)
    wet = _WET.get(day, float(draw.beta(1.2, 3)) if day.month in (10, 11, 12, 1) else 0.0)
    image = reflectance(scene, day, wet)
    shade = building_shadow(scene, sun)
    for band, left in zip(image, SHADE, strict=True):
        band[shade] *= left
    stamp(image, scene, craft_on(world, site, day), sun)
    shift = _SHIFTS.get(day, tuple(draw.normal(0, sensor.shift_px, 2)))
    ground = np.stack([sample(band, scene, shift, sensor) for band in image])
    ground *= _view_gain(scene, draw, day)
    air = sky(scene, day, sun)
    measured = _through(ground + _water_light(scene, draw, day), air)
    measured = _noisy(measured, sensor, draw)
    numbers = np.rint((measured * 10000 + sensor.offset) / sensor.step) * sensor.step
    pixels = np.clip(numbers, sensor.step, 65532).astype(np.uint16)
    if sensor_key == "S2":
        classes = scene_classes(measured, scene, air)
        pixels = np.concatenate([pixels, classes[None]])
    return Shot(pixels, moment, (elevation, azimuth))


def sample(
    fine: NDArray[np.float32], scene: Scene, shift: tuple[float, float], sensor: Sensor
) -> NDArray[np.float64]:
    """Fine (y, x) -> pixels (y, x): a Gaussian point spread, displaced by ``shift`` pixels."""
    down = _weights(scene.tile.size, shift[0], sensor.psf_px)
    across = _weights(scene.tile.size, shift[1], sensor.psf_px)
    rows = down @ fine
    out: NDArray[np.float64] = (across @ rows.T).T
    return out


def _weights(size: int, shift: float, fwhm_px: float) -> csr_array:
    """(pixels, fine cells) sparse weights of a Gaussian of this width, each row summing to 1."""
    sigma = fwhm_px / 2.354820045 * SUBPIXELS
    reach = int(np.ceil(3 * sigma))
    centre = (np.arange(size) + 0.5 + MARGIN + shift) * SUBPIXELS - 0.5
    nearest = np.rint(centre).astype(np.int64)
    columns = nearest[:, None] + np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * ((columns - centre[:, None]) / sigma) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    rows = np.repeat(np.arange(size), 2 * reach + 1)
    shape = (size, (size + 2 * MARGIN) * SUBPIXELS)
    return csr_array((weights.ravel(), (rows, columns.ravel())), shape=shape)


def pixel_labels(scene: Scene) -> NDArray[np.uint16]:
    """The label at the middle of each pixel, (y, x)."""
    start = MARGIN * SUBPIXELS + SUBPIXELS // 2
    stop = start + scene.tile.size * SUBPIXELS
    return scene.labels[start:stop:SUBPIXELS, start:stop:SUBPIXELS]


def _is_water(scene: Scene) -> NDArray[np.bool_]:
    return np.isin(pixel_labels(scene), np.array(WATER, dtype=np.uint16))


def _view_gain(scene: Scene, draw: np.random.Generator, day: date) -> NDArray[np.float64]:
    """(band, y, x) what differs between dates on unchanged ground.

    View direction (by orbit), calibration (by date), and a fine pattern of moisture, dust and
    view that brings the temporal residual of land to about 0.01 to 0.015 with the shift.
    """
    size = scene.tile.size
    track = 1.0 if scene.sensor == "PS" or orbit(day) == 121 else 1.025
    spread = 0.03 if scene.sensor == "PS" else 0.01
    gain = track * (1 + draw.normal(0, spread, 4))
    fine = 0.042 * fractal(draw, size, 1.2) + 0.015 * fractal(draw, size, 2.2)
    gains: NDArray[np.float64] = gain[:, None, None] * (1 + fine)
    return gains


def _water_light(scene: Scene, draw: np.random.Generator, day: date) -> NDArray[np.float64]:
    """(band, y, x) glint, waves and turbidity, zero on land."""
    water = _is_water(scene)
    size = scene.tile.size
    if not water.any():
        return np.zeros((4, 1, 1))
    summer = 0.5 + 0.5 * np.cos(2 * np.pi * ((day - date(2024, 6, 25)).days / 365))
    glint = draw.uniform(0.2, 1.0) * 0.012 * summer
    waves = (glint + 0.0025) * (1 + 0.3 * fractal(draw, size, 1.0))
    mud = 0.008 * np.clip(fractal(draw, size, 3.0), 0, 3) * draw.uniform(0.2, 1.0)
    harbour = pixel_labels(scene) == Ground.HARBOUR
    mud = np.where(harbour, 0.4 * mud, mud)
    colour = np.array([0.9, 1.0, 0.7, 0.15])[:, None, None]
    light: NDArray[np.float64] = np.where(water, np.maximum(waves, 0) + colour * mud, 0.0)
    return light


def _through(ground: NDArray[np.float64], air: Sky) -> NDArray[np.float64]:
    lit = ground * (1 - air.shadow * (1 - SHADE.astype(np.float64)[:, None, None]))
    hazed = lit * (1 - air.haze) + air.haze * _HAZE_LIGHT[:, None, None]
    out: NDArray[np.float64] = hazed + air.cloud * (_CLOUD_LIGHT[:, None, None] - hazed)
    return out


def _noisy(
    image: NDArray[np.float64], sensor: Sensor, draw: np.random.Generator
) -> NDArray[np.float64]:
    floor, growth = sensor.noise
    sigma = np.sqrt(floor**2 + growth**2 * np.maximum(image, 0))
    out: NDArray[np.float64] = image + sigma * draw.standard_normal(image.shape)
    return out


def scene_classes(measured: NDArray[np.float64], scene: Scene, air: Sky) -> NDArray[np.uint16]:
    """Scene classification (y, x) as the L2A processor would give it: on 20 m, with its faults.

    Thin haze is missed; very bright roofs and greenhouses are now and then called cloud.
    """
    half = scene.tile.size // 2

    def coarse(layer: NDArray[np.float64]) -> NDArray[np.float64]:
        out: NDArray[np.float64] = layer.reshape(half, 2, half, 2).mean(axis=(1, 3))
        return out

    blue, _, red, infrared = (coarse(band) for band in measured)
    cloud, shadow = coarse(air.cloud), coarse(air.shadow)
    water = coarse(_is_water(scene).astype(np.float64)) > 0.5
    ndvi = (infrared - red) / np.maximum(infrared + red, 1e-3)
    classes = np.full((half, half), 5, dtype=np.uint16)
    classes[ndvi > 0.4] = 4
    classes[water] = 6
    classes[(shadow > 0.25) & ~water] = 3
    classes[blue > 0.315] = 8
    seen = cloud > air.seen_from
    classes[binary_dilation(seen, iterations=1) & ~seen] = 7
    classes[seen] = 10
    classes[cloud > 0.3] = 8
    classes[cloud > 0.6] = 9
    return np.repeat(np.repeat(classes, 2, axis=0), 2, axis=1)
