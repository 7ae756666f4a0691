"""A run folder described as a STAC Item, so that any catalogue can hold it.

Source: STAC 1.1.0; extensions projection 2.0.0, file 2.1.0, processing 1.2.0, classification 2.0.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pystac

from imagery.cog import CLASS_CODES, DIFF
from imagery.run_folder import fingerprint
from imagery.write import geometry, utc_text

if TYPE_CHECKING:
    from pathlib import Path

    from odc.geo.geobox import GeoBox

    from imagery.write import Subject

EXTENSIONS = [
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
    "https://stac-extensions.github.io/classification/v2.0.0/schema.json",
]
GEOJSON, PNG = pystac.MediaType.GEOJSON, pystac.MediaType.PNG
PARQUET = "application/vnd.apache.parquet"
# STAC wants an instant or an interval. Nothing is known of an image without a date, and all of
# time is the one interval that is certainly not wrong; `tilewitness:undated` says so in words.
FIRST_MOMENT, LAST_MOMENT = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"


@dataclass(frozen=True, slots=True)
class Product:
    """A file of the run folder: media type, roles and a title a person reads."""

    media_type: str
    roles: tuple[str, ...]
    title: str


PRODUCTS = {
    "diff.tif": Product(pystac.MediaType.COG, ("data",), "Change score and signed difference"),
    "classes.tif": Product(pystac.MediaType.COG, ("data",), "Gain, loss, unchanged, masked"),
    "detections.geojson": Product(GEOJSON, ("data",), "Changed objects"),
    "detections.parquet": Product(PARQUET, ("data",), "Changed objects (GeoParquet)"),
    "before.tif": Product(pystac.MediaType.GEOTIFF, ("visual",), "Before, for a map"),
    "after.tif": Product(pystac.MediaType.GEOTIFF, ("visual",), "After, for a map"),
    "before.png": Product(PNG, ("overview",), "Before"),
    "after.png": Product(PNG, ("overview",), "After"),
    "change.png": Product(PNG, ("overview",), "Before, after and change"),
}


@dataclass(frozen=True, slots=True)
class Lineage:
    """How the products came to be.

    Attributes:
        run_id: Id of the Item, the same for the same input.
        method: Of ``change.METHODS``.
        software: Name and version of what computed it.
        sources: Ids of the scenes, before first.
    """

    run_id: str
    method: str
    software: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]


def stac_item(folder: Path, *, grid: GeoBox, subject: Subject, lineage: Lineage) -> dict[str, Any]:
    """Describe the products that lie in ``folder``, with their size and checksum.

    Returns:
        The Item as JSON types; ``run.json`` is not in it, since that holds this Item's hash.

    Raises:
        WriteError: a product cannot be read.
    """
    outline = grid.footprint("EPSG:4326").geom
    start, end = interval(subject)
    item = pystac.Item(
        id=lineage.run_id,
        geometry=geometry(outline),
        bbox=[round(degrees, 7) for degrees in outline.bounds],
        datetime=None,
        properties={"start_datetime": start, "end_datetime": end}
        | _properties(grid, subject, lineage),
        stac_extensions=EXTENSIONS,
    )
    for name in PRODUCTS:
        if (folder / name).exists():
            item.add_asset(name.replace(".", "_"), _asset(folder / name))
    return item.to_dict(include_self_link=False)


def interval(subject: Subject) -> tuple[str, str]:
    """(start, end) of the sensing times, earlier first; all of time where one is unknown."""
    before, after = utc_text(subject.before), utc_text(subject.after)
    if before and after:
        return min(before, after), max(before, after)
    # With one date known, the other image may be older or younger than it.
    return FIRST_MOMENT, LAST_MOMENT


def _properties(grid: GeoBox, subject: Subject, lineage: Lineage) -> dict[str, Any]:
    pixels: dict[str, Any] = {
        "proj:shape": [int(size) for size in grid.shape],
        "proj:transform": [float(number) for number in grid.transform[:6]],
        "proj:bbox": [float(edge) for edge in grid.boundingbox.bbox],
    }
    if grid.crs is not None:
        pixels["proj:code"] = f"EPSG:{grid.crs.epsg}" if grid.crs.epsg else None
        if grid.crs.epsg is None:
            pixels["proj:wkt2"] = grid.crs.to_wkt()
    return pixels | {
        "title": _title(subject),
        "processing:level": "L4",
        "processing:lineage": f"Change between two images by the method {lineage.method}.",
        "processing:software": dict(lineage.software),
        "tilewitness:site_id": subject.site_id,
        "tilewitness:sources": list(lineage.sources),
        "tilewitness:before": utc_text(subject.before),
        "tilewitness:after": utc_text(subject.after),
        "tilewitness:undated": subject.before is None or subject.after is None,
        "tilewitness:simulated": subject.simulated,
    }


def _title(subject: Subject) -> str:
    place = subject.site_id or "Two images"
    dates = [
        str(utc_text(each))[:10] if each else "undated" for each in (subject.before, subject.after)
    ]
    return ("SIMULATED: " if subject.simulated else "") + f"{place}, {dates[0]} to {dates[1]}"


def _asset(path: Path) -> pystac.Asset:
    product, file = PRODUCTS[path.name], fingerprint(path)
    fields: dict[str, Any] = {"file:checksum": file.multihash, "file:size": file.size}
    if path.name == "diff.tif":
        kind = {"data_type": "float32", "nodata": "nan"}
        fields["bands"] = [{"name": name} | kind for name in DIFF.bands]
    if path.name == "classes.tif":
        fields |= {"data_type": "uint8", "nodata": 0, "classification:classes": _classes()}
    return pystac.Asset(
        href=f"./{path.name}",
        title=product.title,
        media_type=product.media_type,
        roles=list(product.roles),
        extra_fields=fields,
    )


def _classes() -> list[dict[str, Any]]:
    return [
        {
            "value": code.value,
            # The extension wants a name that works as an identifier.
            "name": code.name.replace(",", "").replace(" ", "_"),
            "description": code.name,
            "color_hint": code.hex,
            "nodata": code.value == 0,
        }
        for code in CLASS_CODES
    ]
