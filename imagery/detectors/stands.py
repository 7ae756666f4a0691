"""Aircraft on their stands: which came and went between two dates, and which stand there on one.

An aircraft that replaces another changes the picture as much as one that arrives on an empty
stand, so a difference alone cannot tell. A place counts as an arrival where the *difference* looks
like an aircraft, and where the later date looks more like one than the earlier. Nothing is
trained on pictures of aircraft; the threshold lies between the two classes of the scene's own
candidates, within bounds.

Source: our own; likeness, threshold and silhouettes say theirs in their modules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, maximum_filter

from imagery.detectors.finds import EVENTS, Event, Found, Occupancy, Rule, kept, whole
from imagery.detectors.likeness import Likeness, Plane, likeness
from imagery.detectors.shapes import LARGE_M, MEDIUM_M, SizeClass, size_class
from imagery.detectors.silhouettes import Silhouette, silhouettes
from imagery.errors import InputError, NotObservable

SHORTEST_M, LONGEST_M = 13.0, 75.0
LENGTH_STEP = 1.2
COARSEST_M: dict[SizeClass, float] = {"large": 15.0, "medium": 10.5, "small": 5.0}
"""Coarsest pixel at which a class is looked for: about three pixels along its shortest member."""

WORKING_M = 2.0
"""Finer images are averaged to about this: a silhouette shows no more detail."""

REFERENCE_M = 40.0

RULE = Rule(
    change_share=0.75,
    least_clearer=0.1,
    length_power=0.25,
    candidate=0.4,
    thresholds=(0.5, 0.6),
)
"""Chosen by ``python -m training.stands`` on simulated aircraft planted into real ground (PlanesNet
chips without aircraft), not on any pair of dates that a benchmark scores. ``length_power``: chance
likeness on unchanged stands falls with length to the power -.32. ``change_share`` and
``thresholds`` together give the highest F1 there, .458 on that hard ground; all of the difference
with a threshold of .6 gives .450, so the choice is flat. The best threshold is the lower bound: a
scene may ask for more, never for less, or repainted ground would pass (simulated in the tests).
``least_clearer`` and ``candidate`` are round numbers: 0 and .1 of the one gave the same best F1;
a likeness of .4 explains a sixth of the contrast of a place, which chance often does."""

TRIMMED = (1.0, 99.0)  # percent of the stands' own values; a glint is no more than bright
FIT_ROUNDS = 8
MAD_TO_SD = 1.4826


@dataclass(frozen=True, slots=True)
class Evidence:
    """What two dates show at each place, before any rule.

    Attributes:
        dates: Likeness of the earlier and of the later date, one for each length.
        events: Likeness of what left and of what came, alike.
        places: (y, x), True where an aircraft may stand.
        shapes: That were looked for.
        pixel_m: Of the working grid.
        factor: Pixels of the images to one of it.
    """

    dates: tuple[list[Likeness], list[Likeness]]
    events: tuple[list[Likeness], list[Likeness]]
    places: NDArray[np.bool_]
    shapes: tuple[Silhouette, ...]
    pixel_m: float
    factor: int


def compare_stands(
    before: Plane, after: Plane, *, stands: NDArray[np.bool_], pixel_m: float
) -> Occupancy:
    """Aircraft that arrived on or departed from stands between two dates.

    Args:
        before, after: (y, x) or (band, y, x) float32 on one grid, any unit; NaN = no data.
        stands: (y, x), True where an aircraft may stand.
        pixel_m: Side of a square pixel on the ground.

    Raises:
        NotObservable: not even a large aircraft can be told at this pixel size.
        InputError: the three do not share one shape.
    """
    return judged(evidence(before, after, stands=stands, pixel_m=pixel_m), RULE)


def evidence(before: Plane, after: Plane, *, stands: NDArray[np.bool_], pixel_m: float) -> Evidence:
    """What both dates show; arguments and errors are those of ``compare_stands``."""
    views, usable, places, factor = _prepared([before, after], stands, pixel_m)
    working_m = pixel_m * factor
    if not places.any():
        return Evidence(([], []), ([], []), places, (), working_m, factor)
    change = _change(views[0], views[1], usable & places)
    layers = np.stack([*views, -change, change])
    shapes = silhouettes(working_m, _lengths(working_m))
    own = likeness(layers, _weight(usable, places), shapes)
    return Evidence((own[0], own[1]), (own[2], own[3]), places, shapes, working_m, factor)


def judged(shown: Evidence, rule: Rule) -> Occupancy:
    """Aircraft that came or went, by a rule."""
    found = []
    for event, date, other in ((EVENTS[0], 0, 1), (EVENTS[1], 1, 0)):
        likes = zip(shown.events[date], shown.dates[date], shown.dates[other], strict=True)
        scored = [_event_score(rule, *three) for three in likes]
        found += _peaks(shown.events[date], scored, shown, rule, event)
    standing = []
    for own in shown.dates:
        scored = [_scaled(one.value, one.length_m, rule) for one in own]
        standing.append(_peaks(own, scored, shown, rule, "present"))
    found = whole(found, standing, pixel_m=shown.pixel_m, least=rule.middle)
    return kept(found, rule, pixel_m=shown.pixel_m, factor=shown.factor)


def occupied_stands(image: Plane, *, stands: NDArray[np.bool_], pixel_m: float) -> Occupancy:
    """Aircraft that stand there on one date; the arguments are those of ``compare_stands``.

    Raises:
        NotObservable: not even a large aircraft can be told at this pixel size.
        InputError: the two do not share one shape.
    """
    views, usable, places, factor = _prepared([image], stands, pixel_m)
    if not places.any():
        return Occupancy((), RULE.middle, 0)
    working_m = pixel_m * factor
    shapes = silhouettes(working_m, _lengths(working_m))
    (own,) = likeness(np.stack(views), _weight(usable, places), shapes)
    scored = [_scaled(one.value, one.length_m, RULE) for one in own]
    shown = Evidence((own, []), ([], []), places, shapes, working_m, factor)
    found = _peaks(own, scored, shown, RULE, "present")
    return kept(found, RULE, pixel_m=working_m, factor=factor)


def check_observable(size: SizeClass, pixel_m: float) -> None:
    """Refuse to look for a class that this pixel size cannot show.

    Raises:
        NotObservable: it would be told from nothing; a count of zero would be wrong.
    """
    if pixel_m > COARSEST_M[size]:
        raise NotObservable(f"a {size} aircraft", pixel_m, COARSEST_M[size])


def of_class(occupancy: Occupancy, size: SizeClass, *, pixel_m: float) -> tuple[Found, ...]:
    """The aircraft of one size class.

    Raises:
        NotObservable: as ``check_observable``.
    """
    check_observable(size, pixel_m)
    return tuple(one for one in occupancy.found if size_class(one.length_m) == size)


def _prepared(
    images: list[Plane], stands: NDArray[np.bool_], pixel_m: float
) -> tuple[list[Plane], NDArray[np.bool_], NDArray[np.bool_], int]:
    """Grey views at the working resolution, centred and trimmed, with what is usable in all."""
    if any(image.shape[-2:] != stands.shape for image in images):
        shapes = [image.shape for image in images]
        raise InputError("the shape of the images", shapes, f"that of the stands, {stands.shape}")
    check_observable("large", pixel_m)
    factor = max(1, int(WORKING_M / pixel_m))
    views = [_averaged(_grey(image), factor) for image in images]
    usable = np.logical_and.reduce([np.isfinite(view) for view in views])
    places = (_averaged(stands.astype(np.float32), factor) >= 0.5) & usable
    return [_trimmed(view, usable, places) for view in views], usable, places, factor


def _grey(image: Plane) -> Plane:
    grey: Plane = image if image.ndim == 2 else image.mean(axis=0)
    return grey.astype(np.float32)


def _averaged(plane: Plane, factor: int) -> Plane:
    """Means over squares of ``factor`` pixels; a rest at the far edges is left out."""
    rows, cols = (side // factor for side in plane.shape)
    squares = plane[: rows * factor, : cols * factor].reshape(rows, factor, cols, factor)
    means: Plane = squares.mean(axis=(1, 3))
    return means


def _trimmed(view: Plane, usable: NDArray[np.bool_], places: NDArray[np.bool_]) -> Plane:
    """A view in units of its stands: nothing outside their range, median 0, no NaN."""
    if not places.any():
        return np.zeros_like(view)
    low, middle, high = np.percentile(view[places], (TRIMMED[0], 50, TRIMMED[1]))
    scale = high - low if high > low else 1.0
    trimmed = (np.clip(view, low, high) - middle) / scale
    return np.where(usable, trimmed, 0).astype(np.float32)


def _weight(usable: NDArray[np.bool_], places: NDArray[np.bool_]) -> Plane:
    weight: Plane = (binary_dilation(places) & usable).astype(np.float32)
    return weight


def _change(before: Plane, after: Plane, where: NDArray[np.bool_]) -> Plane:
    """After minus before, once the ground that stayed has been given the same gain and offset."""
    x, y = before[where].astype(np.float64), after[where].astype(np.float64)
    stayed = np.ones(x.size, bool)
    gain = offset = 0.0
    for _ in range(FIT_ROUNDS):
        terms = np.stack([x[stayed], np.ones(stayed.sum())], axis=1)
        gain, offset = np.linalg.lstsq(terms, y[stayed], rcond=None)[0]
        left = y - (gain * x + offset)
        spread = MAD_TO_SD * float(np.median(np.abs(left)))
        stayed = np.abs(left) <= 2 * spread + 1e-9
    change: Plane = (after - (gain * before + offset)).astype(np.float32)
    return change


def _lengths(pixel_m: float) -> tuple[float, ...]:
    """From the shortest aircraft of the smallest class that the pixels show, in even steps."""
    ends: tuple[tuple[SizeClass, float], ...] = (("small", SHORTEST_M), ("medium", MEDIUM_M))
    shown = (least for size, least in ends if pixel_m <= COARSEST_M[size])
    shortest = next(shown, LARGE_M)
    steps = int(np.log(LONGEST_M / shortest) / np.log(LENGTH_STEP)) + 1
    return tuple(float(shortest * LENGTH_STEP**step) for step in range(steps))


def _scaled(value: Plane, length_m: float, rule: Rule) -> Plane:
    scaled: Plane = value * np.float32((length_m / REFERENCE_M) ** rule.length_power)
    return scaled


def _event_score(rule: Rule, change: Likeness, date: Likeness, other: Likeness) -> Plane:
    """Likeness of the difference and of the date, less that of the other date."""
    here, there = (maximum_filter(one.value, size=3) for one in (date, other))
    occupied = here - np.maximum(there, 0)
    mixed = rule.change_share * change.value + (1 - rule.change_share) * occupied
    scored = _scaled(mixed, change.length_m, rule)
    score: Plane = np.where(occupied > rule.least_clearer, scored, -1)
    return score


def _peaks(
    own: list[Likeness], scored: list[Plane], shown: Evidence, rule: Rule, event: Event
) -> list[Found]:
    """Local maxima of every length, overlapping ones still among them."""
    found = []
    for one, score in zip(own, scored, strict=True):
        score = np.where(shown.places, score, -1)
        peak = (score == maximum_filter(score, size=3)) & (score > rule.candidate)
        for row, col in np.argwhere(peak & (one.which >= 0)):
            shape = shown.shapes[one.which[row, col]]
            found.append(
                Found(
                    event=event,
                    row=float(row) + 0.5,
                    col=float(col) + 0.5,
                    score=float(score[row, col]),
                    length_m=one.length_m,
                    outline=shape.outline,
                )
            )
    return found
