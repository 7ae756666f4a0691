"""The metrics of the labelled benchmarks, against answers worked out by hand or by scipy."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from benchmarks.scoring import Counts, counted, curve, left_out, mean, pooled

NONE = -math.inf


def made(scores, changed):
    return np.array(scores, np.float32), np.array(changed, bool)


def test_ranking_without_ties():
    # Changed at ranks 1, 3 and 6 of 6: of 9 pairs, 3 + 2 + 0 are in order.
    ranking = curve(*made([0.9, 0.8, 0.7, 0.4, 0.3, 0.1], [1, 0, 1, 0, 0, 1]))
    assert ranking.auc == pytest.approx(5 / 9)
    assert ranking.average_precision == pytest.approx(float(Fraction(1) + Fraction(2, 3) + 0.5) / 3)


def test_ties_count_half_and_share_a_threshold():
    # 3 before 2, 2 (one changed), then 1: pairs in order 2 + 1.5 of 4; precisions 1 and 2/3.
    ranking = curve(*made([2, 3, 1, 2], [1, 1, 0, 0]))
    assert ranking.auc == pytest.approx(3.5 / 4)
    assert ranking.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert ranking.thresholds.tolist() == [3, 2, 1]
    assert ranking.flagged.tolist() == [1, 3, 4]


@pytest.mark.parametrize("decimals", [0, 1, 6])
def test_auc_is_the_mann_whitney_statistic(decimals):
    rng = np.random.default_rng(7)
    changed = rng.random(5000) < 0.03
    scores = np.round(rng.standard_normal(5000) + 1.5 * changed, decimals).astype(np.float32)
    statistic = mannwhitneyu(scores[changed], scores[~changed]).statistic
    expected = statistic / (changed.sum() * (~changed).sum())
    assert curve(scores, changed).auc == pytest.approx(expected, abs=1e-12)


def test_order_of_pixels_within_a_tie_changes_nothing():
    scores, changed = made([1, 1, 1, 0, 0, 2], [1, 0, 0, 1, 0, 0])
    forward, backward = curve(scores, changed), curve(scores[::-1], changed[::-1])
    assert forward.auc == backward.auc
    assert forward.average_precision == backward.average_precision


def test_a_constant_score_tells_nothing():
    ranking = curve(*made([NONE] * 8, [1, 0, 0, 0, 0, 0, 0, 1]))
    assert ranking.auc == 0.5
    assert ranking.average_precision == 0.25
    assert ranking.best_threshold == math.inf


def test_no_score_ranks_lowest_and_is_never_flagged():
    scores, changed = made([5, NONE, NONE, 1], [1, 1, 1, 0])
    ranking = curve(scores, changed)
    assert ranking.auc == pytest.approx(1 / 3)
    assert ranking.average_precision == pytest.approx((1 + 2 * 3 / 4) / 3)
    # Flagging all four would give F1 6/7; without a score that is not to be had.
    assert ranking.best_threshold == 5


def test_the_best_threshold_is_the_best_of_all():
    rng = np.random.default_rng(3)
    changed = rng.random(400) < 0.2
    scores = np.round(rng.standard_normal(400) + changed, 1).astype(np.float32)
    best = max(counted(scores >= t, changed).f1 for t in np.unique(scores))
    assert counted(scores >= curve(scores, changed).best_threshold, changed).f1 == best


@pytest.mark.parametrize("changed", [[0, 0, 0], [1, 1, 1]])
def test_auc_needs_both_classes(changed):
    assert math.isnan(curve(*made([1, 2, 3], changed)).auc)


def test_nothing_to_score():
    ranking = curve(*made([], []))
    assert math.isnan(ranking.auc)
    assert math.isnan(ranking.average_precision)
    assert ranking.best_threshold == math.inf


def test_nan_has_no_rank():
    with pytest.raises(ValueError, match="NaN"):
        curve(*made([1, math.nan], [1, 0]))


def test_counts():
    table = counted(*(made([], flags)[1] for flags in ([1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 0, 0])))
    assert table == Counts(hits=2, false_alarms=1, misses=1, rejections=2)
    assert table.f1 == pytest.approx(2 / 3)
    assert pooled([table, Counts(hits=1)]) == Counts(3, 1, 1, 2)
    assert math.isnan(Counts(rejections=4).f1)


def test_kappa_of_a_textbook_table():
    # 20 and 15 of 50 agreed, 25 and 30 said yes: chance agrees in half, kappa (.7 - .5) / .5.
    assert Counts(20, 5, 10, 15).kappa == pytest.approx(0.4)
    assert Counts(5, 0, 0, 5).kappa == 1
    assert math.isnan(Counts(rejections=9).kappa)


def test_left_out_uses_the_other_samples_only():
    low = made([1, 2, 3, 4], [0, 0, 1, 1])
    high = made([11, 12, 13, 14], [0, 0, 0, 1])
    (threshold_low, counts_low), (threshold_high, counts_high) = left_out([low, high])
    assert threshold_low == 14
    assert counts_low == Counts(0, 0, 2, 2)
    assert threshold_high == 3
    assert counts_high == Counts(1, 3, 0, 0)


def test_left_out_pools_pixels_not_cities():
    # The large sample decides what the third is cut at: alone, the small one would say 9.
    large = made([5] * 50 + [1] * 50, [1] * 50 + [0] * 50)
    small = made([9, 5], [1, 0])
    third = made([6, 4], [1, 0])
    assert left_out([large, small, third])[2] == (5, Counts(1, 0, 0, 1))


def test_one_sample_has_no_others():
    assert left_out([made([1, 2], [0, 1])]) == [(math.inf, Counts(0, 0, 1, 1))]


def test_mean_leaves_out_what_is_undefined():
    assert mean([0.5, math.nan, 1.0]) == 0.75
    assert math.isnan(mean([math.nan]))
