"""Changed regions of a pair: found with their shape, none where nothing changed."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import sar_pairs, sar_scenes
from imagery import sar_regions
from imagery.errors import InputError, UntrustedError

SIDE = (160, 160)


def f1(flagged: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (flagged & truth).sum() / max(flagged.sum() + truth.sum(), 1))


@pytest.mark.parametrize("number", [0, 3, 13])
def test_regions_beat_both_floors(number: int) -> None:
    before, after, truth = sar_scenes.pair(sar_scenes.RECIPES[number], 11, shape=SIDE)
    found = f1(sar_regions.changed_regions(before, after).changed, truth)
    floors = [f1(flag(before, after), truth) for flag in list(sar_pairs.METHODS.values())[1:]]
    assert found > max(0.75, *floors)


def test_no_change_flags_next_to_nothing() -> None:
    recipe = sar_scenes.Recipe("none", "flood", 0.0, (2, 5), 0)
    before, after, _ = sar_scenes.pair(recipe, 3, shape=SIDE)
    assert sar_regions.changed_regions(before, after).changed.mean() < 0.02


def test_sign_and_gain() -> None:
    rng = np.random.default_rng(1)
    before = np.sqrt(rng.gamma(4, 25, SIDE)) * 10
    after = np.sqrt(rng.gamma(4, 25, SIDE)) * 17  # the whole date is brighter: a gain
    after[40:90, 30:80] *= 2
    after[100:130, 100:140] /= 2
    found = sar_regions.changed_regions(before, after)
    assert found.changed[45:85, 35:75].mean() > 0.97
    assert found.fitted[60, 50] > 3 * found.null
    assert found.fitted[115, 120] < -3 * found.null
    assert found.changed.mean() < 1.15 * (50 * 50 + 30 * 40) / 160**2


def test_swapped_dates_give_the_same_regions() -> None:
    before, after, _ = sar_scenes.pair(sar_scenes.RECIPES[0], 2, shape=SIDE)
    there, back = (
        sar_regions.changed_regions(*each) for each in ((before, after), (after, before))
    )
    assert f1(there.changed, back.changed) > 0.999
    np.testing.assert_allclose(there.fitted, -back.fitted, atol=1e-4)


def test_a_window_with_its_reach_gives_the_same_bits() -> None:
    rng = np.random.default_rng(4)
    ratio = rng.normal(0, 0.8, (260, 300)).astype(np.float32)
    ratio[100:160, 120:200] += 1.5
    ratio[5:9] = np.nan
    known = sar_regions.plan(ratio)
    whole = sar_regions.fitted(ratio, known)
    reach = sar_regions.REACH_PX
    part = sar_regions.fitted(ratio[20:, 90 - reach : 200 + reach], known)
    np.testing.assert_array_equal(part[reach:, reach:-reach], whole[20 + reach :, 90:200])


def test_no_data_is_not_changed() -> None:
    before, after, _ = sar_scenes.pair(sar_scenes.RECIPES[0], 5, shape=SIDE)
    wide = after.astype(np.float32)
    wide[:30] = np.nan
    wide[30:40] = 0
    found = sar_regions.changed_regions(before.astype(np.float32), wide)
    assert not found.changed[:40].any()
    assert np.isnan(found.fitted[:40]).all()


def test_pieces_are_flat_and_keep_their_edges() -> None:
    rng = np.random.default_rng(6)
    truth = np.zeros(SIDE, np.float32)
    truth[50:110, 40:120] = 2
    ratio = (truth + rng.normal(0, 1, SIDE)).astype(np.float32)
    found = sar_regions.fitted(ratio, sar_regions.Plan(0.0, 1.0, 1.0))
    assert found[60:100, 50:110].std() < 0.2
    assert np.mean((found > 1) == (truth > 1)) > 0.99


def test_refusals() -> None:
    flat = np.ones((50, 50), np.float32)
    with pytest.raises(InputError, match="after date"):
        sar_regions.log_ratio(flat, flat[1:])
    with pytest.raises(InputError, match="detected"):
        sar_regions.log_ratio(flat, flat.astype(np.complex64))
    with pytest.raises(InputError, match="no data"):
        sar_regions.log_ratio(flat, np.zeros((50, 50), np.float32))
    with pytest.raises(UntrustedError, match="equal at both dates"):
        sar_regions.changed_regions(flat, flat)
    with pytest.raises(UntrustedError, match="are needed"):
        sar_regions.changed_regions(flat[:9, :9], 2 * flat[:9, :9])
