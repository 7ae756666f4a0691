"""Foreign Items that a catalogue gave to a search result; what is refused is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pystac
import shapely

from imagery.archives import Archive
from imagery.catalogs.api import Query, Reader, check_collection, is_api, search_api
from imagery.catalogs.crawl import Documents, WebDocuments, box_elsewhere, crawl
from imagery.catalogs.foreign import Origin, canonical_item
from imagery.catalogs.found import Refused, SearchResult
from imagery.errors import ImageryError, TooLarge, UntrustedError, printable

MAX_ITEMS = 5000
"""Items of one search. A site seen daily by four sensors for three years has fewer."""

_TOO_MANY = f"{MAX_ITEMS}; ask for a shorter period"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a catalogue holds of a query.

    Attributes:
        features: Foreign Items with the URL or path of the document that holds each.
        claimed: True where the catalogue itself says that they match the query: one that does
            not is refused, and not just another scene.
    """

    features: Iterable[tuple[Any, str]]
    claimed: bool


def search_archive(web: Reader, archive: Archive, query: Query) -> SearchResult:
    """What a known archive holds, of all its collections; one that it lacks is refused.

    Raises:
        UntrustedError, TooLarge, NetworkError: see ``api.search_api``; or it has none of them.
    """
    landing = web.json(archive.url)
    if not is_api(landing):
        raise UntrustedError(archive.name, "its landing page offers no search", "Try again later.")
    asked = replace(query, collections=tuple(archive.collections))
    given: set[str] = set()
    pages = _noting(search_api(web, archive.url, landing, asked), given)
    found = gathered(Answer(pages, claimed=True), query, name=archive.name, archive=archive)
    absent: list[Refused] = []
    for key in archive.collections:
        try:
            if key not in given:
                check_collection(web, archive.url, key)
        except ImageryError as fault:
            if len(absent) + 1 == len(archive.collections):
                raise
            # One of several was renamed or is down: the others still answer for themselves.
            absent.append(Refused(f"collection {key}", str(fault)))
    return SearchResult(found.items, (*absent, *found.refused))


def search_web(web: Reader, url: str, document: Any, query: Query, *, name: str) -> SearchResult:
    """What a STAC API, a collection of one, or a static catalogue on the web holds.

    Raises:
        UntrustedError, TooLarge, NetworkError: see ``api.search_api`` and ``crawl.crawl``.
    """
    if is_api(document):
        answer = Answer(search_api(web, url, document, query), claimed=True)
    else:
        answer = Answer(crawl(WebDocuments(web, url), url, document, query), claimed=False)
    return gathered(answer, query, name=name)


def search_files(documents: Documents, path: Path, root: Path, query: Query) -> SearchResult:
    """What a static catalogue on disk holds.

    Raises:
        UntrustedError, TooLarge, UnreadableFile: see ``crawl.crawl``.
    """
    features = crawl(documents, str(path), None, query)
    return gathered(Answer(features, claimed=False), query, name=str(path), root=root)


def gathered(
    answer: Answer,
    query: Query,
    *,
    name: str,
    archive: Archive | None = None,
    root: Path | None = None,
) -> SearchResult:
    """Canonical Items of an answer by datetime and id, and what was refused by id.

    Raises:
        TooLarge: over ``MAX_ITEMS`` Items.
    """
    items: list[pystac.Item] = []
    refused: list[Refused] = []
    seen: set[tuple[str, str]] = set()
    for said, base in _bounded(answer.features, name):
        if isinstance(said, dict):
            key = (str(said.get("collection")), str(said.get("id")))
            if key in seen or (
                not answer.claimed and box_elsewhere(said.get("bbox"), query.bounds)
            ):
                continue
            seen.add(key)
        try:
            item = canonical_item(said, Origin(base, root, archive))
        except ImageryError as fault:
            known = printable(said.get("id")) if isinstance(said, dict) else "an entry without id"
            refused.append(Refused(known, str(fault)))
            continue
        off = _off(item, query)
        if off is None:
            items.append(item)
        elif answer.claimed:
            refused.append(Refused(item.id, off))
    return SearchResult(
        tuple(sorted(items, key=lambda item: (item.datetime, item.id))),
        tuple(sorted(refused, key=lambda each: (each.id, each.reason))),
    )


def _noting(features: Iterable[tuple[Any, str]], given: set[str]) -> Iterator[tuple[Any, str]]:
    """The same, the collections that they are of put into ``given``."""
    for said, base in features:
        if isinstance(said, dict):
            given.add(str(said.get("collection")))
        yield said, base


def _bounded(features: Iterable[tuple[Any, str]], name: str) -> Iterator[tuple[Any, str]]:
    for count, each in enumerate(features, start=1):
        if count > MAX_ITEMS:
            raise TooLarge(f"The answer of {name}", f"over {MAX_ITEMS} Items", _TOO_MANY)
        yield each


def _off(item: pystac.Item, query: Query) -> str | None:
    """Why an Item is no answer to a query, or None."""
    if item.datetime is None or item.datetime not in query.period:
        return f"It was taken on {item.datetime:%Y-%m-%dT%H:%M:%SZ}, outside the period asked for."
    if not shapely.geometry.shape(item.geometry).intersects(shapely.box(*query.bounds)):
        return "The archive gave it for this place, but its footprint lies elsewhere."
    return None
