"""What the page of a comparison says beside its pictures."""

from __future__ import annotations

import numpy as np
import pyproj
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery.catalogs import PRODUCT
from imagery.detectors.apron import zone_mask
from imagery.model import Detection, Site
from imagery.pairs import Pair
from imagery.reduce import reduction
from pipelines.credits import credit, sensor
from pipelines.figure import Account, Spot
from pipelines.record import Findings, sensed, simulated
from pipelines.said import clean

LAST_LATIN = "\u024f"
"""The letters of our pictures end here; a name in another script stands there by its id."""


NEARLY_ALL = 0.995
"""Share of the ground that is clear, from which on nothing is said of the rest."""


def account(pair: Pair, site: Site | None, found: Findings) -> Account:
    """Place, source, findings, credit and marks of a comparison, for its page."""
    factor = reduction(pair.shape)
    height, width = (-(-side // factor) for side in pair.shape)
    grid = GeoBox((height, width), pair.grid.transform @ Affine.scale(factor), pair.grid.crs)
    product = pair.before.properties[PRODUCT]
    moments = [sensed(pair.before), sensed(pair.after)]
    made_up = simulated(pair)
    pixel = f"{abs(pair.grid.resolution.x):g} m pixels"
    return Account(
        place="Two images" if site is None else name_of(site),
        source=f"{'simulated ' if made_up else ''}{sensor(product)}, {pixel}",
        found=sentence(found),
        credit=credit(product, moments, simulated=made_up),
        spots=_spots(found.detections, grid),
        zones=None if site is None else _zones(site, grid),
        rough_m=max((zone.uncertainty_m for zone in site.zones), default=0.0) if site else 0.0,
    )


def name_of(site: Site) -> str:
    """The name of a site as far as the letters of a picture go, else its id."""
    shown = clean(site.name)
    return shown if shown and max(shown) <= LAST_LATIN else site.id


def sentence(found: Findings) -> str:
    """How many objects changed, or why that cannot be said."""
    if found.null is None:
        return "No ground is visible at both dates: nothing was compared."
    hidden = f" {1 - found.clear_share:.0%} of the ground is hidden at one date or both."
    if found.clear_share >= NEARLY_ALL:
        hidden = ""
    counts = [
        (sum(one.direction == name for one in found.detections), words)
        for name, words in (
            ("appeared", "appeared"),
            ("disappeared", "disappeared"),
            ("changed", "changed otherwise"),
        )
    ]
    told = [f"{number} {words}" for number, words in counts if number]
    if not told:
        return f"No change stands out; what is small may still have changed.{hidden}"
    what = "object" if len(found.detections) == 1 else "objects"
    return f"{len(found.detections)} changed {what}: {', '.join(told)}.{hidden}"


def _spots(detections: tuple[Detection, ...], grid: GeoBox) -> tuple[Spot, ...]:
    """In the order of ``detections.geojson``."""
    to_grid = pyproj.Transformer.from_crs("EPSG:4326", str(grid.crs), always_xy=True)
    spots = []
    for one in sorted(detections, key=lambda one: (-one.score, one.id)):
        middle = one.geometry.representative_point()
        col, row = ~grid.transform @ to_grid.transform(middle.x, middle.y)
        spots.append(Spot(row - 0.5, col - 0.5, one.length_m, one.direction))
    return tuple(spots)


def _zones(site: Site, grid: GeoBox) -> NDArray[np.bool_]:
    """(y, x), True inside any zone."""
    inside = np.zeros(grid.shape, dtype=bool)
    for zone in site.zones:
        inside |= zone_mask(zone, grid)
    return inside
