"""Statements extracted from texts against hand annotation.

``python -m benchmarks.claims --data DIR [--by-text] [--json FILE] [--misses FILE]``

DIR holds NAME.txt (or .md, .html) with NAME.json beside it; if it holds none itself, the folders
below it are read. ``--predictions DIR`` scores NAME.json files of another extractor, written in the
form of ``claims.json``, in place of the shipped one. How a statement is held against its annotation
stands in ``claim_scores.py``.

Beside the extractor stand two floors: every sentence with a keyword is one claim, and every clause
with a keyword is one. Intervals are percentiles of 2,000 draws of whole texts with replacement, so
they say how far the figures depend on which texts these are. Exit 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.claim_floor import floor_clauses, floor_sentences
from benchmarks.claim_scores import (
    FIGURES,
    Statement,
    Tally,
    agrees,
    pooled,
    tally,
)
from benchmarks.claim_scores import matched as paired
from benchmarks.claim_scores import near_leniently as near
from benchmarks.claim_texts import Annotated, BadText, find, read
from imagery.errors import ImageryError

TARGETS = {
    "f1_strict": 0.65,
    "f1_lenient": 0.80,
    "object_class": 0.85,
    "count": 0.85,
    "predicate": 0.85,
    "date_overlap": 0.85,
    "routing_f1": 0.80,
    "offsets": 1.0,
}
DRAWS, SEED, LEVEL = 2000, 20241214, 95
CHECKED = ("object_class", "count", "predicate", "date_overlap", "site")
BY_TEXT = ("f1_strict", "f1_lenient", *CHECKED, "routing_f1", "reached")

Extractor = Callable[[Annotated], Sequence[Statement]]


def main() -> int:
    given = _parser().parse_args()
    try:
        texts = [read(path) for path in find(given.data)]
        if not texts:
            print(f"{given.data} holds no NAME.txt with NAME.json beside it.")
            return 2
        extractor = partial(_predicted, given.predictions) if given.predictions else extracted
        said = [extractor(one) for one in texts]
    except (BadText, ImageryError) as error:
        print(error)
        return 2
    columns = score(texts, said)
    checkable = sum(bool(one["checkable"]) for text in texts for one in text.statements)
    total = sum(len(text.statements) for text in texts)
    print(f"{len(texts)} texts, {total} annotated statements, {checkable} of them checkable\n")
    if given.by_text:
        print_texts(texts, columns["extractor"])
    failed = print_table(columns)
    if given.misses:
        lines = [
            line for one, claims in zip(texts, said, strict=True) for line in misses(one, claims)
        ]
        given.misses.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if given.json:
        report = {name: figures(pooled(tallies)) for name, tallies in columns.items()}
        given.json.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--data", type=Path, required=True, help="folder of texts and annotations")
    made.add_argument("--by-text", action="store_true", help="a row for every text as well")
    made.add_argument("--predictions", type=Path, help="score these NAME.json, extract nothing")
    made.add_argument("--json", type=Path, help="write the figures here too")
    made.add_argument("--misses", type=Path, help="list what was missed, extra or wrong here")
    return made


def extracted(one: Annotated) -> Sequence[Statement]:
    """What the shipped extractor says of a text."""
    from pipelines import claims

    day = date.fromisoformat(one.article_date) if one.article_date else None
    return [claim.as_dict() for claim in claims.extract(one.text, article_date=day)]


def _predicted(folder: Path, one: Annotated) -> Sequence[Statement]:
    path = folder / f"{one.name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))["claims"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BadText(f"{path}: no such file, or it is not in the form of claims.json.") from None


def score(
    texts: Sequence[Annotated], said: Sequence[Sequence[Statement]]
) -> dict[str, list[Tally]]:
    """A tally for each text, of the extractor and of both floors."""
    floors = {"sentences": floor_sentences, "clauses": floor_clauses}
    columns = {"extractor": list(said)}
    columns |= {
        name: [f(one.text, one.article_date) for one in texts] for name, f in floors.items()
    }
    return {
        name: [tally(one.statements, got, one.text) for one, got in zip(texts, column, strict=True)]
        for name, column in columns.items()
    }


def figures(sums: Tally) -> dict[str, float | None]:
    """Part over whole; None where there is nothing to be right or wrong about."""
    return {name: part / whole if whole else None for name, (part, whole) in sums.items()}


def intervals(tallies: Sequence[Tally]) -> dict[str, tuple[float, float]]:
    """Percentile intervals over draws of whole texts; NaN where a figure is never defined."""
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(len(tallies), size=(DRAWS, len(tallies)))
    tail = (100 - LEVEL) / 2
    found = {}
    for name in FIGURES:
        parts = np.array([one[name] for one in tallies], float)[drawn].sum(axis=1)
        held = parts[:, 1] > 0
        shares = parts[held, 0] / parts[held, 1] if held.any() else np.array([math.nan])
        low, high = np.percentile(shares, [tail, 100 - tail])
        found[name] = float(low), float(high)
    return found


def print_table(columns: dict[str, list[Tally]]) -> list[str]:
    """Every figure, the floors beside it; returns the targets that are missed."""
    sums = {name: pooled(tallies) for name, tallies in columns.items()}
    spread = intervals(columns["extractor"])
    print(f"{'':17}{'extractor':>10}  {'95 % over texts':17}{'of':>6}", end="")
    print(f"{'keyword sentence':>18}{'keyword clause':>16}  target")
    failed = []
    for name in FIGURES:
        shares = [figures(sums[column])[name] for column in ("extractor", "sentences", "clauses")]
        own, *floors = ("-" if one is None else f"{one:.3f}" for one in shares)
        low, high = spread[name]
        whole = sums["extractor"][name][1]
        between = "" if math.isnan(low) else f"{low:.3f} to {high:.3f}"
        row = f"{name:17}{own:>10}  {between:17}{whole:6.0f}{floors[0]:>18}{floors[1]:>16}"
        target = TARGETS.get(name)
        if target is not None:
            # Where nothing could be right or wrong, nothing is missed.
            passed = shares[0] is None or shares[0] >= target
            row += f"  >= {target:.2f} {'PASS' if passed else 'FAIL'}"
            failed += [] if passed else [name]
        print(row)
    print("\n" + (f"FAIL: {', '.join(failed)}" if failed else "PASS: every target"))
    return failed


def print_texts(texts: Sequence[Annotated], tallies: Sequence[Tally]) -> None:
    """A row for each text: figures where something was there to be right about."""
    print(f"{'':24}{'gold':>5}{'said':>5}" + "".join(f"{name[:12]:>13}" for name in BY_TEXT))
    for one, found in zip(texts, tallies, strict=True):
        shares = (figures(found)[name] for name in BY_TEXT)
        cells = "".join(f"{'-' if each is None else f'{each:.2f}':>13}" for each in shares)
        counted = f"{found['recall_lenient'][1]:5.0f}{found['precision_lenient'][1]:5.0f}"
        print(f"{one.name[:23]:24}{counted}{cells}")
    print()


def misses(one: Annotated, said: Sequence[Statement]) -> list[str]:
    """What went wrong in a text, a line each: for whoever mends the extractor."""
    lines = [f"== {one.name}"]
    partners = dict(paired(one.statements, said, near))
    for i, gold in enumerate(one.statements):
        if i not in partners:
            lines.append(f"missed    {_brief(gold)}")
            continue
        got = said[partners[i]]
        if gold["checkable"] != got["checkable"]:
            lines.append(f"misrouted {_brief(gold)}\n    said  {_brief(got)}")
            continue
        fields = CHECKED if gold["checkable"] else ("reason",)
        wrong = [_differing(name, gold, got) for name in fields if not agrees(name, gold, got)]
        if wrong:
            lines.append(f"wrong     {_brief(gold)}\n    " + "\n    ".join(wrong))
    extra = (other for j, other in enumerate(said) if j not in partners.values())
    return lines + [f"extra     {_brief(other)}" for other in extra]


def _differing(name: str, gold: Statement, got: Statement) -> str:
    key = name.removesuffix("_overlap")
    return f"{key}: {gold.get(key)} / {got.get(key)}"


def _brief(one: Statement) -> str:
    kind = "checkable" if one["checkable"] else one.get("reason")
    return f"{one['start']}-{one['end']} [{kind}] {one['quote']!r}"


if __name__ == "__main__":
    sys.exit(main())
