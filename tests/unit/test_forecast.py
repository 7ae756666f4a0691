"""Forecasts of a site's next image from its past ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from imagery import forecast
from imagery.kernels import Float

SIDE, DATES = 64, 16


def seasonal(dates: int = DATES, *, noise: float = 0.002) -> Float:
    """Two textures whose strengths follow the season, over a bright gradient."""
    rng = np.random.default_rng(3)
    textures = ndimage.gaussian_filter(rng.normal(size=(2, 2, SIDE, SIDE)), (0, 0, 1, 1))
    ramp = np.linspace(0.1, 0.3, SIDE)
    series = np.empty((dates, 2, SIDE, SIDE), np.float32)
    for date in range(dates):
        phase = 2 * np.pi * date / 8
        mixed = np.cos(phase) * textures[0] + np.sin(phase) * textures[1]
        series[date] = ramp + 0.1 * mixed + noise * rng.normal(size=mixed.shape)
    return series


def test_the_season_is_forecast_where_a_median_fails() -> None:
    series = seasonal()
    stack = forecast.contrasts(series)
    left = forecast.residual(stack, DATES - 1)
    from_median = stack.values[-1] - np.median(stack.values[:-1], axis=0)
    assert left.std() < 0.006
    assert from_median.std() > 0.02


def test_the_level_of_a_date_does_not_matter() -> None:
    series = seasonal()
    hazy = series.copy()
    hazy[-1] += 0.2
    plain, shifted = (
        forecast.residual(forecast.contrasts(each), DATES - 1) for each in (series, hazy)
    )
    np.testing.assert_allclose(plain, shifted, atol=3e-4)


def test_a_date_never_forecasts_itself_or_an_earlier_one() -> None:
    series = seasonal()
    later = series.copy()
    later[12:] += np.float32(0.3) * np.random.default_rng(1).normal(size=later[12:].shape)
    first, second = (
        forecast.residual(forecast.contrasts(each), 11) for each in (series, later.astype("f4"))
    )
    np.testing.assert_array_equal(first, second)


def test_a_target_stands_in_the_residual_at_its_contrast() -> None:
    series = seasonal()
    series[-1, :, 30:34, 30:34] += 0.1
    left = forecast.residual(forecast.contrasts(series), DATES - 1)
    assert left[:, 31:33, 31:33].mean() == pytest.approx(0.1 * (1 - 16 / 225), abs=0.01)


def test_few_dates_are_compared_with_their_median() -> None:
    series = seasonal(3)
    stack = forecast.contrasts(series)
    expected = stack.values[2] - stack.values[:2].mean(axis=0)
    np.testing.assert_allclose(forecast.residual(stack, 2), expected, atol=1e-6)


def test_gaps_stay_gaps_and_leave_the_rest_alone() -> None:
    series = seasonal()
    series[5, :, :40] = np.nan
    series[-1, 0, 3, 3] = np.nan
    left = forecast.residual(forecast.contrasts(series), DATES - 1)
    assert np.isnan(left).sum() == 1
    assert np.nanstd(left) < 0.01


def test_residuals_at_pixels_are_those_of_the_whole() -> None:
    stack = forecast.contrasts(seasonal())
    pixels = np.array([5, 700, 4095])
    whole = forecast.residual(stack, 14, last=10)
    some = forecast.residual_at(stack, 14, pixels, last=10)
    np.testing.assert_array_equal(some, whole.reshape(2, -1)[:, pixels])


def test_products_add_up_in_whole_numbers() -> None:
    stack = forecast.contrasts(seasonal())
    exact = stack.rounded.astype(np.int64)
    expected = exact @ exact.T / (exact.shape[1] * forecast.STEPS**2)
    np.testing.assert_array_equal(stack.gram, expected)
    assert np.abs(stack.rounded).max() <= forecast.CLIP * forecast.STEPS


def test_a_constant_or_empty_date_is_no_failure() -> None:
    series = seasonal(9)
    series[4] = np.nan
    series[6] = 0.1
    assert np.isfinite(forecast.residual(forecast.contrasts(series), 8)).all()


def test_what_is_bright_on_every_date_is_forecast_bright() -> None:
    rng = np.random.default_rng(8)
    dates = 0.05 + 0.003 * rng.normal(size=(20, 2, 60, 60)).astype(np.float32)
    sun = 1 + 0.1 * np.sin(np.arange(20))[:, None, None, None]
    pier = np.s_[:, :, 28:32, :]
    dates[pier] += 0.3
    stack = forecast.contrasts((dates * sun).astype(np.float32))
    left = forecast.residual(stack, 19)
    inside = left[:, 28:32, 10:50]
    # Clipped at four spreads of the water its forecast would be wrong by nearly all of .3.
    assert np.abs(inside).mean() < 0.02
    pixels = np.ravel_multi_index(np.mgrid[28:32, 10:50], (60, 60)).ravel()
    few = forecast.residual_at(stack, 19, pixels, last=19)
    np.testing.assert_allclose(few, inside.reshape(2, -1), atol=1e-5)
