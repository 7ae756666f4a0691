"""Known radar targets put into real passes, and how many of them the unchanged detector finds.

A target is a planform that returns some power for each square metre. A corner is a small planform
of large return: what counts is the product, its cross-section in square metres. Power adds where
the target lies, spread by the sensor's response, with speckle of the given looks on an extended
target, and with the beat between target and clutter that a coherent sensor shows. Targets are
simulated; the ground is real.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely import Point

from imagery import implant
from imagery.detectors.shapes import Shape
from imagery.errors import InputError

Float = NDArray[np.float32]
FWHM_PX = 2.0
"""Response of Sentinel-1 IW GRD: 20 m, sampled at 10 m."""
LEAST_LEFT = 0.02
"""Share of the clutter that a beat cannot take away: power stays positive."""


@dataclass(frozen=True, slots=True)
class RadarTarget:
    """What is put in.

    Attributes:
        shape: Planform.
        backscatter: Linear power returned for a square metre of it; one for each polarisation, or
            one for all.
        looks: Of the pass: how much speckle a target has.
        steady: True = a corner, of one strength; False = an extended target, with speckle.
        fwhm_px: Response of the sensor beyond a pixel's own square, pixels.
    """

    shape: Shape
    backscatter: tuple[float, ...]
    looks: float
    steady: bool = False
    fwhm_px: float = FWHM_PX

    def __post_init__(self) -> None:
        if not self.looks > 0 or min(self.backscatter, default=-1) < 0:
            facts = (self.backscatter, self.looks)
            raise InputError("radar target", facts, "power of 0 or more, looks above 0")


CORNER = Shape("corner", "vehicle", 10.0, 10.0, Point(0, 0).buffer(5.0))
"""A disk, narrow beside the response: a point, drawn without a heading."""


def corner(cross_section_m2: float, *, looks: float) -> RadarTarget:
    """A steady target of a given radar cross-section, in all polarisations.

    Raises:
        InputError: the cross-section is negative, or looks are not positive.
    """
    return RadarTarget(CORNER, (cross_section_m2 / CORNER.area_m2,), looks, steady=True)


def paint(
    values: Float,
    planting: implant.Planting,
    target: RadarTarget,
    *,
    pixel_m: tuple[float, float],
    seed: int,
) -> Float:
    """Put targets into a pass.

    Args:
        values: (pol, y, x) float32, linear power of the pass; NaN stays NaN.
        planting: Where.
        target: What.
        pixel_m: (height, width) of a pixel, metres.
        seed: Of speckle and beat.

    Raises:
        InputError: as many powers as polarisations, or one, are needed.
    """
    share = implant.covered(planting, _seen(target), shape=_size(values), pixel_m=pixel_m)
    return added(values, share, target, seed=seed)


def drawn(
    planting: implant.Planting,
    target: RadarTarget,
    *,
    shape: tuple[int, int],
    pixel_m: tuple[float, float],
) -> Float:
    """(y, x) share of each pixel that targets fill, for ``added`` in several passes."""
    return implant.covered(planting, _seen(target), shape=shape, pixel_m=pixel_m)


def added(values: Float, share: Float, target: RadarTarget, *, seed: int) -> Float:
    """A pass with targets in it that fill some share of its pixels; see ``paint``.

    Raises:
        InputError: as many powers as polarisations, or one, are needed.
    """
    if len(target.backscatter) not in (1, len(values)):
        raise InputError("backscatter", target.backscatter, f"one value or {len(values)}")
    rng = np.random.default_rng(seed)
    out = np.empty_like(values)
    powers = np.broadcast_to(np.asarray(target.backscatter, np.float32), len(values))
    for band, (clutter, power) in enumerate(zip(values, powers, strict=True)):
        more = power * share
        if not target.steady:
            more = more * rng.gamma(target.looks, 1 / target.looks, share.shape)
        known = np.maximum(np.nan_to_num(clutter, nan=0.0), 0)
        beat = np.sqrt(2 * more * known / target.looks) * rng.standard_normal(share.shape)
        out[band] = np.where(
            share > 0, np.maximum(clutter + more + beat, LEAST_LEFT * clutter), clutter
        )
    return out


def power(
    detect: implant.Detect,
    values: Float,
    eligible: NDArray[np.bool_],
    target: RadarTarget,
    *,
    pixel_m: tuple[float, float],
) -> implant.Power:
    """Put targets into the judged pass and count what the unchanged detector finds.

    Seeded by the pixels, the places and the target: the same inputs, the same result.

    Args:
        detect: From a pass (pol, y, x) to what is flagged (y, x), at its operating point.
        values: (pol, y, x) float32, linear power of the judged pass.
        eligible: (y, x) where the middle of a target may lie.
        target: What.
        pixel_m: (height, width) of a pixel, metres.
    """
    words = json.dumps([target.shape.name, target.shape.outline.wkt, *target.backscatter])
    facts = json.dumps([target.looks, target.steady, target.fwhm_px])
    seed = implant.seed_of(values, eligible, words, facts)
    plain, seen = detect(values), _seen(target)
    trials = found = chance = 0
    for run in range(implant.MOST_RUNS):
        left = implant.TRIALS - trials
        planting = implant.places(eligible, pixel_m=pixel_m, seed=seed + run, most=left)
        if not len(planting):
            break
        flagged = detect(paint(values, planting, target, pixel_m=pixel_m, seed=seed + run))
        trials += len(planting)
        found += int(implant.hits(flagged, planting, seen, pixel_m=pixel_m).sum())
        chance += int(implant.hits(plain, planting, seen, pixel_m=pixel_m).sum())
        if trials >= implant.TRIALS:
            break
    return implant.Power(trials, found, chance, *implant.interval(found, trials))


def _seen(target: RadarTarget) -> implant.Target:
    return implant.Target(target.shape, (1.0,), target.fwhm_px)


def _size(values: Float) -> tuple[int, int]:
    return int(values.shape[1]), int(values.shape[2])
