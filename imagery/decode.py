"""Digital numbers to reflectance and to a clear mask, one pass over a chunk each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dask.array as da
import numpy as np
from numba import njit
from numpy.typing import NDArray

from imagery.masks import CLEAR, SEEN
from imagery.sensors import Product


@dataclass(frozen=True, slots=True)
class Decoding:
    """DN of one layer to reflectance: DN x scale + offset, per band of the layer.

    Attributes:
        rows: Where its bands stand in the result.
        scale: Reflectance per DN.
        offset: Reflectance at DN 0.
        nodata: DN without a measurement; NaN where there is none, or it is NaN since it was read.
        clipped: True where DN 0 is reflectance 0 and no data at once: what a provider made of
            a negative reflectance cannot be told from a pixel that was not measured.
    """

    rows: tuple[int, ...]
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    nodata: float
    clipped: bool = False


def reflectance(
    planes: Sequence[Any], decodings: Sequence[Decoding], *, quality: Any, product: Product
) -> Any:
    """(band, y, x) float32, NaN = no data, as lazy as its input.

    A band that is ``clipped`` and 0 where another band and the quality layer hold data is
    reflectance 0 there. Without a quality layer it is no data: at the edge of a swath the bands
    end one after the other, and a 0 for each would be a change that never was.

    Args:
        planes: Per layer (1, band, y, x), DN, NumPy or Dask with whole bands in a chunk.
        decodings: Per layer.
        quality: (1, band, y, x), the quality layer, or None where there is none.
        product: Whose quality layer it is.
    """
    fixed = tuple(decodings)
    seen = None
    if quality is not None and any(how.clipped for how in fixed):
        planes, seen = [*planes, quality], str(product.quality)
    if not isinstance(planes[0], da.Array):
        return _decode_all(*planes, decodings=fixed, seen=seen)
    count = sum(len(decoding.rows) for decoding in fixed)
    return da.blockwise(
        _decode_all,
        ("band", "y", "x"),
        *_paired(planes),
        new_axes={"band": count},
        concatenate=True,
        meta=np.empty((0, 0, 0), dtype=np.float32),
        decodings=fixed,
        seen=seen,
    )


def first_of(values: Sequence[Any], clears: Sequence[Any]) -> tuple[Any, Any]:
    """Put the parts of one pass together: of each pixel the first part that holds all bands.

    Where none does the first that holds any, so that a pixel is never put together of two parts.

    Args:
        values: Per part (band, y, x) reflectance, NaN = no data, NumPy or Dask.
        clears: Per part (y, x), True = usable.

    Returns:
        Reflectance and clear mask of the pass, as lazy as the input.
    """
    if not isinstance(values[0], da.Array):
        return _first_values(*values), _first_clear(*values, *clears)
    whole = [(value, (f"band{n}", "y", "x")) for n, value in enumerate(values)]
    flat = [(mask, ("y", "x")) for mask in clears]
    merged = da.blockwise(
        _first_values,
        ("band", "y", "x"),
        *(each for pair in whole for each in pair),
        new_axes={"band": values[0].shape[0]},
        concatenate=True,
        meta=np.empty((0, 0, 0), dtype=np.float32),
    )
    usable = da.blockwise(
        _first_clear,
        ("y", "x"),
        *(each for pair in [*whole, *flat] for each in pair),
        concatenate=True,
        meta=np.empty((0, 0), dtype=bool),
    )
    return merged, usable


def clear(planes: Sequence[Any], quality: Any, product: Product) -> Any:
    """(y, x), True = usable: good in the quality layer, and in no band saturated.

    Args:
        planes: Per spectral layer (1, band, y, x), DN, NumPy or Dask.
        quality: (1, band, y, x), the quality layer, or None where there is none.
        product: Whose classes and saturation hold.
    """
    layers = [] if quality is None else [quality]
    spectral = [] if product.saturated is None else list(planes)
    first = planes[0]
    if not isinstance(first, da.Array):
        if not layers and not spectral:
            return np.ones(first.shape[2:], dtype=bool)
        return _clear(*layers, *spectral, product=product, has_quality=bool(layers))
    if not layers and not spectral:
        # Of the pixels and not out of nothing: tasks without a source come last in Dask's local
        # scheduler, and all pixels of a scene would wait in memory for them.
        return da.blockwise(_all_clear, ("y", "x"), *_paired([first]), concatenate=True, dtype=bool)
    return da.blockwise(
        _clear,
        ("y", "x"),
        *_paired([*layers, *spectral]),
        concatenate=True,
        meta=np.empty((0, 0), dtype=bool),
        product=product,
        has_quality=bool(layers),
    )


def _paired(arrays: Sequence[da.Array]) -> list[Any]:
    """Arguments of ``blockwise``: time and the bands of each layer are whole in a task."""
    pairs: list[Any] = []
    for number, array in enumerate(arrays):
        pairs += [array, (f"time{number}", f"band{number}", "y", "x")]
    return pairs


def _decode_all(
    *planes: NDArray[Any], decodings: tuple[Decoding, ...], seen: str | None
) -> NDArray[np.float32]:
    """``seen``: key of ``SEEN`` where the last plane is a quality layer, else None."""
    count = sum(len(decoding.rows) for decoding in decodings)
    out = np.empty((count, *planes[0].shape[2:]), dtype=np.float32)
    for plane, how in zip(planes, decodings, strict=False):
        for band, row in enumerate(how.rows):
            _decode(plane[0, band], how.scale[band], how.offset[band], how.nodata, out[row])
    if seen is not None:
        clipped = np.zeros(count, dtype=bool)
        for how in decodings:
            clipped[list(how.rows)] = how.clipped
        _unclip(out, SEEN[seen](planes[-1][0]), clipped)
    return out


def _first(values: Sequence[NDArray[np.float32]]) -> NDArray[np.intp]:
    """(y, x), number of the part whose pixel counts."""
    held = np.stack([np.isfinite(value).sum(axis=0) for value in values])
    best: NDArray[np.intp] = np.argmax(np.where(held == len(values[0]), 2, held > 0), axis=0)
    return best


def _first_values(*values: NDArray[np.float32]) -> NDArray[np.float32]:
    best = _first(values)
    merged: NDArray[np.float32] = np.take_along_axis(np.stack(values), best[None, None], axis=0)[0]
    return merged


def _first_clear(*planes: NDArray[Any]) -> NDArray[np.bool_]:
    """First all values, then all masks."""
    half = len(planes) // 2
    best = _first(planes[:half])
    chosen: NDArray[np.bool_] = np.take_along_axis(np.stack(planes[half:]), best[None], axis=0)[0]
    return chosen


@njit(nogil=True, cache=True)
def _unclip(values: Any, seen: Any, clipped: Any) -> None:
    for i in range(values.shape[1]):
        for j in range(values.shape[2]):
            if not seen[i, j]:
                continue
            held = 0
            for band in range(values.shape[0]):
                held += not np.isnan(values[band, i, j])
            if 0 < held < values.shape[0]:
                for band in range(values.shape[0]):
                    if clipped[band] and np.isnan(values[band, i, j]):
                        values[band, i, j] = 0.0


@njit(nogil=True, cache=True)
def _decode(dn: Any, scale: float, offset: float, nodata: float, out: Any) -> None:
    for i in range(dn.shape[0]):
        for j in range(dn.shape[1]):
            value = np.float64(dn[i, j])
            missing = value == nodata or not np.isfinite(value)
            out[i, j] = np.nan if missing else value * scale + offset


def _all_clear(plane: NDArray[Any]) -> NDArray[np.bool_]:
    return np.ones(plane.shape[2:], dtype=bool)


def _clear(*layers: NDArray[Any], product: Product, has_quality: bool) -> NDArray[np.bool_]:
    usable = np.ones(layers[0].shape[2:], dtype=bool)
    if has_quality:
        usable = CLEAR[str(product.quality)](layers[0][0])
    for plane in layers[int(has_quality) :]:
        _drop_saturated(plane[0], float(product.saturated or np.inf), usable)
    return usable


@njit(nogil=True, cache=True)
def _drop_saturated(dn: Any, limit: float, usable: Any) -> None:
    for band in range(dn.shape[0]):
        for i in range(dn.shape[1]):
            for j in range(dn.shape[2]):
                if dn[band, i, j] >= limit:
                    usable[i, j] = False
