"""The one pass over a pair's pixels, and what follows from it, block by block on disk.

``fill`` reads every pixel once and leaves raw planes in scratch files; ``judge`` learns the
pair's null from all of them and turns them into the planes of the products. Neither ever holds
more than the chunks being worked on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
from dask.array.overlap import overlap
from dask.base import compute, tokenize
from dask.delayed import delayed
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_opening

from imagery import change, null, sar_change
from imagery.codes import CANDIDATE, MASKED, NO_DATA, UNCHANGED
from imagery.kernels import Float
from imagery.normalize import Normalization
from imagery.null import LEVEL_BLOCK_PX, Null
from imagery.pairs import LATTICE_PX, Pair
from imagery.reduce import averaged, reduction
from imagery.sar_change import Speckle
from imagery.scratch import Scratch

SPECK_MARGIN_PX = 3  # around anything that is hidden
CLOUD_MARGIN_M = 100.0  # around what is wide enough for a cloud: the thin rim that masks miss
CLOUD_MARGIN_PX = 10  # and no more than that: a chunk's surround must hold it
SPECK_RADIUS_PX = 1  # what this opening removes is a bright roof or apron sooner than a cloud
LEAST_CHUNK_PX = 256

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Layers:
    """Scratch rasters of one pair.

    Attributes:
        diff: float32 (2, y, x): raw score and difference, then ``score`` and ``signed``.
        brightness: float32 (1, y, x): of the before date, noise units.
        classes: uint8 (1, y, x): codes, ``CANDIDATE`` until an object is decided.
        medians: float32 (1, block row, block col): raw score, of ``LEVEL_BLOCK_PX`` blocks.
        pictures: float32 (2 x bands, row, col): before, then after, reduced for quicklooks.
        pair: What they are of, so that its pixels can be looked at again.
    """

    diff: Scratch
    brightness: Scratch
    classes: Scratch
    medians: Scratch
    pictures: Scratch
    pair: Pair | None = None


def create(folder: Path, pair: Pair, *, shown: tuple[int, ...]) -> Layers:
    """Make the scratch files of a pair; ``shown`` are the indices of the bands of a picture."""
    height, width = pair.shape
    factor = reduction(pair.shape)

    def scratch(name: str, bands: int, step: int, dtype: str) -> Scratch:
        shape = (bands, -(-height // step), -(-width // step))
        return Scratch.create(folder / f"{name}.raw", shape=shape, dtype=dtype)

    return Layers(
        diff=scratch("diff", 2, 1, "float32"),
        brightness=scratch("brightness", 1, 1, "float32"),
        classes=scratch("classes", 1, 1, "uint8"),
        medians=scratch("medians", 1, LEVEL_BLOCK_PX, "float32"),
        pictures=scratch("pictures", 2 * len(shown), factor, "float32"),
        pair=pair,
    )


def fill(
    pair: Pair, layers: Layers, *, method: str, shown: tuple[int, ...], chunk: int
) -> da.Array:
    """The lazy pass: read, register, normalise, score, write.

    Args:
        pair: Registered; normalised unless nothing is usable.
        layers: Filled when the result is computed.
        method: Of ``change.METHODS``.
        shown: Indices of the bands of a picture.
        chunk: Side of a Dask chunk, pixels; no value depends on it.

    Returns:
        (1, chunk row, chunk col) int64, the usable pixels of each chunk.
    """
    depth = change.HALO_PX + pair.halo
    # Chunks are wide: what waits for its neighbours is two rows of them.
    sides = chunk // 2, chunk * 2
    sizes = tuple(chunk_sizes(*side, least=depth) for side in zip(pair.shape, sides, strict=True))
    token = tokenize(str(layers.diff.path), method, sizes)
    planes = da.map_blocks(
        partial(_read_chunk, pair=pair, sizes=sizes),
        dtype=np.float32,
        meta=np.empty((0, 0, 0), np.float32),
        chunks=((2 * len(pair.bands) + 2,), *sizes),
        name=f"read-{token}",
    )
    padded = overlap(planes, {0: 0, 1: depth, 2: depth}, "none")
    usable: da.Array = da.map_blocks(
        partial(_score_chunk, pair=pair, layers=layers, sizes=sizes, method=method, shown=shown),
        padded,
        dtype=np.int64,
        meta=np.empty((0, 0, 0), np.int64),
        chunks=((1,), *((1,) * len(side) for side in sizes)),
        name=f"score-{token}",
    )
    return usable


def chunk_sizes(size: int, chunk: int, *, least: int) -> tuple[int, ...]:
    """Whole multiples of the level blocks, none smaller than a chunk's surround.

    >>> chunk_sizes(2500, 1000, least=70)
    (1024, 1024, 452)
    >>> chunk_sizes(1030, 1024, least=70)
    (1030,)
    """
    step = max(LEAST_CHUNK_PX, -(-max(chunk, least) // 64) * 64)
    sizes = [min(step, size - start) for start in range(0, size, step)]
    if len(sizes) > 1 and sizes[-1] < least:
        last = sizes.pop()
        sizes[-1] += last
    return tuple(sizes)


class _Cut(np.ndarray[Any, np.dtype[np.float32]]):
    """An array whose parts are copies, so that a strip kept for a neighbour frees the rest."""

    def __getitem__(self, key: Any) -> Any:
        part = np.asarray(self)[key]
        return part if part.size == self.size else part.copy()


def _read_chunk(
    *, block_id: tuple[int, int, int], pair: Pair, sizes: tuple[tuple[int, ...], ...]
) -> Float:
    """Both dates of a chunk and their clear masks, as one array.

    One task without a source for both dates: as two lazy arrays, Dask's local scheduler would
    read the whole of one before it begins the other.
    """
    rows, cols = _window(block_id, sizes)
    dates = pair.load(rows, cols)
    planes = np.concatenate(
        [part for date in dates for part in (date.reflectance.values, date.clear.values[None])],
        dtype=np.float32,
    )
    return planes.view(_Cut)


def _window(
    block_id: tuple[int, int, int], sizes: tuple[tuple[int, ...], ...]
) -> tuple[slice, slice]:
    """The rows and columns of the grid that a chunk covers."""
    starts = [sum(side[:number]) for number, side in zip(block_id[1:], sizes, strict=True)]
    rows, cols = (
        slice(start, start + side[number])
        for start, number, side in zip(starts, block_id[1:], sizes, strict=True)
    )
    return rows, cols


def _score_chunk(
    planes: Float,
    *,
    block_id: tuple[int, int, int],
    pair: Pair,
    layers: Layers,
    sizes: tuple[tuple[int, ...], ...],
    method: str,
    shown: tuple[int, ...],
) -> NDArray[np.int64]:
    """Score one chunk, given with its surround, and write its planes."""
    halo, far = change.HALO_PX, change.HALO_PX + pair.halo
    at = _window(block_id, sizes)
    corner = at[0].start, at[1].start
    shape = at[0].stop - at[0].start, at[1].stop - at[1].start
    planes = _surrounded(planes, block_id[1:], sizes, far)
    cut = slice(pair.halo, -pair.halo or None)
    last = len(pair.bands)
    before, clear = planes[:last, cut, cut], planes[last, cut, cut] == 1
    after, clear_after = pair.onto(
        planes[last + 1 : -1],
        planes[-1] == 1,
        origin=(corner[0] - far, corner[1] - far),
        out_origin=(corner[0] - halo, corner[1] - halo),
        out_shape=(shape[0] + 2 * halo, shape[1] + 2 * halo),
    )
    seen = np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0)
    hidden = seen & ~(clear & clear_after)
    hidden = seen & with_rims(hidden, abs(pair.grid.resolution.x))
    usable = (seen & ~hidden).astype(np.uint8)
    inner = slice(halo, -halo), slice(halo, -halo)
    codes = np.where(hidden, MASKED, np.where(seen, UNCHANGED, NO_DATA))[inner].astype(np.uint8)
    layers.classes[:, *at] = codes[None]
    _write_pictures(layers, pair, (before[:, *inner], after[:, *inner]), shown, corner=corner)
    _write_scores(layers, (before, after), usable, pair, method=method, at=at)
    return np.array([[[np.count_nonzero(usable[inner])]]])


def _surrounded(
    planes: Float, place: tuple[int, int], sizes: tuple[tuple[int, ...], ...], depth: int
) -> Float:
    """Give a chunk at the edge of the grid the surround that it lacks: no data."""
    missing = [
        (depth * (number == 0), depth * (number == len(side) - 1))
        for number, side in zip(place, sizes, strict=True)
    ]
    if not any(side for pair in missing for side in pair):
        return planes
    return np.pad(planes, [(0, 0), *missing], constant_values=np.nan)


def with_rims(hidden: NDArray[np.bool_], pixel_m: float) -> NDArray[np.bool_]:
    """Hidden pixels with the rims that quality layers miss: wide for clouds, narrow for specks."""
    if not hidden.any():
        return hidden
    side = 2 * SPECK_RADIUS_PX + 1
    clouds = binary_opening(hidden, np.ones((side, side)))
    margin = min(CLOUD_MARGIN_PX, math.ceil(CLOUD_MARGIN_M / pixel_m))
    rims = binary_dilation(hidden, iterations=SPECK_MARGIN_PX)
    return np.asarray(rims | binary_dilation(clouds, iterations=margin))


def _write_pictures(
    layers: Layers,
    pair: Pair,
    dates: tuple[Float, Float],
    shown: tuple[int, ...],
    *,
    corner: tuple[int, int],
) -> None:
    factor = reduction(pair.shape)
    small = np.concatenate([averaged(date[list(shown)], factor) for date in dates])
    if pair.radar:
        small = np.sqrt(small)  # amplitude: of power, one bright wall leaves the rest black
    row, col = corner[0] // factor, corner[1] // factor
    layers.pictures[:, row : row + small.shape[1], col : col + small.shape[2]] = small


def _write_scores(
    layers: Layers,
    dates: tuple[Float, Float],
    usable: NDArray[np.uint8],
    pair: Pair,
    *,
    method: str,
    at: tuple[slice, slice],
) -> None:
    halo = change.HALO_PX
    inner = slice(halo, -halo), slice(halo, -halo)
    mine = usable[inner] == 1
    planes = np.full((3, *mine.shape), np.nan, np.float32)
    known = pair.speckle or pair.normalization
    if mine.any() and known is not None:
        score, light = _scored(dates, usable, known, method)
        for plane, values in zip(planes, (score, light[1], light[0]), strict=True):
            plane[mine] = values[inner][mine]
    layers.diff[:, *at] = planes[:2]
    layers.brightness[:, *at] = planes[2:]
    medians = np.empty([-(-size // LEVEL_BLOCK_PX) for size in mine.shape], np.float32)
    null.block_medians(planes[0], medians)
    row, col = (part.start // LEVEL_BLOCK_PX for part in at)
    window = slice(row, row + medians.shape[0]), slice(col, col + medians.shape[1])
    layers.medians[:, *window] = medians[None]


def _scored(
    dates: tuple[Float, Float],
    usable: NDArray[np.uint8],
    known: Normalization | Speckle,
    method: str,
) -> tuple[Float, tuple[Float, Float]]:
    """Raw score, and brightness of the before date and of the difference."""
    if isinstance(known, Speckle):
        score = sar_change.score(*dates, usable, known)
        return score, sar_change.brightness(*dates, usable, known)
    score = change.METHODS[method](*dates, usable, known)
    return score, change.brightness(*dates, usable, known)


def judge(layers: Layers) -> tuple[Null, float]:
    """Fit the null to all pixels and replace the raw planes by ``score`` and ``signed``.

    Pixels beyond the null's threshold become ``CANDIDATE``.

    Returns:
        The null, and the spread of the brightness difference under it, noise units.
    """
    levels = null.level(layers.medians[:, :, :][0])
    counted = compute(*(delayed(_count)(layers, levels, rows) for rows in strips(layers)))
    counts, differences = (np.sum(part, axis=0) for part in zip(*counted, strict=True))
    found = null.fit(counts)
    spread = null.MAD_TO_SIGMA * null.median(differences) or 1.0
    compute(*(delayed(_rescale)(layers, levels, rows, found, spread) for rows in strips(layers)))
    return found, spread


def strips(layers: Layers) -> list[slice]:
    """Rows of the fixed lattice, over the full width."""
    height = layers.classes.shape[1]
    return [slice(top, min(top + LATTICE_PX, height)) for top in range(0, height, LATTICE_PX)]


def _count(layers: Layers, levels: Float, rows: slice) -> tuple[NDArray[Any], NDArray[Any]]:
    score, difference = layers.diff[:, rows, :]
    relative = null.relative(score, levels, corner=(rows.start, 0))
    return null.histogram(relative), null.histogram(np.abs(difference))


def _rescale(layers: Layers, levels: Float, rows: slice, found: Null, spread: float) -> None:
    score, difference = layers.diff[:, rows, :]
    relative = null.relative(score, levels, corner=(rows.start, 0))
    classes = layers.classes[:, rows, :]
    classes[0][relative > found.threshold] = CANDIDATE
    layers.classes[:, rows, :] = classes
    standard = (relative - np.float32(found.median)) / np.float32(found.spread)
    layers.diff[:, rows, :] = np.stack([standard, difference / np.float32(spread)])
