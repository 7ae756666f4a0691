"""Which assets of a foreign Item are bands, under one vocabulary whatever the catalogue calls them.

An archive's own table comes first, then the asset's key, the name of its band, and last the
common name (``eo:bands``, or ``bands`` of STAC 1.1). Previews are never bands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagery.errors import BandError, printable
from imagery.sensors import COMMON, PLAIN, Product

_PREVIEWS = re.compile(
    r"visual|thumbnail|overview|preview|rendered_preview|browse|reduced_resolution_browse|tilejson"
    r"|tci|true_?color|quick_?look|(rgb|visual|tci|preview)[_.-].*|.*[_.-](visual|tci|thumbnail)",
    re.IGNORECASE,
)
_PREVIEW_ROLES = frozenset({"visual", "thumbnail", "overview", "metadata", "tiles"})
_RESOLUTION = re.compile(r"(.+?)[_.-](\d{1,3})m", re.IGNORECASE)
_FORMAT = re.compile(r"[_.-](jp2|jpeg2000|cog|tiff?|geotiff)$", re.IGNORECASE)
_TIFF, _JP2 = re.compile(r"\.tiff?$"), re.compile(r"\.(jp2|j2k)$")
_OTHER = re.compile(r"\.(json|xml|png|jpe?g|txt|html?|zip|nc|h5|hdf|zarr|parquet|csv)$")
_MEDIA = {"image/tiff": "tiff", "image/vnd.stac.geotiff": "tiff", "image/jp2": "jp2"}
_EIGHT_BIT = frozenset({"uint8", "int8"})
_LONGEST_KEY = 200
_COARSEST = 1e5
_REMEDY = 'Give its names in an archive table (bands = { KEY = "red" }), or another source.'


@dataclass(frozen=True, slots=True)
class BandAsset:
    """An asset that holds bands.

    Attributes:
        key: In the foreign Item.
        labels: Canonical name of each of its bands, in order.
        fields: The asset as the catalogue says it.
        pixel_m: Ground sampling distance, metres, as far as known.
        jp2: True for JPEG 2000.
    """

    key: str
    labels: tuple[str, ...]
    fields: Mapping[str, Any]
    pixel_m: float
    jp2: bool


def band_assets(
    assets: Mapping[str, Any], product: Product, aliases: Mapping[str, str], *, item: str
) -> list[BandAsset]:
    """One asset for each band and for the quality layer: the finest, GeoTIFF before JPEG 2000.

    Args:
        assets: Of the foreign Item.
        product: Whose bands they are.
        aliases: Key of an asset to canonical name, from the archive's table.
        item: Id, for messages.

    Raises:
        BandError: no band can be told, two names of one asset contradict each other, or two
            assets are equally good for one band.
    """
    found = [
        band
        for key, fields in sorted(assets.items())
        if (band := _recognised(key, fields, product, aliases, item)) is not None
    ]
    singles: dict[str, list[BandAsset]] = {}
    for band in found:
        if len(set(band.labels)) == 1:
            singles.setdefault(band.labels[0], []).append(band)
    taken = {label: _best(label, several, item) for label, several in singles.items()}
    out = list(taken.values())
    for band in found:
        if len(set(band.labels)) > 1 and not taken.keys() & set(band.labels):
            out.append(band)
            taken.update(dict.fromkeys(band.labels, band))
    if not any(label != product.quality for label in taken):
        listed = ", ".join(sorted(printable(key, 40) for key in assets)[:30]) or "no asset at all"
        problem = f"has no asset that can be told as a band of {product.id}; it has {listed}"
        raise BandError(item, problem, _REMEDY)
    order = {name: number for number, name in enumerate(product.order)}
    return sorted(out, key=lambda band: (order.get(band.labels[0], len(order)), band.key))


def asset_bands(fields: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What an asset says of its bands, by ``eo:bands`` or by ``bands`` of STAC 1.1."""
    for key in ("bands", "eo:bands"):
        said = fields.get(key)
        if isinstance(said, list) and said and all(isinstance(each, dict) for each in said):
            return said
    return []


def _recognised(
    key: str, fields: Any, product: Product, aliases: Mapping[str, str], item: str
) -> BandAsset | None:
    usable = isinstance(fields, dict) and isinstance(fields.get("href"), str)
    if not usable or len(key) > _LONGEST_KEY:
        return None
    kind = _format(fields, product)
    if kind is None or (key not in aliases and _is_preview(key, fields, product)):
        return None
    stem, pixel = _stem(key)
    bands = asset_bands(fields)
    if key in aliases:
        labels: tuple[str, ...] = (aliases[key],)
    elif product is PLAIN:
        labels = _plain(stem, bands)
    else:
        labels = _known(stem, bands, product, item)
    if not labels:
        return None
    if labels[0] == product.quality == "udm2" and len(labels) == 1:
        labels *= 8
    nominal = next((band.gsd_m for band in product.bands if band.name == labels[0]), 1e6)
    return BandAsset(key, labels, fields, pixel or _pixel(fields) or nominal, kind == "jp2")


def _known(
    stem: str, bands: Sequence[Mapping[str, Any]], product: Product, item: str
) -> tuple[str, ...]:
    """Canonical names of the bands of one asset, none where it is not known to be some."""
    if len(bands) > 1:
        several = [_by_name(band, product) for band in bands]
        labels = tuple(label for label in several if label is not None)
        return labels if len(labels) == len(several) == len(set(labels)) else ()
    by_key = _canonical(stem, product)
    if by_key == product.quality and by_key is not None:
        return (by_key,)
    band = bands[0] if bands else {}
    by_name = _canonical(band.get("name"), product)
    common = str(_common(band) or "").lower()
    by_common = _canonical(common, product)
    label = by_key or by_name or by_common
    if label is None:
        return ()
    clash = next((each for each in (by_key, by_name) if each not in (None, label)), None)
    if by_common not in (None, label) and label not in COMMON.get(common, ()):
        clash = common
    if clash is not None:
        problem = f"calls one asset both {label} and {clash} ({printable(stem, 40)})"
        raise BandError(item, problem, _REMEDY)
    return (label,)


def _by_name(band: Mapping[str, Any], product: Product) -> str | None:
    return _canonical(band.get("name"), product) or _canonical(_common(band), product)


def _canonical(said: Any, product: Product) -> str | None:
    """The band of a product that a word stands for; a range of wavelengths if it has one there."""
    word = str(said or "").strip().lower()
    within = COMMON.get(word, frozenset()) & set(product.order)
    return product.canonical(word) or (min(within) if len(within) == 1 else None)


def _plain(stem: str, bands: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Names for the bands of an unknown product: what the catalogue calls them."""
    said = [_common(band) or band.get("name") or "" for band in bands] or [stem]
    names = [printable(each, 40).strip().lower() for each in said]
    if all(names) and len(set(names)) == len(names):
        return tuple(names)
    return tuple(f"b{n}" for n in range(1, len(names) + 1))


def _common(band: Mapping[str, Any]) -> Any:
    return band.get("eo:common_name") or band.get("common_name")


def _best(label: str, several: Sequence[BandAsset], item: str) -> BandAsset:
    ranked = sorted(several, key=lambda band: (band.pixel_m, band.jp2, band.key))
    first = ranked[0]
    for other in ranked[1:]:
        same = (other.pixel_m, other.jp2) == (first.pixel_m, first.jp2)
        if same and other.fields["href"] != first.fields["href"]:
            keys = " and ".join(printable(band.key, 40) for band in (first, other))
            problem = f"has {label} twice ({keys})"
            raise BandError(item, problem, _REMEDY)
    return first


def _is_preview(key: str, fields: Mapping[str, Any], product: Product) -> bool:
    roles = fields.get("roles")
    if isinstance(roles, list) and _PREVIEW_ROLES & {str(role).lower() for role in roles}:
        return True
    if _PREVIEWS.fullmatch(_stem(key)[0]):
        return True
    said = [fields, *asset_bands(fields), *_list(fields.get("raster:bands"))]
    eight_bit = any(str(each.get("data_type")) in _EIGHT_BIT for each in said)
    # A classification is 8-bit by right; reflectance in 8 bits is a picture of it.
    return (
        eight_bit and product is not PLAIN and product.canonical(_stem(key)[0]) != product.quality
    )


def _format(fields: Mapping[str, Any], product: Product) -> str | None:
    """``tiff`` or ``jp2``, by media type or else by the name of the file; None for others."""
    path = fields["href"].partition("?")[0].partition("#")[0].lower()
    media = fields.get("type")
    if path.endswith(".vrt"):
        return "tiff"  # so that its address is refused by name, and not passed over
    if isinstance(media, str) and media.strip():
        return _MEDIA.get(media.lower().partition(";")[0].strip())
    if _JP2.search(path):
        return "jp2"
    # Without any hint a known key is enough: the file itself is checked when it is read.
    return None if (product is PLAIN and not _TIFF.search(path)) or _OTHER.search(path) else "tiff"


def _stem(key: str) -> tuple[str, float | None]:
    """Key of an asset without the resolution and the format in it, and that resolution."""
    plain = _FORMAT.sub("", str(key))
    match = _RESOLUTION.fullmatch(plain)
    return (match[1], float(match[2])) if match else (plain, None)


def _pixel(fields: Mapping[str, Any]) -> float | None:
    """Ground sampling distance that an asset states. A hint for choosing, nothing else."""
    raster = _list(fields.get("raster:bands")) or [{}]
    bands = asset_bands(fields) or [{}]
    for said in (
        fields.get("gsd"),
        fields.get("raster:spatial_resolution"),
        raster[0].get("spatial_resolution"),
        bands[0].get("gsd"),
        bands[0].get("raster:spatial_resolution"),
    ):
        if isinstance(said, int | float) and 0 < said < _COARSEST:
            return float(said)
    return None


def _list(said: Any) -> list[Mapping[str, Any]]:
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
