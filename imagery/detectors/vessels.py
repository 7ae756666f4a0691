"""Vessels in one optical picture, at a quay and on open water, with their length.

The network of ``hulls`` outlines vessels, the picture's own water says what stands out of it, and
``outlines`` brings the two together. A wake is not part of an outline, and so not of a length. At
10 m a vessel of 50 m is five pixels: below that nothing is claimed, and names or types never.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from imagery.detectors import hulls
from imagery.detectors.chips import resampled
from imagery.detectors.outlines import LONGEST_M, RELATED_PX, Vessel, covered, outlined
from imagery.detectors.water import contrast, find_water
from imagery.errors import InputError, NotObservable

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

MODEL_M = 10.0
"""Pixel size that the network was trained at, metres."""
COARSEST_M = 10.5
AS_IS_M = 9.7
"""Pixels from here to ``COARSEST_M`` are taken as they are; finer ones are averaged to 10 m."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one picture shows.

    Attributes:
        vessels: The surest first.
        logit: (y, x) float32 at about 10 m, log-odds that a pixel is vessel; NaN = no data, -inf
            far from the zone.
        sea: (y, x) True = water, with what lies in it.
        factor: Pixels of ``logit`` for each pixel of the picture.
        pixel_m: Of the picture.
        places: Independent places of open water that were looked at.
    """

    vessels: tuple[Vessel, ...]
    logit: Float
    sea: Mask
    factor: float
    pixel_m: float
    places: int


def look(
    values: Float,
    names: Sequence[str],
    *,
    pixel_m: float,
    zone: Mask | None = None,
    structure: Mask | None = None,
    weights: hulls.Weights | None = None,
) -> Look:
    """Find vessels in one picture.

    Give the surroundings too, at least a kilometre: the scene's water and land are its scale.

    Args:
        values: (band, y, x) float32, any linear unit; NaN = no data or not clear.
        names: Canonical band names: blue, green, red, nir, and better also swir16.
        pixel_m: Pixel size on the ground, metres.
        zone: (y, x) True where a vessel's centre may lie; None for everywhere.
        structure: (y, x) True where other dates show something standing all the time; an outline
            that lies on it by more than half is not a vessel.
        weights: Of the network; None for those shipped.

    Raises:
        NotObservable: pixels are larger than 10.5 m.
        BandError: a band is missing.
        UntrustedError: water and land cannot be told apart.
        InputError: too little open water, or a mask of another shape.
        WeightsError: the weights are missing or altered.
    """
    check_observable(pixel_m)
    for name, mask in (("zone", zone), ("structure", structure)):
        if mask is not None and mask.shape != values.shape[1:]:
            raise InputError(f"the {name} mask", mask.shape, f"the shape {values.shape[1:]}")
    factor = pixel_m / MODEL_M if pixel_m < AS_IS_M else 1.0
    scene = values if factor == 1 else resampled(values, gsd_m=pixel_m, to_m=MODEL_M)
    ground_m = pixel_m / factor
    water = find_water(scene, names, pixel_m=ground_m)
    found = contrast(water, pixel_m=ground_m)
    known = np.isfinite(water.planes).all(axis=0)
    within = None if zone is None else _around(zone, factor, known.shape, ground_m)
    drawn = hulls.logits(water.planes, weights or hulls.shipped(), within=within)
    logit = np.where(known, drawn, np.float32(-np.inf))
    kept = [
        one
        for one in outlined(logit, water, found, pixel_m=ground_m)
        if _inside(one, zone, factor) and not _stands(one, structure, factor)
    ]
    return Look(
        vessels=tuple(_enlarged(one, factor) for one in kept),
        logit=np.where(known, logit[0], np.float32(np.nan)),
        sea=water.sea,
        factor=factor,
        pixel_m=pixel_m,
        places=int(np.count_nonzero(water.open)) // RELATED_PX,
    )


def _around(
    zone: Mask, factor: float, shape: tuple[int, ...], ground_m: float
) -> tuple[slice, slice]:
    """Rows and columns of the model's pixels that are looked at for vessels in a zone.

    What is cut at their edge and has its centre in the zone is too long for a vessel.
    """
    margin = math.ceil(LONGEST_M / ground_m)
    rows, cols = (
        slice(
            max(0, math.floor(at.min(initial=zone.size) * factor) - margin),
            min(side, math.ceil((at.max(initial=-1) + 1) * factor) + margin),
        )
        for at, side in zip(np.nonzero(zone), shape, strict=True)
    )
    return rows, cols


def check_observable(pixel_m: float) -> None:
    """Refuse pixels on which a vessel of 50 m is not told from a boat.

    Raises:
        NotObservable: pixels are larger than 10.5 m.
    """
    if not 0 < pixel_m <= COARSEST_M:
        raise NotObservable("A vessel of 50 m", pixel_m, COARSEST_M)


def _inside(one: Vessel, zone: Mask | None, factor: float) -> bool:
    if zone is None:
        return True
    row = min(int(one.row / factor), zone.shape[0] - 1)
    return bool(zone[row, min(int(one.col / factor), zone.shape[1] - 1)])


def _stands(one: Vessel, structure: Mask | None, factor: float) -> bool:
    """Whether more than half of an outline lies on what always stands there."""
    if structure is None:
        return False
    share = structure[covered(_enlarged(one, factor).outline, structure.shape)]
    return bool(share.size and share.mean() > 0.5)


def _enlarged(one: Vessel, factor: float) -> Vessel:
    """From pixels of the model to pixels of the picture."""
    outline = shapely.transform(one.outline, lambda points: points / factor)
    return replace(one, outline=outline, row=one.row / factor, col=one.col / factor)
