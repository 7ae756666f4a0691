"""The radar change score: speckle alone gives what it should, a corner stands out of it."""

from __future__ import annotations

import numpy as np
import pytest
from radar_scenes import LOOKS, ground, speckled
from scipy.stats import chi2

from imagery import sar_change
from imagery.errors import UntrustedError

SHAPE = (300, 300)


@pytest.fixture(scope="module")
def passes() -> tuple[np.ndarray, np.ndarray]:
    still = ground(SHAPE)
    return speckled(still, 1), speckled(1.3 * still, 2)


@pytest.fixture(scope="module")
def known(passes: tuple[np.ndarray, np.ndarray]) -> sar_change.Speckle:
    return sar_change.measured([passes])


def whole() -> np.ndarray:
    return np.ones(SHAPE, np.uint8)


def test_looks_and_gain_are_measured(known: sar_change.Speckle) -> None:
    assert known.single == pytest.approx((LOOKS, LOOKS), rel=0.12)
    assert known.looks == pytest.approx((9 * LOOKS, 9 * LOOKS), rel=0.25)
    assert known.gain == pytest.approx((1.3, 1.3), rel=0.02)


def test_speckle_alone_gives_the_scores_of_its_law(
    passes: tuple[np.ndarray, np.ndarray], known: sar_change.Speckle
) -> None:
    score = sar_change.score(*passes, whole(), known)[1:-1:3, 1:-1:3]
    for level in (0.5, 0.1, 0.01):
        rate = float((score**2 > chi2.isf(level, 4)).mean())
        assert rate == pytest.approx(level, rel=0.35)


def test_a_corner_stands_out_and_says_which_way(
    passes: tuple[np.ndarray, np.ndarray], known: sar_change.Speckle
) -> None:
    before, after = passes[0].copy(), passes[1].copy()
    after[:, 100:102, 100:102] += 2.0
    before[:, 200:202, 50:52] += 2.0
    score = sar_change.score(before, after, whole(), known)
    light, ratio = sar_change.brightness(before, after, whole(), known)
    assert score[100, 100] > 8
    assert score[200, 50] > 8
    assert ratio[100, 100] > 1
    assert ratio[200, 50] < -1
    assert np.isfinite(light).all()


def test_what_is_unusable_counts_nowhere(
    passes: tuple[np.ndarray, np.ndarray], known: sar_change.Speckle
) -> None:
    after = passes[1].copy()
    after[:, 50:60, 50:60] = np.nan
    usable = whole()
    usable[50:60, 50:60] = 0
    score = sar_change.score(passes[0], after, usable, known)
    assert np.isfinite(score[usable == 1]).all()
    light, ratio = sar_change.brightness(passes[0], after, usable, known)
    assert not light[50:60, 50:60].any()
    assert not ratio[50:60, 50:60].any()


def test_one_file_twice_is_no_pair(passes: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(UntrustedError, match="hold the same pixels"):
        sar_change.measured([(passes[0], passes[0].copy())])


def test_a_window_has_the_scores_of_the_whole(
    passes: tuple[np.ndarray, np.ndarray], known: sar_change.Speckle
) -> None:
    score = sar_change.score(*passes, whole(), known)
    rows, cols = slice(90, 170), slice(30, 222)
    part = sar_change.score(
        passes[0][:, rows, cols], passes[1][:, rows, cols], whole()[rows, cols], known
    )
    np.testing.assert_array_equal(part[1:-1, 1:-1], score[91:169, 31:221])
