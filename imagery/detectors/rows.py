"""Places for several targets that stand together: side by side, as on an apron or at anchor."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from imagery.detectors.shapes import Shape
from imagery.implant import SPACING_M, Planting

SIDE_BY_SIDE, AT_ANCHOR = (1.3, 3.0), (3.0, 6.0)
"""Lengths between the middles of two targets of a group, least and most: on an apron, and at anchor
with room to swing. What stands near weighs on how much another stands out, so the members of a
group are not independent."""

TRIES = 30
"""Draws of a neighbour's place before the group is given up."""


def groups(
    free: NDArray[np.bool_],
    size: int,
    *,
    target: Shape,
    pixel_m: float,
    seed: int,
    most: int,
) -> Planting:
    """Groups of targets at random free places, ``SPACING_M`` from group to group.

    Args:
        free: (y, x) True where the middle of a target may lie.
        size: Targets of a group.
        target: What stands there.
        pixel_m: Of the grid.
        seed: Of the draw.
        most: Groups at most.

    Returns:
        Whole groups, member after member; none where no group fits.
    """
    rng = np.random.default_rng(seed)
    lengths = AT_ANCHOR if target.kind == "vessel" else SIDE_BY_SIDE
    reach = tuple(share * target.length_m / pixel_m for share in lengths)
    chosen: list[tuple[int, int]] = []
    for place in rng.permutation(np.flatnonzero(free))[: most * TRIES].tolist():
        if len(chosen) == most * size:
            break
        first = divmod(place, free.shape[1])
        if _least(first, chosen) * pixel_m >= SPACING_M:
            chosen += _around(first, chosen, free, size, reach, pixel_m, rng)
    at = np.array(chosen, np.int64).reshape(-1, 2)
    offsets = rng.uniform(-0.5, 0.5, (len(at), 2))
    return Planting(at[:, 0], at[:, 1], offsets, rng.uniform(0, 360, len(at)))


def _around(
    first: tuple[int, int],
    others: list[tuple[int, int]],
    free: NDArray[np.bool_],
    size: int,
    reach: tuple[float, ...],
    pixel_m: float,
    rng: np.random.Generator,
) -> list[tuple[int, int]]:
    """A group around its first member, empty where it does not fit; ``reach`` in pixels."""
    group = [first]
    for _ in range(TRIES * (size - 1)):
        if len(group) == size:
            return group
        angle = rng.uniform(0, 2 * math.pi)
        away = rng.uniform(reach[0], reach[1])
        row = round(first[0] + away * math.sin(angle))
        col = round(first[1] + away * math.cos(angle))
        if not (0 <= row < free.shape[0] and 0 <= col < free.shape[1] and free[row, col]):
            continue
        apart = _least((row, col), group) >= reach[0]
        if apart and _least((row, col), others) * pixel_m >= SPACING_M:
            group.append((row, col))
    return group if len(group) == size else []


def _least(place: tuple[int, int], others: list[tuple[int, int]]) -> float:
    return min((math.dist(place, other) for other in others), default=math.inf)
