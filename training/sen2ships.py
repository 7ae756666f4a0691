"""Train the vessel network of ``imagery.detectors.hulls`` from labelled harbours.

``python -m training.sen2ships --data DIR`` reads the harbours of ``benchmarks.harbours``, trains a
member without each group of ``GROUPS`` and one on everything, fits the calibration on what the
members say of harbours they never saw, and writes ``imagery/detectors/weights/sen2ships.npz``. It
prints the SHA-256 that goes into ``imagery/detectors/hulls.py``.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy import ndimage, optimize

from benchmarks.harbours import Harbour, find_harbours, read_harbour
from benchmarks.vessels import paired
from imagery.detectors import hulls
from imagery.detectors.chips import resampled
from imagery.detectors.vessels import AS_IS_M, MODEL_M, look
from imagery.detectors.water import CLIP, find_water

Float = NDArray[np.float32]
Tree = Any  # nested dicts of arrays, as JAX passes them

GROUPS = ("durban", "gdynia+casablanca", "cartagena+hedland")
WIDTHS = (12, 24, 36)
SIDE = 64
BATCH = 24
STEPS = (450, 700)
"""First with the higher rate, then on with the lower."""
RATES = (3e-3, 2e-3)
WARM_UP = 0.15
WEIGHT_DECAY = 0.01
POSITIVE = (2.0, 3.0)
"""How much more a pixel of a vessel, and of its heart, counts: they are few."""
SMOOTHING = 0.02
NEAR_VESSEL, NEAR_SHORE = 0.55, 0.35
"""Shares of the batch; the rest is water."""
WITHOUT_SWIR = 0.35
"""Share of chips where the near infrared stands in, so that four bands will do."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A harbour at 10 m: planes, labels (vessel, heart), and where to cut chips."""

    planes: Float
    labels: Float
    vessels: NDArray[np.float64]
    shore: NDArray[np.intp]
    water: NDArray[np.intp]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of harbours")
    parser.add_argument("--out", type=Path, default=hulls.WEIGHTS)
    given = parser.parse_args()
    harbours = [read_harbour(folder) for folder in find_harbours(given.data)]
    grounds = {one.name: ground(one) for one in harbours}
    arrays: dict[str, NDArray[Any]] = {}
    said: list[tuple[float, bool]] = []
    for member in (*GROUPS, hulls.EVERYTHING):
        unseen = member.split("+")
        layers = trained([one for name, one in grounds.items() if name not in unseen])
        for name, (weight, bias) in layers.items():
            arrays[f"{member}/{name}/weight"], arrays[f"{member}/{name}/bias"] = weight, bias
        weights = {name: hulls.Kernel(*layer) for name, layer in layers.items()}
        said += [pair for one in harbours if one.name in unseen for pair in judged(one, weights)]
    arrays["calibration"] = np.array(calibration(said))
    np.savez(given.out, **arrays)
    print(f"WEIGHTS_SHA256 = {hashlib.sha256(given.out.read_bytes()).hexdigest()}")


def ground(harbour: Harbour) -> Ground:
    """Bring a harbour to the pixel size and the scale that the network reads."""
    factor = harbour.pixel_m / MODEL_M if harbour.pixel_m < AS_IS_M else 1.0
    values = harbour.values
    if factor != 1:
        values = resampled(values, gsd_m=harbour.pixel_m, to_m=MODEL_M)
    planes = np.nan_to_num(find_water(values, harbour.bands, pixel_m=MODEL_M).planes)
    fine = rasterize([(one.pixels, 1) for one in harbour.marked], harbour.values.shape[1:])
    share = resampled(fine[None].astype(np.float32), gsd_m=factor, to_m=1.0)[0]
    vessel = share > 0.5
    heart = ndimage.binary_erosion(vessel, ndimage.generate_binary_structure(2, 1))
    wet = planes[3] < 0.4
    shore = ndimage.binary_dilation(wet, iterations=4) & ndimage.binary_dilation(~wet, iterations=4)
    pieces, count = ndimage.label(vessel)
    centres = ndimage.center_of_mass(vessel, pieces, range(1, count + 1))
    labels = np.stack([vessel, heart]).astype(np.float32)
    return Ground(planes, labels, np.array(centres), np.argwhere(shore), np.argwhere(wet))


def chips(grounds: list[Ground], rng: np.random.Generator) -> Iterator[tuple[Float, Float, Float]]:
    """Endless batches: planes (n, y, x, band), labels (n, y, x, 2), weight (n, y, x)."""
    chance = np.array([len(one.vessels) for one in grounds]) ** 0.7
    chance /= chance.sum()
    while True:
        drawn = rng.choice(len(grounds), size=BATCH, p=chance)
        cut = zip(*(_chip(grounds[index], rng) for index in drawn), strict=True)
        planes, labels, known = (np.stack(part).astype(np.float32) for part in cut)
        yield planes, labels, known


def _chip(one: Ground, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    draw = rng.random()
    if draw < NEAR_VESSEL:
        centre = one.vessels[rng.integers(len(one.vessels))] + rng.uniform(-22, 22, 2)
    else:
        places = one.shore if draw < NEAR_VESSEL + NEAR_SHORE else one.water
        centre = places[rng.integers(len(places))]
    angle, scale = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(-0.2, 0.2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn * scale @ np.diag([1, rng.choice([-1, 1])])
    offset = centre - turn @ np.full(2, SIDE / 2 - 0.5)
    # Only what a turned and enlarged chip can reach is handed to the transform.
    first = np.maximum(centre.astype(int) - 75, 0)
    window = (slice(first[0], int(centre[0]) + 75), slice(first[1], int(centre[1]) + 75))

    def turned(plane: Float, outside: float) -> Float:
        return ndimage.affine_transform(
            plane[window], turn, offset - first, (SIDE, SIDE), order=1, cval=outside
        )

    planes = np.stack([turned(plane, -9.0) for plane in one.planes], axis=-1)
    labels = np.stack([turned(plane, 0.0) for plane in one.labels], axis=-1)
    known = planes[:, :, 0] >= CLIP[0] - 0.5
    planes[~known] = 0
    return _varied(planes, rng), labels, known


def _varied(planes: Float, rng: np.random.Generator) -> Float:
    """Another haze, another gain of each band, another curve, sometimes noise."""
    bands = planes.shape[-1]
    planes = np.sign(planes) * np.abs(planes) ** np.exp(rng.uniform(-0.2, 0.2))
    if rng.random() < WITHOUT_SWIR:
        planes[..., 4] = planes[..., 3]
    planes = planes * np.exp(rng.normal(0, 0.12, bands) + rng.normal(0, 0.15))
    planes = planes + rng.normal(0, 0.05, bands)
    if rng.random() < 0.3:
        planes = planes + rng.normal(0, rng.uniform(0, 0.06), planes.shape)
    return planes


def trained(grounds: list[Ground], *, seed: int = 0) -> dict[str, tuple[Float, Float]]:
    """Layers by name, from these harbours alone."""
    layers = _first(jax.random.PRNGKey(seed))
    for phase, (steps, rate) in enumerate(zip(STEPS, RATES, strict=True)):
        schedule = optax.cosine_onecycle_schedule(steps, rate, WARM_UP)
        optimiser = optax.adamw(schedule, weight_decay=WEIGHT_DECAY)
        batches = chips(grounds, np.random.default_rng(seed + phase))
        layers = _descended(layers, optimiser, batches, steps)
    return {name: (np.asarray(w), np.asarray(b)) for name, (w, b) in layers.items()}


def _descended(layers: Tree, optimiser: Any, batches: Any, steps: int) -> Tree:
    @jax.jit
    def step(layers: Tree, state: Tree, batch: Any) -> Any:
        slope = jax.grad(_loss)(layers, *batch)
        change, state = optimiser.update(slope, state, layers)
        return optax.apply_updates(layers, change), state

    state = optimiser.init(layers)
    for _ in range(steps):
        layers, state = step(layers, state, next(batches))
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
    labelled = set(paired(harbour, seen.vessels).values())
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
