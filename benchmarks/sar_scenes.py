"""SIMULATED radar pairs: fields and water under speckle, with regions that changed.

Reflectivity is made of fields, slow and fine texture and bright points; speckle is drawn as
complex fields with a point spread, so that neighbours are related, and averaged to the looks of
each date. Beside the change there is what no label would call one: a gain, a slow drift, fields
and wind on water that differ a little. Pictures are amplitudes of 8 bit, stretched or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIDE = 300
FIELDS = 80
POINT_SPREAD_PX = 0.5
NOISE_POWER = 0.003

Float = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One kind of pair.

    Attributes:
        name: Of the kind.
        form: Of the changed regions.
        share: Of the image that they are to cover; 0 = nothing changed.
        looks: Of each date.
        step_db: Change of power, either way (``both``) or one way by its sign.
        both: Whether regions go up or down by chance.
        nuisance_db: Spread between fields of what is no change.
        cut: Share of the darkest pixels that the stretch sets to 0.
        water: Share of the image that is dark water at both dates; the change is then to water.
    """

    name: str
    form: Literal["flood", "river", "farm"]
    share: float
    looks: tuple[float, float]
    step_db: float
    both: bool = False
    nuisance_db: float = 0.5
    cut: float = 0.0
    water: float = 0.0


RECIPES = (
    Recipe("flood", "flood", 0.05, (3, 3), -6),
    Recipe("large flood", "flood", 0.15, (5, 5), -6, nuisance_db=0.8),
    Recipe("small flood", "flood", 0.013, (4, 4), -6),
    Recipe("one look, four looks", "farm", 0.06, (1, 4), 5, both=True),
    Recipe("many fields", "farm", 0.2, (1, 4), 4, both=True),
    Recipe("river moved", "river", 0.08, (1, 4), 6),
    Recipe("river dried", "river", 0.03, (2, 3), 5),
    Recipe("up and down", "flood", 0.1, (4, 8), 4, both=True),
    Recipe("half a percent", "flood", 0.005, (4, 4), 6, nuisance_db=0.3),
    Recipe("faint", "flood", 0.08, (4, 4), 3),
    Recipe("single looks", "flood", 0.1, (1, 1), -7, nuisance_db=0.8),
    Recipe("fine picture", "farm", 0.1, (8, 8), 4, both=True, nuisance_db=0.8),
    Recipe("water, whole range", "flood", 0.15, (4, 4), -8, water=0.25),
    Recipe("water, stretched", "flood", 0.015, (4, 4), -8, cut=0.02, water=0.25),
    Recipe("water, cut hard", "river", 0.06, (1, 4), -8, cut=0.1, water=0.25),
    Recipe("nothing changed", "flood", 0.0, (4, 4), 0),
    Recipe("nothing, unequal looks", "flood", 0.0, (1, 4), 0, nuisance_db=0.8),
)


def speckle(rng: np.random.Generator, shape: tuple[int, int], looks: float) -> Float:
    """Power of mean 1, with related neighbours."""
    whole = int(np.ceil(looks))
    weights = np.ones(whole)
    weights[-1] = looks - (whole - 1)
    total = np.zeros(shape)
    for weight in weights:
        field = [ndimage.gaussian_filter(rng.normal(size=shape), POINT_SPREAD_PX) for _ in range(2)]
        power = field[0] ** 2 + field[1] ** 2
        total += weight * power / power.mean()
    return np.asarray(total / weights.sum())


def smooth(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Float:
    """A Gaussian field of unit spread."""
    field = ndimage.gaussian_filter(rng.normal(size=shape), sigma, mode="wrap")
    return np.asarray(field / field.std())


def patches(rng: np.random.Generator, shape: tuple[int, int], form: str, share: float) -> Mask:
    """Regions of a form that cover about a share of the image."""
    if share <= 0:
        return np.zeros(shape, bool)
    if form == "farm":
        fields = _fields(rng, shape, 100)
        chosen = np.zeros(shape, bool)
        for number in rng.permutation(100):
            if chosen.mean() >= share:
                break
            chosen |= fields == number
        return np.asarray(ndimage.binary_opening(ndimage.binary_erosion(chosen)), bool)
    if form == "river":
        y, x = np.mgrid[: shape[0], : shape[1]]
        wave = shape[1] / 4 * np.sin(y / shape[0] * rng.uniform(3, 7) + rng.uniform(0, 6))
        wander = ndimage.gaussian_filter1d(60 * rng.normal(size=shape[0]), 15)[:, None]
        field = -np.abs(x - shape[1] / 2 - wave - wander) + 3 * smooth(rng, shape, 4)
    else:
        parts = [weight * smooth(rng, shape, sigma) for weight, sigma in ((1, 18), (0.4, 6))]
        field = parts[0] + parts[1] + 0.15 * smooth(rng, shape, 2.25)
    return np.asarray(field > np.quantile(field, 1 - share))


def pair(
    recipe: Recipe, seed: int, *, shape: tuple[int, int] = (SIDE, SIDE)
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Mask]:
    """Before, after (amplitude, 8 bit) and what changed."""
    rng = np.random.default_rng([seed, *recipe.name.encode()])
    fields = _fields(rng, shape, FIELDS)
    level = rng.normal(0, 2, FIELDS)[fields] + 1.5 * smooth(rng, shape, 25)
    level += 0.7 * smooth(rng, shape, 1.5) + 10 * _points(rng, shape)
    water = patches(rng, shape, "flood", recipe.water)
    changed = patches(rng, shape, recipe.form, recipe.share) & ~water
    other = rng.normal(0, recipe.nuisance_db, FIELDS)[fields]
    other += 0.5 * recipe.nuisance_db * smooth(rng, shape, 40) + rng.normal(0, 1.5)
    after = level + other + _steps(rng, changed, recipe)
    if recipe.water:
        sea = np.full(shape, recipe.step_db - 2.0)
        level = np.where(water, sea, level)
        after = np.where(water | changed, sea + smooth(rng, shape, 12), after)
    dates = [
        _picture(rng, decibels, looks, recipe.cut)
        for decibels, looks in zip((level, after), recipe.looks, strict=True)
    ]
    return dates[0], dates[1], changed


def planted(
    powers: tuple[Float, Float], recipe: Recipe, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Mask]:
    """Two real dates (y, x) with a simulated change of regions in the second."""
    rng = np.random.default_rng([seed, *recipe.name.encode()])
    changed = patches(rng, powers[0].shape, recipe.form, recipe.share)
    after = powers[1] * 10 ** (_steps(rng, changed, recipe) / 10)
    return _stretched(powers[0], recipe.cut), _stretched(after, recipe.cut), changed


def _fields(rng: np.random.Generator, shape: tuple[int, int], many: int) -> NDArray[np.int64]:
    y, x = np.mgrid[: shape[0], : shape[1]]
    nearest, number = np.full(shape, np.inf), np.zeros(shape, np.int64)
    for index, (row, col) in enumerate(rng.uniform(0, 1, (many, 2)) * shape):
        distance = np.maximum(np.abs(y - row), 1.3 * np.abs(x - col))
        number[distance < nearest] = index
        nearest = np.minimum(nearest, distance)
    return number


def _points(rng: np.random.Generator, shape: tuple[int, int]) -> Float:
    points = ndimage.gaussian_filter((rng.random(shape) < 0.002).astype(np.float64), 1)
    return np.asarray(points / max(points.max(), 1e-9))


def _steps(rng: np.random.Generator, changed: Mask, recipe: Recipe) -> Float:
    """Decibels by which each region changed."""
    regions, count = ndimage.label(changed)
    sizes = recipe.step_db * rng.uniform(0.7, 1.3, count + 1)
    if recipe.both:
        sizes *= rng.choice([-1, 1], count + 1)
    sizes[0] = 0
    return np.asarray(sizes[regions])


def _picture(
    rng: np.random.Generator, decibels: Float, looks: float, cut: float
) -> NDArray[np.uint8]:
    shape = (decibels.shape[0], decibels.shape[1])
    power = 10 ** (decibels / 10) * speckle(rng, shape, looks)
    return _stretched(power + NOISE_POWER * speckle(rng, shape, looks), cut)


def _stretched(power: Float, cut: float) -> NDArray[np.uint8]:
    amplitude = np.sqrt(power)
    low = float(np.quantile(amplitude, cut)) if cut else 0.0
    shown = (amplitude - low) / (np.quantile(amplitude, 0.98) - low) * 235
    return np.clip(np.round(shown), 0, 255).astype(np.uint8)
