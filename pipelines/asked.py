"""What a run was asked for: enough to ask again for the same, of kept originals alone.

As JSON in gzip it is kept under its SHA-256 beside the originals; the custody log of the run holds
that hash.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import shapely

from imagery.catalogs import KEPT
from imagery.errors import UnreadableFile
from imagery.keep import Keep
from imagery.model import Period, Site, Zone
from imagery.originals import Originals
from imagery.run_folder import LARGEST_BYTES
from imagery.sites.outline import read_outline
from pipelines.config import Options
from pipelines.json_form import faults, strict_json

SCHEMA = "tilewitness-asked/1"
NAME = "what the run was asked for"
ALTERED = "It is not as a run left it."
FORM = Path(__file__).with_name("asked.schema.json")
RESULT = ("method", "product", "mask", "history")
"""Options that a result depends on."""


@dataclass(frozen=True, slots=True)
class Given:
    """The files that statements were read from.

    Attributes:
        name: Of the article, or of the claims file.
        data: Its bytes.
        text: Of the article of a claims file; None without one.
        article_date: When it was published, if the caller said.
        sites: Places beside those of the registry.
    """

    name: str
    data: bytes
    text: bytes | None = None
    article_date: date | None = None
    sites: tuple[Site, ...] = ()


def of_diff(files: Sequence[Path], originals: Originals, *, options: Options) -> dict[str, Any]:
    """A comparison of two files, before and after."""
    said = [_file(path.name, originals.keep.put(path)) for path in files]
    return _asked("diff", options) | {"files": said}


def of_compare(
    site: Site, periods: Sequence[Period], answers: Mapping[str, Any], *, options: Options
) -> dict[str, Any]:
    """A comparison of a site."""
    days = [[period.start.isoformat(), period.end.isoformat()] for period in periods]
    said = {"site": site_json(site), "periods": days, "answers": answers}
    return _asked("compare", options) | said


def of_verify(
    given: Given, answers: Mapping[str, Any], originals: Originals, *, options: Options
) -> dict[str, Any]:
    """A test of statements."""
    keep = originals.keep
    text = given.text and _file("article.txt", keep.put_bytes(given.text))
    day = given.article_date and given.article_date.isoformat()
    return _asked("verify", options) | {
        "article": _file(given.name, keep.put_bytes(given.data)),
        "text": text,
        "article_date": day,
        "sites": [site_json(site) for site in given.sites],
        "answers": answers,
    }


def read(keep: Keep, digest: str) -> dict[str, Any]:
    """What a run was asked for.

    Raises:
        UnreadableFile: it is not kept, or was altered, or is of another form.
    """
    path = keep.get(digest, name=NAME)
    try:
        with gzip.open(path) as file:
            data = file.read(LARGEST_BYTES + 1)
        said: dict[str, Any] = strict_json(data[:LARGEST_BYTES])
    except (OSError, EOFError, ValueError, RecursionError, zlib.error):
        problem = "it is no JSON in gzip, or a very large one"
        raise UnreadableFile(NAME, problem, ALTERED) from None
    fault = next(faults(said, FORM), None)
    if fault is not None:
        problem = f"it is not of the form {SCHEMA}: {fault}"
        raise UnreadableFile(NAME, problem, "Replay it with the version that made it.")
    return said


def kept_files(said: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of everything that must be kept to run again, with a name for each."""
    files = [*said.get("files", []), said.get("article"), said.get("text")]
    found = {file["sha256"]: file["name"] for file in files if file}
    for answer in said.get("answers", {}).get("answers", {}).values():
        for asset in (answer.get("item") or {}).get("assets", {}).values():
            kept = asset[KEPT]
            found |= {digest: kept["name"] for _, _, digest in kept["pieces"]}
    return found


def periods_of(said: Mapping[str, Any]) -> tuple[Period, Period]:
    """The periods of a comparison.

    Raises:
        UnreadableFile: they are none.
    """
    first, last = (Period(*map(_moment, days)) for days in said["periods"])
    return first, last


def day_of(said: Mapping[str, Any]) -> date | None:
    """When the article of statements was published, if the caller said.

    Raises:
        UnreadableFile: it is no day.
    """
    day = said["article_date"]
    return _moment(f"{day}T00:00:00+00:00").date() if day else None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise UnreadableFile(NAME, f"{text[:40]!r} in it is no time", ALTERED)
    return moment


def site_json(site: Site) -> dict[str, Any]:
    """A site as it was read, to the last digit of its outlines."""
    zones = [
        asdict(zone) | {"geometry": shapely.geometry.mapping(zone.geometry)} for zone in site.zones
    ]
    said = {"id": site.id, "name": site.name, "aliases": list(site.aliases)}
    return said | {"zones": zones, "sha256": site.sha256}


def site_from(said: Mapping[str, Any]) -> Site:
    """The same site again.

    Raises:
        UnreadableFile: an outline is none.
    """
    zones = tuple(
        Zone(**{**zone, "geometry": read_outline(Path(NAME), zone["geometry"], zone["id"])})
        for zone in said["zones"]
    )
    return Site(said["id"], said["name"], tuple(said["aliases"]), zones, said["sha256"])


def _asked(what: str, options: Options) -> dict[str, Any]:
    chosen = {name: getattr(options, name) for name in RESULT}
    return {"schema": SCHEMA, "do": what, "options": chosen}


def _file(name: str, digest: str) -> dict[str, str]:
    return {"name": name, "sha256": digest}
