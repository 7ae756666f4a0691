"""The dates of a site in memory: read on one grid, each registered to the clearest of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pystac
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery import pairs, passes, register, stack
from imagery.catalogs import SIMULATED, Refused
from imagery.errors import (
    BandError,
    GridError,
    RegistrationError,
    TooLarge,
    UnreadableFile,
    UntrustedError,
)
from imagery.kernels import Float
from imagery.register import Registration

MAX_ERROR_PX = 0.5
"""95th percentile of the registration error beyond which a date is not held against others."""

MOST_VALUES = 2**29
"""Numbers of all dates together (2 GiB): a site is a few square kilometres."""


@dataclass(frozen=True, slots=True)
class Dated:
    """Dates of a place.

    Attributes:
        items: Oldest first.
        grid: Metric, north-up.
        bands: Canonical names.
        values: (time, band, y, x) float32 reflectance, registered; NaN = no data or not clear.
        registrations: Of each date, to the clearest one.
        refused: Dates that could not be read or laid over the others.
    """

    items: tuple[pystac.Item, ...]
    grid: GeoBox
    bands: tuple[str, ...]
    values: Float
    registrations: tuple[Registration | None, ...]
    refused: tuple[Refused, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    @property
    def moments(self) -> tuple[datetime, ...]:
        """Sensing times, UTC."""
        return tuple(passes.moment(item) for item in self.items)

    @property
    def days(self) -> tuple[str, ...]:
        """ISO days of the sensing times."""
        return tuple(f"{moment:%Y-%m-%d}" for moment in self.moments)

    @property
    def simulated(self) -> bool:
        """Whether the dates are generated; they all are or none is."""
        return any(item.properties.get(SIMULATED, False) for item in self.items)

    def clear(self, where: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(time,) share of the pixels of ``where`` (y, x) that each date shows."""
        if not where.any():
            return np.zeros(len(self))
        shown = [np.isfinite(date[:, where]).all(axis=0).mean() for date in self.values]
        return np.asarray(shown, np.float64)


def gather(items: Sequence[pystac.Item], grid: GeoBox, *, bands: tuple[str, ...]) -> Dated:
    """Read dates and lay each over the clearest one.

    Args:
        items: Of one product, with local files of ``bands``.
        grid: Of a site with its surround.
        bands: Canonical names.

    Raises:
        TooLarge: more than fits a small computer's memory.
    """
    size = len(items) * len(bands) * int(np.prod(grid.shape))
    if size > MOST_VALUES:
        raise TooLarge("A site with all its dates", f"{size} values", f"{MOST_VALUES}")
    ordered = sorted(items, key=lambda item: (passes.moment(item), item.id))
    refused: list[Refused] = []
    read = []
    for item in ordered:
        try:
            read.append(_scene(item, grid, bands))
        except (UnreadableFile, BandError, GridError) as error:
            refused.append(Refused(item.id, str(error)))
    if not read:
        empty = np.empty((0, len(bands), *grid.shape), np.float32)
        return Dated((), grid, bands, empty, (), tuple(refused))
    reference = read[int(np.argmax([float(scene.clear.mean()) for scene in read]))]
    kept = []
    for scene in read:
        try:
            kept.append((scene.item, *_laid_over(reference, scene, grid)))
        except (UntrustedError, BandError, GridError) as error:
            refused.append(Refused(scene.item.id, str(error)))
    return Dated(
        tuple(item for item, _, _ in kept),
        grid,
        bands,
        np.stack([values for _, values, _ in kept]),
        tuple(found for _, _, found in kept),
        tuple(refused),
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    """A date as its files stand."""

    item: pystac.Item
    raw: Float
    clear: NDArray[np.bool_]

    @property
    def values(self) -> Float:
        return np.where(self.clear, self.raw, np.float32(np.nan))


def _scene(item: pystac.Item, grid: GeoBox, bands: tuple[str, ...]) -> _Scene:
    read = stack.load(item, grid, bands, chunk=None)
    return _Scene(item, read.reflectance.values, read.clear.values)


def _laid_over(reference: _Scene, scene: _Scene, grid: GeoBox) -> tuple[Float, Registration | None]:
    if scene is reference:
        return scene.values, None
    made = pairs.make(reference.item, scene.item, grid=grid)
    ground, values = reference.values, scene.values
    try:
        found = register.measure(
            lambda rows, cols: (ground[:, rows, cols], values[:, rows, cols]),
            made.shape,
            max_error_px=MAX_ERROR_PX,
        )
    except RegistrationError as error:
        raise RegistrationError(scene.item.id, error.args[1], error.args[2]) from None
    pair = replace(made, registration=found)
    if pair.moved is not None:  # it does not stand on the grid: read anew, where it really lies
        height, width = pair.shape
        return pair.read_after(slice(0, height), slice(0, width)), found
    raw, clear = pair.onto(
        scene.raw, scene.clear, origin=(0, 0), out_origin=(0, 0), out_shape=pair.shape
    )
    return np.where(clear, raw, np.float32(np.nan)), found
