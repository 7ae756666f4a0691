"""The equivalent number of looks (ENL) of a scene, measured where its ground is even.

Power of even ground follows a gamma distribution of shape L: variance of the power is mean^2 / L,
variance of its logarithm is psi_1(L). Blocks of a fixed lattice each give an estimate; texture
only lowers it, and most blocks of most scenes have some. So the mode of the blocks counts and not
their mean. Between two dates texture cancels, which makes ``of_pair`` the better one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import polygamma

from imagery.errors import UntrustedError

Float = NDArray[np.float32]

BLOCK_PX = 8
LEAST_BLOCKS = 16
MOST_BLOCKS = 20_000
LOOKS = (0.3, 1000.0)
"""Between what the variance of a logarithm is turned back into looks."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Equivalent number of looks.

    Attributes:
        value: The estimate.
        blocks: That it rests on.
    """

    value: float
    blocks: int


def of_scene(power: Float) -> Looks:
    """Of one date and polarisation, from mean^2 / variance of its blocks.

    Args:
        power: (y, x) float32, linear, NaN = unusable.

    Raises:
        UntrustedError: fewer than ``LEAST_BLOCKS`` whole blocks.
    """
    blocks = _blocks(power)
    mean = blocks.mean(axis=1)
    spread = blocks.var(axis=1, ddof=1)
    return _looks(np.log(spread / mean**2))


def of_pair(before: Float, after: Float) -> Looks:
    """Of two dates of one polarisation together, as if both had as many.

    The variance of the log-ratio of a block is psi_1(L) of the one and of the other. The ground's
    texture is in neither; a change of part of a block is.

    Args:
        before, after: (y, x) float32, linear, NaN = unusable.

    Raises:
        UntrustedError: fewer than ``LEAST_BLOCKS`` whole blocks.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(after) - np.log(before)
    spread = _blocks(ratio).var(axis=1, ddof=1)
    found = _looks(np.log(spread / 2))
    return Looks(inverse_trigamma(1 / found.value), found.blocks)


def inverse_trigamma(value: float) -> float:
    """The L of which psi_1(L) is ``value``, within ``LOOKS``.

    >>> round(inverse_trigamma(float(polygamma(1, 4.4))), 6)
    4.4
    """
    low, high = np.log(LOOKS)
    for _ in range(60):
        middle = (low + high) / 2
        if polygamma(1, np.exp(middle)) > value:
            low = middle
        else:
            high = middle
    return float(np.exp((low + high) / 2))


def _blocks(plane: Float) -> NDArray[np.float64]:
    """(block, pixel) of the whole blocks, at most ``MOST_BLOCKS``, evenly chosen."""
    rows, cols = (side // BLOCK_PX for side in plane.shape)
    cut = plane[: rows * BLOCK_PX, : cols * BLOCK_PX].reshape(rows, BLOCK_PX, cols, BLOCK_PX)
    blocks = cut.transpose(0, 2, 1, 3).reshape(rows * cols, BLOCK_PX**2)
    step = -(-len(blocks) // MOST_BLOCKS)
    blocks = blocks[::step].astype(np.float64)
    return np.asarray(blocks[np.isfinite(blocks).all(axis=1)])


def _looks(log_variance: NDArray[np.float64]) -> Looks:
    known = log_variance[np.isfinite(log_variance)]
    if known.size < LEAST_BLOCKS:
        raise UntrustedError(
            "The equivalent number of looks cannot be measured",
            f"{known.size} even blocks of {BLOCK_PX} x {BLOCK_PX} px; {LEAST_BLOCKS} are needed",
            "Take a larger area, or state the looks of the product",
        )
    return Looks(float(np.exp(-_mode(np.sort(known)))), int(known.size))


def _mode(ordered: NDArray[np.float64]) -> float:
    """The mean of the densest half of the values, halved until a quarter of them is left.

    Source: the half-sample mode, Bickel & Fruehwirth 2006, doi:10.1016/j.csda.2005.07.011;
    stopped early, since the last steps only follow noise.
    """
    least = max(len(ordered) // 4, 4)
    while len(ordered) > least:
        half = max(len(ordered) // 2, 2)
        widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
        start = int(np.argmin(widths))
        ordered = ordered[start : start + half]
    return float(ordered.mean())
