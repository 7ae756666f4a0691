"""A small convolutional network, run: compiled loops that add up in one fixed order.

A chip's result depends on that chip alone and takes no fused multiply-add and no library whose
order of summing follows the machine, so it is the same in whatever batch, on whatever processor.
Training needs derivatives and lives outside the package (``training``); here is only what a user
of the weights needs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from imagery import threads
from imagery.errors import WeightsError

Float = NDArray[np.float32]

BLOCK = 64
"""Chips that pass through the layers together: their planes stay in a core's cache."""


@dataclass(frozen=True, slots=True)
class Convolution:
    """A 3 x 3 convolution over a rim of zeros, then the positive part, then perhaps a maximum.

    Attributes:
        weight: (3, 3, in, out) float32, batch normalisation folded in.
        bias: (out,) float32.
        halve: Keep the maximum of each 2 x 2 pixels; the sides must then be even.
    """

    weight: Float
    bias: Float
    halve: bool


@dataclass(frozen=True, slots=True)
class Network:
    """Convolutions, one dense layer with the positive part, one dense layer to a logit.

    Attributes:
        convolutions: In order.
        hidden: (y * x * channels, units) float32; the input is flattened as (y, x, channel).
        hidden_bias: (units,) float32.
        last: (units,) float32.
        last_bias: Of the logit.
    """

    convolutions: tuple[Convolution, ...]
    hidden: Float
    hidden_bias: Float
    last: Float
    last_bias: float


def read_weights(path: Path, *, sha256: str) -> dict[str, NDArray[Any]]:
    """The arrays of a weights file, by name, once its bytes are known to be the right ones.

    Raises:
        WeightsError: the file is missing, or its SHA-256 is another.
    """
    remedy = "Install the package again, or retrain with `make train`"
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise WeightsError(f"The weights {path.name}", reason, remedy) from None
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        reason = f"their SHA-256 is {found[:12]}..., not {sha256[:12]}..."
        raise WeightsError(f"The weights {path.name}", reason, remedy)
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def network(arrays: dict[str, NDArray[Any]], prefix: str) -> Network:
    """Put a network together from the arrays whose names begin with ``prefix``."""
    count = sum(name.startswith(f"{prefix}/convolution") for name in arrays) // 2
    halves = arrays[f"{prefix}/halves"]
    layers = tuple(
        Convolution(
            weight=as_float(arrays[f"{prefix}/convolution{i}/weight"]),
            bias=as_float(arrays[f"{prefix}/convolution{i}/bias"]),
            halve=bool(halves[i]),
        )
        for i in range(count)
    )
    hidden, bias, last, last_bias = (
        as_float(arrays[f"{prefix}/{name}"])
        for name in ("hidden/weight", "hidden/bias", "last/weight", "last/bias")
    )
    return Network(layers, hidden, bias, last, float(last_bias[0]))


def logits(net: Network, chips: Float) -> Float:
    """Log-odds of each chip, before calibration.

    Args:
        net: As trained.
        chips: (n, y, x, band) float32, normalised as in training; no NaN.

    Returns:
        (n,) float32.
    """
    out = np.empty(len(chips), np.float32)

    def run(start: int) -> None:
        out[start : start + BLOCK] = _forward(net, chips[start : start + BLOCK])

    threads.each(run, range(0, len(chips), BLOCK))
    return out


def _forward(net: Network, chips: Float) -> Float:
    planes = _rimmed(chips)
    for layer in net.convolutions:
        n, height, width, _ = planes.shape
        out = np.zeros((n, height, width, len(layer.bias)), np.float32)
        _convolve(planes, layer.weight, layer.bias, out)
        planes = _halved(out) if layer.halve else out
    flat = planes[:, 1:-1, 1:-1].reshape(len(chips), -1)
    logit = np.empty(len(chips), np.float32)
    _dense(np.ascontiguousarray(flat), net.hidden, net.hidden_bias, net.last, logit)
    return np.asarray(logit + np.float32(net.last_bias))


def _rimmed(chips: Float) -> Float:
    """A copy with one pixel of zeros around."""
    return np.pad(chips, ((0, 0), (1, 1), (1, 1), (0, 0)))


def _halved(planes: Float) -> Float:
    inner = planes[:, 1:-1, 1:-1]
    n, height, width, channels = inner.shape
    squares = inner.reshape(n, height // 2, 2, width // 2, 2, channels)
    return _rimmed(squares.max(axis=(2, 4)))


def as_float(array: NDArray[Any]) -> Float:
    """A weight as the compiled loops read it: float32, contiguous."""
    return np.ascontiguousarray(array, np.float32)


@njit(nogil=True, cache=True, fastmath=False)
def _convolve(planes: Any, weight: Any, bias: Any, out: Any) -> None:
    """The three columns of a row of taps go together: one load of the sum for three products."""
    channels, units = weight.shape[2], weight.shape[3]
    for n in range(planes.shape[0]):
        for row in range(planes.shape[1] - 2):
            for col in range(planes.shape[2] - 2):
                total = out[n, row + 1, col + 1]
                for unit in range(units):
                    total[unit] = bias[unit]
                for down in range(3):
                    for band in range(channels):
                        left = planes[n, row + down, col, band]
                        middle = planes[n, row + down, col + 1, band]
                        right = planes[n, row + down, col + 2, band]
                        for unit in range(units):
                            total[unit] += (
                                left * weight[down, 0, band, unit]
                                + middle * weight[down, 1, band, unit]
                                + right * weight[down, 2, band, unit]
                            )
                for unit in range(units):
                    total[unit] = max(total[unit], np.float32(0))


@njit(nogil=True, cache=True, fastmath=False)
def _dense(flat: Any, hidden: Any, bias: Any, last: Any, out: Any) -> None:
    units = len(bias)
    total = np.empty(units, np.float32)
    for n in range(len(flat)):
        for unit in range(units):
            total[unit] = bias[unit]
        for k in range(flat.shape[1]):
            value = flat[n, k]
            for unit in range(units):
                total[unit] += value * hidden[k, unit]
        logit = np.float32(0)
        for unit in range(units):
            logit += max(total[unit], np.float32(0)) * last[unit]
        out[n] = logit
