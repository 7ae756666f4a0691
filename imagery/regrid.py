"""Pixels of a source raster at the pixel centres of another grid, in one resampling.

A pixel never depends on the window in which it is asked for. GDAL's warper cannot promise
that: it approximates coordinates, and chooses its filter width, anew for every call. Here
coordinates are exact at nodes 32 target pixels apart, fixed to the target's own lattice, and
linear between them (in error by less than a thousandth of a 10 m pixel); the filter width is
fixed by the two grids alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from numba import njit
from numpy.typing import NDArray
from odc.geo import CRS
from odc.geo.geobox import GeoBox

NODE_STEP = 32
"""Target pixels between nodes of exact coordinates."""

ORIGIN_QUANTUM = 1024
"""A target's origin is taken to 1/1024 pixel: a window's own differs in rounding only."""


WIDEN_FROM = 1.5
"""Source pixels per target pixel from which the filter is widened against aliasing.

Below, the plain kernel is kept: it is exact for quadratics, the widened one only nearly, and
what a sensor leaves beyond the target's Nyquist frequency is then little.
"""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Where the pixels of a target window lie in a source raster.

    Attributes:
        nodes: (2, node rows, node columns), float64, source (row, column) in pixels from the
            source's corner, at the nodes; not finite where there is no such place.
        first: (row, column) of the window's first pixel, counted from the first node.
        shape: (rows, columns) of the window.
        stretch: (rows, columns), how much wider than four source pixels the filter is.
    """

    nodes: NDArray[np.float64]
    first: tuple[int, int]
    shape: tuple[int, int]
    stretch: tuple[float, float]


def sampling(source: GeoBox, target: GeoBox) -> Sampling:
    """Coordinates of the pixels of ``target`` in ``source``.

    Args:
        source: Any grid with a coordinate system.
        target: North-up; a window of a larger grid gives the same coordinates as the whole.
    """
    step = target.transform
    column, left = _lattice(step.c, step.a)
    row, top = _lattice(step.f, step.e)
    rows, columns = target.shape
    node_rows = np.arange(row // NODE_STEP, (row + rows) // NODE_STEP + 2) * NODE_STEP
    node_columns = np.arange(column // NODE_STEP, (column + columns) // NODE_STEP + 2) * NODE_STEP
    x, y = np.meshgrid((node_columns + left) * step.a, (node_rows + top) * step.e)
    return Sampling(
        nodes=_in_source(source, target, x, y),
        first=(row - int(node_rows[0]), column - int(node_columns[0])),
        shape=(rows, columns),
        stretch=_stretch(source, target),
    )


def source_window(where: Sampling, size: tuple[int, int]) -> tuple[slice, slice] | None:
    """Rows and columns of the source that a target window needs; None where it needs none.

    Args:
        where: As made by ``sampling``.
        size: (rows, columns) of the source.
    """
    window = []
    for places, stretch, length in zip(_outermost(where), where.stretch, size, strict=True):
        finite = places[np.isfinite(places)]
        if finite.size == 0:
            return None
        margin = 2 * stretch + 1
        start = max(0, int(np.floor(finite.min() - margin)))
        stop = min(length, int(np.ceil(finite.max() + margin)))
        if stop <= start:
            return None
        window.append(slice(start, stop))
    return window[0], window[1]


def _outermost(where: Sampling) -> NDArray[np.float64]:
    """(2, ...) source rows and columns that bound those of the window's pixel centres.

    Between nodes coordinates are bilinear, so a cell's extremes are at its corners: here those of
    each cell's part inside the window. The nodes themselves lie up to two steps outside it.
    """
    places = where.nodes
    for axis, (first, length) in enumerate(zip(where.first, where.shape, strict=True), start=1):
        ends = (first + 0.5) / NODE_STEP, (first + length - 0.5) / NODE_STEP
        at = np.clip(np.arange(places.shape[axis]), *ends)
        low = at.astype(int)
        part = (at - low).reshape(-1, 1) if axis == 1 else at - low
        lower, upper = (np.take(places, index, axis=axis) for index in (low, low + 1))
        with np.errstate(invalid="ignore"):
            places = np.where(part == 0, lower, lower * (1 - part) + upper * part)
    return places


def cubic(
    image: NDArray[np.float32], where: Sampling, *, origin: tuple[int, int], size: tuple[int, int]
) -> NDArray[np.float32]:
    """Cubic convolution at the target's pixel centres, widened where the target is coarser.

    A pixel is NaN where the source pixel that contains it is NaN or outside; other missing
    neighbours lose their weight to the rest.

    Args:
        image: (band, y, x), a window of the source, NaN = no data.
        where: As made by ``sampling``.
        origin: (row, column) of ``image`` in the source.
        size: (rows, columns) of the whole source.

    Returns:
        (band, y, x) in the target's shape.

    Source:
        Keys 1981, doi:10.1109/TASSP.1981.1163711, equation 15 (a = -1/2).
    """
    out = np.empty((image.shape[0], *where.shape), dtype=np.float32)
    _cubic(image, where.nodes, where.first, where.stretch, origin, size, out)
    return out


def nearest(
    image: NDArray[Any], where: Sampling, *, origin: tuple[int, int], fill: float
) -> NDArray[Any]:
    """The source pixel that contains each target pixel centre.

    Args:
        image: (band, y, x), a window of the source that holds every such pixel.
        where: As made by ``sampling``.
        origin: (row, column) of ``image`` in the source.
        fill: Value outside the source.
    """
    out = np.full((image.shape[0], *where.shape), fill, dtype=image.dtype)
    _nearest(image, where.nodes, where.first, origin, out)
    return out


def _lattice(origin: float, step: float) -> tuple[int, float]:
    """Origin as a whole number of pixels from zero, and a rounded fraction of one."""
    whole, rest = divmod(round(origin / step * ORIGIN_QUANTUM), ORIGIN_QUANTUM)
    return whole, rest / ORIGIN_QUANTUM


def _in_source(
    source: GeoBox, target: GeoBox, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(2, ...) rows and columns in ``source`` of places in the coordinates of ``target``."""
    if source.crs != target.crs:
        x, y = CRS(target.crs).transformer_to_crs(CRS(source.crs))(x, y)
    inverse: Affine = ~source.transform
    columns = inverse.a * x + inverse.b * y + inverse.c
    rows = inverse.d * x + inverse.e * y + inverse.f
    return np.stack([rows, columns])


def _stretch(source: GeoBox, target: GeoBox) -> tuple[float, float]:
    """Source pixels per target pixel at the source's centre, per source axis, 1 where few."""
    x, y = source.transform @ (source.shape.x / 2, source.shape.y / 2)
    if source.crs != target.crs:
        x, y = CRS(source.crs).transformer_to_crs(CRS(target.crs))(x, y)
    step = target.transform
    xs, ys = x + np.array([0, step.a, 0]), y + np.array([0, 0, step.e])
    places = _in_source(source, target, xs, ys)
    moved = np.hypot(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0])
    down, across = (float(each) if each >= WIDEN_FROM else 1.0 for each in moved)
    return down, across


@njit(nogil=True, cache=True)
def _place(nodes: Any, first: Any, i: int, j: int) -> Any:
    v = (first[0] + i + 0.5) / NODE_STEP
    u = (first[1] + j + 0.5) / NODE_STEP
    p, q = int(v), int(u)
    v, u = v - p, u - q
    y = (nodes[0, p, q] * (1 - u) + nodes[0, p, q + 1] * u) * (1 - v)
    y += (nodes[0, p + 1, q] * (1 - u) + nodes[0, p + 1, q + 1] * u) * v
    x = (nodes[1, p, q] * (1 - u) + nodes[1, p, q + 1] * u) * (1 - v)
    x += (nodes[1, p + 1, q] * (1 - u) + nodes[1, p + 1, q + 1] * u) * v
    return y, x


@njit(nogil=True, cache=True)
def _weights(centre: float, stretch: float, size: int, out: Any) -> Any:
    """First source pixel, and number, of the weights around ``centre`` (in pixel centres)."""
    first = max(0, int(np.ceil(centre - 2 * stretch)))
    last = min(size - 1, int(np.floor(centre + 2 * stretch)))
    for k in range(first, last + 1):
        t = abs(k - centre) / stretch
        if t < 1:
            out[k - first] = (1.5 * t - 2.5) * t * t + 1
        else:
            out[k - first] = ((-0.5 * t + 2.5) * t - 4) * t + 2
    return first, last - first + 1


@njit(nogil=True, cache=True)
def _total(weights: Any, n: int) -> Any:
    total = 0.0
    for k in range(n):
        total += weights[k]
    return total


@njit(nogil=True, cache=True)
def _sum(plane: Any, top: int, left: int, across: Any, n: int, along: Any, m: int) -> Any:
    """Weighted sum of the pixels, NaN if one of them is."""
    total = 0.0
    for k in range(n):
        line = 0.0
        for q in range(m):
            line += along[q] * plane[top + k, left + q]
        total += across[k] * line
    return total


@njit(nogil=True, cache=True)
def _sum_present(plane: Any, top: int, left: int, across: Any, n: int, along: Any, m: int) -> Any:
    """Weighted sum of the pixels that are there, and the sum of their weights."""
    total = 0.0
    weight = 0.0
    for k in range(n):
        for q in range(m):
            value = plane[top + k, left + q]
            if not np.isnan(value):
                total += across[k] * along[q] * value
                weight += across[k] * along[q]
    return total, weight


@njit(nogil=True, cache=True)
def _cubic(
    image: Any, nodes: Any, first: Any, stretch: Any, origin: Any, size: Any, out: Any
) -> None:
    across = np.empty(int(4 * stretch[0]) + 2)
    along = np.empty(int(4 * stretch[1]) + 2)
    most = stretch[0] * stretch[1]  # what all weights sum to, nearly
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            y, x = _place(nodes, first, i, j)
            # Written so that a coordinate that is not a number is outside, too.
            if not (0 <= y < size[0] and 0 <= x < size[1]):
                out[:, i, j] = np.nan
                continue
            row, column = int(y) - origin[0], int(x) - origin[1]
            top, n = _weights(y - 0.5, stretch[0], size[0], across)
            left, m = _weights(x - 0.5, stretch[1], size[1], along)
            top, left = top - origin[0], left - origin[1]
            full = _total(across, n) * _total(along, m)
            for band in range(out.shape[0]):
                middle = image[band, row, column]
                if np.isnan(middle):
                    out[band, i, j] = np.nan
                    continue
                total, weight = _sum(image[band], top, left, across, n, along, m), full
                if np.isnan(total):
                    total, weight = _sum_present(image[band], top, left, across, n, along, m)
                # With most neighbours missing the quotient is unstable.
                out[band, i, j] = total / weight if weight > 0.5 * most else middle


@njit(nogil=True, cache=True)
def _nearest(image: Any, nodes: Any, first: Any, origin: Any, out: Any) -> None:
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            y, x = _place(nodes, first, i, j)
            row, column = np.floor(y) - origin[0], np.floor(x) - origin[1]
            if 0 <= row < image.shape[1] and 0 <= column < image.shape[2]:
                for band in range(out.shape[0]):
                    out[band, i, j] = image[band, int(row), int(column)]
