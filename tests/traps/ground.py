"""Made-up ground that looks like a coast with an airfield, and how a satellite sees it on a day.

Reflectance, (band, y, x): blue, green, red, near infrared; 10 m pixels. SIMULATED.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

Scene = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIDE = 256
SPECTRA = {
    "water": (0.045, 0.04, 0.028, 0.015),
    "sand": (0.20, 0.25, 0.30, 0.37),
    "concrete": (0.21, 0.235, 0.255, 0.285),
    "asphalt": (0.085, 0.095, 0.105, 0.13),
    "wood": (0.025, 0.045, 0.03, 0.24),
    "crop": (0.035, 0.075, 0.045, 0.38),
    "stubble": (0.085, 0.12, 0.15, 0.27),
    "soil": (0.095, 0.13, 0.175, 0.24),
    "roof": (0.17, 0.19, 0.23, 0.27),
}
LAND = ("wood", "crop", "stubble", "soil")
APRON = slice(150, 196), slice(138, 224)
RUNWAY = slice(126, 132), slice(80, 250)
STAND = 172, 178
"""Row and column of the middle of the apron, where an aircraft arrives."""
PAINT = (0.48, 0.5, 0.51, 0.52)
ROADSTEAD = 96, 26


@lru_cache(maxsize=8)
def _labels(seed: int) -> tuple[NDArray[np.str_], Mask]:
    draw = np.random.default_rng([seed, 1])
    rows, columns = np.indices((SIDE, SIDE))
    centres = draw.uniform(0, SIDE, (110, 2))
    _, parcel = cKDTree(centres).query(np.stack([rows.ravel(), columns.ravel()], 1))
    kinds = draw.choice(LAND, len(centres))
    labels = kinds[parcel].reshape(SIDE, SIDE).astype("U8")
    village = slice(20, 90), slice(150, 230)
    streets = (rows % 9 == 0) | (columns % 11 == 0)
    houses = draw.random((SIDE // 3 + 1, SIDE // 3 + 1)).repeat(3, 0).repeat(3, 1)[:SIDE, :SIDE]
    labels[village] = np.where(
        streets[village], "asphalt", np.where(houses[village] < 0.45, "roof", labels[village])
    )
    labels[APRON], labels[RUNWAY] = "concrete", "asphalt"
    shore = 48 + 9 * np.sin(rows[:, 0] / 23.0 + seed) + 4 * np.sin(rows[:, 0] / 7.0)
    labels[columns < shore[:, None] + 3] = "sand"
    labels[columns < shore[:, None]] = "water"
    return labels, labels == "water"


@lru_cache(maxsize=8)
def _ground(seed: int) -> Scene:
    labels, _ = _labels(seed)
    draw = np.random.default_rng([seed, 2])
    scene = np.zeros((4, SIDE, SIDE))
    for kind, spectrum in SPECTRA.items():
        scene[:, labels == kind] = np.array(spectrum)[:, None]
    coarse = ndimage.gaussian_filter(draw.normal(size=(SIDE, SIDE)), 5) * 9
    fine = ndimage.gaussian_filter(draw.normal(size=(SIDE, SIDE)), 0.7) * 2.2
    return scene * (1 + 0.05 * coarse + 0.07 * fine)


def ground(seed: int = 0) -> Scene:
    """The place with nothing on it; another seed is another place."""
    return _ground(seed).copy()


def water(seed: int = 0) -> Mask:
    """(y, x) True = sea."""
    return _labels(seed)[1].copy()


def distance_to_shore(seed: int = 0) -> NDArray[np.float64]:
    """(y, x) pixels to the shore, positive on land."""
    sea = water(seed)
    inland = ndimage.distance_transform_edt(~sea)
    return np.asarray(inland - ndimage.distance_transform_edt(sea), dtype=np.float64)


def with_aircraft(
    scene: Scene, at: tuple[int, int] = STAND, paint: tuple[float, ...] = PAINT
) -> Scene:
    """A large aircraft of 70 m on the ground."""
    return _stamped(scene, _cross(), at, paint)


def with_vessel(scene: Scene, at: tuple[int, int] = ROADSTEAD) -> Scene:
    """A ship of 180 x 30 m on the sea."""
    hull = np.zeros((80, 16))
    hull[4:76, 2:14] = 1
    return _stamped(scene, _reduced(hull), at, (0.2, 0.21, 0.22, 0.23))


def _cross() -> NDArray[np.float64]:
    shape = np.zeros((40, 40))
    shape[6:34, 18:22] = 1
    shape[16:22, 6:34] = 1
    shape[31:34, 14:26] = 1
    return _reduced(shape)


def _reduced(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = (size // 4 for size in shape.shape)
    return shape.reshape(rows, 4, columns, 4).mean(axis=(1, 3))


def _stamped(
    scene: Scene, shape: NDArray[np.float64], at: tuple[int, int], paint: tuple[float, ...]
) -> Scene:
    made = scene.copy()
    top, left = at[0] - shape.shape[0] // 2, at[1] - shape.shape[1] // 2
    place = slice(top, top + shape.shape[0]), slice(left, left + shape.shape[1])
    for band, colour in enumerate(paint):
        made[band][place] += (colour - made[band][place]) * shape
    return made


def seen(scene: Scene, day: int, *, gain: float = 1.0, haze: float = 0.0) -> Scene:
    """The scene as it is taken on a day: blurred, a little other light, noise."""
    draw = np.random.default_rng([day, 7])
    blurred = ndimage.gaussian_filter(scene, (0, 0.6, 0.6))
    light = 1 + 0.5 * ndimage.gaussian_filter(draw.normal(size=scene.shape), (0, 14, 14))
    lit = blurred * light * gain + haze * np.array([1.0, 0.75, 0.55, 0.3])[:, None, None]
    noise = draw.normal(size=scene.shape) * (0.0015 + 0.01 * lit)
    return np.maximum(lit + noise, 0.001)


def blob(at: tuple[int, int], radius: float, *, soft: float = 2.5, seed: int = 5) -> Scene:
    """(y, x) 0 to 1, a patch with an uneven soft edge: a cloud, a shadow, a wet place."""
    draw = np.random.default_rng([seed, 3])
    rows, columns = np.indices((SIDE, SIDE))
    distance = np.hypot(rows - at[0], (columns - at[1]) / 1.3)
    uneven = 40 * ndimage.gaussian_filter(draw.normal(size=(SIDE, SIDE)), 6)
    edge = (radius - distance - 0.25 * uneven) / soft
    return np.asarray(1 / (1 + np.exp(-np.clip(edge, -40, 40))))
