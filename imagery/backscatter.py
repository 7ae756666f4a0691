"""What a radar band holds: linear power, decibels or neither; and which of its pixels are ground.

Nothing else in the project works on anything but linear power, so the unit is decided once, from
the metadata and from the pixels, and a contradiction is refused: decibels taken for power make
every ratio wrong without a sign of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery.errors import BandError, InputError, UntrustedError
from imagery.radar_words import Unit, declared_unit, polarisation

__all__ = [
    "REACH_PX",
    "chosen",
    "declared_unit",
    "masked",
    "polarisation",
    "to_power",
    "unit_of",
    "usable",
]

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_PIXELS = 64
"""Usable pixels without which nothing is said about a unit."""
MOST_NEGATIVE = 0.02
"""Share of a power band that subtraction of the noise may have left below zero."""
DB_RANGE = (-70.0, 50.0)
"""Decibels: the noise floor less a margin, and the strongest target."""
HIGHEST_MEDIAN = 3.0
"""Median power of a calibrated scene, at most: 5 dB; digital numbers are in the hundreds."""
NOISE_FLOOR = 10 ** (-30 / 10)
"""Power of what lies below the noise of Sentinel-1 (-22 dB and lower by specification)."""
RIM_PX = 16
"""How far the noise of a swath's border reaches inwards, pixels."""
SOLID_PX = 5
"""Side of the least square that counts as border; a smaller gap is a lost pixel."""
REACH_PX = RIM_PX + 2 * SOLID_PX
"""Overlap that a chunk needs for ``usable``."""


def chosen(names: Iterable[str], wanted: Iterable[str], *, path: str) -> tuple[int, ...]:
    """Index of the band of each wanted polarisation.

    Raises:
        BandError: one is missing, or stands there twice.
    """
    have = [polarisation(name) for name in names]
    for each in wanted:
        if have.count(each) != 1:
            problem = f"has {have.count(each)} bands of polarisation {each}"
            raise BandError(path, problem, "Name the polarisations that every date has, each once")
    return tuple(have.index(each) for each in wanted)


def unit_of(values: NDArray[Any], declared: Unit | None = None, *, path: str) -> Unit:
    """Decide what a band holds, or refuse.

    Args:
        values: Any shape; a sample will do. NaN, infinite and 0 say nothing.
        declared: By the metadata, see ``declared_unit``.
        path: For the message.

    Raises:
        BandError: complex samples, digital numbers, or too few pixels to tell.
        UntrustedError: metadata and pixels contradict each other, or neither decides.
    """
    if np.iscomplexobj(values):
        raise BandError(path, "holds complex samples", "Take a detected product (GRD or RTC)")
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known) & (known != 0)]
    if known.size < LEAST_PIXELS:
        raise BandError(path, f"has {known.size} usable pixels", "Its unit cannot be told")
    shown = _shown(known)
    if declared == "amplitude" and shown != "db":
        return "amplitude"
    if shown == "numbers" and declared != "db":
        problem = f"holds digital numbers (median {np.median(known):.4g})"
        raise BandError(path, problem, "Take a calibrated product: gamma0 or sigma0, power or dB")
    if declared is None and shown in ("power", "db"):
        return "db" if shown == "db" else "power"
    if declared is not None and shown in (declared, "either"):
        return declared
    share = f"{np.mean(known < 0):.0%} of the pixels are below 0, the median is "
    raise UntrustedError(
        f"The unit of {path} cannot be told",
        f"its metadata say {declared or 'nothing'}; {share}{np.median(known):.4g}",
        "Say in the band's description whether it is linear power or dB",
    )


def _shown(known: NDArray[np.float64]) -> str:
    """What pixels say of their unit: power, db, numbers, either (as said), or none."""
    below = float(np.mean(known < 0))
    middle = float(np.median(known))
    like_db = DB_RANGE[0] <= known.min() and known.max() <= DB_RANGE[1]
    if below <= MOST_NEGATIVE:
        if middle > HIGHEST_MEDIAN:
            return "numbers"
        # A bright town in dB may be positive throughout; then only the metadata can tell.
        return "power" if middle < 1 or not like_db else "either"
    if np.median(np.abs(known)) < 1:
        return "either"  # dark sea after subtraction of the noise, or dB around 0
    return "db" if like_db else "none"


def to_power(values: NDArray[Any], unit: Unit) -> Float:
    """Linear power, float32; NaN where a value is none.

    >>> float(to_power(np.array([-10.0]), "db")[0])
    0.10000000149011612

    Raises:
        InputError: the values are complex.
    """
    if np.iscomplexobj(values):
        raise InputError("backscatter", "complex", "detected values")
    given = np.asarray(values, np.float32)
    if unit == "db":
        power = np.power(np.float32(10), given / np.float32(10))
    else:
        power = given * given if unit == "amplitude" else given
    return np.where(np.isfinite(power), power, np.float32(np.nan)).astype(np.float32)


def usable(power: Float, beyond: Mask | None = None) -> Mask:
    """Pixels of ground: neither border, nor border noise, nor lost.

    A pixel of 0 or less, or without a value, in any polarisation is none. Around a solid piece
    of such pixels, up to ``RIM_PX`` away, what is darker than any ground is the border's noise.

    Args:
        power: (pol, y, x) float32, linear; one date.
        beyond: (y, x) True = off the file, where a scene was cut and not where a swath ends.

    Returns:
        (y, x) True = usable. The same in every chunk that brings ``REACH_PX`` of overlap.
    """
    with np.errstate(invalid="ignore"):
        lost = ~(np.isfinite(power) & (power > 0)).all(axis=0)
    if not lost.any():
        return np.ones(lost.shape, np.bool_)
    with np.errstate(invalid="ignore"):
        dark = (power < NOISE_FLOOR).any(axis=0)
    ended = lost if beyond is None else lost & ~beyond
    solid = ndimage.binary_opening(
        np.pad(ended, SOLID_PX, mode="edge"), np.ones((SOLID_PX, SOLID_PX), bool)
    )[SOLID_PX:-SOLID_PX, SOLID_PX:-SOLID_PX]
    near = ndimage.maximum_filter(solid, size=2 * RIM_PX + 1, mode="nearest")
    return np.asarray(~lost & ~(near & dark), np.bool_)


def masked(power: Float) -> Float:
    """(pol, y, x) float32 with NaN where ``usable`` says no; itself where all of it is usable."""
    good = usable(power)
    return power if good.all() else np.where(good, power, np.float32(np.nan)).astype(np.float32)
