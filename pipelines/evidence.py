"""From what was seen, the measured power and the measured false alarms to a verdict. Pure numbers.

An acquisition speaks through one yes-or-no question (is as much seen as was claimed?), asked at two
operating points: a sure one, for saying yes, and a low one, for saying no. What lies between says
little. Each answer has a likelihood ratio, claim against no claim, from the share of planted
targets that the pipeline found in this very scene and from the share of null dates on which it
raised a false alarm. The two measurements are the only things that the ratio rests on.

Source:
    Rules and thresholds: docs/verdicts.md. Mean of a share after k of n: Jeffreys prior, Brown,
    Cai & DasGupta 2001, doi:10.1214/ss/1009213286. False alarms of N exchangeable dates: (k + 1) /
    (N + 1), Vovk, Gammerman & Shafer 2005, "Algorithmic learning in a random world".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Answer = Literal["seen", "between", "ruled_out"]
Word = Literal["supported", "contradicted", "inconclusive", "not_observable", "no_imagery"]

SUPPORTED_LR, CONTRADICTED_LR = 10.0, 0.1
MOST_MISS = 0.01
"""Combined chance of having missed what was claimed, for a contradiction."""
LEAST_POWER = 0.2
LEAST_NULLS = 20
"""Null dates below which nothing is supported."""
CAP = 100.0
"""Largest likelihood ratio, and inverse of the smallest, that one acquisition may add."""
UNCHANGED_POWER, UNCHANGED_AREA = 0.92, 0.9
OFTEN = 0.1
"""Chance of an alarm from which what is claimed is not told from what is usual."""

LEAST_ABSENT = 2
"""Optical passes that a departure is seen in."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that was measured.

    Attributes:
        count: Trials in which it happened.
        trials: All of them.
    """

    count: int
    trials: int

    @property
    def power(self) -> float:
        """Mean of the share; 0 without trials: nothing is promised."""
        return (self.count + 0.5) / (self.trials + 1) if self.trials else 0.0

    @property
    def false_alarm(self) -> float:
        """Chance of an alarm on the next date; 1 without null dates."""
        return (self.count + 1) / (self.trials + 1)


@dataclass(frozen=True, slots=True)
class Point:
    """One operating point of the pipeline.

    Attributes:
        power: Of planted groups of the claimed number.
        false_alarm: Of null dates.
        others: Of further ways to be wrong: one fewer than claimed taken for the claimed number.
    """

    power: Rate
    false_alarm: Rate
    others: tuple[Rate, ...] = ()

    @property
    def wrong(self) -> float:
        """Chance of a yes though the claim is false, at its worst."""
        return max(rate.false_alarm for rate in (self.false_alarm, *self.others))


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What one scene says.

    Attributes:
        scene: Its id.
        answer: ``seen`` at the sure point, ``ruled_out`` below the low one.
        sure, low: The operating points.
        clear: Share of the zone that the scene shows.
        relevance: Chance that the state at the claimed time still held at the sensing time.
        group: Acquisitions of one group tell of one time; a claim of two times has two.
    """

    scene: str
    answer: Answer
    sure: Point
    low: Point
    clear: float
    relevance: float
    group: int = 0

    def chance(self, point: Point) -> float:
        """Of a yes at a point where the claim is true."""
        reached = self.clear * self.relevance * point.power.power
        return reached + (1 - reached) * point.wrong

    @property
    def reached(self) -> float:
        """Power at the low point, through cloud and time: what a no rests on."""
        return self.clear * self.relevance * self.low.power.power

    @property
    def ratio(self) -> float:
        """Likelihood ratio of the answer, claim against no claim."""
        yes, no = self.chance(self.sure), self.sure.wrong
        if self.answer == "seen":
            return _capped(yes / no)
        low_yes, low_no = self.chance(self.low), min(self.low.wrong, 1.0)
        if self.answer == "ruled_out":
            return _capped((1 - low_yes) / (1 - low_no)) if low_no < 1 else 1.0
        between = max(low_yes - yes, 0.0), max(low_no - no, 0.0)
        if min(between) <= 0:
            return 1.0
        return min(max(between[0] / between[1], 2 * CONTRADICTED_LR), SUPPORTED_LR / 2)


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict in numbers.

    Attributes:
        word: The verdict.
        reason: Code, None where the verdict needs none.
        ratio: Likelihood ratio, claim against no claim; None where nothing was weighed.
        power: Largest power of an acquisition through cloud and time; None as above.
        miss: Chance of having missed the claimed state in all that ruled it out; None as above.
    """

    word: Word
    reason: str | None
    ratio: float | None = None
    power: float | None = None
    miss: float | None = None

    @property
    def posterior(self) -> float | None:
        """Probability of the claim where it was as likely as not before.

        None unless the ratio carries the verdict. What holds a verdict back (another object at
        that place, cloud, too few dates) or what else it rests on (a comparison) is not in it.
        """
        carried = {"supported": lambda lr: lr > 1, "contradicted": lambda lr: lr <= CONTRADICTED_LR}
        if self.ratio is None or self.word not in carried or not carried[self.word](self.ratio):
            return None
        return self.ratio / (1 + self.ratio)


def present(
    acquisitions: Sequence[Acquisition], *, hidden: bool = False, throughout: bool = False
) -> Finding:
    """Whether a state was seen that is claimed to have held.

    Args:
        acquisitions: In reach of the claimed time.
        hidden: Something of that shape stands in the zone on all dates, so that not seeing a
            newcomer contradicts nothing.
        throughout: The claim names two times: both must show it, either may contradict it.
    """
    if not acquisitions:
        return Finding("no_imagery", "time_gap")
    power = max(one.clear * one.relevance * one.sure.power.power for one in acquisitions)
    ratio, miss = _together(acquisitions)
    deciding = acquisitions
    groups = [[one for one in acquisitions if one.group == g] for g in _groups(acquisitions)]
    if throughout and len(groups) > 1:
        against = min(groups, key=lambda group: _together(group)[0])
        lowest, lowest_miss = _together(against)
        if lowest <= CONTRADICTED_LR and lowest_miss <= MOST_MISS:
            ratio, miss, deciding = lowest, lowest_miss, against
        elif lowest < 1:
            ratio = min(ratio, lowest)
    answers = {one.answer for one in deciding}
    found = Finding("inconclusive", None, ratio, power, miss if "ruled_out" in answers else None)
    if power < LEAST_POWER:
        return _powerless(found, acquisitions)
    if ratio >= SUPPORTED_LR and "seen" in answers:
        if _nulls(acquisitions) < LEAST_NULLS:
            return _worded(found, "inconclusive", "uncalibrated")
        return _worded(found, "supported", None)
    if ratio <= CONTRADICTED_LR and miss <= MOST_MISS and answers & {"seen", "ruled_out"} == DENIED:
        if hidden:
            return _worded(found, "inconclusive", "occupied_before")
        return _worded(found, "contradicted", None)
    return _of(found, "inconclusive", acquisitions)


def _powerless(found: Finding, acquisitions: Sequence[Acquisition]) -> Finding:
    """Too few of the planted targets were found; without enough dates nothing could look."""
    if _nulls(acquisitions) < LEAST_NULLS:
        return _worded(found, "inconclusive", "uncalibrated")
    word: Word = "not_observable" if _clear(acquisitions) else "inconclusive"
    return _of(found, word, acquisitions)


def absent(acquisitions: Sequence[Acquisition], *, hidden: bool = False) -> Finding:
    """Whether nothing of a kind was there: the opposite of one or more being present."""
    there = present(acquisitions, hidden=hidden)
    if there.ratio is None:
        return there
    turned = Finding(there.word, there.reason, 1 / there.ratio, there.power, there.miss)
    if there.word == "supported":
        return _worded(turned, "contradicted", None)
    if there.word == "contradicted":
        return _worded(turned, "supported", None)
    return turned


def departed(
    before: Sequence[Acquisition],
    after: Sequence[Acquisition],
    *,
    hidden: bool = False,
    passes: int = LEAST_ABSENT,
) -> Finding:
    """Whether what was there before is gone: seen before, ruled out in enough later passes."""
    was, still = present(before), present(after, hidden=hidden)
    if was.ratio is None or still.ratio is None:
        return was if was.ratio is None else still
    ratio = was.ratio / still.ratio
    power = min(was.power or 0.0, still.power or 0.0)
    found = Finding("inconclusive", None, ratio, power, still.miss)
    if was.word == "not_observable" or still.word == "not_observable":
        return _worded(found, "not_observable", was.reason or still.reason)
    if still.word == "supported":
        return _worded(
            Finding(found.word, None, 1 / still.ratio, power, still.miss), "contradicted", None
        )
    if was.word != "supported":
        return _worded(found, "inconclusive", was.reason or "low_power")
    gone = sum(one.answer == "ruled_out" for one in after)
    if still.word == "contradicted" and gone < passes:
        return _worded(found, "inconclusive", "too_few_dates")
    if still.word == "contradicted":
        return _worded(found, "supported", None)
    return _worded(found, "inconclusive", still.reason or "low_power")


def lost(after: Sequence[Acquisition], *, stood: bool, passes: int = LEAST_ABSENT) -> Finding:
    """Whether what stood there on the earlier dates is gone: its loss seen in enough passes.

    Args:
        after: Each asks for losses.
        stood: Whether the earlier dates together show as much as must have left. Where they do
            not, no loss is not "still there".
        passes: That must show it.
    """
    found = present(after)
    if found.word not in ("supported", "contradicted"):
        return found
    if not stood:
        return _worded(found, "inconclusive", "low_power")
    seen = sum(one.answer == "seen" for one in after)
    if found.word == "supported" and seen < passes:
        return _worded(found, "inconclusive", "too_few_dates")
    return found


def arrived(before: Sequence[Acquisition], after: Sequence[Acquisition]) -> Finding:
    """Whether something is there that was not there before."""
    now = present(after)
    if now.word != "supported" or now.ratio is None:
        return now
    if not before:
        return _worded(now, "inconclusive", "too_few_dates")
    was = present(before)
    if was.ratio is None or was.ratio > CONTRADICTED_LR:
        return _worded(now, "inconclusive", "occupied_before" if was.ratio else "time_gap")
    return now


@dataclass(frozen=True, slots=True)
class Area:
    """A zone at two dates, for a claim that nothing changed.

    Attributes:
        share: Of the ground of all zones that the claim speaks of.
        power: Of finding one object of the smallest size of interest, through cloud.
    """

    share: float
    power: float


def unchanged(areas: Sequence[Area], *, changes: int, doubtful: int, ratio: float) -> Finding:
    """Whether two dates are equivalent: no object of the declared size came or left.

    Args:
        areas: The zones.
        changes: Objects of that size that are sure at one date and ruled out at the other.
        doubtful: Objects that are sure at one date and neither at the other.
        ratio: Likelihood ratio of this outcome, no change against one object.
    """
    enough = sum(area.share for area in areas if area.power >= UNCHANGED_POWER)
    power = min((area.power for area in areas), default=0.0)
    found = Finding("inconclusive", None, ratio, power, None)
    if changes and ratio <= CONTRADICTED_LR / 2:
        return _worded(found, "contradicted", None)
    if changes or doubtful:
        return _worded(found, "inconclusive", "low_power")
    if enough < UNCHANGED_AREA:
        return _worded(found, "inconclusive", "low_power")
    return _worded(found, "supported", None)


def corroborated(found: Finding) -> Finding:
    """A change of the declared size that the comparison of the two dates found by itself, too.

    Its own null is the pair's, not the traffic of other dates: at a busy port a ship that is sure
    at one date and ruled out at the other is a change, however often ships come.
    """
    return _worded(found, "contradicted", None)


def missed(passes: Sequence[tuple[float, float]]) -> float:
    """Chance that none of some passes shows what was there.

    Clouds come and go; what a thing looks like and whether it has left are the same in all passes.
    So a pass that would find 97 of 100 does not find other ones than the next: powers do not add
    up, they overlap as far as they can, and only the clear shares multiply.

    Args:
        passes: Of each, the clear share of the zone, and power times relevance.

    >>> round(missed([(1.0, 0.97), (1.0, 0.97)]), 3), round(missed([(0.5, 1.0), (0.5, 1.0)]), 3)
    (0.03, 0.25)
    """
    ordered = sorted(passes, key=lambda one: one[1])
    total, reached = 0.0, 0.0
    for number, (_, power) in enumerate(ordered):
        clouded = math.prod(1 - clear for clear, _ in ordered[number:])
        total += (power - reached) * clouded
        reached = power
    return total + 1 - reached


DENIED = {"ruled_out"}


def _together(acquisitions: Sequence[Acquisition]) -> tuple[float, float]:
    """Likelihood ratio of all answers, and the chance of a miss in those that rule out.

    What looks like an object by mistake often does so for weeks, so several sightings count as
    their best one; what lies between the points never decides.
    """
    seen = [one.ratio for one in acquisitions if one.answer == "seen"]
    denied = [one for one in acquisitions if one.answer == "ruled_out"]
    miss = missed([(one.clear, one.relevance * one.low.power.power) for one in denied])
    doubt = math.prod(one.ratio for one in acquisitions if one.answer == "between")
    doubt = min(max(doubt, 2 * CONTRADICTED_LR), SUPPORTED_LR / 2)
    return max(seen, default=1.0) * max(miss, 1 / CAP) * doubt, miss


def _groups(acquisitions: Sequence[Acquisition]) -> list[int]:
    return sorted({one.group for one in acquisitions})


def _capped(ratio: float) -> float:
    return min(max(ratio, 1 / CAP), CAP)


def _nulls(acquisitions: Sequence[Acquisition]) -> int:
    return min(one.sure.false_alarm.trials for one in acquisitions)


def _clear(acquisitions: Sequence[Acquisition]) -> bool:
    """Whether it was the size, not cloud or time, that left no power."""
    return any(one.clear * one.relevance >= 0.5 for one in acquisitions)


def _worded(found: Finding, word: Word, reason: str | None) -> Finding:
    return Finding(word, reason, found.ratio, found.power, found.miss)


def _of(found: Finding, word: Word, acquisitions: Sequence[Acquisition]) -> Finding:
    """The reason that explains most of what was lost."""
    best = max(acquisitions, key=lambda one: one.clear * one.relevance * one.sure.power.power)
    losses = {
        "cloud": 1 - best.clear,
        "time_gap": 1 - best.relevance,
        "low_power": 1 - best.sure.power.power,
        "occupied_before": min(best.sure.wrong * 5, 1.0) if best.sure.wrong > OFTEN else 0.0,
    }
    if _nulls(acquisitions) < LEAST_NULLS:
        # Without enough null dates a high rate says nothing of what is usual there.
        del losses["occupied_before"]
        losses["uncalibrated"] = 0.5
    return _worded(found, word, max(losses, key=lambda name: losses[name]))
