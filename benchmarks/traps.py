"""Files made to mislead: each must end in the right diff, or in a refusal with its reason.

``python -m benchmarks.traps [--traps FOLDER] [--data DIR] [--json FILE]``

FOLDER holds a folder for each trap, in the format of docs/traps.md; without it our own are made
(``tests/traps``). A trap that ends in anything else, a wrong diff said with confidence, is a silent
wrong answer: exit 1. With DIR, honest real pairs are compared as well, none of which may be
refused: ``oscd/*``, ``landsat_taizhou``, and 20 clear dates of ``s2_series``, each held against
the one after it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
import shapely.ops
from pyproj import Geod
from rasterio.warp import transform as between
from shapely.geometry.base import BaseGeometry

from imagery.errors import ImageryError
from imagery.model import Period
from imagery.sites import load_site
from imagery.sources import folder_source
from pipelines import compare as application
from pipelines.config import choose

NEAR_M = 60.0
"""An object counts as found if its outline comes this near to where one is planted."""

ALLOWED_REFUSALS = 0.02
UNSEEN = (0, 4)
EARTH = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one trap ended.

    Attributes:
        trap: Its name.
        right: False for a silent wrong answer.
        ended: ``refused``, ``right``, ``noted``, ``masked``, ``no clear view``, or ``WRONG``.
        said: The reason of a refusal, or what is wrong.
    """

    trap: str
    right: bool
    ended: str
    said: str


class _Silent:
    def step(self, name: str) -> None:
        """Nothing is shown."""

    def advance(self, done: int, total: int) -> None:
        """Nothing is shown."""


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--traps", type=Path, help="folder of traps; ours unless given")
    asked.add_argument("--data", type=Path, help="folder of real data, for refusals")
    asked.add_argument("--json", type=Path, help="write the table here too")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="tilewitness-traps-") as made:
        folder = given.traps or _ours(Path(made) / "traps")
        verdicts = [_told(judged(trap)) for trap in sorted(folder.glob("*/trap.json"))]
        honest = list(_honest(given.data, Path(made))) if given.data else []
    wrong = [each for each in verdicts if not each.right]
    refused = [each for each in honest if each.ended == "refused"]
    print(f"{len(verdicts)} traps, {len(wrong)} silent wrong answers")
    if honest:
        print(f"{len(honest)} honest pairs, {len(refused)} refused")
    failed = bool(wrong) or len(refused) > ALLOWED_REFUSALS * len(honest)
    if given.json:
        rows = {"traps": verdicts, "honest": honest}
        text = {key: [asdict(each) for each in found] for key, found in rows.items()}
        given.json.write_text(json.dumps(text, indent=2) + "\n", encoding="utf-8")
    print("FAIL" if failed else "PASS")
    return int(failed)


def judged(path: Path) -> Verdict:
    """Run one trap, given by its ``trap.json``, and say how it ended."""
    truth = json.loads(path.read_text(encoding="utf-8"))
    name = path.parent.name
    with tempfile.TemporaryDirectory(prefix="tilewitness-trap-") as made:
        out = Path(made) / "run"
        try:
            record = _run(path.parent, truth, out)
        except ImageryError as refusal:
            fine = truth.get("may_refuse", True)
            return Verdict(name, fine, "refused" if fine else "WRONG", str(refusal))
        return _weighed(name, truth, record, out)


def _run(folder: Path, truth: Mapping[str, Any], out: Path) -> dict[str, Any]:
    options = choose(None, {"history": 0})
    said: Mapping[str, str] | None = truth.get("compare")
    if said is None:
        files = folder / "before.tif", folder / "after.tif"
        done = application.diff(*files, out, options=options, watch=_Silent(), custody={})
    else:
        site = load_site(str(folder / said["site"]))
        periods = Period.parse(said["before"]), Period.parse(said["after"])
        source = folder_source(str(folder / "tiles"), archives={})
        done = application.compare(
            site, periods, source=source, out=out, options=options, watch=_Silent(), custody={}
        )
    return done.record


def _weighed(name: str, truth: Mapping[str, Any], record: Mapping[str, Any], out: Path) -> Verdict:
    """Hold what was found against the truth."""
    if record["state"] == "no clear view":
        return Verdict(name, True, "no clear view", "")
    found = json.loads((out / "detections.geojson").read_text(encoding="utf-8"))["features"]
    ghosts = shapely.geometry.shape(truth["ghosts"]) if truth.get("ghosts") else None
    wrong, ended = [], "right"
    for direction in ("appeared", "disappeared"):
        for place in truth.get(direction, ()):
            how = _at(place, direction, found, out, honest=not truth.get("may_refuse", True))
            if how == "missed":
                wrong.append(f"missed what {direction} at {place}")
            elif how == "masked":
                ended = how
    planted = [place for key in ("appeared", "disappeared") for place in truth.get(key, ())]
    others = [each for each in found if not any(_near(each, place) for place in planted)]
    noted = [each for each in others if _noted(each) and _within(each, ghosts)]
    wrong += [_described(each) for each in others if each not in noted]
    if truth.get("note") and truth["note"] not in json.dumps(record["scenes"]):
        wrong.append(f"nothing says {truth['note']!r}")
    if wrong:
        return Verdict(name, False, "WRONG", f"{len(wrong)}: {'; '.join(wrong[:3])}")
    if noted or truth.get("note"):
        ended = "noted"
    said = "; ".join(sorted({each["properties"]["class"] for each in noted}))
    return Verdict(name, True, ended, said)


def _at(
    place: list[float],
    direction: str,
    found: list[dict[str, Any]],
    out: Path,
    *,
    honest: bool,
) -> str:
    """``found``, ``masked`` or ``missed``: what became of a planted object."""
    for each in found:
        if _near(each, place) and each["properties"]["direction"] in (direction, "changed"):
            return "found"
    with rasterio.open(out / "classes.tif") as file:
        x, y = between("EPSG:4326", file.crs, [place[0]], [place[1]])
        row, col = file.index(x[0], y[0])
        codes = file.read(1)
    inside = 0 <= row < codes.shape[0] and 0 <= col < codes.shape[1]
    hidden = inside and codes[row, col] in UNSEEN
    return "masked" if hidden and not honest else "missed"


def _near(feature: Mapping[str, Any], place: list[float]) -> bool:
    outline = shapely.geometry.shape(feature["geometry"])
    point = shapely.Point(place)
    if outline.contains(point):
        return True
    nearest = shapely.ops.nearest_points(outline, point)[0]
    return bool(EARTH.inv(nearest.x, nearest.y, point.x, point.y)[2] <= NEAR_M)


def _noted(feature: Mapping[str, Any]) -> bool:
    """Whether an object says of itself what else it may be."""
    return "may be" in feature["properties"]["class"]


def _within(feature: Mapping[str, Any], ghosts: BaseGeometry | None) -> bool:
    return ghosts is not None and ghosts.intersects(shapely.geometry.shape(feature["geometry"]))


def _described(feature: Mapping[str, Any]) -> str:
    said = feature["properties"]
    middle = shapely.geometry.shape(feature["geometry"]).centroid
    where = f"{middle.x:.4f} {middle.y:.4f}"
    return f"{said['class']} {said['direction']} at {where}, {said['area_m2']:.0f} m2"


def _told(verdict: Verdict) -> Verdict:
    print(f"{verdict.trap:24} {verdict.ended:14} {verdict.said[:180]}", flush=True)
    return verdict


def _ours(folder: Path) -> Path:
    from tests.traps.files import write_trap
    from tests.traps.suite import all_traps

    for trap in all_traps().values():
        write_trap(trap, folder)
    return folder


def _honest(data: Path, made: Path) -> Iterator[Verdict]:
    """Real pairs: how each ended, refused or not; what was found is not judged."""
    for name, before, after in _real_pairs(data, made):
        out = made / f"run-{name}"
        try:
            application.diff(
                before, after, out, options=choose(None, {}), watch=_Silent(), custody={}
            )
        except ImageryError as refusal:
            yield _told(Verdict(name, False, "refused", str(refusal)))
        else:
            found = json.loads((out / "detections.geojson").read_text(encoding="utf-8"))
            yield _told(Verdict(name, True, "compared", f"{len(found['features'])} objects"))


def _real_pairs(data: Path, made: Path) -> Iterator[tuple[str, Path, Path]]:
    for folder in sorted((data / "oscd").glob("*/")):
        files = sorted(folder.glob("S2_L1C_*.tif"))
        if len(files) == 2:
            yield f"oscd-{folder.name}", *files
    files = sorted((data / "landsat_taizhou").glob("LE07*.tif"))
    if len(files) == 2:
        yield "taizhou", *files
    yield from _series(data / "s2_series", made)


CLEAR_DATES = 20


def _series(data: Path, made: Path) -> Iterator[tuple[str, Path, Path]]:
    """Each of the last clear dates of a series and the next one, as Sentinel-2 files."""
    import xarray as xr

    for path in sorted(data.glob("*_10m.nc")):
        with xr.open_dataset(path) as cube:
            clear = np.isin(cube["SCL"].values, (4, 5)).mean(axis=(1, 2)) > 0.99
            dates = np.flatnonzero(clear)[-CLEAR_DATES:]
            files = [_written(cube.isel(time=n), made) for n in dates.tolist()]
        for before, after in pairwise(files):
            yield f"{before.stem}-{after.stem[-8:]}", before, after


def _written(date: Any, made: Path) -> Path:
    day = str(date["time"].values)[:10].replace("-", "")
    path = made / f"S2_L2A_{day}.tif"
    names = ("B2", "B3", "B4", "B8", "SCL")
    pixels = np.stack([np.nan_to_num(date[name].values, nan=0) for name in names])
    x, y = date["x"].values, date["y"].values
    step = float(x[1] - x[0])
    place = rasterio.transform.from_origin(
        float(x[0]) - step / 2, float(y[0]) + step / 2, step, step
    )
    profile = {
        "driver": "GTiff", "crs": "EPSG:3035", "transform": place, "dtype": "uint16", "nodata": 0,
        "count": len(names), "height": len(y), "width": len(x),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.clip(pixels, 0, 65535).astype(np.uint16))
        file.descriptions = ("B02", "B03", "B04", "B08", "SCL")
        file.update_tags(PROCESSING_BASELINE="02.09")
    return path


if __name__ == "__main__":
    sys.exit(main())
