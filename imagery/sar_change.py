"""How much two radar dates differ, pixel by pixel: the F test of their ratio on small means.

Power is averaged over 3 x 3 pixels, of which speckle leaves a few independent looks; these are
measured on the pair itself, where texture cancels. Rain and calibration move a scene as a whole:
the median ratio of each polarisation is taken out first. What unchanged ground still shows is for
``imagery.null`` to learn, as on optical pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtr, fdtrc

from imagery import looks
from imagery.errors import UntrustedError
from imagery.speckle import local_mean

Float = NDArray[np.float32]
Mask = NDArray[np.uint8]

METHOD = "log_ratio"
"""Its name in records; optical methods are in ``imagery.change``."""
HALF_PX = 1
"""Half side of the mean."""
APART_PX = 3
"""Means this far apart share no pixel: looks are measured among these."""
LEAST_P = 1e-300


@dataclass(frozen=True, slots=True)
class Speckle:
    """What was measured of a pair, by polarisation.

    Attributes:
        looks: Equivalent number of looks of a 3 x 3 mean, of either date.
        single: The same of one pixel.
        gain: Median ratio of the after date to the before date.
    """

    looks: tuple[float, ...]
    single: tuple[float, ...]
    gain: tuple[float, ...]


def measured(windows: Sequence[tuple[Float, Float]]) -> Speckle:
    """Looks and gain of a pair.

    Args:
        windows: Of both dates, (pol, y, x) each, linear power, NaN = unusable.

    Raises:
        UntrustedError: the dates hold the same pixels, or too little even ground.
    """
    if all(np.array_equal(before, after, equal_nan=True) for before, after in windows):
        problem = "hold the same pixels"
        raise UntrustedError("The two radar dates", problem, "Give two dates, each its own file")
    pooled = [(_pooled(before), _pooled(after)) for before, after in windows]
    bands = range(len(windows[0][0]))
    thin = [tuple(date[:, ::APART_PX, ::APART_PX] for date in pair) for pair in pooled]
    return Speckle(
        looks=tuple(_looks(thin, band) for band in bands),
        single=tuple(_looks(windows, band) for band in bands),
        gain=tuple(_gain(pooled, band) for band in bands),
    )


def score(before: Float, after: Float, usable: Mask, known: Speckle) -> Float:
    """Root of Fisher's sum of the p of all polarisations: about 2 where only speckle differs.

    Args:
        before, after: (pol, y, x) float32, linear power.
        usable: (y, x) 1 = usable at both dates.
        known: Of the pair.

    Returns:
        (y, x) float32; meaningless where not usable.

    Source: of two gamma variables of equal mean the ratio follows F(2 L, 2 L); Conradsen,
    Nielsen, Schou & Skriver 2003, doi:10.1109/TGRS.2002.808066, for p = 1.
    """
    total = np.zeros(usable.shape)
    for band, ratio in enumerate(_ratios(before, after, usable, known)):
        degrees = 2 * known.looks[band]
        ratio = ratio.astype(np.float64)
        p = 2 * np.minimum(fdtr(degrees, degrees, ratio), fdtrc(degrees, degrees, ratio))
        total -= 2 * np.log(np.maximum(p, LEAST_P))
    return np.sqrt(np.maximum(total, 0)).astype(np.float32)


def brightness(before: Float, after: Float, usable: Mask, known: Speckle) -> tuple[Float, Float]:
    """Means over the polarisations, natural logarithms: of the before date, and of the ratio.

    Returns:
        Two (y, x) float32 planes, 0 where not usable.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.log(_pooled(_only(before, usable))).mean(axis=0)
        ratio = np.log(np.stack(list(_ratios(before, after, usable, known)))).mean(axis=0)
    level, ratio = (
        np.where((usable == 1) & np.isfinite(plane), plane, 0).astype(np.float32)
        for plane in (level, ratio)
    )
    return level, ratio


def _ratios(before: Float, after: Float, usable: Mask, known: Speckle) -> list[Float]:
    first, second = (_pooled(_only(date, usable)) for date in (before, after))
    with np.errstate(invalid="ignore", divide="ignore"):
        return [
            later / earlier / np.float32(gain)
            for earlier, later, gain in zip(first, second, known.gain, strict=True)
        ]


def _only(date: Float, usable: Mask) -> Float:
    return np.where(usable == 1, date, np.float32(np.nan))


def _pooled(date: Float) -> Float:
    contiguous = np.ascontiguousarray(date, np.float32)
    return np.stack([local_mean(band, half_px=HALF_PX) for band in contiguous])


def _looks(windows: Sequence[tuple[Float, ...]], band: int) -> float:
    """Of the windows side by side: each block of even ground lies in one of them."""
    height = max(pair[0].shape[1] for pair in windows)

    def joined(date: int) -> Float:
        planes = [pair[date][band] for pair in windows]
        padded = [
            np.pad(
                plane,
                ((0, height - plane.shape[0]), (0, -plane.shape[1] % looks.BLOCK_PX)),
                constant_values=np.nan,
            )
            for plane in planes
        ]
        return np.concatenate(padded, axis=1)

    return looks.of_pair(joined(0), joined(1)).value


def _gain(pooled: Sequence[tuple[Float, Float]], band: int) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.concatenate([(after[band] / before[band]).ravel() for before, after in pooled])
    known = ratios[np.isfinite(ratios) & (ratios > 0)]
    return float(np.median(known))
