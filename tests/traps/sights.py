"""Pictures that changed where the ground did not: light, weather, water, and what moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import ndimage

from .files import Trap
from .ground import (
    APRON,
    SIDE,
    STAND,
    Mask,
    Scene,
    blob,
    distance_to_shore,
    ground,
    seen,
    water,
    with_aircraft,
)
from .places import pair

SHADE = (0.5, 0.42, 0.36, 0.27)
CLOUD = (0.62, 0.62, 0.63, 0.6)
SMOKE = (0.2, 0.185, 0.17, 0.15)
SMOKE_THICK = (0.75, 0.65, 0.55, 0.35)
SNOW = (0.72, 0.73, 0.72, 0.62)
WET = (0.74, 0.71, 0.68, 0.62)
FOREST = 44, 110


def _band(values: tuple[float, ...]) -> Scene:
    return np.array(values)[:, None, None]


def dimmed(scene: Scene, share: Scene, to: tuple[float, ...]) -> Scene:
    return np.asarray(scene * (1 - share * (1 - _band(to))))


def covered(scene: Scene, share: Scene, by: tuple[float, ...]) -> Scene:
    return np.asarray(scene + (_band(by) - scene) * share)


def later(scene: Scene, day: int = 2) -> Scene:
    return seen(scene, day, gain=0.94, haze=0.004)


def ghost(name: str, why: str, scene: Scene, mask: Mask, *came: tuple[int, int]) -> Trap:
    """A trap whose later picture shows ``scene``; ``mask`` is where the ground did not change."""
    return Trap(name, why, pair({}, {}, later=later(scene)), appeared=came, ghosts=mask)


def light_traps() -> Iterator[Trap]:
    place = ground()
    wide, small = blob(STAND, 24), blob((166, 205), 7, soft=1.5)
    yield ghost(
        "shadow-apron",
        "A cloud's shadow lies on the apron.",
        dimmed(place, wide, SHADE),
        wide > 0.02,
    )
    yield ghost(
        "shadow-small",
        "A small cloud's shadow lies on the apron.",
        dimmed(place, small, SHADE),
        small > 0.02,
    )
    hard = (wide > 0.5).astype(float)
    yield ghost(
        "shadow-hard",
        "A shadow with a hard edge, alike in all bands, lies on the apron.",
        dimmed(place, hard, (0.45,) * 4),
        hard > 0,
    )
    yield ghost(
        "shadow-fields",
        "A cloud's shadow lies on fields.",
        dimmed(place, blob(FOREST, 20), SHADE),
        blob(FOREST, 20) > 0.02,
    )
    gone = dimmed(place, wide, SHADE)
    yield Trap(
        "shadow-before",
        "The apron lay in shadow before.",
        pair_of(seen(gone, 1), later(place)),
        appeared=(),
        ghosts=wide > 0.02,
    )
    both = dimmed(with_aircraft(place), wide, SHADE)
    yield ghost(
        "shadow-and-aircraft",
        "An aircraft came, and the apron lies in shadow.",
        both,
        wide > 0.02,
        STAND,
    )
    edge = blob((210, 150), 30)
    yield ghost(
        "shadow-beside-aircraft",
        "An aircraft came; a shadow lies beside the apron.",
        dimmed(with_aircraft(place), edge, SHADE),
        edge > 0.02,
        STAND,
    )
    hall = np.zeros((SIDE, SIDE))
    hall[APRON[0].start - 8 : APRON[0].start, 140:220] = 1
    yield ghost(
        "sun-low",
        "Lower sun: the hall's shadow is longer.",
        dimmed(place, ndimage.gaussian_filter(hall, 0.7), SHADE),
        ndimage.binary_dilation(hall > 0, iterations=2),
    )
    wet = blob((90, 120), 40, soft=5)
    yield ghost(
        "wet-fields",
        "Rain fell on a part of the land.",
        dimmed(place, wet * ~water(), WET),
        wet > 0.02,
    )
    damp = blob(STAND, 14)
    yield ghost("wet-apron", "A part of the apron is wet.", dimmed(place, damp, WET), damp > 0.02)
    yield Trap(
        "wet-all",
        "Rain fell everywhere; an aircraft came.",
        pair({}, {}, later=later(dimmed(with_aircraft(place), 1.0 * ~water(), WET))),
    )


def pair_of(first: Scene, second: Scene) -> Any:
    from .files import dn, s2

    def write(folder: Any) -> None:
        s2(folder / "before.tif", dn(first))
        s2(folder / "after.tif", dn(second))

    return write


def air_traps() -> Iterator[Trap]:
    place = ground()
    cloud, shade = blob((60, 120), 22, soft=4), blob((82, 140), 22, soft=4)
    overcast = covered(dimmed(place, shade, SHADE), cloud, CLOUD)
    yield ghost("cloud", "A cloud and its shadow, no mask.", overcast, (cloud + shade) > 0.02)
    small = blob((172, 200), 6, soft=1.5)
    yield ghost(
        "cloud-small",
        "A small cloud over the apron, no mask.",
        covered(place, small, CLOUD),
        small > 0.02,
    )
    yield Trap(
        "cloud-before",
        "A cloud before, none after.",
        pair_of(seen(overcast, 1), later(place)),
        appeared=(),
        ghosts=(cloud + shade) > 0.02,
    )
    thin = 0.25 * blob((150, 150), 60, soft=12)
    yield ghost("cirrus", "Thin cirrus over a part.", covered(place, thin, CLOUD), thin > 0.01)
    scattered = np.max(
        [
            blob((r, c), 5, soft=1.2, seed=r)
            for r, c in ((40, 100), (80, 200), (200, 90), (225, 190), (105, 70))
        ],
        axis=0,
    )
    yield ghost(
        "clouds-many",
        "Five small clouds, no mask.",
        covered(place, 0.9 * scattered, CLOUD),
        scattered > 0.02,
    )
    rows, columns = np.indices((SIDE, SIDE))
    along = columns - 150.0
    width = 2.5 + 0.12 * np.maximum(along, 0)
    plume = np.where(
        along > 0, np.exp(-(((rows - 110 - 0.3 * along) / width) ** 2)) * np.exp(-along / 90), 0.0
    )
    plume = ndimage.gaussian_filter(plume, 1)
    smoke = place + (_band(SMOKE) - place) * plume * _band(SMOKE_THICK)
    yield ghost("smoke", "A plume of smoke.", smoke, plume > 0.03)
    both = with_aircraft(place)
    yield ghost(
        "smoke-and-aircraft",
        "A plume of smoke, and an aircraft came.",
        both + (_band(SMOKE) - both) * plume * _band(SMOKE_THICK),
        plume > 0.03,
        STAND,
    )
    drawn = np.random.default_rng([4, 4])
    cover = 0.85 + 0.08 * ndimage.gaussian_filter(drawn.normal(size=(SIDE, SIDE)), 2) * 4
    snowed = covered(place, np.clip(cover, 0, 1) * ~water(), SNOW)
    yield ghost("snow-all", "Snow fell on all land.", snowed, ~water())
    patch = blob((190, 80), 26)
    yield ghost(
        "snow-patch",
        "Snow lies on a part.",
        covered(place, 0.9 * patch * ~water(), SNOW),
        patch > 0.02,
    )
    yield Trap(
        "snow-melt",
        "Snow lay on a part before.",
        pair_of(seen(covered(place, 0.9 * patch * ~water(), SNOW), 1), later(place)),
        appeared=(),
        ghosts=patch > 0.02,
    )


def water_traps() -> Iterator[Trap]:
    place, sea = ground(), water()
    waves = (
        1
        + 0.25
        * ndimage.gaussian_filter(np.random.default_rng([6, 6]).normal(size=sea.shape), 0.7)
        * 2.4
    )
    yield ghost("glint", "Sun glint on the sea.", place + 0.13 * waves * sea, sea)
    streak = blob((150, 20), 26, soft=6)
    yield ghost(
        "glint-part",
        "Sun glint on a part of the sea.",
        place + 0.11 * waves * sea * streak,
        sea & (streak > 0.02),
    )
    inland = distance_to_shore()
    strip = (inland > 0) & (inland < 6)
    flooded = np.where(
        strip, ground()[:, 5:6, 5:6] * np.array([1.2, 1.2, 1.1, 1.1])[:, None, None], place
    )
    near = np.abs(inland) < 14
    yield ghost("tide-high", "High water covers the beach.", np.asarray(flooded), near)
    shoal = (inland < 0) & (inland > -6)
    mud = np.array([0.09, 0.105, 0.115, 0.12])[:, None, None]
    texture = place.mean(axis=0) / ndimage.gaussian_filter(place.mean(axis=0), 3)
    yield ghost(
        "tide-low",
        "Low water bares a strip of wet sand.",
        np.asarray(np.where(shoal, mud * texture, place)),
        near,
    )
    foam = place + 0.3 * ((inland < -1) & (inland > -3)) * np.clip(waves - 0.9, 0, 1)
    yield ghost("surf", "Surf along the shore.", foam, near)
    muddy = (
        place
        + blob((60, 25), 22, soft=6) * sea * np.array([0.02, 0.05, 0.06, 0.012])[:, None, None]
    )
    yield ghost(
        "turbid", "A river's plume in the sea.", muddy, sea & (blob((60, 25), 22, soft=6) > 0.02)
    )


def traps() -> Iterator[Trap]:
    for part in (light_traps, air_traps, water_traps):
        yield from part()
