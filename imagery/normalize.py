"""One date's radiometry brought to the other's, from pixels that did not change.

Sun, haze, season and sensor change every pixel a little. Pixels that are invariant under the
iteratively reweighted multivariate alteration detection (IR-MAD) tell how: per band, an
orthogonal regression of their values gives gain and offset, and what is left of them is the
noise that every change score is counted in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import chdtrc, chdtri

from imagery.errors import UntrustedError

Float64 = NDArray[np.float64]

SAMPLE_PX = 100_000  # from 2,500 pixels up the fit of a scene no longer moves
MIN_SAMPLE_PX = 500
ROUNDS = 50
SETTLED = 1e-4  # largest change of a canonical correlation between rounds
INVARIANT = 0.5  # probability of no change above which a pixel is called invariant
MAD_TO_SIGMA = 1.4826
LEAST_NOISE = 1e-3  # of a band's own spread: two copies of one file are not free of noise


@dataclass(frozen=True, slots=True)
class IrMad:
    """The transformation of Nielsen (2007); one row a variate.

    Attributes:
        before, after: (variate, band) weights of the two dates.
        mean_before, mean_after: (band,) means of the invariant pixels.
        variance: (variate,) of each difference under no change.
        inflation: What the statistic is divided by so that its median is that of chi-square.
    """

    before: Float64
    after: Float64
    mean_before: Float64
    mean_after: Float64
    variance: Float64
    inflation: float


@dataclass(frozen=True, slots=True)
class Normalization:
    """How the values of two dates become comparable, per band.

    Values are taken to ``sqrt(max(v, 0) + stabilizer)``: brightness noise grows with brightness,
    the root evens it out, the stabilizer (the band's own median) keeps dark water from being
    stretched. The after date then follows the before date as ``gain * root + offset``.

    Attributes:
        bands: Names.
        stabilizer: In the unit of the pixels.
        gain, offset: Of the after date's roots.
        noise: Spread (sigma) of the invariant pixels, roots.
        contrast_noise: Spread of the difference after each date lost its local mean, roots.
        invariant_share: Share of the sample that is invariant.
        residual: ``noise`` in the unit of the pixels, at the band's median.
        sample_px: Pixels that all this rests on.
        irmad: The transformation itself.
    """

    bands: tuple[str, ...]
    stabilizer: Float64
    gain: Float64
    offset: Float64
    noise: Float64
    contrast_noise: Float64
    invariant_share: float
    residual: Float64
    sample_px: int
    irmad: IrMad


def irmad(before: Float64, after: Float64) -> tuple[IrMad, Float64]:
    """Fit the iteratively reweighted MAD transformation.

    Args:
        before: (pixel, band) of usable pixels.
        after: The same pixels of the other date.

    Returns:
        The transformation and, per pixel, its chi-square statistic, not yet divided by the
        inflation.

    Source: Nielsen 2007, doi:10.1109/TIP.2006.888195. The inflation is ours: nominal p-values of
    real pairs are four to six times too small.
    """
    weights = np.ones(len(before))
    correlations = np.zeros(before.shape[1])
    for _ in range(ROUNDS):
        fit = _mad(before, after, weights)
        statistic = _statistic(fit, before, after)
        weights = chdtrc(before.shape[1], statistic)
        found = 1 - fit.variance / 2
        settled = np.abs(found - correlations).max() < SETTLED
        correlations = found
        if settled or weights.sum() < before.shape[1] + 2:
            break
    inflation = float(np.median(statistic) / chdtri(before.shape[1], 0.5))
    made = IrMad(
        fit.before, fit.after, fit.mean_before, fit.mean_after, fit.variance, max(inflation, 1e-9)
    )
    return made, statistic


def fit(before: Float64, after: Float64, *, bands: tuple[str, ...]) -> Normalization:
    """Gain, offset and noise per band from the invariant pixels of a sample.

    Args:
        before: (pixel, band) of usable pixels, at least ``MIN_SAMPLE_PX``.
        after: The same pixels, already registered.
        bands: Names of the bands.

    Returns:
        A normalization whose ``contrast_noise`` is still ``noise``.

    Raises:
        UntrustedError: too few pixels are usable.

    Source: invariant pixels by IR-MAD, orthogonal regression: Canty & Nielsen 2008,
    doi:10.1016/j.rse.2007.07.013.
    """
    if len(before) < MIN_SAMPLE_PX:
        found = f"{len(before)} pixels are usable at both dates; {MIN_SAMPLE_PX} are needed"
        raise UntrustedError("The two dates cannot be compared", found, "Choose clearer dates.")
    step = max(1, len(before) // SAMPLE_PX)
    before, after = before[::step], after[::step]
    stabilizer = np.maximum(np.median(before, axis=0), 1e-6)
    x, y = (np.sqrt(np.maximum(date, 0) + stabilizer) for date in (before, after))
    transformation, statistic = irmad(x, y)
    invariant = chdtrc(x.shape[1], statistic / transformation.inflation) > INVARIANT
    lines = [_line(y[invariant, b], x[invariant, b]) for b in range(x.shape[1])]
    gain, offset, noise = (np.array(column) for column in zip(*lines, strict=True))
    noise = np.maximum(noise, LEAST_NOISE * np.maximum(x.std(axis=0), 1e-6))
    return Normalization(
        bands=bands,
        stabilizer=stabilizer,
        gain=gain,
        offset=offset,
        noise=noise,
        contrast_noise=noise,
        invariant_share=float(invariant.mean()),
        residual=noise * 2 * np.sqrt(2 * stabilizer),
        sample_px=len(x),
        irmad=transformation,
    )


def spread(values: NDArray[np.floating]) -> float:
    """Robust sigma about the median: 1.4826 times the median absolute deviation."""
    centre = np.median(values)
    return float(MAD_TO_SIGMA * np.median(np.abs(values - centre)))


def _mad(before: Float64, after: Float64, weights: Float64) -> IrMad:
    """Canonical variates of the weighted pixels, least correlated first."""
    total = weights.sum()
    mean_before, mean_after = (np.einsum("n,nb->b", weights, z) / total for z in (before, after))
    x, y = before - mean_before, after - mean_after
    share = weights[:, None] / total
    # einsum and not a matrix product: BLAS adds up in an order that depends on its threads.
    xx, yy, xy = (
        np.einsum("na,nb->ab", share * left, right) for left, right in ((x, x), (y, y), (x, y))
    )
    xx, yy = (cov + np.eye(len(cov)) * (1e-9 * np.trace(cov) + 1e-18) for cov in (xx, yy))
    squared, a = linalg.eigh(xy @ np.linalg.solve(yy, xy.T), xx)
    b = np.linalg.solve(yy, xy.T @ a)
    b /= np.sqrt(np.maximum(np.einsum("bi,bc,ci->i", b, yy, b), 1e-30))
    correlation = np.sqrt(np.clip(squared, 0, 1 - 1e-9))
    return IrMad(a.T, b.T, mean_before, mean_after, 2 * (1 - correlation), 1.0)


def _statistic(fit: IrMad, before: Float64, after: Float64) -> Float64:
    x = np.einsum("nb,ib->ni", before - fit.mean_before, fit.before)
    y = np.einsum("nb,ib->ni", after - fit.mean_after, fit.after)
    return np.asarray(((x - y) ** 2 / fit.variance).sum(axis=1))


def _line(source: Float64, target: Float64) -> tuple[float, float, float]:
    """Orthogonal regression: (gain, offset, sigma of target - line)."""
    (vs, cov), (_, vt) = np.cov(source, target)
    gain = (vt - vs + np.sqrt((vt - vs) ** 2 + 4 * cov**2)) / (2 * cov) if cov > 0 else 1.0
    # A gain of 1 where the two have nothing in common: only the level can be matched.
    offset = target.mean() - gain * source.mean()
    return float(gain), float(offset), float(np.std(target - gain * source - offset))
