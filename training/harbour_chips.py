"""Chips of labelled harbours for the vessel network, as they might have looked on another day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy import ndimage

from benchmarks.harbours import Harbour
from imagery.detectors.chips import resampled
from imagery.detectors.vessels import AS_IS_M, MODEL_M
from imagery.detectors.water import CLIP, find_water

Float = NDArray[np.float32]

SIDE = 64
"""Pixels of a chip."""
NEAR_VESSEL, NEAR_SHORE = 0.55, 0.35
"""Shares of the batch; the rest is water."""
WITHOUT_SWIR = 0.35
"""Share of chips where the near infrared stands in, so that four bands will do."""
BLURRED, BLUR_PX = 0.3, 0.8
HAZY, HAZE = 0.3, 0.25
"""Shares of chips, and the most of it: haze varies over the chip, in units of land over water."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A harbour at 10 m: planes, labels (vessel, heart), and where to cut chips."""

    planes: Float
    labels: Float
    vessels: NDArray[np.float64]
    shore: NDArray[np.intp]
    water: NDArray[np.intp]


def ground(harbour: Harbour) -> Ground:
    """Bring a harbour to the pixel size and the scale that the network reads."""
    factor = harbour.pixel_m / MODEL_M if harbour.pixel_m < AS_IS_M else 1.0
    values = harbour.values
    if factor != 1:
        values = resampled(values, gsd_m=harbour.pixel_m, to_m=MODEL_M)
    planes = np.nan_to_num(find_water(values, harbour.bands, pixel_m=MODEL_M).planes)
    fine = rasterize([(one.pixels, 1) for one in harbour.marked], harbour.values.shape[1:])
    share = resampled(fine[None].astype(np.float32), gsd_m=factor, to_m=1.0)[0]
    vessel = share > 0.5
    heart = ndimage.binary_erosion(vessel, ndimage.generate_binary_structure(2, 1))
    wet = planes[3] < 0.4
    shore = ndimage.binary_dilation(wet, iterations=4) & ndimage.binary_dilation(~wet, iterations=4)
    pieces, count = ndimage.label(vessel)
    centres = ndimage.center_of_mass(vessel, pieces, range(1, count + 1))
    labels = np.stack([vessel, heart]).astype(np.float32)
    return Ground(planes, labels, np.array(centres), np.argwhere(shore), np.argwhere(wet))


def chips(
    grounds: list[Ground], rng: np.random.Generator, batch: int
) -> Iterator[tuple[Float, Float, Float]]:
    """Endless batches: planes (n, y, x, band), labels (n, y, x, 2), weight (n, y, x)."""
    chance = np.array([len(one.vessels) for one in grounds]) ** 0.7
    chance /= chance.sum()
    while True:
        drawn = rng.choice(len(grounds), size=batch, p=chance)
        cut = zip(*(_chip(grounds[index], rng) for index in drawn), strict=True)
        planes, labels, known = (np.stack(part).astype(np.float32) for part in cut)
        yield planes, labels, known


def _chip(one: Ground, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    draw = rng.random()
    if draw < NEAR_VESSEL:
        centre = one.vessels[rng.integers(len(one.vessels))] + rng.uniform(-22, 22, 2)
    else:
        places = one.shore if draw < NEAR_VESSEL + NEAR_SHORE else one.water
        centre = places[rng.integers(len(places))]
    angle, scale = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(-0.2, 0.2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn * scale @ np.diag([1, rng.choice([-1, 1])])
    offset = centre - turn @ np.full(2, SIDE / 2 - 0.5)
    # Only what a turned and enlarged chip can reach is handed to the transform.
    first = np.maximum(centre.astype(int) - 75, 0)
    window = (slice(first[0], int(centre[0]) + 75), slice(first[1], int(centre[1]) + 75))

    def turned(plane: Float, outside: float) -> Float:
        return ndimage.affine_transform(
            plane[window], turn, offset - first, (SIDE, SIDE), order=1, cval=outside
        )

    planes = np.stack([turned(plane, -9.0) for plane in one.planes], axis=-1)
    labels = np.stack([turned(plane, 0.0) for plane in one.labels], axis=-1)
    known = planes[:, :, 0] >= CLIP[0] - 0.5
    planes[~known] = 0
    return _varied(planes, rng), labels, known


def _varied(planes: Float, rng: np.random.Generator) -> Float:
    """Another haze, sharpness, gain of each band, another curve, sometimes noise."""
    bands = planes.shape[-1]
    planes = np.sign(planes) * np.abs(planes) ** np.exp(rng.uniform(-0.2, 0.2))
    if rng.random() < WITHOUT_SWIR:
        planes[..., 4] = planes[..., 3]
    if rng.random() < BLURRED:
        planes = ndimage.gaussian_filter(planes, (*[rng.uniform(0, BLUR_PX)] * 2, 0))
    if rng.random() < HAZY:
        veil = ndimage.zoom(
            rng.uniform(0, 1, (4, 4)), SIDE / 4, order=1, grid_mode=True, mode="nearest"
        )
        planes = planes + veil[..., None] * rng.uniform(0, HAZE) * rng.uniform(0.5, 1.5, bands)
    planes = planes * np.exp(rng.normal(0, 0.12, bands) + rng.normal(0, 0.15))
    planes = planes + rng.normal(0, 0.05, bands)
    if rng.random() < 0.3:
        planes = planes + rng.normal(0, rng.uniform(0, 0.06), planes.shape)
    return planes
