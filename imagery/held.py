"""Changed objects of a pair, held against the history of the place.

A pair alone cannot tell what is unusual from what changes there all the time, nor a cloud that no
quality layer knows from an object. Where enough dates came before it, an object of the pair must
also be more than their forecasts explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from imagery import alarms, past
from imagery.history import History, NoHistory
from imagery.kernels import Float
from imagery.layers import Layers, strips
from imagery.objects import Regions, labels_of
from imagery.pairs import Pair
from imagery.past import Judged

UNUSUAL = 3.0
"""``alarms.strength`` that an object must reach somewhere; white noise in four bands does so in one
pixel of 3000. Below ``alarms.THRESHOLD``, since the pair has already spoken for it: planted
aircraft and frigates lost nothing at 3 and some at 4 (docs/decisions/0010-history.md)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a history says of each region of a pair; (n,) in the order of the regions.

    Attributes:
        usual: True = no more than the history leads to expect.
        clouded: True = on cloud or its rim, which no quality layer marked.
    """

    usual: NDArray[np.bool_]
    clouded: NDArray[np.bool_]


def judge(history: History, pair: Pair) -> Judged:
    """Judge a history whose last date, and the one it is compared with, are a registered pair."""
    return past.judge(history, read=partial(_read, history, pair))


def too_thin(history: History, judged: Judged) -> NoHistory | None:
    """Why a history does not carry the comparison, or None where it does.

    The test has one meaning over the whole grid, so every part of it needs the dates.
    """
    least = int(judged.rests_on.min(initial=history.dates))
    if least >= alarms.LEAST_DATES:
        return None
    dates = "date" if history.dates == 1 else "dates"
    return NoHistory(
        f"{history.dates} earlier {dates}, {least} of them clear enough;"
        f" a history needs {alarms.LEAST_DATES}.",
        history.left_out,
    )


def against(planes: Layers, regions: Regions, judged: Judged) -> Standing:
    """Hold the regions of a pair against the history: by the strongest pixel of each."""
    strongest = np.full(len(regions.areas), -np.inf, np.float32)
    for rows, owner in zip(strips(planes), regions.owners, strict=True):
        labels = labels_of(planes.classes[:, rows, :][0])
        known = (labels > 0) & np.isfinite(judged.change[rows])
        np.maximum.at(strongest, owner[labels[known] - 1], judged.change[rows][known])
    clouded = np.isneginf(strongest)
    return Standing(usual=~clouded & (strongest < UNUSUAL), clouded=clouded)


def _read(history: History, pair: Pair, number: int, rows: slice, cols: slice) -> Float:
    if number == len(history.items) - 1:
        return pair.read_after(rows, cols)
    return past.as_they_stand(history, number, rows, cols)
