"""Which pixels belong to a vessel, moored or under way: a small network that sees 300 m around.

It was trained on five Sentinel-2 harbours (``docs/models/sen2ships.md``: data, licence, split,
figures, limits). A moored vessel is brighter than water, as its quay is; what tells them apart is
shape, deck and the dark seam between, which a threshold on one band does not hold.

The scene is walked in tiles that stand on a fixed lattice and overlap by more than the network
sees: a pixel has the same value, bit for bit, whatever part of the lattice is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from imagery.detectors.network import as_float, read_weights

Float = NDArray[np.float32]

TILE_PX = 256
"""Side of what goes through the network at once, without its rim."""
RIM_PX = 56
"""More than the network sees on each side (54 px), and a multiple of its coarsest step."""
STEP_PX = 8
"""Coarsest step of the network."""

WEIGHTS = Path(__file__).parent / "weights" / "sen2ships.npz"
WEIGHTS_SHA256 = "f9ef733fae8b9459373871927c1a15a1e1deec1225b3bdbe613024d1075a192d"

LAYERS = ("a1", "a2", "b1", "b2", "c1", "c2", "c3", "g1", "g2", "h1", "d1", "e1", "e2")
"""Convolutions, in the order of reading: four scales down (a, b, c, g) and back up (h, d, e)."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A 3 x 3 convolution over a rim of zeros.

    Attributes:
        weight: (3, 3, in, out) float32.
        bias: (out,) float32.
    """

    weight: Float
    bias: Float


Weights = dict[str, Kernel]
Window = tuple[slice, slice]

EVERYTHING = "all"
"""The member that was trained on all harbours; the others each left some out."""


def shipped(member: str = EVERYTHING) -> Weights:
    """The weights of one member.

    Raises:
        WeightsError: they are missing or altered.
    """
    arrays = _arrays(WEIGHTS, WEIGHTS_SHA256)
    return {
        name: Kernel(*(as_float(arrays[f"{member}/{name}/{part}"]) for part in ("weight", "bias")))
        for name in LAYERS
    }


def left_out() -> dict[str, str]:
    """Harbour -> the member that never saw it.

    Raises:
        WeightsError: the weights are missing or altered.
    """
    members = {name.split("/")[0] for name in _arrays(WEIGHTS, WEIGHTS_SHA256) if "/" in name}
    return {
        harbour: member
        for member in sorted(members - {EVERYTHING})
        for harbour in member.split("+")
    }


def calibration() -> tuple[float, float]:
    """Slope and offset that take a vessel's score to its log-odds of being one.

    Raises:
        WeightsError: the weights are missing or altered.
    """
    slope, offset = _arrays(WEIGHTS, WEIGHTS_SHA256)["calibration"]
    return float(slope), float(offset)


@cache
def _arrays(path: Path, sha256: str) -> dict[str, NDArray[Any]]:
    return read_weights(path, sha256=sha256)


def logits(planes: Float, weights: Weights, *, within: Window | None = None) -> Float:
    """Log-odds of each pixel, before calibration.

    Args:
        planes: (band, y, x) float32 as ``water.Water.planes``, at 10 m; NaN = no data, read as
            water.
        weights: As ``shipped``.
        within: Rows and columns that are wanted; None for all.

    Returns:
        (2, y, x) float32: that the pixel is vessel, and that it is inside one by a pixel; beyond
        ``within`` -inf.
    """
    height, width = planes.shape[1:]
    known = np.nan_to_num(planes, nan=0.0)
    rows, cols = (-(-side // TILE_PX) * TILE_PX for side in (height, width))
    after = (rows - height + RIM_PX, cols - width + RIM_PX)
    # Beyond the edge the picture is mirrored, so that a hull cut by it is not judged by zeros.
    padded = np.pad(known, ((0, 0), (RIM_PX, after[0]), (RIM_PX, after[1])), mode="symmetric")
    out = np.full((2, rows, cols), -np.inf, np.float32)
    wanted = within or (slice(0, height), slice(0, width))
    for row in _cuts(wanted[0]):
        for col in _cuts(wanted[1]):
            tile = padded[:, _rimmed(row), _rimmed(col)]
            out[:, row, col] = _forward(tile, weights)[:, RIM_PX:-RIM_PX, RIM_PX:-RIM_PX]
    return out[:, :height, :width]


def _cuts(wanted: slice) -> list[slice]:
    """Of one side, where it is walked: from and to multiples of the coarsest step."""
    first, last = wanted.start // STEP_PX * STEP_PX, -(-wanted.stop // STEP_PX) * STEP_PX
    return [slice(at, min(at + TILE_PX, last)) for at in range(first, last, TILE_PX)]


def _rimmed(part: slice) -> slice:
    """With what the network sees around it, counted in the padded picture."""
    return slice(part.start, part.stop + 2 * RIM_PX)


def _forward(tile: Float, weights: Weights) -> Float:
    """(band, y, x) -> (2, y, x)."""

    def through(planes: Float, *names: str) -> Float:
        for name in names:
            planes = _convolved(planes, weights[name], positive=name != LAYERS[-1])
        return planes

    fine = through(tile, "a1", "a2")
    half = through(_halved(fine), "b1", "b2")
    quarter = through(_halved(half), "c1", "c2", "c3")
    coarse = through(_halved(quarter), "g1", "g2")
    quarter = through(_beside(coarse, quarter), "h1")
    half = through(_beside(quarter, half), "d1")
    return through(_beside(half, fine), "e1", "e2")


def _convolved(planes: Float, kernel: Kernel, *, positive: bool) -> Float:
    _, height, width = planes.shape
    rimmed = np.pad(planes, ((0, 0), (1, 1), (1, 1)))
    out = np.empty((len(kernel.bias), height, width), np.float32)
    _convolve(rimmed, kernel.weight, kernel.bias, np.float32(0 if positive else -np.inf), out)
    return out


def _halved(planes: Float) -> Float:
    """Maxima of 2 x 2 pixels."""
    tall = np.maximum(planes[:, ::2], planes[:, 1::2])
    return np.maximum(tall[:, :, ::2], tall[:, :, 1::2])


def _beside(coarse: Float, fine: Float) -> Float:
    return np.concatenate([coarse.repeat(2, axis=1).repeat(2, axis=2), fine])


@njit(nogil=True, cache=True, fastmath=False)
def _convolve(planes: Any, weight: Any, bias: Any, least: Any, out: Any) -> None:
    """Every sum runs in one order, so the result does not follow the machine.

    The inner loop runs along the row: as many pixels at once as the processor can.
    """
    channels, (units, height, width) = planes.shape[0], out.shape
    for row in range(height):
        for unit in range(units):
            total = out[unit, row]
            total[:] = bias[unit]
            for down in range(3):
                for band in range(channels):
                    line = planes[band, row + down]
                    left, middle, right = line[:width], line[1 : width + 1], line[2 : width + 2]
                    first, second = weight[down, 0, band, unit], weight[down, 1, band, unit]
                    third = weight[down, 2, band, unit]
                    for col in range(width):
                        total[col] += left[col] * first + middle[col] * second + right[col] * third
            for col in range(width):
                total[col] = max(total[col], least)
