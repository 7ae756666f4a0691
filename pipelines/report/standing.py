"""How things stand at each site of many runs: its latest state, its silence, its statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import shapely

from pipelines.json_form import ODD
from pipelines.report.gathered import Comparison, compared, gather
from pipelines.report.pictures import Album
from pipelines.report.shelf import Shelved, Unusable
from pipelines.verdict import VERDICTS

CLEAR = 0.5
"""Share of a zone that an image must show to count as usable."""

STATES = {
    "confirmed": "confirmed change",
    "provisional": "provisional change",
    "objects": "changed objects without a history",
    "quiet": "no change found",
    "damaged": "not known, files are damaged",
    "unseen": "no clear view",
    "untested": "not compared",
}
"""Of a site, by what its latest run says; the first that fits."""

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What one run says of one site.

    Attributes:
        site: Id.
        run: The run.
        name: Of the site.
        place: (lon, lat) of its middle, None where its outlines are gone.
        newest: Sensing time of the newest image, UTC text, empty where none is dated.
        usable: Of the newest image that shows enough of a zone, None where none does.
        state: Of ``STATES``.
        changes: Confirmed and provisional ones, as in ``history.json``.
        objects: Changed objects in zones.
    """

    site: str
    run: Shelved
    name: str
    place: tuple[float, float] | None
    newest: str
    usable: str | None
    state: str
    changes: Sequence[Facts] = ()
    objects: int = 0

    @property
    def simulated(self) -> bool:
        """Whether its imagery is generated."""
        return bool(self.run.run.record["simulated"])

    @property
    def order(self) -> tuple[str, str, str]:
        """Newer images first of all: clocks of machines are set back at times."""
        return self.newest, self.run.started, self.run.name


@dataclass(frozen=True, slots=True)
class Statement:
    """A verdict on a statement in one run.

    Attributes:
        key: The same for the same statement in other runs.
        site: Id, None where it names no known site.
        quote: Its words.
        verdict: See ``verdict.VERDICTS``.
        posterior: None where nothing was weighed.
        look: Order of the run, see ``Look.order``.
        run: The run.
    """

    key: tuple[Any, ...]
    site: str | None
    quote: str
    verdict: str
    posterior: float | None
    look: tuple[str, str, str]
    run: Shelved


@dataclass(slots=True)
class Standing:
    """Everything below a folder.

    Attributes:
        looks: By site id, oldest first.
        statements: By key, oldest first.
        runs: All that could be read.
        pairs: Runs of two files, which name no site.
        unusable: Those that could not.
    """

    looks: dict[str, list[Look]] = field(default_factory=dict)
    statements: dict[tuple[Any, ...], list[Statement]] = field(default_factory=dict)
    runs: list[Shelved] = field(default_factory=list)
    pairs: list[Shelved] = field(default_factory=list)
    unusable: list[Unusable] = field(default_factory=list)

    def changed(self) -> list[tuple[Statement, Statement]]:
        """Statements whose verdict is another than in the run before: before, now."""
        return [
            (told[-2], told[-1])
            for told in self.statements.values()
            if len(told) > 1 and told[-2].verdict != told[-1].verdict
        ]


def stand(runs: Iterable[Shelved | Unusable]) -> Standing:
    """Read what the runs say."""
    found = Standing()
    for each in runs:
        if isinstance(each, Unusable):
            found.unusable.append(each)
            continue
        try:
            looks, statements = _read(each)
        except ODD:
            found.unusable.append(Unusable(each.name, "its record is of a form not known here"))
            continue
        found.runs.append(each)
        if not looks and not statements:
            found.pairs.append(each)
        for look in looks:
            found.looks.setdefault(look.site, []).append(look)
        for statement in statements:
            found.statements.setdefault(statement.key, []).append(statement)
    for site, looks in found.looks.items():
        found.looks[site] = _placed(sorted(looks, key=lambda look: look.order))
    for statements in found.statements.values():
        statements.sort(key=lambda statement: statement.look)
    return found


def _placed(looks: list[Look]) -> list[Look]:
    """Looks that lost their outlines get name and place of the newest that has them."""
    known = next((look for look in reversed(looks) if look.place is not None), None)
    if known is None:
        return looks
    return [
        look if look.place is not None else replace(look, name=known.name, place=known.place)
        for look in looks
    ]


def _read(shelved: Shelved) -> tuple[list[Look], list[Statement]]:
    said = shelved.run.record
    if not isinstance(said["simulated"], bool) or not isinstance(
        said["versions"]["tilewitness"], str
    ):
        raise TypeError("what the page tells of every run is of another type")
    if "verdicts" in shelved.run.record:
        return _of_text(shelved)
    one = compared(shelved.run)
    return ([] if one.site_id is None else [_look(shelved, one)]), []


def _of_text(shelved: Shelved) -> tuple[list[Look], list[Statement]]:
    """A look at each site that a text speaks of, and its statements."""
    found = gather(shelved.run, Album())
    looks = []
    for site, said in shelved.run.record["sites"].items():
        mine = [_look(shelved, one) for one in found.of_site(site)]
        outlines = found.outlines.get(site)
        latest = max(
            mine,
            key=lambda look: look.order,
            default=Look(site, shelved, *_named(site, outlines), "", None, "untested"),
        )
        times = [scene["datetime"] for scene in said["scenes"] if scene["datetime"]]
        seen = [look.usable for look in mine if look.usable] + _shown(site, found.claims, found)
        looks.append(
            replace(
                latest,
                newest=max([latest.newest, *times]),
                usable=max(seen, default=None),
            )
        )
    orders = {look.site: look.order for look in looks}
    empty = ("", shelved.started, shelved.name)
    statements = []
    for name, verdict in found.verdicts.items():
        if verdict["verdict"] not in VERDICTS:
            raise ValueError("a word that is no verdict")
        claim = found.claims.get(name)
        if claim is not None:
            site = claim["site_id"]
            key = (" ".join(claim["quote"].casefold().split()), site, str(claim["date"]))
            order = orders.get(site, empty)
            told = verdict["verdict"], verdict["posterior"]
            statements.append(Statement(key, site, claim["quote"], *told, order, shelved))
    return looks, statements


def _shown(site: str, claims: Mapping[str, Facts], found: Any) -> list[str]:
    """Sensing times of images that were weighed and show enough of a site's zones."""
    return [
        seen["datetime"]
        for name, verdict in found.verdicts.items()
        if claims.get(name, {}).get("site_id") == site
        for seen in verdict["seen"]
        if (seen["facts"].get("clear") or 0) >= CLEAR
    ]


def _look(shelved: Shelved, one: Comparison) -> Look:
    site = str(one.site_id)
    history = one.record.get("history") or {}
    story = shelved.run.parsed(f"{one.name}history.json") or {}
    changes = story.get("alarms", [])
    objects = sum(each["properties"]["zone_id"] is not None for each in one.features)
    broken = any(
        shelved.run.damaged(f"{one.name}{name}") for name in ("detections.geojson", "history.json")
    )
    if broken:
        state = "damaged"
    elif one.record["state"] != "compared":
        state = "unseen"
    elif any(change["state"] == "confirmed" for change in changes):
        state = "confirmed"
    elif changes:
        state = "provisional"
    else:
        state = "objects" if objects and not history.get("used") else "quiet"
    moments = [each for each in one.moments if each]
    return Look(
        site,
        shelved,
        *_named(site, one.outlines),
        newest=max(moments, default=""),
        usable=max(_usable(one), default=None),
        state=state,
        changes=changes,
        objects=objects,
    )


def _usable(one: Comparison) -> Iterator[str]:
    for scene in one.record["scenes"]:
        hidden = [share for share in (scene.get("masked") or {}).values() if share is not None]
        if scene["datetime"] and hidden and min(hidden) <= 1 - CLEAR:
            yield scene["datetime"]
    for row in one.occupancy:
        if row["clear"] and float(row["clear"]) >= CLEAR:
            yield row["datetime"]


def _named(site: str, outlines: Mapping[str, Any] | None) -> tuple[str, tuple[float, float] | None]:
    """The name of a site and its middle."""
    if outlines is None:
        return site, None
    shapes = [shapely.geometry.shape(each["geometry"]) for each in outlines["features"]]
    west, south, east, north = shapely.total_bounds(shapes)
    if not -180 <= west <= east <= 180 or not -90 <= south <= north <= 90:
        raise ValueError(f"the outlines of {site} are nowhere")
    return str(outlines.get("name") or site), (float(west + east) / 2, float(south + north) / 2)


def days_between(first: str | None, last: str) -> int | None:
    """Whole days from one moment to another, None where one is not known."""
    if not first or not last:
        return None
    return max(0, (datetime.fromisoformat(last) - datetime.fromisoformat(first)).days)
