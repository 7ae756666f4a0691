"""Fit the small network of ``imagery.detectors.network`` by gradient descent, with JAX.

The same seed and chips give the same weights on the same machine and library versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from numpy.typing import NDArray

Float = NDArray[np.float32]
Tree = Any  # nested dicts and lists of arrays, as JAX passes them
Sampler = Callable[[np.random.Generator], Iterator[tuple[Float, Float]]]

MEMORY = 0.95  # of the running moments of batch normalisation
FLOOR = 1e-3  # added to their variance
WEIGHT_DECAY = 0.01
WARM_UP = 0.2  # share of the steps
SMOOTHING = 0.01  # labels are wrong about as often


@dataclass(frozen=True, slots=True)
class Plan:
    """What is fitted and for how long.

    Attributes:
        members: Networks of one ensemble, alike but for their seed.
        side: Of a chip, pixels.
        widths: Channels after each convolution.
        halves: Where a 2 x 2 maximum follows.
        units: Of the dense layer.
        steps: Batches.
        rate: Highest learning rate.
        dropout: Share of inputs of the dense layer that a step leaves out.
    """

    members: int
    side: int
    widths: tuple[int, ...]
    halves: tuple[bool, ...]
    units: int
    steps: int
    rate: float
    dropout: float


def fit(plan: Plan, batches: Sampler, *, seed: int) -> dict[str, Float]:
    """Train one network.

    Args:
        plan: What is fitted.
        batches: From a generator to endless (chips as read (n, y, x, 3), labels (n,)).
        seed: Of the first weights, the batches and the dropout.

    Returns:
        The arrays that ``imagery.detectors.network.network`` reads, batch normalisation folded in.
    """
    rng = np.random.default_rng(seed)
    weights, moments = _first(plan, rng)
    schedule = optax.cosine_onecycle_schedule(plan.steps, plan.rate, pct_start=WARM_UP)
    descent = optax.adamw(schedule, weight_decay=WEIGHT_DECAY)
    state, key = descent.init(weights), jax.random.PRNGKey(seed)

    @jax.jit
    def step(weights: Tree, moments: Tree, state: Tree, batch: Tree, key: Tree) -> Tree:
        slope = jax.grad(partial(_loss, plan), has_aux=True)
        gradient, moments = slope(weights, moments, batch, key)
        update, state = descent.update(gradient, state, weights)
        return optax.apply_updates(weights, update), moments, state

    for number, batch in zip(range(plan.steps), batches(rng), strict=False):
        once = jax.random.fold_in(key, number)
        weights, moments, state = step(weights, moments, state, batch, once)
    return _folded(plan, weights, moments)


def _first(plan: Plan, rng: np.random.Generator) -> tuple[Tree, Tree]:
    """He's normal weights; the moments of a standard normal."""
    inputs = (3, *plan.widths[:-1])
    shapes = [(3, 3, before, after) for before, after in zip(inputs, plan.widths, strict=True)]
    side = plan.side // 2 ** sum(plan.halves)
    shapes += [(side * side * plan.widths[-1], plan.units), (plan.units, 1)]
    layers = [
        {
            "weight": rng.standard_normal(shape, np.float32) * np.sqrt(2 / np.prod(shape[:-1])),
            "gain": np.ones(shape[-1], np.float32),
            "bias": np.zeros(shape[-1], np.float32),
        }
        for shape in shapes
    ]
    moments = [(np.zeros_like(each["bias"]), np.ones_like(each["bias"])) for each in layers[:-1]]
    return jax.tree.map(lambda array: jnp.asarray(array, jnp.float32), (layers, moments))


def _loss(plan: Plan, weights: Tree, moments: Tree, batch: Tree, key: Tree) -> tuple[Tree, Tree]:
    """Cross-entropy of one batch, and the running moments after it."""
    x, labels = batch
    after = []
    for layer, moment, halve in zip(weights[:-2], moments[:-1], plan.halves, strict=True):
        x = lax.conv_general_dilated(
            x, layer["weight"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        x, moment = _normalized(x, layer, moment)
        after.append(moment)
        if halve:
            x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = x.reshape(len(x), -1)
    x = x * jax.random.bernoulli(key, 1 - plan.dropout, x.shape) / (1 - plan.dropout)
    x, moment = _normalized(x @ weights[-2]["weight"], weights[-2], moments[-1])
    logits = (x @ weights[-1]["weight"] + weights[-1]["bias"])[:, 0]
    soft = labels * (1 - 2 * SMOOTHING) + SMOOTHING
    return jnp.mean(jnp.logaddexp(0, logits) - soft * logits), [*after, moment]


def _normalized(x: Tree, layer: Tree, moment: Tree) -> tuple[Tree, Tree]:
    """Batch normalisation and the positive part."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    scaled = (x - mean) * (layer["gain"] * lax.rsqrt(variance + FLOOR)) + layer["bias"]
    running = tuple(
        MEMORY * old + (1 - MEMORY) * new for old, new in zip(moment, (mean, variance), strict=True)
    )
    return jax.nn.relu(scaled), running


def _folded(plan: Plan, weights: Tree, moments: Tree) -> dict[str, Float]:
    names = [f"convolution{i}" for i in range(len(plan.widths))] + ["hidden"]
    arrays: dict[str, Float] = {"halves": np.array(plan.halves)}
    for name, layer, (mean, variance) in zip(names, weights[:-1], moments, strict=True):
        gain = np.asarray(layer["gain"]) / np.sqrt(np.asarray(variance) + FLOOR)
        arrays[f"{name}/weight"] = np.asarray(layer["weight"]) * gain
        arrays[f"{name}/bias"] = np.asarray(layer["bias"]) - np.asarray(mean) * gain
    arrays["last/weight"] = np.asarray(weights[-1]["weight"])[:, 0]
    arrays["last/bias"] = np.asarray(weights[-1]["bias"])
    return arrays
