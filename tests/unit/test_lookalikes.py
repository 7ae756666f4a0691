"""What light, weather and motion explain of an object, and what they do not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from imagery import lookalikes
from imagery.appearance import View
from imagery.lookalikes import explanation

BANDS = ("blue", "green", "red", "nir")
SIDE = 80
DRAW = np.random.default_rng(3)
ROUGH = 1 + 0.2 * ndimage.gaussian_filter(DRAW.normal(size=(SIDE, SIDE)), 0.7) * 2.4
FLAT = np.ones((SIDE, SIDE))
SOIL = np.array([0.095, 0.13, 0.175, 0.24])[:, None, None]
SEA = np.array([0.045, 0.04, 0.028, 0.015])[:, None, None]
SHADE = np.array([0.5, 0.42, 0.36, 0.27])[:, None, None]
WHITE = np.array([0.62, 0.62, 0.63, 0.6])[:, None, None]
OBJECT = np.zeros((SIDE, SIDE), dtype=bool)
OBJECT[30:50, 25:50] = True
SOFT = ndimage.gaussian_filter(OBJECT.astype(float), 3)
SMALL = np.zeros((SIDE, SIDE), dtype=bool)
SMALL[38:42, 36:43] = True


def taken(scene: NDArray[np.float64], day: int) -> NDArray[np.float32]:
    noise = np.random.default_rng(day).normal(size=scene.shape)
    return (scene + 0.002 * noise).astype(np.float32)


def told(
    before: NDArray[np.float64], after: NDArray[np.float64], core: NDArray[np.bool_] = OBJECT
) -> str | None:
    """The same answer in either order of the dates."""
    long = 10.0 * max(np.ptp(side) + 1 for side in np.nonzero(core))
    size = {"area_m2": 100.0 * np.count_nonzero(core), "length_m": long}
    views = [
        View(taken(first, 1), taken(second, 2), BANDS, 10.0)
        for first, second in ((before, after), (after, before))
    ]
    one, two = (explanation(view, core, **size) for view in views)
    assert one == two
    return one


@pytest.mark.parametrize("texture", [ROUGH, FLAT], ids=["rough", "flat"])
def test_shade_keeps_the_texture_and_reddens_nothing(texture: NDArray[np.float64]) -> None:
    place = SOIL * texture
    assert told(place, np.where(OBJECT, place * SHADE, place)) == lookalikes.LIGHT


def test_new_asphalt_is_no_shade() -> None:
    place = SOIL * ROUGH
    asphalt = np.array([0.06, 0.08, 0.11, 0.155])[:, None, None] * ROUGH.T
    assert told(place, np.where(OBJECT, asphalt, place)) is None


def test_cloud_is_white_wide_and_soft() -> None:
    place = SOIL * ROUGH
    assert told(place, place + (WHITE - place) * SOFT) == lookalikes.WHITE
    hall = np.where(OBJECT, WHITE, place)
    assert told(place, hall) is None
    assert told(place, np.where(SMALL, WHITE, place), SMALL) is None


def test_smoke_adds_blue_over_the_same_texture() -> None:
    place = SOIL * ROUGH
    smoke = np.array([0.06, 0.05, 0.04, 0.01])[:, None, None]
    assert told(place, place + smoke * SOFT) == lookalikes.VEIL
    paint = np.array([0.08, 0.09, 0.1, 0.11])[:, None, None]
    assert told(place, place + paint * SMALL, SMALL) is None


def test_a_small_thing_that_keeps_the_texture_is_a_thing() -> None:
    place = SOIL * ROUGH
    paint = np.array([0.08, 0.09, 0.1, 0.11])[:, None, None]
    square = np.zeros((SIDE, SIDE), dtype=bool)
    square[30:37, 30:37] = True
    assert told(place, place + paint * square, square) is None
    assert told(place, place * np.where(square, 0.6, 1), square) is None


def test_wide_water_that_changes_its_colour() -> None:
    sea = SEA * np.ones((SIDE, SIDE))
    core = np.zeros((SIDE, SIDE), dtype=bool)
    core[10:70, 10:70] = True
    assert told(sea, np.where(core, sea + 0.1, sea), core) == lookalikes.WATER
    hull = np.where(SMALL, 0.22, sea)
    assert told(sea, hull, SMALL) is None


def test_a_strip_along_the_water() -> None:
    columns = np.arange(SIDE) * np.ones((SIDE, 1))
    low, high = (np.where(columns < edge, SEA, SOIL * ROUGH) for edge in (38, 43))
    assert told(low, high, (columns >= 38) & (columns < 43)) == lookalikes.SHORE


def test_what_stands_elsewhere_in_each_band_moves() -> None:
    place = SOIL * ROUGH
    made = place.copy()
    core = np.zeros((SIDE, SIDE), dtype=bool)
    for band, step in enumerate((0, 10, 20, 5)):
        made[band, 38:43, 25 + step : 30 + step] = 0.5
        core[38:43, 25 + step : 30 + step] = True
    assert told(place, made, core) == lookalikes.MOVING
    still = place.copy()
    still[:, 38:43, 35:40] = 0.5
    assert told(place, still, SMALL) is None


def test_nothing_is_said_without_the_bands() -> None:
    place = taken(SOIL * ROUGH, 1)[:3]
    view = View(place, place * 0.4, BANDS[:3], 10.0)
    assert explanation(view, OBJECT, area_m2=5e4, length_m=250) is None
