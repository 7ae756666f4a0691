"""Chips by airport: what is near an airport is never in training and in test at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

CELL_DEG = 0.1
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Chips:
    """A data set.

    Attributes:
        image: (n, 20, 20, 3) uint8 at 3 m.
        label: (n,) 1.0 = a whole aircraft.
        lonlat: (n, 2) chip centres, degrees.
    """

    image: NDArray[np.uint8]
    label: NDArray[np.float64]
    lonlat: NDArray[np.float64]


def read(folder: Path) -> Chips:
    """Read ``chips.npz`` as laid out in the shared data."""
    with np.load(folder / "chips.npz", allow_pickle=False) as arrays:
        label = arrays["label"].astype(np.float64)
        return Chips(arrays["image"], label, arrays["lonlat"])


def cells(data: Chips) -> NDArray[np.intp]:
    """(n, 2) column and row of each chip's cell of 0.1 degrees."""
    return np.floor(data.lonlat / CELL_DEG + 1e-9).astype(np.intp)


def with_aircraft(data: Chips) -> NDArray[np.bool_]:
    """(n,) True where a chip's cell holds an aircraft: an airport, not its far surroundings."""
    cell = np.unique(cells(data), axis=0, return_inverse=True)[1].ravel()
    return np.asarray((np.bincount(cell, weights=data.label) > 0)[cell])


def airports(data: Chips) -> NDArray[np.intp]:
    """(n,) number of the airport that each chip is nearest to, 1 having the westernmost cell.

    Cells that hold aircraft and touch are one airport, so that none is split between training and
    test. Everything else goes with the nearest airport: its surroundings are unseen with it.
    """
    cell = cells(data)
    occupied = np.unique(cell[data.label > 0], axis=0)
    low = occupied.min(axis=0)
    raster = np.zeros(occupied.max(axis=0) - low + 1, bool)
    raster[tuple((occupied - low).T)] = True
    labels, _ = ndimage.label(raster, structure=np.ones((3, 3)))
    numbers = labels[tuple((occupied - low).T)]
    distance = np.linalg.norm(cell[:, None, :] - occupied[None, :, :], axis=2)
    return np.asarray(numbers[distance.argmin(axis=1)], np.intp)


def folds(data: Chips) -> NDArray[np.intp]:
    """(n,) fold of each chip: the airport with most aircraft first, each to the poorest fold."""
    airport = airports(data)
    aircraft = np.bincount(airport, weights=data.label)
    held = np.zeros(FOLDS)
    fold_of = np.zeros(len(aircraft), np.intp)
    for number in np.argsort(-aircraft[1:], kind="stable") + 1:
        fold_of[number] = held.argmin()
        held[held.argmin()] += aircraft[number]
    return np.asarray(fold_of[airport])
