"""Fit the weights of ``pipelines.claims.weighing`` on annotated texts.

``python -m training.claim_weights [--data tests/claims/dev]``

The rules have learned the words of the texts at hand; a new text holds words that no list knows.
So each text is read several times, each time with another third of the lists' words hidden, and
the weights learn how far the findings are to be trusted then. They are the ridge estimate of a
logistic model of "this draft matches a checkable statement", by Newton's method. The same texts
and rules give the same weights.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.claim_scores import matched, near_leniently
from benchmarks.claim_texts import find, read
from pipelines.claims.wordlists import table

HIDDEN = 0.35
"""Share of the words that one reading does without."""
READINGS = 4
RARE = 8
"""Findings of fewer statements than this have no weight."""
RIDGE = 3.0
STEPS = 25
PHRASES = ("background", "statement", "opinion", "inference", "intent", "geo", "rate", "occluded")
"""Lists of ``language.toml`` behind a reason that weighing may overrule."""

WEIGHTS = Path("pipelines/claims/lexicon/weights.toml")
HEAD = """\
# What each finding of ``pipelines.claims.weighing`` adds to the log-odds of "checkable".
# Written by ``python -m training.claim_weights``; not to be edited by hand.

[weights]
"""

Row = tuple[frozenset[str], bool]


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--data", type=Path, default=Path("tests/claims/dev"))
    made.add_argument("--out", type=Path, default=WEIGHTS)
    given = made.parse_args()
    with ProcessPoolExecutor(2, get_context("spawn"), max_tasks_per_child=1) as pool:
        found = list(pool.map(partial(rows, given.data), range(READINGS)))
    weights = fit([row for reading in found for row in reading])
    lines = [f'"{name}" = {weight:.3f}' for name, weight in sorted(weights.items())]
    given.out.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{sum(map(len, found))} drafts, {len(weights)} weights")


def rows(folder: Path, seed: int) -> list[Row]:
    """What was found of each draft of the texts, and whether it matches a checkable statement.

    To be called once in a process: it changes the word lists before they are used.

    Args:
        folder: Of annotated texts.
        seed: Which words are hidden.
    """
    hide(seed)
    from pipelines.claims.extraction import read_text

    found: list[Row] = []
    for path in find(folder):
        one = read(path)
        day = date.fromisoformat(one.article_date) if one.article_date else None
        drafts = [draft for draft in read_text(one.text, article_date=day) if draft.findings]
        spans = [{"start": draft.start, "end": draft.end} for draft in drafts]
        wanted = [each for each in one.statements if each["checkable"]]
        hit = {place for _, place in matched(wanted, spans, near_leniently)}
        found += [(draft.findings, place in hit) for place, draft in enumerate(drafts)]
    return found


def hide(seed: int) -> None:
    """Take a share of the words out of the lists, and all weights."""
    table("weights")["weights"].clear()
    lists: list[tuple[dict[str, Any], str]] = [(kind, "words") for kind in table("objects")["kind"]]
    lists += [(entry, key) for entry in table("predicates").values() for key in entry]
    lists += [(table("language"), name) for name in PHRASES]
    for holder, key in lists:
        holder[key] = [word for word in holder[key] if _shown(word, seed)]


def _shown(word: str, seed: int) -> bool:
    digest = hashlib.sha256(f"{seed} {word}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32 >= HIDDEN


def fit(found: Sequence[Row]) -> dict[str, float]:
    """Ridge estimate of a logistic model, by Newton's method; "always" is the intercept."""
    counts = Counter(name for findings, _ in found for name in findings)
    names = ["always", *sorted(name for name, n in counts.items() if n >= RARE * READINGS)]
    column = {name: place for place, name in enumerate(names)}
    design: NDArray[np.float64] = np.zeros((len(found), len(names)))
    design[:, 0] = 1
    for place, (findings, _) in enumerate(found):
        design[place, [column[name] for name in findings if name in column]] = 1
    outcome = np.array([hit for _, hit in found], float)
    ridge = np.diag([1e-6] + [RIDGE * READINGS] * (len(names) - 1))
    weights = np.zeros(len(names))
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (outcome - share) - ridge @ weights
        bend = (design * (share * (1 - share))[:, None]).T @ design + ridge
        weights += np.linalg.solve(bend, slope)
    return dict(zip(names, weights.tolist(), strict=True))


if __name__ == "__main__":
    main()
