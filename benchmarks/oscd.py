"""Change detection on labelled Sentinel-2 pairs: what ``tilewitness diff`` leaves, scored.

``python -m benchmarks.oscd --data DIR [--json FILE] [--methods rcva,irmad,cva]``

DIR holds a folder for each city with two ``S2_L1C_<date>.tif`` and ``change_label.tif`` (1 changed,
0 not). AUC and average precision (AP) are means over cities. F1 is pooled over all pixels: at the
tool's own threshold (codes 2, 3 and 5 of ``classes.tif``), and leave-one-city-out, where each
city's ``score`` is cut at the threshold that is best for all the others together. What counts, and
how: ``labelled.py``. The floor is a chain of 60 lines (invariant pixels by IR-MAD, RCVA 3 x 3,
Gaussian 1.5, z > 6.8, no registration) on eight cities; on other cities it only shows the order of
size. Exit 1 where the default method misses a target.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.labelled import Codes, Figures, Pair, Sample, find_pair, parser, said, score, share
from benchmarks.scoring import left_out, mean, pooled
from imagery.write import json_text
from pipelines.config import METHODS

LABEL_CODES = Codes(changed=1, unchanged=0)
MOST_WITHOUT_SCORE = 0.02


@dataclass(frozen=True, slots=True)
class Summary:
    """A method over all cities.

    Attributes:
        auc: Mean over cities.
        average_precision: Mean over cities.
        f1: At the tool's own threshold, pooled over pixels.
        left_out_f1: At the threshold that the other cities would choose, pooled over pixels.
        without_score: Share of pixels in the worst city.
        refused: Cities refused.
    """

    auc: float
    average_precision: float
    f1: float
    left_out_f1: float
    without_score: float = 0.0
    refused: int = 0


FLOOR = Summary(auc=0.906, average_precision=0.301, f1=0.36, left_out_f1=0.317)
TARGETS = {"auc": 0.92, "average_precision": 0.36, "f1": 0.42}


def main() -> int:
    given = parser(__doc__ or "").parse_args()
    pairs = find_cities(given.data)
    if not pairs:
        print(f"No folder in {given.data} holds two S2_L1C_<date>.tif and change_label.tif.")
        return 2
    tables, summaries, thresholds = {}, {}, {}
    for method in given.methods:
        samples = measured(pairs, method)
        others = left_out([(sample.scores, sample.changed) for sample in samples])
        tables[method] = [asdict(sample.figures) for sample in samples]
        thresholds[method] = [threshold for threshold, _ in others]
        left_out_f1 = pooled([counts for _, counts in others]).f1
        summaries[method] = summarized([sample.figures for sample in samples], left_out_f1)
    print_summaries(summaries)
    judged = METHODS[0] if METHODS[0] in summaries else given.methods[0]
    failed = misses(summaries[judged])
    if given.json:
        report = {
            "cities": tables,
            "left_out_thresholds": thresholds,
            "methods": {method: asdict(summary) for method, summary in summaries.items()},
            "floor": asdict(FLOOR),
            "targets": TARGETS | {"without_score": MOST_WITHOUT_SCORE},
            "judged": judged,
            "passes": not failed,
        }
        given.json.write_text(json_text(report), encoding="utf-8")
    print(verdict(judged, failed))
    return 1 if failed else 0


def find_cities(data: Path) -> list[Pair]:
    found = (find_pair(folder, "S2_L1C_*.tif") for folder in sorted(data.glob("*/")))
    return [pair for pair in found if pair]


def measured(pairs: list[Pair], method: str) -> list[Sample]:
    """Score every city, a line each as it is done."""
    print(f"{method:14}   AUC     AP     F1  flagged no score   shift x      y  objects")
    samples = []
    for pair in pairs:
        samples.append(score(pair, LABEL_CODES, method=method))
        print(row(samples[-1].figures), flush=True)
    print()
    return samples


def row(figures: Figures) -> str:
    ranking = f"{figures.auc:6.3f} {figures.average_precision:6.3f} {figures.f1:6.3f}"
    shares = f"{share(figures.flagged)} {share(figures.without_score)}"
    return f"{figures.pair:14}{ranking} {shares}{said(figures)}"


def summarized(cities: list[Figures], left_out_f1: float) -> Summary:
    return Summary(
        auc=mean([city.auc for city in cities]),
        average_precision=mean([city.average_precision for city in cities]),
        f1=pooled([city.counts for city in cities]).f1,
        left_out_f1=left_out_f1,
        without_score=max(city.without_score for city in cities),
        refused=sum(city.refused is not None for city in cities),
    )


def print_summaries(summaries: dict[str, Summary]) -> None:
    print("method        mean AUC  mean AP  pooled F1  left-out F1  no score at most  refused")
    for method, summary in summaries.items():
        worst = f"{summary.without_score:15.2%}   {summary.refused:7}"
        print(f"{method:14}{_four(summary)}{worst}")
    print(f"{'60-line chain':14}{_four(FLOOR)}      (floor; eight cities)")


def _four(summary: Summary) -> str:
    return (
        f"{summary.auc:8.3f} {summary.average_precision:8.3f} "
        f"{summary.f1:10.3f} {summary.left_out_f1:12.3f}"
    )


def misses(summary: Summary) -> list[str]:
    """What falls short of its target, a NaN included; empty where nothing does."""
    found = []
    for name, target in TARGETS.items():
        figure = getattr(summary, name)
        if not figure >= target:
            found.append(f"{name.replace('_', ' ')} {figure:.3f} (at least {target})")
    if summary.without_score > MOST_WITHOUT_SCORE:
        found.append(
            f"without score {summary.without_score:.2%} (at most {MOST_WITHOUT_SCORE:.0%})"
        )
    return found


def verdict(method: str, failed: list[str]) -> str:
    if failed:
        return f"FAIL: {method}: {'; '.join(failed)}"
    targets = ", ".join(f"{name.replace('_', ' ')} >= {least}" for name, least in TARGETS.items())
    return f"PASS: {method}: {targets}, without score <= {MOST_WITHOUT_SCORE:.0%}"


if __name__ == "__main__":
    sys.exit(main())
