"""``index.html`` of a folder of runs: every site, how it stands, and what is new.

It is made from the run folders below and from nothing else: no clock is asked. Silence is counted
up to the newest image or run of the folder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from imagery.errors import UnreadableFile, WriteError
from imagery.run_folder import PAGES
from imagery.write import write_text
from pipelines.report import words
from pipelines.report.graticule import WIDTH, Net
from pipelines.report.page import STYLE, render
from pipelines.report.shelf import Shelved, shelved
from pipelines.report.standing import STATES, Look, Standing, Statement, days_between, stand
from pipelines.verdict import VERDICTS

PAGE = "index.html"
MADE = b'data-made="tilewitness-overview"'
"""Stands in every overview: another page of that name is not overwritten."""

STYLES, SCRIPT = (*STYLE, "overview.css"), "overview.js"
MOST_NAMES = 12
"""Sites that are named on the map; more names would lie on each other."""

MOST_CHANGES, MOST_OF_ALL = 10, 500
"""Changes that are listed, of a site and of all: confirmed ones first, newest first."""

Facts = dict[str, Any]


def write(folder: Path) -> Path:
    """Write the overview of the runs below a folder into it.

    Raises:
        UnreadableFile: there is no run below it.
        WriteError: the page cannot be written, or one that is not ours is there.
    """
    found = stand(shelved(folder))
    if not found.runs and not found.unusable:
        reason = "no run is in it or below it"
        raise UnreadableFile(folder, reason, "Name a run, or a folder that holds runs.")
    path = folder / PAGE
    if path.is_symlink() or (path.exists() and MADE not in path.read_bytes()):
        raise WriteError(path, "a page of somebody else is there; move it first")
    write_text(path, page_of(found))
    return path


def page_of(found: Standing) -> str:
    """The page as one text: the same runs give the same bytes."""
    made_up = [bool(each.run.record["simulated"]) for each in found.runs]
    latest = [looks[-1] for _, looks in sorted(found.looks.items())]
    now = _newest(found)
    rows = sorted(
        (_row(look, found, now) for look in latest), key=lambda row: (row["rank"], row["id"])
    )
    states = Counter(row["state"] for row in rows)
    changes = sorted(
        (change for look in latest for change in _changes(look)),
        key=lambda change: (change["state"] == "confirmed", change["first_order"]),
        reverse=True,
    )
    facts = {
        "title": "Overview of runs",
        "simulated": bool(made_up) and all(made_up),
        "partly_simulated": any(made_up) and not all(made_up),
        "sites": rows,
        "runs": len(found.runs),
        "now": now and words.day(now),
        "states": {name: text for name, text in STATES.items() if states[name]},
        "counts": states,
        "map": _map(latest),
        "news": [_news(before, after) for before, after in found.changed()],
        "changes": changes[:MOST_OF_ALL],
        "unlisted": sum(len(look.changes) for look in latest) - len(changes[:MOST_OF_ALL]),
        "damaged": _damaged(found),
        "pairs": [_link(each) for each in found.pairs],
        "version": None if not found.runs else found.runs[-1].run.record["versions"]["tilewitness"],
    }
    return render("overview.html.j2", facts, styles=STYLES, script=SCRIPT)


def _newest(found: Standing) -> str:
    """The newest image or run, UTC text; empty where nothing is dated."""
    images = [look.newest for looks in found.looks.values() for look in looks]
    simulated = all(bool(each.run.record["simulated"]) for each in found.runs)
    # Generated images are of other days than those on which they are looked at.
    runs = [] if simulated else [each.started for each in found.runs]
    return max([*images, *runs], default="")


def _row(look: Look, found: Standing, now: str) -> Facts:
    """A site in the table."""
    told = _latest_statements(look.site, found)
    counts = Counter(each.verdict for each in told)
    news = sum(after.site == look.site for _, after in found.changed())
    confirmed = sum(change["state"] == "confirmed" for change in look.changes)
    return {
        "id": look.site,
        "name": look.name,
        "state": look.state,
        "state_words": STATES[look.state],
        "rank": list(STATES).index(look.state),
        "simulated": look.simulated,
        "confirmed": confirmed,
        "provisional": len(look.changes) - confirmed,
        "objects": look.objects,
        "verdicts": [(name, counts[name]) for name in VERDICTS if counts[name]],
        "statements": len(told),
        "news": news,
        "usable": look.usable or "",
        "usable_words": words.brief_day(look.usable) if look.usable else "none",
        "silent": days_between(look.usable, now),
        "newest": look.newest,
        "newest_words": words.brief_day(look.newest or None),
        "link": _link(look.run),
        "earlier": [
            _link(each.run) | _when(each) for each in reversed(found.looks[look.site][:-1])
        ],
    }


def _when(look: Look) -> Facts:
    return {"day": words.brief_day(look.newest or None), "state_words": STATES[look.state]}


def _latest_statements(site: str, found: Standing) -> list[Statement]:
    return [told[-1] for told in found.statements.values() if told[-1].site == site]


def _link(shelved_run: Shelved) -> Facts:
    """The page of a run, or the folder where it has none."""
    page = PAGES[0]
    there = (shelved_run.run.folder / page).is_file()
    path = quote(shelved_run.name) + "/"
    return {
        "href": "./" + path + (page if there else ""),
        "name": shelved_run.name,
        "page": there,
        "damages": len(shelved_run.run.damages),
    }


def _news(before: Statement, after: Statement) -> Facts:
    return {
        "quote": after.quote,
        "site": after.site,
        "before": before.verdict,
        "after": after.verdict,
        "chance": words.chance(after.posterior),
        "before_link": _link(before.run),
        "after_link": _link(after.run),
        "simulated": bool(after.run.run.record["simulated"]),
    }


def _changes(look: Look) -> list[Facts]:
    newest = sorted(
        look.changes,
        key=lambda change: (change["state"] == "confirmed", change["first_seen"]),
        reverse=True,
    )
    return [
        {
            "site": look.name,
            "zone": change["zone_id"],
            "state": change["state"],
            "first": words.brief_day(change["first_seen"]),
            "first_order": change["first_seen"],
            "without": words.brief_day(change["last_seen_without"]),
            "area": words.figure(change["area_m2"], "m²"),
            "place": words.place(*change["place"]),
            "link": _link(look.run),
            "simulated": look.simulated,
        }
        for change in newest[:MOST_CHANGES]
    ]


def _damaged(found: Standing) -> list[Facts]:
    told = [{"name": each.name, "reasons": [each.reason]} for each in found.unusable]
    for each in found.runs:
        if each.run.damages:
            reasons = [f"{one.name} is {one.what}" for one in each.run.damages]
            told.append({"name": each.name, "reasons": reasons})
    return sorted(told, key=lambda one: str(one["name"]))


def _map(latest: Sequence[Look]) -> Facts | None:
    """Dots of the sites whose place is known."""
    placed = [(look, look.place) for look in latest if look.place is not None]
    if not placed:
        return None
    net = Net.around([place for _, place in placed])
    return {
        "width": WIDTH,
        "height": round(net.height, 1),
        "dots": [
            {
                "x": x,
                "y": y,
                "name": look.name,
                "state": look.state,
                "state_words": STATES[look.state],
                "left": x > WIDTH * 0.8,
            }
            for look, place in placed
            for x, y in [net.at(*place)]
        ],
        "named": len(placed) <= MOST_NAMES,
        "unplaced": len(latest) - len(placed),
        **net.lines(),
    }
