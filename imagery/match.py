"""One tile of two dates -> how well, and where, its structure fits: the parts of a tie point.

Method: orientation correlation. Every pixel becomes the complex gradient ``gx + i gy`` divided
by a softened modulus, so gains and offsets between the dates do not matter, an unusable pixel
is exactly zero (it neither helps nor hurts any shift), and the bright rim of a cloud that a
mask missed weighs no more than a field boundary.

Source: Fitch, Kadyrov, Christmas & Kittler 2002, Orientation correlation, BMVC,
doi:10.5244/C.16.11 (section 2; the softened modulus and the Gaussian derivative are ours).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from imagery.errors import RegistrationError

Float = NDArray[np.float32]

SIGMA_PX = (
    1.0  # of the Gaussian derivative: below about 0.7 px aliasing pulls peaks to whole pixels
)
REACH_PX = 4  # the derivative is cut off there, so no feature ever saw an unusable pixel
SOFTENING = 2.0  # times the tile's median gradient: weaker gradients than that count for less
CELL_PX = 16  # side of the checkerboard that splits a tile into two independent halves

STRUCTURE_PX, STRUCTURE_SHARE = 2.0, 0.5
"""Blur, and the share of a tile's variance that it leaves of ground; of noise it leaves .02."""

TILES_PER_AXIS = 8
MIN_SIDE_PX = 32


@dataclass(frozen=True, slots=True)
class TileMatch:
    """What one tile says.

    Attributes:
        row: Mean row of the structure common to both dates, reference pixel index.
        col: The same for columns.
        halves: (2, 2 m + 1, 2 m + 1) correlation over the two halves of the tile's checkerboard,
            by shift (dy, dx) in -m..m px, each as if it lost no overlap. Their sum is the tile's
            correlation.
        usable: Number of pixels that can carry a feature at both dates.
        same: The two dates are equal, pixel by pixel.
        structured: Both dates show ground and not only noise, each for itself.
    """

    row: float
    col: float
    halves: NDArray[np.float64]
    usable: int
    same: bool
    structured: bool

    @property
    def surface(self) -> NDArray[np.float64]:
        """(2 m + 1, 2 m + 1) correlation of the whole tile."""
        total: NDArray[np.float64] = self.halves[0] + self.halves[1]
        return total


def windows(shape: tuple[int, int]) -> list[tuple[slice, slice]]:
    """The tiles (rows, cols) that are looked at: a lattice that follows from the shape alone.

    >>> len(windows((10980, 10980))), len(windows((114, 126)))
    (64, 9)

    Raises:
        RegistrationError: a side is shorter than ``MIN_SIDE_PX``.
    """
    if min(shape) < MIN_SIDE_PX:
        found = f"{shape[0]} x {shape[1]} px; a shift needs {MIN_SIDE_PX} px a side"
        raise RegistrationError(
            "The common area is too small to register", found, "Take a larger area"
        )
    side = tile_side(shape)
    rows, cols = (_starts(length, side) for length in shape)
    return [(slice(r, r + side), slice(c, c + side)) for r in rows for c in cols]


def tile_side(shape: tuple[int, int]) -> int:
    """Large scenes get large tiles, small ones many."""
    shortest = min(shape)
    for side in (256, 128, 64):
        if shortest >= 8 * side or (side < 256 and shortest >= 1.5 * side):
            return side
    return MIN_SIDE_PX


def match_tile(before: Float, after: Float, *, corner: tuple[int, int], margin: int) -> TileMatch:
    """Correlate one tile at every whole-pixel shift up to ``margin``.

    Args:
        before: (band, y, x) reference date, any unit, NaN = unusable.
        after: (band, y, x) the same window of the other date.
        corner: (row, col) of the tile's first pixel in the reference grid.
        margin: Largest shift looked at, whole pixels.
    """
    shape = before.shape[-2:]
    kept = _kept(before), _kept(after)
    padded = [fft.next_fast_len(side + margin) for side in shape]
    spectra = np.zeros((2, *padded), np.complex64)
    energy = np.zeros((2, *shape), np.float32)
    board = _checkerboard(shape, corner)
    for reference, moving in zip(before, after, strict=True):
        fixed, other = orientation(reference, kept[0]), orientation(moving, kept[1])
        spectrum = fft.fft2(other, padded)
        spectra[0] += spectrum * fft.fft2(np.where(board, fixed, 0), padded).conj()
        spectra[1] += spectrum * fft.fft2(np.where(board, 0, fixed), padded).conj()
        energy += np.abs((fixed, other)) ** 2
    shifts = np.arange(-margin, margin + 1)
    near = (..., shifts[:, None], shifts[None, :])
    halves = fft.ifft2(spectra).real[near] * _overlap_gain(energy, kept, padded)[near]
    row, col = _centre(energy[0] * energy[1])
    return TileMatch(
        row=corner[0] + row,
        col=corner[1] + col,
        halves=halves.astype(np.float64),
        usable=int(np.count_nonzero(kept[0] & kept[1])),
        same=bool(np.array_equal(before, after, equal_nan=True)),
        structured=all(
            _structured(date, there) for date, there in ((before, kept[0]), (after, kept[1]))
        ),
    )


def _structured(date: Float, kept: NDArray[np.bool_]) -> bool:
    """Whether a date shows ground and not only noise: a blur leaves most of its variance."""
    for band in date:
        values = band[kept]
        if not values.size or not values.std():
            continue
        filled = np.where(kept, band, np.median(values))
        left = ndimage.gaussian_filter(filled, STRUCTURE_PX)[kept]
        if left.var() >= STRUCTURE_SHARE * values.var():
            return True
    return False


def orientation(band: Float, kept: NDArray[np.bool_]) -> NDArray[np.complex64]:
    """Complex gradient with a softened modulus, below 1; zero = not kept or flat.

    Args:
        band: (y, x) any unit, NaN = unusable.
        kept: (y, x) True where the derivative reaches only usable pixels.
    """
    if not kept.any():
        return np.zeros(band.shape, np.complex64)
    usable = np.isfinite(band)
    filled = band if usable.all() else np.where(usable, band, np.median(band[usable]))
    gradient = np.empty(band.shape, np.complex64)
    gradient.real = _derivative(filled, (0, 1))
    gradient.imag = _derivative(filled, (1, 0))
    modulus = np.abs(gradient)
    typical = np.median(modulus[kept])
    if typical == 0:  # more than half of the tile is flat: its few edges decide
        typical = modulus[kept].max() / 10 or np.float32(1)
    gradient[~kept] = 0
    gradient /= np.sqrt(modulus**2 + np.float32(SOFTENING * typical) ** 2)
    return gradient


def _kept(bands: Float) -> NDArray[np.bool_]:
    """(y, x) True where every pixel in reach of the derivative is usable in every band."""
    usable = np.isfinite(bands).all(axis=0)
    kept: NDArray[np.bool_] = ndimage.minimum_filter(
        usable, 2 * REACH_PX + 1, mode="constant", cval=0
    )
    return kept


def _overlap_gain(
    energy: Float, kept: tuple[NDArray[np.bool_], NDArray[np.bool_]], padded: list[int]
) -> Float:
    """By shift: what makes up for the overlap that a shift costs, 1 = no loss.

    Without it every peak leans towards the shift with the most overlap, which is zero. The
    overlap is the energy that each date brings into the usable pixels of the other; where less
    than a quarter is left, nothing is believed and the gain is zero.
    """
    energies = fft.rfft2(energy, padded)
    masks = fft.rfft2(np.stack(kept).astype(np.float32), padded)
    product = np.stack([masks[1] * energies[0].conj(), energies[1] * masks[0].conj()])
    shared = np.prod(np.clip(fft.irfft2(product, padded), 0, None), axis=0) ** 0.5
    most = shared.max()
    gain = np.where(shared > most / 4, most / np.maximum(shared, np.float32(1e-6)), 0)
    return gain.astype(np.float32)


def _centre(weights: Float) -> tuple[float, float]:
    """(row, col) of the weighted mean, of the tile where nothing weighs."""
    total = float(weights.sum(dtype=np.float64))
    rows, cols = (np.arange(side) for side in weights.shape)
    if total == 0:
        return float(rows.mean()), float(cols.mean())
    row = float(weights.sum(axis=1, dtype=np.float64) @ rows) / total
    return row, float(weights.sum(axis=0, dtype=np.float64) @ cols) / total


def peak(
    surface: NDArray[np.float64], *, near: tuple[float, float], within: int
) -> tuple[float, float]:
    """Sub-pixel (dy, dx) of the highest point of a correlation surface.

    Args:
        surface: (2 m + 1, 2 m + 1) by shift -m..m px. It is band-limited by ``SIGMA_PX``, so a
            quintic spline passes through it faithfully.
        near: (dy, dx) px, where to look.
        within: How far from there, whole pixels.

    Returns:
        (dy, dx) in px, or (nan, nan) where the highest point lies on the edge of the window.
    """
    margin = surface.shape[0] // 2
    top, left = (int(np.clip(round(d) + margin - within, 0, 2 * margin)) for d in near)
    bottom, right = (int(np.clip(round(d) + margin + within, 0, 2 * margin)) for d in near)
    window = surface[top : bottom + 1, left : right + 1]
    y, x = np.unravel_index(int(window.argmax()), window.shape)
    if y in (0, window.shape[0] - 1) or x in (0, window.shape[1] - 1):
        return (np.nan, np.nan)
    fine = _refine(surface, (top + int(y), left + int(x)))
    return fine[0] - margin, fine[1] - margin


def prominence(surface: NDArray[np.float64], at: tuple[float, float]) -> float:
    """How far the best height within 2 px of a shift stands out of the surface 5 px and more away.

    Returns:
        In robust standard deviations of the far heights. 0 where nothing is usable.
    """
    margin = surface.shape[0] // 2
    dy, dx = np.mgrid[-margin : margin + 1, -margin : margin + 1]
    distance = np.hypot(dy - at[0], dx - at[1])
    far = surface[distance >= 5]
    middle = np.median(far)
    spread = 1.4826 * np.median(np.abs(far - middle))
    if spread <= 0:
        return 0.0
    return float((surface[distance <= 2].max() - middle) / spread)


def _refine(surface: NDArray[np.float64], start: tuple[int, int]) -> tuple[float, float]:
    """Climb a spline from a whole-pixel maximum: three ever finer 5 x 5 grids, then a parabola."""
    coefficients = ndimage.spline_filter(surface, order=5, mode="mirror")
    y, x = float(start[0]), float(start[1])
    steps = np.arange(-2, 3)
    for pitch in (0.3, 0.1, 0.03):
        grid = np.meshgrid(y + pitch * steps, x + pitch * steps, indexing="ij")
        heights = ndimage.map_coordinates(
            coefficients, grid, order=5, mode="mirror", prefilter=False
        )
        i, j = np.unravel_index(int(heights.argmax()), heights.shape)
        y, x = y + pitch * steps[i], x + pitch * steps[j]
        i, j = np.clip(i, 1, 3), np.clip(j, 1, 3)
    y += pitch * _vertex(heights[i - 1 : i + 2, j])
    x += pitch * _vertex(heights[i, j - 1 : j + 2])
    return y, x


def _vertex(three: NDArray[np.float64]) -> float:
    """Offset of a parabola's top from the middle of three equally spaced heights, within +-1."""
    curvature = three[0] - 2 * three[1] + three[2]
    if curvature >= 0:
        return 0.0
    return float(np.clip(0.5 * (three[0] - three[2]) / curvature, -1, 1))


def _derivative(band: Float, order: tuple[int, int]) -> Float:
    truncate = (REACH_PX - 1) / SIGMA_PX
    out: Float = ndimage.gaussian_filter(
        band, SIGMA_PX, order=order, truncate=truncate, mode="nearest"
    )
    return out


def _checkerboard(shape: tuple[int, ...], corner: tuple[int, int]) -> NDArray[np.bool_]:
    rows = (corner[0] + np.arange(shape[0])) // CELL_PX
    cols = (corner[1] + np.arange(shape[1])) // CELL_PX
    board: NDArray[np.bool_] = (rows[:, None] + cols[None, :]) % 2 == 0
    return board


def _starts(length: int, side: int) -> list[int]:
    """First pixels of at most ``TILES_PER_AXIS`` tiles, half overlapping where they are near.

    Where they are far apart they start at multiples of their side, inside one block of the file.
    """
    count = min(TILES_PER_AXIS, max(1, math.ceil(2 * length / side) - 1))
    places = np.linspace(0, length - side, count)
    if count > 1 and places[1] >= 2 * side:
        places = np.floor(places / side) * side
    return [round(place) for place in places.tolist()]
