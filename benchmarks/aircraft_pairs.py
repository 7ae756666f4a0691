"""Arrivals and departures of aircraft on real repeat views of airports.

``python -m benchmarks.aircraft_pairs --data DIR [--gsd 0.5|3|10] [--json FILE]``

DIR holds a folder for each pair: ``before.tif`` and ``after.tif`` (0.5 m; may be absent), the same
with ``_3m`` and ``_10m``, ``truth.geojson``, ``ignore.geojson`` and ``stands.geojson``. Without
``--gsd`` all three are run. The detector is used as it ships, at its own threshold; nothing is
fitted here.

A find is right if its event (arrived or departed) is, and if its box and a truth box each hold the
middle of the other; one find to a truth. *Counting everything*, each other find is wrong, also
those on aircraft cut by the edge (``ignore``) and on stands occupied at both dates (``stayed``),
which are shown apart. By size class, recall is of the truth's class and precision of the find's
own, both by the long side of the upright box. Intervals: 95 %, pairs drawn with replacement.

The floor beside it is "difference, threshold, label", judged here by the same rule but without
regard to the event and at the threshold that is best in hindsight; ``given`` is the figure
that was stated for it on more airports. Exit 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy.ndimage import find_objects, label
from scipy.optimize import linear_sum_assignment
from shapely.geometry import shape

from imagery.detectors.apron import changed_aircraft, zone_mask
from imagery.detectors.shapes import size_class
from imagery.model import Zone
from imagery.write import json_text

FILES = {"0.5": "", "3": "_3m", "10": "_10m"}
TARGETS = {"0.5": 0.70, "3": 0.70, "10": 0.60}
GIVEN_FLOOR = {"0.5": 0.43, "3": 0.47, "10": 0.52}
EVENTS = {"appeared": "arrived", "disappeared": "departed"}
CLASSES = ("large", "medium", "small")
DRAWS, SEED = 1000, 20241213
FLOOR_MADS = np.arange(2.0, 12.0, 0.5)
FAR = 1e6  # cost of a pairing that is no match

Box = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Marked:
    """A box with what happened there: ``event`` is arrived, departed, stayed, ignore or any."""

    box: Box
    event: str
    size: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """One pair on one grid; ``aside`` is what was there but neither came nor went."""

    name: str
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    grid: GeoBox
    zone: Zone
    truth: list[Marked]
    aside: list[Marked]


@dataclass(frozen=True, slots=True)
class Tally:
    """One pair, counted: (right, found, true) for all and each class, and wrong finds apart."""

    name: str
    counts: dict[str, tuple[int, int, int]]
    ignored: int
    stayed: int


def main() -> int:
    given = _parser().parse_args()
    sizes = [given.gsd] if given.gsd else list(FILES)
    report, failed = {}, []
    for gsd in sizes:
        scenes = [s for f in sorted(given.data.glob("*/")) if (s := read(f, gsd)) is not None]
        if not scenes:
            print(f"{gsd} m: no folder in {given.data} holds a pair at this pixel size.\n")
            continue
        report[gsd] = judged(scenes, gsd)
        if report[gsd]["all"]["f1"] < TARGETS[gsd]:
            failed.append(gsd)
    if not report:
        return 2
    if given.json:
        given.json.write_text(json_text(report), encoding="utf-8")
    print("missed at: " + ", ".join(f"{gsd} m" for gsd in failed) if failed else "targets reached")
    return 1 if failed else 0


def judged(scenes: list[Scene], gsd: str) -> dict:
    print(f"{gsd} m{'':22}right found  true      P      R     F1  ignored stayed")
    tallies = []
    for scene in scenes:
        tallies.append(tally(scene, found(scene)))
        print(_row(scene.name, [tallies[-1]], "all"), flush=True)
    for group in ("all", *CLASSES):
        print(_row(group, tallies, group))
    low, high = interval(tallies)
    floor = floor_f1(scenes)
    figures = {group: _figures(tallies, group) for group in ("all", *CLASSES)}
    print(f"F1 {figures['all']['f1']:.3f}, 95 % {low:.3f} to {high:.3f} over {len(scenes)} pairs;")
    print(f"target {TARGETS[gsd]:.2f}; floor here {floor:.3f}, given {GIVEN_FLOOR[gsd]:.2f}\n")
    extra = {"interval": [low, high], "floor": floor, "given_floor": GIVEN_FLOOR[gsd]}
    return figures | extra | {"target": TARGETS[gsd], "pairs": len(scenes)}


def read(folder: Path, gsd: str) -> Scene | None:
    paths = [folder / f"{date}{FILES[gsd]}.tif" for date in ("before", "after")]
    if not all(path.exists() for path in paths):
        return None
    images = []
    for path in paths:
        with rasterio.open(path) as source:
            image = source.read().astype(np.float32)
            # The reductions say that 0 is no data; the full images are black there.
            image[:, (image == 0).all(axis=0)] = np.nan
            images.append(image)
            grid = GeoBox(source.shape, Affine(*source.transform[:6]), source.crs.to_wkt())
    stands = shapely.union_all([place for place, _ in features(folder / "stands.geojson")])
    zone = Zone(f"{folder.name}.stands", "stands", "apron", "user", "", 0.0, lonlat(stands, grid))
    truth = [
        Marked(np.array(place.bounds), said["status"], size_class(said["length_m"]))
        for place, said in features(folder / "truth.geojson")
    ]
    ignore = [
        Marked(np.array(place.bounds), "ignore") for place, _ in features(folder / "ignore.geojson")
    ]
    wanted = [one for one in truth if one.event in EVENTS.values()]
    aside = [one for one in truth if one.event == "stayed"] + ignore
    return Scene(folder.name, images[0], images[1], grid, zone, wanted, aside)


def features(path: Path) -> list[tuple[shapely.Geometry, dict]]:
    read = json.loads(path.read_text(encoding="utf-8"))["features"]
    return [(shape(one["geometry"]), one["properties"]) for one in read]


def lonlat(place: shapely.Geometry, grid: GeoBox, *, back: bool = False) -> shapely.Geometry:
    systems = (str(grid.crs), "EPSG:4326")
    move = pyproj.Transformer.from_crs(*(systems[::-1] if back else systems), always_xy=True)
    return shapely.transform(place, lambda points: np.stack(move.transform(*points.T), axis=1))


def found(scene: Scene) -> list[Marked]:
    finds = changed_aircraft(scene.before, scene.after, grid=scene.grid, zone=scene.zone)
    marked = []
    for find in finds:
        box = np.array(lonlat(find.geometry, scene.grid, back=True).bounds)
        long_side = float((box[2:] - box[:2]).max())
        marked.append(Marked(box, EVENTS[find.direction], size_class(long_side)))
    return marked


def tally(scene: Scene, finds: list[Marked]) -> Tally:
    pairs = matched(finds, scene.truth)
    groups = {"all": CLASSES} | {size: (size,) for size in CLASSES}
    counts = {
        group: (
            sum(finds[i].size in sizes for i, _ in pairs),
            sum(one.size in sizes for one in finds),
            sum(one.size in sizes for one in scene.truth),
        )
        for group, sizes in groups.items()
    }
    # Right finds by the truth's class too: recall is of the truth, precision of the find.
    counts |= {
        f"{size} true": (sum(scene.truth[j].size == size for _, j in pairs), 0, 0)
        for size in CLASSES
    }
    right = {i for i, _ in pairs}
    wrong = [one for place, one in enumerate(finds) if place not in right]
    on = [
        {two.event for two in scene.aside if distance(one.box, two.box) is not None}
        for one in wrong
    ]
    ignored = sum("ignore" in events for events in on)
    stayed = sum("stayed" in events and "ignore" not in events for events in on)
    return Tally(scene.name, counts, ignored, stayed)


def matched(finds: list[Marked], truth: list[Marked]) -> list[tuple[int, int]]:
    """One find to one truth: as many as possible, then the nearest."""
    costs = np.full((len(finds), len(truth)), FAR)
    for i, find in enumerate(finds):
        for j, true in enumerate(truth):
            gap = distance(find.box, true.box) if find.event in (true.event, "any") else None
            if gap is not None:
                costs[i, j] = gap
    chosen = zip(*linear_sum_assignment(costs), strict=True)
    return [(int(i), int(j)) for i, j in chosen if costs[i, j] < FAR]


def distance(one: Box, two: Box) -> float | None:
    """Metres between the middles, None unless each box holds the middle of the other."""
    middles = [(box[:2] + box[2:]) / 2 for box in (one, two)]
    for box, middle in ((one, middles[1]), (two, middles[0])):
        if (middle < box[:2]).any() or (middle > box[2:]).any():
            return None
    return float(np.hypot(*(middles[0] - middles[1])))


def floor_f1(scenes: list[Scene]) -> float:
    """Difference, threshold, label, at the threshold that is best over all pairs together."""
    right, count = np.zeros(len(FLOOR_MADS)), np.zeros(len(FLOOR_MADS))
    for scene in scenes:
        grey = [image.mean(axis=0) for image in (scene.before, scene.after)]
        stands = zone_mask(scene.zone, scene.grid) & np.isfinite(grey[0] + grey[1])
        units = [(g - np.median(g[stands])) / np.std(g[stands]) for g in grey]
        change = np.where(stands, np.abs(units[1] - units[0]), 0)
        unit = 1.4826 * float(np.median(change[stands]))
        for place, mads in enumerate(FLOOR_MADS):
            finds = labelled(change > mads * unit, scene.grid)
            right[place] += len(matched(finds, scene.truth))
            count[place] += len(finds)
    true = sum(len(scene.truth) for scene in scenes)
    return float((2 * right / (count + true)).max())


def labelled(flags: NDArray[np.bool_], grid: GeoBox) -> list[Marked]:
    """Boxes of regions whose long side is that of an aircraft, 10 to 90 m."""
    regions, _ = label(flags, np.ones((3, 3)))
    step = grid.transform
    boxes = []
    for rows, cols in find_objects(regions):
        sides = (rows.stop - rows.start) * -step.e, (cols.stop - cols.start) * step.a
        if 10 <= max(sides) <= 90:
            left, top = step.c + cols.start * step.a, step.f + rows.start * step.e
            boxes.append(Marked(np.array([left, top - sides[0], left + sides[1], top]), "any"))
    return boxes


def interval(tallies: list[Tally]) -> tuple[float, float]:
    draws = np.random.default_rng(SEED).integers(len(tallies), size=(DRAWS, len(tallies)))
    values = [_figures([tallies[i] for i in draw], "all")["f1"] for draw in draws]
    return tuple(float(value) for value in np.quantile(values, (0.025, 0.975)))


def _figures(tallies: list[Tally], group: str) -> dict[str, float]:
    right, count, true = (sum(t.counts[group][k] for t in tallies) for k in range(3))
    of_truth = right if group == "all" else sum(t.counts[f"{group} true"][0] for t in tallies)
    precision = right / count if count else math.nan
    recall = of_truth / true if true else math.nan
    both = precision + recall
    f1 = 2 * precision * recall / both if both > 0 else (0.0 if both == 0 else math.nan)
    return {"right": of_truth, "found": count, "true": true} | {
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def _row(name: str, tallies: list[Tally], group: str) -> str:
    one = _figures(tallies, group)
    counts = f"{one['right']:5.0f} {one['found']:5.0f} {one['true']:5.0f}"
    rates = " ".join(f"{one[key]:6.3f}" for key in ("precision", "recall", "f1"))
    apart = f"{sum(t.ignored for t in tallies):8} {sum(t.stayed for t in tallies):6}"
    return f"{name:26}{counts} {rates} {apart if group == 'all' else ''}".rstrip()


def _parser() -> argparse.ArgumentParser:
    text = (__doc__ or "").strip()
    parser = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with a folder for a pair")
    parser.add_argument("--gsd", choices=list(FILES), help="metres; all three if not given")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    return parser


if __name__ == "__main__":
    sys.exit(main())
