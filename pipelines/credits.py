"""Whose imagery a picture shows, in the words that its licence asks for.

Source: Copernicus Sentinel Data Legal Notice (2014), section "attribution"; USGS, "How do I
acknowledge the use of Landsat data"; Planet Labs, "Attribution guidelines".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

NAMES = {
    "sentinel-2-l2a": "Sentinel-2 L2A",
    "sentinel-2-l1c": "Sentinel-2 L1C",
    "sentinel-1-grd": "Sentinel-1 GRD",
    "sentinel-1-rtc": "Sentinel-1 RTC",
    "landsat-c2-l2": "Landsat Collection 2 Level 2",
    "planetscope-sr": "PlanetScope",
    "geotiff": "GeoTIFF of unnamed origin",
}
"""Of products, as a reader writes them."""

CREDITS = (
    ("sentinel-", "Contains modified Copernicus Sentinel data{years}."),
    ("landsat-", "Landsat imagery{years} courtesy of the U.S. Geological Survey."),
    ("planetscope", "Imagery{years} © Planet Labs PBC."),
)
UNKNOWN = "Imagery: its files do not say whose it is. Ask before you publish it."
GENERATED = "The imagery is generated and shows no real place. Not for publication as evidence."


def sensor(product: str) -> str:
    """The name of a product; its id where nobody gave it one.

    >>> sensor("sentinel-2-l2a")
    'Sentinel-2 L2A'
    """
    return NAMES.get(product, product)


def credit(product: str, moments: Sequence[datetime | None], *, simulated: bool) -> str:
    """The line that must stand beside a picture made from this product.

    Args:
        product: Its id.
        moments: Sensing times.
        simulated: Generated tiles look like a product and owe nobody anything.

    >>> credit("sentinel-2-l2a", [datetime(2024, 12, 10), datetime(2025, 1, 7)], simulated=False)
    'Contains modified Copernicus Sentinel data 2024, 2025.'
    """
    if simulated:
        return GENERATED
    known = sorted({moment.year for moment in moments if moment is not None})
    years = f" {', '.join(map(str, known))}" if known else ""
    for start, words in CREDITS:
        if product.startswith(start):
            return words.format(years=years)
    return UNKNOWN
