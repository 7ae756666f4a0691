"""From a built scene to SIMULATED backscatter: walls, layover, shadow, metal, waves, speckle.

Two tracks look from opposite sides, so a wall that one sees the other does not. Where something
is tall its return comes from nearer to the sensor (layover), and the ground behind it is dark.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy.ndimage import gaussian_filter

from sample_tiles.craft import CRAFT, Placed
from sample_tiles.ground import FIRST_PARCEL, WATER, Ground, greenness
from sample_tiles.radar_table import BACKSCATTER_DB, CROSS_SECTION_M2, POINTS, WETS_DB
from sample_tiles.scene import SUBPIXELS, Scene, build
from sample_tiles.seeds import rng
from sample_tiles.sensor import SENSORS, sample
from sample_tiles.sky import fractal
from sample_tiles.worlds import Track, craft_on, sensing_time, track_on

Float = NDArray[np.float32]

LOOK_WEIGHTS = (1.0, 1.0, 1.0, 1.0, 0.2207)
"""Draws of speckle that are averaged: 4.4 equivalent looks."""
WALL_DB, ROOF_DB, QUAY_DB = 6.0, -3.0, 2.0
SHADE = 0.03
NOISE_DB = -27.0
BEAT_LOOKS = 4.4
KEPT_BITS = 3
"""Of the mantissa, which leaves steps of .5 dB beside 2 dB of speckle: noise does not compress."""


@dataclass(frozen=True, slots=True)
class RadarShot:
    """One simulated pass.

    Attributes:
        pixels: (VV and VH, y, x) float32, gamma nought, linear power.
        moment: Sensing time, UTC.
        track: From where.
    """

    pixels: Float
    moment: datetime
    track: Track


def expose_radar(world: str, site: str, day: date) -> RadarShot:
    """Simulate one pass over a site in one world."""
    scene, track = build(site, "S1"), track_on(day)
    draw = rng("pass", site, day.isoformat())
    wet = float(draw.beta(1.2, 3)) if day.month in (10, 11, 12, 1) else 0.0
    wind_db = draw.uniform(-19.5, -15.0)
    shift = tuple(draw.normal(0, 0.05, 2))
    gain = 10 ** (draw.normal(0, 0.3, 2) / 10)
    points = np.zeros((2, *scene.labels.shape), np.float32)
    extended = _empty(scene, day, wet)
    for band in range(2):
        extended[band] *= _walls(site, track.looks_to)
        extended[band] += _bright(site, track.looks_to) * (1.0, 0.16)[band]
    _stamp(extended, points, scene, craft_on(world, site, day), draw=draw, track=track)
    sensor = SENSORS["S1"]
    ground = np.stack([sample(each, scene, shift, sensor) for each in extended])
    steady = np.stack([sample(each, scene, shift, sensor) for each in points])
    ground = _with_waves(ground, scene, draw, wind_db) + 10 ** (NOISE_DB / 10)
    pixels = np.stack([_speckled(g, s, draw) for g, s in zip(ground, steady, strict=True)])
    kept = _rounded((pixels * gain[:, None, None]).astype(np.float32))
    return RadarShot(kept, sensing_time("S1", day), track)


def _empty(scene: Scene, day: date, wet: float) -> Float:
    """(VV and VH, y, x) power of the ground without anything on it, on the fine grid."""
    table = np.zeros((2, FIRST_PARCEL + scene.parcels.ground.size))
    for kind in Ground:
        green = greenness("winter", day) if kind in (Ground.WHEAT, Ground.DRY_GRASS) else 0.0
        dry = np.array(BACKSCATTER_DB[kind])
        table[:, kind] = dry + WETS_DB.get(kind, 0.0) * wet - np.array([2.0, 1.0]) * green
    tone_db = 10 * np.log10(scene.parcels.tone)
    table[:, FIRST_PARCEL:] = table[:, scene.parcels.ground] + 3 * tone_db
    power = (10 ** (table / 10)).astype(np.float32)
    return np.stack([band[scene.labels] * scene.texture for band in power])


def toward(looks_to: float, metres: float) -> tuple[float, float]:
    """East and north of a step along the line of sight, away from the sensor."""
    angle = math.radians(looks_to)
    return metres * math.sin(angle), metres * math.cos(angle)


@lru_cache(maxsize=4)
def _walls(site: str, looks_to: float) -> Float:
    """(y, x) what is left of the ground's return: little in the shadow of buildings."""
    scene = build(site, "S1")
    houses = scene.plan.houses
    length = houses.height * math.tan(math.radians(_INCIDENCE))
    far = houses.corners + length[:, None, None] * np.array(toward(looks_to, 1.0))
    hulls = shapely.convex_hull(shapely.multipoints(np.concatenate([houses.corners, far], axis=1)))
    shade = _burnt(scene, [(hull, 1.0) for hull in hulls])
    roofs = (scene.labels >= Ground.ROOF_LIGHT) & (scene.labels <= Ground.ROOF_TILE)
    return np.where((shade > 0) & ~roofs, np.float32(SHADE), np.float32(1))


@lru_cache(maxsize=4)
def _bright(site: str, looks_to: float) -> Float:
    """(y, x) power that walls of buildings and quays add where they face the sensor."""
    scene = build(site, "S1")
    houses = scene.plan.houses
    turn = rng("walls", site, f"{looks_to:.0f}").normal(0, 3.0, len(houses.height))
    height = houses.height[:, None, None]
    near = houses.corners - height / math.tan(math.radians(_INCIDENCE)) * np.array(
        toward(looks_to, 1.0)
    )
    over = shapely.convex_hull(shapely.multipoints(np.concatenate([houses.corners, near], axis=1)))
    foot = houses.corners - 1.2 * scene.cell * np.array(toward(looks_to, 1.0))
    bases, feet = shapely.polygons(houses.corners), shapely.polygons(foot)
    layover = shapely.difference(over, bases)
    walls = shapely.difference(feet, bases)
    out = _burnt(scene, [(each, 10 ** (ROOF_DB / 10)) for each in layover])
    out += _burnt(
        scene, [(e, 10 ** ((WALL_DB + t) / 10)) for e, t in zip(walls, turn, strict=True)]
    )
    water = np.isin(scene.labels, np.array(WATER, np.uint16))
    step = [round(each / scene.cell) for each in toward(looks_to, 1.5 * scene.cell)]
    behind = np.roll(~water, (step[1], -step[0]), axis=(0, 1))
    out[water & behind] += np.float32(10 ** (QUAY_DB / 10))
    return out


_INCIDENCE = 39.0


def _burnt(scene: Scene, shapes: list[tuple[shapely.Geometry, float]]) -> Float:
    kept = [(shape, value) for shape, value in shapes if not shape.is_empty]
    if not kept:
        return np.zeros(scene.labels.shape, np.float32)
    burnt: Float = rasterize(
        kept, out_shape=scene.labels.shape, transform=scene.transform, dtype="float32"
    )
    return burnt


def _stamp(
    extended: Float,
    points: Float,
    scene: Scene,
    craft: tuple[Placed, ...],
    *,
    draw: np.random.Generator,
    track: Track,
) -> None:
    """Put craft into fine images: half of the return in a few corners, half over the planform.

    What stands high on a ship or an aircraft comes back from nearer to the sensor.
    """
    area = scene.cell**2
    for placed in craft:
        kind = CRAFT[placed.craft]
        total = CROSS_SECTION_M2[placed.craft] * 10 ** (draw.normal(0, 1.0) / 10)
        outline = placed.on_ground(kind.parts[0].outline if kind.kind == "vessel" else kind.outline)
        cells = _burnt(scene, [(outline.buffer(scene.cell / 2), 1.0)])
        share = total / 2 / area / max(float(cells.sum()), 1.0)
        for band, left in enumerate((1.0, 0.2)):
            extended[band] += cells * np.float32(share * left)
        places = _corners(placed, POINTS.get(kind.kind, 2))
        sizes = total / 2 / len(places) * 10 ** (draw.normal(0, 1.5, len(places)) / 10)
        for (east, north, height), size in zip(places, sizes, strict=True):
            aside = toward(track.looks_to, -height / math.tan(math.radians(_INCIDENCE)))
            col, row = ~scene.transform @ (east + aside[0], north + aside[1])
            if 0 <= int(row) < points.shape[1] and 0 <= int(col) < points.shape[2]:
                points[:, int(row), int(col)] += np.array([1.0, 0.1], np.float32) * size / area


def _corners(placed: Placed, number: int) -> list[tuple[float, float, float]]:
    """Where the corners of a craft are: the same on every craft of a type."""
    kind = CRAFT[placed.craft]
    draw = rng("corners", placed.craft)
    along = np.linspace(-0.38, 0.38, number) * kind.length + draw.normal(0, 0.5, number)
    tallest = max(part.height for part in kind.parts)
    heights = draw.uniform(0.1, 0.6, number) * tallest
    spots = [placed.on_ground(shapely.Point(x, 0.0)) for x in along]
    return [(p.x, p.y, float(h)) for p, h in zip(spots, heights, strict=True)]


def _with_waves(
    ground: NDArray[np.float64], scene: Scene, draw: np.random.Generator, wind_db: float
) -> NDArray[np.float64]:
    """Sea under the wind of the day, calmer in the harbour; land as it is."""
    size = scene.tile.size
    start = (scene.labels.shape[0] - size * SUBPIXELS) // 2 + SUBPIXELS // 2
    labels = scene.labels[start::SUBPIXELS, start::SUBPIXELS][:size, :size]
    gusts = 10 ** (0.12 * fractal(draw, size, 2.4) + 0.03 * fractal(draw, size, 0.8))
    calm = np.where(labels == Ground.HARBOUR, 0.4, 1.0)
    open_sea = 10 ** ((wind_db - BACKSCATTER_DB[Ground.SEA][0]) / 10)
    water = gaussian_filter(np.isin(labels, np.array(WATER, np.uint16)).astype(float), 0.6)
    out: NDArray[np.float64] = ground * (1 - water + water * open_sea * gusts * calm)
    return out


def _speckled(
    ground: NDArray[np.float64], steady: NDArray[np.float64], draw: np.random.Generator
) -> NDArray[np.float64]:
    """Gamma speckle with related neighbours on the ground; a beat where a corner stands."""
    total = np.zeros(ground.shape)
    for weight in LOOK_WEIGHTS:
        real, imaginary = (
            gaussian_filter(draw.standard_normal(ground.shape), 0.5, mode="wrap") for _ in range(2)
        )
        look = real**2 + imaginary**2
        total += weight * look / look.mean()
    clutter = ground * total / sum(LOOK_WEIGHTS)
    beat = np.sqrt(2 * steady * clutter / BEAT_LOOKS) * draw.standard_normal(ground.shape)
    return np.maximum(clutter + steady + beat, 0.02 * clutter)


def _rounded(power: Float) -> Float:
    drop = 23 - KEPT_BITS
    bits = power.view(np.int32) + np.int32(1 << (drop - 1))
    return (bits >> drop << drop).view(np.float32)
