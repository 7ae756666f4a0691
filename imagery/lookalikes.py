"""What changed in the picture and not on the ground: shade, wetness, cloud, smoke, water, flight.

An object of a pair is held against what light, weather and motion do to pixels. Ground that is
only lit otherwise keeps its texture; shade dims every band, the longer wavelengths more; a veil
brightens the visible bands over the same texture; cloud and snow are white and wider than any
aircraft; wide water changes its colour without anything coming or going; what moves stands at
another place in each band, since bands are taken up to a second apart.

Source: shade and its spectrum: Zhu & Woodcock 2012 (Fmask), Remote Sensing of Environment 118;
structure apart from light: Wang et al. 2004 (SSIM), IEEE Transactions on Image Processing 13(4);
water index: McFeeters 1996, International Journal of Remote Sensing 17(7); what moves between
bands: Heiselberg 2019, Sensors 19(13). Their union and the levels are ours (docs/decisions).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from imagery import appearance
from imagery.appearance import REACH_PX, VISIBLE, Mask, View, relative, share, water_index

NEEDED = frozenset({*VISIBLE, "nir"})

LIGHT = "shadow, wet ground or other light"
VEIL = "haze, thin cloud or smoke"
WHITE = "cloud or snow"
WATER = "waves, sun glint or colour of water"
SHORE = "level of the water, or surf"
MOVING = "something that moves"

ENOUGH_PX = 30
TEXTURE = 0.5
"""Correlation of the fine structure of both dates from which the ground is taken to be the same."""

SAME = 0.9
"""Correlation from which nothing but light, or the sharpness of the picture, has changed at all."""

DIMMED = 0.9
"""Shade leaves at most this share in every band."""

ALIKE = 0.75
"""Correlation from which any even dimming is light."""

REDDER = 0.13
"""Else it leaves so much less of the near infrared than of blue: what lights it is blue sky."""

NEUTRAL = 0.08
"""Bands that differ by less are dimmed alike, which no new surface does."""

EVENLY, THROUGHOUT = 0.9, 0.97
"""Share of the object's pixels that are dimmed in every band; of a large one that is dimmed alike,
or reddened by half."""

LARGE_M2 = 20_000.0
"""Larger than any aircraft or ship: light alone may explain it with less."""

RIM_PX = 2
SMOOTH = 0.1
"""Relative spread of ground without texture; a shade on it is wide."""

WHITENESS = 0.65
"""Share of the strongest visible band that the weakest has of a white cover."""

SOFT_PX = 2.0
"""Cloud, snow and smoke fade out over more (3 to 14 px), what was built over less (0 to 1.3)."""

HALL_M = 250.0
"""A white square of that side is cloud or snow, however hard its edge."""

BRIGHTER = 1.7
"""It is so much brighter than the brightest ground nearby (95th percentile, visible mean)."""

SEA = 0.25
"""Water index of open water; ground in shade stays below it."""

VEIL_BLUE = 0.9
"""Least share of what it adds to red or near infrared that a veil adds to blue."""

STRIP_M = 110.0
"""The bank that rises and falls is a strip, at most so wide."""

WATERY = 0.8
WATER_AREA_M2, WATER_LENGTH_M = 30_000.0, 450.0
"""No ship covers so much, or is so long."""

MOVED_PX = 2.5
"""Between two bands, at least: 25 m in a second are more than any ship makes."""

FLIGHT_M = 800.0
"""What an aircraft leaves in all bands together is no longer: 300 m/s for a second, and itself."""


def explanation(view: View, core: Mask, *, area_m2: float, length_m: float) -> str | None:
    """What else an object may be; None where nothing of the kind explains it.

    Args:
        view: Pixels around it.
        core: (y, x) True = its outline.
        area_m2, length_m: Of the whole object, of which ``view`` may hold a part.
    """
    if not set(view.bands) >= NEEDED:
        return None
    core = core & np.isfinite(view.before).all(axis=0) & np.isfinite(view.after).all(axis=0)
    if not core.any():
        return None
    if length_m <= FLIGHT_M and moves(view, core):
        return MOVING
    wet = [share(core, water_index(view, date) > 0) for date in (0, 1)]
    if min(wet) >= WATERY and (area_m2 >= WATER_AREA_M2 or length_m >= WATER_LENGTH_M):
        return WATER
    if np.count_nonzero(core) >= ENOUGH_PX:
        light = _light(view, core)
        if light is not None:
            return light
    strip = length_m >= WATER_LENGTH_M and area_m2 / length_m <= STRIP_M
    return SHORE if strip and share(core, appearance.by_the_water(view)) >= WATERY else None


def _light(view: View, core: Mask) -> str | None:
    """Shade, veil or white cover, by either date."""
    whole, core = core, _inner(core, view.pixel_m)
    texture = appearance.kept_texture(view, core)
    for darker in (0, 1):
        if is_white(view, whole, darker=darker):
            return WHITE
        if is_veil(view, core, texture, darker=darker):
            return VEIL
        if is_shade(view, core, texture, darker=darker):
            return LIGHT
    return LIGHT if texture >= SAME and is_large(core, view.pixel_m) else None


def _inner(core: Mask, pixel_m: float) -> Mask:
    """A large object without its rim, which mixes both grounds."""
    if not is_large(core, pixel_m):
        return core
    inner = np.asarray(ndimage.binary_erosion(core, iterations=RIM_PX))
    return inner if is_large(inner, pixel_m) else core


def is_shade(view: View, core: Mask, texture: float, *, darker: int) -> bool:
    """Whether one date dims every band alike, the near infrared most.

    On ground without texture a shade is wide, even, and lies on no water.
    """
    ratio = relative(view, core, darker=darker)
    levels, even = np.median(ratio, axis=1), np.mean((ratio < 1).all(axis=0))
    if levels.max() > DIMMED or even < EVENLY:
        return False
    redder = levels[view.bands.index("blue")] - levels[view.bands.index("nir")]
    smooth = appearance.roughness(view, core) <= SMOOTH
    if is_large(core, view.pixel_m):
        if texture >= ALIKE:
            return True
        neutral = np.ptp(levels) <= NEUTRAL or redder >= REDDER / 2
        if neutral and even >= THROUGHOUT and (texture >= TEXTURE or smooth):
            return True
    if redder < REDDER or texture >= TEXTURE:
        return bool(redder >= REDDER)
    sea = share(core, water_index(view, darker) > SEA) > 1 - WATERY
    return smooth and not sea and appearance.is_wide(core, view.pixel_m)


def is_veil(view: View, core: Mask, texture: float, *, darker: int) -> bool:
    """Whether one date adds light, to blue most, over the same texture or over ground without."""
    added = np.median(appearance.lighter_less_darker(view, core, darker=darker), axis=1)
    blue, green, red, nir = (added[view.bands.index(name)] for name in (*VISIBLE, "nir"))
    fading = blue > green > red > max(nir, 0)
    if texture >= TEXTURE and (fading or is_large(core, view.pixel_m)):
        lit = min(blue, green, red) > 0 and blue >= VEIL_BLUE * max(red, nir)
        return bool(lit and appearance.edge_width(view, core, darker=darker) >= SOFT_PX)
    return bool(
        fading and is_large(core, view.pixel_m) and appearance.roughness(view, core) <= SMOOTH
    )


def is_large(core: Mask, pixel_m: float) -> bool:
    """Whether an object is larger than a hall or a house."""
    return bool(np.count_nonzero(core) * pixel_m**2 >= LARGE_M2)


def is_white(view: View, core: Mask, *, darker: int) -> bool:
    """Whether the lighter date is white and bright over a wide square where the other is not."""
    light = [np.stack([view.of(name)[date] for name in VISIBLE]) for date in (1 - darker, darker)]
    lit, other = light
    usual = np.nanquantile(other.mean(axis=0), 0.95)
    white = core & (lit.min(axis=0) > WHITENESS * lit.max(axis=0))
    white &= lit.mean(axis=0) > BRIGHTER * np.maximum(usual, other.mean(axis=0))
    if appearance.is_wide(white, view.pixel_m, wide_m=HALL_M):
        return True
    soft = appearance.edge_width(view, core, darker=darker) >= SOFT_PX
    return soft and appearance.is_wide(white, view.pixel_m)


def moves(view: View, core: Mask) -> bool:
    """Whether the object stands at one place in one band, and further on in the next."""
    near = ndimage.binary_dilation(core, iterations=REACH_PX // 4)
    changes = [
        np.where(near, np.nan_to_num(y - x), 0.0)
        for x, y in zip(view.before, view.after, strict=True)
    ]
    order = [view.bands.index(name) for name in ("blue", "green", "red")]
    steps = []
    for first, second in ((0, 1), (1, 2), (0, 2)):
        found = appearance.displacement(changes[order[first]], changes[order[second]])
        if found is None:
            return False
        steps.append(found)
    one, two, both = (np.array(step) for step in steps)
    agrees = np.hypot(*(one + two - both)) <= 2
    return bool(agrees and np.hypot(*both) >= MOVED_PX and float(one @ two) > 0)
