"""Known targets planted in a date, and null dates: the measured power and false-alarm rate.

The claimed number of targets is planted at random free places of the zones, each with a contrast of
its own, into the very pixels that are judged, and the unchanged witness looks again. Targets are
simulated; the ground is what the scene shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shapely import affinity

from imagery import implant, threads
from imagery.detectors.rows import groups
from imagery.detectors.shapes import SHAPES, Shape
from imagery.detectors.sightings import Sighting, Witness, free_of, window
from imagery.implant import Planting, Target
from imagery.kernels import Float

TRIALS = 200
"""Targets planted in a date: with none missed, the miss of one is known to be about 1 in 400."""

GROUPS = 160
"""Groups of several targets in a date: where the weakest of them is missed at the low point that
the others give, the miss is still known to be below 1 in 100."""

MOST_RUNS = 200

SMALL_M, AT_ONCE = 20.0, 8
"""Shorter targets stand three lengths apart and so many at once: a unit, not a car park."""

NEAR = 0.5
"""Share of a target's length within which a sighting is that target."""

DARK_SHARE = 0.25
"""Of the targets are darker than their ground: light concrete, dark paint, shadow."""

HISTORY = 24
"""Dates that each date is held against, at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The claimed state in numbers.

    Attributes:
        sighted: Sightings that answer yes.
        planted: Objects that the state consists of at least; as many as ``sighted``, or more.
    """

    sighted: int
    planted: int


@dataclass(frozen=True, slots=True)
class Planted:
    """What became of the targets planted in one date.

    Attributes:
        strengths: (n,) of the surest sighting on each target, -inf where there is none.
        extra: (n,) of the second sighting on the same target: one object counted twice.
        contrasts: (n,) reflectance, signed.
        places: (n, 2) row and column.
        picture: (band, y, x) the date with the targets of the first run, NaN as in the date.
        first: Targets of the first run.
    """

    strengths: tuple[float, ...]
    extra: tuple[float, ...]
    contrasts: tuple[float, ...]
    places: tuple[tuple[int, int], ...]
    picture: Float | None = field(default=None, compare=False, repr=False)
    first: int = 0

    def found(self, wanted: Wanted, threshold: float) -> tuple[int, int]:
        """(groups in which enough are found, groups) of targets in their order.

        >>> trial = Planted((5.0, 1.0, 5.0, 5.0), (0.0,) * 4, (0.1,) * 4, ((0, 0),) * 4)
        >>> trial.found(Wanted(2, 2), 3.0)
        (1, 2)
        """
        weakest = self.weakest(wanted)
        return sum(value >= threshold for value in weakest), len(weakest)

    def found_low(self, wanted: Wanted, witness: Witness, sure: float) -> tuple[int, int]:
        """The same at the low point, each group by the point that the others give."""
        weakest = self.weakest(wanted)
        count = 0
        for place, value in enumerate(weakest):
            others = weakest[:place] + weakest[place + 1 :]
            count += value > -math.inf and value >= witness.low_point(others, sure)
        return count, len(weakest)

    def weakest(self, wanted: Wanted) -> list[float]:
        """Strength of the last target of each group that must be found."""
        size = wanted.planted
        groups = [
            sorted(self.strengths[n * size : (n + 1) * size], reverse=True)
            for n in range(len(self.strengths) // size)
        ]
        return [group[wanted.sighted - 1] for group in groups]

    def twice(self, threshold: float) -> int:
        """Targets that would be counted as two."""
        return sum(value >= threshold for value in self.extra)


@dataclass(frozen=True, slots=True)
class Nulls:
    """What the witness sees on dates of which nothing is claimed.

    Attributes:
        indices: Of the dates.
        strengths: Of each date, those of its sightings, strongest first.
    """

    indices: tuple[int, ...]
    strengths: tuple[tuple[float, ...], ...]

    def operating_point(self, witness: Witness) -> float:
        """Of a date that is not among them."""
        return witness.operating_point([max(each, default=0.0) for each in self.strengths])

    def alarms(self, witness: Witness, *, number: int = 1) -> int:
        """Null dates on which so many are sighted, each by the threshold that the others give."""
        count = 0
        for place, strengths in enumerate(self.strengths):
            others = Nulls(self.indices, self.strengths[:place] + self.strengths[place + 1 :])
            threshold = others.operating_point(witness)
            count += sum(value >= threshold for value in strengths) >= number
        return count

    def beyond(self, threshold: float, *, number: int = 1) -> int:
        """Null dates on which so many are sighted at a threshold that does not rest on them."""
        return sum(
            sum(value >= threshold for value in strengths) >= number for strengths in self.strengths
        )


def earlier_dates(index: int, usable: Sequence[int]) -> list[int]:
    """The dates that one is held against: the nearest before it, then the nearest after it.

    Args:
        index: Of the date; never held against itself.
        usable: Claim-free, clear dates.

    Returns:
        At most ``HISTORY``, in the order of their distance, farthest first; later dates stand in
        where a null date has too few before it, so that its history is as long as any.
    """
    before = [n for n in usable if n < index][-HISTORY:]
    after = [n for n in usable if n > index][: max(0, HISTORY - len(before))]
    return [*reversed(after), *before]


def nulls(dates: Float, witness: Witness, usable: Sequence[int]) -> Nulls:
    """Every claim-free, clear date judged against the others.

    Args:
        dates: (time, band, y, x).
        witness: Of one size.
        usable: Indices of claim-free, clear dates.
    """

    def strengths(index: int) -> tuple[float, ...]:
        seen = witness.sightings(dates, index, earlier_dates(index, usable))
        return tuple(one.strength for one in seen)

    return Nulls(tuple(usable), tuple(threads.each(strengths, usable)))


def planted(
    dates: Float,
    index: int,
    *,
    witness: Witness,
    usable: Sequence[int],
    target: Shape,
    contrasts: tuple[float, float],
    pixel_m: float,
    zone: np.ndarray,
    taken: float = math.inf,
    gone: bool = False,
    trials: int = TRIALS,
    together: int = 1,
) -> Planted:
    """Plant targets in one date until there are enough trials, and look again each time.

    Args:
        dates: (time, band, y, x).
        index: Of the date.
        witness: Unchanged.
        usable: Dates that it may be held against.
        target: Planform.
        contrasts: Least and largest reflectance contrast of such an object.
        pixel_m: Of the grid.
        zone: (y, x) True where such an object may lie.
        taken: Strength of a sighting that takes its place: no target is planted near it.
        gone: Plant them into the earlier dates: they stood there, and have left.
        trials: Groups wanted.
        together: Targets of a group, which stand side by side.

    Returns:
        Without targets where nothing of the zone is free and seen.
    """
    values = dates[index]
    earlier = earlier_dates(index, usable)
    look = witness.against(dates, earlier)
    shown = np.isfinite(values).all(axis=0)
    standing = [one for one in look(values) if one.strength >= taken]
    free = free_of(zone & shown, standing, target, pixel_m=pixel_m)
    if not free.any():
        return Planted((), (), (), ())
    rows, cols = window(free)
    seed = implant.seed_of(values[:, rows, cols], free, target.name, *contrasts)
    runs: list[tuple[Planting, NDArray[np.float64]]] = []
    total = 0
    while len(runs) < MOST_RUNS and total < trials * together:
        number, left = seed + len(runs), trials - total // together
        planting = _places(free, target, together, pixel_m=pixel_m, seed=number, most=left)
        runs.append((planting, _drawn(target, contrasts, len(planting), number)))
        total += len(planting)
    if not total:
        return Planted((), (), (), ())

    def tried(run: tuple[Planting, NDArray[np.float64]]) -> list[_Trial]:
        planting, drawn = run
        if gone:
            past = np.stack([_painted(dates[n], planting, target, drawn, pixel_m) for n in earlier])
            seen = witness.against(past, range(len(past)))(values)
        else:
            seen = look(_painted(values, planting, target, drawn, pixel_m))
        places = zip(planting.rows.tolist(), planting.cols.tolist(), strict=True)
        return [
            (*_on(target, planting, n, seen, pixel_m), float(drawn[n]), place)
            for n, place in enumerate(places)
        ]

    found = [trial for each in threads.each(tried, runs) for trial in each]
    strengths, extra, drawn, places = (tuple(column) for column in zip(*found, strict=True))
    picture = _painted(values, runs[0][0], target, runs[0][1], pixel_m)
    return Planted(strengths, extra, drawn, places, picture, first=len(runs[0][0]))


def _places(
    free: NDArray[np.bool_],
    target: Shape,
    together: int,
    *,
    pixel_m: float,
    seed: int,
    most: int,
) -> Planting:
    """Where the targets of one run stand, group after group."""
    small = target.length_m < SMALL_M
    if together > 1 and not small:
        return groups(free, together, target=target, pixel_m=pixel_m, seed=seed, most=most)
    at_once, spacing_m = (AT_ONCE, 3 * target.length_m) if small else (most, implant.SPACING_M)
    return implant.places(
        free,
        pixel_m=(pixel_m, pixel_m),
        seed=seed,
        most=min(most * together, at_once),
        spacing_m=spacing_m,
    )


_Trial = tuple[float, float, float, tuple[int, int]]


def _drawn(
    target: Shape, contrasts: tuple[float, float], count: int, seed: int
) -> NDArray[np.float64]:
    """(count,) reflectance contrasts, signed; nothing is darker than water."""
    rng = np.random.default_rng(seed)
    drawn = rng.uniform(*contrasts, count)
    if target.kind != "vessel":
        drawn[rng.random(count) < DARK_SHARE] *= -1
    return drawn


def _painted(
    values: Float, planting: Planting, target: Shape, contrasts: NDArray[np.float64], pixel_m: float
) -> Float:
    """The picture with targets, each with a contrast of its own; nothing is darker than black."""
    out = values.copy()
    height, width = values.shape[1:]
    for number, contrast in enumerate(contrasts.tolist()):
        place = planting.rows[number], planting.cols[number]
        level = max(contrast, -0.8 * float(np.nanmin(values[:, *place])))
        rows, cols, share = implant.footprint(
            planting, number, Target(target, (level,)), (height, width), (pixel_m, pixel_m)
        )
        out[:, rows, cols] += np.float32(level) * share
    return out


def _on(
    target: Shape, planting: Planting, number: int, seen: Sequence[Sighting], pixel_m: float
) -> tuple[float, float]:
    """Strengths of the two surest sightings on a target; -inf where there is none."""
    row, col = (
        float(at) + off
        for at, off in zip(
            (planting.rows[number], planting.cols[number]), planting.offsets[number], strict=True
        )
    )
    reach = NEAR * target.length_m / pixel_m + 1
    near = [one.strength for one in seen if math.hypot(one.row - row, one.col - col) <= reach]
    filled = (*near, -math.inf, -math.inf)
    return filled[0], filled[1]


def sized(kind: str, length_m: float) -> Shape:
    """A planform of a length: the nearest of its kind, scaled.

    >>> round(sized("vessel", 100.0).span_m)
    12
    """
    alike = [shape for shape in SHAPES.values() if shape.kind == kind]
    base = min(alike, key=lambda shape: abs(math.log(shape.length_m / length_m)))
    factor = length_m / base.length_m
    if math.isclose(factor, 1.0, rel_tol=5e-3):
        return base
    outline = affinity.scale(base.outline, factor, factor, origin=(0, 0))
    name = f"{base.name} scaled to {length_m:g} m"
    return Shape(name, base.kind, length_m, base.span_m * factor, outline)
