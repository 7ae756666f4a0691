"""Where two radar dates differ as regions: floods, fields, a moved shore, a cleared block.

A pixel of few looks says next to nothing; a region says much. The log-ratio is fitted with a price
on its total variation: flat pieces with sharp edges, the stronger the speckle, the fewer. What the
pieces of unchanged ground show among themselves (soil, wind, calibration) is the null of this very
pair, and a change must stand out from it: by ``LOW`` of its spread all along, by ``HIGH``
somewhere. Where change is plain, Otsu's split of the pieces lies higher and counts.

The scene-wide figures come first (``plan``), then any window is worked out from them (``fitted``),
so that a result does not depend on how a scene is cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from imagery.errors import InputError, UntrustedError
from imagery.sar_planes import total_variation

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

STEPS = 40
REACH_PX = 2 * STEPS
"""Overlap that a window needs to come out as in the whole scene."""
PRICE = 1.0
"""Of total variation, in spreads of a pixel's log-ratio: between .8 and 1.5 it hardly matters."""
CLIP = 5.0
"""Spreads at which a pixel's log-ratio is cut: single looks have far outliers."""
LOW, HIGH = 3.25, 4.5
ASIDE, AROUND_PX = 3.0, 2
"""Pieces that far out, and their rims, are left out when the null is read again."""
LEAST_LEFT = 0.3
LEAST_PX = 9
"""Pixels of a region; smaller ones are for the detectors of single targets."""
SIGMA = 1.4826
LEAST_PIXELS = 1024
NEIGHBOURS_PX = 2
FLOOR_SHARE, BRIGHT = 0.04, 0.98
"""Amplitude that is added as power, as a share of the date's bright end: darker ground is noise,
or what a stretched picture has cut off, and its ratio is none."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a pair holds for all of its pixels, natural logarithms.

    Attributes:
        middle: Log-ratio of unchanged ground: gain of one date over the other.
        spread: Of one pixel's log-ratio.
        related: How many neighbours share one draw of speckle: 1 = none.
    """

    middle: float
    spread: float
    related: float


@dataclass(frozen=True, slots=True)
class Regions:
    """Changed regions of a pair.

    Attributes:
        changed: (y, x) True = in a region.
        fitted: (y, x) float32, the log-ratio's flat pieces, 0 = unchanged; NaN = no data.
        null: Spread of the pieces of unchanged ground.
        threshold: What a piece must exceed, either way, to be changed.
    """

    changed: Mask
    fitted: Float
    null: float
    threshold: float


def log_ratio(before: NDArray[np.generic], after: NDArray[np.generic]) -> Float:
    """Natural logarithm of the ratio of two powers, from amplitudes.

    Args:
        before, after: (y, x) amplitude. Whole numbers are pictures of 8 or 16 bit, 0 is dark
            ground there; in floats 0 and NaN are no data.

    Raises:
        InputError: shapes differ, a date is complex, or has no usable pixel.
    """
    if before.shape != after.shape or before.ndim != 2:
        raise InputError("after date", after.shape, f"(y, x) like {before.shape}")
    if np.iscomplexobj(before) or np.iscomplexobj(after):
        raise InputError("amplitude", "complex", "detected values")
    logs = []
    for date in (before, after):
        whole = np.issubdtype(date.dtype, np.integer)
        values = date.astype(np.float64)
        known = np.where(np.isfinite(values) & (whole | (values > 0)), values, np.nan)
        if not np.isfinite(known).any():
            raise InputError("amplitude", "no data", "usable pixels at both dates")
        floor = FLOOR_SHARE * float(np.nanquantile(known, BRIGHT))
        logs.append(np.log(known**2 + floor**2))
    return np.asarray(logs[1] - logs[0], np.float32)


def plan(ratio: Float) -> Plan:
    """Measure gain, spread and the reach of speckle on the whole pair.

    Args:
        ratio: (y, x) float32, see ``log_ratio``; NaN = no data.

    Raises:
        UntrustedError: fewer than ``LEAST_PIXELS`` pixels, or no spread among them.
    """
    known = ratio[np.isfinite(ratio)]
    if known.size < LEAST_PIXELS:
        problem = f"{known.size} pixels are usable at both dates; {LEAST_PIXELS} are needed"
        raise UntrustedError("The pair has no null", problem, "Take a larger common area")
    middle, spread = _robust(known)
    if not spread > 0:
        raise UntrustedError(
            "The pair has no null", "most pixels are equal at both dates", "Take two dates"
        )
    return Plan(middle, spread, _related(ratio, middle, spread))


def fitted(ratio: Float, known: Plan) -> Float:
    """The log-ratio in flat pieces, 0 = unchanged; NaN stays NaN.

    Args:
        ratio: (y, x) float32: a window with ``REACH_PX`` around what is wanted, or less at the
            edge of the scene.
        known: Of the whole pair.
    """
    most = np.float32(CLIP * known.spread)
    seen = np.isfinite(ratio)
    left = np.clip(np.where(seen, ratio - np.float32(known.middle), 0), -most, most)
    out = np.empty(ratio.shape, np.float32)
    work = np.empty((6, *ratio.shape), np.float32)
    weight = PRICE * known.spread * float(np.sqrt(known.related))
    total_variation(left.astype(np.float32), weight, STEPS, work, out)
    return np.where(seen, out, np.float32(np.nan))


def regions(pieces: Float) -> Regions:
    """Decide which pieces are changed, by the null of the pair itself.

    Args:
        pieces: (y, x) float32, all of the pair, see ``fitted``.
    """
    seen = np.isfinite(pieces)
    middle, null = _null(pieces, seen)
    size = np.abs(np.where(seen, pieces - middle, 0))
    low = max(LOW * null, float(threshold_otsu(size[seen])))
    high = max(HIGH * null, low)
    labels, count = ndimage.label(size > low, np.ones((3, 3)))
    if not count:
        return Regions(np.zeros(pieces.shape, bool), pieces, null, low)
    index = np.arange(count + 1)
    peaks = ndimage.maximum(size, labels, index)
    kept = (peaks > high) & (np.bincount(labels.ravel()) >= LEAST_PX)
    kept[0] = False
    return Regions(kept[labels], pieces, null, low)


def changed_regions(before: NDArray[np.generic], after: NDArray[np.generic]) -> Regions:
    """Changed regions of two amplitude images, by the defaults.

    Args:
        before, after: (y, x) amplitude, see ``log_ratio``.

    Raises:
        InputError: shapes differ, or one is complex.
        UntrustedError: too few usable pixels.

    Source: total variation, Rudin, Osher & Fatemi 1992, doi:10.1016/0167-2789(92)90242-F; the
    log-ratio for change, Dekker 1998, doi:10.1080/014311698215649. The null and the two levels
    are ours.
    """
    ratio = log_ratio(before, after)
    return regions(fitted(ratio, plan(ratio)))


def _null(pieces: Float, seen: Mask) -> tuple[float, float]:
    """Middle and spread of the pieces, and again without those that stand out.

    Without the second look a large flood widens its own null.
    """
    middle, spread = _robust(pieces[seen])
    out = np.abs(np.where(seen, pieces - middle, 0)) > ASIDE * spread
    left = seen & ~ndimage.binary_dilation(out, iterations=AROUND_PX)
    enough = np.count_nonzero(left) >= LEAST_LEFT * np.count_nonzero(seen)
    return _robust(pieces[left]) if enough else (middle, spread)


def _robust(values: Float) -> tuple[float, float]:
    middle = float(np.median(values))
    return middle, SIGMA * float(np.median(np.abs(values - np.float32(middle))))


def _related(ratio: Float, middle: float, spread: float) -> float:
    """1 and the correlations with the neighbours, of ground that does not stand out."""
    left = np.where(np.isfinite(ratio), ratio - middle, 0).astype(np.float64)
    left = np.clip(left, -CLIP * spread, CLIP * spread)
    mean = ndimage.uniform_filter(left, 5)
    centre, wide = _robust(mean.astype(np.float32))
    quiet = np.where(np.abs(mean - centre) < 2.5 * wide, left - centre, 0)
    energy = float((quiet**2).mean())
    total, reach = 1.0, NEIGHBOURS_PX
    rows, cols = (slice(reach, side - reach) for side in quiet.shape)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            if (down, right) != (0, 0):
                moved = np.roll(quiet, (-down, -right), (0, 1))[rows, cols]
                total += max(float((moved * quiet[rows, cols]).mean()) / energy, 0)
    return total
