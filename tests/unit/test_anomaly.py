"""Residuals in units of what each pixel usually leaves over."""

from __future__ import annotations

import numpy as np
import pytest

from imagery import anomaly, forecast, missed
from imagery.anomaly import Anomaly, Frame
from imagery.kernels import Float

BANDS = ("blue", "green", "red", "nir")
SIDE, DATES = 80, 18


def quiet(noise: float = 0.004) -> Float:
    rng = np.random.default_rng(11)
    ground = 0.1 + 0.02 * rng.normal(size=(4, SIDE, SIDE))
    drawn = ground + noise * rng.normal(size=(DATES, 4, SIDE, SIDE))
    return drawn.astype(np.float32)


def judged(series: Float) -> Anomaly:
    return last(series)[0]


def grey(series: Float) -> Float:
    return anomaly.grey(*last(series))


def last(series: Float) -> tuple[Anomaly, Frame]:
    *_, (_, found, frame) = anomaly.anomalies(forecast.contrasts(series), bands=BANDS)
    return found, frame


def test_unchanged_ground_has_unit_spread() -> None:
    found = judged(quiet())
    assert found.dates == DATES - 1
    assert 0.6 < found.whitened.std() < 1.1
    assert 0.5 < grey(quiet()).std() < 1.1
    assert found.clear.all()


def test_a_grey_object_counts_and_a_coloured_one_counts_less() -> None:
    painted, coloured = quiet(), quiet()
    painted[-1, :, 40:43, 40:43] += 0.05
    coloured[-1, :, 40:43, 40:43] += np.array([0.0, 0.02, 0.12, -0.1], np.float32)[:, None, None]
    assert grey(painted)[41, 41] > 8
    assert grey(coloured)[41, 41] < 3


def test_a_pixel_with_a_restless_past_counts_less() -> None:
    series = quiet()
    rng = np.random.default_rng(5)
    series[:-1, :, :, :40] += 0.02 * rng.normal(size=(DATES - 1, 1, SIDE, 40)).astype(np.float32)
    series[-1, :, 20, 20] += 0.05
    series[-1, :, 20, 60] += 0.05
    found = judged(series)
    assert np.abs(found.z[:, 20, 20]).mean() < 0.6 * np.abs(found.z[:, 20, 60]).mean()


def test_cloud_that_the_quality_layer_missed_is_not_clear() -> None:
    series = quiet()
    series[-1, :, 30:44, 30:44] += 0.15
    found = judged(series)
    assert not found.clear[30:44, 30:44].any()
    assert np.isnan(found.whitened[:, 36, 36]).all()
    assert np.isnan(grey(series)[36, 36])
    assert found.clear[:20].all()


def test_a_clearing_as_wide_as_a_cloud_is_seen() -> None:
    series = quiet()
    soil = np.array([0.02, 0.04, 0.12, -0.1], np.float32)
    series[-1, :, 30:44, 30:44] += soil[:, None, None]
    assert judged(series).clear.all()


def test_no_cloud_is_called_without_the_visible_bands() -> None:
    left = np.full((2, 30, 30), 0.5, np.float32)
    assert not missed.missed_cloud(left, ("b1", "b2")).any()


def test_two_dates_are_judged_and_say_so() -> None:
    found = judged(quiet()[:2])
    assert found.dates == 1
    assert np.isfinite(grey(quiet()[:2])).all()


def test_an_answer_among_many_means_little() -> None:
    rng = np.random.default_rng(2)
    answer = rng.normal(size=(120, 120)).astype(np.float32)
    answer[:, :60] *= 6
    answer[60, 30] = answer[60, 100] = 20
    found = anomaly.standing_out(answer)
    assert found[60, 100] > 2 * found[60, 30]
    assert np.isnan(anomaly.standing_out(np.full((5, 5), np.nan, np.float32))).all()


def test_gaps_of_the_target_are_not_usable() -> None:
    series = quiet()
    series[-1, 2, 10, 10] = np.nan
    found = judged(series)
    assert not found.clear[10, 10]
    assert np.isnan(grey(series)[10, 10])
    assert found.clear.sum() == SIDE * SIDE - 1


@pytest.mark.parametrize("fill", [np.nan, 0.2])
def test_a_date_without_any_contrast_gives_no_warning(fill: float) -> None:
    series = quiet()
    series[-1] = fill
    assert np.isfinite(grey(series)).all() == np.isfinite(fill)
