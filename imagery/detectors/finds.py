"""Which of many overlapping candidates are aircraft: strongest first, cut at the scene's threshold.

Source: N. Otsu, "A threshold selection method from gray-level histograms", IEEE SMC 9(1), 1979,
doi:10.1109/TSMC.1979.4310076, for the threshold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

Event = Literal["arrived", "departed", "present"]
EVENTS: tuple[Event, Event] = ("departed", "arrived")

FEWEST = 8  # candidates, below which the scene has no two classes to part
MOST_OVERLAP = 0.3

MOST_PART = 0.75
"""A find shorter than this share of an aircraft around it is taken for a part of that one: more
than one step of the lengths that are tried (1 / 1.2 = .83), less than two (.69)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What turns likeness into aircraft that came or went.

    Attributes:
        change_share: Weight of the likeness of the difference; the rest is that of one date over
            the other.
        least_clearer: Where one date looks no more like an aircraft than the other by this,
            nothing came or went.
        length_power: A score is a likeness times (length / 40 m) to this power.
        candidate: A lower score is not weighed at all.
        thresholds: The scene's own threshold is kept between these, so that an empty scene stays
            empty.
    """

    change_share: float
    least_clearer: float
    length_power: float
    candidate: float
    thresholds: tuple[float, float]

    @property
    def middle(self) -> float:
        """The threshold where the scene has no say."""
        return sum(self.thresholds) / 2


@dataclass(frozen=True, slots=True)
class Found:
    """One aircraft, in pixels of the image that was searched.

    Attributes:
        event: ``arrived`` or ``departed`` of two dates, ``present`` of one.
        row, col: Of its middle; the centre of the first pixel is at 0.5, 0.5.
        score: 0 to about 1, comparable between scenes and pixel sizes.
        length_m: Nose to tail, of the silhouette that fits best.
        outline: (n, 2) column and row of the silhouette's corners.
    """

    event: Event
    row: float
    col: float
    score: float
    length_m: float
    outline: NDArray[np.float64]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) in pixels."""
        left, top = self.outline.min(axis=0)
        right, bottom = self.outline.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """What was found, and by which threshold.

    Attributes:
        found: Strongest first.
        threshold: Of the score, from the scene's own candidates.
        candidates: How many places were weighed.
    """

    found: tuple[Found, ...]
    threshold: float
    candidates: int


def whole(
    found: list[Found], standing: list[list[Found]], *, pixel_m: float, least: float
) -> list[Found]:
    """Leave out the parts of larger aircraft that stand there on the other date.

    The wings of an aircraft that was replaced look like a small one that came or went.

    Args:
        found: Arrivals and departures.
        standing: Who stands there on the earlier and on the later date, by itself.
        pixel_m: Of the grid that both are in.
        least: Score from which somebody stands there.
    """
    large = [
        _apart(_placed([one for one in those if one.score > least], pixel_m)) for those in standing
    ]
    reaches = [
        np.array([(*one.box, one.length_m) for one in those]).reshape(-1, 5) for those in large
    ]
    others = {"arrived": reaches[0], "departed": reaches[1]}
    return [one for one in found if not _is_part(one, others[one.event])]


def _is_part(one: Found, others: NDArray[np.float64]) -> bool:
    left, top, right, bottom, length = others.T
    within = (left <= one.col) & (one.col <= right) & (top <= one.row) & (one.row <= bottom)
    return bool((within & (one.length_m < MOST_PART * length)).any())


def _placed(found: list[Found], pixel_m: float) -> list[Found]:
    """With the outlines moved from their middles to pixels."""
    return [
        replace(one, outline=one.outline / pixel_m + np.array([one.col, one.row])) for one in found
    ]


def kept(found: list[Found], rule: Rule, *, pixel_m: float, factor: int) -> Occupancy:
    """The strongest of those that overlap, cut at the scene's threshold, in image pixels."""
    placed = _placed(found, pixel_m)
    best: list[Found] = []
    for event in (*EVENTS, "present"):
        best += _apart([one for one in placed if one.event == event])
    scores = np.array([one.score for one in best])
    limit = _threshold(scores, rule)
    best = sorted((one for one in best if one.score > limit), key=lambda one: -one.score)
    return Occupancy(tuple(_enlarged(one, factor) for one in best), limit, len(scores))


def _apart(found: list[Found]) -> list[Found]:
    """Strongest first, leaving out what shares much of its box with a stronger one."""
    order = sorted(found, key=lambda one: (-one.score, one.row, one.col, one.length_m))
    boxes = np.array([one.box for one in order]).reshape(-1, 4)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    free = np.ones(len(order), bool)
    kept = []
    for place, one in enumerate(order):
        if not free[place]:
            continue
        kept.append(one)
        inner = np.minimum(boxes[place, 2:], boxes[:, 2:]) - np.maximum(
            boxes[place, :2], boxes[:, :2]
        )
        shared = np.maximum(inner, 0).prod(axis=1)
        free &= shared <= MOST_OVERLAP * np.minimum(areas[place], areas)
    return kept


def _threshold(scores: NDArray[np.float64], rule: Rule) -> float:
    """Where the candidates part into two classes; the middle of the allowed range with too few."""
    if len(scores) < FEWEST or np.ptp(scores) == 0:
        return rule.middle
    return float(np.clip(threshold_otsu(scores), *rule.thresholds))


def _enlarged(one: Found, factor: int) -> Found:
    return replace(
        one, row=one.row * factor, col=one.col * factor, outline=one.outline * float(factor)
    )
