"""Train the vessel network of ``imagery.detectors.hulls`` from labelled harbours.

``python -m training.sen2ships --data DIR`` reads the harbours of ``benchmarks.harbours``, trains a
member without each of them and one on everything (first without its whole group of ``GROUPS``,
where it has one, then with the group's others), fits the calibration on what the members say of
the harbour they never saw, and writes ``imagery/detectors/weights/sen2ships.npz``. It prints the
SHA-256 that goes into ``imagery/detectors/hulls.py``.

Each member is trained in a process of its own and on one thread, so that the number of workers
changes no byte. With ``--members DIR`` a member that is already in DIR is not trained again.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from numpy.typing import NDArray
from scipy import optimize

from benchmarks.harbours import Harbour, find_harbours, read_harbour
from benchmarks.vessel_scores import paired
from imagery.detectors import hulls
from imagery.detectors.vessels import look
from training.harbour_chips import Ground, chips, ground

Float = NDArray[np.float32]
Tree = Any  # nested dicts of arrays, as JAX passes them

WIDTHS = (12, 24, 36)
BATCH = 24, 12
"""Chips in a step, of the first cycles and of the last."""
GROUPS = (("durban",), ("gdynia", "casablanca"), ("cartagena", "hedland"))
"""Harbours that are left out together at first: each costs a training from nothing."""
FIRST = ((450, 3e-3), (700, 2e-3))
"""(steps, highest rate) of the cycles that a group's member goes through."""
LAST = ((200, 1.5e-3),)
"""The same, for each harbour's member, from its group's on."""
WARM_UP = 0.15
WEIGHT_DECAY = 0.01
POSITIVE = (2.0, 3.0)
"""How much more a pixel of a vessel, and of its heart, counts: they are few."""
SMOOTHING = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of harbours")
    parser.add_argument("--out", type=Path, default=hulls.WEIGHTS)
    parser.add_argument("--members", type=Path, help="keep and read trained members here")
    parser.add_argument("--workers", type=int, default=1, help="members trained at once")
    given = parser.parse_args()
    folders = find_harbours(given.data)
    names = [*(folder.name for folder in folders), hulls.EVERYTHING]
    groups = list(dict.fromkeys(group_of(name) for name in names))
    # One thread for each member: sums in parallel would not come out the same twice.
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    with tempfile.TemporaryDirectory() as fresh:
        kept = given.members or Path(fresh)
        kept.mkdir(parents=True, exist_ok=True)
        apart = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(given.workers, mp_context=apart) as pool:
            for keep, unseen in ((keep_first, groups), (keep_member, names)):
                list(pool.map(partial(keep, folders=folders, kept=kept), unseen))
        members = {name: dict(np.load(kept / f"{name}.npz")) for name in names}
    arrays = {
        f"{name}/{part}": array
        for name, layers in members.items()
        for part, array in layers.items()
    }
    arrays["calibration"] = np.array(calibration(unseen_scores(folders, members)))
    np.savez(given.out, **arrays)
    print(f"WEIGHTS_SHA256 = {hashlib.sha256(given.out.read_bytes()).hexdigest()}")


def group_of(name: str) -> tuple[str, ...]:
    """The harbours that are left out at first with this one."""
    return next((group for group in GROUPS if name in group), (name,))


def keep_first(group: tuple[str, ...], *, folders: list[Path], kept: Path) -> Tree:
    """Train on all harbours without a group, unless that is there."""
    return _kept(kept / f"first-{'+'.join(group)}.npz", None, folders, group)


def keep_member(name: str, *, folders: list[Path], kept: Path) -> None:
    """Train on, without the one harbour that the member is named for, unless that is there."""
    first = keep_first(group_of(name), folders=folders, kept=kept)
    _kept(kept / f"{name}.npz", first, folders, (name,))


def _kept(path: Path, start: Tree, folders: list[Path], unseen: tuple[str, ...]) -> Tree:
    """Layers of a file, or trained on all but the unseen and written there."""
    if not path.exists():
        grounds = [ground(read_harbour(one)) for one in folders if one.name not in unseen]
        layers = trained(grounds, start, name=path.stem)
        np.savez(
            path,
            **{f"{layer}/weight": weight for layer, (weight, _) in layers.items()},
            **{f"{layer}/bias": bias for layer, (_, bias) in layers.items()},
        )
    arrays = np.load(path)
    return {layer: (arrays[f"{layer}/weight"], arrays[f"{layer}/bias"]) for layer in hulls.LAYERS}


def unseen_scores(
    folders: list[Path], members: dict[str, dict[str, Float]]
) -> list[tuple[float, bool]]:
    """(score, whether labelled) of every outline, each harbour by the member that never saw it."""
    said = []
    for folder in folders:
        arrays = members[folder.name]
        weights = {
            layer: hulls.Kernel(arrays[f"{layer}/weight"], arrays[f"{layer}/bias"])
            for layer in hulls.LAYERS
        }
        said += judged(read_harbour(folder), weights)
    return said


def trained(
    grounds: list[Ground], start: Tree, *, name: str, seed: int = 0
) -> dict[str, tuple[Float, Float]]:
    """Layers by name, from these harbours alone, through the last cycles from ``start`` on.

    Without ``start``, through the first cycles from random layers.
    """
    layers = start or _first(jax.random.PRNGKey(seed))
    for cycle, (steps, rate) in enumerate(LAST if start else FIRST):
        schedule = optax.cosine_onecycle_schedule(steps, rate, WARM_UP)
        optimiser = optax.adamw(schedule, weight_decay=WEIGHT_DECAY)
        rng = np.random.default_rng((seed, cycle, start is None))
        batches = chips(grounds, rng, BATCH[start is not None])
        layers = _descended(layers, optimiser, batches, steps, name)
    return {layer: (np.asarray(w), np.asarray(b)) for layer, (w, b) in layers.items()}


def _descended(layers: Tree, optimiser: Any, batches: Any, steps: int, name: str) -> Tree:
    @jax.jit
    def step(layers: Tree, state: Tree, batch: Any) -> Any:
        loss, slope = jax.value_and_grad(_loss)(layers, *batch)
        change, state = optimiser.update(slope, state, layers)
        return optax.apply_updates(layers, change), state, loss

    state = optimiser.init(layers)
    for number in range(1, steps + 1):
        layers, state, loss = step(layers, state, next(batches))
        if number % 100 == 0:
            print(f"{name}: step {number} of {steps}, loss {float(loss):.3f}", flush=True)
    return layers


def _first(key: Any) -> Tree:
    fine, half, rest = WIDTHS
    inputs = (5, fine, fine, half, half, rest, rest, rest, rest, 2 * rest, rest + half, half + fine)
    outputs = (fine, fine, half, half, rest, rest, rest, rest, rest, rest, half, fine, 2)
    layers = {}
    for name, wide, units in zip(hulls.LAYERS, (*inputs, fine), outputs, strict=True):
        key, part = jax.random.split(key)
        weight = jax.random.normal(part, (3, 3, wide, units)) * np.sqrt(2 / (9 * wide))
        layers[name] = (weight, jnp.zeros(units))
    layers["e2"] = (layers["e2"][0] * 0.1, jnp.array([-2.0, -3.0]))  # vessels are few
    return layers


def _loss(layers: Tree, planes: Any, labels: Any, known: Any) -> Any:
    logit = _network(layers, planes)
    soft = labels * (1 - SMOOTHING) + SMOOTHING / 2
    sure = soft * jnp.array(POSITIVE) * jax.nn.log_sigmoid(logit)
    loss = -(sure + (1 - soft) * jax.nn.log_sigmoid(-logit))
    return (loss * known[..., None]).sum() / known.sum()


def _network(layers: Tree, planes: Any) -> Any:
    """The same as ``hulls._forward``, with derivatives."""

    def through(planes: Any, *names: str) -> Any:
        for name in names:
            weight, bias = layers[name]
            planes = bias + lax.conv_general_dilated(
                planes, weight, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            planes = planes if name == hulls.LAYERS[-1] else jnp.maximum(planes, 0)
        return planes

    def halved(planes: Any) -> Any:
        return lax.reduce_window(planes, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def beside(coarse: Any, fine: Any) -> Any:
        return jnp.concatenate([jnp.repeat(jnp.repeat(coarse, 2, 1), 2, 2), fine], -1)

    fine = through(planes, "a1", "a2")
    half = through(halved(fine), "b1", "b2")
    quarter = through(halved(half), "c1", "c2", "c3")
    quarter = through(beside(through(halved(quarter), "g1", "g2"), quarter), "h1")
    half = through(beside(quarter, half), "d1")
    return through(beside(half, fine), "e1", "e2")


def judged(harbour: Harbour, weights: hulls.Weights) -> list[tuple[float, bool]]:
    """(score, whether labelled) of every outline of a harbour."""
    seen = look(harbour.values, harbour.bands, pixel_m=harbour.pixel_m, weights=weights)
    labelled = set(paired(harbour, [one.outline for one in seen.vessels]).values())
    return [(one.score, index in labelled) for index, one in enumerate(seen.vessels)]


def calibration(said: list[tuple[float, bool]]) -> tuple[float, float]:
    """Slope and offset of the logistic curve of greatest likelihood."""
    score, labelled = (np.array(part, np.float64) for part in zip(*said, strict=True))

    def misfit(curve: NDArray[np.float64]) -> float:
        logit = curve[0] * score + curve[1]
        return float(np.sum(np.logaddexp(0, logit) - labelled * logit))

    slope, offset = optimize.minimize(misfit, np.array([1.0, 0.0])).x
    return float(slope), float(offset)


if __name__ == "__main__":
    main()
