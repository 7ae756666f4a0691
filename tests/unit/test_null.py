"""The pair's own null from the histogram of its score."""

from __future__ import annotations

import numpy as np
import pytest

from imagery import null
from imagery.null import Null, block_medians, fit, histogram, level, median, relative


def mixture(counts: tuple[int, ...], means: tuple[float, ...], sigmas: tuple[float, ...]):
    """Squares of draws from Gaussians: the score whose root is a mixture of them."""
    draw = np.random.default_rng(8)
    parts = [draw.normal(m, s, n) for n, m, s in zip(counts, means, sigmas, strict=True)]
    return (np.concatenate(parts) ** 2).astype(np.float32)


PLANTED = mixture((60_000, 34_000, 6_000), (0.9, 1.2, 2.6), (0.08, 0.12, 0.35))


def test_histograms_of_parts_add_up() -> None:
    values = PLANTED.copy()
    values[::7] = np.nan
    parts = np.array_split(values, 13)
    np.testing.assert_array_equal(sum(histogram(part) for part in parts), histogram(values))
    assert histogram(values).sum() == np.isfinite(values).sum()


def test_an_octave_has_256_bins() -> None:
    values = np.array([1.0, 1.0 + 1 / 256, 2.0, 3.9999], np.float32)
    places = [int(np.flatnonzero(histogram(values[i : i + 1]))[0]) for i in range(4)]
    assert np.diff(places).tolist() == [1, 255, 255]


def test_what_is_beyond_the_bins_counts_in_the_last() -> None:
    counts = histogram(np.array([0, 1e-30, 1e30, np.inf, np.nan], np.float32))
    assert counts[0] == 2
    assert counts[-1] == 1
    assert counts.sum() == 3


def test_the_median_is_that_of_the_values() -> None:
    assert median(histogram(PLANTED)) == pytest.approx(float(np.median(PLANTED)), rel=1 / 256)
    assert median(np.zeros(null.BINS, np.int64)) == 0


def test_the_planted_mixture_is_found() -> None:
    found = fit(histogram(PLANTED))
    np.testing.assert_allclose(found.weights, (0.60, 0.34, 0.06), atol=0.02)
    np.testing.assert_allclose(found.means, (0.9, 1.2, 2.6), atol=0.03)
    np.testing.assert_allclose(found.sigmas, (0.08, 0.12, 0.35), atol=0.03)
    assert found.unchanged_share == pytest.approx(0.94, abs=0.01)
    assert found.n == 100_000
    assert found.median == pytest.approx(float(np.median(PLANTED)), rel=0.005)
    spread = 1.4826 * np.median(np.abs(PLANTED - np.median(PLANTED)))
    assert found.spread == pytest.approx(spread, rel=0.02)


def test_the_threshold_is_where_change_has_the_planted_probability() -> None:
    """By the planted densities themselves, change is one in four at the threshold."""

    def density(x, share, mean, sigma):
        return share / sigma * np.exp(-0.5 * ((x - mean) / sigma) ** 2)

    x = np.linspace(1.2, 2.6, 20_000)
    unchanged = density(x, 0.6, 0.9, 0.08) + density(x, 0.34, 1.2, 0.12)
    changed = density(x, 0.06, 2.6, 0.35)
    expected = x[np.argmax(changed / (changed + unchanged) > 0.25)] ** 2
    assert fit(histogram(PLANTED)).threshold == pytest.approx(expected, rel=0.05)


def test_the_tail_is_the_slope_between_two_quantiles_of_unchanged_ground() -> None:
    found = fit(histogram(PLANTED))
    low, high = np.quantile(PLANTED, np.array(null.TAIL) * found.unchanged_share)
    # An exponential halves five times as slowly: from .5 to .1 of it is beyond.
    assert found.tail == pytest.approx((high - low) / np.log(5), rel=0.01)


def test_a_slice_of_the_ground_is_not_taken_for_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise alone, taken apart as one pair was: its last Gaussian is narrower than the ground."""
    weights, means = np.array([0.576, 0.046, 0.378]), np.array([0.985, 1.017, 1.0225])
    sigmas = np.array([0.0254, 0.0405, 0.0257])
    monkeypatch.setattr(null, "_mixture", lambda *_: (weights, means, sigmas))
    values = (np.random.default_rng(4).normal(1, 0.032, 50_000) ** 2).astype(np.float32)
    found = fit(histogram(values))
    assert found.unchanged_share == 1
    assert found.threshold >= 0.999 * np.quantile(values, 0.9)
    low, high = np.quantile(values, null.TAIL)
    assert found.tail == pytest.approx((high - low) / np.log(5), rel=0.02)


def test_p_is_the_tail_beyond_the_threshold() -> None:
    made = Null(1.0, 0.5, 2.0, 0.25, 0.9, (), (), (), 10)
    np.testing.assert_allclose(made.p_value(np.array([1.0, 2.0, 2.5])), [1, 1, np.exp(-2)])
    assert made.score(2.0) == 2.0


def test_equal_dates_have_a_null_that_flags_nothing() -> None:
    for values in (np.zeros(5000, np.float32), np.empty(0, np.float32)):
        found = fit(histogram(values))
        assert found.n == len(values)
        assert not (values > found.threshold).any()
        assert found.unchanged_share == 1


def test_block_medians_skip_nan_and_know_the_edge() -> None:
    score = np.random.default_rng(0).random((40, 35)).astype(np.float32)
    score[:16, :16] = np.nan
    score[20:25, 3:30] = np.nan
    out = np.empty((3, 3), np.float32)
    block_medians(score, out)
    assert np.isnan(out[0, 0])
    for row, col in ((0, 1), (1, 0), (1, 1), (2, 2)):
        block = score[row * 16 : row * 16 + 16, col * 16 : col * 16 + 16]
        assert out[row, col] == np.nanmedian(block)


def test_the_level_follows_the_ground_and_fills_what_is_hidden() -> None:
    medians = np.full((40, 120), 2, np.float32)
    medians[:, 80:] = 8
    medians[5:9, 5:9] = np.nan
    found = level(medians)
    assert found.dtype == np.float32
    assert found[20, 2] == pytest.approx(2, rel=0.02)
    assert found[20, 117] == pytest.approx(8, rel=0.02)
    assert found[7, 7] == pytest.approx(2, rel=0.02)


def test_quiet_ground_is_not_given_a_finer_scale_than_half_the_typical() -> None:
    medians = np.full((60, 60), 4, np.float32)
    medians[:20, :20] = 0.01
    assert level(medians).min() == 2
    assert (level(np.full((3, 3), np.nan)) == null.LEAST_LEVEL).all()
    assert (level(np.zeros((3, 3))) == null.LEAST_LEVEL).all()


def test_windows_are_divided_by_the_same_level() -> None:
    draw = np.random.default_rng(4)
    score = draw.random((80, 90)).astype(np.float32)
    levels = draw.uniform(1, 3, (5, 6)).astype(np.float32)
    whole = relative(score, levels, corner=(0, 0))
    part = relative(score[48:80, 16:70], levels, corner=(48, 16))
    np.testing.assert_array_equal(part, whole[48:80, 16:70])
    assert relative(score, np.full((5, 6), 2, np.float32), corner=(0, 0)) == pytest.approx(
        score / 2
    )
