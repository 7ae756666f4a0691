"""Vessels against labels: optical harbours, and radar chips where DIR holds them too.

``python -m benchmarks.vessels --data DIR [--json FILE] [--extras FILE]``

DIR holds a folder for each harbour (``harbours.py``), or ``images/`` and ``ships.coco.json`` of
radar chips (``ship_chips.py``), or a folder ``sen2ships`` and a folder ``ssdd`` of these.

Harbours: the tool runs at its own threshold, set by each picture's own water and nothing else. A
label counts as found where one outline, used once, shares at least a quarter of the union with the
label's smallest rectangle. A harbour that the shipped network was trained on is judged by a member
that never saw it; any other by the shipped one. False alarms are counted on water without vessels:
polygons drawn by eye (``vessel_free_water.geojson``), and, for any harbour, water at least 300 m
from everything that is not water and 500 m from every label. The latter may hold vessels that
nobody labelled, so it is an upper bound. Labels are not exhaustive: what has no label is an extra,
listed in the file of ``--extras`` for the eye. Exit 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.ndimage import distance_transform_edt
from scipy.stats import binomtest

from benchmarks import ship_chips
from benchmarks.harbours import Harbour, find_harbours, read_harbour
from imagery.detectors import hulls
from imagery.detectors.outlines import Vessel
from imagery.detectors.vessels import Look, look
from imagery.write import json_text

FREE = Path(__file__).parent / "vessel_free_water.geojson"
LEAST_M = 50.0
SHARED = 0.25
FROM_SHORE_M, FROM_LABEL_M = 300.0, 500.0
TARGETS = {"recall": 0.85, "alarms_km2": 0.1, "length_error_m": 15.0}


@dataclass(frozen=True, slots=True)
class Result:
    """One harbour.

    Attributes:
        member: Of the network that judged it.
        labelled, found: Labels of at least 50 m, and those found.
        moored, moored_found: Of these, labels that open water does not surround.
        outlines, extras: What the tool reported, and what of it has no label of any length.
        errors_m: Length of the outline less that of the label.
        drawn: (alarms, km2) on polygons drawn by eye.
        far: (alarms, km2) on water far from shore and labels.
    """

    harbour: str
    member: str
    labelled: int
    found: int
    outlines: int
    extras: int
    errors_m: tuple[float, ...]
    drawn: tuple[int, float]
    far: tuple[int, float]
    moored: int
    moored_found: int


def main() -> int:
    given = _parser().parse_args()
    folders = find_harbours(given.data) or find_harbours(given.data / "sen2ships")
    chips = ship_chips.find(given.data) or ship_chips.find(given.data / "ssdd")
    if not folders and not chips:
        print(f"{given.data} holds neither labelled harbours nor radar chips.")
        return 2
    report: dict[str, Any] = {}
    failed: list[str] = []
    if folders:
        results, extras = judged(folders)
        failed = print_harbours(results)
        report["harbours"] = [asdict(result) for result in results]
        if given.extras:
            features = {"type": "FeatureCollection", "features": extras}
            given.extras.write_text(json_text(features), encoding="utf-8")
    if chips:
        report["chips"] = ship_chips.run(chips)
    if given.json:
        given.json.write_text(json_text(report), encoding="utf-8")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--data", type=Path, required=True, help="folder of harbours or of chips")
    made.add_argument("--json", type=Path, help="write the figures here too")
    made.add_argument("--extras", type=Path, help="write outlines without a label here, GeoJSON")
    return made


def judged(folders: list[Path]) -> tuple[list[Result], list[dict[str, Any]]]:
    """Every harbour, a line each as it is done, and the extras as features."""
    print("harbour       network             found   at quay  outlines  extras  drawn/km2  far/km2")
    results, extras = [], []
    unseen = hulls.left_out()
    for folder in folders:
        harbour = read_harbour(folder)
        member = unseen.get(harbour.name, hulls.EVERYTHING)
        seen = look(
            harbour.values,
            harbour.bands,
            pixel_m=harbour.pixel_m,
            weights=hulls.shipped(member),
        )
        result, unlabelled = scored(harbour, seen, member)
        results.append(result)
        extras += [_feature(harbour, one) for one in unlabelled]
        print(_row(result), flush=True)
    return results, extras


def scored(harbour: Harbour, seen: Look, member: str) -> tuple[Result, list[Vessel]]:
    """Lay what the tool found over the labels; also what has no label."""
    pairs = paired(harbour, seen.vessels)
    long = [i for i, one in enumerate(harbour.marked) if one.length_m >= LEAST_M]
    sea = water_mask(seen)
    quay = {i for i in long if not _afloat(harbour.marked[i].outline, sea)}
    touched = {
        index
        for index, one in enumerate(seen.vessels)
        if any(one.outline.intersects(label.outline) for label in harbour.marked)
    }
    drawn, far = drawn_water(harbour), far_water(harbour, sea)
    result = Result(
        harbour=harbour.name,
        member=member,
        labelled=len(long),
        found=sum(i in pairs for i in long),
        outlines=len(seen.vessels),
        extras=len(seen.vessels) - len(touched),
        errors_m=tuple(
            seen.vessels[pairs[i]].length_m - harbour.marked[i].length_m for i in long if i in pairs
        ),
        drawn=_alarms(seen.vessels, drawn, harbour.pixel_m),
        far=_alarms(seen.vessels, far, harbour.pixel_m),
        moored=len(quay),
        moored_found=sum(i in pairs for i in quay),
    )
    return result, [one for i, one in enumerate(seen.vessels) if i not in touched]


def paired(harbour: Harbour, vessels: tuple[Vessel, ...]) -> dict[int, int]:
    """Label -> outline, one to one, those that share most first."""
    shares = []
    for i, label in enumerate(harbour.marked):
        for j, one in enumerate(vessels):
            if label.outline.intersects(one.outline):
                shared = label.outline.intersection(one.outline).area
                union = label.outline.area + one.outline.area - shared
                shares.append((-shared / union, i, j))
    pairs: dict[int, int] = {}
    for share, i, j in sorted(shares):
        if -share >= SHARED and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return pairs


def water_mask(seen: Look) -> NDArray[np.bool_]:
    """(y, x) of the picture: the tool's own water with what lies in it, nearest pixel."""
    rows, cols = (np.arange(round(side / seen.factor)) for side in seen.sea.shape)
    near = [
        np.minimum(((places + 0.5) * seen.factor).astype(int), side - 1)
        for places, side in zip((rows, cols), seen.sea.shape, strict=True)
    ]
    return seen.sea[np.ix_(*near)]


def _afloat(outline: Any, sea: NDArray[np.bool_]) -> bool:
    """Whether water surrounds a label: four of five pixels within 3 px of it."""
    rim = outline.buffer(3).difference(outline)
    held = _burnt(rim, sea.shape)
    return bool(held.any() and sea[held].mean() >= 0.8)


def drawn_water(harbour: Harbour) -> NDArray[np.bool_]:
    """(y, x) True in the polygons that were drawn for this harbour."""
    features = json.loads(FREE.read_text(encoding="utf-8"))["features"]
    outlines = [
        shapely.geometry.shape(one["geometry"])
        for one in features
        if one["properties"]["harbour"] == harbour.name
    ]
    there = Transformer.from_crs("EPSG:4326", harbour.crs, always_xy=True)

    def to_pixels(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = there.transform(points[:, 0], points[:, 1])
        back = ~harbour.transform
        return np.column_stack([back.a * x + back.b * y + back.c, back.d * x + back.e * y + back.f])

    whole = shapely.union_all([shapely.transform(one, to_pixels) for one in outlines])
    return _burnt(whole, harbour.values.shape[1:])


def far_water(harbour: Harbour, sea: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(y, x) True far from shore, the picture's border aside, and from labels."""
    from_shore = distance_transform_edt(sea) * harbour.pixel_m
    labels = np.zeros(sea.shape, np.bool_)
    for one in harbour.marked:
        labels |= _burnt(one.outline, sea.shape)
    from_label = distance_transform_edt(~labels) * harbour.pixel_m
    far: NDArray[np.bool_] = (from_shore >= FROM_SHORE_M) & (from_label >= FROM_LABEL_M)
    return far


def _burnt(outline: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(y, x) True where the centre of a pixel lies in an outline."""
    held = np.zeros(shape, np.bool_)
    if outline.is_empty:
        return held
    west, north, east, south = (int(side) for side in outline.bounds)
    rows = slice(max(north, 0), min(south + 1, shape[0]))
    cols = slice(max(west, 0), min(east + 1, shape[1]))
    y, x = np.mgrid[rows, cols]
    held[rows, cols] = shapely.contains_xy(outline, x + 0.5, y + 0.5)
    return held


def _alarms(
    vessels: tuple[Vessel, ...], water: NDArray[np.bool_], pixel_m: float
) -> tuple[int, float]:
    """Outlines with their centre on that water, and its area in km2."""
    last = np.array(water.shape) - 1
    inside = [water[min(int(one.row), last[0]), min(int(one.col), last[1])] for one in vessels]
    return int(sum(inside)), float(water.sum() * pixel_m**2 / 1e6)


def print_harbours(results: list[Result]) -> list[str]:
    """The table's foot; returns the targets that are missed."""
    found, labelled = (sum(getattr(one, name) for one in results) for name in ("found", "labelled"))
    quay = [sum(getattr(one, name) for one in results) for name in ("moored_found", "moored")]
    errors = np.concatenate([one.errors_m for one in results])
    figures = {
        "recall": found / max(labelled, 1),
        "alarms_km2": _rate([one.drawn for one in results]),
        "length_error_m": float(np.median(np.abs(errors))) if errors.size else float("inf"),
    }
    far = _rate([one.far for one in results])
    if not any(one.drawn[1] for one in results):
        figures["alarms_km2"] = far
    print()
    print(f"recall, labels >= 50 m     {_interval(found, labelled)}   target >= .85")
    print(f"  at a quay                {_interval(*quay)}")
    print(f"  on open water            {_interval(found - quay[0], labelled - quay[1])}")
    print(f"false alarms per km2       {figures['alarms_km2']:.3f}   target <= .1")
    print(f"  far from shore, at most  {far:.3f}")
    print(f"length error, median       {figures['length_error_m']:.1f} m   target <= 15")
    print(f"  outline less label       {np.median(errors) if errors.size else np.nan:+.1f} m")
    failed = [
        name
        for name, target in TARGETS.items()
        if not (figures[name] >= target if name == "recall" else figures[name] <= target)
    ]
    print(f"FAIL: {', '.join(failed)}" if failed else "PASS")
    return failed


def _rate(alarms: list[tuple[int, float]]) -> float:
    area = sum(km2 for _, km2 in alarms)
    return sum(count for count, _ in alarms) / area if area else 0.0


def _interval(part: int, whole: int) -> str:
    if not whole:
        return "none labelled"
    found = binomtest(part, whole).proportion_ci(method="exact")
    return f"{part / whole:.3f} ({part}/{whole}; 95 % {found.low:.2f} to {found.high:.2f})"


def _row(one: Result) -> str:
    rates = "  ".join(
        f"{count:3}/{area:5.1f}" if area else "     none" for count, area in (one.drawn, one.far)
    )
    return (
        f"{one.harbour:14}{one.member:19}{one.found:3}/{one.labelled:<3}"
        f"{one.moored_found:5}/{one.moored:<3}{one.outlines:9}{one.extras:8}  {rates}"
    )


def _feature(harbour: Harbour, one: Vessel) -> dict[str, Any]:
    """An extra in pixels of its picture: for the eye, not for a map."""
    return {
        "type": "Feature",
        "properties": {
            "harbour": harbour.name,
            "row": round(one.row, 1),
            "col": round(one.col, 1),
            "length_m": round(one.length_m),
            "score": round(one.score, 2),
            "moored": one.moored,
        },
        "geometry": shapely.geometry.mapping(one.outline),
    }


if __name__ == "__main__":
    sys.exit(main())
