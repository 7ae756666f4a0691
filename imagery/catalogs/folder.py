"""A file or a folder of dated GeoTIFFs to pystac Items, the one form in which scenes travel.

A scene is one file with several bands, or several files that share a name up to the band. An
Item says everything that reading needs: grid (projection extension), band names (eo), data
type, no data, scale and offset (raster), the product, and what is said of the offset.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pystac

from imagery.catalogs.assets import Part, asset_of, offset_properties
from imagery.catalogs.fields import EXTENSIONS, PRODUCT, SIMULATED, UNDATED
from imagery.catalogs.found import Refused, SearchResult
from imagery.catalogs.names import cell_bounds, read_name
from imagery.dates import REMEDY, sensing_time
from imagery.errors import BandError, DateError, GridError, ImageryError, UnreadableFile
from imagery.geotiff import read_header
from imagery.radar_words import pass_facts
from imagery.sensors import (
    ANGLE,
    BACKSCATTER,
    PLAIN,
    PRODUCTS,
    band_labels,
    declared_product,
    plain_labels,
)

_PLACEHOLDER = datetime(1970, 1, 1, tzinfo=UTC)
_SUFFIXES = (".tif", ".tiff")
_LABELS = sorted(
    {
        label.lower()
        for product in PRODUCTS.values()
        for band in product.bands
        for label in (band.name, *band.aliases)
    }
    | {"scl", "qa_pixel", "udm2"}
)
_BAND_AT_END = re.compile(rf"[_.-]({'|'.join(_LABELS)})(?:_\d{{2}}m|_db)?$", re.IGNORECASE)
# Layers that come with a scene and are neither a band nor its quality layer.
_BESIDE = re.compile(
    r"[_.-](st_\w+|qa_radsat|sr_qa_aerosol|aot|wvp|tci|udm|cld|snw|angles?)(_\d{2}m)?$",
    re.IGNORECASE,
)
BESIDE_CELL_DEGREES = 2.0
"""How far a tile may reach beyond the cell of the military grid that it is named after."""
_PLANET_TAIL = re.compile(r"_3B(_.*)?$", re.IGNORECASE)


def item_from_file(path: str | Path, *, dated: bool = True) -> pystac.Item:
    """One GeoTIFF as an Item.

    Args:
        path: A local GeoTIFF.
        dated: False where the caller knows the order: a date that is absent or ambiguous then
            leaves the Item undated (property ``tilewitness:undated``, datetime 1970-01-01).

    Raises:
        UnreadableFile: see ``geotiff.read_geotiff``.
        GridError: see ``geotiff.read_header``.
        BandError: see ``geotiff.read_header``, or nothing but a quality layer.
        TooLarge: see ``geotiff.read_header``.
        DateError: ``dated``, and the date is absent, unreadable or ambiguous.
    """
    path = Path(path)
    part = _part(path)
    try:
        moment = _moment([part])
    except DateError:
        if dated:
            raise
        moment = None
    return _item(path.stem, [part], moment)


def items_from_folder(folder: str | Path) -> list[pystac.Item]:
    """Every scene in a folder and the folders in it, as Items sorted by time and id.

    An id is the name of the scene's files, after its folders where scenes share a name.

    Raises:
        UnreadableFile: no folder, or no GeoTIFF in it, or one that cannot be read.
        GridError: see ``geotiff.read_header``.
        BandError: files of one scene do not fit together.
        DateError: a scene whose date is absent, unreadable or ambiguous.
    """
    found = []
    for _, item in _scenes(Path(folder)):
        if isinstance(item, ImageryError):
            raise item
        found.append(item)
    return sorted(found, key=_by_time)


def scan_folder(folder: str | Path) -> SearchResult:
    """Every scene in a folder that can be used; those that cannot are told with their reason.

    Raises:
        UnreadableFile: no folder, or no GeoTIFF in it.
        InputError: no scene in it can be used; the first one's reason.
        TooLarge: likewise.
    """
    found = list(_scenes(Path(folder)))
    items = [item for _, item in found if isinstance(item, pystac.Item)]
    faults = [(name, fault) for name, fault in found if isinstance(fault, ImageryError)]
    if not items:
        raise faults[0][1]
    refused = (Refused(name, str(fault)) for name, fault in faults)
    return SearchResult(tuple(sorted(items, key=_by_time)), tuple(refused))


def _by_time(item: pystac.Item) -> tuple[datetime, str]:
    return item.datetime or _PLACEHOLDER, item.id


def _scenes(folder: Path) -> Iterator[tuple[str, pystac.Item | ImageryError]]:
    """Name of every scene in a folder with its Item, or with why there is none."""
    if not folder.is_dir():
        raise UnreadableFile(folder, "it is not a folder", "Give a folder of dated GeoTIFFs.")
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES]
    paths = sorted(p for p in paths if not p.name.startswith(".") and not _BESIDE.search(p.stem))
    if not paths:
        raise UnreadableFile(folder, "there is no GeoTIFF in it", "Give a folder that holds some.")
    scenes = {key: list(group) for key, group in groupby(sorted(paths, key=_scene), key=_scene)}
    named = Counter(name for _, name in scenes)
    for (parent, name), group in scenes.items():
        # Scenes of two places may bear one name; records must tell them apart.
        inner = [] if named[name] == 1 else [*parent.relative_to(folder).parts]
        full = "-".join([*inner, name])
        try:
            parts = [_part(path) for path in group]
            yield full, _item(full, parts, _moment(parts))
        except ImageryError as fault:
            yield full, fault


def _scene(path: Path) -> tuple[Path, str]:
    """The folder and the common part of the names of the files of one scene."""
    return path.parent, _PLANET_TAIL.sub("", _BAND_AT_END.sub("", path.stem))


def _part(path: Path) -> Part:
    header = read_header(path)
    descriptions: Sequence[str | None] = header.descriptions
    at_end = _BAND_AT_END.search(path.stem)
    if at_end and at_end[1].lower() == "udm2":
        return Part(header, PRODUCTS["planetscope-sr"], ("udm2",) * len(descriptions))
    if at_end and len(descriptions) == 1 and not descriptions[0]:
        # Of a radar band the unit that stands after its name belongs to it.
        named = at_end[0][1:] if at_end[0].lower().endswith("_db") else at_end[1]
        descriptions = (named,)
    product = declared_product(path.name, header.tags)
    if product is PLAIN and band_labels(BACKSCATTER, descriptions) not in (None, (ANGLE,)):
        product = BACKSCATTER
    labels = band_labels(product, descriptions)
    if labels is not None and (header.dtype in product.dtypes or set(labels) == {product.quality}):
        return Part(header, product, labels)
    return Part(header, PLAIN, plain_labels(descriptions))


def _moment(parts: Sequence[Part]) -> datetime | None:
    found = {}
    for part in parts:
        path = part.header.path
        moment = sensing_time(path.name, part.header.tags)
        if moment is None:
            raise DateError(path, "is neither in its name nor in its tags", REMEDY + ".")
        found[path] = moment
    if max(found.values()) - min(found.values()) > timedelta(days=1):
        problem = "differs between the files of its bands"
        raise DateError(min(found), problem, "Correct the tags, or keep the scenes apart.")
    return max(found.values())


def _item(name: str, parts: Sequence[Part], moment: datetime | None) -> pystac.Item:
    spectral = [part for part in parts if part.spectral]
    if not spectral:
        problem = "holds a quality layer and no band"
        raise BandError(parts[0].header.path, problem, "Put it beside the bands of its scene.")
    products = {part.product.id for part in spectral}
    if len(products) > 1:
        raise BandError(name, f"mixes {' and '.join(sorted(products))}", "Keep them apart.")
    _check_unique(name, spectral)
    finest = min(spectral, key=lambda part: abs(part.header.geobox.transform.determinant))
    outline = finest.header.geobox.footprint("EPSG:4326")
    _check_cell(finest, outline.centroid.points[0])
    properties: dict[str, Any] = {PRODUCT: spectral[0].product.id}
    if spectral[0].product.baselines:
        properties |= offset_properties(spectral[0])
    if spectral[0].product.radar:
        properties |= _pass(name, spectral[0])
    if moment is None:
        properties[UNDATED] = True
    if any(part.header.tags.get("SIMULATED", "").upper() == "YES" for part in parts):
        properties[SIMULATED] = True
    item = pystac.Item(
        id=name,
        geometry=outline.json,
        bbox=[float(edge) for edge in outline.boundingbox],
        datetime=moment or _PLACEHOLDER,
        properties=properties,
        stac_extensions=list(EXTENSIONS),
    )
    for part in parts:
        item.add_asset(_asset_key(part, item), asset_of(part))
    return item


def _check_cell(part: Part, centre: tuple[float, float]) -> None:
    """Refuse a Sentinel-2 file that does not lie where its own name puts its tile."""
    header = part.header
    texts = [*header.tags.values(), header.path.name] if part.product.baselines else []
    names = [name for text in texts if (name := read_name(text)) is not None]
    tile = next((name.tile for name in names if name.tile is not None), "")
    bounds = cell_bounds(tile)
    if bounds is None:
        return
    west, south, east, north = bounds
    longitude, latitude = centre
    beside = max(west - longitude, longitude - east, south - latitude, latitude - north)
    # Across the date line a neighbour's longitude has the other sign.
    if BESIDE_CELL_DEGREES < beside < 360 - 6 - BESIDE_CELL_DEGREES:
        problem = f"lies at {longitude:.2f} E {latitude:.2f} N, outside its tile {tile}"
        raise GridError(header.path, problem, "Check its CRS and the order of its axes.")


def _pass(name: str, part: Part) -> dict[str, Any]:
    """How a radar scene was taken, by its tags or else by its name."""
    official = read_name(name) or read_name(part.header.path.name)
    named = official and {"platform": official.platform, "sat:relative_orbit": official.orbit}
    known = {key: value for key, value in (named or {}).items() if value is not None}
    return known | pass_facts(part.header.tags)


def _check_unique(name: str, parts: Sequence[Part]) -> None:
    labels = [label for part in parts for label in part.spectral]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise BandError(name, f"holds {', '.join(twice)} more than once", "Keep one of each.")


def _asset_key(part: Part, item: pystac.Item) -> str:
    key = part.labels[0] if len(set(part.labels)) == 1 else "data"
    taken = sum(existing.split("-")[0] == key for existing in item.assets)
    return f"{key}-{taken + 1}" if taken else key
