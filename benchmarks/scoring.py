"""Detection metrics from scores, flags and labels: exact with ties, quick for 10^7 pixels.

Source: Fawcett 2006, doi:10.1016/j.patrec.2005.10.010 (ROC with ties, area by trapezoids); average
precision as the step-wise sum over distinct thresholds, without interpolation; Cohen 1960,
doi:10.1177/001316446002000104 (kappa).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Counts:
    """A confusion table: flagged or not against changed or not."""

    hits: int = 0
    false_alarms: int = 0
    misses: int = 0
    rejections: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.hits + other.hits,
            self.false_alarms + other.false_alarms,
            self.misses + other.misses,
            self.rejections + other.rejections,
        )

    @property
    def total(self) -> int:
        """All pixels."""
        return self.hits + self.false_alarms + self.misses + self.rejections

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN where nothing is changed and nothing flagged.

        >>> Counts(hits=1, false_alarms=1, misses=0, rejections=8).f1
        0.6666666666666666
        """
        return _ratio(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)

    @property
    def kappa(self) -> float:
        """Agreement beyond chance; NaN where chance alone agrees everywhere."""
        changed, flagged = self.hits + self.misses, self.hits + self.false_alarms
        agreed = _ratio(self.hits + self.rejections, self.total)
        by_chance = changed * flagged + (self.total - changed) * (self.total - flagged)
        expected = _ratio(by_chance, self.total**2)
        return _ratio(agreed - expected, 1 - expected)


@dataclass(frozen=True, slots=True)
class Curve:
    """What each possible threshold would flag, from the highest one down.

    Attributes:
        thresholds: (k,) distinct scores, falling; a pixel is flagged at or above.
        hits: (k,) changed pixels flagged.
        flagged: (k,) pixels flagged.
    """

    thresholds: Scores
    hits: NDArray[np.int64]
    flagged: NDArray[np.int64]

    @property
    def auc(self) -> float:
        """Chance that a changed pixel ranks above an unchanged one, ties half; NaN without both."""
        if not self.hits.size:
            return math.nan
        alarms = self.flagged - self.hits
        mean_hits = (self.hits + np.concatenate([[0], self.hits[:-1]])) / 2
        area = float(np.sum(np.diff(alarms, prepend=0) * mean_hits))
        return _ratio(area, int(self.hits[-1]) * int(alarms[-1]))

    @property
    def average_precision(self) -> float:
        """Precision averaged over the changed pixels; NaN where nothing is changed."""
        if not self.hits.size:
            return math.nan
        total = float(np.sum(np.diff(self.hits, prepend=0) * (self.hits / self.flagged)))
        return _ratio(total, int(self.hits[-1]))

    @property
    def best_threshold(self) -> float:
        """The threshold of the highest F1, the highest such; infinite where no score is finite.

        A score of minus infinity stands for no score: no threshold may flag it.
        """
        scored = np.isfinite(self.thresholds)
        if not scored.any():
            return math.inf
        f1 = 2 * self.hits / (self.flagged + max(int(self.hits[-1]), 1))
        return float(self.thresholds[int(np.argmax(np.where(scored, f1, -1.0)))])


def curve(scores: Scores, changed: Flags) -> Curve:
    """Sort once; everything else follows.

    Args:
        scores: (n,), higher = more likely changed, minus infinity = no score.
        changed: (n,) True = labelled as changed.

    Raises:
        ValueError: a score is NaN, which has no rank.
    """
    if np.isnan(scores).any():
        raise ValueError("a score is NaN; give minus infinity where there is none")
    order = np.argsort(-scores)
    ranked = scores[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], ranked.size > 0))
    hits = np.cumsum(changed[order], dtype=np.int64)[last]
    return Curve(ranked[last], hits, last.astype(np.int64) + 1)


def counted(flagged: Flags, changed: Flags) -> Counts:
    """The confusion table of (n,) flags against (n,) labels."""
    hits = int(np.count_nonzero(flagged & changed))
    false_alarms = int(np.count_nonzero(flagged)) - hits
    misses = int(np.count_nonzero(changed)) - hits
    return Counts(hits, false_alarms, misses, flagged.size - hits - false_alarms - misses)


def left_out(samples: Sequence[tuple[Scores, Flags]]) -> list[tuple[float, Counts]]:
    """For each sample, the best threshold of all others pooled, and what it does to this one.

    One sample alone has no others: its threshold is infinite and flags nothing.
    """
    found = []
    for this, (scores, changed) in enumerate(samples):
        others = [sample for index, sample in enumerate(samples) if index != this]
        threshold = math.inf
        if others:
            all_scores, all_changed = (np.concatenate(part) for part in zip(*others, strict=True))
            threshold = curve(all_scores, all_changed).best_threshold
        found.append((threshold, counted(scores >= threshold, changed)))
    return found


def pooled(tables: Sequence[Counts]) -> Counts:
    """All tables as one."""
    return sum(tables, Counts())


def mean(figures: Sequence[float]) -> float:
    """The mean of those that are defined; NaN where none is."""
    defined = [figure for figure in figures if not math.isnan(figure)]
    return _ratio(sum(defined), len(defined))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
