"""What a radar band holds is decided or refused; borders are no ground; looks are measured."""

from __future__ import annotations

import numpy as np
import pytest

from imagery import backscatter, looks, speckle
from imagery.errors import BandError, InputError, UntrustedError

RNG = np.random.default_rng(3)
POWER = (RNG.gamma(4.4, 1 / 4.4, (64, 64)) * 0.1).astype(np.float32)
DB = 10 * np.log10(POWER)


@pytest.mark.parametrize(
    ("values", "declared", "unit"),
    [
        (POWER, None, "power"),
        (POWER, "power", "power"),
        (DB, None, "db"),
        (DB, "db", "db"),
        (np.sqrt(POWER), "amplitude", "amplitude"),
        (DB + 12.0, "db", "db"),  # a bright town: above 0 nearly throughout
        (POWER - 0.002, None, "power"),  # noise subtracted: a few below 0
    ],
)
def test_unit(values: np.ndarray, declared: backscatter.Unit | None, unit: str) -> None:
    assert backscatter.unit_of(values, declared, path="a.tif") == unit


@pytest.mark.parametrize(
    ("values", "declared", "refusal"),
    [
        (DB, "power", UntrustedError),
        (POWER, "db", UntrustedError),
        (DB, "amplitude", UntrustedError),
        (POWER * 1e5, None, BandError),
        (POWER * 1e5, "power", BandError),
        (POWER + 1j, None, BandError),
        (np.zeros((64, 64)), None, BandError),
        (np.full((64, 64), np.nan), "db", BandError),
    ],
)
def test_contradictions_are_refused(
    values: np.ndarray, declared: backscatter.Unit | None, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal, match=r"a\.tif"):
        backscatter.unit_of(values, declared, path="a.tif")


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["VV_dB", "VH_dB"], "db"),
        (["Gamma0 VV decibels"], "db"),
        (["linear power"], "power"),
        (["amplitude"], "amplitude"),
        (["Sigma0_VV"], None),
        (["VV_dB", "linear"], None),
        (["feedback", "powerful"], None),
    ],
)
def test_declared_unit(texts: list[str], unit: str | None) -> None:
    assert backscatter.declared_unit(texts) == unit


def test_to_power() -> None:
    np.testing.assert_allclose(backscatter.to_power(DB, "db"), POWER, rtol=1e-5)
    np.testing.assert_allclose(backscatter.to_power(np.sqrt(POWER), "amplitude"), POWER, rtol=1e-5)
    assert np.isnan(backscatter.to_power(np.array([np.inf]), "power"))[0]
    with pytest.raises(InputError, match="detected"):
        backscatter.to_power(np.array([1j]), "power")


def test_polarisations_are_chosen_by_name() -> None:
    assert backscatter.chosen(["angle", "VH_dB", "VV_dB"], ("VV", "VH"), path="a.tif") == (2, 1)
    with pytest.raises(BandError, match="0 bands of polarisation VH"):
        backscatter.chosen(["VV"], ("VV", "VH"), path="a.tif")
    with pytest.raises(BandError, match="2 bands of polarisation VV"):
        backscatter.chosen(["VV", "Gamma0_VV"], ("VV",), path="a.tif")


def bordered() -> np.ndarray:
    power = np.full((2, 80, 80), 0.1, np.float32)
    power[:, :, :12] = 0  # the swath's border
    power[1, :, 12:20] = 1e-4  # its noise
    power[0, 60, 60] = 0  # one lost pixel
    power[0, 60, 62] = 1e-4  # dark water far from any border
    return power


def test_border_and_its_noise_are_no_ground() -> None:
    good = backscatter.usable(bordered())
    assert not good[:, :20].any()
    assert good[:, 20:].sum() == 60 * 80 - 1
    assert good[60, 62]
    assert np.isnan(backscatter.masked(bordered())[:, 60, 60]).all()


def test_a_chunk_knows_the_same_border() -> None:
    power, reach = bordered(), backscatter.REACH_PX
    part = backscatter.usable(power[:, 30:, 10 : 40 + reach])
    np.testing.assert_array_equal(part[reach:, :30], backscatter.usable(power)[30 + reach :, 10:40])


@pytest.mark.parametrize("true", [1.0, 4.4, 20.0])
def test_looks_are_those_of_the_speckle(true: float) -> None:
    draws = np.random.default_rng(4).gamma(true, 1 / true, (2, 256, 256)).astype(np.float32)
    texture = np.exp(np.random.default_rng(5).normal(0, 0.6, (256, 256)))
    texture[:, :160] = 1
    assert looks.of_scene(draws[0]).value == pytest.approx(true, rel=0.1)
    # Texture is in both dates and cancels.
    both = draws * texture.astype(np.float32)
    assert looks.of_pair(both[0], both[1]).value == pytest.approx(true, rel=0.1)


def test_looks_need_ground() -> None:
    with pytest.raises(UntrustedError, match="looks cannot be measured"):
        looks.of_scene(np.full((40, 20), np.nan, np.float32))


def test_filter_raises_looks_as_far_as_its_window_allows() -> None:
    draws = np.random.default_rng(6).gamma(4.4, 1 / 4.4, (12, 1, 160, 160)).astype(np.float32)
    found = speckle.looks_left(speckle.filtered(draws)[0, 0]).value
    # M dates of n looks and a window of w pixels: n M w / (M + w - 1).
    assert found == pytest.approx(4.4 * 12 * 49 / (12 + 48), rel=0.15)


def test_filter_keeps_a_point_and_forgets_no_gap() -> None:
    stack = np.full((5, 1, 20, 20), 0.1, np.float32)
    stack[:, 0, 10, 10] = 10
    stack[2, 0, 3, 3] = np.nan
    found = speckle.filtered(stack)
    assert found[1, 0, 10, 10] == pytest.approx(10, rel=1e-3)
    assert found[1, 0, 10, 11] == pytest.approx(0.1, rel=1e-3)
    assert np.isnan(found[2, 0, 3, 3])
    assert np.isfinite(found).sum() == found.size - 1
    with pytest.raises(InputError, match="series"):
        speckle.filtered(stack[:1])


def test_local_mean_is_that_of_the_usable_square_whatever_the_chunk() -> None:
    plane = np.random.default_rng(7).random((30, 40)).astype(np.float32)
    plane[12, 20] = np.nan
    whole = speckle.local_mean(plane, half_px=2)
    square = plane[10:15, 19:24]
    assert whole[12, 21] == pytest.approx(np.nanmean(square), rel=1e-6)
    part = speckle.local_mean(plane[5:25, 8:35], half_px=2)
    np.testing.assert_array_equal(part[2:-2, 2:-2], whole[7:23, 10:33])
