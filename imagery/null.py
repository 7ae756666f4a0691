"""What the score of an unchanged pixel looks like on this very pair, and what stands out of it.

Nominal distributions do not hold on real pairs: sun, season, haze and residual shift give
unchanged ground a wide, skewed, patchy score. So the pair tells its own null, in three steps.
The score is divided by its local level (the median of 16 x 16 px blocks, smoothed over about
a kilometre at 10 m), as quiet sea and busy town do not share one. The histogram of the whole
scene is taken apart into three Gaussians of its square root: quiet ground, busy ground, change.
The exponential that follows the bulk of the first two is the tail that p-values are read from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.stats import norm

from imagery.kernels import Float, between_blocks

LEVEL_BLOCK_PX = 16
LEVEL_SIGMA_BLOCKS = 7.0
LEAST_LEVEL = 0.25
"""Noise units. Below it a pair is smoother than its own noise: two copies of one file."""
LEAST_LEVEL_SHARE = 0.5
"""Of the scene's median level: the quietest water is not given a finer scale than this."""

CANDIDATE = 0.25
"""Probability of change from which a pixel may belong to an object."""
TAIL = (0.5, 0.9)
"""Quantiles of the unchanged pixels between which the exponential tail is fitted."""

MAD_TO_SIGMA = 1.4826

BITS = 15  # of a float32 mantissa that a bin of the histogram drops: 256 bins an octave
FIRST_BIN = int(np.float32(2.0**-16).view(np.int32)) >> BITS
BINS = (int(np.float32(2.0**24).view(np.int32)) >> BITS) - FIRST_BIN
ROUNDS = 500


@dataclass(frozen=True, slots=True)
class Null:
    """The pair's own null, of the score divided by its level.

    Attributes:
        median, spread: Of the whole scene (spread = 1.4826 MAD); ``score = (r - median) / spread``.
        threshold: Candidate level of ``r``.
        tail: Scale of the exponential tail of ``r``.
        unchanged_share: Weight of the two unchanged Gaussians.
        means, sigmas, weights: Of the three Gaussians of ``sqrt(r)``, ascending.
        n: Pixels that it rests on.
    """

    median: float
    spread: float
    threshold: float
    tail: float
    unchanged_share: float
    means: tuple[float, ...]
    sigmas: tuple[float, ...]
    weights: tuple[float, ...]
    n: int

    def score(self, relative: float) -> float:
        """The robust z of a value of ``r``."""
        return (relative - self.median) / self.spread

    def p_value(self, peak: float | NDArray[np.floating]) -> Any:
        """Chance that an unchanged candidate peaks as high: the tail beyond the threshold.

        Source: peaks beyond a level as the unit of inference: Chumbley & Friston 2009,
        doi:10.1016/j.neuroimage.2008.05.021.
        """
        return np.exp(-np.maximum(np.asarray(peak) - self.threshold, 0) / self.tail)


def level(medians: NDArray[np.floating]) -> Float:
    """Smooth the block medians of the raw score into its local level.

    Args:
        medians: (block row, block col), NaN where a block has no usable pixel.

    Returns:
        The same shape, float32, everywhere positive.
    """
    known = np.isfinite(medians)
    if not known.any():
        return np.full(medians.shape, LEAST_LEVEL, np.float32)
    weights = gaussian_filter(known.astype(np.float64), LEVEL_SIGMA_BLOCKS, mode="constant")
    totals = gaussian_filter(np.where(known, medians, 0.0), LEVEL_SIGMA_BLOCKS, mode="constant")
    typical = float(np.median(medians[known]))
    found = np.where(weights > 1e-6, totals / np.maximum(weights, 1e-6), typical)
    return np.maximum(found, max(LEAST_LEVEL, LEAST_LEVEL_SHARE * typical)).astype(np.float32)


@njit(nogil=True, cache=True)
def block_medians(score: Any, out: Any) -> None:
    """Median of the finite pixels of each block; NaN where there are none."""
    values = np.empty(LEVEL_BLOCK_PX * LEVEL_BLOCK_PX, np.float32)
    for row in range(out.shape[0]):
        for col in range(out.shape[1]):
            n = 0
            for i in range(row * LEVEL_BLOCK_PX, min((row + 1) * LEVEL_BLOCK_PX, score.shape[0])):
                for j in range(
                    col * LEVEL_BLOCK_PX, min((col + 1) * LEVEL_BLOCK_PX, score.shape[1])
                ):
                    if not np.isnan(score[i, j]):
                        values[n] = score[i, j]
                        n += 1
            out[row, col] = np.median(values[:n]) if n else np.nan


def relative(score: Float, levels: Float, *, corner: tuple[int, int]) -> Float:
    """A window of the raw score divided by its local level.

    Args:
        score: (y, x) window, NaN = none.
        levels: Of the whole grid.
        corner: (row, col) of the window in the grid.
    """
    local = np.empty(score.shape, np.float32)
    between_blocks(levels, LEVEL_BLOCK_PX, np.array(corner), local)
    divided: Float = score / local
    return divided


def histogram(values: Float) -> NDArray[np.int64]:
    """Counts of the finite values in bins of equal ratio; adds up exactly over windows."""
    finite = values[np.isfinite(values)]
    bins = (finite.view(np.int32) >> BITS) - FIRST_BIN
    return np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)


def median(counts: NDArray[np.int64]) -> float:
    """Median of what a histogram counted; 0 where that is nothing."""
    return _quantile(_rises(counts), _edges(), 0.5) if counts.any() else 0.0


def fit(counts: NDArray[np.int64]) -> Null:
    """Fit the null to the histogram of the whole scene.

    Source: mixture by expectation-maximisation as change threshold: Bruzzone & Prieto 2000,
    doi:10.1109/36.843009; null from the bulk: Efron 2004, doi:10.1198/016214504000000089.
    """
    edges, rises, total = _edges(), _rises(counts), int(counts.sum())
    centres = ((edges[1:] + edges[:-1]) / 2).astype(np.float64)
    centres[0] = 0.0
    middle = _quantile(rises, edges, 0.5)
    spread = _spread(counts, centres, middle)
    if total == 0 or counts[0] > total / 2 or spread == 0:
        # More than half of the pixels are exactly equal: any difference is more than chance.
        return Null(0.0, 1.0, 4.0, 1.0, 1.0, (), (), (), total)
    weights, means, sigmas = _mixture(counts, centres, rises)
    # Change is of many kinds. A last Gaussian that is narrower than the ground is a slice of it.
    unchanged = 1 - weights[2] if sigmas[2] > sigmas[:2].max() else 1.0
    low, high = (_quantile(rises, edges, share * unchanged) for share in TAIL)
    return Null(
        median=middle,
        spread=spread,
        threshold=max(_threshold(centres, weights, means, sigmas), high),  # the tail starts there
        tail=(high - low) / np.log((1 - TAIL[0]) / (1 - TAIL[1])),
        unchanged_share=float(unchanged),
        means=tuple(means.tolist()),
        sigmas=tuple(sigmas.tolist()),
        weights=tuple(weights.tolist()),
        n=total,
    )


def _edges() -> Float:
    bits = (np.arange(BINS + 1) + FIRST_BIN).astype(np.int32) << BITS
    return bits.view(np.float32)


def _rises(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.concatenate([[0], np.cumsum(counts)]) / max(int(counts.sum()), 1)


def _quantile(rises: NDArray[np.float64], edges: Float, share: float) -> float:
    after = int(np.searchsorted(rises, share))
    first, last = max(after - 1, 0), min(after, len(edges) - 1)
    return float(np.interp(share, rises[[first, last]], edges[[first, last]].astype(np.float64)))


def _spread(counts: NDArray[np.int64], centres: NDArray[np.float64], middle: float) -> float:
    distance = np.abs(centres - middle)
    order = np.argsort(distance, kind="stable")
    half = np.searchsorted(np.cumsum(counts[order]), counts.sum() / 2)
    return float(MAD_TO_SIGMA * distance[order][min(half, len(order) - 1)])


def _mixture(
    counts: NDArray[np.int64], centres: NDArray[np.float64], rises: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weights, means and sigmas of three Gaussians of the square root, ascending in mean."""
    kept = (counts > 0) & (rises[1:] > 1e-4) & (rises[:-1] < 1 - 1e-4)  # not the last outliers
    x, share = np.sqrt(centres[kept]), counts[kept] / counts[kept].sum()
    means = np.interp([0.3, 0.7, 0.97], np.cumsum(share), x)
    sigmas = np.full(3, max(np.sqrt(np.cov(x, aweights=share)), 1e-6) / 2)
    weights = np.array([0.5, 0.4, 0.1])
    for _ in range(ROUNDS):
        density = weights * norm.pdf(x[:, None], means, sigmas) + 1e-300
        part = density / density.sum(axis=1, keepdims=True) * share[:, None]
        weights = np.maximum(part.sum(axis=0), 1e-12)
        means = (part * x[:, None]).sum(axis=0) / weights
        variance = (part * (x[:, None] - means) ** 2).sum(axis=0) / weights
        sigmas = np.sqrt(np.maximum(variance, 1e-8))
    order = np.argsort(means)
    return weights[order], means[order], sigmas[order]


def _threshold(
    centres: NDArray[np.float64],
    weights: NDArray[np.float64],
    means: NDArray[np.float64],
    sigmas: NDArray[np.float64],
) -> float:
    """The smallest value beyond the unchanged ground that may be change."""
    x = np.sqrt(centres)
    density = weights * norm.pdf(x[:, None], means, sigmas)
    probability = density[:, 2] / np.maximum(density.sum(axis=1), 1e-300)
    ground = means[:2][np.argmax(weights[:2])]
    candidates = centres[(probability > CANDIDATE) & (x > ground)]
    return float(candidates[0] if candidates.size else centres[-1])
