"""Change detection on a labelled Landsat pair whose two dates differ strongly in radiometry.

``python -m benchmarks.landsat --data DIR [--json FILE] [--methods rcva,irmad,cva]``

DIR holds two GeoTIFFs with a date in their names and ``change_label.tif`` (1 changed, 2 unchanged,
0 unlabelled: not scored). What counts, and how: ``labelled.py``. The floor is the chain of
``oscd.py``: it ranks these pixels almost perfectly and still flags the wrong ones, so it is the
threshold rule that is judged here. Exit 1 where the default method misses the target.
"""

from __future__ import annotations

import sys
from dataclasses import asdict

from benchmarks.labelled import Codes, Figures, find_pair, parser, said, score, share
from imagery.write import json_text
from pipelines.config import METHODS

LABEL_CODES = Codes(changed=1, unchanged=2, unlabelled=0)
FLOOR_F1 = 0.82
LEAST_F1 = 0.93


def main() -> int:
    given = parser(__doc__ or "").parse_args()
    pair = find_pair(given.data, "*.tif")
    if pair is None:
        print(f"{given.data} does not hold two GeoTIFFs of different dates and change_label.tif.")
        return 2
    print(f"{pair.name}: {pair.before.name}, {pair.after.name}")
    print("method          F1    AUC  kappa  flagged no score   shift x      y  objects")
    results = {}
    for method in given.methods:
        results[method] = score(pair, LABEL_CODES, method=method).figures
        print(row(method, results[method]), flush=True)
    print(f"{'60-line chain':14}{FLOOR_F1:4.2f}  (floor)")
    judged = METHODS[0] if METHODS[0] in results else given.methods[0]
    passes = results[judged].f1 >= LEAST_F1
    if given.json:
        report = {
            "methods": {method: asdict(figures) for method, figures in results.items()},
            "floor": {"f1": FLOOR_F1},
            "targets": {"f1": LEAST_F1},
            "judged": judged,
            "passes": passes,
        }
        given.json.write_text(json_text(report), encoding="utf-8")
    word = "PASS" if passes else "FAIL"
    print(f"{word}: {judged}: F1 {results[judged].f1:.3f} (at least {LEAST_F1})")
    return 0 if passes else 1


def row(method: str, figures: Figures) -> str:
    ranking = f"{figures.f1:5.3f} {figures.auc:6.3f} {figures.kappa:6.3f}"
    shares = f"{share(figures.flagged)} {share(figures.without_score)}"
    return f"{method:13}{ranking} {shares}{said(figures)}"


if __name__ == "__main__":
    sys.exit(main())
