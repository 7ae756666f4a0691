"""Train the aircraft classifier of ``imagery.detectors.chips`` from PlanesNet chips.

``python -m training.planesnet --data DIR`` reads ``DIR/chips.npz``, predicts every airport with
networks that never saw it, fits the calibration on those predictions, then trains the shipped
networks on all chips and writes ``imagery/detectors/weights/planesnet.npz``. It prints the SHA-256
that goes into ``imagery/detectors/chips.py``.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from imagery.detectors import chips as shipped
from imagery.detectors.network import network
from training.augment import varied
from training.fit import Plan, fit
from training.split import FOLDS, Chips, airports, cells, folds, read

Float = NDArray[np.float32]

BATCH = 128
POSITIVES = 54  # of a batch
PLANS = {
    shipped.FINE_M: Plan(
        members=1,
        side=20,
        widths=(16, 16, 32, 32, 64),
        halves=(False, True, False, True, False),
        units=64,
        steps=400,
        rate=4e-3,
        dropout=0.3,
    ),
    shipped.COARSE_M: Plan(
        members=3,
        side=6,
        widths=(32, 32, 64),
        halves=(False, False, False),
        units=64,
        steps=450,
        rate=4e-3,
        dropout=0.3,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with chips.npz")
    parser.add_argument("--out", type=Path, default=shipped.WEIGHTS)
    given = parser.parse_args()
    data = read(given.data)
    arrays: dict[str, NDArray[Any]] = {}
    for gsd in PLANS:
        out_of_fold = unseen_scores(data, gsd=gsd)
        arrays[f"{gsd:g}m/calibration"] = np.array(calibration(data, out_of_fold))
        everything = np.arange(len(data.label))
        for name, layers in trained(data, everything, gsd=gsd, seed=FOLDS).items():
            arrays[f"{gsd:g}m/{name}"] = layers
    np.savez(given.out, **arrays)
    print(f"WEIGHTS_SHA256 = {hashlib.sha256(given.out.read_bytes()).hexdigest()}")


def unseen_scores(data: Chips, *, gsd: float) -> Float:
    """(n,) mean log-odds of each chip by networks that saw nothing of its fold."""
    fold = folds(data)
    out = np.full(len(fold), np.nan, np.float32)
    for number in range(FOLDS):
        unseen = fold == number
        arrays = trained(data, np.flatnonzero(~unseen), gsd=gsd, seed=number)
        members = tuple(network(arrays, f"member{i}") for i in range(PLANS[gsd].members))
        chips = shipped.normalized(at(data.image[unseen], gsd=gsd))
        out[unseen] = shipped.ensemble_scores(members, chips)
    return out


def trained(data: Chips, chosen: NDArray[np.intp], *, gsd: float, seed: int) -> dict[str, Float]:
    """The members of an ensemble, each under its name."""
    arrays = {}
    plan = PLANS[gsd]
    for member in range(plan.members):
        layers = fit(
            plan,
            lambda rng: batches(data, chosen, gsd=gsd, rng=rng),
            seed=seed * plan.members + member,
        )
        arrays |= {f"member{member}/{name}": array for name, array in layers.items()}
    return arrays


def batches(
    data: Chips, chosen: NDArray[np.intp], *, gsd: float, rng: np.random.Generator
) -> Iterator[tuple[Float, Float]]:
    """Endless batches with a fixed share of aircraft, each chip as it might have looked."""
    label = data.label[chosen]
    aircraft, other = (_endless(chosen[label == value], rng) for value in (1, 0))
    while True:
        picked = [next(aircraft) for _ in range(POSITIVES)]
        picked += [next(other) for _ in range(BATCH - POSITIVES)]
        views = at(varied(data.image[picked], rng), gsd=gsd)
        yield shipped.normalized(views), data.label[picked].astype(np.float32)


def _endless(indices: NDArray[np.intp], rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from rng.permutation(indices)


def at(chips: NDArray[Any], *, gsd: float) -> NDArray[Any]:
    """Chips of 3 m as pixels of ``gsd`` would show them."""
    return shipped.degraded(chips) if gsd == shipped.COARSE_M else chips


def calibration(data: Chips, scores: Float) -> tuple[float, float]:
    """Slope and offset of the logistic curve through scores of unseen airports (Platt).

    Only cells that hold aircraft count, since that is where the detector is asked. An airport
    counts by the square root of its chips: the largest would otherwise decide alone, or the
    smallest as much as the largest.

    Source: Platt 1999, Probabilistic outputs for support vector machines.
    """
    cell = np.unique(cells(data), axis=0, return_inverse=True)[1].ravel()
    counted = (np.bincount(cell, weights=data.label) > 0)[cell]
    airport = airports(data)[counted]
    weight = 1 / np.sqrt(np.bincount(airport)[airport])
    score, label = scores[counted].astype(np.float64), data.label[counted]

    def loss(curve: NDArray[np.float64]) -> float:
        logit = curve[0] * score + curve[1]
        return float(np.average(np.logaddexp(0, logit) - label * logit, weights=weight))

    slope, offset = optimize.minimize(loss, [1.0, 0.0], method="BFGS").x
    return float(slope), float(offset)


if __name__ == "__main__":
    main()
