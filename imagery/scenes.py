"""Which scene of a period is looked at, and the part of the common grid that a site needs.

How clear a scene is over a site is read from its pixels, as a comparison would read them; what
its metadata say of the whole scene does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import pystac
import shapely
from odc.geo import CRS
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from rasterio.features import geometry_mask
from shapely.geometry.base import BaseGeometry

from imagery import pairs, stack
from imagery.catalogs import PRODUCT
from imagery.errors import BandError, DateError, GridError, InputError, UnreadableFile
from imagery.grid import crop
from imagery.model import Period, Site

TIE = 0.01
"""Clear fractions closer than this are equal: quality layers are not more exact."""

SURROUND_M = 1000.0
SURROUND_PX = 100
"""Ground around the zones that is compared too, whichever is more. Zones are where change is
expected; noise, gains and shift must be learned from the ground around them. With 1 km of a 30 m
pair the shift of one place in five could not be trusted, with 100 pixels of none."""

READ_BLOCKS = 16
"""Blocks read of one scene, of those that hold a part of a zone: all of them up to 20 km at 10 m,
then evenly spaced."""

State = Literal["chosen", "usable", "refused"]

_LONLAT = "EPSG:4326"
_EQUAL_AREA = "EPSG:6933"
_BEHIND = ("coarser", "farther from the middle of the period", "later", "after it by name")


@dataclass(frozen=True, slots=True)
class Look:
    """One scene of a period, and what becomes of it.

    Attributes:
        clear: Share of the area of the site's zones that is on the scene, clear and with data;
            None where the scene does not show the site or cannot be read.
        reason: Why, for a reader.
    """

    item: pystac.Item
    clear: float | None
    state: State
    reason: str

    def as_row(self) -> dict[str, object]:
        """For a table or JSON."""
        return {
            "datetime": f"{_moment(self.item):%Y-%m-%dT%H:%M:%SZ}",
            "product": self.item.properties[PRODUCT],
            "clear": self.clear,
            "state": self.state,
            "reason": self.reason,
            "id": self.item.id,
        }


@dataclass(frozen=True, slots=True)
class _View:
    """What one scene shows of the zones."""

    item: pystac.Item
    clear: float
    pixel_m: float

    def rank(self, period: Period) -> tuple[float, timedelta, datetime, str]:
        """Among scenes that are equally clear the least comes first."""
        middle = period.start + (period.end - period.start) / 2
        moment = _moment(self.item)
        return self.pixel_m, abs(moment - middle), moment, self.item.id


def looks(items: Sequence[pystac.Item], site: Site, period: Period) -> list[Look]:
    """Every scene of a period by time and id, the one that ``choose`` takes marked.

    Raises:
        GridError: a scene that shows the site has no resolution.
    """
    inside, ground = _within(items, period), _ground(site)
    views = [_view(item, ground) if _shows(item, ground) else None for item in inside]
    readable = [view for view in views if isinstance(view, _View)]
    best = _best(readable, period) if readable else None
    return [_look(item, view, best, period) for item, view in zip(inside, views, strict=True)]


def choose(items: Sequence[pystac.Item], site: Site, period: Period) -> pystac.Item:
    """The scene of a period with the clearest view of the site's zones.

    Of scenes equally clear within ``TIE`` the finest, then the nearest to the middle of the
    period, the earliest, the first by id. A scene without any clear view is still chosen where
    there is no better one.

    Raises:
        GridError: no scene shows the site.
        InputError: none of the period does; the nearest dates are named.
        UnreadableFile: all of the period are damaged.
    """
    return _best(_views(items, site, period), period).item


def choose_pair(
    items: Sequence[pystac.Item], site: Site, before: Period, after: Period
) -> tuple[pystac.Item, pystac.Item]:
    """A scene of each period, both of one product with the same bands.

    The product with the clearer view at its worse date is taken, within ``TIE`` the finer one;
    of each period the scene that ``choose`` would take of that product.

    Raises:
        GridError, InputError, UnreadableFile: see ``choose``.
        BandError: no product has a scene in both periods.
    """
    periods = (before, after)
    views = [_views(items, site, period) for period in periods]
    kinds = [{_kind(view) for view in found} for found in views]
    couples = [
        [
            _best([view for view in found if _kind(view) == kind], period)
            for found, period in zip(views, periods, strict=True)
        ]
        for kind in sorted(kinds[0] & kinds[1])
    ]
    if not couples:
        said = " and ".join(", ".join(sorted({name for name, _ in kind})) for kind in kinds)
        problem = f"have no product with the same bands in common: {said}"
        raise BandError("The two periods", problem, "Choose periods with scenes of one product.")
    worse = [min(view.clear for view in couple) for couple in couples]
    tied = [c for c, clear in zip(couples, worse, strict=True) if clear >= max(worse) - TIE]
    first, second = min(tied, key=lambda couple: max(view.pixel_m for view in couple))
    return first.item, second.item


def site_grid(site: Site, before: pystac.Item, after: pystac.Item) -> GeoBox:
    """The part of the common grid that holds the site's zones and their surround.

    Raises:
        GridError: the two scenes do not overlap, or not on a zone.
        TooLarge: see ``stack.common_grid``.
    """
    grid = stack.common_grid(before, after)
    ground = _ground(site) & grid.footprint(_LONLAT).geom
    if ground.area == 0:
        problem = f"is not on the ground that {before.id} and {after.id} share"
        raise GridError(site.id, problem, "Choose periods whose scenes both show it.")
    surround = max(SURROUND_M, SURROUND_PX * grid.resolution.x)
    return crop(grid, _on(grid, ground).boundingbox.buffered(surround).polygon)


def _ground(site: Site) -> BaseGeometry:
    """All zones as one outline, longitude and latitude; overlaps count once."""
    return shapely.union_all([zone.geometry for zone in site.zones])


def _on(grid: GeoBox, ground: BaseGeometry) -> Geometry:
    return Geometry(ground, _LONLAT).to_crs(CRS(grid.crs))


def _shown(item: pystac.Item, ground: BaseGeometry) -> BaseGeometry:
    return ground & shapely.geometry.shape(item.geometry)


def _shows(item: pystac.Item, ground: BaseGeometry) -> bool:
    return bool(_shown(item, ground).area > 0)


def _moment(item: pystac.Item) -> datetime:
    if item.datetime is None:
        raise DateError(item.id, "is not known", "Give the scene a datetime.")
    return item.datetime.astimezone(UTC)


def _within(items: Sequence[pystac.Item], period: Period) -> list[pystac.Item]:
    inside = [item for item in items if _moment(item) in period]
    return sorted(inside, key=lambda item: (_moment(item), item.id))


def _kind(view: _View) -> tuple[str, tuple[str, ...]]:
    """Product and bands: scenes that agree in them can be compared."""
    bands = sorted(stack.common_bands(view.item, view.item))
    return view.item.properties[PRODUCT], tuple(bands)


def _views(items: Sequence[pystac.Item], site: Site, period: Period) -> list[_View]:
    """The readable scenes of a period that show the site: at least one."""
    ground = _ground(site)
    shown = [item for item in items if _shows(item, ground)]
    if not shown:
        west, south, east, north = site.bounds
        place = f"longitude {west:.3f} to {east:.3f}, latitude {south:.3f} to {north:.3f}"
        problem = f"is on none of the {len(items)} scenes"
        raise GridError(site.id, problem, f"Give scenes of {place}.")
    inside = _within(shown, period)
    if not inside:
        raise InputError("The period", _text(period), _nearest(shown, site, period))
    views = [_view(item, ground) for item in inside]
    readable = [view for view in views if isinstance(view, _View)]
    if not readable:
        raise next(view for view in views if isinstance(view, UnreadableFile))
    return readable


def _text(period: Period) -> str:
    first, last = period.start.date(), (period.end - timedelta(microseconds=1)).date()
    return f"{first}" if first == last else f"{first}/{last}"


def _nearest(shown: Sequence[pystac.Item], site: Site, period: Period) -> str:
    moments = [_moment(item) for item in shown]
    earlier = [moment for moment in moments if moment < period.start]
    later = [moment for moment in moments if moment >= period.end]
    near = [f"{end(part):%Y-%m-%d}" for end, part in ((max, earlier), (min, later)) if part]
    said = f"the nearest are on {' and '.join(near)}" if len(near) == 2 else f"it is on {near[0]}"
    return f"one with a scene of {site.id}; {said}"


def _best(views: Sequence[_View], period: Period) -> _View:
    clearest = max(view.clear for view in views)
    tied = [view for view in views if view.clear >= clearest - TIE]
    return min(tied, key=lambda view: view.rank(period))


def _look(
    item: pystac.Item, view: _View | UnreadableFile | None, best: _View | None, period: Period
) -> Look:
    if view is None:
        return Look(item, None, "refused", "does not show the site")
    if isinstance(view, UnreadableFile):
        return Look(item, None, "refused", str(view))
    if best is None or view is best:
        reason = "clearest view of the zones" if view.clear else "no better view; nothing is clear"
        return Look(item, view.clear, "chosen", reason)
    if view.clear < best.clear - TIE:
        return Look(item, view.clear, "usable", "less clear than the chosen scene")
    ranks = zip(_BEHIND, view.rank(period), best.rank(period), strict=True)
    behind = next((word for word, mine, other in ranks if mine != other), "another copy of it")
    return Look(item, view.clear, "usable", f"as clear as the chosen scene, but {behind}")


def _view(item: pystac.Item, ground: BaseGeometry) -> _View | UnreadableFile:
    """How clear a scene that shows some of the zones is over them, or why that is not known."""
    shown = _shown(item, ground)
    try:
        # A scene paired with itself: the grid and the bands that a comparison of it would use.
        pair = pairs.make(item, item)
        clear = _clear_share(pair, _on(pair.grid, shown))
    except UnreadableFile as fault:
        return fault
    inside, whole = (Geometry(each, _LONLAT).to_crs(_EQUAL_AREA).area for each in (shown, ground))
    # Two digits: that a projected pixel is 9.99 m makes no scene finer.
    pixel = float(f"{pair.grid.resolution.x:.2g}")
    return _View(item, round(clear * min(1.0, inside / whole), 4), pixel)


def _clear_share(pair: pairs.Pair, zones: Geometry) -> float:
    """Of the pixels that zones touch, the share that is clear and has data in every band."""
    window = crop(pair.grid, zones.boundingbox.polygon)
    blocks = [window[part] for part in pairs.lattice(window.shape.yx)]
    touched = shapely.intersects(zones.geom, [block.extent.geom for block in blocks])
    blocks = [block for block, touch in zip(blocks, touched, strict=True) if touch]
    picked = sorted({n * (len(blocks) - 1) // (READ_BLOCKS - 1) for n in range(READ_BLOCKS)})
    seen = total = 0
    for block in blocks if len(blocks) <= READ_BLOCKS else [blocks[n] for n in picked]:
        # Touched, not only centres: a zone narrower than a pixel counts.
        inside = geometry_mask(
            [zones.geom], block.shape, block.transform, all_touched=True, invert=True
        )
        pixels = stack.load(pair.before, block, pair.bands, chunk=None)
        usable = pixels.clear.values & np.isfinite(pixels.reflectance.values).all(axis=0)
        seen += int(np.count_nonzero(usable & inside))
        total += int(np.count_nonzero(inside))
    return seen / total if total else 0.0
