"""Objects of 45 m and more that came to or left a zone between two dates, as detections."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely import affinity

from imagery import implant
from imagery.detectors import arrivals
from imagery.detectors.apron import projected, zone_mask
from imagery.detectors.arrivals import Evidence, Operating
from imagery.detectors.planform import bank, check_observable
from imagery.detectors.shapes import SHAPES, Shape, size_class
from imagery.implant import Power, Target
from imagery.kernels import Float
from imagery.model import Detection, Direction, Zone
from imagery.normalize import Normalization

SIZE_SD = 0.25
"""Share of a length: one planform answers to objects that are a quarter longer or shorter."""

LEAST_RUNS, MOST_RUNS, MOST_PIXELS = 4, 25, 25_000_000
"""Runs of ``zone_power`` follow from the pixels that they look at together."""

METHOD = "arrivals 1"  # of a kept measurement: another number where results change


@dataclass(frozen=True, slots=True)
class Look:
    """A pair as the detector saw it.

    Attributes:
        before, after: (band, y, x) float32 registered reflectance, NaN = unusable.
        fit: Of this pair.
        grid: Metric, square pixels.
        chosen: Operating point of the pair as it is.
    """

    before: Float
    after: Float
    fit: Normalization
    grid: GeoBox
    chosen: Operating


def zone_power(look: Look, zone: Zone, target: Target, *, folder: Path | None = None) -> Power:
    """How many known targets, put into a zone of the later date, the detector would flag.

    Thresholds, registration and normalization stay those of the pair as it is: one object more
    does not move them.

    Args:
        look: The pair.
        zone: Targets stand where both dates show it.
        target: What; ``Target(SHAPES["An-124"], (0.08,))``.
        folder: Of a cache; measured anew without one.

    Returns:
        Without trials where nothing of the zone is seen.

    Raises:
        NotObservable: pixels of this size cannot show it: say so, not a power of 0.
    """
    gsd = abs(look.grid.resolution.x)
    check_observable(target.shape, gsd_m=gsd)
    seen = np.isfinite(look.before).all(axis=0) & np.isfinite(look.after).all(axis=0)
    eligible = zone_mask(zone, look.grid) & seen
    runs = min(max(MOST_PIXELS // max(seen.size, 1), LEAST_RUNS), MOST_RUNS)

    def detect(values: Float) -> NDArray[np.bool_]:
        found = arrivals.evidence(look.before, values, look.fit, gsd_m=gsd)
        excess = arrivals.over(found, look.chosen.thresholds)
        return np.asarray((np.nan_to_num(excess) > 1).any(axis=0))

    def measure() -> Power:
        return implant.power(
            detect, look.after, eligible, target, pixel_m=(gsd, gsd), most_runs=runs
        )

    if folder is None:
        return measure()
    fit = look.fit
    words = implant.digest(
        METHOD, look.before, fit.stabilizer, fit.gain, fit.offset, repr(look.chosen), gsd, runs
    )
    key = implant.key_of(look.after, eligible, target, detector=words)
    return implant.cached(folder, key, measure)


def changed_objects(
    found: Evidence, chosen: Operating, *, grid: GeoBox, zone: Zone
) -> list[Detection]:
    """Objects of a zone beyond the operating point of their pair.

    Args:
        found: Of the whole scene: what is usual is learned there.
        chosen: Of the same pair.
        grid: Of the evidence, metric, square pixels.
        zone: Nothing outside is told.

    Returns:
        Strongest first. ``object_class`` is a size class of aircraft, ``vessel`` where a long hull
        fits best: a shape at 10 m, not an identification. ``score`` is the strength over the
        threshold. ``p``, ``q`` and ``probability`` are NaN: the operating point is a budget of
        objects per square kilometre, not a calibrated chance.
    """
    places, sizes = arrivals.objects(found, chosen.thresholds)
    inside = zone_mask(zone, grid)[places[:, 0], places[:, 1]]
    excess = arrivals.over(found, chosen.thresholds)
    told = [
        (float(excess[size, row, col]), int(row), int(col), int(size))
        for (row, col), size in zip(places[inside], sizes[inside], strict=True)
    ]
    return [
        _detection(found, one, grid, f"{zone.id}.p{number:04d}", zone.id)
        for number, one in enumerate(sorted(told, key=lambda one: (-one[0], *one[1:])), start=1)
    ]


def _detection(
    found: Evidence,
    one: tuple[float, int, int, int],
    grid: GeoBox,
    name: str,
    zone: str,
) -> Detection:
    score, row, col, size = one
    shape = SHAPES[found.names[size]]
    pixel_m = abs(grid.resolution.x)
    kernels = bank(shape.name, gsd_m=pixel_m)
    heading = kernels.headings_deg[int(found.headings[size, row, col])]
    x, y = grid.transform @ (col + 0.5, row + 0.5)
    # Body axes are x ahead, y right; the map is x east, y north, headings from north.
    outline = affinity.affine_transform(shape.outline, [*_turned(heading), x, y])
    return Detection(
        id=name,
        geometry=projected(outline, str(grid.crs), "EPSG:4326"),
        zone_id=zone,
        object_class=_class(shape),
        direction=direction(found.light, row, col, kernels.reach_px),
        score=score,
        p=math.nan,
        q=math.nan,
        probability=math.nan,
        length_m=shape.length_m,
        length_sd_m=math.hypot(SIZE_SD * shape.length_m, pixel_m),
        area_m2=float(shapely.area(outline)),
    )


def _turned(heading_deg: float) -> tuple[float, float, float, float]:
    sin, cos = math.sin(math.radians(heading_deg)), math.cos(math.radians(heading_deg))
    return sin, cos, cos, -sin


def _class(shape: Shape) -> str:
    return "vessel" if shape.kind == "vessel" else f"{size_class(shape.length_m)} aircraft"


def direction(light: Float, row: int, col: int, reach_px: int) -> Direction:
    """At which date a place stands out more from its own surround.

    Args:
        light: (2, y, x) brightness of both dates, in one unit, NaN = unusable.
        row, col: The place.
        reach_px: Of the surround.
    """
    window, core = (
        tuple(slice(max(at - reach, 0), at + reach + 1) for at in (row, col))
        for reach in (reach_px, 1)
    )
    with_ground = [_standing(date[window], date[core]) for date in light]
    if not all(map(math.isfinite, with_ground)) or with_ground[0] == with_ground[1]:
        return "changed"
    return "appeared" if with_ground[1] > with_ground[0] else "disappeared"


def _standing(around: NDArray[np.float32], core: NDArray[np.float32]) -> float:
    if not np.isfinite(around).any() or not np.isfinite(core).any():
        return math.nan
    return float(np.nanmean(np.abs(core - np.nanmedian(around))))
