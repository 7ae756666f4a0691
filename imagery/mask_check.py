"""Whether a scene classification belongs to the pixels that it comes with.

A mask of another place, another date or another grid hides what is clear and shows what is cloud.
The classification itself was made from the pixels: vegetation is greener than bare ground, water
darker in the near infrared, cloud brighter than both. Where that order is lost, it is another's.

Source: Sentinel-2 L2A Algorithm Theoretical Basis Document, scene classification; area under the
receiver operating characteristic from ranks: Mann & Whitney 1947, Ann. Math. Statist. 18(1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from imagery.kernels import Float

VEGETATION, BARE, WATER, SNOW = 4, 5, 6, 11
CLOUD = (8, 9)
ENOUGH_PX = 200
ORDER = 0.75
"""Least chance that a pixel of a class ranks above one of the other. On 77 real dates vegetation
over bare ground has at least .87, and cloud over snow-free ground .85; unrelated masks .5."""

SNOW_MOST = 0.02
CLOUD_MOST = 0.6
"""Beyond these shares cloud cannot be told from the rest by its brightness."""


def contradiction(
    values: Float, classes: NDArray[np.integer], bands: tuple[str, ...]
) -> str | None:
    """What in the pixels contradicts a scene classification, one clause; None where nothing does.

    Args:
        values: (band, n) reflectance, NaN = no data; cloud included.
        classes: (n,) of the scene classification.
        bands: Canonical names; nothing is said without blue, red and near infrared.
    """
    if not {"blue", "red", "nir"} <= set(bands):
        return None
    blue, red, nir = (values[bands.index(name)] for name in ("blue", "red", "nir"))
    there = np.isfinite(blue) & np.isfinite(red) & np.isfinite(nir) & (red + nir > 0)
    green = np.where(there, (nir - red) / np.where(there, nir + red, 1), 0)
    lush, bare, water = (there & (classes == code) for code in (VEGETATION, BARE, WATER))
    cloud, ground = there & np.isin(classes, CLOUD), lush | bare | water
    covers = _rank(green, lush, bare), _rank(nir, lush | bare, water)
    if covers[0] is not None and covers[0] < ORDER:
        return "what it calls vegetation is no greener than what it calls bare"
    if covers[1] is not None and covers[1] < ORDER:
        return "what it calls water is no darker than what it calls land"
    # Only a mask that tells the ground apart was made from pixels; a drawn one proves nothing.
    made = any(rank is not None for rank in covers)
    telling = np.mean(classes == SNOW) <= SNOW_MOST and np.mean(cloud) <= CLOUD_MOST
    if made and telling and (_rank(blue, cloud, ground) or 1) < ORDER:
        return "what it calls cloud is no brighter than the ground"
    return None


def _rank(values: Float, high: NDArray[np.bool_], low: NDArray[np.bool_]) -> float | None:
    """Chance that a value of the first class is above one of the other; None of too few."""
    many, few = int(np.count_nonzero(high)), int(np.count_nonzero(low))
    if min(many, few) < ENOUGH_PX:
        return None
    ranks = rankdata(np.concatenate([values[high], values[low]]))[:many]
    return float((ranks.sum() - many * (many + 1) / 2) / (many * few))
