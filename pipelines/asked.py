"""What a run was asked for: enough to ask again for the same, of kept originals alone.

As JSON in gzip it is kept under its SHA-256 beside the originals; the custody log of the run holds
that hash.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import shapely

from imagery.errors import UnreadableFile
from imagery.keep import Keep
from imagery.model import Period, Site, Zone
from imagery.originals import Originals
from pipelines.config import Options

SCHEMA = "tilewitness-asked/1"
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
    name = "what the run was asked for"
    said: dict[str, Any] = json.loads(gzip.decompress(keep.get(digest, name=name).read_bytes()))
    if said.get("schema") != SCHEMA:
        problem = f"it has the form {said.get('schema')} and not {SCHEMA}"
        raise UnreadableFile(name, problem, "Replay it with the version that made it.")
    return said


def kept_files(said: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of everything that must be kept to run again, with a name for each."""
    files = [*said.get("files", []), said.get("article"), said.get("text")]
    found = {file["sha256"]: file["name"] for file in files if file}
    for answer in said.get("answers", {}).get("answers", {}).values():
        for asset in (answer.get("item") or {}).get("assets", {}).values():
            kept = asset["tilewitness:kept"]
            found |= {digest: kept["name"] for _, _, digest in kept["pieces"]}
    return found


def periods_of(said: Mapping[str, Any]) -> tuple[Period, Period]:
    """The periods of a comparison."""
    first, last = (
        Period(*(datetime.fromisoformat(each) for each in days)) for days in said["periods"]
    )
    return first, last


def site_json(site: Site) -> dict[str, Any]:
    """A site as it was read, to the last digit of its outlines."""
    zones = [
        asdict(zone) | {"geometry": shapely.geometry.mapping(zone.geometry)} for zone in site.zones
    ]
    said = {"id": site.id, "name": site.name, "aliases": list(site.aliases)}
    return said | {"zones": zones, "sha256": site.sha256}


def site_from(said: Mapping[str, Any]) -> Site:
    """The same site again."""
    zones = tuple(
        Zone(**{**zone, "geometry": shapely.geometry.shape(zone["geometry"])})
        for zone in said["zones"]
    )
    return Site(said["id"], said["name"], tuple(said["aliases"]), zones, said["sha256"])


def _asked(what: str, options: Options) -> dict[str, Any]:
    chosen = {name: getattr(options, name) for name in RESULT}
    return {"schema": SCHEMA, "do": what, "options": chosen}


def _file(name: str, digest: str) -> dict[str, str]:
    return {"name": name, "sha256": digest}
