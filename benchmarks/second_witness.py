"""What a history adds to a pair, on a real Sentinel-2 series: objects and planted targets.

``python -m benchmarks.second_witness --data DIR [--pairs 14]``

DIR is that of ``benchmarks.series``. Pairs of consecutive clear dates, each with all dates before
it as history, go through the chain of ``compare``: unplanted, to count the objects of 4 to 80 px
that are kept (some are real clearings), and with four simulated targets of contrast .08 planted in
the later date. A target is found where an object that is kept comes within three pixels of it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pystac

from benchmarks.history_scale import START, write
from benchmarks.series import CLASSES, Series, planted, read
from imagery import held, history, layers, objects, pairs, stack
from imagery.catalogs import items_from_folder
from imagery.errors import RegistrationError
from imagery.history import History
from imagery.layers import Layers

CONTRAST, CLEAR, LEAST_HISTORY = 0.08, 0.9, 12
SMALL_PX = (4, 80)
NEAR_PX = 3
PIXEL_KM2 = 1e-4
MAX_P95_PX = 0.5
RULES = ("pair", "pair and history")


@dataclass(frozen=True, slots=True)
class Kept:
    """(y, x) regions, 0 = none, and by rule the numbers of those that are kept."""

    regions: np.ndarray
    areas: np.ndarray
    by_rule: dict[str, np.ndarray]


def scene(folder: Path, values: np.ndarray, number: int) -> pystac.Item:
    """One date as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    dn = np.nan_to_num(values) * 1e4
    day = np.datetime64(START.replace(tzinfo=None), "D") + 5 * number
    pixels = np.concatenate([dn, np.where(dn[:1] > 0, 4, 9)]).astype(np.uint16)
    write(folder / f"S2_L2A_{day}.tif", pixels)
    return items_from_folder(folder)[0]


def chain(items: list[pystac.Item], before: int, after: int) -> Kept | None:
    """The objects of a pair, by both rules; None where it is refused or the history too thin."""
    grid = stack.common_grid(items[before], items[after])
    pair = pairs.make(items[before], items[after], grid=grid)
    try:
        pair = pairs.normalized(pairs.registered(pair, max_error_px=MAX_P95_PX))
    except RegistrationError:
        return None
    past = history.gather(items, items[after], grid, bands=pair.bands, before=items[before])
    if not isinstance(past, History):
        return None
    with tempfile.TemporaryDirectory(prefix="tilewitness-witness-") as folder:
        planes = layers.create(Path(folder), pair, shown=(0,))
        layers.fill(pair, planes, method="rcva", shown=(0,), chunk=512).compute()
        judged = held.judge(past, pair)
        if held.too_thin(past, judged):
            return None
        null, _ = layers.judge(planes)
        regions = objects.find(planes)
        q = objects.significance(regions.peaks, null)[1]
        standing = held.against(planes, regions, judged)
        alone = q <= objects.FDR
        both = alone & ~standing.usual & ~standing.clouded
        numbers = dict(zip(RULES, (np.flatnonzero(k) + 1 for k in (alone, both)), strict=True))
        return Kept(numbered(planes, regions), regions.areas, numbers)


def numbered(planes: Layers, regions: objects.Regions) -> np.ndarray:
    out = np.zeros(planes.classes.shape[1:], np.int64)
    for rows, owner in zip(layers.strips(planes), regions.owners, strict=True):
        labels = objects.labels_of(planes.classes[:, rows, :][0])
        out[rows][labels > 0] = owner[labels[labels > 0] - 1] + 1
    return out


def chosen(series: Series, count: int) -> list[tuple[int, int]]:
    """Pairs of consecutive clear dates, spread over the series."""
    clear = np.isfinite(series.values).all(axis=1).mean(axis=(1, 2)) > CLEAR
    dates = [int(n) for n in np.flatnonzero(clear)]
    all_pairs = list(zip(dates[LEAST_HISTORY:], dates[LEAST_HISTORY + 1 :], strict=False))
    return all_pairs[:: max(1, len(all_pairs) // count)][:count]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with a *_10m.nc")
    parser.add_argument("--pairs", type=int, default=14)
    given = parser.parse_args()
    series = read(given.data)
    rng = np.random.default_rng(20180815)
    extra: Counter[str] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    trials: Counter[str] = Counter()
    used = 0
    with tempfile.TemporaryDirectory(prefix="tilewitness-witness-") as made:
        items = [scene(Path(made, f"{n}"), date, n) for n, date in enumerate(series.values)]
        for before, after in chosen(series, given.pairs):
            plain = chain(items, before, after)
            if plain is None:
                continue
            used += 1
            small = (plain.areas >= SMALL_PX[0]) & (plain.areas <= SMALL_PX[1])
            extra.update({rule: int(small[kept - 1].sum()) for rule, kept in plain.by_rule.items()})
            for shape in CLASSES:
                contrast = np.full(series.values.shape[1], CONTRAST, np.float32)
                values, places = planted(series.values[: after + 1], shape, contrast, rng)
                folder = Path(made, f"{before}-{after}-{shape}")
                dated = [*items[:after], scene(folder, values[after], after)]
                seen = chain(dated, before, after)
                trials[shape] += len(places)
                for rule, kept in seen.by_rule.items() if seen else ():
                    found[shape, rule] += sum(near(seen.regions, kept, place) for place in places)
    area = used * series.values[0, 0].size * PIXEL_KM2
    print(f"{used} pairs; SIMULATED targets of contrast {CONTRAST} in real pixels")
    print("rule                objects/km2" + "".join(f"{shape:>10}" for shape in CLASSES))
    for rule in RULES:
        shares = "".join(f"{found[shape, rule] / max(trials[shape], 1):10.2f}" for shape in CLASSES)
        print(f"{rule:20}{extra[rule] / max(area, PIXEL_KM2):11.2f}{shares}")
    return 0


def near(regions: np.ndarray, kept: np.ndarray, place: tuple[int, int]) -> bool:
    row, col = place
    rows, cols = (slice(max(0, at - NEAR_PX), at + NEAR_PX + 1) for at in (row, col))
    return bool(np.isin(regions[rows, cols], kept).any())


if __name__ == "__main__":
    raise SystemExit(main())
