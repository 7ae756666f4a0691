"""Both dates around an object, and what can be measured of how they differ there.

Texture apart from light, colour of what is added or taken away, water, how soft an edge is, and
where one band shows what another shows.

Source: structure apart from light: Wang et al. 2004 (SSIM), IEEE Transactions on Image Processing
13(4); water index: McFeeters 1996, International Journal of Remote Sensing 17(7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from imagery.kernels import Float

Mask = NDArray[np.bool_]

VISIBLE = ("blue", "green", "red")

WIDE_M, LEAST_WIDE_PX = 50.0, 5
"""No wing, vehicle or hull holds such a square."""

SHORE_PX = 5
REACH_PX = 32
"""How far off another band may show a thing: 300 m/s for a second at 10 m."""

MATCH = 0.5
"""Correlation from which a thing is found again in another band."""


@dataclass(frozen=True, slots=True)
class View:
    """Both dates around an object, in one unit.

    Attributes:
        before, after: (band, y, x), the later date in the light of the earlier; NaN = unusable.
        bands: Canonical names.
        pixel_m: Metres.
    """

    before: Float
    after: Float
    bands: tuple[str, ...]
    pixel_m: float

    def of(self, name: str) -> tuple[Float, Float]:
        """One band at both dates."""
        number = self.bands.index(name)
        return self.before[number], self.after[number]


def share(core: Mask, where: Mask) -> float:
    """Of an object's pixels."""
    return float(np.mean(where[core]))


def water_index(view: View, date: int) -> Float:
    """(y, x) normalised difference of green and near infrared: above 0 on water."""
    green, nir = (np.maximum(view.of(name)[date], 1e-6) for name in ("green", "nir"))
    return np.asarray((green - nir) / (green + nir))


def by_the_water(view: View) -> Mask:
    """(y, x) True within ``SHORE_PX`` of where water meets land at either date."""
    found = np.zeros(view.before.shape[1:], dtype=bool)
    for date in (0, 1):
        wet = ndimage.median_filter((water_index(view, date) > 0).astype(np.uint8), 5) == 1
        reach = np.ones((2 * SHORE_PX + 1,) * 2)
        found |= ndimage.binary_dilation(wet, reach) & ndimage.binary_dilation(~wet, reach)
    return found


def relative(view: View, core: Mask, *, darker: int) -> NDArray[np.float64]:
    """(band, n): of each pixel of the object, the darker date over the other."""
    dates = view.before, view.after
    least = 1e-4 * float(np.nanmedian(view.before))
    dark, light = (np.maximum(dates[date][:, core], least) for date in (darker, 1 - darker))
    return np.asarray(dark / light, dtype=np.float64)


def lighter_less_darker(view: View, core: Mask, *, darker: int) -> NDArray[np.float64]:
    """(band, n) difference of the dates over the object."""
    dates = view.before, view.after
    return np.asarray(dates[1 - darker][:, core] - dates[darker][:, core], dtype=np.float64)


def roughness(view: View, core: Mask) -> float:
    """Relative spread of the fine structure of the rougher date, median of the bands."""
    dates = view.before, view.after
    return max(
        float(np.median([_fine(np.log(np.maximum(band, 1e-6)), core).std() for band in date]))
        for date in dates
    )


def kept_texture(view: View, core: Mask) -> float:
    """Correlation of the fine structure of both dates over an object, median of the bands."""
    found = []
    for x, y in zip(view.before, view.after, strict=True):
        fine = [_fine(np.log(np.maximum(date, 1e-6)), core) for date in (x, y)]
        spreads = [part.std() for part in fine]
        if min(spreads) > 0:
            found.append(float(np.mean(fine[0] * fine[1]) / (spreads[0] * spreads[1])))
    return float(np.median(found)) if found else 0.0


def _fine(values: Float, core: Mask) -> NDArray[np.float64]:
    """What an object's pixels have over their own neighbourhood, its own pixels alone."""
    inside = core.astype(np.float64)
    sums = ndimage.gaussian_filter(np.where(core, values, 0.0), 2.0)
    local = sums / np.maximum(ndimage.gaussian_filter(inside, 2.0), 1e-9)
    fine = (values - local)[core]
    return np.asarray(fine - fine.mean(), dtype=np.float64)


def edge_width(view: View, core: Mask, *, darker: int) -> float:
    """Pixels from a quarter to three quarters of what the lighter date adds, along the rim."""
    dates = [np.mean([view.of(name)[date] for name in VISIBLE], axis=0) for date in (0, 1)]
    added = np.nan_to_num(dates[1 - darker] - dates[darker])
    level = max(float(np.quantile(added[core], 0.9)), 1e-9)
    near = ndimage.binary_dilation(core, iterations=2 * SHORE_PX)
    inside = near & (added > level / 2)
    rim = int(np.count_nonzero(inside & ~ndimage.binary_erosion(inside)))
    between = np.count_nonzero(near & (added > level / 4) & (added < 3 * level / 4))
    return float(between / max(rim, 1))


def is_wide(mask: Mask, pixel_m: float, *, wide_m: float = WIDE_M) -> bool:
    """Whether a mask holds a square so wide."""
    side = max(LEAST_WIDE_PX, math.ceil(wide_m / pixel_m))
    return bool(ndimage.binary_erosion(mask, np.ones((side, side))).any())


def displacement(first: Float, second: Float) -> tuple[float, float] | None:
    """(rows, columns) from one band's change to the other's; None where they do not match."""
    shape = [fft.next_fast_len(side + REACH_PX) for side in first.shape]
    spectrum = fft.rfft2(second, shape) * fft.rfft2(first, shape).conj()
    surface = fft.irfft2(spectrum, shape)
    surface /= max(float(np.sqrt((first**2).sum() * (second**2).sum())), 1e-12)
    near = np.arange(-REACH_PX, REACH_PX + 1)
    surface = surface[near[:, None], near[None, :]]
    row, col = np.unravel_index(int(surface.argmax()), surface.shape)
    if surface[row, col] < MATCH:
        return None
    return float(near[row]), float(near[col])
