"""The dates of a site that claims speak of: found once, read once a product, asked many times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pystac
from numpy.typing import NDArray

from imagery import dated, pairs, passes, scenes, stack
from imagery.catalogs import PRODUCT, Refused
from imagery.dated import Dated
from imagery.detectors import planform
from imagery.detectors.apron import zone_mask
from imagery.detectors.leavers import Leavers
from imagery.detectors.shapes import SHAPES, Shape
from imagery.detectors.sightings import Afloat, Newcomers, Witness
from imagery.detectors.study import CLEAR, Question, Study
from imagery.detectors.vehicle_park import Parked
from imagery.errors import BandError, GridError, UnreadableFile
from imagery.model import Period, Site, Zone
from imagery.sensors import PRODUCTS
from imagery.sources import Source
from imagery.stack import has_quality
from imagery.views import ground_of, shows
from pipelines.quarry import CONTRASTS, Quarry

MOST_EARLIER, MOST_LATER = 60, 12
"""Dates of a product that are read, before the first claimed day and from it on."""

LATER_DAYS = 45
"""Days after the last claimed one in which passes may still speak."""


@dataclass(slots=True)
class Dossier:
    """A site, its scenes by product, and what was measured on them.

    Attributes:
        site: Where.
        source: Where scenes come from.
        claimed: First and last day that any claim speaks of.
        items: By product id, oldest first.
        refused: Scenes that could not be used.
    """

    site: Site
    source: Source
    claimed: tuple[date, date]
    items: dict[str, list[pystac.Item]]
    refused: list[Refused]
    _dated: dict[str, Dated] = field(default_factory=dict)
    _studies: dict[tuple[str, str, tuple[str, ...]], Study] = field(default_factory=dict)

    def products(self) -> list[tuple[str, float]]:
        """Products with scenes and the pixel size of their finest bands, finest first."""
        sizes = [(name, PRODUCTS[name].gsd_m or math.inf) for name in self.items]
        return sorted(sizes, key=lambda one: (one[1], one[0]))

    def dated(self, product: str) -> Dated:
        """All dates of a product in memory; read when first asked for."""
        if product not in self._dated:
            self._dated[product] = self._read(product)
        return self._dated[product]

    def was_read(self, product: str) -> bool:
        """Whether anything was asked of the dates of a product."""
        return product in self._dated

    def clear(self, product: str, zones: Sequence[Zone]) -> NDArray[np.float64]:
        """(time,) share of zones that each date shows."""
        read = self.dated(product)
        return read.clear(mask_of(zones, read))

    def usable(self, product: str, zones: Sequence[Zone]) -> tuple[int, ...]:
        """Clear dates before the first claimed day: chosen by calendar and cloud alone."""
        read = self.dated(product)
        shown = self.clear(product, zones)
        first = self.claimed[0]
        return tuple(
            n for n, at in enumerate(read.moments) if at.date() < first and shown[n] >= CLEAR
        )

    def study(self, product: str, quarry: Quarry, *, losses: bool = False) -> Study:
        """What a quarry is asked of; the same question is measured once.

        Args:
            product: Whose scenes.
            quarry: What is looked for.
            losses: Look for vehicles that have left, not for those that are there.
        """
        zones = tuple(zone.id for zone in quarry.zones)
        key = (product, f"{quarry.target.name}{' gone' if losses else ''}", zones)
        if key not in self._studies:
            read = self.dated(product)
            zone = mask_of(quarry.zones, read)
            pixel_m = abs(read.grid.resolution.x)
            self._studies[key] = Study(
                dated=read,
                question=Question(quarry.target, CONTRASTS, zone),
                witness=witness(quarry, zone, read, losses=losses),
                usable=self.usable(product, quarry.zones),
                pixel_m=pixel_m,
            )
        return self._studies[key]

    def _read(self, product: str) -> Dated:
        found = self.items[product]
        bands = pairs.compared_bands(found[-1], found[-1])
        heads = self._local([found[0], found[-1]], bands)
        if not heads:
            return Dated((), stack.common_grid(found[0], found[0]), bands, _NOTHING, ())
        grid = scenes.site_grid(self.site, heads[0], heads[-1])
        quality = PRODUCTS[product].quality
        local = []
        for item in found:
            names = [*bands, *([quality] if quality and has_quality(item) else [])]
            try:
                local.append(self.source.local(item, names, over=grid))
            except (UnreadableFile, BandError, GridError) as error:
                self.refused.append(Refused(item.id, str(error)))
        read = dated.gather(local, grid, bands=bands)
        self.refused += read.refused
        return read

    def _local(self, found: Sequence[pystac.Item], bands: Sequence[str]) -> list[pystac.Item]:
        heads = []
        for item in found:
            try:
                heads.append(self.source.local(item, list(bands), over=None))
            except (UnreadableFile, BandError, GridError) as error:
                self.refused.append(Refused(item.id, str(error)))
        return heads


_NOTHING = np.empty((0, 0, 0, 0), np.float32)


def gather(
    source: Source,
    site: Site,
    claimed: tuple[date, date],
    *,
    days: int,
    product: str | None = None,
) -> Dossier:
    """Find the scenes of a site around the days that claims speak of.

    Args:
        source: Where scenes come from.
        site: Where.
        claimed: First and last day.
        days: How far back dates are looked for to compare with.
        product: Id of the only product to use; all optical ones unless given.

    Raises:
        ImageryError: the source cannot be searched.
    """
    first, last = (datetime.combine(day, time(tzinfo=UTC)) for day in claimed)
    reach = Period(first - timedelta(days=days), last + timedelta(days=LATER_DAYS))
    found = source.search(site.bounds, reach)
    ground = ground_of(site)
    items: dict[str, list[pystac.Item]] = {}
    for item in passes.group(found.items, ground).items:
        name = str(item.properties[PRODUCT])
        if shows(item, ground) and not PRODUCTS[name].radar and product in (None, name):
            items.setdefault(name, []).append(item)
    for name, each in items.items():
        earlier = [item for item in each if passes.moment(item).date() < claimed[0]]
        later = [item for item in each if passes.moment(item).date() >= claimed[0]]
        items[name] = [*earlier[-MOST_EARLIER:], *later[:MOST_LATER]]
    return Dossier(site, source, claimed, items, list(found.refused))


def mask_of(zones: Sequence[Zone], read: Dated) -> NDArray[np.bool_]:
    """(y, x) True in any of some zones."""
    inside = np.zeros(read.grid.shape, bool)
    for zone in zones:
        inside |= zone_mask(zone, read.grid)
    return inside


def witness(quarry: Quarry, zone: NDArray[np.bool_], read: Dated, *, losses: bool) -> Witness:
    """Who looks for a quarry.

    Args:
        quarry: What is looked for.
        zone: (y, x) True where.
        read: The dates that it is asked of.
        losses: Whether vehicles are asked for that have left.
    """
    pixel_m = abs(read.grid.resolution.x)
    if quarry.kind == "vehicle" and not losses:
        return Parked(zone, pixel_m)
    sizes = planform.bank(_kernel(quarry.target, pixel_m), gsd_m=pixel_m)
    new = Newcomers(zone, read.bands, sizes, quarry.target.length_m)
    if quarry.kind == "vehicle":
        return Leavers(new)
    return Afloat(new, pixel_m) if quarry.kind == "vessel" else new


def _kernel(target: Shape, pixel_m: float) -> str:
    """The planform of its kind nearest in size that pixels of this size show."""
    shown = [
        shape
        for shape in SHAPES.values()
        if shape.kind == target.kind
        and planform.observable(shape, gsd_m=pixel_m) >= planform.LEAST_OBSERVABLE
    ]
    return min(shown, key=lambda shape: abs(math.log(shape.length_m / target.length_m))).name
