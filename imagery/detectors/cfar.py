"""Constant false-alarm rate: is a radar pixel brighter than the sea around it allows?

Each pixel is held against a square ring around it, with a guard that keeps the target out of its
own background. All sums run over the ring in one fixed order, never on from pixel to pixel: the
result is the same, bit for bit, in every chunk that brings ``Window.reach_px`` pixels of overlap.
Real sea has heavier tails than any nominal speckle. ``scene_threshold`` reads them from the scene;
the nominal ``multiplier`` is for simulated fields and for comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

from imagery.errors import InputError

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_CELLS = 32
"""Ring pixels without which there is no background."""
LEAST_STRIP_CELLS = 8
"""Pixels without which a side of the ring is not heard."""
RELATED_CELLS = 4
"""Neighbouring pixels that count as one independent cell: a product sampled twice too finely."""
TAIL_SHARES = (0.04, 0.01, 0.0025)
"""Upper shares of the scores that show its tail, each a quarter of the last. Below the last,
targets may be what is seen."""
HEAVIEST = 0.5
"""Shape of a tail, at most: of finite variance. The least is 0, exponential."""


@dataclass(frozen=True, slots=True)
class Window:
    """A square ring.

    Attributes:
        guard_px: Pixels on each side of the tested one that are left out; half a target.
        reach_px: Pixels on each side that are in; also the overlap that a chunk needs.
    """

    guard_px: int = 10
    reach_px: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.guard_px < self.reach_px:
            raise InputError(
                "CFAR window", (self.guard_px, self.reach_px), "0 <= guard < reach, in pixels"
            )


@dataclass(frozen=True, slots=True)
class Clutter:
    """The background of every pixel; NaN where the ring holds fewer than ``LEAST_CELLS``.

    Attributes:
        mean: (y, x) float32, of the usable ring.
        spread: (y, x) float32, standard deviation of the ring.
        greatest: (y, x) float32, highest mean of the ring's four sides.
        cells: (y, x) int32, usable pixels of the ring.
    """

    mean: Float
    spread: Float
    greatest: Float
    cells: NDArray[np.int32]


def clutter(power: Float, usable: Mask, *, window: Window) -> Clutter:
    """Measure the background of every pixel, usable or not.

    Args:
        power: (y, x) float32, linear. NaN is taken for unusable.
        usable: (y, x) True = sea, without land, border and known targets.
        window: The ring.

    Raises:
        InputError: the two differ in shape.

    Source: cell averaging, Finn & Johnson 1968; greatest of, Hansen & Sawyers 1980,
    doi:10.1109/TAES.1980.308885.
    """
    if power.shape != usable.shape:
        raise InputError("usable sea", usable.shape, f"the shape {power.shape} of the image")
    heard = usable & np.isfinite(power)
    mean, spread, greatest = (np.full(power.shape, np.nan, np.float32) for _ in range(3))
    cells = np.zeros(power.shape, np.int32)
    values = np.where(heard, power, np.float32(0)).astype(np.float32)
    _rings(values, heard, window.guard_px, window.reach_px, (mean, spread, greatest, cells))
    return Clutter(mean, spread, greatest, cells)


def cell_averaging(power: Float, found: Clutter) -> Float:
    """CA: power over the mean of the ring; (y, x) float32, about 1 on sea."""
    return _ratio(power, found.mean)


def greatest_of(power: Float, found: Clutter) -> Float:
    """GO: power over the brightest side of the ring: quiet at edges and breakwaters."""
    return _ratio(power, found.greatest)


def two_parameter(power: Float, found: Clutter) -> Float:
    """Power above the mean of the ring, in standard deviations of the ring."""
    return _ratio(power - found.mean, found.spread)


RULES = {
    "ca": cell_averaging,
    "go": greatest_of,
    "two_parameter": two_parameter,
}


def multiplier(pfa: float, *, looks: float, cells: int) -> float:
    """Threshold of the CA ratio for gamma speckle: a quantile of F(2 L, 2 L N).

    Args:
        pfa: False-alarm probability of one pixel, between 0 and 1.
        looks: Equivalent number of looks L.
        cells: Pixels of the ring; ``RELATED_CELLS`` of them count as one.

    Raises:
        InputError: a figure is outside its range.

    >>> round(multiplier(1e-6, looks=4.4, cells=1240), 2)
    5.08
    """
    if not (0 < pfa < 1 and looks > 0 and cells >= RELATED_CELLS):
        expected = f"pfa in (0, 1), looks > 0, cells >= {RELATED_CELLS}"
        raise InputError("CFAR design", (pfa, looks, cells), expected)
    independent = cells / RELATED_CELLS
    return float(f_distribution.isf(pfa, 2 * looks, 2 * looks * independent))


@dataclass(frozen=True, slots=True)
class Tail:
    """The upper tail of scores on background, beyond ``start``: a generalised Pareto.

    Attributes:
        start: Score from which it holds.
        share: Of the background at or above ``start``.
        scale: In units of the score.
        shape: 0 = exponential, positive = heavier.
        n: Scores that it rests on.
    """

    start: float
    share: float
    scale: float
    shape: float
    n: int

    def survival(self, score: Any) -> NDArray[np.float64]:
        """Chance that one background pixel scores as high; ``share`` at most."""
        beyond = np.maximum(np.asarray(score, np.float64) - self.start, 0) / self.scale
        if self.shape == 0:
            return self.share * np.exp(-beyond)
        return np.asarray(self.share * (1 + self.shape * beyond) ** (-1 / self.shape))

    def threshold(self, pfa: float) -> float:
        """The score that background exceeds with probability ``pfa``; ``start`` at least."""
        fold = max(self.share / pfa, 1.0)
        steps = np.log(fold) if self.shape == 0 else (fold**self.shape - 1) / self.shape
        return float(self.start + self.scale * steps)


def scene_tail(scores: NDArray[np.floating], *, heaviest: float = HEAVIEST) -> Tail:
    """Read the tail from a scene's own scores on sea, targets among them.

    Three quantiles at falling shares give shape and scale; what lies beyond the last of them,
    where ships are, is never looked at.

    Args:
        scores: Any shape; NaN is skipped.
        heaviest: Shape at most. 0 keeps the tail exponential, where objects may hold more of the
            scores than the last quantile leaves out.

    Raises:
        InputError: fewer than 1000 scores, or no spread among the highest.

    Source: Pickands 1975, doi:10.1214/aos/1176343003.
    """
    known = np.asarray(scores, np.float64)[np.isfinite(scores)]
    if known.size < 1000:
        raise InputError("scores on water", known.size, "at least 1000 of them to show a tail")
    first, second, third = np.quantile(known, [1 - share for share in TAIL_SHARES])
    if not third > second > first:
        raise InputError("scores on water", (first, second, third), "rising high quantiles")
    fold = TAIL_SHARES[0] / TAIL_SHARES[1]
    growth = np.log((third - second) / (second - first)) / np.log(fold)
    shape = float(np.clip(growth, 0.0, heaviest))
    steps = np.log(fold) if shape < 1e-6 else (fold**shape - 1) / shape
    scale = float((second - first) / steps) * fold**shape
    # The start is the middle quantile; the scale there is that of the first, grown by the shape.
    return Tail(float(second), TAIL_SHARES[1], scale, shape if shape >= 1e-6 else 0.0, known.size)


def _ratio(part: Float, whole: Float) -> Float:
    with np.errstate(divide="ignore", invalid="ignore"):
        divided = part / whole
    return np.where(whole > 0, divided, np.float32(np.nan)).astype(np.float32)


@njit(nogil=True, cache=True)
def _rings(values: Any, heard: Any, guard: int, reach: int, out: Any) -> None:
    """Sums down the columns of three bands of rows (above, beside, below the guard), then across.

    The inner loop runs along the row, so that every pixel adds its neighbours in the same order.
    """
    height, width = values.shape
    columns = np.zeros((3, 3, width + 2 * reach))  # band of rows; count, sum, sum of squares
    ring = np.zeros((3, width))
    sides = np.zeros((4, 2, width))  # above, below, left, right; count, sum
    for i in range(height):
        columns[:] = 0
        for k in range(max(i - reach, 0), min(i + reach + 1, height)):
            band = 0 if k < i - guard else (1 if k <= i + guard else 2)
            for j in range(width):
                value = np.float64(values[k, j])
                columns[band, 0, j + reach] += heard[k, j]
                columns[band, 1, j + reach] += value
                columns[band, 2, j + reach] += value * value
        ring[:] = 0
        sides[:] = 0
        for k in range(2 * reach + 1):
            beside = np.float64(k < reach - guard or k > reach + guard)
            _add_column(columns[:, :, k : k + width], beside, k < reach, ring, sides)
        _settle(ring, sides, out, i)


@njit(nogil=True, cache=True)
def _add_column(column: Any, beside: float, left: bool, ring: Any, sides: Any) -> None:
    across = 2 if left else 3
    for part in range(3):
        for j in range(ring.shape[1]):
            above, level, below = column[0, part, j], column[1, part, j], column[2, part, j]
            ring[part, j] += above + beside * level + below
            if part < 2:
                sides[0, part, j] += above
                sides[1, part, j] += below
                sides[across, part, j] += beside * (above + level + below)


@njit(nogil=True, cache=True)
def _settle(ring: Any, sides: Any, out: Any, i: int) -> None:
    mean, spread, greatest, cells = out
    for j in range(ring.shape[1]):
        count = ring[0, j]
        cells[i, j] = np.int32(count)
        if count < LEAST_CELLS:
            continue
        level = ring[1, j] / count
        mean[i, j] = level
        spread[i, j] = np.sqrt(max(ring[2, j] / count - level * level, 0.0))
        highest = 0.0
        for k in range(4):
            if sides[k, 0, j] >= LEAST_STRIP_CELLS:
                highest = max(highest, sides[k, 1, j] / sides[k, 0, j])
        greatest[i, j] = highest
