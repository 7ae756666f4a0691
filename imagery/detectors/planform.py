"""A planform matched filter: how well an object of known outline explains a place of a layer.

A kernel is what a sensor makes of an outline at one heading, less the mean of its window, so that
level ground and wide changes give nothing. A bank holds the headings of one size; a place answers
with its best heading, brighter or darker than the ground alike, since paint, shadow and concrete
decide which it is. Sizes are looked for, never types.

Source:
    Matched filter: Turin 1960, doi:10.1109/TIT.1960.1057571. Observability: detection index from
    the filled shares of pixels against the residual between two dates (docs/references.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.stats import norm

from imagery.detectors.shapes import FWHM_PX, SHAPES, Shape, fill
from imagery.errors import InputError, NotObservable
from imagery.kernels import Float

SURROUND_PX = 3
"""Rim of a kernel's window beyond its outline: the ground that the object is compared with."""

HEADINGS = {"vessel": 8, "aircraft": 4}
"""Kernels over half a turn. A wing crosses a hull at right angles: a quarter turn repeats."""

TYPICAL_CONTRAST, TYPICAL_RESIDUAL = 0.08, 0.015
"""Reflectance, of an object against its ground and of unchanged ground between two dates."""

FALSE_ALARM_Z = 4.5  # one false alarm in 300,000 independent places
LEAST_OBSERVABLE = 0.2  # chance of standing out below which a size is not looked for
COVERED = 0.5  # of a kernel's energy that must lie on usable pixels
BOUND = 10.0
"""Spreads beyond which a pixel says no more: a shred of cloud is bright, a large object is wide.
Chosen on simulated histories, where it doubles the gap between the two."""
FINEST_M = 0.25  # pixel sizes tried for the advice of NotObservable
WIDEST_PX = 8192


@dataclass(frozen=True, slots=True)
class Bank:
    """Kernels of one size.

    Attributes:
        name: Of its shape.
        headings_deg: Of each kernel.
        kernels: (k, k) float32 each, k odd, mean 0, sum of squares 1.
        gsd_m: Pixel size that they are made for.
    """

    name: str
    headings_deg: tuple[float, ...]
    kernels: tuple[Float, ...]
    gsd_m: float

    @property
    def reach_px(self) -> int:
        """Pixels around a place that its answer depends on."""
        return max(len(kernel) // 2 for kernel in self.kernels)


def observable(shape: Shape, *, gsd_m: float, fwhm_px: float = FWHM_PX) -> float:
    """Chance that a typical object of this shape stands out between two ordinary dates.

    >>> from imagery.detectors.shapes import SHAPES
    >>> observable(SHAPES["An-124"], gsd_m=10) > 0.99, observable(SHAPES["fighter"], gsd_m=10) < 0.2
    (True, True)
    """
    share = fill(shape, heading_deg=30.0, pixel_m=(gsd_m, gsd_m), fwhm_px=fwhm_px)
    index = TYPICAL_CONTRAST / TYPICAL_RESIDUAL * math.sqrt(float((share**2).sum()))
    return float(norm.cdf(index - FALSE_ALARM_Z))


def check_observable(shape: Shape, *, gsd_m: float) -> None:
    """Refuse a shape that pixels of this size cannot show.

    Raises:
        NotObservable: an object of this size does not stand out.
    """
    if observable(shape, gsd_m=gsd_m) >= LEAST_OBSERVABLE:
        return
    what = f"An object of {shape.length_m:g} x {shape.span_m:g} m"
    raise NotObservable(what, gsd_m, _coarsest(shape, gsd_m))


def _coarsest(shape: Shape, gsd_m: float) -> float:
    """The coarsest of a few pixel sizes, each a fifth finer, that shows a shape."""
    size = gsd_m
    while size > FINEST_M:
        size *= 0.8
        if observable(shape, gsd_m=size) >= LEAST_OBSERVABLE:
            break
    return round(size, 1)


@lru_cache(maxsize=32)
def bank(name: str, *, gsd_m: float, fwhm_px: float = FWHM_PX) -> Bank:
    """The kernels of a shape.

    Args:
        name: Of ``shapes.SHAPES``.
        gsd_m: Pixel size, metres.
        fwhm_px: Point spread of the sensor, pixels.

    Raises:
        InputError: no shape has that name.
        NotObservable: pixels of this size cannot show it.
    """
    if name not in SHAPES:
        raise InputError("shape", name, f"one of {', '.join(SHAPES)}")
    shape = SHAPES[name]
    check_observable(shape, gsd_m=gsd_m)
    count = HEADINGS.get(shape.kind, HEADINGS["vessel"])
    headings = tuple(180.0 * i / count for i in range(count))
    pixel = (gsd_m, gsd_m)
    fills = (fill(shape, heading_deg=h, pixel_m=pixel, fwhm_px=fwhm_px) for h in headings)
    return Bank(name, headings, tuple(_kernel(share) for share in fills), gsd_m)


def _kernel(share: Float) -> Float:
    padded = np.pad(share, SURROUND_PX)
    kernel = padded - padded.mean()
    return np.asarray(kernel / np.sqrt((kernel**2).sum()), np.float32)


def respond(z: Float, sizes: Bank) -> tuple[Float, NDArray[np.uint8]]:
    """The answer of the best heading at every pixel.

    Args:
        z: (y, x) or (band, y, x) float32 in units of its noise, NaN = unusable. Bands are
            averaged (a grey object changes all alike) and must be about as noisy, and unrelated.
        sizes: Kernels.

    Returns:
        (y, x) float32, positive = brighter than its ground: the sum of kernel times layer, which
        has unit variance where the layer is white noise of unit variance, NaN where less than half
        of the kernel's energy lies on usable pixels; and (y, x) uint8, the number of the heading.
    """
    layer = z if z.ndim == 2 else np.asarray(z.mean(axis=0) * np.sqrt(np.float32(len(z))))
    usable = np.isfinite(layer)
    best = np.zeros(layer.shape, np.float32)
    heading = np.zeros(layer.shape, np.uint8)
    answer = answers(np.where(usable, layer, 0), reach_px=sizes.reach_px)
    for number, found in enumerate(map(answer, sizes.kernels)):
        stronger = np.abs(found) > np.abs(best)
        best[stronger] = found[stronger]
        heading[stronger] = number
    energy = np.asarray(np.mean([kernel**2 for kernel in _same_sides(sizes)], axis=0), np.float32)
    covered = answers(usable.astype(np.float32), reach_px=sizes.reach_px)(energy)
    return np.where(usable & (covered >= COVERED), best, np.float32(np.nan)), heading


def bounded(z: Float) -> Float:
    """A layer in units of its noise with no pixel beyond ``BOUND``; NaN stays NaN.

    Source: bounded influence: Huber 1964, doi:10.1214/aoms/1177703732.
    """
    return np.clip(z, np.float32(-BOUND), np.float32(BOUND))


def _same_sides(sizes: Bank) -> Iterator[Float]:
    side = 2 * sizes.reach_px + 1
    for kernel in sizes.kernels:
        yield np.pad(kernel, (side - len(kernel)) // 2)


def answers(layer: Float, *, reach_px: int) -> Callable[[Float], Float]:
    """A function from a kernel to its correlation with a layer; zero beyond the edge.

    Args:
        layer: (y, x) float32, finite.
        reach_px: Half the side of the widest kernel.

    Raises:
        InputError: the layer is larger than a site.
    """
    height, width = layer.shape
    if max(layer.shape) > WIDEST_PX:
        raise InputError("layer", layer.shape, f"at most {WIDEST_PX} pixels a side: cut it")
    padded = tuple(fft.next_fast_len(size + reach_px, real=True) for size in layer.shape)
    spectrum = fft.rfft2(layer.astype(np.float32), padded)

    def answer(kernel: Float) -> Float:
        half = len(kernel) // 2
        place = np.zeros(padded, np.float32)
        place[: len(kernel), : len(kernel)] = kernel[::-1, ::-1]
        place = np.roll(place, (-half, -half), (0, 1))
        found = fft.irfft2(spectrum * fft.rfft2(place), padded)
        return np.asarray(found[:height, :width], np.float32)

    return answer
