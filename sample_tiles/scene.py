"""The still part of a scene: what lies where, painted once on a fine grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine, from_origin
from scipy.ndimage import gaussian_filter, zoom
from shapely.geometry import Polygon

from sample_tiles.craft import CRAFT, Placed
from sample_tiles.frame import Tile, tile_around
from sample_tiles.ground import FIRST_PARCEL, MATERIALS, WATER, Ground, Parcels, spectrum
from sample_tiles.plan import Plan, plan_of
from sample_tiles.plan_hmeimim import SAM_MIDDLE
from sample_tiles.seeds import rng

SUBPIXELS = 4
"""Fine cells along a pixel: 2.5 m for the Sentinels, 0.75 m for PlanetScope."""

MARGIN = 6
"""Pixels of fine grid beyond the tile, so that the point spread has no edge."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A site on its fine grid, ready to be lit.

    Attributes:
        plan: What is built.
        sensor: ``S2``, ``S1`` or ``PS``.
        tile: The product grid.
        cell: Fine cell, metres.
        transform: Of the fine grid.
        labels: (y, x) uint16, :class:`Ground` values, parcels from ``FIRST_PARCEL``.
        texture: (y, x) float32, relative brightness, mean about 1.
        parcels: The farmland's parcels.
    """

    plan: Plan
    sensor: str
    tile: Tile
    cell: float
    transform: Affine
    labels: NDArray[np.uint16]
    texture: NDArray[np.float32]
    parcels: Parcels


@lru_cache(maxsize=5)
def build(site: str, sensor: str) -> Scene:
    """Paint a site for ``S2`` and ``S1`` (10 m) or ``PS`` (3 m)."""
    plan = plan_of(site)
    if sensor == "PS":
        tile = tile_around(plan.frame.point(*SAM_MIDDLE), pixel=3, size=384)
    else:
        # Noise hardly compresses: of the air base radar shows the zones and 500 m around them.
        size = 384 if (site, sensor) == ("hmeimim", "S1") else 512
        tile = tile_around((plan.frame.east, plan.frame.north), pixel=10, size=size)
    cell = tile.pixel / SUBPIXELS
    side = (tile.size + 2 * MARGIN) * SUBPIXELS
    edge = MARGIN * tile.pixel
    transform = from_origin(tile.west - edge, tile.top + edge, cell, cell)
    labels, parcels = _farmland(plan, transform, side)
    shapes = [(outline, int(kind)) for outline, kind in plan.surfaces]
    shapes += [
        (Polygon(corners), int(roof))
        for corners, roof in zip(plan.houses.corners, plan.houses.roof, strict=True)
    ]
    # rasterio burns in order: later shapes lie on top.
    painted = rasterize(
        shapes, out_shape=(side, side), transform=transform, fill=255, dtype="uint8"
    )
    labels = np.where(painted == 255, labels, painted.astype(np.uint16))
    texture = _texture(labels, parcels, rng("texture", site, sensor), cell)
    return Scene(plan, sensor, tile, cell, transform, labels, texture, parcels)


def reflectance(scene: Scene, day: date, wet: float) -> NDArray[np.float32]:
    """Sunlit, empty scene: (band, y, x) on the fine grid, blue green red near-infrared."""
    table = np.zeros((FIRST_PARCEL + scene.parcels.ground.size, 4), dtype=np.float32)
    for kind in Ground:
        table[kind] = spectrum(kind, day, wet)
    table[FIRST_PARCEL:] = scene.parcels.spectra(day, wet)
    out = np.empty((4, *scene.labels.shape), dtype=np.float32)
    for band in range(4):
        np.multiply(table[:, band][scene.labels], scene.texture, out=out[band])
    return out


def building_shadow(scene: Scene, sun: tuple[float, float]) -> NDArray[np.bool_]:
    """Ground in the shade of buildings, (y, x) fine; ``sun`` = elevation, grid azimuth."""
    houses = scene.plan.houses
    throw = cast_per_metre(sun)
    far = houses.corners + houses.height[:, None, None] * np.array(throw)
    hulls = shapely.convex_hull(shapely.multipoints(np.concatenate([houses.corners, far], axis=1)))
    shade = rasterize(
        [(hull, 1) for hull in hulls],
        out_shape=scene.labels.shape,
        transform=scene.transform,
        dtype="uint8",
    )
    roofs = (scene.labels >= Ground.ROOF_LIGHT) & (scene.labels <= Ground.ROOF_TILE)
    shaded: NDArray[np.bool_] = (shade == 1) & ~roofs
    return shaded


def cast_per_metre(sun: tuple[float, float]) -> tuple[float, float]:
    """East and north metres of shadow for a metre of height."""
    elevation, azimuth = map(math.radians, sun)
    length = 1 / math.tan(elevation)
    return -length * math.sin(azimuth), -length * math.cos(azimuth)


def stamp(
    image: NDArray[np.float32], scene: Scene, craft: tuple[Placed, ...], sun: tuple[float, float]
) -> None:
    """Draw craft and their shadows into a fine image (band, y, x), in place."""
    throw = cast_per_metre(sun)
    # All shadows first: an aircraft's shadow does not darken its neighbour's wing.
    for placed in craft:
        cast = []
        for part in CRAFT[placed.craft].parts:
            outline = placed.on_ground(part.outline)
            east, north = throw[0] * part.height, throw[1] * part.height
            far = shapely.affinity.translate(outline, east, north)
            cast.append(_swept(outline, far, part.height))
        _blend(image, scene, shapely.union_all(cast), None)
    for placed in craft:
        kind = CRAFT[placed.craft]
        if placed.moving:
            half = kind.length / 2
            wake = Polygon([(-half, 1.2), (-half - 90, 5), (-half - 90, -5), (-half, -1.2)])
            _blend(image, scene, placed.on_ground(wake), np.full(4, 0.10))
        for part in kind.parts:
            paint = np.array(part.paint) * placed.tone
            _blend(image, scene, placed.on_ground(part.outline), paint)


def _swept(outline: Polygon, far: Polygon, height: float) -> Polygon:
    # A solid body sweeps its shadow from its foot on; wings and tails hang in the air.
    solid = height < 6 or outline.area < 12
    return shapely.union_all([outline, far]).convex_hull if solid else far


def _blend(
    image: NDArray[np.float32],
    scene: Scene,
    outline: Polygon,
    paint: NDArray[np.float64] | None,
) -> None:
    """Cover an outline with paint, or with shade where there is none; edges by area."""
    west, south, east, north = outline.bounds
    col, row = (math.floor(v) for v in ~scene.transform * (west, north))
    end_col, end_row = (math.ceil(v) for v in ~scene.transform * (east, south))
    rows, cols = image.shape[1:]
    row, col = max(row, 0), max(col, 0)
    high, wide = min(end_row, rows) - row, min(end_col, cols) - col
    if high <= 0 or wide <= 0:
        return
    fine = scene.transform * Affine.translation(col, row) * Affine.scale(0.25)
    mask = rasterize([(outline, 1)], out_shape=(high * 4, wide * 4), transform=fine, dtype="uint8")
    cover = mask.reshape(high, 4, wide, 4).mean(axis=(1, 3), dtype=np.float64).astype(np.float32)
    part = image[:, row : row + high, col : col + wide]
    if paint is None:
        part *= 1 - (1 - SHADE)[:, None, None] * cover
    else:
        part += (paint.astype(np.float32)[:, None, None] - part) * cover


SHADE = np.array([0.52, 0.44, 0.38, 0.30], dtype=np.float32)
"""What is left in full shadow: skylight, more of it in the blue."""


def _farmland(plan: Plan, transform: Affine, side: int) -> tuple[NDArray[np.uint16], Parcels]:
    draw = rng("farmland", plan.site)
    east = transform.c + transform.a * (np.arange(side) + 0.5) - plan.frame.east
    north = transform.f + transform.e * (np.arange(side) + 0.5) - plan.frame.north
    x, y = np.meshgrid(east, north)
    angle = 0.35
    u = x * math.cos(angle) + y * math.sin(angle) + 40 * np.sin(y / 310)
    v = y * math.cos(angle) - x * math.sin(angle) + 30 * np.sin(x / 270)
    columns, rows = 84, 60
    i = np.clip((u / 95).astype(np.int64) + columns // 2, 0, columns - 1)
    j = np.clip((v / 145).astype(np.int64) + rows // 2, 0, rows - 1)
    cell = i + columns * j
    # A third of the parcels are split across, a third along.
    split = draw.integers(0, 3, columns * rows)[cell]
    half = np.where(split == 1, (u / 95) % 1 > 0.5, (v / 145) % 1 > 0.5) & (split > 0)
    n = 2 * columns * rows
    kinds = [Ground.WHEAT, Ground.IRRIGATED, Ground.CITRUS, Ground.OLIVE]
    kinds += [Ground.GREENHOUSE, Ground.SOIL]
    weights = {"hmeimim": [0.31, 0.16, 0.30, 0.12, 0.05, 0.06]}
    share = weights.get(plan.site, [0.22, 0.1, 0.12, 0.45, 0.03, 0.08])
    ground = draw.choice(kinds, n, p=share).astype(np.int64)
    tone = draw.normal(1, 0.09, n).clip(0.75, 1.3)
    ploughed = draw.integers(285, 385, n)
    labels = (FIRST_PARCEL + 2 * cell + half).astype(np.uint16)
    return labels, Parcels(ground, tone, ploughed)


def _texture(
    labels: NDArray[np.uint16], parcels: Parcels, draw: np.random.Generator, cell: float
) -> NDArray[np.float32]:
    """Fixed fine texture: canopies of a few metres, slabs, and slow soil patterns."""
    amount = np.zeros(FIRST_PARCEL + parcels.ground.size, dtype=np.float32)
    for kind, material in MATERIALS.items():
        amount[kind] = material.texture
    amount[FIRST_PARCEL:] = amount[parcels.ground]
    side = labels.shape[0]
    texture = np.zeros(labels.shape, dtype=np.float32)
    for metres, weight in ((4.0, 0.75), (18.0, 0.5), (110.0, 0.45)):
        # Coarse fields are drawn coarse and enlarged: same statistics, a fraction of the time.
        step = max(1, int(metres / cell / 2))
        small = draw.standard_normal((side // step + 3, side // step + 3))
        small = gaussian_filter(small, max(metres / cell / step / 2, 0.5), mode="wrap")
        small /= small.std()
        large = zoom(small, step, order=1) if step > 1 else small
        texture += (weight * large[:side, :side]).astype(np.float32)
    texture *= amount[labels]
    texture += 1
    water = np.isin(labels, np.array(WATER, dtype=np.uint16))
    texture[water] = 1
    return texture.clip(0.3, 1.9)
