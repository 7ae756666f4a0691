"""Aircraft in one picture of a zone, each with the chance that it is one, as detections.

The classifier of ``chips`` answers for squares of 60 m and tells no size. A detection is therefore
the square itself, and its length is left open (NaN).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely import box

from imagery.detectors import chips
from imagery.detectors.apron import projected, zone_mask
from imagery.detectors.chips import Sighting
from imagery.errors import InputError
from imagery.model import Detection, Zone

OBJECT_CLASS = "aircraft"

CALIBRATION = chips.CALIBRATION
"""How ``probability`` was calibrated. It holds for candidates on and near airports as the training
data have them; in a search, which looks at empty ground too, it is an upper bound."""


def parked_aircraft(
    picture: NDArray[np.floating] | NDArray[np.uint8],
    *,
    grid: GeoBox,
    zone: Zone,
    object_class: str = OBJECT_CLASS,
    at_least: float = 0.5,
) -> list[Detection]:
    """Whole aircraft whose middle lies in a zone, on one date.

    Args:
        picture: (3, y, x) red, green, blue on ``grid``; uint8, or float on 0 to 1 as a picture is
            stretched; NaN = no data. Reaches 30 m beyond the zone.
        grid: North-up, metric, square pixels.
        zone: Where the middle of an aircraft may lie.
        object_class: ``aircraft``. One date and 60 m tell no size class and no type.
        at_least: Probability from which a place is listed.

    Returns:
        The surest first. ``score`` is a log-odds before calibration, ``probability`` after it
        (``CALIBRATION``); ``direction`` is ``present``; ``p``, ``q`` and the length are NaN.

    Raises:
        NotObservable: the pixels are larger than 10.5 m.
        InputError: another class is asked for, or the picture is not on the grid or has not three
            bands.
        WeightsError: the weights are missing or altered.
    """
    if object_class != OBJECT_CLASS:
        raise InputError("the class", object_class, f"{OBJECT_CLASS!r}: chips tell no size")
    pixel_m = abs(grid.resolution.x)
    found = chips.detect(picture, gsd_m=pixel_m, zone=zone_mask(zone, grid), at_least=at_least)
    return [_detection(one, number, grid, zone) for number, one in enumerate(found, start=1)]


def _detection(one: Sighting, number: int, grid: GeoBox, zone: Zone) -> Detection:
    x, y = grid.transform @ (one.col, one.row)
    half = chips.CHIP_M / 2
    square = box(x - half, y - half, x + half, y + half)
    return Detection(
        id=f"{zone.id}.c{number:04d}",
        geometry=projected(square, str(grid.crs), "EPSG:4326"),
        zone_id=zone.id,
        object_class=OBJECT_CLASS,
        direction="present",
        score=one.score,
        p=math.nan,
        q=math.nan,
        probability=one.probability,
        length_m=math.nan,
        length_sd_m=math.nan,
        area_m2=float(square.area),
    )
