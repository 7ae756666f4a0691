"""Digital numbers to reflectance and to a clear mask, one pass over a chunk each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dask.array as da
import numpy as np
from numba import njit
from numpy.typing import NDArray

from imagery.masks import CLEAR
from imagery.sensors import Product


@dataclass(frozen=True, slots=True)
class Decoding:
    """DN of one layer to reflectance: DN x scale + offset, per band of the layer.

    Attributes:
        rows: Where its bands stand in the result.
        scale: Reflectance per DN.
        offset: Reflectance at DN 0.
        nodata: DN without a measurement; NaN where there is none, or it is NaN since it was read.
    """

    rows: tuple[int, ...]
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    nodata: float


def reflectance(planes: Sequence[Any], decodings: Sequence[Decoding]) -> Any:
    """(band, y, x) float32, NaN = no data, as lazy as its input.

    Args:
        planes: Per layer (1, band, y, x), DN, NumPy or Dask with whole bands in a chunk.
        decodings: Per layer.
    """
    fixed = tuple(decodings)
    if not isinstance(planes[0], da.Array):
        return _decode_all(*planes, decodings=fixed)
    count = sum(len(decoding.rows) for decoding in fixed)
    return da.blockwise(
        _decode_all,
        ("band", "y", "x"),
        *_paired(planes),
        new_axes={"band": count},
        concatenate=True,
        meta=np.empty((0, 0, 0), dtype=np.float32),
        decodings=fixed,
    )


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


def _decode_all(*planes: NDArray[Any], decodings: tuple[Decoding, ...]) -> NDArray[np.float32]:
    count = sum(len(decoding.rows) for decoding in decodings)
    out = np.empty((count, *planes[0].shape[2:]), dtype=np.float32)
    for plane, how in zip(planes, decodings, strict=True):
        for band, row in enumerate(how.rows):
            _decode(plane[0, band], how.scale[band], how.offset[band], how.nodata, out[row])
    return out


@njit(nogil=True, cache=True)
def _decode(
    dn: Any, scale: float, offset: float, nodata: float, out: Any
) -> None:  # pragma: no cover - compiled
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
def _drop_saturated(dn: Any, limit: float, usable: Any) -> None:  # pragma: no cover - compiled
    for band in range(dn.shape[0]):
        for i in range(dn.shape[1]):
            for j in range(dn.shape[2]):
                if dn[band, i, j] >= limit:
                    usable[i, j] = False
