"""Which scene of a period is looked at, and the part of the common grid that a site needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import pystac
from odc.geo import CRS
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry

from imagery import passes, stack
from imagery.catalogs import NOTES, PRODUCT, SLANT, Refused, SearchResult
from imagery.choice import TIE, best, best_couple, caveats, kind, rank
from imagery.errors import BandError, GridError, InputError
from imagery.grid import crop
from imagery.model import Period, Site
from imagery.passes import moment
from imagery.sensors import PRODUCTS
from imagery.sources import Source
from imagery.views import View, ground_of, shows, view

SURROUND_M = 1000.0
SURROUND_PX = 100
"""Ground around the zones that is compared too, whichever is more. Zones are where change is
expected; noise, gains and shift must be learned from the ground around them. With 1 km of a 30 m
pair the shift of one place in five could not be trusted, with 100 pixels of none."""

FURTHER = 6
"""So many further dates help to tell bright roofs from clouds; each costs a quality layer
(docs/decisions/0009-masks.md)."""

NEIGHBOURHOOD = timedelta(days=30)
"""How far around a period without a scene the nearest are looked for."""

State = Literal["chosen", "usable", "refused", "merged"]

_LONLAT = "EPSG:4326"
_BEHIND = ("coarser", "farther from the middle of the period", "later", "after it by name")
_SLANT = "not terrain-corrected: its files are on no map grid; sentinel-1-rtc is"
_OPTICAL = "radar is not compared with optical scenes; name its product to see it"


@dataclass(frozen=True, slots=True)
class Look:
    """One scene of a period, and what becomes of it.

    Attributes:
        clear: Share of the area of the site's zones that is on the scene, clear and with data;
            None where the scene does not show the site, cannot be read or was not looked at.
        reason: Why, for a reader.
        local_date: Day of local solar time at the site, which is not always the UTC day.
        masked: By zone id, share of what was measured that the mask removed; None where the
            scene measured nothing of it.
    """

    item: pystac.Item
    clear: float | None
    state: State
    reason: str
    local_date: str
    masked: dict[str, float | None] = field(default_factory=dict)

    def as_row(self) -> dict[str, object]:
        """For a table or JSON."""
        said = self.item.properties
        return {
            "datetime": f"{moment(self.item):%Y-%m-%dT%H:%M:%SZ}",
            "local_date": self.local_date,
            "product": said[PRODUCT],
            "relative_orbit": said.get("sat:relative_orbit"),
            "sun_elevation": said.get("view:sun_elevation"),
            "clear": self.clear,
            "masked": dict(self.masked),
            "state": self.state,
            "reason": self.reason,
            "notes": list(said.get(NOTES, [])),
            "id": self.item.id,
        }


def refused_row(refused: Refused) -> dict[str, object]:
    """What a source refused, as a row of the same table."""
    nothing = ("datetime", "local_date", "product", "relative_orbit", "sun_elevation", "clear")
    said = {"state": "refused", "reason": refused.reason, "notes": [], "id": refused.id}
    return {**dict.fromkeys(nothing), "masked": {}, **said}


def search(
    source: Source, site: Site, *periods: Period, product: str | None = None
) -> SearchResult:
    """What a source holds of a site in some periods, for the functions below.

    A little more than the periods is asked for: a pass over UTC midnight has parts on two days.
    Of a period without a scene the neighbourhood is searched too, so that the nearest can be named.

    Args:
        product: Id of the only product that counts as a scene; optical ones if it is not given.

    Raises:
        ImageryError: the source cannot be searched.
    """
    items: dict[tuple[str, ...], pystac.Item] = {}
    refused: dict[str, Refused] = {}
    for period in periods:
        for reach in (passes.PASS, NEIGHBOURHOOD):
            found = source.search(site.bounds, Period(period.start - reach, period.end + reach))
            for item in found.items:
                files = sorted(asset.href for asset in item.assets.values())
                items.setdefault((str(item.properties[PRODUCT]), item.id, *files), item)
            refused |= {each.id: each for each in found.refused}
            if any(moment(i) in period and _refusal(i, product) is None for i in found.items):
                break
    ordered = sorted(items.values(), key=lambda item: (moment(item), item.id))
    return SearchResult(tuple(ordered), tuple(refused[name] for name in sorted(refused)))


def looks(
    items: Sequence[pystac.Item],
    site: Site,
    period: Period,
    *,
    source: Source | None = None,
    product: str | None = None,
) -> list[Look]:
    """Every scene of a period by time and id, the one that ``choose`` takes marked.

    Args:
        items: As found: twins and parts of one pass are told apart here.
        source: Where pixels are had from; None where they are at hand.
        product: Id of the only product that is chosen; all optical ones if it is not given.

    Raises:
        NetworkError: see ``views.view``.
    """
    ground = ground_of(site)
    found = passes.group(items, ground)
    rows: list[Look] = []
    views: list[View] = []
    for item in _within(found.items, period):
        refusal = _refusal(item, product)
        seen = view(item, site, source) if not refusal and shows(item, ground) else None
        if isinstance(seen, View):
            views.append(seen)
        else:
            why = refusal or ("does not show the site" if seen is None else str(seen))
            rows.append(Look(item, None, "refused", why, _local_date(item, site)))
    taken = best(views, period) if views else None
    rows += [_look(each, taken, period, site) for each in views]
    for gone in found.dropped:
        if moment(gone.item) in period:
            state: State = "merged" if gone.merged else "refused"
            rows.append(Look(gone.item, None, state, gone.reason, _local_date(gone.item, site)))
    return sorted(rows, key=lambda look: (moment(look.item), look.item.id))


def choose(
    items: Sequence[pystac.Item],
    site: Site,
    period: Period,
    *,
    source: Source | None = None,
    product: str | None = None,
) -> pystac.Item:
    """The scene of a period with the clearest view of the site's zones.

    Of scenes equally clear within ``TIE`` the finest, then the nearest to the middle of the
    period, the earliest, the first by id. A scene without any clear view is still chosen where
    there is no better one. Arguments are those of ``looks``.

    Raises:
        GridError: no scene shows the site.
        InputError: none of the period does; the nearest dates are named.
        UnreadableFile: all of the period are damaged.
        NetworkError: see ``views.view``.
    """
    return best(_views(items, site, period, source, product), period).item


def choose_pair(
    items: Sequence[pystac.Item],
    site: Site,
    periods: tuple[Period, Period],
    *,
    source: Source | None = None,
    product: str | None = None,
) -> tuple[pystac.Item, pystac.Item]:
    """A scene of each period, both of one product with the same bands.

    The product with the clearer view at its worse date is taken, within ``TIE`` the finer one;
    of its scenes that are equally clear in their period those two that see the site alike: see
    ``choice.best_couple``. What still differs is said in the notes of the second.

    Args:
        items, source, product: See ``looks``.
        periods: Before, after.

    Raises:
        GridError, InputError, UnreadableFile, NetworkError: see ``choose``.
        BandError: no product has a scene in both periods.
    """
    views = [_views(items, site, period, source, product) for period in periods]
    kinds = [{kind(each) for each in found} for found in views]
    couples = [
        best_couple(*([v for v in found if kind(v) == same] for found in views), periods=periods)
        for same in sorted(kinds[0] & kinds[1])
    ]
    if not couples:
        said = " and ".join(", ".join(sorted({name for name, _ in each})) for each in kinds)
        problem = f"have no product with the same bands in common: {said}"
        raise BandError("The two periods", problem, "Choose periods with scenes of one product.")
    worse = [min(each.clear for each in couple) for couple in couples]
    tied = [c for c, clear in zip(couples, worse, strict=True) if clear >= max(worse) - TIE]
    first, second = min(tied, key=lambda couple: max(each.pixel_m for each in couple))
    for sentence in caveats(first.item, second.item):
        passes.note(second.item, sentence)
    return first.item, second.item


def further(
    items: Sequence[pystac.Item],
    site: Site,
    periods: Sequence[Period],
    chosen: tuple[pystac.Item, pystac.Item],
) -> list[pystac.Item]:
    """Other dates of the periods, with a quality layer, to hold the masks of a pair against.

    Args:
        items, periods: As the pair was chosen by: it depends on nothing else.
        chosen: The pair.

    Returns:
        At most ``FURTHER``, of the product of the pair, the nearest in time to it.
    """
    ground, moments = ground_of(site), [moment(item) for item in chosen]

    def order(item: pystac.Item) -> tuple[timedelta, datetime, str]:
        return min(abs(moment(item) - each) for each in moments), moment(item), item.id

    same = [item for item in items if _refusal(item, chosen[0].properties[PRODUCT]) is None]
    found = [
        item
        for item in passes.group(same, ground).items
        if any(moment(item) in period for period in periods)
        and moment(item) not in moments
        and stack.has_quality(item)
        and shows(item, ground)
    ]
    return sorted(found, key=order)[:FURTHER]


def site_grid(site: Site, before: pystac.Item, after: pystac.Item) -> GeoBox:
    """The part of the common grid that holds the site's zones and their surround.

    Raises:
        GridError: the two scenes do not overlap, or not on a zone.
        TooLarge: see ``stack.common_grid``.
    """
    grid = stack.common_grid(before, after)
    ground = ground_of(site) & grid.footprint(_LONLAT).geom
    if ground.area == 0:
        problem = f"is not on the ground that {before.id} and {after.id} share"
        raise GridError(site.id, problem, "Choose periods whose scenes both show it.")
    surround = max(SURROUND_M, SURROUND_PX * grid.resolution.x)
    there = Geometry(ground, _LONLAT).to_crs(CRS(grid.crs))
    return crop(grid, there.boundingbox.buffered(surround).polygon)


def _within(items: Sequence[pystac.Item], period: Period) -> list[pystac.Item]:
    inside = [item for item in items if moment(item) in period]
    return sorted(inside, key=lambda item: (moment(item), item.id))


def _refusal(item: pystac.Item, product: str | None) -> str | None:
    """Why a scene is not looked at, by its product alone."""
    kind_of = PRODUCTS[item.properties[PRODUCT]]
    if product is None:
        return _OPTICAL if kind_of.radar else None
    if kind_of.id != product:
        return f"of another product than {product}"
    return _SLANT if item.properties.get(SLANT) else None


def _views(
    items: Sequence[pystac.Item],
    site: Site,
    period: Period,
    source: Source | None,
    product: str | None,
) -> list[View]:
    """The readable scenes of a period that show the site: at least one."""
    ground = ground_of(site)
    wanted = [item for item in items if _refusal(item, product) is None]
    shown = [item for item in passes.group(wanted, ground).items if shows(item, ground)]
    if not items:
        days = NEIGHBOURHOOD.days
        raise InputError("The period", _text(period), f"one with a scene; none within {days} days")
    if not wanted:
        problem = f"has no scene to compare: {_refusal(items[0], product)} ({items[0].id})"
        raise GridError(site.id, problem, "Choose another period, product or source.")
    if not shown:
        west, south, east, north = site.bounds
        place = f"longitude {west:.3f} to {east:.3f}, latitude {south:.3f} to {north:.3f}"
        problem = f"is on none of the {len(items)} scenes"
        raise GridError(site.id, problem, f"Give scenes of {place}.")
    inside = _within(shown, period)
    if not inside:
        raise InputError("The period", _text(period), _nearest(shown, site, period))
    views = [view(item, site, source) for item in inside]
    readable = [each for each in views if isinstance(each, View)]
    if not readable:
        raise next(each for each in views if not isinstance(each, View))
    return readable


def _text(period: Period) -> str:
    first, last = period.start.date(), (period.end - timedelta(microseconds=1)).date()
    return f"{first}" if first == last else f"{first}/{last}"


def _nearest(shown: Sequence[pystac.Item], site: Site, period: Period) -> str:
    moments = [moment(item) for item in shown]
    earlier = [each for each in moments if each < period.start]
    later = [each for each in moments if each >= period.end]
    near = [f"{end(part):%Y-%m-%d}" for end, part in ((max, earlier), (min, later)) if part]
    said = (
        f"the nearest are on {' and '.join(near)}"
        if len(near) == 2
        else f"the nearest is on {near[0]}"
    )
    return f"one with a scene of {site.id}; {said}"


def _local_date(item: pystac.Item, site: Site) -> str:
    west, _, east, _ = site.bounds
    solar: datetime = moment(item).astimezone(UTC) + timedelta(hours=(west + east) / 2 / 15)
    return f"{solar:%Y-%m-%d}"


def _look(seen: View, taken: View | None, period: Period, site: Site) -> Look:
    state, reason = _standing(seen, taken, period)
    day = _local_date(seen.item, site)
    return Look(seen.item, seen.clear, state, reason, day, dict(seen.masked))


def _standing(seen: View, taken: View | None, period: Period) -> tuple[State, str]:
    if taken is None or seen is taken:
        return "chosen", (
            "clearest view of the zones" if seen.clear else "no better view; nothing is clear"
        )
    if seen.clear < taken.clear - TIE:
        return "usable", "less clear than the chosen scene"
    ranks = zip(_BEHIND, rank(seen, period), rank(taken, period), strict=True)
    behind = next((word for word, mine, other in ranks if mine != other), "another copy of it")
    return "usable", f"as clear as the chosen scene, but {behind}"
