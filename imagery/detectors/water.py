"""Where the water of a scene is, what it looks like, and how far a pixel stands out of it.

Water is dark in the near infrared. Where the scene's own two levels part is found on that band,
so no scale, offset or haze level is presumed. Small patches of something else inside water count
as *sea*: a ship is not land. Each band is then put on a scale of its own, 0 = this scene's water,
1 = this scene's land, on which scenes of different products look alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion
from skimage.filters import threshold_otsu
from skimage.measure import label

from imagery.detectors.cfar import Tail, Window, scene_tail
from imagery.detectors.rings import surround
from imagery.errors import BandError, UntrustedError

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

BANDS = ("blue", "green", "red", "nir", "swir16")
"""Read in this order; without ``swir16`` the near infrared stands in for it."""

REMEDY = "Give a wider view, with water and land in it"

DARKEST = 0.1
"""Percentile of a band that is taken for its black; what is below is noise."""
LEAST_SEPARABILITY = 0.75
"""Share of the variance of the root of near infrared that two levels explain. One surface alone
reaches about .64, as Otsu's two halves of any bell do; harbours reach .86 to .94."""
SHORE_M = 20.0
"""Water nearer to anything else than this says nothing of open water."""
LEAST_WATER_M2 = 20_000.0
"""Smaller dark patches are shadow, asphalt or a pond: no ship of 50 m turns there."""
LARGEST_HOLE_M2 = 40_000.0
"""Patches in water up to this area may be ships: 400 x 60 m and their blur."""
RING_M = (60.0, 180.0)
"""Guard and reach of the background ring of open water; thin cloud varies over a wider one."""
CLIP = (-1.0, 4.0)
"""Of normalised bands: nothing darker than black, no cloud or roof without bound."""
SPREAD_FLOOR = 0.5
"""Of the scene's typical local spread: the calmest patch is not given a finer scale than this."""
RIDGE = 0.02
"""Added to the correlation of bands before it is inverted."""


@dataclass(frozen=True, slots=True)
class Water:
    """The water of a scene.

    Attributes:
        planes: (band, y, x) float32 in the order of ``BANDS``: square roots over black, 0 = water,
            1 = land of this scene; NaN = no data.
        open: (y, x) True = water, at least ``SHORE_M`` from anything else.
        sea: (y, x) True = water, with what small things lie in it.
        separability: Share of variance that the two levels explain, 0 to 1.
    """

    planes: Float
    open: Mask
    sea: Mask
    separability: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """How far each pixel stands out of the water around it.

    Attributes:
        distance: (y, x) float32, over all bands, either sign, in spreads; NaN without background.
        tail: Of ``distance`` on open water.
    """

    distance: Float
    tail: Tail


def find_water(values: Float, names: Sequence[str], *, pixel_m: float) -> Water:
    """Part water from the rest and normalise the bands.

    Args:
        values: (band, y, x) float32, any linear unit and offset; NaN = no data or not clear.
        names: Canonical band names in the order of ``values``.
        pixel_m: Pixel size, metres.

    Raises:
        BandError: a visible or the near infrared band is missing.
        UntrustedError: the scene has not two levels, or no water wide enough for a ship.

    Source: Otsu 1979, doi:10.1109/TSMC.1979.4310076.
    """
    roots = _roots(values, names)
    nir = roots[BANDS.index("nir")]
    known = np.asarray(np.isfinite(roots).all(axis=0))
    wet, separability = _parted(nir, known)
    wet = _without_small(wet, LEAST_WATER_M2 / pixel_m**2)
    inner = binary_erosion(wet, iterations=max(1, round(SHORE_M / pixel_m)), border_value=1)
    dry = known & ~wet
    if not inner.any() or not dry.any():
        raise UntrustedError("The water of the scene", "none is wide enough for a ship", REMEDY)
    level = np.array([np.median(band[inner]) for band in roots], np.float32)[:, None, None]
    land = np.array([np.median(band[dry]) for band in roots], np.float32)[:, None, None]
    scaled = (roots - level) / np.where(land > level, land - level, np.float32(1))
    holes = known & ~wet & ~_without_small(known & ~wet, LARGEST_HOLE_M2 / pixel_m**2)
    planes = np.clip(scaled, *CLIP).astype(np.float32)
    return Water(planes, inner, wet | holes, separability)


def contrast(water: Water, *, pixel_m: float) -> Contrast:
    """Distance of every pixel from the open water around it, with the scene's own tail.

    Bands are held against their local mean and spread and then taken together, so that what
    water itself does (turbid plumes, glint) along its main colour axis counts less.

    Raises:
        InputError: the scene holds too little open water to show a tail.
    """
    ring = Window(*(max(k, round(metres / pixel_m)) for k, metres in enumerate(RING_M)))
    usable = water.open
    for _ in range(2):
        z = _standardised(water.planes, usable, ring)
        usable = water.open & (np.nan_to_num(np.abs(z), nan=np.inf).max(axis=0) < 4)
    spread = np.cov(z[:, usable].astype(np.float64))
    inverse = np.linalg.inv(spread + RIDGE * np.eye(len(spread)))
    squared = np.einsum("iyx,ij,jyx->yx", z, inverse.astype(np.float32), z)
    distance = np.sqrt(np.maximum(squared, 0)).astype(np.float32)
    return Contrast(distance, scene_tail(distance[water.open], heaviest=0.0))


def _roots(values: Float, names: Sequence[str]) -> Float:
    place = {name: index for index, name in enumerate(names)}
    missing = [name for name in BANDS[:4] if name not in place]
    if missing:
        remedy = "Vessels need blue, green, red and near infrared."
        raise BandError("The scene", f"has no band {', '.join(missing)}", remedy)
    order = [place.get(name, place["nir"]) for name in BANDS]
    roots = np.empty((len(BANDS), *values.shape[1:]), np.float32)
    for out, index in zip(roots, order, strict=True):
        known = np.isfinite(values[index])
        black = np.percentile(values[index][known], DARKEST) if known.any() else 0
        out[:] = np.sqrt(np.maximum(values[index] - np.float32(black), 0))
    return roots


def _parted(nir: Float, known: Mask) -> tuple[Mask, float]:
    """Below Otsu's threshold, and the share of variance that the two sides explain."""
    values = nir[known]
    if values.size == 0 or values.min() == values.max():
        raise UntrustedError("The water of the scene", "the scene has one flat level", REMEDY)
    values = np.minimum(values, np.percentile(values, 99.9))
    threshold = float(threshold_otsu(values))
    dark, light = values[values < threshold], values[values >= threshold]
    share = dark.size / values.size
    between = share * (1 - share) * (float(light.mean()) - float(dark.mean())) ** 2
    separability = between / float(values.var(dtype=np.float64))
    if separability < LEAST_SEPARABILITY:
        measured = f"two levels explain only {separability:.2f} of its near infrared"
        raise UntrustedError("The water of the scene", measured, REMEDY)
    with np.errstate(invalid="ignore"):
        return known & (nir < threshold), separability


def _without_small(mask: Mask, least_px: float) -> Mask:
    labels = label(mask, connectivity=1)
    large = np.bincount(labels.ravel()) >= least_px
    large[0] = False
    return np.asarray(large[labels], np.bool_)


def _standardised(planes: Float, usable: Mask, ring: Window) -> Float:
    mean, spread = surround(planes, usable, window=ring)
    out = np.empty_like(planes)
    for plane, level, own, z in zip(planes, mean, spread, out, strict=True):
        typical = float(np.median(own[usable & np.isfinite(own)]))
        z[:] = (plane - level) / np.maximum(own, max(SPREAD_FLOOR * typical, 1e-6))
    return out
