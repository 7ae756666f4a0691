"""Vehicles of an air-defence site: counted where pixels allow it, summed up where they do not.

At 3 m and finer an object of 8 to 14 m in or near a revetment is a short bar, brighter or darker
than the ground. Each is weighed against the bars that the ground around the zone shows by chance,
which gives a probability for each and an interval for their number. At coarser pixels no vehicle
can be told: only how much of the zone changed, and how strongly.

Source: for the local share of false finds, B. Efron and R. Tibshirani, "Empirical Bayes methods and
false discovery rates for microarrays", Genetic Epidemiology 23(1), 2002, doi:10.1002/gepi.1124,
with the surround of the zone as the null.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, maximum_filter
from scipy.optimize import isotonic_regression
from shapely import box

from imagery.detectors.likeness import Likeness, Plane, likeness
from imagery.detectors.shapes import Shape
from imagery.detectors.silhouettes import Silhouette, drawn
from imagery.errors import InputError, NotObservable

COARSEST_M = 3.0
"""Coarsest pixel at which a vehicle is counted: one across, three along."""

LENGTHS_M = (8.0, 10.0, 12.0, 14.0)
WIDTH_M = 3.1
TOO_LONG_M = 28.0
"""A bar that fits better at this length is a wall, a kerb or a road marking."""

HEADINGS = 12  # of half a turn: a bar has no bow
LONG_HEADINGS = 36  # a long bar fits only at nearly its own heading
SURROUND_M = 150.0
CANDIDATE = 0.6
MOST_CHANCE = 1.0
"""Bars no clearer than as many chance ones, by area, are left out: beyond that the luck of one
zone's own ground outweighs what stands there."""

LEAST_REAL = 0.5  # a bar that is more likely chance than not is not listed
CONFIDENCE = 0.9
MAD_TO_SD = 1.4826
TAIL = 0.01
"""Share of the surround's pixels beyond the level from which a change is called anomalous."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle-sized object.

    Attributes:
        row, col: Of its middle, in pixels; the centre of the first pixel is at 0.5, 0.5.
        length_m: Of the bar that fits best.
        score: Likeness to it, 0 to 1.
        probability: That it is more than the surround shows by chance; of ground alike in the
            zone and around it, and not checked against counted vehicles.
    """

    row: float
    col: float
    length_m: float
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class VehicleCount:
    """How many stand in a zone.

    Attributes:
        vehicles: Clearest first.
        low, high: Interval of the count at ``CONFIDENCE``, from the vehicles' probabilities.
            What the image hides (nets, shelters) is not in it.
    """

    vehicles: tuple[Vehicle, ...]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """How much of a zone changed; says nothing of how many objects.

    Attributes:
        area_m2: Where the change exceeds what ``TAIL`` of the surround shows.
        expected_m2: What an unchanged zone would have of that.
        strength: Median size of the change there, in robust standard deviations of the
            surround; NaN where nothing exceeds.
    """

    area_m2: float
    expected_m2: float
    strength: float


def count_vehicles(image: Plane, *, zone: NDArray[np.bool_], pixel_m: float) -> VehicleCount:
    """Vehicle-sized objects in a zone on one date.

    Args:
        image: (y, x) float32, any unit, NaN = no data; reaches beyond the zone.
        zone: (y, x), True in and around the revetments.
        pixel_m: Side of a square pixel on the ground.

    Raises:
        NotObservable: the pixels are coarser than ``COARSEST_M``.
        InputError: the shapes differ, or the image shows no ground around the zone.
    """
    if pixel_m > COARSEST_M:
        raise NotObservable("a vehicle", pixel_m, COARSEST_M)
    inside, around = _grounds(image, zone, pixel_m)
    scores, lengths = _bars(image, inside | around, pixel_m)
    peak = (scores == maximum_filter(scores, size=_odd(LENGTHS_M[-1] / pixel_m))) & (
        scores > CANDIDATE
    )
    real = _real(scores[peak & inside], scores[peak & around], inside.sum() / around.sum())
    vehicles = [
        Vehicle(
            row=float(row) + 0.5,
            col=float(col) + 0.5,
            length_m=float(lengths[row, col]),
            score=float(scores[row, col]),
            probability=float(probability),
        )
        for (row, col), probability in zip(np.argwhere(peak & inside), real, strict=True)
        if probability >= LEAST_REAL
    ]
    vehicles.sort(key=lambda one: (-one.score, one.row, one.col))
    low, high = count_interval([one.probability for one in vehicles])
    return VehicleCount(tuple(vehicles), low, high)


def zone_change(change: Plane, *, zone: NDArray[np.bool_], pixel_m: float) -> ZoneChange:
    """Anomalous area and strength of the change in a zone, at any pixel size.

    Args:
        change: (y, x) float32, signed difference or z, any unit; NaN = no data.
        zone: (y, x), True in the zone.
        pixel_m: Side of a square pixel on the ground.

    Raises:
        InputError: the shapes differ, or the image shows no ground around the zone.
    """
    inside, around = _grounds(change, zone, pixel_m)
    middle = float(np.median(change[around]))
    sizes = np.abs(change - middle)
    spread = MAD_TO_SD * float(np.median(sizes[around]))
    limit = float(np.quantile(sizes[around], 1 - TAIL))
    beyond = sizes[inside & (np.nan_to_num(sizes, nan=-1.0) > limit)]
    strength = float(np.median(beyond)) / spread if beyond.size and spread > 0 else float("nan")
    area = pixel_m * pixel_m
    return ZoneChange(beyond.size * area, TAIL * float(inside.sum()) * area, strength)


def count_interval(probabilities: list[float]) -> tuple[int, int]:
    """Central interval of a sum of independent yes-or-no draws at ``CONFIDENCE``.

    >>> count_interval([1.0, 1.0, 0.5])
    (2, 3)
    """
    chances = np.ones(1)
    for probability in probabilities:
        chances = np.convolve(chances, [1 - probability, probability])
    below = np.cumsum(chances)
    tail = (1 - CONFIDENCE) / 2
    return int(np.searchsorted(below, tail)), int(np.searchsorted(below, 1 - tail))


def _real(
    here: NDArray[np.float32], there: NDArray[np.float32], ratio: float
) -> NDArray[np.float64]:
    """Probability that each bar of the zone is more than the surround shows by chance.

    Among the k clearest bars, as many are chance as the surround has of at least that score, by
    area. What each further bar adds to that number is its own chance, made to rise with rank.
    """
    if here.size == 0:
        return np.zeros(0)
    order = np.argsort(-here, kind="stable")
    above = there.size - np.searchsorted(np.sort(there), here[order])
    chance = (above + 1) * ratio
    added = np.clip(np.diff(np.minimum(chance, np.arange(1, here.size + 1)), prepend=0.0), 0, 1)
    added[chance > MOST_CHANCE] = 1
    probabilities = np.empty(here.size)
    probabilities[order] = 1 - isotonic_regression(added).x
    return np.clip(probabilities, 0, 1)


def _grounds(
    image: Plane, zone: NDArray[np.bool_], pixel_m: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Usable pixels of the zone, and of the ground around it."""
    if image.shape != zone.shape:
        raise InputError("the shape of the image", image.shape, f"that of the zone, {zone.shape}")
    usable = np.isfinite(image)
    near = distance_transform_edt(~zone) * pixel_m <= SURROUND_M
    around = near & ~zone & usable
    if not around.any():
        raise InputError("the image", "the zone alone", "usable ground around it as well")
    return zone & usable, around


def _bars(
    image: Plane, where: NDArray[np.bool_], pixel_m: float
) -> tuple[Plane, NDArray[np.float32]]:
    """Likeness to the best bar of a vehicle's length, 0 where a long one fits better."""
    view = np.where(where, image, 0).astype(np.float32)
    view = np.where(where, view - np.float32(np.median(image[where])), 0)
    scale = float(np.abs(view[where]).max()) or 1.0
    shapes = _bar_shapes(pixel_m)
    both = np.stack([view, -view]) / np.float32(scale)
    bright, dark = likeness(both.astype(np.float32), where.astype(np.float32), shapes)
    values = np.stack(
        [np.maximum(*(one.value for one in pair)) for pair in zip(bright, dark, strict=True)]
    )
    which = np.stack([_stronger(*pair) for pair in zip(bright, dark, strict=True)])
    longest = values[:-1].argmax(axis=0)[None]
    best = np.take_along_axis(values, longest, axis=0)[0]
    headings = np.array([shape.heading_deg for shape in shapes], np.float32)
    turned = headings[np.take_along_axis(which, longest, axis=0)[0]]
    wall = _along(values[-1], turned, pixel_m)
    lengths = np.array(LENGTHS_M, np.float32)[longest[0]]
    return np.where(best > wall, best, 0).astype(np.float32), lengths


def _stronger(bright: Likeness, dark: Likeness) -> NDArray[np.int32]:
    which: NDArray[np.int32] = np.where(bright.value >= dark.value, bright.which, dark.which)
    return which


def _along(long: Plane, headings_deg: Plane, pixel_m: float) -> Plane:
    """Largest likeness to a long bar on the axis of each short one.

    The end of a wall looks like a vehicle; the middle of the wall lies on the same axis. A wall
    beside a vehicle does not.
    """
    rows, cols = np.indices(long.shape)
    angle = np.radians(headings_deg)
    near = maximum_filter(long, size=3)
    reach = (TOO_LONG_M - LENGTHS_M[0]) / 2
    most = long
    for metres in np.linspace(-reach, reach, 5):
        step = metres / pixel_m
        row = np.clip(np.rint(rows - step * np.cos(angle)).astype(int), 0, long.shape[0] - 1)
        col = np.clip(np.rint(cols + step * np.sin(angle)).astype(int), 0, long.shape[1] - 1)
        most = np.maximum(most, near[row, col])
    return most


@lru_cache(maxsize=4)
def _bar_shapes(pixel_m: float) -> tuple[Silhouette, ...]:
    half = WIDTH_M / 2
    return tuple(
        drawn(
            Shape("bar", "vehicle", length, WIDTH_M, box(-length / 2, -half, length / 2, half)),
            180.0 * step / headings,
            pixel_m,
        )
        for length in (*LENGTHS_M, TOO_LONG_M)
        for headings in (LONG_HEADINGS if length == TOO_LONG_M else HEADINGS,)
        for step in range(headings)
    )


def _odd(pixels: float) -> int:
    return 2 * int(np.ceil(pixels / 2)) + 1
