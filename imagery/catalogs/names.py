"""What the official name of a product says: mission, orbit, cell, baseline (``dates``: its time).

Source:
    Sentinel-2 Products Specification Document, section on naming; Landsat Collection 2 product
    identifiers (USGS LSDS-1618); Sentinel-1 Product Specification, product naming, and its
    relation of absolute to relative orbits for the first two units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_SENTINEL2 = re.compile(
    r"(?<![A-Z0-9])(?P<unit>S2[ABCD])_MSI(?P<level>L\d[AC])_\d{8}T\d{6}"
    r"(?:_N(?P<baseline>\d{4}))?_R(?P<orbit>\d{3})_T(?P<tile>\d{2}[A-Z]{3})_(?P<made>\d{8}T\d{6})"
)
_LANDSAT = re.compile(
    r"(?<![A-Z0-9])L[COTEM]0(?P<number>\d)_(?P<level>L\d\w{2})_(?P<tile>\d{6})_\d{8}"
    r"(?:_(?P<made>\d{8}))?_\d{2}_"
)
_SENTINEL1 = re.compile(
    r"(?<![A-Z0-9])(?P<unit>S1[ABCD])_\w\w_\w{4}_\w{4}(?:_\d{8}T\d{6}){2}_(?P<turn>\d{6})_"
)
_SHORT = re.compile(r"(?<![A-Z0-9])(?P<unit>S2[ABCD])_T?(?P<tile>\d{1,2}[A-Z]{3})_\d{8}")
_LATITUDE_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_CELL = re.compile(rf"(?P<zone>\d{{2}})(?P<band>[{_LATITUDE_BANDS}])[A-Z]{{2}}")
_FIRST_TURN = {"S1A": 73, "S1B": 27}
_TURNS = 175


@dataclass(frozen=True, slots=True)
class ProductName:
    """What one name says; None where it does not say it.

    Attributes:
        platform: Such as ``sentinel-2a`` or ``landsat-9``.
        level: Such as ``L2A`` or ``L2SP``.
        baseline: Sentinel-2 processing baseline such as ``05.11``.
        orbit: Relative orbit.
        tile: MGRS cell ``36SYD`` or WRS-2 path and row ``174036``.
        made: When the product was made, UTC.
    """

    platform: str | None = None
    level: str | None = None
    baseline: str | None = None
    orbit: int | None = None
    tile: str | None = None
    made: datetime | None = None


def read_name(text: str) -> ProductName | None:
    """Read the official name of a product; None where it is something else.

    >>> read_name("S2A_MSIL2A_20241213T082331_N0511_R121_T36SYE_20241213T115000").baseline
    '05.11'
    >>> read_name("LC09_L2SP_174036_20241210_02_T1").tile
    '174036'
    """
    upper = text.upper()
    if match := _SENTINEL2.search(upper):
        baseline = match["baseline"]
        return ProductName(
            platform=f"sentinel-2{match['unit'][-1].lower()}",
            level=match["level"],
            baseline=baseline and f"{baseline[:2]}.{baseline[2:]}",
            orbit=int(match["orbit"]),
            tile=match["tile"],
            made=_moment(match["made"]),
        )
    if match := _LANDSAT.search(upper):
        return ProductName(
            platform=f"landsat-{match['number']}",
            level=match["level"],
            tile=match["tile"],
            made=_moment(match["made"]) if match["made"] else None,
        )
    if match := _SENTINEL1.search(upper):
        first = _FIRST_TURN.get(match["unit"])
        return ProductName(
            platform=f"sentinel-1{match['unit'][-1].lower()}",
            orbit=None if first is None else (int(match["turn"]) - first) % _TURNS + 1,
        )
    if match := _SHORT.search(upper):
        return ProductName(f"sentinel-2{match['unit'][-1].lower()}", tile=match["tile"].zfill(5))
    return None


def _moment(digits: str) -> datetime | None:
    plain = digits.replace("T", "")
    try:
        return datetime.strptime(plain, "%Y%m%d%H%M%S"[: len(plain) - 2]).replace(tzinfo=UTC)
    except ValueError:
        return None


def cell_bounds(tile: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north of the cell of the military grid that a Sentinel-2 tile lies in.

    >>> cell_bounds("36SYE")
    (30.0, 32.0, 36.0, 40.0)
    >>> cell_bounds("174036") is None
    True
    """
    match = _CELL.fullmatch(tile)
    if match is None:
        return None
    zone, south = int(match["zone"]), 8.0 * (_LATITUDE_BANDS.index(match["band"]) - 10)
    west = 6.0 * zone - 186
    return west, south, west + 6, south + (12 if match["band"] == "X" else 8)
