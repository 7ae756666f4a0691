"""What is due at a site and why, found without comparing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pystac

from imagery import passes
from imagery.catalogs import PRODUCT
from imagery.keep import sha256_of
from imagery.model import Period, Site
from imagery.passes import moment
from imagery.scenes import Look, looks, search
from imagery.sensors import PRODUCTS
from imagery.sites import load_site, site_at
from imagery.sources import Source
from imagery.views import ground_of, shows
from imagery.write import utc_text
from pipelines.batch.identity import run_name, scene_facts
from pipelines.batch.store import Digests, Store
from pipelines.batch.watchlist import Entry
from pipelines.config import Options
from pipelines.dossier import LATER_DAYS
from pipelines.verify import Statements, statements

BEFORE_DAYS = 180
"""So far before the latest clear date the one to compare it with is looked for."""

MARGIN_DAYS = 30
"""Around the days of a text: what its words reach beyond their dates."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A scene, as a plan tells of it."""

    id: str
    datetime: str
    clear: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch would do at a site.

    Attributes:
        entry: Name of the site in the list.
        due: Whether to run.
        reason: Why, or why not.
        run: Name of the run; None where there is nothing to run.
        scenes: Those to compare, oldest first; of a text all that are searched.
        total: Scenes that the result rests on, with the history.
        bytes: To fetch, where the catalogue says sizes; None where it does not. 0 = all is here.
        latest: Newest scene that shows enough of the zones, of the rule ``latest``.
        periods: To compare; None for a text.
        options: For the comparison.
    """

    entry: str
    due: bool
    reason: str
    run: str | None = None
    scenes: tuple[Seen, ...] = ()
    total: int = 0
    bytes: int | None = 0
    latest: Seen | None = None
    periods: tuple[Period, Period] | None = None
    options: Options | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a plan is made.

    Attributes:
        source: Where scenes come from.
        store: Of the runs.
        now: The clock, UTC.
        digests: Of local files.
        settled: Runs that were refused before, with the reason: the same input is refused again.
    """

    source: Source
    store: Store
    now: datetime
    digests: Digests
    settled: Mapping[str, str]


def plan(entry: Entry, ground: Ground) -> Plan:
    """Find out whether a site is due.

    Raises:
        ImageryError: the source, the site or the text cannot be read.
    """
    if entry.rule.kind == "claims":
        return _of_text(entry, ground)
    site = load_site(entry.places[0])
    if entry.rule.kind == "dates":
        return _of_periods(entry, site, ground, entry.rule.periods)
    return _of_latest(entry, site, ground)


def asked_of(entry: Entry) -> Statements:
    """The statements of the rule ``claims``."""
    rule = entry.rule
    published = None if rule.date is None else date.fromisoformat(rule.date)
    sites = tuple(load_site(place) for place in entry.places)
    return statements(Path(str(rule.article)), article_date=published, sites=sites)


def _of_latest(entry: Entry, site: Site, ground: Ground) -> Plan:
    rule, product = entry.rule, entry.options.product
    after = _clear(entry, site, ground, days=(0, rule.look_back), product=product)
    if after is None:
        share = f"{rule.clear:.0%} of the zones"
        return Plan(entry.name, False, f"no scene of the last {rule.look_back} days shows {share}")
    kind = str(after.item.properties[PRODUCT])
    latest = _seen(after)
    age = (ground.now.date() - moment(after.item).date()).days
    before = _clear(entry, site, ground, days=(age + 1, age + BEFORE_DAYS), product=kind)
    if before is None:
        why = f"{latest.id} is the only clear scene of {kind} in {BEFORE_DAYS} days"
        return Plan(entry.name, False, why, latest=latest)
    days = tuple(Period.parse(f"{moment(each.item):%Y-%m-%d}") for each in (before, after))
    options = replace(entry.options, product=kind)
    found = _history(site, ground, moment(before.item), moment(after.item), options=options)
    return _named(
        Plan(
            entry.name,
            True,
            f"{latest.id} is new",
            scenes=(_seen(before), latest),
            latest=latest,
            periods=(days[0], days[1]),
            options=options,
        ),
        found,
        [site],
        ground,
    )


def _of_periods(entry: Entry, site: Site, ground: Ground, periods: tuple[Period, Period]) -> Plan:
    product = entry.options.product
    found = [search(ground.source, site, period, product=product).items for period in periods]
    inside = [
        [item for item in items if moment(item) in period and _serves(item, site, product)]
        for items, period in zip(found, periods, strict=True)
    ]
    for name, items in zip(("before", "after"), inside, strict=True):
        if not items:
            return Plan(entry.name, False, f"no scene yet of the period {name}")
    past = _history(site, ground, periods[0].start, periods[1].end, options=entry.options)
    all_of = {(item.id, moment(item)): item for item in (*inside[0], *inside[1], *past)}
    return _named(
        Plan(
            entry.name,
            True,
            "its scenes are new",
            scenes=tuple(_told(item) for part in inside for item in part),
            periods=periods,
            options=entry.options,
        ),
        list(all_of.values()),
        [site],
        ground,
    )


def _of_text(entry: Entry, ground: Ground) -> Plan:
    asked = asked_of(entry)
    reach: dict[str, list[date]] = {}
    for claim in asked.file.claims:
        site = site_at(asked.sites.values(), claim.site_id)
        if claim.checkable and site is not None and claim.date is not None:
            days = (claim.date.start, claim.date.end)
            known = [date.fromisoformat(day) for day in days if day is not None]
            reach.setdefault(site.id, []).extend(known)
    sites = [asked.sites[name] for name in sorted(reach) if reach[name]]
    items: dict[tuple[str, datetime], pystac.Item] = {}
    for site in sites:
        for item in _around(site, reach[site.id], ground, history=entry.options.history):
            items[item.id, moment(item)] = item
    scenes = tuple(sorted((_told(item) for item in items.values()), key=lambda s: s.datetime))
    due = Plan(
        entry.name,
        True,
        "its text or its scenes are new",
        scenes=scenes,
        options=entry.options,
    )
    text = [sha256_of(str(entry.rule.article)), entry.rule.date]
    return _named(due, list(items.values()), sites, ground, asked={"text": text})


def _around(site: Site, days: Sequence[date], ground: Ground, *, history: int) -> list[pystac.Item]:
    back, on = timedelta(days=history + MARGIN_DAYS), timedelta(days=LATER_DAYS + MARGIN_DAYS)
    first, last = (datetime(d.year, d.month, d.day, tzinfo=UTC) for d in (min(days), max(days)))
    found = ground.source.search(site.bounds, Period(first - back, last + on)).items
    return [item for item in found if _serves(item, site, None)]


def _named(
    due: Plan,
    items: Sequence[pystac.Item],
    sites: Sequence[Site],
    ground: Ground,
    *,
    asked: Mapping[str, object] | None = None,
) -> Plan:
    """The plan with the name of its run, and what the store already holds of it."""
    options = due.options or Options()
    said = asked or {"days": [_days(period) for period in due.periods or ()]}
    facts = [scene_facts(item, ground.digests) for item in items]
    last = max((scene.datetime for scene in due.scenes), default=utc_text(ground.now) or "")
    name = run_name(
        last[:10].replace("-", ""), sites=sites, asked=said, scenes=facts, options=options
    )
    found = replace(due, run=name, total=len(items), bytes=_bytes(items))
    if name in ground.settled:
        return replace(found, due=False, reason=f"refused before: {ground.settled[name]}")
    if ground.store.holds(due.entry, name):
        return replace(found, due=False, reason=f"{name} is there")
    if ground.store.of(due.entry, name).exists():
        return replace(found, reason=f"{name} is there but not whole")
    return found


def _clear(
    entry: Entry, site: Site, ground: Ground, *, days: tuple[int, int], product: str | None
) -> Look | None:
    """The newest scene that shows enough of the zones, so many days back: day by day, lazily."""
    youngest, oldest = (ground.now - timedelta(days=number) for number in days)
    if days[0]:
        youngest = youngest.replace(hour=23, minute=59, second=59)
    reach = Period(oldest, youngest + timedelta(seconds=1))
    found = ground.source.search(site.bounds, reach).items
    for day in sorted({moment(item).date() for item in found}, reverse=True):
        whole = Period.parse(day.isoformat())
        near = Period(whole.start - passes.PASS, min(whole.end, reach.end) + passes.PASS)
        items = [item for item in found if moment(item) in near]
        rows = looks(items, site, whole, source=ground.source, product=product)
        for look in rows:
            if look.state == "chosen" and (look.clear or 0) >= entry.rule.clear:
                return look
    return None


def _history(
    site: Site, ground: Ground, before: datetime, after: datetime, *, options: Options
) -> list[pystac.Item]:
    """Every scene that a comparison of two dates may rest on: theirs and those before them."""
    first = before - timedelta(days=options.history) - passes.PASS
    found = ground.source.search(site.bounds, Period(first, after + passes.PASS)).items
    return [item for item in found if _serves(item, site, options.product)]


def _serves(item: pystac.Item, site: Site, product: str | None) -> bool:
    kind = PRODUCTS[item.properties[PRODUCT]]
    wanted = not kind.radar if product is None else kind.id == product
    return wanted and shows(item, ground_of(site))


def _bytes(items: Sequence[pystac.Item]) -> int | None:
    """Of files that are not here, as their catalogue says; an upper bound: blocks are fetched."""
    remote = [a for item in items for a in item.assets.values() if "://" in a.href]
    sizes = [asset.extra_fields.get("file:size") for asset in remote]
    if not all(isinstance(size, int) for size in sizes):
        return None
    return sum(int(size) for size in sizes if size is not None)


def _seen(look: Look) -> Seen:
    return replace(_told(look.item), clear=look.clear)


def _told(item: pystac.Item) -> Seen:
    return Seen(item.id, utc_text(moment(item)) or "")


def _days(period: Period) -> list[str | None]:
    return [utc_text(period.start), utc_text(period.end)]
