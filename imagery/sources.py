"""Where scenes come from: a folder, a STAC catalogue or API, or an archive known by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import pystac
import shapely
from odc.geo.geobox import GeoBox

from imagery.archives import Archive, expected
from imagery.catalogs import OFFSET_FACTS, PRODUCT, SIMULATED, Refused, SearchResult
from imagery.catalogs.api import Bounds, Query
from imagery.catalogs.assets import local_asset
from imagery.catalogs.crawl import LocalDocuments
from imagery.catalogs.fields import APPLIED, BASELINE, DECLARED_DN
from imagery.catalogs.folder import scan_folder
from imagery.catalogs.search import search_archive, search_files, search_web
from imagery.errors import InputError
from imagery.fetch import Store, localized
from imagery.model import Period
from imagery.sensors import PRODUCTS
from imagery.signatures import Credentials, Signatures
from imagery.web import Web, shown

_CATALOGUES = ("catalog.json", "collection.json")
_ADDRESSES = ("https://", "http://", "s3://")


class Source(Protocol):
    """A place that holds scenes."""

    @property
    def name(self) -> str:
        """For messages and records; holds no secret."""

    def search(self, bounds: Bounds, period: Period) -> SearchResult:
        """Scenes that touch ``bounds`` (west, south, east, north) and were taken in ``period``."""

    def local(self, item: pystac.Item, bands: Sequence[str], *, over: GeoBox | None) -> pystac.Item:
        """The scene with local files of ``bands``: canonical names or its quality layer's."""


class FolderSource:
    """A folder of dated GeoTIFFs; every scene in it is read once, when it is opened.

    A stray file does not close the folder: it is refused in every search, with its reason.
    """

    def __init__(self, folder: Path) -> None:
        """Read the headers of all its scenes.

        Raises:
            UnreadableFile, InputError, TooLarge: see ``folder.scan_folder``.
        """
        self.name = str(folder)
        self.found = scan_folder(folder)

    def search(self, bounds: Bounds, period: Period) -> SearchResult:
        """Scenes that touch the bounds in the period; everything unusable in the folder."""
        box = shapely.box(*bounds)
        items = (
            item
            for item in self.found.items
            if item.datetime is not None
            and item.datetime in period
            and shapely.geometry.shape(item.geometry).intersects(box)
        )
        return SearchResult(tuple(items), self.found.refused)

    def local(
        self,
        item: pystac.Item,
        bands: Sequence[str],  # noqa: ARG002
        *,
        over: GeoBox | None,  # noqa: ARG002
    ) -> pystac.Item:
        """The scene itself: its files are here."""
        return item


@dataclass(frozen=True, slots=True)
class StacSource:
    """A STAC catalogue or API, on disk or on the web.

    Attributes:
        name: Without a secret.
        find: Searches it.
        web: The network.
        store: Where every byte that is read is kept.
        signatures: How its files are read.
        home: Its address; empty for one on disk.
    """

    name: str
    find: Callable[[Query], SearchResult]
    web: Web
    store: Store
    signatures: Signatures
    home: str = ""

    def search(self, bounds: Bounds, period: Period) -> SearchResult:
        """Scenes that touch the bounds in the period, and what was refused of them.

        Raises:
            UntrustedError: the catalogue is no catalogue, or leads where nothing is read.
            TooLarge: more than is ever taken from one search.
            NetworkError, UnreadableFile: it does not answer.
        """
        found = self.find(Query(bounds, period))
        closed = {
            id(item): lack
            for item in found.items
            for asset in item.assets.values()
            if (lack := self.signatures.missing(asset.extra_fields)) is not None
        }
        return SearchResult(
            tuple(item for item in found.items if id(item) not in closed),
            tuple(
                sorted(
                    [
                        *found.refused,
                        *(Refused(i.id, closed[id(i)]) for i in found.items if id(i) in closed),
                    ],
                    key=lambda each: (each.id, each.reason),
                )
            ),
        )

    def local(self, item: pystac.Item, bands: Sequence[str], *, over: GeoBox | None) -> pystac.Item:
        """The scene with local files of ``bands`` only.

        Raises:
            BandError: it does not have one of them, or a file is not what the catalogue says.
            ImageryError: see ``fetch.localized``.
        """
        here = _read_here(item, bands)
        # A collection signs all its assets alike.
        fields = next(iter(here.assets.values())).extra_fields
        web = self.web.signed(self.signatures.of(fields, home=self.home))
        local = localized(here, bands, over=over, web=web, store=self.store)
        _heed_files(local)
        return local


def folder_source(text: str, *, archives: Mapping[str, Archive]) -> FolderSource | None:
    """The folder of tiles that a user means; None where it is an archive or a catalogue.

    Raises:
        ImageryError: see ``FolderSource``.
    """
    path = Path(text)
    if text in archives or not path.is_dir() or _roots(path):
        return None
    return FolderSource(path)


def open_source(
    text: str,
    *,
    archives: Mapping[str, Archive],
    web: Web,
    store: Store,
    credentials: Credentials | None = None,
) -> FolderSource | StacSource:
    """The source that a user means.

    Args:
        text: Name of an archive, a folder, a catalogue's file, or an address.
        archives: By name (``archives.known_archives``).
        web: The network; an address that is typed is trusted with its own kind of host.
        store: Where every byte that is read is kept.
        credentials: For archives that ask for any.

    Raises:
        InputError: it is none of these; the names are told.
        ImageryError: it cannot be read.
    """
    folder = folder_source(text, archives=archives)
    if folder is not None:
        return folder
    signatures = Signatures(web, credentials or Credentials())
    landing = {archive.url: name for name, archive in archives.items()}
    name = landing.get(text.rstrip("/"), text)
    if name in archives:
        home = archives[name].url
        web.trust(home)
        find = partial(search_archive, web, archives[name])
        return StacSource(name, find, web, store, signatures, home)
    if text.startswith(_ADDRESSES):
        web.trust(text)
        shown_name = shown(text)
        find = partial(search_web, web, text, web.json(text), name=shown_name)
        return StacSource(shown_name, find, web, store, signatures, text)
    path = Path(text)
    place = _roots(path)[0] if path.is_dir() else path
    if place.is_file() and place.suffix.lower() in (".json", ".geojson"):
        root = place.resolve().parent
        find = partial(search_files, LocalDocuments(root), place.resolve(), root)
        return StacSource(str(path), find, web, store, signatures)
    kinds = "a folder, a catalogue's .json file, a web address"
    raise InputError("imagery", text, f"{kinds}, or {expected(text, archives)}")


def _roots(folder: Path) -> list[Path]:
    """The document that makes a folder a static catalogue, if it is one."""
    return [folder / name for name in _CATALOGUES if (folder / name).is_file()]


def _heed_files(item: pystac.Item) -> None:
    """Take over what local files say of themselves.

    That they are simulated, whatever their catalogue says; of the offset what it does not say.
    """
    fields = [asset.extra_fields for asset in item.assets.values()]
    if any(each.get(SIMULATED) for each in fields):
        item.properties[SIMULATED] = True
    if not {BASELINE, APPLIED, DECLARED_DN} & set(item.properties):
        item.properties |= next((each[OFFSET_FACTS] for each in fields if OFFSET_FACTS in each), {})


def _read_here(item: pystac.Item, bands: Sequence[str]) -> pystac.Item:
    """The same Item; what a catalogue on disk holds beside it is described by its own header."""
    wanted = set(bands)
    product = PRODUCTS[item.properties[PRODUCT]]
    out = item.full_copy()
    for key, asset in item.assets.items():
        labels = [band["name"] for band in asset.extra_fields["eo:bands"]]
        if wanted & set(labels) and "://" not in asset.href:
            said = asset.extra_fields.items()
            own = {name: value for name, value in said if name.startswith("tilewitness:")}
            out.assets[key] = local_asset(asset.href, product, labels)
            out.assets[key].extra_fields = own | out.assets[key].extra_fields
            out.assets[key].owner = out
    return out
