"""What the numbers of a radar scene are, and from them linear power and where there is ground.

The unit of each band is decided once for a scene, from its metadata and a sample of its pixels,
and kept in its properties, as the offset of Sentinel-2 is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pystac
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery import backscatter
from imagery.catalogs import WINDOW
from imagery.darkness import samples
from imagery.grid import asset_geobox
from imagery.parts import parts
from imagery.radar_words import Unit

REACH_PX = backscatter.REACH_PX
"""Pixels around a window that tell where a border ends."""

_UNITS = "tilewitness:units"


def units(
    item: pystac.Item, bands: Sequence[str], *, over: GeoBox | None = None
) -> dict[str, Unit]:
    """The unit of each band of a radar scene; measured once, kept in its properties.

    Args:
        item: With local files of ``bands``; one part.
        bands: Canonical names.
        over: Ground on which the pixels are looked at; the whole scene where it is None.

    Raises:
        BandError, UntrustedError: see ``backscatter.unit_of``.
        UnreadableFile: pixels cannot be read, or none holds data.
    """
    known: dict[str, Unit] = item.properties.setdefault(_UNITS, {})
    for asset in item.assets.values():
        names = [band["name"] for band in asset.extra_fields["eo:bands"]]
        wanted = [name for name in names if name in bands and name not in known]
        numbers = [names.index(name) + 1 for name in wanted]
        for name, values in zip(wanted, samples(asset, numbers, over), strict=True):
            said = asset.extra_fields["raster:bands"][names.index(name)].get("unit")
            told = cast("Unit | None", said)
            known[name] = backscatter.unit_of(values, told, path=f"Band {name} of {item.id}")
    return known


def known_units(item: pystac.Item) -> dict[str, Unit]:
    """What was decided of a scene of one part."""
    return dict(item.properties.get(_UNITS, {}))


def check_units(items: Sequence[pystac.Item], bands: Sequence[str], *, over: GeoBox) -> None:
    """Decide the units of some radar scenes on the ground that they are compared on.

    A part of a pass that shows too little of the ground is taken to be in the units of the others.

    Raises:
        BandError, UntrustedError, UnreadableFile: see ``units``.
    """
    for item in items:
        found = parts(item)
        told = [part for part in found if len(found) == 1 or _shows(part, bands, over)] or found
        for part in told:
            units(part, bands, over=over)
        for part in found:
            part.properties.setdefault(_UNITS, known_units(told[0]))


def _shows(item: pystac.Item, bands: Sequence[str], over: GeoBox) -> bool:
    """Whether every wanted band of a part has pixels enough over the ground to tell its unit."""
    for asset in item.assets.values():
        names = [band["name"] for band in asset.extra_fields["eo:bands"]]
        numbers = [names.index(name) + 1 for name in names if name in bands]
        for values in samples(asset, numbers, over):
            if np.count_nonzero(np.isfinite(values) & (values != 0)) < backscatter.LEAST_PIXELS:
                return False
    return True


def ground_power(
    values: NDArray[np.float32], item: pystac.Item, bands: Sequence[str], wide: GeoBox
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Linear power and which of its pixels are ground, of a window that was read with its rim.

    Args:
        values: (band, y, x) as the files hold them, NaN = no data, on ``wide``.
        item: Of one part.
        bands: Canonical names, in the order of ``values``.
        wide: The wanted window and ``REACH_PX`` on each side of it.

    Returns:
        (band, y, x) float32, NaN = no data, and (y, x), True = ground, of the wanted window.
    """
    known = units(item, bands)
    pairs = zip(values, bands, strict=True)
    power = np.stack([backscatter.to_power(band, known[name]) for band, name in pairs])
    usable = backscatter.usable(power, _beyond(item, wide))
    cut = slice(REACH_PX, -REACH_PX)
    return power[:, cut, cut], usable[cut, cut]


def _beyond(item: pystac.Item, wide: GeoBox) -> NDArray[np.bool_]:
    """(y, x) True = off the files of a scene, or off what was fetched of them.

    Nowhere where they are on another map grid.
    """
    out = np.zeros(wide.shape.yx, np.bool_)
    here = [asset for asset in item.assets.values() if "proj:shape" in asset.extra_fields]
    if any(asset_geobox(asset).crs != wide.crs for asset in here):
        return out
    x, y = (np.arange(size) + 0.5 for size in (wide.shape.x, wide.shape.y))
    for asset in here:
        grid = asset_geobox(asset)
        whole = (0, grid.shape.y, 0, grid.shape.x)
        top, bottom, left, right = asset.extra_fields.get(WINDOW, whole)
        to_file = ~grid.affine @ wide.affine
        cols, rows = to_file.a * x + to_file.c, to_file.e * y + to_file.f
        out |= ((rows < top) | (rows > bottom))[:, None]
        out |= ((cols < left) | (cols > right))[None, :]
    return out
