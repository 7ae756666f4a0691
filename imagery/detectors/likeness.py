"""How much each place of a layer looks like a silhouette: correlation over the usable pixels.

The correlation is taken over a silhouette and the ground close around it, with a weight for each
pixel, so that terminals and roofs outside a zone have no say. A floor under the variance keeps
empty ground, whose noise has a shape of its own by chance, from looking like anything. Nothing
here depends on the unit of the layer.

Source: J. P. Lewis, "Fast normalized cross-correlation", Vision Interface 1995; for the masked
form D. Padfield, "Masked object registration in the Fourier domain", IEEE TIP 21(5), 2012,
doi:10.1109/TIP.2011.2181402.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import uniform_filter

from imagery.detectors.silhouettes import Silhouette

Plane = NDArray[np.float32]

SEEN = 0.75
"""A place counts where at least this share of a silhouette and its surround is usable."""

QUIET = 0.5
"""The floor under the spread, in medians of the local spread."""

WINDOW_PX = 5  # side of the window that the local spread is taken in


@dataclass(frozen=True, slots=True)
class Likeness:
    """The best silhouette of one length at each place of one layer.

    Attributes:
        length_m: Of the silhouettes.
        value: (y, x) float32, -1 to 1; 0 where too little is usable.
        which: (y, x) int32, place of the silhouette in the list that was asked for.
    """

    length_m: float
    value: Plane
    which: NDArray[np.int32]


class _Spectra:
    """Layers and weights in the frequency domain, ready to be met by silhouettes."""

    def __init__(self, layers: NDArray[np.float32], weight: Plane, margin: int) -> None:
        self.shape = weight.shape
        self.size = [fft.next_fast_len(side + margin, real=True) for side in weight.shape]
        values = np.concatenate([layers * weight, layers * layers * weight])
        self.weight = fft.rfft2(weight, self.size)
        self.values = fft.rfft2(values, self.size)
        self.layers = self.values[: len(layers)]
        self.quiet = np.array([QUIET**2 * _local_variance(layer, weight) for layer in layers])

    def met(self, spectra: NDArray[np.complex64], kernel: Plane) -> NDArray[np.float32]:
        """Sum of the kernel over each neighbourhood, for every spectrum."""
        half = kernel.shape[0] // 2
        turned = np.conj(fft.rfft2(kernel, self.size))
        plain = np.roll(fft.irfft2(spectra * turned, self.size), (half, half), axis=(-2, -1))
        sums: NDArray[np.float32] = plain[..., : self.shape[0], : self.shape[1]]
        return sums


def likeness(
    layers: NDArray[np.float32], weight: Plane, shapes: Sequence[Silhouette]
) -> list[list[Likeness]]:
    """Correlate every layer with every silhouette and keep the best heading for each length.

    Args:
        layers: (layer, y, x) float32 without NaN, any unit.
        weight: (y, x) float32, 1 where a pixel counts, 0 where not.
        shapes: As ``silhouettes`` gives them.

    Returns:
        For each layer, one ``Likeness`` for each length, shortest first.
    """
    margin = max(shape.ink.shape[0] for shape in shapes)
    spectra = _Spectra(layers, weight, margin)
    lengths = sorted({shape.length_m for shape in shapes})
    best = {length: np.full(layers.shape, -1, np.float32) for length in lengths}
    which = {length: np.full(layers.shape, -1, np.int32) for length in lengths}
    for place, shape in enumerate(shapes):
        values = _correlated(spectra, shape)
        better = values > best[shape.length_m]
        np.copyto(best[shape.length_m], values, where=better)
        which[shape.length_m][better] = place
    return [
        [Likeness(length, best[length][layer], which[length][layer]) for length in lengths]
        for layer in range(len(layers))
    ]


def _correlated(spectra: _Spectra, shape: Silhouette) -> NDArray[np.float32]:
    """(layer, y, x): correlation of each layer with one silhouette, 0 where too little counts."""
    ink = shape.ink * shape.ground
    count = spectra.met(spectra.weight, shape.ground)
    drawn = spectra.met(spectra.weight, ink)
    drawn_twice = spectra.met(spectra.weight, ink * shape.ink)
    seen, seen_twice = np.split(spectra.met(spectra.values, shape.ground), 2)
    both = spectra.met(spectra.layers, ink)
    enough = count > SEEN * shape.ground.sum()
    count = np.maximum(count, 1)
    shape_spread = np.maximum(drawn_twice - drawn * drawn / count, np.float32(1e-6))
    spread = np.maximum(seen_twice - seen * seen / count, 0) / count
    spread = spread + spectra.quiet[:, None, None].astype(np.float32)
    # A layer without any contrast has no likeness to anything.
    enough = enough & (spread > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (both - seen * drawn / count) / np.sqrt(spread * count * shape_spread)
    return np.where(enough, values, 0).astype(np.float32)


def _local_variance(layer: Plane, weight: Plane) -> float:
    """Median over the counted pixels of the variance in a small window."""
    mean = uniform_filter(layer, WINDOW_PX)
    spread = uniform_filter(layer * layer, WINDOW_PX) - mean * mean
    counted = spread[weight > 0]
    return float(max(np.median(counted), 0.0)) if counted.size else 0.0
