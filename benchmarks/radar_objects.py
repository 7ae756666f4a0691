"""Objects that ``compare`` finds between SIMULATED radar passes, against what really came and went.

``python -m benchmarks.radar_objects [--tiles DIR] [--json FILE]``

Needs ``python -m sample_tiles.generate --history``. Every two passes that follow each other on one
track, at both sites, before 13 December 2024: an object is right where it touches a craft (30 m
around) that is there on one of the two dates only; a craft is found where an object touches it.
PASS: at most a fifth of the objects touch no such craft (the promise is a tenth, of all tests
together), and of ships of 60 m and more on the water nine of ten are found.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from shapely.geometry import shape

from imagery.model import Period
from imagery.sites import load_site
from imagery.sources import FolderSource
from pipelines.compare import compare
from pipelines.config import Options
from pipelines.terminal import Silent
from sample_tiles.worlds import AFTER, TRACKS, radar_history, track_on

WORLD, PRODUCT = "as-reported", "sentinel-1-rtc"
TILES = Path("sample_tiles")
NEAR_DEG, SAME_DEG = 30 / 111_000, 15 / 111_000
LONG_M = 60.0


def craft_of(tiles: Path, site: str, day: date) -> list[dict[str, Any]]:
    """What really stood there."""
    path = tiles / WORLD / site / "truth" / f"S1_{day}.geojson"
    found: list[dict[str, Any]] = json.loads(path.read_text())["features"]
    return found


def came_or_went(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Craft of the first date that no craft of their type on the other date stands in for."""
    gone = []
    for each in one:
        middle = shape(each["geometry"]).centroid
        same = (
            shape(o["geometry"]).centroid.distance(middle) < SAME_DEG
            for o in other
            if o["properties"]["type"] == each["properties"]["type"]
        )
        if not any(same):
            gone.append(each)
    return gone


def run(source: FolderSource, tiles: Path, site: str, days: tuple[date, date]) -> Counter[str]:
    """Counts of one pair."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        compare(
            load_site(site),
            (Period.parse(str(days[0])), Period.parse(str(days[1]))),
            source=source,
            out=out,
            options=Options(product=PRODUCT, history=0),
            watch=Silent(),
            custody={},
        )
        objects = json.loads((out / "detections.geojson").read_text())["features"]
    before, after = (craft_of(tiles, site, day) for day in days)
    moved = came_or_went(before, after) + came_or_went(after, before)
    outlines = [shape(each["geometry"]).buffer(NEAR_DEG) for each in objects]
    shapes = [shape(each["geometry"]) for each in moved]
    counts = Counter(objects=len(objects), pairs=1)
    counts["false"] = sum(not any(o.intersects(s) for s in shapes) for o in outlines)
    for each, outline in zip(moved, shapes, strict=True):
        said = each["properties"]
        long = said["class"] == "vessel" and said["length_m"] >= LONG_M
        kind = "ships of 60 m and more" if long else said["class"]
        counts[f"there: {kind}"] += 1
        counts[f"found: {kind}"] += any(o.intersects(outline) for o in outlines)
    return counts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--tiles", type=Path, default=TILES)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    print("SIMULATED passes, each held against the next one of its track")
    total: Counter[str] = Counter()
    for site in ("hmeimim", "tartus"):
        source = FolderSource(given.tiles / WORLD / site)
        counts: Counter[str] = Counter()
        for track in TRACKS:
            own = [day for day in radar_history() if track_on(day) is track and day < AFTER]
            for days in pairwise(own):
                counts += run(source, given.tiles, site, days)
        total += counts
        print(
            f"{site:8} {counts['pairs']} pairs, {counts['objects']} objects,"
            f" false {counts['false']}"
        )
    kinds = sorted(name.removeprefix("there: ") for name in total if name.startswith("there: "))
    for kind in kinds:
        print(f"  {kind:24} found {total[f'found: {kind}']:4} of {total[f'there: {kind}']}")
    ships = "ships of 60 m and more"
    passed = total["false"] <= 0.2 * max(total["objects"], 1)
    passed &= total[f"found: {ships}"] >= 0.9 * total[f"there: {ships}"]
    print("PASS" if passed else "FAIL", "few objects without a craft, ships found")
    if given.json:
        given.json.write_text(json.dumps(total, indent=1, sort_keys=True), encoding="utf-8")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
