"""The radar background: sums by another road, nominal rates, tails, and no trace of a chunk."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from imagery.detectors.cfar import (
    RULES,
    Window,
    cell_averaging,
    clutter,
    greatest_of,
    multiplier,
    scene_tail,
    two_parameter,
)
from imagery.errors import InputError

SMALL = Window(guard_px=2, reach_px=5)


def speckle(shape: tuple[int, int], looks: float, seed: int = 1) -> np.ndarray:
    draws = np.random.default_rng(seed).gamma(looks, 1 / looks, shape)
    return draws.astype(np.float32)


def ring_of(values: np.ndarray, usable: np.ndarray, row: int, col: int) -> np.ndarray:
    """The usable ring of a pixel, by slicing."""
    rows = slice(max(row - 5, 0), row + 6)
    cols = slice(max(col - 5, 0), col + 6)
    y, x = np.mgrid[rows, cols][:, : values[rows, cols].shape[0], : values[rows, cols].shape[1]]
    outside = (abs(y - row) > 2) | (abs(x - col) > 2)
    return values[rows, cols][outside & usable[rows, cols]].astype(np.float64)


@pytest.mark.parametrize("place", [(0, 0), (3, 12), (15, 15), (29, 4)])
def test_background_is_that_of_the_usable_ring(place: tuple[int, int]) -> None:
    values = speckle((30, 32), 4)
    usable = np.random.default_rng(2).random(values.shape) > 0.3
    found = clutter(values, usable, window=SMALL)
    ring = ring_of(values, usable, *place)
    assert found.cells[place] == ring.size
    if ring.size >= 32:
        assert found.mean[place] == pytest.approx(ring.mean(), rel=1e-6)
        assert found.spread[place] == pytest.approx(ring.std(), rel=1e-5)
    else:
        assert np.isnan(found.mean[place])


def test_greatest_side_is_the_bright_one() -> None:
    values = np.ones((41, 41), np.float32)
    values[:, :18] = 5  # ends three pixels left of the middle one: all of its left side
    found = clutter(values, np.ones(values.shape, np.bool_), window=SMALL)
    assert found.greatest[20, 20] == pytest.approx(5)
    assert found.mean[20, 20] < 3
    assert greatest_of(values, found)[20, 20] < cell_averaging(values, found)[20, 20]


def test_a_target_inside_the_guard_is_no_background() -> None:
    values = np.ones((41, 41), np.float32) + speckle((41, 41), 100) / 10
    with_target = values.copy()
    with_target[19:22, 19:22] = 100
    usable = np.ones(values.shape, np.bool_)
    alone, beside = (clutter(each, usable, window=SMALL) for each in (values, with_target))
    assert alone.mean[20, 20] == beside.mean[20, 20]
    assert two_parameter(with_target, beside)[20, 20] > 100


@pytest.mark.parametrize("rule", RULES)
def test_a_chunk_with_its_overlap_gives_the_same_bits(rule: str) -> None:
    values, usable = speckle((80, 90), 1), np.ones((80, 90), np.bool_)
    usable[30:40, 10:60] = False
    whole = RULES[rule](values, clutter(values, usable, window=SMALL))
    part = (slice(27 - 5, 52 + 5), slice(33 - 5, 70 + 5))
    chunk = RULES[rule](values[part], clutter(values[part], usable[part], window=SMALL))
    np.testing.assert_array_equal(chunk[5:-5, 5:-5], whole[27:52, 33:70])


def test_nan_is_no_background_and_has_no_score() -> None:
    values = np.ones((41, 41), np.float32)
    values[18:20, 25] = np.nan
    found = clutter(values, np.ones(values.shape, np.bool_), window=SMALL)
    assert found.mean[20, 20] == 1
    assert found.cells[20, 20] == 11 * 11 - 25 - 2
    assert np.isnan(cell_averaging(values, found)[18, 25])


@pytest.mark.parametrize("pfa", [0.01, 0.001])
@pytest.mark.parametrize("looks", [1.0, 4.4])
def test_nominal_rate_holds_on_gamma_speckle(pfa: float, looks: float) -> None:
    values = speckle((600, 600), looks)
    found = clutter(values, np.ones(values.shape, np.bool_), window=Window())
    inner = slice(20, -20)
    score = cell_averaging(values, found)[inner, inner]
    # The pixels of this field are independent: as if each four were one cell of a larger ring.
    threshold = multiplier(pfa, looks=looks, cells=4 * int(found.cells.max()))
    assert np.mean(score > threshold) == pytest.approx(pfa, rel=0.15)


def test_multiplier_is_the_published_constant() -> None:
    # Gamma clutter of ENL 4.4 under a wide ring: 4.45 at 1e-5, 5.08 at 1e-6.
    assert multiplier(1e-5, looks=4.4, cells=1240) == pytest.approx(4.45, abs=0.03)
    assert multiplier(1e-6, looks=4.4, cells=1240) == pytest.approx(5.08, abs=0.03)


def test_tail_of_an_exponential_is_its_own() -> None:
    tail = scene_tail(np.random.default_rng(3).exponential(2.0, 400_000))
    assert tail.shape == pytest.approx(0, abs=0.05)
    assert tail.threshold(1e-5) == pytest.approx(2 * np.log(1e5), rel=0.1)


def test_tail_of_heavy_sea_keeps_its_rate() -> None:
    rng = np.random.default_rng(4)
    heavy = rng.gamma(2.0, 0.5, 2_000_000) * rng.exponential(1.0, 2_000_000)  # K-distributed
    tail = scene_tail(heavy[:500_000])
    assert np.mean(heavy > tail.threshold(1e-4)) == pytest.approx(1e-4, rel=0.5)
    assert np.mean(heavy > scene_tail(heavy, heaviest=0.0).threshold(1e-4)) > 1.5e-4


def test_a_few_targets_do_not_move_the_tail() -> None:
    sea = np.random.default_rng(5).normal(size=100_000)
    with_ships = np.append(sea, np.full(100, 60.0))
    assert scene_tail(with_ships).threshold(1e-6) == pytest.approx(
        scene_tail(sea).threshold(1e-6), rel=0.1
    )


def test_survival_undoes_threshold() -> None:
    tail = scene_tail(np.abs(norm.rvs(size=50_000, random_state=6)))
    assert float(tail.survival(tail.threshold(1e-5))) == pytest.approx(1e-5)
    assert float(tail.survival(-1.0)) == tail.share


def test_refusals() -> None:
    with pytest.raises(InputError, match="CFAR window"):
        Window(guard_px=5, reach_px=5)
    with pytest.raises(InputError, match="usable sea"):
        clutter(np.ones((4, 4), np.float32), np.ones((4, 5), np.bool_), window=SMALL)
    with pytest.raises(InputError, match="at least 1000"):
        scene_tail(np.ones(10))
    with pytest.raises(InputError, match="rising"):
        scene_tail(np.ones(2000))
    with pytest.raises(InputError, match="CFAR design"):
        multiplier(0.0, looks=4.4, cells=100)
