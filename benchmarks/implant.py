"""Power of the large-object detector: targets planted in real pairs, false objects beside it.

``python -m benchmarks.implant --data DIR [--json FILE] [--contrasts .08,.15] [--tinted]``

DIR holds a folder for each city as ``benchmarks.oscd`` reads them. Targets (simulated) are added to
the numbers of the later file, flat over blue, green, red and near infrared, at random places that
lie 12 px and more from any labelled change, 300 m apart, with random headings and sub-pixel
positions; then everything runs again: file, registration, normalization, detector. Thresholds are
those of the pair as it is (one rule for all: at most ``BUDGET_PER_KM2`` objects, label unseen). A
target is found where something is flagged on its own pixels. False are objects that touch no
labelled pixel: all of them, and those of 4-80 px, which the floor was counted in. ``--tinted``
multiplies the contrast by .8, .9, 1, 1.2 in the four bands: grey paint is not flat. Sizes below
the resolution are refused by the detector; what it finds of them is shown all the same. With
``s2_series`` in or beside DIR the hardest history follows (``benchmarks.series``). Exit 1 where a
target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from scipy.ndimage import binary_dilation, label

from benchmarks import labelled, oscd, series
from imagery import change, implant, pairs
from imagery.catalogs import item_from_file
from imagery.detectors import arrivals
from imagery.detectors.planform import check_observable
from imagery.detectors.shapes import SHAPES
from imagery.errors import NotObservable
from imagery.implant import Power, Target

CONTRASTS = (0.08, 0.15)
TINT = (0.8, 0.9, 1.0, 1.2)
FLAT = (1.0, 1.0, 1.0, 1.0)
BANDS = ("B02", "B03", "B04", "B08")
LABEL_MARGIN_PX, EDGE_PX = 12, 12
OBJECT_PX = (4, 80)
MOST_FALSE = 2.0
FLOOR_FALSE = 5.5
FLOOR = {"An-124": (0.26, 0.85), "Il-76": (0.05, 0.45), "frigate": (0.43, 0.86)}
WANTED = {"An-124": (0.50, 0.95), "Il-76": (0.20, 0.70), "frigate": (0.60, 0.95)}
REPEATS = 1


@dataclass(frozen=True, slots=True)
class Scene:
    """A labelled pair on its own grid, with the operating point of the pair as it is.

    Attributes:
        pair: Registered and normalised.
        after: Path of the later file.
        values: (band, y, x) reflectance of the later file.
        eligible: (y, x) of the later file, True where a target may stand.
        pixel_m: (height, width) of its pixels on the ground.
        operating: Thresholds.
        false, false_sized: Objects outside the label, and those of ``OBJECT_PX``.
        area_km2: Outside the label.
    """

    pair: pairs.Pair
    after: Path
    values: NDArray[np.float32]
    eligible: NDArray[np.bool_]
    pixel_m: tuple[float, float]
    operating: arrivals.Operating
    plain: NDArray[np.bool_]
    false: int
    false_sized: int
    area_km2: float


@dataclass(frozen=True, slots=True)
class City:
    """What is told of a city."""

    name: str
    false_per_km2: float
    false_sized_per_km2: float
    area_km2: float
    power: dict[str, Power] = field(default_factory=dict)


def opened(found: labelled.Pair) -> Scene:
    """Read, register, normalise and judge a pair as it is."""
    pair = made(found.before, found.after)
    evidence = judged(pair)
    gsd = abs(pair.grid.resolution.x)
    operating = arrivals.operating_point(evidence, gsd_m=gsd)
    with rasterio.open(found.label) as file:
        own = labelled.Grid(pair.grid.crs.to_wkt(), pair.grid.affine, pair.shape)
        own = replace(own, crs=rasterio.crs.CRS.from_wkt(pair.grid.crs.to_wkt()))
        changed = labelled._on_grid(file, own, fill=0)[0] == 1
        mask = file.read(1) == 1
    with rasterio.open(found.after) as file:
        dn = file.read([file.descriptions.index(band) + 1 for band in BANDS])
        pixel_m = ground_size(file)
    flagged = over(evidence, operating)
    usable = np.isfinite(evidence.strength).all(axis=0) & ~changed
    edge = np.zeros(mask.shape, bool)
    edge[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX] = True
    near = binary_dilation(mask, iterations=LABEL_MARGIN_PX)
    at, _ = arrivals.objects(evidence, operating.thresholds)
    touched = binary_dilation(changed, np.ones((3, 3), bool))
    return Scene(
        pair=pair,
        after=found.after,
        values=dn.astype(np.float32) / 1e4,
        eligible=(dn > 0).all(axis=0) & ~near & edge,
        pixel_m=pixel_m,
        operating=operating,
        plain=flagged,
        false=int((~touched[at[:, 0], at[:, 1]]).sum()),
        false_sized=sized(flagged, changed),
        area_km2=float(usable.sum()) * gsd**2 / 1e6,
    )


def made(before: Path, after: Path) -> pairs.Pair:
    """The pair as ``diff`` makes it."""
    pair = pairs.make(*(item_from_file(path, dated=False) for path in (before, after)))
    return pairs.normalized(pairs.registered(pair, max_error_px=change.MAX_SHIFT_ERROR_PX["rcva"]))


def judged(pair: pairs.Pair) -> arrivals.Evidence:
    """The evidence of a whole pair."""
    height, width = pair.shape
    before, after = pair.read(slice(0, height), slice(0, width))
    assert pair.normalization is not None
    gsd = abs(pair.grid.resolution.x)
    return arrivals.evidence(before, after, pair.normalization, gsd_m=gsd)


def over(evidence: arrivals.Evidence, operating: arrivals.Operating) -> NDArray[np.bool_]:
    """(y, x) flagged."""
    excess = arrivals.over(evidence, operating.thresholds)
    return (np.nan_to_num(excess) > 1).any(axis=0)


def sized(flagged: NDArray[np.bool_], changed: NDArray[np.bool_]) -> int:
    """Connected objects of ``OBJECT_PX`` that touch no labelled pixel."""
    labels, count = label(flagged, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    touching = np.bincount(labels[changed], minlength=count + 1)[1:] > 0
    return int(((areas >= OBJECT_PX[0]) & (areas <= OBJECT_PX[1]) & ~touching).sum())


def ground_size(file: rasterio.DatasetReader) -> tuple[float, float]:
    """(height, width) in metres of the middle pixel of a file in degrees or metres."""
    col, row = file.width / 2, file.height / 2
    if not file.crs.is_geographic:
        return abs(file.transform.e), abs(file.transform.a)
    lon, lat = file.transform @ (col, row)
    geod = Geod(ellps="WGS84")
    height = geod.inv(lon, lat, lon, lat + file.transform.e)[2]
    return float(height), float(geod.inv(lon, lat, lon + file.transform.a, lat)[2])


def detector(scene: Scene, folder: Path) -> implant.Detect:
    """From the numbers of the later file to what is flagged, on the grid of that file."""

    def detect(values: NDArray[np.float32]) -> NDArray[np.bool_]:
        if values is scene.values:
            return onto_file(scene.plain, scene.pair, scene.after)
        path = folder / scene.after.name
        write_like(scene.after, path, values)
        pair = made_like(scene.pair, path)
        return onto_file(over(judged(pair), scene.operating), pair, path)

    return detect


def made_like(pair: pairs.Pair, after: Path) -> pairs.Pair:
    """The pair with another later file, measured anew, on the same grid."""
    fresh = pairs.make(pair.before, item_from_file(after, dated=False), grid=pair.grid)
    limit = change.MAX_SHIFT_ERROR_PX["rcva"]
    return pairs.normalized(pairs.registered(fresh, max_error_px=limit))


def write_like(source: Path, path: Path, values: NDArray[np.float32]) -> None:
    """A copy of a file with other numbers in ``BANDS``."""
    with rasterio.open(source) as file:
        dn, profile, names, tags = file.read(), file.profile, file.descriptions, file.tags()
    dn = dn.copy()
    for band, plane in zip(BANDS, values, strict=True):
        dn[names.index(band)] = np.clip(np.rint(plane * 1e4), 0, 65535)
    with rasterio.open(path, "w", **profile) as out:
        out.write(dn)
        out.descriptions = names
        out.update_tags(**tags)


def onto_file(flagged: NDArray[np.bool_], pair: pairs.Pair, after: Path) -> NDArray[np.bool_]:
    """What is flagged on the grid of the pair, at the pixels of the later file that show it."""
    with rasterio.open(after) as file:
        rows, cols = np.indices(file.shape)
        there = Transformer.from_crs(file.crs.to_wkt(), pair.grid.crs.to_wkt(), always_xy=True)
        x, y = there.transform(*(file.transform @ (cols.ravel() + 0.5, rows.ravel() + 0.5)))
        shape = file.shape
    col, row = ~pair.grid.affine @ (np.asarray(x), np.asarray(y))
    found = pair.registration
    if found is not None and found.model != "none":
        a, b, c, d, e, f = found.affine
        moved = np.stack([col - 0.5 - c, row - 0.5 - f])
        col, row = np.linalg.solve(np.array([[a, b], [d, e]]), moved) + 0.5
    at = [np.floor(place).astype(np.int64) for place in (row, col)]
    inside = (at[0] >= 0) & (at[0] < flagged.shape[0]) & (at[1] >= 0) & (at[1] < flagged.shape[1])
    out = np.zeros(inside.size, bool)
    out[inside] = flagged[at[0][inside], at[1][inside]]
    return out.reshape(shape)


def measured(
    scene: Scene, name: str, contrasts: tuple[float, ...], tint: tuple[float, ...]
) -> Iterator[tuple[str, Power]]:
    """Power of every shape; of shapes that the detector refuses at the highest contrast only."""
    with tempfile.TemporaryDirectory(prefix="tilewitness-implant-") as folder:
        detect = detector(scene, Path(folder))
        for shape in SHAPES:
            for contrast in contrasts if shape in WANTED else contrasts[-1:]:
                target = Target(SHAPES[shape], tuple(contrast * share for share in tint))
                found = implant.power(
                    detect, scene.values, scene.eligible, target, pixel_m=scene.pixel_m
                )
                print(f"  {name}: {shape} {contrast:g}: {said(found)}", file=sys.stderr)
                yield key(shape, contrast), found


def key(shape: str, contrast: float) -> str:
    return f"{shape} {contrast:g}"


def pooled(powers: list[Power]) -> Power:
    trials, found, before = (
        sum(getattr(each, name) for each in powers) for name in ("trials", "found", "before")
    )
    return Power(trials, found, before, *implant.interval(found, trials))


def said(power: Power) -> str:
    return f"{power.share:.3f} ({power.low:.3f}-{power.high:.3f}) {power.found}/{power.trials}"


def print_cities(cities: list[City], contrasts: tuple[float, ...]) -> None:
    wanted = [key(shape, contrast) for shape in WANTED for contrast in contrasts]
    print("city          false/km2  4-80 px  " + "  ".join(f"{name:>12}" for name in wanted))
    for city in cities:
        row = "  ".join(f"{city.power[name].share:12.2f}" for name in wanted)
        print(f"{city.name:14}{city.false_per_km2:8.2f} {city.false_sized_per_km2:8.2f}  {row}")


def print_pooled(cities: list[City]) -> list[str]:
    """The pooled table; what falls short."""
    area = sum(city.area_km2 for city in cities)
    false = sum(city.false_per_km2 * city.area_km2 for city in cities) / area
    small = sum(city.false_sized_per_km2 * city.area_km2 for city in cities) / area
    print(f"\nfalse objects per km2: {false:.2f} of any size, {small:.2f} of 4-80 px; at most")
    print(f"{MOST_FALSE} wanted, 60-line chain {FLOOR_FALSE} of 4-80 px")
    print("target           contrast  found (95 % interval)          by chance  floor  wanted")
    missed = [] if false <= MOST_FALSE else [f"false objects {false:.2f}"]
    for name in cities[0].power:
        shape, _, contrast = name.rpartition(" ")
        total = pooled([city.power[name] for city in cities])
        beside = ""
        if shape in WANTED and float(contrast) in CONTRASTS:
            place = CONTRASTS.index(float(contrast))
            beside = f"   {FLOOR[shape][place]:.2f}    {WANTED[shape][place]:.2f}"
            if not total.share >= WANTED[shape][place]:
                missed.append(f"{name} {total.share:.3f}")
        else:
            beside = f"   {refusal(shape)}"
        chance = total.before / total.trials
        print(f"{shape:16} {contrast:>8}  {said(total):32} {chance:6.3f}  {beside}")
    return missed


def refusal(shape: str) -> str:
    try:
        check_observable(SHAPES[shape], gsd_m=10.0)
    except NotObservable as refused:
        return f"not observable: {refused}"
    return ""


def main() -> int:
    given = parsed()
    folder = given.data / "oscd" if (given.data / "oscd").is_dir() else given.data
    found = oscd.find_cities(folder)
    if not found:
        print(f"No folder in {folder} holds two S2_L1C_<date>.tif and change_label.tif.")
        return 2
    cities = []
    for pair in found:
        scene = opened(pair)
        power = dict(measured(scene, pair.name, given.contrasts, TINT if given.tinted else FLAT))
        rates = (count / scene.area_km2 for count in (scene.false, scene.false_sized))
        cities.append(City(pair.name, *rates, scene.area_km2, power))
    print(f"{'tinted' if given.tinted else 'flat'} targets (simulated) in real pairs")
    print_cities(cities, given.contrasts)
    missed = print_pooled(cities)
    if given.json:
        report = {"cities": [asdict(city) for city in cities], "missed": missed}
        given.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    print("\n" + (f"FAIL: {'; '.join(missed)}" if missed else "PASS: every target"))
    for place in (given.data / "s2_series", folder.parent / "s2_series"):
        if place.is_dir():
            print("\nReal Sentinel-2 series, the hardest history:")
            for _ in series.table(series.read(place), repeats=REPEATS):
                pass
            break
    return 1 if missed else 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled pairs")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--tinted", action="store_true", help="targets that are not quite flat")
    parser.add_argument("--contrasts", type=_numbers, default=CONTRASTS, help="such as .08,.15")
    return parser.parse_args()


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(sorted(float(part) for part in text.split(",")))


if __name__ == "__main__":
    sys.exit(main())
