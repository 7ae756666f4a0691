"""Is there a whole aircraft in this 60 m square? A small network for visible bands at 3 to 10 m.

Two ensembles, one for chips of 20 x 20 px at 3 m and one for 6 x 6 px at 10 m, were trained on
PlanetScope pictures of Californian airports (``docs/models/planesnet.md``: data, licence, split,
figures, limits). A picture must be stretched about as those are. A probability is the mean log-odds
of the ensemble over the eight ways to turn and mirror a chip, taken through a logistic curve that
was fitted on airports which the networks had not seen.

A type of aircraft is never told, nor its size: 60 m holds a light aircraft and a wide body alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagery.detectors.network import Network, logits, network, read_weights
from imagery.errors import InputError, NotObservable

Float = NDArray[np.float32]

CHIP_M = 60.0
"""Side of what is judged at once: the chips of the training data, metres."""

FINE_M, COARSE_M = 3.0, 10.0
"""Pixel sizes that the two ensembles were trained at, metres."""

FINE_LIMIT_M, COARSE_LIMIT_M = 3.75, 10.5
"""Coarsest pixel that each is asked at: PlanetScope is delivered at 3 m from up to 3.7-4.2 m of
ground sampling, and a Landsat pixel of 15 m was not measured."""

MIDDLE, SPREAD = 0.45, 0.2
"""What the networks read as 0 and as 1 from it, shares of full scale."""

APART_M = 30.0
"""Two aircraft are not reported nearer than this, centre to centre: half a chip."""

STEP_M = 6.0
"""Between the windows of a search, at most; one pixel where pixels are coarser."""

BATCH = 4096  # windows cut out at a time, to bound memory

WEIGHTS = Path(__file__).parent / "weights" / "planesnet.npz"
WEIGHTS_SHA256 = "015fea81d0c0e16379356f49b6a3fbd8636c4ebfdb2242cef7033c311e55a236"

CALIBRATION = "logistic curve, fitted on the out-of-airport predictions of 7 Californian airports"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place where a whole aircraft stands, as one picture shows it.

    Attributes:
        row: Centre of the window, pixels of the image searched, first pixel's centre at 0.5.
        col: As row.
        score: Mean log-odds of the ensemble before calibration.
        probability: Calibrated for chips drawn as in the training data: centred candidates on and
            near airports. A search looks at more places than that; see the model card.
        calibration: How.
    """

    row: float
    col: float
    score: float
    probability: float
    calibration: str = CALIBRATION


@dataclass(frozen=True, slots=True)
class _Ensemble:
    members: tuple[Network, ...]
    slope: float
    offset: float


def probability(chips: NDArray[Any], *, gsd_m: float) -> NDArray[np.float64]:
    """Calibrated probability that each chip holds a whole aircraft.

    Args:
        chips: (n, y, x, 3) red, green, blue; uint8 of a picture, or float on a scale of 0 to 1 as
            a picture is stretched. 20 x 20 px at 3 m, 6 x 6 px at 10 m.
        gsd_m: Pixel size, metres.

    Returns:
        (n,) float64, 0 to 1; NaN for a chip that holds a NaN.

    Raises:
        NotObservable: pixels are larger than 10.5 m.
        InputError: a chip is not 60 m wide or has not three bands.
        WeightsError: the weights are missing or altered.
    """
    return _calibrated(scores(chips, gsd_m=gsd_m), _shipped(model_gsd(gsd_m)))


def scores(chips: NDArray[Any], *, gsd_m: float) -> Float:
    """Mean log-odds before calibration; arguments and errors as in `probability`."""
    gsd = model_gsd(gsd_m)
    side = round(CHIP_M / gsd)
    if chips.ndim != 4 or chips.shape[1:] != (side, side, 3):
        raise InputError("The shape of the chips", chips.shape, f"(n, {side}, {side}, 3)")
    return ensemble_scores(_shipped(gsd).members, network_input(chips))


def model_gsd(gsd_m: float) -> float:
    """The pixel size, 3 or 10 m, of the ensemble that answers for a pixel of ``gsd_m``.

    >>> model_gsd(0.5), model_gsd(3.7), model_gsd(4.8)
    (3.0, 3.0, 10.0)

    Raises:
        NotObservable: neither does.
    """
    if not 0 < gsd_m <= COARSE_LIMIT_M:
        raise NotObservable("An aircraft in one picture", gsd_m, COARSE_LIMIT_M)
    return FINE_M if gsd_m <= FINE_LIMIT_M else COARSE_M


def network_input(chips: NDArray[Any]) -> Float:
    """Chips on the scale that the networks read, the same for every chip.

    Taking a chip over its own spread was tried and is worse on airports that were not seen: the
    spread is much of what an aircraft adds to 60 m of apron. Training varies brightness, gain and
    gamma instead.
    """
    scale = 255 if chips.dtype == np.uint8 else 1
    values = np.ascontiguousarray(chips, np.float32) / np.float32(scale)
    return (values - np.float32(MIDDLE)) / np.float32(SPREAD)


def resampled(image: NDArray[Any], *, gsd_m: float, to_m: float) -> Float:
    """Pixels of another size, each the mean of the ground that it covers.

    A pixel's square is the anti-alias filter, as it is for a detector element; what the finer
    sensor's own optics have blurred stays blurred. The grid keeps its upper left corner, and what
    is left over at the right and below is dropped.

    Args:
        image: (..., y, x), NaN = no data.
        gsd_m: Its pixel size.
        to_m: Of the result.

    Returns:
        (..., y, x) float32, NaN where any part of a pixel has no data.
    """
    down, right = (_shares(side, gsd_m=gsd_m, to_m=to_m) for side in image.shape[-2:])
    values = image.astype(np.float32)
    gaps = np.isnan(values)
    means = _matmul(down, np.where(gaps, np.float32(0), values), right)
    if not gaps.any():
        return means
    lost = _matmul(down, gaps.astype(np.float32), right) > 1e-6
    return np.where(lost, np.float32(np.nan), means)


def degraded(chips: NDArray[Any]) -> Float:
    """(n, 20, 20, 3) at 3 m -> (n, 6, 6, 3) float32 at 10 m on a scale of 0 to 1."""
    scale = np.float32(255 if chips.dtype == np.uint8 else 1)
    bands_first = np.moveaxis(chips.astype(np.float32) / scale, -1, 1)
    return np.moveaxis(resampled(bands_first, gsd_m=FINE_M, to_m=COARSE_M), 1, -1)


def detect(
    image: NDArray[Any], *, gsd_m: float, zone: NDArray[np.bool_], at_least: float = 0.5
) -> list[Sighting]:
    """Search a zone of a picture for aircraft, the surest first.

    Windows of 60 m are judged every 6 m (every pixel at 10 m) where their centre lies in the zone;
    of sightings nearer than 30 m the surest stays. Windows that hold no data or cross the border
    of the image are not judged: pad the zone's surroundings into the image.

    Args:
        image: (3, y, x) red, green, blue, uint8 or float on 0 to 1, NaN = no data.
        gsd_m: Its pixel size, metres.
        zone: (y, x) bool, True where a centre may lie.
        at_least: Probability from which a window counts.

    Returns:
        Sightings, by falling probability, then by row and column.

    Raises:
        NotObservable: pixels are larger than 10.5 m.
        InputError: the image has not three bands or the zone another shape.
        WeightsError: the weights are missing or altered.
    """
    gsd = model_gsd(gsd_m)
    if image.ndim != 3 or len(image) != 3 or zone.shape != image.shape[1:]:
        raise InputError(
            "The image and its zone", (image.shape, zone.shape), "(3, y, x) and (y, x)"
        )
    scale = np.float32(255 if image.dtype == np.uint8 else 1)
    scene = resampled(image / scale, gsd_m=gsd_m, to_m=gsd)
    side = round(CHIP_M / gsd)
    corners = _corners(scene, zone, side=side, factor=gsd / gsd_m)
    score = _window_scores(scene, corners, gsd=gsd)
    sure = _calibrated(score, _shipped(gsd))
    centres = np.asarray((corners + side / 2) * (gsd / gsd_m), np.float64)
    kept = _apart(centres * gsd_m, sure, at_least=at_least)
    return [
        Sighting(float(row), float(col), float(score[i]), float(sure[i]))
        for i, (row, col) in zip(kept, centres[kept], strict=True)
    ]


def ensemble_scores(members: tuple[Network, ...], chips: Float) -> Float:
    """Mean logit over members and the eight ways to turn and mirror, (n, y, x, 3) -> (n,)."""
    usable = ~np.isnan(chips).any(axis=(1, 2, 3))
    views = [_view(chips[usable], number) for number in range(8)]
    total = np.zeros(int(usable.sum()), np.float64)
    for member in members:
        for view in views:
            total += logits(member, view)
    out = np.full(len(chips), np.nan, np.float32)
    out[usable] = total / (len(members) * len(views))
    return out


def _view(chips: Float, number: int) -> Float:
    mirrored = chips[:, :, ::-1] if number & 4 else chips
    return np.ascontiguousarray(np.rot90(mirrored, number & 3, axes=(1, 2)))


def _calibrated(score: Float, ensemble: _Ensemble) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-(ensemble.slope * score.astype(np.float64) + ensemble.offset)))


@cache
def _shipped(gsd: float) -> _Ensemble:
    arrays = read_weights(WEIGHTS, sha256=WEIGHTS_SHA256)
    prefix = f"{gsd:g}m"
    names = sorted({name.split("/")[1] for name in arrays if name.startswith(f"{prefix}/member")})
    slope, offset = arrays[f"{prefix}/calibration"]
    members = tuple(network(arrays, f"{prefix}/{name}") for name in names)
    return _Ensemble(members, float(slope), float(offset))


def _shares(side: int, *, gsd_m: float, to_m: float) -> Float:
    """(to, from) how much of each new pixel each old one covers; rows sum to 1."""
    factor = to_m / gsd_m
    count = int(side / factor + 1e-9)
    edges = np.arange(count)[:, None] * factor
    old = np.arange(side)[None, :]
    overlap = np.minimum(old + 1, edges + factor) - np.maximum(old, edges)
    return np.asarray(np.maximum(overlap, 0) / factor, np.float32)


def _matmul(down: Float, image: Float, right: Float) -> Float:
    return np.asarray(np.matmul(np.matmul(down, image), right.T), np.float32)


def _corners(
    scene: Float, zone: NDArray[np.bool_], *, side: int, factor: float
) -> NDArray[np.intp]:
    """(n, 2) upper left (row, col) of the windows to judge, on the grid of the model."""
    step = max(1, int(STEP_M / (CHIP_M / side)))
    starts = [np.arange(0, length - side + 1, step) for length in scene.shape[1:]]
    rows, cols = (grid.ravel() for grid in np.meshgrid(*starts, indexing="ij"))
    centre = [((each + side / 2) * factor).astype(np.intp) for each in (rows, cols)]
    inside = zone[centre[0], centre[1]]
    return np.column_stack([rows[inside], cols[inside]])


def _window_scores(scene: Float, corners: NDArray[np.intp], *, gsd: float) -> Float:
    side = round(CHIP_M / gsd)
    out = np.empty(len(corners), np.float32)
    for start in range(0, len(corners), BATCH):
        windows = np.lib.stride_tricks.sliding_window_view(scene, (side, side), axis=(1, 2))
        rows, cols = corners[start : start + BATCH].T
        chips = np.moveaxis(windows[:, rows, cols], 0, -1)
        out[start : start + BATCH] = scores(chips, gsd_m=gsd)
    return out


def _apart(
    places_m: NDArray[np.float64], sure: NDArray[np.float64], *, at_least: float
) -> list[int]:
    """Indices of what stays, the surest first: nothing within ``APART_M`` of something surer."""
    candidates = np.flatnonzero(sure >= at_least)  # NaN is not
    order = candidates[np.argsort(-sure[candidates], kind="stable")]
    kept: list[int] = []
    for index in order:
        distances = np.hypot(*(places_m[kept] - places_m[index]).T)
        if not (distances < APART_M).any():
            kept.append(int(index))
    return kept
