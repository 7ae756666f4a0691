"""Change scores: what they are, what they ignore, and that windows do not matter."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import ndimage
from terrain import ground, moved, noisy

from imagery import change, normalize
from imagery.change import HALO_PX, METHODS

SHAPE = (200, 220)
SQUARE = (slice(90, 100), slice(110, 122))


@pytest.fixture(scope="module")
def dates() -> tuple[np.ndarray, np.ndarray]:
    """Before, and after with a dark square."""
    scene = ground(SHAPE)
    changed = scene.copy()
    changed[:, *SQUARE] = 0.02
    return noisy(scene, 1).astype(np.float32), noisy(changed, 2).astype(np.float32)


@pytest.fixture(scope="module")
def fitted(dates: tuple[np.ndarray, np.ndarray]) -> normalize.Normalization:
    before, after = (date.reshape(4, -1).T.astype(np.float64) for date in dates)
    found = normalize.fit(before, after, bands=("blue", "green", "red", "nir"))
    noise = change.contrast_noise(*dates, np.ones(SHAPE, np.uint8), found)
    return dataclasses.replace(found, contrast_noise=noise)


def roots(date: np.ndarray, fitted: normalize.Normalization) -> np.ndarray:
    return np.sqrt(np.maximum(date.astype(np.float64), 0) + fitted.stabilizer[:, None, None])


def near(plane: np.ndarray) -> np.ndarray:
    """Smoothed as every score is, normalised at the edges."""
    total, weight = (
        ndimage.gaussian_filter(each, change.NEAR_SIGMA_PX, mode="constant", truncate=3.5)
        for each in (plane, np.ones_like(plane))
    )
    return total / weight


def test_cva_is_the_smoothed_length_of_the_normalised_difference(dates, fitted) -> None:
    line = fitted.gain[:, None, None], fitted.offset[:, None, None]
    difference = line[0] * roots(dates[1], fitted) + line[1] - roots(dates[0], fitted)
    expected = near(np.sqrt(((difference / fitted.noise[:, None, None]) ** 2).sum(axis=0)))
    found = change.cva(*dates, np.ones(SHAPE, np.uint8), fitted)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_irmad_is_the_smoothed_root_of_its_statistic(dates, fitted) -> None:
    pixels = [roots(date, fitted).reshape(4, -1).T for date in dates]
    _, statistic = normalize.irmad(*pixels)
    expected = near(np.sqrt(statistic / fitted.irmad.inflation).reshape(SHAPE))
    found = change.irmad(*dates, np.ones(SHAPE, np.uint8), fitted)
    np.testing.assert_allclose(found, expected, rtol=2e-3)


@pytest.mark.parametrize("method", METHODS)
def test_the_planted_square_scores_highest(method: str, dates, fitted) -> None:
    score = METHODS[method](*dates, np.ones(SHAPE, np.uint8), fitted)
    peak = np.unravel_index(score.argmax(), SHAPE)
    assert all(part.start <= at < part.stop for part, at in zip(SQUARE, peak, strict=True))
    far = score[:60]
    assert score[95, 115] > far.mean() + 10 * far.std()


@pytest.mark.parametrize("method", METHODS)
def test_a_window_with_its_halo_gives_the_same_bytes(method: str, dates, fitted) -> None:
    usable = (np.random.default_rng(3).random(SHAPE) > 0.02).astype(np.uint8)
    usable[:70, :80] = 0
    whole = METHODS[method](*dates, usable, fitted)
    rows, cols = slice(8, 8 + 2 * HALO_PX + 32), slice(20, 20 + 2 * HALO_PX + 48)
    part = METHODS[method](
        *(np.ascontiguousarray(date[:, rows, cols]) for date in dates),
        np.ascontiguousarray(usable[rows, cols]),
        fitted,
    )
    inner = slice(HALO_PX, -HALO_PX), slice(HALO_PX, -HALO_PX)
    there = usable[rows, cols][inner] == 1
    assert part[inner][there].tobytes() == whole[rows, cols][inner][there].tobytes()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("hidden", [5.0, np.nan])
def test_pixels_that_are_not_usable_have_no_say(method: str, hidden, dates, fitted) -> None:
    usable = np.ones(SHAPE, np.uint8)
    usable[SQUARE] = 0
    other = dates[1].copy()
    other[:, *SQUARE] = hidden
    first, second = (METHODS[method](dates[0], date, usable, fitted) for date in (dates[1], other))
    np.testing.assert_array_equal(first[usable == 1], second[usable == 1])


def test_rcva_forgives_a_shift_that_cva_does_not(dates, fitted) -> None:
    scene = ground(SHAPE)
    pair = [noisy(each, 4 + i).astype(np.float32) for i, each in enumerate((scene, scene))]
    off = noisy(moved(scene, 1, 0), 5).astype(np.float32)
    usable = np.ones(SHAPE, np.uint8)
    grown = {
        name: np.percentile(METHODS[name](pair[0], off, usable, fitted), 90)
        / np.percentile(METHODS[name](pair[0], pair[1], usable, fitted), 90)
        for name in ("cva", "rcva")
    }
    assert grown["cva"] > 1.5
    assert grown["rcva"] < 1.2


def test_a_scene_that_darkened_as_a_whole_keeps_its_contrast(dates, fitted) -> None:
    """A patch wider than the context that changed in level stands out less than a small object."""
    wide = dates[0].copy()
    wide[:, :, 110:] *= 0.9
    usable = np.ones(SHAPE, np.uint8)
    middle = (slice(60, 140), slice(150, 180))
    of = {name: METHODS[name](dates[0], wide, usable, fitted)[middle] for name in ("cva", "rcva")}
    assert np.median(of["cva"]) > 3 * np.median(of["rcva"])


def test_brightness_is_the_mean_over_bands_in_noise_units(dates, fitted) -> None:
    usable = np.ones(SHAPE, np.uint8)
    usable[:5] = 0
    first, difference = change.brightness(*dates, usable, fitted)
    scale = fitted.noise[:, None, None]
    x = roots(dates[0], fitted) / scale
    y = (fitted.gain / fitted.noise)[:, None, None] * roots(dates[1], fitted)
    y += fitted.offset[:, None, None] / scale
    np.testing.assert_allclose(first[5:], x.mean(axis=0)[5:], rtol=1e-4)
    np.testing.assert_allclose(difference[5:], (y - x).mean(axis=0)[5:], atol=1e-3)
    assert difference[95, 115] < -3
    assert not first[:5].any()
    assert not difference[:5].any()


def test_contrast_noise_is_that_of_both_dates(dates, fitted) -> None:
    """On unchanged ground it is the noise of the difference, less the little of the local mean."""
    x, y = (ground(SHAPE), ground(SHAPE))
    pair = [noisy(each, 6 + i).astype(np.float32) for i, each in enumerate((x, y))]
    found = change.contrast_noise(*pair, np.ones(SHAPE, np.uint8), fitted)
    line = fitted.gain[:, None, None], fitted.offset[:, None, None]
    difference = line[0] * roots(pair[1], fitted) + line[1] - roots(pair[0], fitted)
    expected = [normalize.spread(band - np.median(band)) for band in difference]
    np.testing.assert_allclose(found, expected, rtol=0.06)
