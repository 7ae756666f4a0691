"""What really stands where, as GeoJSON beside each tile."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from sample_tiles.craft import CRAFT, Placed
from sample_tiles.frame import Tile, to_lonlat
from sample_tiles.worlds import craft_on


def truth(world: str, site: str, day: date, tile: Tile) -> str:
    """Give the craft inside a tile as GeoJSON text, one feature a line."""
    inside: list[str] = []
    for placed in craft_on(world, site, day):
        outline = placed.on_ground(CRAFT[placed.craft].outline)
        if tile.outline.contains(outline):
            inside.append(_feature(placed, outline, len(inside) + 1))
    head = json.dumps(
        {
            "type": "FeatureCollection",
            "name": f"SIMULATED truth, {site}, {day.isoformat()}, world {world}",
            "simulated": True,
            "date": day.isoformat(),
        }
    )
    return head[:-1] + ', "features": [\n' + ",\n".join(inside) + "\n]}\n"


def _feature(placed: Placed, outline: BaseGeometry, number: int) -> str:
    craft = CRAFT[placed.craft]
    # A tenth of a metre is plenty; the planform keeps its shape.
    geometry = mapping(to_lonlat(outline.simplify(0.1)))
    feature: dict[str, Any] = {
        "type": "Feature",
        "properties": {
            "id": number,
            "class": craft.kind,
            "type": craft.name,
            "length_m": craft.length,
            "span_m": craft.span,
            "zone": placed.zone,
            "simulated": True,
        },
        "geometry": geometry,
    }
    return json.dumps(feature)
