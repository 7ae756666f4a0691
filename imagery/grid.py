"""One metric grid for two scenes, and whether a scene already stands on a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyproj
import pystac
from affine import Affine
from odc.geo import CRS
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry

from imagery.catalogs import PRODUCT, QUALITY
from imagery.errors import GridError, TooLarge
from imagery.geotiff import MAX_PIXELS
from imagery.parts import parts
from imagery.sensors import PRODUCTS

LATTICE_PX = 512
"""Side of the blocks that every statistic is taken on, whatever the chunks."""

TOLERANCE_PX = 0.01
"""Two grids closer than this everywhere are one: a tenth of the best registration residual."""

MAX_DISTORTION = 0.01
"""A projected metre may differ from a true one by this much; else the grid moves to UTM."""

NOMINAL_WITHIN = 0.35
"""A ground pixel this close to the product's nominal one is taken to be it."""

SAME_RESOLUTION = 0.01
"""Resolutions that differ by less, relatively, are one."""


def asset_geobox(asset: pystac.Asset) -> GeoBox:
    """The grid that an asset declares by the projection extension."""
    fields = asset.extra_fields
    crs = fields["proj:code"] if "proj:code" in fields else fields["proj:wkt2"]
    return GeoBox(tuple(fields["proj:shape"]), Affine(*fields["proj:transform"][:6]), crs)


def item_geobox(item: pystac.Item) -> GeoBox:
    """The finest grid among the spectral bands of a scene; of a composite see ``_spanning``."""
    return _spanning([_finest(_spectral(part)) for part in parts(item)])


def quality_geobox(item: pystac.Item) -> GeoBox | None:
    """The grid of the quality layer of a scene, None where it has none that is north-up."""
    found = [
        [asset_geobox(a) for a in part.assets.values() if QUALITY in a.extra_fields]
        for part in parts(item)
    ]
    if not all(found):
        return None
    grid = _spanning([_finest(layers) for layers in found])
    step = grid.transform
    return grid if step.a > 0 and step.e < 0 and step.b == 0 and step.d == 0 else None


def pixel_size(item: pystac.Item) -> float | None:
    """Metres that a pixel of the finest spectral band stands for; None where none is at hand.

    Raises:
        GridError: its pixels have no size on the ground.
    """
    if not all(_spectral(part) for part in parts(item)):
        return None
    return _resolution(item, item_geobox(item))


def on_grid(item: pystac.Item, geobox: GeoBox) -> bool:
    """Whether every spectral band of a scene is read onto ``geobox`` without resampling."""
    sources = [source for part in parts(item) for source in _spectral(part)]
    return all(whole_shift(source, geobox) is not None for source in sources)


def whole_shift(source: GeoBox, target: GeoBox) -> tuple[int, int] | None:
    """Row and column in ``source`` of the first pixel of ``target``, None off the grid.

    The grids are compared at two corners of ``source``, so that every window of one target
    gets the same answer.
    """
    if source.crs != target.crs:
        return None
    to_target = ~target.transform @ source.transform
    if to_target.b or to_target.d:
        return None
    rows, columns = source.shape
    start, stop = to_target @ (0, 0), to_target @ (columns, rows)
    column, row = round(start[0]), round(start[1])
    off = (start[0] - column, start[1] - row, stop[0] - column - columns, stop[1] - row - rows)
    return None if max(map(abs, off)) > TOLERANCE_PX else (-row, -column)


def covers(source: GeoBox, target: GeoBox) -> bool:
    """Whether every pixel of ``target`` is a pixel of ``source``."""
    shift = whole_shift(source, target)
    return shift is not None and all(
        start >= 0 and start + length <= full
        for start, length, full in zip(shift, target.shape, source.shape, strict=True)
    )


def common_grid(before: pystac.Item, after: pystac.Item) -> GeoBox:
    """A north-up metric grid over the ground that both scenes show.

    It is the coarser scene's own grid, cropped (before's where they are equal), if that is
    metric with less than ``MAX_DISTORTION``; else a UTM grid (polar stereographic beyond it)
    with the coarser resolution, its origin a multiple of it.

    Raises:
        GridError: no overlap, or no resolution.
        TooLarge: more pixels than are ever read.
    """
    items = (before, after)
    grids = [item_geobox(item) for item in items]
    sizes = [_resolution(item, grid) for item, grid in zip(items, grids, strict=True)]
    coarse = max(sizes)
    own = [
        grid
        for grid, size in zip(grids, sizes, strict=True)
        if size >= coarse * (1 - SAME_RESOLUTION) and _is_metric(grid)
    ]
    if own:
        shared = _shared(items, grids, crs=CRS(own[0].crs), pixel=coarse)
        geobox = crop(own[0], shared)
    else:
        crs = _zone(grids[0])
        shared = _shared(items, grids, crs=crs, pixel=coarse)
        box = shared.boundingbox
        left, top = math.floor(box.left / coarse), math.ceil(box.top / coarse)
        columns = math.ceil(box.right / coarse) - left
        rows = top - math.floor(box.bottom / coarse)
        transform = Affine(coarse, 0, left * coarse, 0, -coarse, top * coarse)
        geobox = GeoBox((rows, columns), transform, crs)
    rows, columns = geobox.shape
    if rows * columns > MAX_PIXELS:
        raise TooLarge("The common grid", f"{columns} x {rows} pixels", f"{MAX_PIXELS} pixels")
    return geobox


def block_slices(starts: Sequence[int], size: int) -> list[slice]:
    """Blocks of the lattice along one axis, the last one cut where the axis ends."""
    return [slice(start, min(start + LATTICE_PX, size)) for start in starts]


def crop(grid: GeoBox, ground: Geometry) -> GeoBox:
    """The part of a grid that holds the box around ``ground``, whole pixels.

    Args:
        grid: North-up.
        ground: In the CRS of the grid.

    Raises:
        GridError: it is nowhere on the grid.
    """
    box = ground.boundingbox
    left, top = ~grid.transform @ (box.left, box.top)
    right, bottom = ~grid.transform @ (box.right, box.bottom)
    rows = slice(*_span(top, bottom, grid.shape.y))
    columns = slice(*_span(left, right, grid.shape.x))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        problem = "does not lie where its scene is said to be"
        raise GridError("A file", problem, "Give another scene, or tell who keeps it.")
    return grid[rows, columns]


def window_on(source: GeoBox, target: GeoBox) -> tuple[slice, slice]:
    """Rows and columns of ``source`` that hold ``target``; empty ones where they do not meet."""
    extent = target.extent if target.crs == source.crs else target.footprint(CRS(source.crs))
    points = [~source.transform @ point for point in extent.exterior.points]
    found = []
    for axis, size in ((1, source.shape.y), (0, source.shape.x)):
        side = [point[axis] for point in points]
        start = min(size, max(0, math.floor(min(side) + TOLERANCE_PX)))
        stop = max(start, min(size, math.ceil(max(side) - TOLERANCE_PX)))
        found.append(slice(start, stop))
    return found[0], found[1]


def _finest(grids: Sequence[GeoBox]) -> GeoBox:
    return min(grids, key=lambda geobox: abs(geobox.transform.determinant))


def _spanning(grids: Sequence[GeoBox]) -> GeoBox:
    """The first grid, with as many pixels more as it takes to hold the others."""
    grid = grids[0]
    if len(grids) == 1:
        return grid
    corners = [(0.0, 0.0), (float(grid.shape.x), float(grid.shape.y))]
    for other in grids[1:]:
        extent = other.extent if other.crs == grid.crs else other.footprint(CRS(grid.crs))
        corners += [~grid.transform @ point for point in extent.exterior.points]
    columns, rows = zip(*corners, strict=True)
    left, top = (math.floor(min(side) + TOLERANCE_PX) for side in (columns, rows))
    right, bottom = (math.ceil(max(side) - TOLERANCE_PX) for side in (columns, rows))
    moved = grid.transform @ Affine.translation(left, top)
    return GeoBox((bottom - top, right - left), moved, grid.crs)


def _spectral(item: pystac.Item) -> list[GeoBox]:
    quality = PRODUCTS[item.properties[PRODUCT]].quality
    return [
        asset_geobox(asset)
        for asset in item.assets.values()
        # An asset that was never fetched has no grid.
        if "proj:shape" in asset.extra_fields
        and any(band["name"] != quality for band in asset.extra_fields["eo:bands"])
    ]


def _centre(grid: GeoBox) -> tuple[float, float]:
    """Longitude and latitude of the middle of a grid, degrees."""
    ((longitude, latitude),) = grid.extent.centroid.to_crs("EPSG:4326").points
    return longitude, latitude


def _zone(grid: GeoBox) -> CRS:
    longitude, latitude = _centre(grid)
    if latitude >= 84 or latitude <= -80:
        return CRS("EPSG:32661" if latitude > 0 else "EPSG:32761")
    number = min(60, int((longitude + 180) // 6) + 1)
    return CRS(f"EPSG:{(32600 if latitude >= 0 else 32700) + number}")


def _is_metric(grid: GeoBox) -> bool:
    """North-up, in metres, and a metre of it nearly a metre of ground."""
    crs = pyproj.CRS(CRS(grid.crs).to_wkt())
    step = grid.transform
    north_up = step.a > 0 and step.e < 0 and step.b == 0 and step.d == 0
    # Pixels are measured, rotated and shifted as squares from here on.
    square = abs(step.a + step.e) <= SAME_RESOLUTION * abs(step.a)
    metres = crs.is_projected and all(axis.unit_conversion_factor == 1 for axis in crs.axis_info)
    if not (north_up and square and metres):
        return False
    factors = pyproj.Proj(crs).get_factors(*_centre(grid))
    scales = (factors.meridional_scale, factors.parallel_scale)
    return max(abs(scale - 1) for scale in scales) <= MAX_DISTORTION


def _resolution(item: pystac.Item, grid: GeoBox) -> float:
    """Metres that one pixel of a scene stands for."""
    step = grid.transform
    if _is_metric(grid):
        return math.sqrt(abs(step.determinant))
    middle = (grid.shape.x / 2, grid.shape.y / 2)
    corners = [
        grid.transform @ (middle[0] + dx, middle[1] + dy) for dx, dy in ((0, 0), (1, 0), (0, 1))
    ]
    x, y = CRS(grid.crs).transformer_to_crs(_zone(grid))(*np.array(corners).T)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise GridError(item.id, "has pixels without a size on the ground", "Check its CRS.")
    ground = math.sqrt(abs((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])))
    nominal = PRODUCTS[item.properties[PRODUCT]].gsd_m
    if nominal is not None and abs(ground / nominal - 1) <= NOMINAL_WITHIN:
        return nominal
    return float(f"{ground:.3g}")


def _shared(
    items: Sequence[pystac.Item], grids: Sequence[GeoBox], *, crs: CRS, pixel: float
) -> Geometry:
    """The ground that both grids cover, in ``crs``; half a pixel of it is none."""
    before, after = (grid.extent if grid.crs == crs else grid.footprint(crs) for grid in grids)
    shared: Geometry = before & after
    if shared.is_empty or shared.area < pixel**2 / 2:
        said = " and ".join(
            f"{item.id} covers {_box(grid)}" for item, grid in zip(items, grids, strict=True)
        )
        raise GridError(
            "The two scenes", f"do not overlap: {said}", "Give two scenes of one place."
        )
    return shared


def _box(grid: GeoBox) -> str:
    west, south, east, north = grid.footprint("EPSG:4326").boundingbox.bbox
    return f"{west:.4f} to {east:.4f} E, {south:.4f} to {north:.4f} N"


def _span(first: float, last: float, size: int) -> tuple[int, int]:
    """Pixels from ``first`` to ``last``; an edge within tolerance of a pixel's is that one."""
    start = max(0, math.floor(first + TOLERANCE_PX))
    return start, min(size, max(start + 1, math.ceil(last - TOLERANCE_PX)))
