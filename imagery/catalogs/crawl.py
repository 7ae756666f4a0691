"""A static STAC catalogue, on disk or on the web, walked from its root; bounded and pruned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, Protocol

from imagery.catalogs.api import Bounds, Query, Reader, links_of
from imagery.catalogs.hrefs import checked_href, same_place
from imagery.errors import TooLarge, UnreadableFile, UntrustedError
from imagery.model import Period
from imagery.web.address import shown

MAX_DOCUMENTS = 6000
"""Documents read of one catalogue, Items and catalogues together."""

MAX_BYTES = 32 * 2**20
"""Of one JSON file: parsed it takes up to 24 times as much."""

_REMEDY = "Give another source, or tell who keeps it."


class Documents(Protocol):
    """Where the documents of one catalogue are read from."""

    def read(self, place: str) -> Any:
        """Parsed JSON at a place."""

    def follow(self, href: str, base: str) -> str:
        """The place that a link of the document at ``base`` leads to."""


class LocalDocuments:
    """The files of one folder; nothing outside it, and nothing on the network."""

    def __init__(self, root: Path) -> None:
        """Stay in ``root``."""
        self._root = root

    def read(self, place: str) -> Any:
        """A JSON file.

        Raises:
            UnreadableFile: missing, too large, or not JSON.
        """
        return read_json(Path(place))

    def follow(self, href: str, base: str) -> str:
        """A path inside the folder.

        Raises:
            UntrustedError: it leads out of the folder, or is no path.
        """
        place = checked_href(href, base=base, root=self._root, what=f"A link of {base}")
        if "://" in place:
            raise UntrustedError(f"A link of {base}", "it leads out of the folder", _REMEDY)
        return place


class WebDocuments:
    """The documents of one host."""

    def __init__(self, web: Reader, url: str) -> None:
        """Stay on the host of ``url``."""
        self._web = web
        self._url = url

    def read(self, place: str) -> Any:
        """A JSON document.

        Raises:
            NetworkError: no answer.
        """
        return self._web.json(place)

    def follow(self, href: str, base: str) -> str:
        """A URL on the same host.

        Raises:
            UntrustedError: it leads elsewhere.
        """
        place = checked_href(href, base=base, root=None, what=f"A link of {shown(base)}")
        if not same_place(place, self._url):
            problem = "it leads to another host"
            raise UntrustedError(f"A link of {shown(base)}", problem, _REMEDY)
        return place


def read_json(path: Path) -> Any:
    """A JSON file of bounded size and depth.

    Raises:
        UnreadableFile: missing, too large, not UTF-8, not JSON, or nested too deeply.
    """

    def no_constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a JSON number")

    try:
        odd = path.exists() and not path.is_file()
    except OSError:  # a name that is too long, which opening says better
        odd = False
    if odd:
        raise UnreadableFile(path, "it is no file", "Check the path.")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "the path is not usable").lower()
        raise UnreadableFile(path, reason, "Check the path.") from None
    if len(data) > MAX_BYTES:
        raise UnreadableFile(path, f"it is larger than {MAX_BYTES >> 20} MB", _REMEDY)
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else "no JSON in UTF-8"
        raise UnreadableFile(path, f"it is {why}", "Give a STAC catalogue.") from None


def crawl(
    documents: Documents, place: str, document: Any, query: Query
) -> Iterator[tuple[Any, str]]:
    """Foreign Items of a catalogue, each with its place; whole branches elsewhere are left out.

    Args:
        documents: Reads.
        place: Of the document to begin with.
        document: A Catalog, Collection, Item or list of Items.
        query: What is wanted: a collection whose extent is elsewhere is not opened.

    Raises:
        UntrustedError: a document that is none of these, or a link that leads elsewhere.
        TooLarge: over ``MAX_DOCUMENTS`` documents.
        UnreadableFile, NetworkError: a document cannot be read.
    """
    seen = {place}
    waiting: list[tuple[str, Any]] = [(place, document)]
    while waiting:
        place, document = waiting.pop()
        if document is None:
            document = documents.read(place)
        kind = document.get("type") if isinstance(document, dict) else None
        if kind == "Feature":
            yield document, place
        elif kind == "FeatureCollection" and isinstance(document.get("features"), list):
            yield from ((feature, place) for feature in document["features"])
        elif kind in ("Catalog", "Collection"):
            if elsewhere(document.get("extent"), query):
                continue
            links = [link for link in links_of(document) if link.get("rel") in ("item", "child")]
            if len(seen) + len(links) > MAX_DOCUMENTS:
                limit = f"{MAX_DOCUMENTS}; name a part of it"
                raise TooLarge("The catalogue", f"over {MAX_DOCUMENTS} documents", limit)
            places = [documents.follow(link["href"], place) for link in links]
            fresh = [each for each in dict.fromkeys(places) if each not in seen]
            seen.update(fresh)
            waiting.extend((each, None) for each in reversed(fresh))
        else:
            raise UntrustedError(_shown(place), "it is no STAC document", _REMEDY)


def elsewhere(extent: Any, query: Query) -> bool:
    """Whether the extent of a collection is surely off a query; an odd extent says nothing."""
    if not isinstance(extent, dict):
        return False
    spatial, temporal = extent.get("spatial"), extent.get("temporal")
    boxes = spatial.get("bbox") if isinstance(spatial, dict) else None
    times = temporal.get("interval") if isinstance(temporal, dict) else None
    # The first of several is the whole.
    off_place = isinstance(boxes, list) and bool(boxes) and box_elsewhere(boxes[0], query.bounds)
    off_time = isinstance(times, list) and bool(times) and _off(times[0], query.period)
    return off_place or off_time


def box_elsewhere(box: Any, bounds: Bounds) -> bool:
    """Whether a STAC bbox of 4 or 6 numbers surely does not touch ``bounds``."""
    if not isinstance(box, list) or len(box) not in (4, 6):
        return False
    if not all(isinstance(each, int | float) for each in box):
        return False
    half = len(box) // 2
    west, south, east, north = box[0], box[1], box[half], box[half + 1]
    if west > east or south > north:
        return False  # over the antimeridian, or written in another order
    return bool(east < bounds[0] or west > bounds[2] or north < bounds[1] or south > bounds[3])


def _off(interval: Any, period: Period) -> bool:
    if not isinstance(interval, list) or len(interval) != 2:
        return False
    start, end = (_moment(each) for each in interval)
    return (start is not None and start >= period.end) or (end is not None and end < period.start)


def _moment(said: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(said).strip())
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _shown(place: str) -> str:
    return shown(place) if "://" in place else place
