"""One question put to the dates of a site: objects of one size in some zones.

What a date shows, how sure the pipeline is to show such objects there and how often it is wrong
belong together and are measured on the same pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from imagery.dated import Dated
from imagery.detectors import backdrop, trials
from imagery.detectors.leavers import Leavers
from imagery.detectors.shapes import Shape
from imagery.detectors.sightings import Afloat, Newcomers, Sighting, Witness
from imagery.detectors.trials import Nulls, Planted, Wanted
from imagery.detectors.vehicle_park import Parked

CLEAR = 0.9
"""Share of the zones that a date must show to be a null date, or history."""

MOST_NULLS = 40
FEW_TRIALS = 60
"""Groups of vehicles planted in a date: with none missed, the miss of one is below .01."""

LEAST_ELSEWHERE = 40
"""Look-alike places of all dates together, as far as the scenes hold so many."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for, and where.

    Attributes:
        target: Planform of the size that is claimed.
        contrasts: Least and largest reflectance contrast of such an object.
        zone: (y, x) True where it may lie.
    """

    target: Shape
    contrasts: tuple[float, float]
    zone: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    trials: int


@dataclass(frozen=True, slots=True)
class Glance:
    """What one date says of the question.

    Attributes:
        index: Of the date.
        clear: Share of the zone that it shows.
        sightings: Strongest first.
        sure, low: The two operating points.
        count_sure, count_low: Sightings at these.
        power_sure, power_low: Of planted groups.
        false_sure, false_low: Of null dates.
        extra: Null dates with any sure sighting: one fewer than claimed may look like all.
        twice: Planted targets that were counted as two.
    """

    index: int
    clear: float
    sightings: tuple[Sighting, ...]
    sure: float
    low: float
    count_sure: int
    count_low: int
    power_sure: Share
    power_low: Share
    false_sure: Share
    false_low: Share
    extra: Share
    twice: Share


@dataclass(slots=True)
class Study:
    """A question with the dates it is put to; planted trials are made once a date.

    Attributes:
        dated: Dates of the site.
        question: What is looked for.
        witness: Who looks.
        usable: Claim-free, clear dates: null dates, and history of the others.
        pixel_m: Of the grid.
    """

    dated: Dated
    question: Question
    witness: Witness
    usable: tuple[int, ...]
    pixel_m: float
    _nulls: Nulls | None = None
    _planted: dict[tuple[int, int], Planted] = field(default_factory=dict)

    @property
    def nulls(self) -> Nulls:
        """What the witness sees where nothing is claimed: other dates, or look-alike places."""
        if self._nulls is None:
            if isinstance(self.witness, Parked):
                self._nulls = self._elsewhere(self.witness)
            else:
                self._nulls = trials.nulls(
                    self.dated.values, self.witness, self.usable[-MOST_NULLS:]
                )
        return self._nulls

    @property
    def hidden(self) -> bool:
        """Whether something of that planform stands in the zone on all dates.

        Only a newcomer's absence says nothing of what stood there before.
        """
        if not isinstance(self.witness, Newcomers | Afloat) or not self.usable:
            return False
        witness = self.witness if isinstance(self.witness, Newcomers) else self.witness.newcomers
        return backdrop.resembles(
            self.dated.values[list(self.usable[-trials.HISTORY :])],
            self.question.zone,
            self.question.target,
            witness.sizes,
        )

    @property
    def standing(self) -> list[Sighting]:
        """Of a question for losses: what the usable dates together show, in their median image."""
        if not isinstance(self.witness, Leavers) or not self.usable:
            return []
        dates = self.dated.values[list(self.usable[-trials.HISTORY :])]
        middle = np.asarray(np.median(dates, axis=0), np.float32)
        return Parked(self.question.zone, self.pixel_m).seen(middle, self.question.zone)

    def planted(self, index: int, together: int = 1) -> Planted:
        """The trials of a date, with so many targets side by side."""
        if (index, together) not in self._planted:
            self._planted[index, together] = trials.planted(
                self.dated.values,
                index,
                witness=self.witness,
                usable=self.usable,
                target=self.question.target,
                contrasts=self.question.contrasts,
                pixel_m=self.pixel_m,
                zone=self.question.zone,
                taken=self.nulls.operating_point(self.witness),
                gone=isinstance(self.witness, Leavers),
                trials=self._groups(together),
                together=together,
            )
        return self._planted[index, together]

    def _groups(self, together: int) -> int:
        if isinstance(self.witness, Parked | Leavers):
            return FEW_TRIALS
        return trials.TRIALS if together == 1 else trials.GROUPS

    def clear(self, index: int) -> float:
        """Share of the zone that a date shows."""
        shown = np.isfinite(self.dated.values[index][:, self.question.zone]).all(axis=0)
        return float(shown.mean()) if shown.size else 0.0

    def seen(self, index: int) -> list[Sighting]:
        """The sightings of a date, without any measurement of how sure they are."""
        earlier = trials.earlier_dates(index, self.usable)
        return self.witness.sightings(self.dated.values, index, earlier)

    def glance(self, index: int, wanted: Wanted) -> Glance:
        """What a date says of a number of objects."""
        found, nulls = self.seen(index), self.nulls
        planted = self.planted(index, wanted.planted)
        sure = nulls.operating_point(self.witness)
        low = self.witness.low_point(planted.weakest(wanted), sure)
        dates = len(nulls.strengths)
        return Glance(
            index=index,
            clear=self.clear(index),
            sightings=tuple(found),
            sure=sure,
            low=low,
            count_sure=sum(one.strength >= sure for one in found),
            count_low=sum(one.strength >= low for one in found),
            power_sure=Share(*planted.found(wanted, sure)),
            power_low=Share(*planted.found_low(wanted, self.witness, sure)),
            false_sure=Share(nulls.alarms(self.witness, number=wanted.sighted), dates),
            false_low=Share(nulls.beyond(low, number=wanted.sighted), dates),
            extra=Share(nulls.alarms(self.witness), dates),
            twice=Share(planted.twice(sure), len(planted.strengths)),
        )

    def _elsewhere(self, witness: Parked) -> Nulls:
        indices, told = [], []
        each = -(-LEAST_ELSEWHERE // max(1, len(self.usable)))
        for index in self.usable[-LEAST_ELSEWHERE:]:
            values = np.where(self.question.zone, np.float32(np.nan), self.dated.values[index])
            shown = np.asarray(np.isfinite(values).all(axis=0))
            for place in islice(witness.elsewhere(shown), each):
                indices.append(index)
                told.append(tuple(one.strength for one in witness.seen(values, place)))
        return Nulls(tuple(indices), tuple(told))
