"""Large objects that came or went between two dates, at the resolution of one aircraft.

Between dates years apart most strong differences are real and of no interest: vegetation, roofs
that shine in another sun, edges of buildings. Three things are asked of a place. Its change must be
grey: weighted by generalised least squares against the covariance of the pair's own differences,
and worth less the more colour is beside it. It must have the planform of an object. And it must
stand out of what such ground does: of the answers around it, and of ground with as much texture.
Texture is that of the smoother of the two dates: an object that came stood on ground that was plain
before, while a building is rough at both. No single pixel counts for more than a few of its own
spreads, so that one mirror of a roof is no aircraft.

The operating point is a budget: as many objects of the pair as it is as somebody will look at.

Source:
    Generalised least squares of a known spectrum: Kelly 1986, doi:10.1109/TAES.1986.310745.
    Less weight beside colour: Kraut, Scharf & McWhorter 2001, doi:10.1109/78.890324. Bounded
    influence: Huber 1964, doi:10.1214/aoms/1177703732. Texture of the smoother date is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter

from imagery.detectors import ground
from imagery.detectors.planform import bank, respond
from imagery.errors import UntrustedError
from imagery.kernels import Float
from imagery.normalize import Normalization

CLIP = 5.0  # spreads of its own kind of ground beyond which a pixel says no more
HUBER_SPREADS = 3.0  # beyond which a difference does not shape the covariance
MEDIAN_TO_SPREAD = 1.8  # typical |difference| (mean of its logarithm) to a Gaussian sigma
WHITENING = 0.5  # exponent: between an edge that counts as much as any pixel and full whitening
COLOUR_PX = 1.5  # Gaussian over which the part of a change that is not grey is averaged
FINE_PX, COARSE_PX = 1.0, 2.5  # smoothing of texture for a pixel and for an object
APART_PX = 4  # of two objects at least
LEAST_PIXELS = 2500
SEARCH_ROUNDS = 12

Pixels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Size:
    """One size that is looked for.

    Attributes:
        name: Of ``shapes.SHAPES``.
        share: Its part of the budget, relative to the others. Long ships answer strongest and
            need least.
    """

    name: str
    share: float


SIZES = (Size("An-124", 1.0), Size("Il-76", 0.4), Size("frigate", 0.4))
BUDGET_PER_KM2 = 3.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much each place looks like an object that came or went.

    Attributes:
        names: Of the sizes.
        strength: (size, y, x) float32, of the typical answer of such ground, NaN = not usable.
        signed: (size, y, x) float32, the answer itself, positive = brighter at the later date.
        headings: (size, y, x) uint8, number of the best heading.
        light: (date, y, x) float32, brightness of both dates in noise units, NaN = not usable.
    """

    names: tuple[str, ...]
    strength: Float
    signed: Float
    headings: NDArray[np.uint8]
    light: Float


@dataclass(frozen=True, slots=True)
class Operating:
    """Thresholds of one pair.

    Attributes:
        thresholds: Of ``Evidence.strength``, one a size.
        budget_per_km2: Objects that were asked for at most.
        objects: Those that stood out of the pair as it is.
        area_km2: Usable.
    """

    thresholds: tuple[float, ...]
    budget_per_km2: float
    objects: int
    area_km2: float


def evidence(
    before: Float,
    after: Float,
    fit: Normalization,
    *,
    gsd_m: float,
    sizes: Sequence[Size] = SIZES,
) -> Evidence:
    """Look for every size at every place.

    Args:
        before, after: (band, y, x) float32 registered reflectance, NaN = unusable.
        fit: Of this pair.
        gsd_m: Pixel size, metres.
        sizes: What is looked for.

    Raises:
        NotObservable: pixels of this size cannot show one of the sizes.
        UntrustedError: too few pixels are usable.
    """
    banks = [bank(size.name, gsd_m=gsd_m) for size in sizes]
    usable = np.asarray(np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0))
    if np.count_nonzero(usable) < LEAST_PIXELS:
        found = f"{np.count_nonzero(usable)} pixels are usable at both dates"
        advice = f"Choose clearer dates: {LEAST_PIXELS} are needed."
        raise UntrustedError("Objects cannot be looked for", found, advice)
    layer, texture, light = _grey_change(before, after, usable, fit)
    planes = []
    for each in banks:
        signed, headings = respond(np.where(usable, layer, np.float32(np.nan)), each)
        answer = np.abs(signed)
        seen = np.isfinite(answer)
        filled = np.where(seen, answer, 0)
        typical = ground.typical(filled, seen, (ground.around(filled, seen), texture))
        planes.append((np.where(seen, filled / typical, np.float32(np.nan)), signed, headings))
    strength, signed, headings = (np.stack(plane) for plane in zip(*planes, strict=True))
    return Evidence(tuple(size.name for size in sizes), strength, signed, headings, light)


def _grey_change(
    before: Float, after: Float, usable: Pixels, fit: Normalization
) -> tuple[Float, Float, Float]:
    """The change that a grey object would make, bounded; coarse texture; light of both dates."""
    x, y = _roots(before, after, usable, fit)
    difference = y - x
    covariance = _covariance(difference[:, usable])
    weights = np.linalg.solve(covariance, np.ones(len(x)))
    weights /= np.sqrt(weights.sum())
    light = 1 / np.sqrt(np.diag(covariance))
    light /= np.sqrt(light @ covariance @ light)
    grey = _weighted(weights, difference, usable)
    dates = [_weighted(light, date, usable) for date in (x, y)]
    fine, coarse = (
        np.minimum(*(ground.texture(date, sigma) for date in dates))
        for sigma in (FINE_PX, COARSE_PX)
    )
    usual = ground.typical(np.abs(grey), usable, (ground.around(grey, usable), fine))
    spread = MEDIAN_TO_SPREAD * usual
    far = HUBER_SPREADS * spread
    grey = grey - ground.level(np.clip(grey, -far, far), usable)
    bounded = np.clip(grey, -CLIP * spread, CLIP * spread) / spread**WHITENING
    bounded /= np.sqrt(np.maximum(_coloured(difference, covariance, weights, usable), 1))
    light_planes = np.where(usable, np.stack(dates), np.float32(np.nan))
    return np.where(usable, bounded, np.float32(0)), coarse, light_planes


def _roots(before: Float, after: Float, usable: Pixels, fit: Normalization) -> tuple[Float, Float]:
    """Both dates as square roots that a bright and a dark ground share the noise of."""
    stabilizer, gain, offset = (
        np.asarray(values, np.float32)[:, None, None]
        for values in (fit.stabilizer, fit.gain, fit.offset)
    )
    x, y = (
        np.sqrt(np.maximum(np.where(usable, date, 0), 0) + stabilizer) for date in (before, after)
    )
    return x, gain * y + offset


def _covariance(difference: Float) -> NDArray[np.floating]:
    """Of the bands (band, n), with far values pulled in."""
    centred = difference - np.median(difference, axis=1, keepdims=True)
    spread = 1.4826 * np.median(np.abs(centred), axis=1, keepdims=True)
    spread = np.maximum(spread, 1e-6)
    bounded = np.clip(centred, -HUBER_SPREADS * spread, HUBER_SPREADS * spread).astype(np.float64)
    found = np.einsum("an,bn->ab", bounded, bounded) / bounded.shape[1]
    return np.asarray(found + 1e-6 * np.trace(found) * np.eye(len(found)))


def _weighted(weights: NDArray[np.floating], planes: Float, usable: Pixels) -> Float:
    """Sum over the bands about its median, 0 where not usable."""
    total = np.einsum("b,byx->yx", weights.astype(np.float32), planes)
    return np.asarray(np.where(usable, total - np.median(total[usable]), 0), np.float32)


def _coloured(
    difference: Float,
    covariance: NDArray[np.floating],
    weights: NDArray[np.floating],
    usable: Pixels,
) -> Float:
    """Energy of a change beside its grey part: (y, x), 1 where it is the noise of the bands."""
    middle = np.median(difference[:, usable], axis=1)[:, None, None]
    centred = np.where(usable, difference - middle, np.float32(0))
    whitener = np.linalg.inv(np.linalg.cholesky(covariance)).astype(np.float32)
    whole = (np.einsum("ij,jyx->iyx", whitener, centred) ** 2).sum(axis=0)
    grey = np.einsum("b,byx->yx", weights.astype(np.float32), centred)
    rest = np.maximum(whole - grey**2, 0) / max(len(difference) - 1, 1)
    return np.asarray(gaussian_filter(rest, COLOUR_PX), np.float32)


def operating_point(
    found: Evidence,
    *,
    gsd_m: float,
    sizes: Sequence[Size] = SIZES,
    budget_per_km2: float = BUDGET_PER_KM2,
) -> Operating:
    """Thresholds at which at most a budget of objects stands out of the pair as it is.

    Every size gets its share: a threshold that so many peaks of its own plane exceed. The shares
    grow together until the objects of all sizes, each counted once, fill the budget.
    """
    area = float(np.isfinite(found.strength).all(axis=0).sum()) * gsd_m**2 / 1e6
    ranked = [np.sort(plane[_peaks(plane)])[::-1] for plane in found.strength]
    most = budget_per_km2 * area

    def thresholds(rate: float) -> tuple[float, ...]:
        places = [int(rate * area * size.share) for size in sizes]
        return tuple(
            float(peaks[min(place, len(peaks) - 1)]) if len(peaks) else float("inf")
            for peaks, place in zip(ranked, places, strict=True)
        )

    low, high = 0.0, 2 * budget_per_km2 / min(size.share for size in sizes)
    for _ in range(SEARCH_ROUNDS):
        middle = (low + high) / 2
        count = len(objects(found, thresholds(middle))[0])
        low, high = (middle, high) if count <= most else (low, middle)
    chosen = thresholds(low)
    return Operating(chosen, budget_per_km2, len(objects(found, chosen)[0]), area)


def objects(
    found: Evidence, thresholds: Sequence[float]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places beyond their threshold: (n, 2) row and column, and (n,) number of the size."""
    excess = over(found, thresholds)
    best = excess.max(axis=0)
    rows, cols = np.nonzero(_peaks(best) & (np.nan_to_num(best, nan=0) > 1))
    return np.stack([rows, cols], axis=1), excess[:, rows, cols].argmax(axis=0)


def over(found: Evidence, thresholds: Sequence[float]) -> Float:
    """(size, y, x) strength over its threshold: an object where above 1."""
    limits = np.asarray(thresholds, np.float32)[:, None, None]
    return np.asarray(found.strength / limits, np.float32)


def _peaks(plane: Float) -> Pixels:
    """Pixels that nothing near them exceeds."""
    filled = np.where(np.isfinite(plane), plane, -np.inf)
    near = maximum_filter(filled, 2 * APART_PX + 1, mode="constant", cval=-np.inf)
    return np.asarray((filled == near) & np.isfinite(plane))
