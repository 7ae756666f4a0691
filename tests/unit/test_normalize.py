"""Gain, offset and noise from invariant pixels."""

from __future__ import annotations

import numpy as np
import pytest

from imagery import normalize
from imagery.errors import UntrustedError
from imagery.normalize import LEAST_NOISE, fit, irmad, spread

BANDS = ("blue", "green", "red", "nir")


def dates(count: int = 4000, noise: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Two dates of the same pixels, correlated by a random amount per band."""
    draw = np.random.default_rng(11)
    mixing = draw.normal(size=(4, 4))
    before = draw.normal(size=(count, 4)) @ mixing
    after = before * [1.2, 0.8, 1.0, 1.5] + draw.normal(size=(count, 4)) * [0.3, 0.5, 0.9, 0.2]
    return before, after + noise


def correlations(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Canonical correlations, ascending, by QR and singular values (Bjorck and Golub 1973)."""
    bases = [np.linalg.qr(date - date.mean(axis=0))[0] for date in (before, after)]
    return np.sort(np.linalg.svd(bases[0].T @ bases[1], compute_uv=False))


def test_the_first_round_is_canonical_correlation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalize, "ROUNDS", 1)
    before, after = dates()
    made, _ = irmad(before, after)
    np.testing.assert_allclose(1 - made.variance / 2, correlations(before, after), atol=1e-7)


def test_variates_have_unit_variance_and_are_uncorrelated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalize, "ROUNDS", 1)
    before, after = dates()
    made, statistic = irmad(before, after)
    x = (before - made.mean_before) @ made.before.T
    y = (after - made.mean_after) @ made.after.T
    np.testing.assert_allclose(np.cov(x.T, bias=True), np.eye(4), atol=1e-6)
    np.testing.assert_allclose(np.cov(y.T, bias=True), np.eye(4), atol=1e-6)
    np.testing.assert_allclose(((x - y) ** 2 / made.variance).sum(axis=1), statistic)


def test_the_statistic_ignores_gain_and_offset_of_a_date() -> None:
    before, after = dates()
    _, statistic = irmad(before, after)
    for pair in ((before, after * [2, 0.5, 3, 1] + [1, -2, 0, 5]), (before * 7 - 3, after)):
        _, other = irmad(*pair)
        np.testing.assert_allclose(other, statistic, rtol=1e-4)


def test_changed_pixels_lose_their_weight() -> None:
    before, after = dates()
    after[:400] += 8
    _, statistic = irmad(before, after)
    assert np.median(statistic[:400]) > 20 * np.median(statistic[400:])


def test_inflation_is_the_median_over_that_of_chi_square() -> None:
    made, statistic = irmad(*dates())
    # Median of chi-square with four degrees of freedom, from its tables.
    assert made.inflation == pytest.approx(np.median(statistic) / 3.3567, rel=1e-4)


def planted(noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Dates whose roots differ by a known line, and one pixel in six changed."""
    draw = np.random.default_rng(2)
    before = draw.uniform(0.02, 0.5, (12_000, 4))
    gain, offset = np.array([1.1, 0.9, 1.0, 1.25]), np.array([0.03, -0.02, 0.0, -0.1])
    stabilizer = np.median(before, axis=0)
    roots = (np.sqrt(before + stabilizer) + noise * draw.normal(size=before.shape) - offset) / gain
    after = roots**2 - stabilizer
    after[:2000] = draw.uniform(0, 0.7, (2000, 4))
    return before, after, gain, offset


def test_planted_gain_and_offset_are_found() -> None:
    before, after, gain, offset = planted(0.004)
    found = fit(before, after, bands=BANDS)
    np.testing.assert_allclose(found.gain, gain, atol=0.01)
    np.testing.assert_allclose(found.offset, offset, atol=0.01)
    # Invariant pixels are the quieter half: their noise is less than that of all, not a tenth.
    assert (found.noise < 0.004).all()
    assert (found.noise > 0.001).all()
    assert 0.2 < found.invariant_share < 0.6
    assert found.sample_px == 12_000
    np.testing.assert_allclose(found.residual, found.noise * 2 * np.sqrt(2 * found.stabilizer))


def test_two_copies_of_one_date_are_not_free_of_noise() -> None:
    before = planted(0)[0]
    found = fit(before, before.copy(), bands=BANDS)
    np.testing.assert_allclose(found.gain, 1, atol=1e-9)
    np.testing.assert_allclose(found.offset, 0, atol=1e-9)
    roots = np.sqrt(before + np.median(before, axis=0))
    np.testing.assert_allclose(found.noise, LEAST_NOISE * roots.std(axis=0))


def test_one_band_is_enough() -> None:
    before, after, gain, _ = planted(0.004)
    found = fit(before[:, :1], after[:, :1], bands=("b1",))
    np.testing.assert_allclose(found.gain, gain[:1], atol=0.02)


def test_a_large_sample_is_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalize, "SAMPLE_PX", 3000)
    before, after, _, _ = planted(0.004)
    every_fourth = fit(before[::4], after[::4], bands=BANDS)
    thinned = fit(before, after, bands=BANDS)
    assert thinned.sample_px == 3000
    np.testing.assert_array_equal(thinned.gain, every_fourth.gain)


def test_too_few_pixels_are_refused() -> None:
    before, after, _, _ = planted(0.004)
    with pytest.raises(UntrustedError, match="499 pixels are usable at both dates; 500"):
        fit(before[:499], after[:499], bands=BANDS)


def test_spread_is_sigma_and_deaf_to_outliers() -> None:
    values = np.random.default_rng(1).normal(5, 2, 50_000)
    values[:1000] = 1e6
    assert spread(values) == pytest.approx(2, rel=0.04)
