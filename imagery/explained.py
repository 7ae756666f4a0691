"""The objects of a pair held against their pixels: which of them light, weather or motion explain.

What is explained is not unchanged: it is masked, and a note of the run says how many and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import rasterio.features
from dask.base import compute
from dask.delayed import delayed
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from imagery.appearance import REACH_PX, View
from imagery.kernels import Float
from imagery.lookalikes import NEEDED, explanation
from imagery.normalize import Normalization
from imagery.pairs import LATTICE_PX, Pair

WINDOW_PX = 2 * LATTICE_PX
MOST_WINDOWS = 9
"""Windows that are read again, those with the strongest objects first: 9 million pixels. Objects
beyond them are left as they are, and a note says so."""

AROUND_PX = REACH_PX + 8

Placed = tuple[int, BaseGeometry]


def explained(
    pair: Pair,
    outlines: Mapping[int, BaseGeometry],
    peaks: NDArray[np.floating],
    lengths: Mapping[int, float],
) -> dict[int, str]:
    """What else the objects of a pair may be, by number; those that nothing explains are left out.

    Args:
        pair: Registered and normalised.
        outlines: By number, on the grid.
        peaks: (n,) highest score, by number.
        lengths: Long side by number, metres.
    """
    fit = pair.normalization
    if fit is None or not set(pair.bands) >= NEEDED:
        return {}
    windows: dict[tuple[int, int], list[Placed]] = {}
    for number in sorted(outlines, key=lambda each: (-float(peaks[each]), each)):
        point = outlines[number].representative_point()
        col, row = ~pair.grid.transform @ (point.x, point.y)
        at = int(row) // WINDOW_PX, int(col) // WINDOW_PX
        windows.setdefault(at, []).append((number, outlines[number]))
    looked_at = list(windows.items())[:MOST_WINDOWS]
    found = compute(
        *(delayed(_in_window)(pair, fit, at, placed, lengths) for at, placed in looked_at)
    )
    left = sum(len(placed) for placed in list(windows.values())[MOST_WINDOWS:])
    if left:
        pair.notes.append(
            f"{left} of the weaker objects were not held against shade, cloud and motion"
        )
    return {number: why for part in found for number, why in part.items()}


def tell(pair: Pair, reasons: Sequence[str]) -> None:
    """Note what was masked, and why."""
    for why, count in sorted(Counter(reasons).items()):
        places = "1 place is" if count == 1 else f"{count} places are"
        pair.notes.append(f"{places} masked: what changed there looks like {why}")


def _in_window(
    pair: Pair,
    fit: Normalization,
    at: tuple[int, int],
    placed: Sequence[Placed],
    lengths: Mapping[int, float],
) -> dict[int, str]:
    top, left = (number * WINDOW_PX for number in at)
    height, width = pair.shape
    rows, cols = slice(top, min(top + WINDOW_PX, height)), slice(left, min(left + WINDOW_PX, width))
    before, after = pair.read(rows, cols)
    after = in_light_of(after, fit)
    transform = pair.grid[rows, cols].transform
    pixel = abs(pair.grid.resolution.x)
    found = {}
    for number, outline in placed:
        inside = rasterio.features.geometry_mask(
            [outline], before.shape[1:], transform, invert=True
        )
        if not inside.any():
            continue
        part = _around(inside)
        view = View(before[:, *part], after[:, *part], pair.bands, pixel)
        size = {"area_m2": float(outline.area), "length_m": lengths[number]}
        why = explanation(view, inside[part], **size)
        if why is not None:
            found[number] = why
    return found


def in_light_of(after: Float, fit: Normalization) -> Float:
    """(band, y, x) of the later date as the earlier one would have seen it, unit of the pixels."""
    stabilizer, gain, offset = (
        part.astype(np.float32)[:, None, None] for part in (fit.stabilizer, fit.gain, fit.offset)
    )
    roots = gain * np.sqrt(np.maximum(after, 0) + stabilizer) + offset
    return np.asarray(np.maximum(roots, 0) ** 2 - stabilizer, dtype=np.float32)


def _around(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The window of an object with its surround."""
    rows, cols = np.nonzero(inside)
    first, second = (
        slice(max(int(side.min()) - AROUND_PX, 0), int(side.max()) + AROUND_PX + 1)
        for side in (rows, cols)
    )
    return first, second
