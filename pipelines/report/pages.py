"""``report.html``: one page for one run folder, made from that folder and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagery.errors import UnreadableFile
from imagery.run_folder import PAGES
from imagery.write import write_text
from pipelines.json_form import ODD
from pipelines.report import origin, qgis, sites, statements, summary, text, viewer, words
from pipelines.report.folder import Damage, Run, open_run
from pipelines.report.gathered import compared, gather
from pipelines.report.page import render
from pipelines.report.pictures import Album

PAGE, PROJECT, SUMMARY = PAGES
VERIFY, COMPARE = "tilewitness-verify/1", "tilewitness-run/1"

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """A page that was written.

    Attributes:
        page: Where it is.
        sealed: Whether ``run.json`` is as the run left it.
        damages: Products that are not.
    """

    page: Path
    sealed: bool
    damages: tuple[Damage, ...]


def write(folder: Path) -> Made:
    """Make the page of a run again, its QGIS project and its summary, each with its hash beside it.

    Args:
        folder: What ``verify``, ``compare`` or ``diff`` wrote.

    Raises:
        UnreadableFile: the folder holds no record of a run that this version knows.
        WriteError: the page cannot be written.
    """
    run = open_run(folder)
    for name, content in texts(run).items():
        write_text(folder / name, content)
        digest = hashlib.sha256(content.encode("utf-8")).hexdigest()
        write_text(folder / f"{name}.sha256", f"{digest}  {name}\n")
    return Made(folder / PAGE, run.sealed, run.damages)


def texts(run: Run) -> dict[str, str]:
    """Everything that is made of a run again, by the name of its file.

    Raises:
        UnreadableFile: the folder holds no record of a run that this version knows.
    """
    return {
        PAGE: page_of(run),
        PROJECT: _told(run, qgis.project),
        SUMMARY: _told(run, summary.summary),
    }


def page_of(run: Run) -> str:
    """The page of a run as one text: the same folder gives the same bytes.

    Raises:
        UnreadableFile: the folder holds no record of a run that this version knows.
    """
    make = {VERIFY: _verified, COMPARE: _compared}.get(str(run.record.get("schema")))
    if make is None:
        said = f"its schema is {str(run.record.get('schema'))[:40]!r}"
        raise UnreadableFile(run.folder / "run.json", said, f"{VERIFY} and {COMPARE} are known.")
    return _told(run, make)


def _told(run: Run, make: Callable[[Run], str]) -> str:
    try:
        return make(run)
    except UnreadableFile:
        raise
    except ODD as error:
        why = f"{type(error).__name__}: {str(error)[:120]}"
        raise UnreadableFile(
            run.folder / "run.json",
            f"it, or what it lists, is not what this version writes ({why})",
            "Run it again." if run.sealed else "It was altered after the run; run it again.",
        ) from error


def _verified(run: Run) -> str:
    album = Album()
    found = gather(run, album)
    told = [statements.tell(name, found) for name in found.verdicts]
    places = [sites.tell(name, found) for name in run.record["sites"]]
    facts = _common(run) | {
        "title": "Statements beside satellite images",
        "headline": "What the text says, and what the images show",
        "standfirst": words.standfirst([one["verdict"] for one in told]),
        "article_date": run.record["article_date"] and words.day(run.record["article_date"]),
        "statements": told,
        "by_id": {one["id"]: one for one in told},
        "passages": text.passages(found),
        "sites": places,
        "origin": origin.of_verify(found),
    }
    return _illustrated("verify.html.j2", facts, album)


def _compared(run: Run) -> str:
    album = Album()
    found = compared(run)
    simulated = bool(run.record["simulated"])
    keys = [
        (when, album.add_framed(run.data(f"{when}.png"), found.size, simulated=simulated))
        for when in ("before", "after")
    ]
    days = " to ".join(words.day(each) for each in found.moments)
    name = (found.outlines or {}).get("name") or found.site_id or "Two images"
    facts = _common(run) | {
        "title": f"{name}, {days}",
        "headline": name,
        "days": days,
        "name": name,
        "state": run.record["state"],
        "counts": run.record["detections"],
        "clear": words.percent(run.record["clear_share"]),
        "pixel": words.figure(run.record["grid"]["pixel_m"], "m"),
        "viewer": viewer.of_comparison(found, [each for each in keys if each[1]]),
        "objects": sites.rows(found),
        "timeline": sites.own_timeline(found),
        "zones": [each["properties"] for each in (found.outlines or {}).get("features", ())],
        "origin": origin.of_comparison(run, found),
    }
    return _illustrated("comparison.html.j2", facts, album)


def _common(run: Run) -> Facts:
    return {
        "run": run,
        "simulated": bool(run.record["simulated"]),
        "version": run.record["versions"]["tilewitness"],
        "place": words.place,
    }


def _illustrated(template: str, facts: Facts, album: Album) -> str:
    """The page with its pictures, which are known once everything that shows one has been told."""
    pictures = album.fitted()
    how = "Those of a run are held as it left them, byte for byte; site maps are reduced."
    if album.compressed is not None:
        how = (
            f"To keep this file small they are compressed (WebP, quality {album.compressed}): faint"
            " detail may be lost or made up. The originals are in the run folder."
        )
    return render(template, facts | {"pictures": pictures, "pictures_said": how})
