"""How far one date is shifted against the other: measured on tiles, agreed on, or refused.

Every tile of a fixed lattice gives a correlation surface (``imagery.match``). Their sum finds the
whole-pixel shift even where clouds leave little of each tile; around it every tile gives its own
sub-pixel shift; a robust fit over the tiles is the registration. The spread of the tiles about
the fit, less what they owe to their own noise (two halves of a tile measured apart), is how far
the real field departs from the fit. ``imagery.warp`` does the resampling.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imagery import consensus, match, warp
from imagery.errors import RegistrationError

Float = NDArray[np.float32]
Points = NDArray[np.float64]
Read = Callable[[slice, slice], tuple[Float, Float]]
Model = Literal["none", "identity", "translation", "affine"]
Affine = tuple[float, float, float, float, float, float]

MAX_SHIFT_PX = 8  # larger than any shift between orthorectified dates in print (2.8 px at 10 m)
MARGIN_PX = 12  # surfaces reach beyond it, so that a larger shift is seen and said
LOCAL_PX = 2  # how far one tile may depart from the common shift
MAX_ERROR_PX = 0.3  # 95th percentile; the multitemporal requirement of Sentinel-2, 10 m pixels
MIN_PROMINENCE = 8.0  # sigma, all tiles together: 72 wrong pairs reach 4.5, nine right ones 35
MIN_TILE_PROMINENCE = 6.0  # sigma, one tile: wrong at most 5.9, right 12 to 34 in the median
NOTHING_PROMINENCE = 4.5  # below it a tile with structure has found nothing at all
MAX_STRANGE = 0.2  # share of such tiles; on the honest pairs of docs/traps.md at most .05
MIN_TILES = 3
MIN_USABLE = 0.1  # share of a tile's pixels
MAX_ASTRAY = 0.25  # share of the tiles with structure that may have a shift of their own
MIN_AGREEING = 0.5  # share of the others that the fit must keep
NEGLIGIBLE_PX = 0.02  # a shift below is not worth the softening of a resampling
P95_RADIUS = 2.4477  # 95th percentile radius of a 2-D Gaussian of unit sigma (Rayleigh)

ADVICE = "Check that both files show the same place, unturned, and enough land without cloud."
UNMOVED: Affine = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Registration:
    """Where the after date stands on the grid of the before date.

    Attributes:
        affine: (a, b, c, d, e, f): ``moving_col = a col + b row + c``,
            ``moving_row = d col + e row + f``, pixel indices of the same grid.
        shift_px: (dx, dy) at the centre of the grid, moving less reference.
        residual_px: Robust root-mean-square distance of the tiles from the fit, with their noise.
        p95_px: Estimate of the 95th percentile of the distance between the applied field and the
            true one: the spread of the tiles less their own noise, plus the standard error of the
            fit at the worst corner, as a 2-D Gaussian. Real departures narrower than a tile
            (parallax of one tower) are not in it.
        n_tiles: Tiles looked at.
        n_used: Tiles that the fit rests on.
        model: ``none``: no pixel usable at both dates, nothing was measured (residuals are NaN)
            and there is nothing to compare; or nothing had to be (``unmeasured``). ``identity``:
            the shift is below its own uncertainty or ``NEGLIGIBLE_PX``, and nothing is resampled.
    """

    affine: Affine
    shift_px: tuple[float, float]
    residual_px: float
    p95_px: float
    n_tiles: int
    n_used: int
    model: Model


def measure(
    read: Read, shape: tuple[int, int], *, max_error_px: float = MAX_ERROR_PX
) -> Registration:
    """Measure the sub-pixel shift of the after date against the before date.

    Args:
        read: ``read(rows, cols)`` gives (before, after) of that window of the grid, each (y, x) or
            (band, y, x) float32 in any unit, NaN = unusable (cloud, shadow, no data). Called
            for at most 64 windows of at most 256 x 256 px, whose places follow from ``shape``
            alone. Blue, green, red and nir together are better than any one: shadows and leaves
            pull single bands by up to .4 px between seasons.
        shape: (rows, cols) of the grid.
        max_error_px: Refuse above this 95th percentile error, pixels.

    Raises:
        RegistrationError: the grid is too small, the dates share no structure (another place,
            turned, more than ``MAX_SHIFT_PX`` apart), tiles disagree, or the error is too large.
    """
    matches = [_match(read, window) for window in match.windows(shape)]
    if all(tile.same for tile in matches) and any(tile.usable for tile in matches):
        return Registration(UNMOVED, (0.0, 0.0), 0.0, 0.0, len(matches), len(matches), "identity")
    if not any(tile.usable for tile in matches):
        return Registration(UNMOVED, (0.0, 0.0), math.nan, math.nan, len(matches), 0, "none")
    enough = MIN_USABLE * match.tile_side(shape) ** 2
    _check_clear(sum(tile.usable >= enough for tile in matches), len(matches))
    common = _common_shift(matches)
    _check_ground(matches, enough=enough)
    points, noise_px, astray = _tie_points(matches, common, enough=enough)
    _check_agreement(len(points), len(points), astray)
    independent = min(1.0, math.prod(shape) / (len(matches) * match.tile_side(shape) ** 2))
    fit = consensus.agree(points, shape, independent=independent)
    _check_agreement(int(np.count_nonzero(fit.weights)), len(points), astray)
    found = _registration(fit, noise_px, shape, n_tiles=len(matches))
    if not found.p95_px <= max_error_px:
        raise RegistrationError(
            "The shift between the two dates cannot be trusted",
            f"95 % of its errors are below {found.p95_px:.2f} px; the limit is {max_error_px} px",
            "Choose two dates of the same orbit, or clearer ones.",
        )
    return found


def unmeasured() -> Registration:
    """Of dates that lie on each other by their own geolocation: nothing is measured or moved."""
    nan = float("nan")
    return Registration((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (0.0, 0.0), nan, nan, 0, 0, "none")


def halo(registration: Registration, shape: tuple[int, int]) -> int:
    """Pixels that ``resample`` needs around an output window anywhere on a grid of that shape."""
    return warp.halo(registration.affine, shape)


def resample(
    image: Float,
    registration: Registration,
    *,
    origin: tuple[int, int],
    out_origin: tuple[int, int],
    out_shape: tuple[int, int],
) -> Float:
    """Bring a window of the after date onto the grid of the before date, in one resampling.

    A pixel's value depends on its place in the grid and on the image alone, so windows of any
    size give the same bytes. An identity copies.

    Args:
        image: (band, y, x) float32 window of the after date with its ``halo`` (fewer rows only
            where the scene ends), NaN = no data.
        registration: As measured.
        origin: (row, col) in the grid of ``image[:, 0, 0]``.
        out_origin: (row, col) in the grid of the first pixel wanted.
        out_shape: (rows, cols) wanted.

    Returns:
        (band, y, x) float32, NaN where the four pixels around a place are not all there. Taps
        further out that are missing repeat their nearest inner one: the edge of a scene costs a
        pixel, not three.
    """
    return warp.resample(
        image, registration.affine, origin=origin, out_origin=out_origin, out_shape=out_shape
    )


def resample_clear(
    clear: NDArray[np.bool_],
    registration: Registration,
    *,
    origin: tuple[int, int],
    out_origin: tuple[int, int],
    out_shape: tuple[int, int],
) -> NDArray[np.bool_]:
    """``resample`` for a (y, x) mask, True = usable.

    Returns:
        True where all of the four pixels around a place that weigh in are usable.
    """
    return warp.resample_clear(
        clear, registration.affine, origin=origin, out_origin=out_origin, out_shape=out_shape
    )


def _match(read: Read, window: tuple[slice, slice]) -> match.TileMatch:
    before, after = (np.asarray(date, np.float32) for date in read(*window))
    stack = (-1, *before.shape[-2:])
    corner = (window[0].start, window[1].start)
    return match.match_tile(
        before.reshape(stack), after.reshape(stack), corner=corner, margin=MARGIN_PX
    )


def _common_shift(matches: list[match.TileMatch]) -> tuple[float, float]:
    """(dy, dx) of all tiles together, px."""
    surface = np.sum([tile.surface for tile in matches], axis=0)
    shift = match.peak(surface, near=(0, 0), within=MARGIN_PX)
    if not math.isfinite(shift[0]):
        raise RegistrationError(
            "The two dates do not fit together",
            f"their best match is {MARGIN_PX} px or more away; the limit is {MAX_SHIFT_PX} px",
            ADVICE,
        )
    found = match.prominence(surface, shift)
    if found < MIN_PROMINENCE:
        raise RegistrationError(
            f"The two dates share no structure within {MARGIN_PX} px of each other",
            f"the best match stands out by {found:.1f} sigma; {MIN_PROMINENCE:.0f} are needed",
            ADVICE,
        )
    if max(np.abs(shift)) > MAX_SHIFT_PX:
        raise RegistrationError(
            "The two dates are too far apart on the ground",
            f"one is shifted by {shift[1]:.1f} columns and {shift[0]:.1f} rows; "
            f"the limit is {MAX_SHIFT_PX} px",
            "Check the georeference of both files.",
        )
    return shift


def _tie_points(
    matches: list[match.TileMatch], common: tuple[float, float], *, enough: float
) -> tuple[Points, float, int]:
    """The shifts of the tiles with structure of their own.

    Returns:
        (n, 4) row, col, dy, dx of those within ``LOCAL_PX`` of the common shift; their typical
        noise per axis, px; the number of those further away.
    """
    points, noises, astray = [], [], 0
    for tile in matches:
        if tile.usable < enough or _best(tile) < MIN_TILE_PROMINENCE:
            continue
        shift = match.peak(tile.surface, near=(0, 0), within=MARGIN_PX)
        if max(abs(shift[0] - common[0]), abs(shift[1] - common[1])) > LOCAL_PX:
            astray += 1
            continue
        points.append((tile.row, tile.col, *shift))
        noises.append(_noise_px(tile, shift))
    noise = float(np.median(noises)) if noises else math.inf
    return np.array(points, np.float64).reshape(-1, 4), noise, astray


def _noise_px(tile: match.TileMatch, shift: tuple[float, float]) -> float:
    """Standard error of one tile's shift per axis: half the difference of its two halves, px."""
    halves = [match.peak(half, near=shift, within=LOCAL_PX) for half in tile.halves]
    distance = math.dist(*halves)
    return distance / 2 / consensus.MEDIAN_RADIUS if math.isfinite(distance) else float(LOCAL_PX)


def _check_ground(matches: list[match.TileMatch], *, enough: float) -> None:
    """Refuse a pair of which one date shows another place in a part of the scene."""
    shown = [tile for tile in matches if tile.structured and tile.usable >= enough]
    strange = sum(_best(tile) < NOTHING_PROMINENCE for tile in shown)
    if strange >= MIN_TILES and strange > MAX_STRANGE * len(shown):
        found = f"{strange} of {len(shown)} tiles with structure share none of it"
        raise RegistrationError("A part of the two dates shows different ground", found, ADVICE)


def _best(tile: match.TileMatch) -> float:
    """How far a tile's best match stands out, sigma; 0 where that is at the edge of the search."""
    shift = match.peak(tile.surface, near=(0, 0), within=MARGIN_PX)
    return match.prominence(tile.surface, shift) if math.isfinite(shift[0]) else 0.0


def _check_clear(clear: int, looked_at: int) -> None:
    if clear < MIN_TILES:
        found = f"{clear} of {looked_at} tiles are clear at both dates; {MIN_TILES} are needed"
        raise RegistrationError("Too little is clear to register the two dates", found, ADVICE)


def _check_agreement(used: int, points: int, astray: int) -> None:
    if used < MIN_TILES:
        found = f"{used} tiles agree on a shift; {MIN_TILES} are needed"
        raise RegistrationError("Too little structure to register the two dates", found, ADVICE)
    if astray > MAX_ASTRAY * (points + astray):
        found = f"{astray} of {points + astray} lie more than {LOCAL_PX} px off the common shift"
        raise RegistrationError("The tiles of the two dates disagree", found, ADVICE)
    if used < MIN_AGREEING * points:
        found = f"{used} of {points} follow one field; {MIN_AGREEING:.0%} are needed"
        raise RegistrationError("The tiles of the two dates disagree", found, ADVICE)


def _registration(
    fit: consensus.Fit, noise_px: float, shape: tuple[int, int], *, n_tiles: int
) -> Registration:
    dx, dy = float(fit.coefficients[0, 1]), float(fit.coefficients[0, 0])
    used = int(np.count_nonzero(fit.weights))
    departure = max(fit.spread_px**2 - noise_px**2, 0.0) + fit.standard_error_px**2
    residual, p95 = math.sqrt(2) * fit.spread_px, P95_RADIUS * math.sqrt(departure)
    if len(fit.coefficients) == 1 and _negligible((dx, dy), fit.standard_error_px):
        off = math.hypot(dx, dy)
        return Registration(
            UNMOVED, (0.0, 0.0), residual, math.hypot(p95, off), n_tiles, used, "identity"
        )
    model: Model = "translation" if len(fit.coefficients) == 1 else "affine"
    return Registration(_affine(fit, shape), (dx, dy), residual, p95, n_tiles, used, model)


def _negligible(shift: tuple[float, float], error_px: float) -> bool:
    return math.hypot(*shift) < max(NEGLIGIBLE_PX, 2 * error_px)


def _affine(fit: consensus.Fit, shape: tuple[int, int]) -> Affine:
    """The field over unit coordinates as moving pixel indices."""
    if len(fit.coefficients) == 1:
        dy, dx = fit.coefficients[0].tolist()
        return (1.0, 0.0, dx, 0.0, 1.0, dy)
    places = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
    (y0, x0), (y_row, x_row), (y_col, x_col) = (
        consensus.unit(places, shape) @ fit.coefficients
    ).tolist()
    return (1 + x_col - x0, x_row - x0, x0, y_col - y0, 1 + y_row - y0, y0)
