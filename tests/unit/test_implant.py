from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from imagery import implant
from imagery.detectors.shapes import SHAPES
from imagery.errors import InputError
from imagery.implant import Planting, Power, Target

PIXEL = (10.0, 10.0)
AIRLIFTER = Target(SHAPES["An-124"], (0.1,))


def bright(values: np.ndarray) -> np.ndarray:
    """The simplest of detectors."""
    return np.nan_to_num(values.mean(axis=0)) > 0.25


def ground(side: int = 120) -> np.ndarray:
    return np.full((4, side, side), 0.2, np.float32)


def eligible(side: int = 120) -> np.ndarray:
    free = np.zeros((side, side), bool)
    free[10:-10, 10:-10] = True
    return free


def test_the_interval_holds_what_the_binomial_says() -> None:
    low, high = implant.interval(7, 20)
    assert binom.sf(6, 20, low) == pytest.approx(0.025, abs=1e-6)
    assert binom.cdf(7, 20, high) == pytest.approx(0.025, abs=1e-6)
    assert implant.interval(0, 20)[0] == 0
    assert implant.interval(20, 20)[1] == 1
    assert np.isnan(implant.interval(0, 0)).all()


def test_places_are_eligible_and_apart_and_follow_from_the_seed() -> None:
    free = eligible(200)
    free[:, :100] = False
    first, again, other = (
        implant.places(free, pixel_m=(12.0, 9.0), seed=seed) for seed in (3, 3, 4)
    )
    at = np.stack([first.rows * 12.0, first.cols * 9.0], axis=1)
    away = np.abs(at[:, None] - at[None]).max(axis=2) + 1e9 * np.eye(len(at))
    assert len(first) > 5
    assert free[first.rows, first.cols].all()
    assert away.min() >= implant.SPACING_M
    np.testing.assert_array_equal(first.headings_deg, again.headings_deg)
    assert first.rows.tolist() != other.rows.tolist()


def test_a_target_adds_contrast_times_area_and_leaves_gaps() -> None:
    values = ground()
    values[:, 60, 60] = np.nan
    planting = Planting(np.array([30]), np.array([40]), np.array([[0.2, 0.1]]), np.array([70.0]))
    target = Target(SHAPES["An-124"], (0.1, 0.2, 0.3, -0.1))
    painted = implant.paint(values, planting, target, pixel_m=PIXEL)
    rise = np.nansum(painted - values, axis=(1, 2)) * 100
    assert rise == pytest.approx(np.array(target.contrast) * SHAPES["An-124"].area_m2, rel=0.02)
    assert np.isnan(painted[:, 60, 60]).all()


def test_a_target_at_the_edge_is_cut() -> None:
    planting = Planting(np.array([0]), np.array([119]), np.zeros((1, 2)), np.array([0.0]))
    painted = implant.paint(ground(), planting, AIRLIFTER, pixel_m=PIXEL)
    assert painted[:, 0, 119].min() > 0.2
    assert implant.hits(bright(painted), planting, AIRLIFTER, pixel_m=PIXEL).all()


def test_contrasts_that_are_not_those_of_the_bands_are_refused() -> None:
    planting = implant.places(eligible(), pixel_m=PIXEL, seed=1)
    with pytest.raises(InputError, match="4"):
        implant.paint(ground(), planting, Target(SHAPES["Il-76"], (0.1, 0.1)), pixel_m=PIXEL)


def test_a_strong_target_is_always_found_and_a_faint_one_never() -> None:
    strong, faint = (
        implant.power(bright, ground(), eligible(), Target(SHAPES["An-124"], (c,)), pixel_m=PIXEL)
        for c in (0.1, 0.02)
    )
    assert min(strong.trials, faint.trials) > 5
    assert (strong.share, faint.share) == (1, 0)
    assert strong.before == faint.before == 0
    assert strong.low < 1


def test_what_was_flagged_before_is_told_as_chance() -> None:
    values = ground()
    values[:, :, 60:] = 0.3
    found = implant.power(bright, values, eligible(), AIRLIFTER, pixel_m=PIXEL)
    assert 0 < found.before < found.found == found.trials


def test_a_hit_beside_the_target_is_not_its_own() -> None:
    planting = Planting(np.array([60]), np.array([60]), np.zeros((1, 2)), np.array([0.0]))
    ship = Target(SHAPES["frigate"], (0.1,))
    flagged = np.zeros((120, 120), bool)
    flagged[60, 64] = True
    assert not implant.hits(flagged, planting, ship, pixel_m=PIXEL).any()
    flagged[64, 60] = True
    assert implant.hits(flagged, planting, ship, pixel_m=PIXEL).all()


def test_a_target_that_fills_no_pixel_can_still_be_hit() -> None:
    planting = Planting(np.array([60]), np.array([60]), np.zeros((1, 2)), np.array([0.0]))
    flagged = np.zeros((120, 120), bool)
    flagged[60, 60] = True
    small = Target(SHAPES["helicopter"], (0.1,))
    assert implant.hits(flagged, planting, small, pixel_m=PIXEL).all()


def test_the_cost_is_bounded_and_the_result_follows_from_the_input() -> None:
    runs = []

    def counting(values: np.ndarray) -> np.ndarray:
        runs.append(1)
        return bright(values)

    one, two = (
        implant.power(counting, ground(60), eligible(60), AIRLIFTER, pixel_m=PIXEL)
        for _ in range(2)
    )
    assert one == two
    assert len(runs) == 2 * (implant.MOST_RUNS + 1)


def test_nowhere_to_stand_gives_no_trials_and_no_power() -> None:
    nowhere = np.zeros((50, 50), bool)
    found = implant.power(bright, ground(50), nowhere, AIRLIFTER, pixel_m=PIXEL)
    assert found.trials == 0
    assert np.isnan([found.share, found.low, found.high]).all()


def test_a_measurement_is_made_once_for_its_inputs(tmp_path: Path) -> None:
    made = []

    def measure() -> Power:
        made.append(1)
        return Power(10, 7, 0, *implant.interval(7, 10))

    base = implant.key_of(ground(), eligible(), AIRLIFTER, detector="a 1")
    for _ in range(2):
        assert implant.cached(tmp_path, base, measure).found == 7
    assert len(made) == 1
    others = {
        implant.key_of(ground() + 0.01, eligible(), AIRLIFTER, detector="a 1"),
        implant.key_of(ground(), ~eligible(), AIRLIFTER, detector="a 1"),
        implant.key_of(ground(), eligible(), Target(SHAPES["Il-76"], (0.1,)), detector="a 1"),
        implant.key_of(ground(), eligible(), Target(SHAPES["An-124"], (0.2,)), detector="a 1"),
        implant.key_of(ground(), eligible(), AIRLIFTER, detector="a 2"),
    }
    assert len(others | {base}) == 6


@pytest.mark.parametrize("content", ["", "{", '{"schema": 1}', "altered", "null"])
def test_a_torn_or_altered_cache_is_measured_again(tmp_path: Path, content: str) -> None:

    def measure() -> Power:
        return Power(10, 7, 0, *implant.interval(7, 10))

    implant.cached(tmp_path, "k", measure)
    path = next(tmp_path.glob("power-*.json"))
    whole = path.read_text().replace('"found": 7', '"found": 9')
    path.write_text(whole if content == "altered" else content)
    assert implant.cached(tmp_path, "k", measure).found == 7
    assert [p.name for p in tmp_path.iterdir()] == ["power-k.json"]
