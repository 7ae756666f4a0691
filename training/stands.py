"""Choose the rule of ``imagery.detectors.stands`` on aircraft planted into real ground.

``python -m training.stands --data DIR`` reads the chips without an aircraft from ``DIR/chips.npz``
(PlanesNet, CC BY-SA 4.0: 60 m squares on and near airports, with parts of aircraft, vehicles and
roofs in them), lays them out as stands at 3 m, plants simulated aircraft on one or both of two
dates and prints the rule that tells arrivals and departures best. The power of the length comes
from stands where nothing changed: with it a score means the same chance at every length. The share
of the difference and the threshold are then chosen together, each from a coarse scale, by F1. No
evaluation data are read.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import shift
from shapely import affinity

from imagery.detectors.finds import Rule
from imagery.detectors.shapes import SHAPES, Shape, fill
from imagery.detectors.stands import Evidence, evidence, judged
from training.split import Chips, read, with_aircraft

Float = NDArray[np.float32]

PIXEL_M = 3.0
SLOTS, SIDE, PITCH = 8, 20, 22  # stands along each side of a scene, pixels of one, with its gap
SCENES, SEED = 6, 0

KINDS = ("empty", "arrived", "departed", "replaced")
SHARES = (0.4, 0.2, 0.2, 0.2)
MODELS = ("Il-76", "fighter")
LENGTHS_M = (15.0, 48.0)  # a longer one does not fit into 60 m with ground around it
CONTRAST, DARKER = (0.08, 0.4), 0.2  # of full scale; share of aircraft darker than the ground
MOTTLED, SHADOW = 0.15, 0.5  # spread of an aircraft's own brightness; depth of its shadow
RESIDUAL_PX, GAIN, NOISE = 0.3, 0.1, 0.01  # standard deviations between the two dates

CHANGE_SHARES = (0.25, 0.5, 0.75, 1.0)
POWER_STEP = 0.25
CHANCE = 0.99  # share of the places of unchanged stands that a length is compared at
THRESHOLDS = (0.45, 0.5, 0.55, 0.6, 0.65, 0.7)

LEAST_CLEARER = 0.1  # one date must look more like an aircraft; 0 and .1 give the same F1 here
CANDIDATE = 0.4  # a sixth of a place's contrast explained: chance, but the scene's lower class
LEEWAY = 0.1  # by which a scene may ask for more than the best threshold, never for less


@dataclass(frozen=True, slots=True)
class Told:
    """What a rule finds: (n,) scores, (n,) True where right, and how many there were to find."""

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    true: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Two simulated dates: what they show, and what happened on each stand."""

    shown: Evidence
    kinds: NDArray[np.str_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with chips.npz")
    given = parser.parse_args()
    empty = grounds(read(given.data))
    scenes = [scene(empty, np.random.default_rng([SEED, number])) for number in range(SCENES)]
    unchanged = scene(empty, np.random.default_rng([SEED, SCENES]), shares=(1.0, 0.0, 0.0, 0.0))
    print(chosen(scenes, length_power(unchanged.shown), say=True))


def grounds(data: Chips) -> Float:
    """(n, 20, 20) grey chips without an aircraft, in cells that have some, about one level."""
    grey = data.image[with_aircraft(data) & (data.label == 0)].mean(axis=-1) / 255
    return np.asarray(grey - np.median(grey, axis=(1, 2), keepdims=True) + 0.5, np.float32)


def scene(empty: Float, rng: np.random.Generator, *, shares: tuple[float, ...] = SHARES) -> Scene:
    """Stands in rows, each on ground of its own, seen at two dates."""
    kinds = rng.choice(KINDS, (SLOTS, SLOTS), p=shares)
    dates = np.full((2, SLOTS * PITCH, SLOTS * PITCH), np.nan, np.float32)
    gain = np.exp(rng.normal(0, GAIN))
    for (row, col), kind in np.ndenumerate(kinds):
        ground = empty[rng.integers(len(empty))]
        moved = shift(ground, rng.normal(0, RESIDUAL_PX, 2), order=1, mode="nearest")
        before = planted(ground, rng) if kind in ("departed", "replaced") else ground
        after = planted(moved, rng) if kind in ("arrived", "replaced") else moved
        place = (slice(row * PITCH, row * PITCH + SIDE), slice(col * PITCH, col * PITCH + SIDE))
        dates[0][place] = before + rng.normal(0, NOISE, ground.shape)
        dates[1][place] = gain * after + rng.normal(0, NOISE, ground.shape)
    stands = np.isfinite(dates[0])
    return Scene(evidence(dates[0], dates[1], stands=stands, pixel_m=PIXEL_M), kinds)


def planted(ground: Float, rng: np.random.Generator) -> Float:
    """Ground with an aircraft of any size, heading and brightness near its middle."""
    model = SHAPES[MODELS[rng.integers(len(MODELS))]]
    factor = np.exp(rng.uniform(*np.log(LENGTHS_M))) / model.length_m
    outline = affinity.scale(model.outline, factor, factor, origin=(0, 0))
    sized = Shape("planted", "aircraft", model.length_m * factor, model.span_m * factor, outline)
    ink = _fitted(
        fill(
            sized,
            heading_deg=rng.uniform(0, 360),
            pixel_m=(PIXEL_M, PIXEL_M),
            offset_px=tuple(rng.normal(0, 1, 2)),
        )
    )
    depth = rng.uniform(*CONTRAST)
    level = np.median(ground) + (-depth if rng.random() < DARKER else depth)
    skin = level * (1 + rng.normal(0, MOTTLED, ink.shape))
    dark = np.roll(ink, rng.integers(-2, 3, 2), axis=(0, 1)) * (SHADOW * depth)
    return np.asarray((ground - dark) * (1 - ink) + skin * ink, np.float32)


def _fitted(ink: Float) -> Float:
    """The middle of a window, or the window amid nothing, as large as a chip."""
    out = np.zeros((SIDE + 1, SIDE + 1), np.float32)
    side = min(len(ink), SIDE + 1)
    inner, outer = (len(ink) - side) // 2, (SIDE + 1 - side) // 2
    out[outer : outer + side, outer : outer + side] = ink[inner:, inner:][:side, :side]
    return out[:SIDE, :SIDE]


def length_power(unchanged: Evidence) -> float:
    """How chance likeness of the difference falls with length, in quarters."""
    both = [*unchanged.events[0], *unchanged.events[1]]
    chance = [np.quantile(one.value[unchanged.places], CHANCE) for one in both]
    slope = np.polyfit(np.log([one.length_m for one in both]), np.log(chance), 1)[0]
    print(f"chance likeness goes with length to the power {slope:.3f}")
    return float(round(-slope / POWER_STEP) * POWER_STEP)


def chosen(scenes: Sequence[Scene], power: float, *, say: bool = False) -> Rule:
    """The best rule of the scales; of equals the one with the higher threshold."""
    best = (-1.0, 0.0, Rule(0, 0, 0, 0, (0, 0)))
    for share in CHANGE_SHARES:
        lowest = (THRESHOLDS[0], THRESHOLDS[0])
        rule = Rule(share, LEAST_CLEARER, power, CANDIDATE, lowest)
        found = told(scenes, rule)
        figures = [f1(found, threshold) for threshold in THRESHOLDS]
        if say:
            print(f"share {share:4}", *(f"{each:.3f}" for each in figures), flush=True)
        for figure, middle in zip(figures, THRESHOLDS, strict=True):
            bounds = (middle, round(middle + LEEWAY, 2))
            best = max(
                best, (figure, middle, replace(rule, thresholds=bounds)), key=lambda b: b[:2]
            )
    return best[2]


def told(scenes: Sequence[Scene], rule: Rule) -> Told:
    """Arrivals and departures that a rule finds; a second find on a stand is wrong."""
    scores, right, true = [], [], 0
    for each in scenes:
        seen = set()
        for one in judged(each.shown, rule).found:
            stand = (int(one.row // PITCH), int(one.col // PITCH))
            right.append(bool(each.kinds[stand] == one.event) and stand not in seen)
            scores.append(one.score)
            seen.add(stand)
        true += int(np.isin(each.kinds, ("arrived", "departed")).sum())
    return Told(np.array(scores), np.array(right, bool), true)


def f1(found: Told, threshold: float) -> float:
    kept = found.scores > threshold
    return 2 * float(found.right[kept].sum()) / (int(kept.sum()) + found.true)


if __name__ == "__main__":
    main()
