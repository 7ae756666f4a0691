"""Water against land whatever the scale of the bands, and what stands out of it."""

from __future__ import annotations

import numpy as np
import pytest

from imagery.detectors.water import BANDS, contrast, find_water
from imagery.errors import BandError, UntrustedError

SHIP = (slice(100, 103), slice(60, 72))


def scene(seed: int = 1) -> np.ndarray:
    """(band, 240, 240) reflectance: sea, land on the right, one ship, one island of 0.16 km2."""
    rng = np.random.default_rng(seed)
    water = np.array([0.06, 0.05, 0.03, 0.02, 0.01])[:, None, None]
    land = np.array([0.08, 0.10, 0.12, 0.28, 0.22])[:, None, None]
    values = np.broadcast_to(water, (5, 240, 240)).copy()
    values[:, :, 170:] = land
    values[:, 180:220, 20:60] = land
    values[:, *SHIP] = 0.15
    return (values * rng.normal(1, 0.04, values.shape)).astype(np.float32)


def test_water_ends_where_land_begins_and_a_ship_is_not_land() -> None:
    found = find_water(scene(), BANDS, pixel_m=10)
    assert found.sea[:, :170].mean() > 0.9
    assert not found.sea[:, 170:].any()
    assert not found.sea[180:220, 20:60].any()  # an island is land
    assert found.sea[SHIP].all()
    assert not found.open[SHIP].any()
    assert not found.open[:, 168:].any()


def test_bands_have_water_at_0_and_land_at_1() -> None:
    found = find_water(scene(), BANDS, pixel_m=10)
    for plane in found.planes:
        assert np.median(plane[found.open]) == pytest.approx(0, abs=0.01)
        assert np.median(plane[:, 175:]) == pytest.approx(1, abs=0.05)


def test_scale_and_offset_of_a_band_change_nothing() -> None:
    values = scene()
    gains = np.array([3e4, 1e4, 2e4, 4e4, 1e4], np.float32)[:, None, None]
    first = find_water(values, BANDS, pixel_m=10)
    second = find_water(values * gains + 3000, BANDS, pixel_m=10)
    np.testing.assert_array_equal(first.sea, second.sea)
    np.testing.assert_allclose(first.planes, second.planes, atol=0.02)


def test_near_infrared_stands_in_for_a_missing_swir() -> None:
    found = find_water(scene()[:4], BANDS[:4], pixel_m=10)
    np.testing.assert_array_equal(found.planes[4], found.planes[3])


def test_no_data_is_neither_water_nor_sea() -> None:
    values = scene()
    values[:, :50, :50] = np.nan
    found = find_water(values, BANDS, pixel_m=10)
    assert not found.sea[:50, :50].any()
    assert np.isnan(found.planes[:, :50, :50]).all()


@pytest.mark.parametrize("brightness", [0.15, 0.004])
def test_a_ship_stands_out_bright_or_dark(brightness: float) -> None:
    values = scene()
    values[:, *SHIP] = brightness
    found = contrast(find_water(values, BANDS, pixel_m=10), pixel_m=10)
    assert np.median(found.distance[SHIP]) > found.tail.threshold(1e-6)


def test_water_alone_exceeds_its_own_tail_as_rarely_as_promised() -> None:
    values = scene(2)
    values[:, *SHIP] = values[:, 120:123, 60:72]
    water = find_water(values, BANDS, pixel_m=10)
    found = contrast(water, pixel_m=10)
    assert np.mean(found.distance[water.open] > found.tail.threshold(1e-3)) < 2e-3


def test_refusals() -> None:
    with pytest.raises(BandError, match="nir"):
        find_water(scene()[:3], BANDS[:3], pixel_m=10)
    with pytest.raises(UntrustedError, match="wider view"):
        find_water(scene()[:, :160, :160], BANDS, pixel_m=10)  # sea alone
    with pytest.raises(UntrustedError, match="flat"):
        find_water(np.full((5, 60, 60), 0.1, np.float32), BANDS, pixel_m=10)
    with pytest.raises(UntrustedError, match="wide enough"):
        find_water(scene()[:, 180:220, 45:63], BANDS, pixel_m=10)
