"""A scene of an archive to the same scene with local files.

Of a tiled GeoTIFF the directories and the touched tiles are copied, to where they stand in the
original: a file of the full size with holes, which GDAL reads as it would read the original.
``WINDOW`` says which pixels are there, and the reader refuses to look elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pystac
from odc.geo.geobox import GeoBox

from imagery.catalogs import PIECES, PRODUCT, SOURCE, WINDOW
from imagery.catalogs.assets import local_asset
from imagery.catalogs.fields import EXTENSIONS
from imagery.errors import BandError, FetchError, OfflineError, UnreadableFile
from imagery.fetch.copies import working_copy
from imagery.fetch.record import Piece, digest
from imagery.fetch.remote import Changed, Remote, Unranged
from imagery.fetch.store import Store, Tally
from imagery.geotiff import is_jp2, read_header
from imagery.grid import whole_shift
from imagery.regrid import sampling, source_window
from imagery.sensors import PRODUCTS
from imagery.tiff import Damaged, Layout, Span, is_tiff, layout
from imagery.web import Web, checked, shown
from imagery.web.address import identity

MARGIN_PX = 16
"""Pixels of the asset around what the target needs: registration moves a scene by less."""

SMALL_BYTES = 1 << 20
"""A smaller object is fetched whole."""

MAX_WHOLE_BYTES = 4 << 30
"""Largest object that is fetched whole: four times the largest band of any archive here."""

_OURS = "tilewitness:"
_LINES = 8
_ASSETS = 4

_AGAIN = "Give another scene, or tell the archive."


@dataclass(frozen=True, slots=True)
class _Local:
    """What was made of one asset.

    Attributes:
        path: The working copy.
        pieces: What is in it.
        window: Of the pixels that are there; None = all.
        touched: Compressed bytes of the tiles that were needed, or of the whole.
        header: Bytes of the rest.
    """

    path: Path
    pieces: tuple[Piece, ...]
    window: tuple[int, int, int, int] | None
    touched: int
    header: int


def localized(
    item: pystac.Item, bands: Sequence[str], *, over: GeoBox | None, web: Web, store: Store
) -> pystac.Item:
    """The scene with local files of ``bands`` only.

    Args:
        item: With remote assets; ``eo:bands`` holds canonical names. Local assets stay as they
            are.
        bands: Canonical names, and the name of the quality layer where it is wanted.
        over: Target grid whose pixels will be read; None = only the grid of each file.
        web: The network, with the signatures of the archive.
        store: Where every byte is kept.

    Raises:
        BandError: the scene does not have one of the bands, or a file has other ones.
        NetworkError: an asset did not come (``FetchError``), its address is never read from
            (``RefusedAddress``), or it is not kept and the network is off (``OfflineError``).
        UnreadableFile: what came is no GeoTIFF or JPEG 2000 file, or is damaged.
        GridError: see ``geotiff.read_header``.
        TooLarge: the store is full of what is in use.
    """
    wanted = _wanted(item, bands)
    with ThreadPoolExecutor(_ASSETS) as assets, ThreadPoolExecutor(_LINES) as lines:
        jobs = {
            key: assets.submit(_localized, item, key, over=over, web=web, store=(store, lines))
            for key in wanted
        }
        found = {key: job.result() for key, job in jobs.items()}
    local = item.clone()
    # The fields of the local assets are those of these extensions, whatever the catalogue uses.
    local.stac_extensions = list(EXTENSIONS)
    local.assets = {}
    for key, asset in found.items():
        local.add_asset(key, asset)
    return local


def _wanted(item: pystac.Item, bands: Sequence[str]) -> list[str]:
    """Keys of the assets that hold the bands."""
    held: dict[str, set[str]] = {
        key: {band["name"] for band in asset.extra_fields.get("eo:bands", [])}
        for key, asset in item.assets.items()
    }
    missing = sorted(set(bands) - set().union(*held.values()))
    if missing:
        has = ", ".join(sorted(set().union(*held.values()))) or "none"
        raise BandError(item.id, f"has no band {', '.join(missing)}", f"It has {has}.")
    return [key for key, names in held.items() if names & set(bands)]


def _localized(
    item: pystac.Item,
    key: str,
    *,
    over: GeoBox | None,
    web: Web,
    store: tuple[Store, Executor],
) -> pystac.Asset:
    asset = item.assets[key]
    if (
        "proj:transform" in asset.extra_fields
        and "raster:bands" in asset.extra_fields
        and (":" not in asset.href)
    ):
        return asset
    checked(asset.href, schemes=("https", "http", "s3"))
    missing = None
    try:
        return _fetched(item, key, over=over, web=web, store=store)
    except OfflineError:
        missing = f"asset {key} of scene {item.id}"
    remedy = f"Run it once with the network ({shown(asset.href)})."
    raise OfflineError(missing, "is not in the store, or not all of it is", remedy)


def _fetched(
    item: pystac.Item,
    key: str,
    *,
    over: GeoBox | None,
    web: Web,
    store: tuple[Store, Executor],
) -> pystac.Asset:
    asset = item.assets[key]
    name = identity(asset.href)
    shelf, lines = store
    with shelf.locked(name):
        for _ in range(2):
            remote = Remote(asset.href, name, web, shelf, lines)
            try:
                local = _copied(remote, over)
            except Changed:
                # Never mix two states of one object: forget the old one and begin again.
                shelf.forget(name)
                continue
            return _asset(item, key, remote=remote, local=local)
    reason = "it changes while it is read"
    raise FetchError(shown(asset.href), reason, "Try again later.")


def _copied(remote: Remote, over: GeoBox | None) -> _Local:
    """Fetch what is needed of one object."""
    if remote.has_whole():
        return _all_of(remote)
    try:
        head = remote.beginning()
    except Unranged:
        return _all_of(remote)
    suffix = _suffix(remote, head)
    if remote.size <= SMALL_BYTES or suffix == ".jp2":
        return _all_of(remote)
    try:
        found = layout(remote.read, remote.size)
    except Damaged as error:
        reason = str(error)
    else:
        return _all_of(remote) if found is None else _some_of(remote, found, over)
    raise UnreadableFile(shown(remote.url), reason, _AGAIN)


def _suffix(remote: Remote, head: bytes) -> str:
    """By what the file is, whatever its name says."""
    if is_tiff(head):
        return ".tif"
    if is_jp2(head):
        return ".jp2"
    reason = "it is neither a GeoTIFF nor a JPEG 2000 file"
    raise UnreadableFile(shown(remote.url), reason, _AGAIN)


def _all_of(remote: Remote) -> _Local:
    piece = remote.whole(limit=MAX_WHOLE_BYTES)
    with remote.store.path_of(piece.sha256).open("rb") as file:
        suffix = _suffix(remote, file.read(16))
    path = working_copy(remote.store, remote.size, [piece], suffix=suffix)
    return _Local(path, (piece,), None, piece.length, 0)


def _some_of(remote: Remote, found: Layout, over: GeoBox | None) -> _Local:
    """The directories, and the tiles that ``over`` touches."""
    remote.fetch(found.peeked)
    pieces = remote.pieces
    header = sum(piece.length for piece in pieces)
    path = working_copy(remote.store, remote.size, pieces, suffix=".tif")
    grid = read_header(path).geobox
    main = found.images[0]
    if tuple(grid.shape) != main.shape:
        raise UnreadableFile(shown(remote.url), "its directories contradict one another", _AGAIN)
    window = None if over is None else touched_window(grid, over)
    if window is None:
        return _Local(path, pieces, (0, 0, 0, 0), 0, header)
    rows, columns = (
        (start // side * side, min(full, -(-stop // side) * side))
        for (start, stop), side, full in zip(window, main.tile, main.shape, strict=True)
    )
    tiles = {tile for image in found.images for tile in image.touched(rows, columns)}
    margin = found.margin
    remote.fetch((offset - margin, length + 2 * margin) for offset, length in tiles)
    pieces = remote.pieces
    path = working_copy(remote.store, remote.size, pieces, suffix=".tif")
    return _Local(path, pieces, (*rows, *columns), sum(length for _, length in tiles), header)


def touched_window(source: GeoBox, target: GeoBox) -> tuple[Span, Span] | None:
    """Rows and columns of ``source`` that reading onto ``target`` needs; None where it is apart.

    ``MARGIN_PX`` is added on each side, inside the source.
    """
    shift = whole_shift(source, target)
    if shift is None:
        window = source_window(sampling(source, target), source.shape.yx)
        if window is None:
            return None
        spans = [(part.start, part.stop) for part in window]
    else:
        spans = [(start, start + length) for start, length in zip(shift, target.shape, strict=True)]
    clipped = [
        (max(0, start - MARGIN_PX), min(full, stop + MARGIN_PX))
        for (start, stop), full in zip(spans, source.shape, strict=True)
    ]
    if any(start >= stop for start, stop in clipped):
        return None
    return clipped[0], clipped[1]


def _asset(item: pystac.Item, key: str, *, remote: Remote, local: _Local) -> pystac.Asset:
    """The asset with its local file; grid and numbers are the file's own."""
    remote.store.count(
        Tally(item.id, key, local.touched, local.header, remote.fetched, remote.stored)
    )
    asset = item.assets[key]
    labels = [band["name"] for band in asset.extra_fields["eo:bands"]]
    found = local_asset(local.path, PRODUCTS[item.properties[PRODUCT]], labels)
    # What the catalogue says of the grid or the numbers would stand beside what the file says.
    own = {name: said for name, said in asset.extra_fields.items() if name.startswith(_OURS)}
    shape = found.extra_fields["proj:shape"]
    window = local.window or (0, shape[0], 0, shape[1])
    record = remote.record
    source = {
        "url": shown(remote.url),
        "size": remote.size,
        "etag": None if record is None else record.etag,
        "retrieved": max(piece.retrieved for piece in local.pieces),
        "sha256": digest(remote.size, local.pieces),
    }
    pieces = [[piece.offset, piece.length, piece.sha256] for piece in local.pieces]
    here = {WINDOW: list(window), SOURCE: source, PIECES: pieces}
    found.extra_fields = {**own, **found.extra_fields, **here}
    return found
