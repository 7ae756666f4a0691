"""One Item made of several of one pass, and its way back: each part as an Item of its own.

A pass is cut into tiles, sometimes in the middle of a site. Such a composite travels like any
Item; only what opens files asks for its parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pystac
import shapely

from imagery.catalogs import NOTES, PART, PARTS, SIMULATED

_MARK = "@"


def compose(items: Sequence[pystac.Item]) -> pystac.Item:
    """One Item of two or more parts, most wanted first: where two hold data the first one counts.

    Its id is theirs, joined by ``+``; its datetime is the earliest; what else it says is what the
    first part says, and every note.

    Args:
        items: Of one pass and product, with the same bands, dated.
    """
    first = items[0]
    notes = [note for item in items for note in item.properties.get(NOTES, [])]
    properties = {**first.properties, PARTS: [_said(item) for item in items]}
    if any(item.properties.get(SIMULATED, False) for item in items):
        properties[SIMULATED] = True
    if notes:
        properties[NOTES] = list(dict.fromkeys(notes))
    outline = shapely.union_all([shapely.geometry.shape(item.geometry) for item in items])
    made = pystac.Item(
        id="+".join(item.id for item in items),
        geometry=shapely.geometry.mapping(outline),
        bbox=list(outline.bounds),
        datetime=min(item.datetime for item in items if item.datetime is not None),
        properties=properties,
        stac_extensions=list(first.stac_extensions),
    )
    for number, item in enumerate(items):
        for key, asset in item.assets.items():
            copy = asset.clone()
            copy.extra_fields[PART] = number
            made.add_asset(f"{key}{_MARK}{number}", copy)
    return made


def parts(item: pystac.Item) -> list[pystac.Item]:
    """The parts of a composite, most wanted first; of any other Item the Item alone.

    What is written into the properties of a part is kept on the composite.
    """
    if PARTS not in item.properties:
        return [item]
    return [_part(item, number) for number in range(len(item.properties[PARTS]))]


def _said(item: pystac.Item) -> dict[str, Any]:
    said = {"id": item.id, "geometry": item.geometry, "bbox": item.bbox}
    moment = None if item.datetime is None else item.datetime.isoformat()
    return {**said, "datetime": moment, "properties": dict(item.properties)}


def _part(item: pystac.Item, number: int) -> pystac.Item:
    said = item.properties[PARTS][number]
    made = pystac.Item(
        id=said["id"],
        geometry=said["geometry"],
        bbox=said["bbox"],
        datetime=datetime.fromisoformat(said["datetime"]),
        properties={},
        stac_extensions=list(item.stac_extensions),
    )
    made.properties = said["properties"]
    for key, asset in item.assets.items():
        if asset.extra_fields.get(PART) == number:
            made.assets[key.rpartition(_MARK)[0]] = asset
    return made
