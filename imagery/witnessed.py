"""A source that is written down, and the same source again from what was written down.

A run asks its source two things: which scenes there are, and for local files of one. Both answers
are noted as JSON, and the run itself gets them back from that JSON, so that a second run over the
notes alone gets exactly what the first one got: no network, no folder, no clock.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pystac
from odc.geo.geobox import GeoBox

from imagery import errors
from imagery.catalogs import KEPT, Refused, SearchResult
from imagery.catalogs.api import Bounds
from imagery.errors import ImageryError, UnreadableFile
from imagery.keep import Keep, Piece
from imagery.model import Period
from imagery.originals import TOLD, Originals
from imagery.sources import Source
from imagery.web import shown

SCHEMA = "tilewitness-answers/1"
ALTERED = "The notes of the run were altered."

Answers = dict[str, dict[str, Any]]
"""By question: ``items`` and ``refused`` of a search, ``item`` or ``error`` of a scene."""


class Witnessed:
    """A source whose answers are noted, and whose files are read from kept originals."""

    def __init__(self, source: Source, originals: Originals) -> None:
        """Watch a source for one run.

        Args:
            source: Where scenes come from.
            originals: Of the run.
        """
        self.name = source.name
        self._source = source
        self._originals = originals
        self._answers: Answers = {}
        self._given: dict[str, pystac.Item] = {}
        self._lock = threading.Lock()

    def search(self, bounds: Bounds, period: Period) -> SearchResult:
        """See ``Source.search``; asked twice, it answers the same."""
        question = _search(bounds, period)
        if question not in self._answers:
            found = self._source.search(bounds, period)
            refused = [[each.id, each.reason] for each in found.refused]
            items = [_said(item) for item in found.items]
            self._note(question, {"items": items, "refused": refused})
        return _found(self._answers[question])

    def local(self, item: pystac.Item, bands: Sequence[str], *, over: GeoBox | None) -> pystac.Item:
        """See ``Source.local``; its files are working copies of kept originals."""
        question = _scene(item, bands, over)
        if question not in self._answers:
            self._note(question, self._localized(item, bands, over))
        return _answered(self._answers[question])

    def answers(self) -> dict[str, Any]:
        """All answers so far, without a query or a password and without this machine's folders."""
        with self._lock:
            noted = {key: self._answers[key] for key in sorted(self._answers)}
        return {"schema": SCHEMA, "source": self.name, "answers": _portable(noted)}

    def _localized(
        self, item: pystac.Item, bands: Sequence[str], over: GeoBox | None
    ) -> dict[str, Any]:
        try:
            found = self._source.local(item, bands, over=over).full_copy()
            return {"item": _said(self._originals.scene(found))}
        except ImageryError as error:
            return {"error": [type(error).__name__, *map(str, error.args)]}

    def _note(self, question: str, said: dict[str, Any]) -> None:
        # To text and back: what the run gets is what its notes hold.
        with self._lock:
            self._answers.setdefault(question, json.loads(json.dumps(said)))


class Noted:
    """The source of an earlier run, from its notes and the kept originals."""

    def __init__(self, said: Mapping[str, Any], keep: Keep, copies: Path) -> None:
        """Open notes.

        Args:
            said: As ``Witnessed.answers`` gives them; its form was checked.
            keep: Where the originals are.
            copies: A folder for working copies.
        """
        self.name = str(said["source"])
        self._answers: Answers = dict(said["answers"])
        self._keep = keep
        self._copies = copies

    def search(self, bounds: Bounds, period: Period) -> SearchResult:
        """What the source answered.

        Raises:
            UnreadableFile: it was not asked this.
        """
        return _found(self._answer(_search(bounds, period)))

    def local(self, item: pystac.Item, bands: Sequence[str], *, over: GeoBox | None) -> pystac.Item:
        """What the source gave, laid out of the kept originals.

        Raises:
            UnreadableFile: it was not asked this, or an original is missing or altered.
            ImageryError: what it raised then.
        """
        found = _answered(self._answer(_scene(item, bands, over)))
        for asset in found.assets.values():
            kept = asset.extra_fields[KEPT]
            pieces: list[Piece] = [(at, length, digest) for at, length, digest in kept["pieces"]]
            copy = self._copies / kept["sha256"] / kept["name"]
            self._keep.lay(pieces, copy, size=kept["size"], name=kept["name"])
            asset.href = str(copy)
        return found

    def _answer(self, question: str) -> dict[str, Any]:
        if question not in self._answers:
            problem = "the run asked its source something else than this version asks"
            raise UnreadableFile(self.name, problem, "Replay it with the version that made it.")
        return self._answers[question]


def _search(bounds: Bounds, period: Period) -> str:
    edges = " ".join(map(repr, bounds))
    return f"search {edges} {period.start.isoformat()} {period.end.isoformat()}"


def _scene(item: pystac.Item, bands: Sequence[str], over: GeoBox | None) -> str:
    """By what the Item says, but for where its files lie: that is another place when replayed."""
    said = _portable(json.loads(json.dumps(_said(item))))
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    grid = "its own" if over is None else f"{over.crs} {tuple(over.affine)} {tuple(over.shape)}"
    return f"scene {item.id} {digest} {','.join(bands)} on {grid}"


def _said(item: pystac.Item) -> dict[str, Any]:
    return item.to_dict(include_self_link=False, transform_hrefs=False) | {"links": []}


def _item(said: dict[str, Any]) -> pystac.Item:
    try:
        return pystac.Item.from_dict(said, preserve_dict=True, migrate=False)
    except (pystac.STACError, AttributeError, LookupError, TypeError, ValueError):
        raise UnreadableFile(f"scene {said['id']}", "it is no STAC Item", ALTERED) from None


def _found(said: dict[str, Any]) -> SearchResult:
    items = tuple(_item(each) for each in said["items"])
    return SearchResult(items, tuple(Refused(*each) for each in said["refused"]))


def _answered(said: dict[str, Any]) -> pystac.Item:
    if "error" not in said:
        return _item(said["item"])
    raise _error(*said["error"])


def _error(name: str, *args: str) -> ImageryError:
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, ImageryError):
        error = kind(*args)
        if _complete(error):
            return error
    return UnreadableFile("a refusal", f"{name[:40]!r} is none of ours", ALTERED)


def _complete(error: ImageryError) -> bool:
    try:
        return bool(str(error))
    except IndexError:  # its sentence needs more words
        return False


def _portable(said: Any) -> Any:
    """The same without queries and passwords of addresses, and without folders of this machine."""
    if isinstance(said, list):
        return [_portable(each) for each in said]
    if not isinstance(said, dict):
        return said
    told = {key: _portable(value) for key, value in said.items() if key != TOLD}
    if isinstance(said.get("href"), str):
        told["href"] = _place(said["href"])
    return told


def _place(href: str) -> str:
    return shown(href) if "://" in href else Path(href).name
