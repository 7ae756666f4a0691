"""How clearly a scene shows a site's zones, read from as few of its pixels as can tell.

What its metadata say of the whole scene does not matter. Where a scene has a quality layer
nothing else is read, so that of an archive's scenes no band is fetched to choose among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pystac
import shapely
from numpy.typing import NDArray
from odc.geo import CRS
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from rasterio.features import geometry_mask
from shapely.geometry.base import BaseGeometry

from imagery import stack
from imagery.catalogs import PRODUCT
from imagery.errors import BandError, GridError, UnreadableFile
from imagery.grid import LATTICE_PX, block_slices, common_grid, crop, pixel_size, quality_geobox
from imagery.model import Site, Zone
from imagery.overlay import STRUCTURE, marks
from imagery.sensors import PRODUCTS
from imagery.sources import Source

READ_BLOCKS = 16
"""Blocks read of one scene, of those that hold a part of a zone: all of them up to 20 km at 10 m,
then evenly spaced."""

_LONLAT = "EPSG:4326"
_EQUAL_AREA = "EPSG:6933"


@dataclass(frozen=True, slots=True)
class View:
    """What one scene shows of the zones.

    Attributes:
        clear: Share of the area of the zones that is on the scene, clear and with data.
        pixel_m: Of its finest band, metres.
        masked: By zone id, the share of what was measured there that the mask removed; None
            where nothing was measured.
    """

    item: pystac.Item
    clear: float
    pixel_m: float
    masked: Mapping[str, float | None]


def ground_of(site: Site) -> BaseGeometry:
    """All zones as one outline, longitude and latitude; overlaps count once."""
    return shapely.union_all([zone.geometry for zone in site.zones])


def shows(item: pystac.Item, ground: BaseGeometry) -> bool:
    """Whether some of the ground is inside the footprint of a scene."""
    return bool((ground & shapely.geometry.shape(item.geometry)).area > 0)


def view(
    item: pystac.Item, site: Site, source: Source | None
) -> View | UnreadableFile | GridError | BandError:
    """How clear a scene that shows some of the zones is over them, or why that is not known.

    Args:
        source: Where its pixels are had from; None where they are at hand.

    Raises:
        NetworkError: a read that failed says nothing of the scene, so it is no refusal of it.
    """
    ground = ground_of(site)
    shown = ground & shapely.geometry.shape(item.geometry)
    try:
        grid, here, names = _local(item, shown, source)
        inside, whole = (Geometry(g, _LONLAT).to_crs(_EQUAL_AREA).area for g in (shown, ground))
        shares = _shares(here, grid, names, zones=[shown, *(z.geometry for z in site.zones)])
        pixel = _pixel(here)
    except (UnreadableFile, GridError, BandError) as fault:
        return fault
    clear = shares[0].clear * min(1.0, inside / whole)
    masked = {zone.id: share.masked for zone, share in zip(site.zones, shares[1:], strict=True)}
    return View(item, round(clear, 4), pixel, masked)


def zone_masks(
    item: pystac.Item, zones: Sequence[Zone], grid: GeoBox, bands: Sequence[str]
) -> dict[str, float | None]:
    """How much of each zone the mask of a scene removed, on the grid of a comparison.

    Args:
        item: With local files of its quality layer, or of ``bands``.
        grid: North-up.
        bands: Canonical names.

    Returns:
        By zone id the share of the measured pixels that are not clear, 0 to 1; None where the
        scene measured nothing of the zone.

    Raises:
        UnreadableFile: see ``stack.load``.
    """
    shares = _shares(item, grid, bands, zones=[zone.geometry for zone in zones])
    return {zone.id: share.masked for zone, share in zip(zones, shares, strict=True)}


def structures(
    item: pystac.Item, zones: Sequence[Zone], grid: GeoBox
) -> tuple[float, dict[str, float]]:
    """What a scene's quality layer called cloud and was taken for a structure, hectares.

    Args:
        item: With its marks: see ``overlay.attached``.
        grid: North-up.

    Returns:
        On the whole grid, and by zone id.
    """
    outlines = [_on(grid, zone.geometry) for zone in zones]
    counts = np.zeros(1 + len(zones), dtype=np.int64)
    for block in _lattice(grid):
        found = marks(item, block)
        if found is None or not (found == STRUCTURE).any():
            continue
        there = found == STRUCTURE
        counts[0] += np.count_nonzero(there)
        for number, outline in enumerate(outlines, start=1):
            counts[number] += np.count_nonzero(there & _touched(outline, block))
    hectares = np.round(counts * abs(grid.resolution.x * grid.resolution.y) / 10_000, 4)
    names = [zone.id for zone in zones]
    return float(hectares[0]), dict(zip(names, map(float, hectares[1:]), strict=True))


@dataclass(slots=True)
class _Share:
    """Counts of the pixels that one outline touches."""

    total: int = 0
    seen: int = 0
    usable: int = 0

    @property
    def clear(self) -> float:
        return self.usable / self.total if self.total else 0.0

    @property
    def masked(self) -> float | None:
        return round(1 - self.usable / self.seen, 4) if self.seen else None


def _local(
    item: pystac.Item, shown: BaseGeometry, source: Source | None
) -> tuple[GeoBox, pystac.Item, Sequence[str]]:
    """A grid around what is shown, the Item with pixels to be read on it, and which bands."""
    bands = stack.common_bands(item, item)
    names = [str(PRODUCTS[item.properties[PRODUCT]].quality)] if stack.has_quality(item) else bands
    here = item if source is None else source.local(item, names, over=None)
    grid = quality_geobox(here) if stack.has_quality(here) else None
    if grid is None:
        # A scene paired with itself: the grid that a comparison of it would use.
        names = bands
        here = item if source is None else source.local(item, names, over=None)
        grid = common_grid(here, here)
    window = crop(grid, _on(grid, shown))
    return window, item if source is None else source.local(item, names, over=window), bands


def _pixel(item: pystac.Item) -> float:
    """Metres; nominal where no band is at hand.

    Two digits: that a projected pixel is 9.99 m makes no scene finer.
    """
    kind = PRODUCTS[item.properties[PRODUCT]]
    names = stack.common_bands(item, item)
    known = pixel_size(item)
    if known is None:
        return min((band.gsd_m for band in kind.bands if band.name in names), default=np.inf)
    return float(f"{known:.2g}")


def _shares(
    item: pystac.Item, grid: GeoBox, bands: Sequence[str], *, zones: Sequence[BaseGeometry]
) -> list[_Share]:
    outlines = [_on(grid, zone) for zone in zones]
    around = shapely.union_all([outline.geom for outline in outlines])
    shares = [_Share() for _ in zones]
    for block in _blocks(grid, around):
        clear, seen = stack.usable(item, block, bands)
        for outline, share in zip(outlines, shares, strict=True):
            inside = _touched(outline, block)
            share.total += int(np.count_nonzero(inside))
            share.seen += int(np.count_nonzero(inside & seen))
            share.usable += int(np.count_nonzero(inside & clear))
    return shares


def _blocks(grid: GeoBox, around: BaseGeometry) -> list[GeoBox]:
    """The blocks of the lattice that hold some of the ground, at most ``READ_BLOCKS``."""
    blocks = _lattice(grid)
    touched = shapely.intersects(around, [block.extent.geom for block in blocks])
    blocks = [block for block, touch in zip(blocks, touched, strict=True) if touch]
    if len(blocks) <= READ_BLOCKS:
        return blocks
    picked = {n * (len(blocks) - 1) // (READ_BLOCKS - 1) for n in range(READ_BLOCKS)}
    return [blocks[n] for n in sorted(picked)]


def _lattice(grid: GeoBox) -> list[GeoBox]:
    sides = [block_slices(range(0, size, LATTICE_PX), size) for size in grid.shape.yx]
    return [grid[rows, columns] for rows, columns in product(*sides)]


def _touched(outline: Geometry, block: GeoBox) -> NDArray[np.bool_]:
    """(y, x), True = touched by the outline: a zone narrower than a pixel counts."""
    if not outline.geom.intersects(block.extent.geom):
        return np.zeros(block.shape.yx, dtype=bool)
    inside: NDArray[np.bool_] = geometry_mask(
        [outline.geom], block.shape, block.transform, all_touched=True, invert=True
    )
    return inside


def _on(grid: GeoBox, ground: BaseGeometry) -> Geometry:
    return Geometry(ground, _LONLAT).to_crs(CRS(grid.crs))
