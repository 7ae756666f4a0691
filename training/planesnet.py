"""Train the aircraft classifier of ``imagery.detectors.chips`` from PlanesNet chips.

``python -m training.planesnet --data DIR`` reads ``DIR/chips.npz``, predicts every airport with
networks that never saw it, fits the calibration on those predictions, then trains the shipped
networks on all chips and writes ``imagery/detectors/weights/planesnet.npz``. It prints the SHA-256
that goes into ``imagery/detectors/chips.py``.

Every network is fitted by one thread of a process of its own, so that the bytes follow neither the
number of cores nor what else runs. ``--scores FILE`` takes the predictions that
``benchmarks.planesnet --cv --scores FILE`` has made, which are the same.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from imagery.detectors import chips as shipped
from imagery.detectors.network import network
from training.augment import varied
from training.fit import Plan, fit
from training.split import FOLDS, Chips, folds, read, with_aircraft

Float = NDArray[np.float32]

BATCH = 128
POSITIVES = 64  # of a batch: with as many of both, .5 is where both are equally likely
WORKERS = 3
ONE_THREAD = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "OMP_NUM_THREADS": "1",
}
PLANS = {
    shipped.FINE_M: Plan(
        members=1,
        side=20,
        widths=(16, 16, 32, 32, 64),
        halves=(False, True, False, True, False),
        units=64,
        steps=4000,
        rate=4e-3,
        dropout=0.3,
    ),
    shipped.COARSE_M: Plan(
        members=1,
        side=6,
        widths=(32, 32, 64),
        halves=(False, False, False),
        units=64,
        steps=6000,
        rate=4e-3,
        dropout=0.3,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with chips.npz")
    parser.add_argument("--out", type=Path, default=shipped.WEIGHTS)
    parser.add_argument("--scores", type=Path, help="predictions that --cv has written")
    given = parser.parse_args()
    data = read(given.data)
    with workers() as pool:
        everything = np.arange(len(data.label))
        fitted = {gsd: pool.submit(trained, data, everything, gsd=gsd, seed=FOLDS) for gsd in PLANS}
        scores = kept_scores(given.scores, data) if given.scores else unseen_scores(data, pool)
        arrays: dict[str, NDArray[Any]] = {}
        for gsd, ensemble in fitted.items():
            arrays[f"{gsd:g}m/calibration"] = np.array(calibration(data, scores[gsd]))
            arrays |= {f"{gsd:g}m/{name}": layer for name, layer in ensemble.result().items()}
    np.savez(given.out, **arrays)
    print(f"WEIGHTS_SHA256 = {hashlib.sha256(given.out.read_bytes()).hexdigest()}")


def workers() -> ProcessPoolExecutor:
    """Processes that fit one network each, with one thread."""
    os.environ |= ONE_THREAD  # the processes read it when they start
    return ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn"))


def unseen_scores(data: Chips, pool: ProcessPoolExecutor) -> dict[float, Float]:
    """(n,) mean log-odds of each chip by networks that saw nothing of its fold, by pixel size."""
    fold = folds(data)
    running = {
        (gsd, number): pool.submit(_fold_scores, data, fold == number, gsd=gsd, seed=number)
        for gsd in PLANS
        for number in range(FOLDS)
    }
    scores = {gsd: np.full(len(fold), np.nan, np.float32) for gsd in PLANS}
    for (gsd, number), done in running.items():
        scores[gsd][fold == number] = done.result()
    return scores


def _fold_scores(data: Chips, unseen: NDArray[np.bool_], *, gsd: float, seed: int) -> Float:
    arrays = trained(data, np.flatnonzero(~unseen), gsd=gsd, seed=seed)
    members = tuple(network(arrays, f"member{i}") for i in range(PLANS[gsd].members))
    chips = shipped.network_input(at(data.image[unseen], gsd=gsd))
    return shipped.ensemble_scores(members, chips)


def keep_scores(path: Path, data: Chips, scores: dict[float, Float]) -> None:
    """Write predictions with what they were made from."""
    arrays = {f"{gsd:g}m": values for gsd, values in scores.items()}
    with path.open("wb") as file:
        np.savez(file, origin=np.array(_origin(data)), **arrays)


def kept_scores(path: Path, data: Chips) -> dict[float, Float]:
    """Read what ``keep_scores`` wrote for the same chips and plans."""
    with np.load(path, allow_pickle=False) as arrays:
        if str(arrays["origin"]) != _origin(data):
            raise SystemExit(f"{path} was made from other chips or plans; run --cv again.")
        return {gsd: arrays[f"{gsd:g}m"] for gsd in PLANS}


def _origin(data: Chips) -> str:
    chips = hashlib.sha256(data.image.tobytes() + data.label.tobytes()).hexdigest()
    return f"{chips} {PLANS} {BATCH} {POSITIVES}"


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
        yield shipped.network_input(views), data.label[picked].astype(np.float32)


def _endless(indices: NDArray[np.intp], rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from rng.permutation(indices)


def at(chips: NDArray[Any], *, gsd: float) -> NDArray[Any]:
    """Chips of 3 m as pixels of ``gsd`` would show them."""
    return shipped.degraded(chips) if gsd == shipped.COARSE_M else chips


def calibration(data: Chips, scores: Float) -> tuple[float, float]:
    """Slope and offset of the logistic curve through scores of unseen airports (Platt).

    Only cells that hold aircraft count, since that is where the detector is asked. Each chip counts
    the same, as in the error that is to be small; weighting the airports alike helped those with
    few aircraft and cost as much at those with many.

    Source: Platt 1999, Probabilistic outputs for support vector machines.
    """
    counted = with_aircraft(data)
    score, label = scores[counted].astype(np.float64), data.label[counted]

    def loss(curve: NDArray[np.float64]) -> float:
        logit = curve[0] * score + curve[1]
        return float(np.mean(np.logaddexp(0, logit) - label * logit))

    slope, offset = optimize.minimize(loss, [1.0, 0.0], method="BFGS").x
    return float(slope), float(offset)


if __name__ == "__main__":
    main()
