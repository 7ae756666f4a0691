"""Search of a STAC API: pages of foreign Items, bounded, on the host that the user named.

Paging is done here and not by ``pystac-client``, whose requests cannot be sent through our own
reader: every byte of an archive goes through one place with its limits and its record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin

from imagery.catalogs.hrefs import same_place
from imagery.errors import TooLarge, UntrustedError, printable
from imagery.model import Period
from imagery.web.address import shown

MAX_PAGES = 200
"""Pages of one search; with ``PAGE`` Items each, four times what is ever taken."""

PAGE = 100
"""Items asked for on a page. Servers may send fewer."""

_REMEDY = "Give another source, or tell who keeps it."

Bounds = tuple[float, float, float, float]


class Reader(Protocol):
    """What is needed of ``web.Web``."""

    def json(self, url: str, *, body: Mapping[str, object] | None = None) -> Any:
        """A JSON document, by GET or, with a body, by POST."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for.

    Attributes:
        bounds: West, south, east, north in degrees.
        period: When the scene was taken.
        collections: Ids; empty for all.
    """

    bounds: Bounds
    period: Period
    collections: tuple[str, ...] = ()

    def body(self) -> dict[str, object]:
        """As STAC API wants it in a POST; the end of an interval is included there."""
        last = self.period.end - timedelta(microseconds=1)
        stamps = [f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}" for moment in (self.period.start, last)]
        said: dict[str, object] = {
            "bbox": list(self.bounds),
            "datetime": "/".join(stamps),
            "limit": PAGE,
        }
        return {**said, "collections": list(self.collections)} if self.collections else said

    def address(self, url: str) -> str:
        """The same as a GET."""
        said = {
            key: ",".join(str(each) for each in value) if isinstance(value, list) else value
            for key, value in self.body().items()
        }
        return f"{url}{'&' if '?' in url else '?'}{urlencode(said)}"


def is_api(document: Any) -> bool:
    """Whether a document is the landing page of a STAC API, or a collection of one."""
    kind = document.get("type") if isinstance(document, dict) else None
    kinds = {link.get("rel") for link in links_of(document) if isinstance(link.get("rel"), str)}
    if kind == "Collection":
        return "items" in kinds and not kinds & {"item", "child"}
    return "search" in kinds


def search_api(
    web: Reader, url: str, document: Mapping[str, Any], query: Query
) -> Iterator[tuple[Any, str]]:
    """Foreign Items that an API gives for a query, each with the URL of the page it stood on.

    Args:
        web: Reads.
        url: Of the landing page, or of a collection.
        document: What stands there.
        query: What is wanted.

    Raises:
        UntrustedError: no search, a page that is none, a way to another host, or a loop.
        TooLarge: over ``MAX_PAGES`` pages.
        NetworkError: no answer.
    """
    if document.get("type") == "Collection":
        (link, *_) = [link for link in links_of(document) if link.get("rel") == "items"]
        start = Query(query.bounds, query.period).address(_followed(link, url, url))
        return _pages(web, (start, None), url)
    links = [link for link in links_of(document) if link.get("rel") == "search"]
    if not links:
        raise UntrustedError(shown(url), "it is no STAC API with a search", _REMEDY)
    posts = [link for link in links if str(link.get("method")).upper() == "POST"]
    if posts:
        return _pages(web, (_followed(posts[0], url, url), query.body()), url)
    return _pages(web, (query.address(_followed(links[0], url, url)), None), url)


def check_collection(web: Reader, url: str, name: str) -> None:
    """That an API which gave nothing of a collection knows it: then nothing means nothing.

    Raises:
        UntrustedError: what it answers is not that collection.
        NetworkError: it does not know it.
    """
    said = web.json(f"{url.rstrip('/')}/collections/{name}")
    if not isinstance(said, dict) or said.get("id") != name:
        raise UntrustedError(shown(url), f"it has no collection {name}", _REMEDY)


def links_of(document: Any) -> list[dict[str, Any]]:
    """Links of a STAC document that have an address."""
    links = document.get("links") if isinstance(document, dict) else None
    if not isinstance(links, list):
        return []
    return [x for x in links if isinstance(x, dict) and isinstance(x.get("href"), str)]


def _pages(
    web: Reader, first: tuple[str, dict[str, object] | None], origin: str
) -> Iterator[tuple[Any, str]]:
    asked: set[str] = set()
    request: tuple[str, dict[str, object] | None] | None = first
    while request is not None:
        url, body = request
        signature = json.dumps([url, body], sort_keys=True)
        if signature in asked:
            raise UntrustedError(shown(origin), "its pages lead back to one another", _REMEDY)
        asked.add(signature)
        if len(asked) > MAX_PAGES:
            remedy = f"{MAX_PAGES}; ask for a shorter period"
            raise TooLarge(f"The answer of {shown(origin)}", f"over {MAX_PAGES} pages", remedy)
        page = web.json(url, body=body)
        features = page.get("features") if isinstance(page, dict) else None
        if not isinstance(features, list):
            raise UntrustedError(shown(url), "its answer is no list of Items", _REMEDY)
        for feature in features:
            yield feature, url
        request = _next(page, url, body, origin=origin)


def _next(
    page: Mapping[str, Any], url: str, body: dict[str, object] | None, *, origin: str
) -> tuple[str, dict[str, object] | None] | None:
    """The request for the page after this one. Headers that a link asks for are never sent."""
    links = [link for link in links_of(page) if link.get("rel") == "next"]
    if not links:
        return None
    link = links[0]
    address = _followed(link, url, origin)
    if str(link.get("method", "GET")).upper() != "POST":
        return address, None
    own = link.get("body", {})
    if not isinstance(own, dict):
        raise UntrustedError(shown(origin), "its next page has an odd request", _REMEDY)
    return address, {**(body or {}), **own} if link.get("merge") is True else dict(own)


def _followed(link: Mapping[str, Any], base: str, origin: str) -> str:
    """Address of a link, on the host of ``origin``; never from https back to http.

    Raises:
        UntrustedError: another host.
    """
    address = urljoin(base, str(link["href"]))
    if not same_place(address, origin):
        problem = f"its {printable(link.get('rel'))} link leads to another host"
        raise UntrustedError(shown(origin), problem, _REMEDY)
    if origin.startswith("https:") and address.startswith("http:"):
        # Servers behind a proxy often write the scheme that the proxy used.
        address = f"https:{address.removeprefix('http:')}"
    return address
