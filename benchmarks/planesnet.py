"""The aircraft classifier on airports that it has not seen.

``python -m benchmarks.planesnet --data DIR`` applies the shipped weights, as they are, to
``DIR/chips.npz`` of an airport that was held back. ``--cv`` retrains instead (it needs the
dependency group ``train``): each airport, with all 0.1 degree cells nearest to it, is predicted by
networks that saw nothing of it. For folds and for all chips the probability is the networks' own,
without a curve. Below them each airport's own cells are named by latitude and longitude; there the
curve is one that was fitted on the other airports, as the shipped one is on all.

Chips are 20 x 20 px at 3 m. At 10 m each pixel is the mean of the ground it covers, 6 x 6 px in a
chip. F1 counts a probability of .5 as an aircraft. ECE is the expected calibration error: over 15
bins of equally many chips, the mean distance between mean probability and share of aircraft.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring import counted, curve
from imagery.detectors import chips as detector
from imagery.detectors.chips import COARSE_M, FINE_M
from training.split import Chips, airports, folds, read, with_aircraft

ECE_BINS = 15
MOST_ECE = 0.05

Probabilities = NDArray[np.float64]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bar:
    """What simple methods reach on unseen cells, and what is asked of this one."""

    floor_auc: float
    floor_f1: float
    auc: float
    f1: float


BARS = {FINE_M: Bar(0.920, 0.662, 0.96, 0.80), COARSE_M: Bar(0.914, 0.594, 0.93, 0.70)}


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one group of chips at one pixel size."""

    name: str
    gsd_m: float
    n: int
    aircraft: int
    auc: float
    f1: float
    ece: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with chips.npz")
    parser.add_argument("--cv", action="store_true", help="retrain, leaving out airports")
    parser.add_argument("--scores", type=Path, help="with --cv: its predictions, read or written")
    parser.add_argument("--json", type=Path, help="write the table here too")
    given = parser.parse_args()
    rows = left_out(given.data, given.scores) if given.cv else shipped(given.data)
    print("chips         pixel      n  aircraft   AUC  (floor)    F1  (floor)   ECE")
    for row in rows:
        print(line(row))
    failed = misses([row for row in rows if row.name == "all"], calibrated=not given.cv)
    if given.json:
        table = [asdict(row) for row in rows]
        given.json.write_text(json.dumps({"rows": table, "missed": failed}, indent=1) + "\n")
    print("PASS" if not failed else "FAIL: " + "; ".join(failed))
    return 1 if failed else 0


def shipped(folder: Path) -> list[Row]:
    """The shipped weights on one airport."""
    with np.load(folder / "chips.npz", allow_pickle=False) as arrays:
        image, label = arrays["image"], arrays["label"] > 0
    views: dict[float, Callable[[NDArray[np.uint8]], NDArray[np.generic]]]
    views = {FINE_M: lambda chips: chips, COARSE_M: detector.degraded}
    return [
        figures("all", gsd, detector.probability(view(image), gsd_m=gsd), label)
        for gsd, view in views.items()
    ]


def left_out(folder: Path, keep: Path | None) -> list[Row]:
    """Retrained networks, each airport unseen."""
    try:
        from training import planesnet as training  # only here: it needs JAX
    except ModuleNotFoundError as error:
        raise SystemExit(f"--cv needs {error.name}: pip install --group train") from None

    data = read(folder)
    if keep and keep.exists():
        scores = training.kept_scores(keep, data)
    else:
        with training.workers() as pool:
            scores = training.unseen_scores(data, pool)
        if keep:
            training.keep_scores(keep, data, scores)
    fold, label = folds(data), data.label > 0
    rows = []
    for gsd in (FINE_M, COARSE_M):
        sure = 1 / (1 + np.exp(-scores[gsd].astype(np.float64)))
        rows += [
            figures(f"fold {number}", gsd, sure[fold == number], label[fold == number])
            for number in np.unique(fold)
        ]
        rows.append(figures("all", gsd, sure, label))
        rows += airport_rows(data, scores[gsd], gsd)
    return rows


def airport_rows(data: Chips, scores: NDArray[np.float32], gsd: float) -> list[Row]:
    """Each airport's own cells, by a curve that was fitted on the other airports' scores alone."""
    from training.planesnet import calibration

    airport, inside = airports(data), with_aircraft(data)
    rows = []
    for number in np.unique(airport):
        here, other = (airport == number) & inside, airport != number
        rest = Chips(data.image[other], data.label[other], data.lonlat[other])
        slope, offset = calibration(rest, scores[other])
        sure = 1 / (1 + np.exp(-(slope * scores[here].astype(np.float64) + offset)))
        west, south = data.lonlat[here & (data.label > 0)].mean(axis=0)
        rows.append(figures(f"{south:.1f} {west:.1f}", gsd, sure, data.label[here] > 0))
    return rows


def figures(name: str, gsd_m: float, sure: Probabilities, label: Labels) -> Row:
    return Row(
        name=name,
        gsd_m=gsd_m,
        n=len(label),
        aircraft=int(label.sum()),
        auc=curve(sure, label).auc,
        f1=counted(sure >= 0.5, label).f1,
        ece=calibration_error(sure, label),
    )


def calibration_error(sure: Probabilities, label: Labels) -> float:
    """Expected calibration error over bins of equally many chips.

    >>> calibration_error(np.full(30, 0.25), np.arange(30) % 2 == 0)
    0.25
    """
    order = np.argsort(sure, kind="stable")
    bins = np.array_split(order, ECE_BINS)
    gaps = [len(each) * abs(sure[each].mean() - label[each].mean()) for each in bins if len(each)]
    return float(sum(gaps) / len(label))


def line(row: Row) -> str:
    bar = BARS[row.gsd_m]
    return (
        f"{row.name:12} {row.gsd_m:3g} m {row.n:8} {row.aircraft:9}"
        f"  {row.auc:.3f} ({bar.floor_auc:.3f})  {row.f1:.3f} ({bar.floor_f1:.3f})  {row.ece:.3f}"
    )


def misses(rows: list[Row], *, calibrated: bool) -> list[str]:
    """What falls short of the bar; the calibration is asked of the shipped weights alone."""
    failed = []
    for row in rows:
        bar, pixel = BARS[row.gsd_m], f"at {row.gsd_m:g} m"
        if not row.auc >= bar.auc:
            failed.append(f"AUC {row.auc:.3f} < {bar.auc} {pixel}")
        if not row.f1 >= bar.f1:
            failed.append(f"F1 {row.f1:.3f} < {bar.f1} {pixel}")
        if calibrated and not row.ece <= MOST_ECE:
            failed.append(f"ECE {row.ece:.3f} > {MOST_ECE} {pixel}")
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
