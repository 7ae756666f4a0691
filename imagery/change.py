"""Change scores: plain functions from two registered dates to one plane, larger = more changed.

Every method of ``METHODS`` has one signature, ``(before, after, usable, normalization) -> score``,
needs ``HALO_PX`` pixels around what it is asked for, and gives the same value to a pixel whatever
the window. A score is a magnitude without a unit; ``imagery.null`` says what is large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from imagery import kernels
from imagery.kernels import BLOCK, Float, Mask
from imagery.normalize import Normalization, spread

Score = Callable[[Float, Float, Mask, Normalization], Float]

HALO_PX = 64
"""Pixels around a window: the widest method looks 47 px far, to a mask whose rim reaches 12 px."""

NEAR_SIGMA_PX = 1.5  # smoothing that a sub-pixel shift and the point spread ask for anyway
FAR_SIGMA_PX = 8.0  # changed ground comes in patches: a neighbourhood that changed is evidence
CONTEXT_RADIUS_PX = 10  # local mean of 21 x 21 pixels: what the surround did, a pixel may do too


def cva(before: Float, after: Float, usable: Mask, normalization: Normalization) -> Float:
    """Change vector analysis: length of the normalised difference over the bands.

    Args:
        before, after: (band, y, x) float32 on one grid, in the unit of the normalization.
        usable: (y, x) uint8, 1 = usable at both dates.
        normalization: Fitted on the pair.

    Returns:
        (y, x) float32, smoothed by ``NEAR_SIGMA_PX``; meaningless where not usable.

    Source: Malila 1980, Change Vector Analysis, LARS Symposia 385.
    """
    total = np.zeros(usable.shape, np.float32)
    for x, y in _roots(before, after, usable, normalization):
        kernels.add_squared(x, y, total)
    return _near(np.sqrt(total), usable)


def irmad(before: Float, after: Float, usable: Mask, normalization: Normalization) -> Float:
    """IR-MAD: root of the chi-square statistic of the alteration variates.

    Arguments and result as for ``cva``.

    Source: Nielsen 2007, doi:10.1109/TIP.2006.888195.
    """
    fit = normalization.irmad
    stabilizer = normalization.stabilizer.astype(np.float32)[:, None, None]
    x, y = (np.sqrt(np.maximum(date, 0) + stabilizer) for date in (before, after))
    total = np.zeros(usable.shape, np.float32)
    for i, variance in enumerate(fit.variance):
        variate = np.zeros(usable.shape, np.float32)
        for b in range(len(x)):
            variate += np.float32(fit.before[i, b]) * (x[b] - np.float32(fit.mean_before[b]))
            variate -= np.float32(fit.after[i, b]) * (y[b] - np.float32(fit.mean_after[b]))
        total += variate * variate / np.float32(variance * fit.inflation)
    return _near(np.where(usable, np.sqrt(total), 0), usable)


def rcva(before: Float, after: Float, usable: Mask, normalization: Normalization) -> Float:
    """Robust change vector analysis in two contexts and at two scales.

    A pixel's change is its distance from the nearest of the 3 x 3 pixels of the other date, so a
    residual shift costs nothing. It is measured twice, on normalised values and on their contrast
    with the local mean (a field, a river, a town that changed as a whole leaves no contrast), and
    each is smoothed twice. The score is the geometric mean of the four: only what is unusual for
    the scene and for its surround, as a pixel and as a patch, is large.

    Arguments and result as for ``cva``.

    Source: 3 x 3 neighbourhood: Thonfeld et al. 2016 (docs/references.md). Spatial
    context as prediction: Kondmann et al. 2021, arXiv:2110.02068. Their union is ours, measured
    in docs/decisions.
    """
    distances = np.zeros((4, *usable.shape), np.float32)
    x_contrast, y_contrast = (np.empty(usable.shape, np.float32) for _ in range(2))
    ratio = normalization.noise / normalization.contrast_noise
    for (x, y), gain in zip(_roots(before, after, usable, normalization), ratio, strict=True):
        kernels.add_nearest_squared(x, y, distances[0], distances[1])
        kernels.subtract_box_mean(x, usable, CONTEXT_RADIUS_PX, gain, x_contrast)
        kernels.subtract_box_mean(y, usable, CONTEXT_RADIUS_PX, gain, y_contrast)
        kernels.add_nearest_squared(x_contrast, y_contrast, distances[2], distances[3])
    planes = np.empty((3, *usable.shape), np.float32)
    for plane, (forward, backward) in zip(planes[:2], (distances[:2], distances[2:]), strict=True):
        np.multiply(np.sqrt(np.maximum(forward, backward)), usable, out=plane)
    planes[2] = usable
    far = _far(planes)
    kernels.smooth(planes, kernels.gaussian_weights(NEAR_SIGMA_PX), x_contrast)
    near = planes[:2] / np.maximum(planes[2], 1e-6)
    score: Float = np.sqrt(np.sqrt(near[0] * near[1]) * np.sqrt(far[0] * far[1]))
    return score


METHODS: Mapping[str, Score] = MappingProxyType({"rcva": rcva, "irmad": irmad, "cva": cva})

MAX_SHIFT_ERROR_PX: Mapping[str, float] = MappingProxyType({"rcva": 0.6, "irmad": 0.3, "cva": 0.3})
"""95th percentile of the registration error that a method bears. The search of ``rcva`` over 3 x 3
pixels forgives a whole pixel; the others have the requirement of Sentinel-2."""


def brightness(
    before: Float, after: Float, usable: Mask, normalization: Normalization
) -> tuple[Float, Float]:
    """Means over the bands, in noise units: of the before date, and of after - before.

    Returns:
        Two (y, x) float32 planes, 0 where not usable.
    """
    first, difference = (np.zeros(usable.shape, np.float32) for _ in range(2))
    for x, y in _roots(before, after, usable, normalization):
        first += x
        difference += y - x
    share = usable.astype(np.float32) / np.float32(len(before))
    return first * share, difference * share


def contrast_noise(
    before: Float, after: Float, usable: Mask, normalization: Normalization
) -> NDArray[np.float64]:
    """Per band, the robust spread of the difference of local contrasts, roots."""
    found = []
    x_contrast, y_contrast = (np.empty(usable.shape, np.float32) for _ in range(2))
    for x, y in _roots(before, after, usable, normalization):
        kernels.subtract_box_mean(x, usable, CONTEXT_RADIUS_PX, 1.0, x_contrast)
        kernels.subtract_box_mean(y, usable, CONTEXT_RADIUS_PX, 1.0, y_contrast)
        found.append(spread((y_contrast - x_contrast)[usable == 1]))
    return normalization.noise * np.maximum(found, 1e-3)


def _roots(
    before: Float, after: Float, usable: Mask, normalization: Normalization
) -> Iterator[tuple[Float, Float]]:
    """Per band the two dates in noise units, in arrays that the next band overwrites."""
    x, y = (np.empty(usable.shape, np.float32) for _ in range(2))
    n = normalization
    for b in range(len(before)):
        noise = n.noise[b]
        first = np.array([n.stabilizer[b], 1 / noise, 0], np.float32)
        second = np.array([n.stabilizer[b], n.gain[b] / noise, n.offset[b] / noise], np.float32)
        kernels.standardize(before[b], usable, first, x)
        kernels.standardize(after[b], usable, second, y)
        yield x, y


def _near(distance: Float, usable: Mask) -> Float:
    planes = np.stack([distance * usable, usable.astype(np.float32)])
    spare = np.empty(usable.shape, np.float32)
    kernels.smooth(planes, kernels.gaussian_weights(NEAR_SIGMA_PX), spare)
    smoothed: Float = planes[0] / np.maximum(planes[1], 1e-6)
    return smoothed


def _far(planes: Float) -> Float:
    """The first planes smoothed by ``FAR_SIGMA_PX``, weighted by the last, via block means."""
    height, width = (-(-size // BLOCK) for size in planes.shape[1:])
    padding = [(0, 0), *((0, -size % BLOCK) for size in planes.shape[1:])]
    padded = np.pad(planes, padding) if any(after for _, after in padding) else planes
    coarse = np.empty((len(planes), height, width), np.float32)
    for plane, blocks in zip(padded, coarse, strict=True):
        kernels.block_sums(plane, blocks)
    spare = np.empty((height, width), np.float32)
    kernels.smooth(coarse, kernels.gaussian_weights(FAR_SIGMA_PX / BLOCK), spare)
    means = coarse[:-1] / np.maximum(coarse[-1], 1e-6)
    far = np.empty((len(means), *planes.shape[1:]), np.float32)
    for blocks, out in zip(means, far, strict=True):
        kernels.between_blocks(blocks, BLOCK, (0, 0), out)
    return far
