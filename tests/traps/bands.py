"""Files that lie about their bands, their unit or their level of processing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import OLD, Trap, dn, s2, tif
from .ground import Scene
from .places import after, before
from .values import files

L1C = {"PROCESSING_BASELINE": "02.09", "PRODUCT_TYPE": "S2MSI1C"}
RGBN = ("red", "green", "blue", "nir")


def band_traps() -> Iterator[Trap]:
    first, second = dn(before()), dn(after())
    order = [2, 1, 0, 3]
    yield Trap(
        "bands-told",
        "After's bands come in another order and are named: honest.",
        files(
            (tif, first, {"names": ("blue", "green", "red", "nir"), "nodata": 0}),
            (tif, second[order], {"names": RGBN, "nodata": 0}),
        ),
        may_refuse=False,
    )
    yield Trap(
        "bands-told-s2",
        "The same in Sentinel-2 files.",
        files((s2, first, {}), (s2, second[order], {"names": ("B04", "B03", "B02", "B08")})),
        may_refuse=False,
    )
    yield Trap(
        "bands-untold",
        "Red and blue exchanged, bands without names.",
        files((tif, first, {"nodata": 0}), (tif, second[order], {"nodata": 0})),
    )
    yield Trap(
        "bands-untold-nir",
        "Near infrared first, bands without names.",
        files((tif, first, {"nodata": 0}), (tif, second[[3, 2, 1, 0]], {"nodata": 0})),
    )
    yield Trap(
        "bands-lie",
        "Names of red and blue exchanged in after.",
        files((s2, first, {}), (s2, second, {"names": ("B04", "B03", "B02", "B08")})),
    )
    yield Trap(
        "bands-lie-nir",
        "Names of red and near infrared exchanged in after.",
        files((s2, first, {}), (s2, second, {"names": ("B02", "B03", "B08", "B04")})),
    )
    yield Trap(
        "bands-three-untold",
        "BGR before, RGB after, no names.",
        files((tif, first[:3], {"nodata": 0}), (tif, second[[2, 1, 0]], {"nodata": 0})),
    )
    flat = second.copy()
    flat[1] = 1200
    yield Trap(
        "band-constant",
        "After's green band holds one value.",
        files((s2, first, {}), (s2, flat, {})),
    )
    zero = second.copy()
    zero[3] = 0
    yield Trap(
        "band-empty",
        "After's near infrared is 0 throughout, plain file.",
        files((tif, first, {}), (tif, zero, {})),
    )
    twice = second.copy()
    twice[1] = twice[2]
    yield Trap(
        "band-twice",
        "After's green band is a copy of red.",
        files((s2, first, {}), (s2, twice, {})),
    )


def preview_traps() -> Iterator[Trap]:
    def stretched(scene: Scene, low: float, high: float) -> NDArray[Any]:
        part = np.quantile(scene[[2, 1, 0]], (low, high), axis=(1, 2))[:, :, None, None]
        levels = (scene[[2, 1, 0]] - part[0]) / (part[1] - part[0])
        return (np.clip(levels, 0, 1) * 255).astype(np.uint8)

    one, two = stretched(before(), 0.02, 0.98), stretched(after(), 0.05, 0.9)
    rgb = {"photometric": "RGB"}
    named = {"names": ("B04", "B03", "B02"), "tags": OLD}
    yield Trap(
        "preview-after",
        "After is a stretched picture, before reflectance.",
        files((tif, dn(before())[[2, 1, 0]], {"nodata": 0}), (tif, two, rgb)),
    )
    yield Trap(
        "preview-both",
        "Both are pictures, each with a stretch of its own.",
        files((tif, one, rgb), (tif, two, rgb)),
    )
    yield Trap(
        "preview-s2",
        "Pictures that claim to be Sentinel-2 reflectance.",
        files((tif, one, named), (tif, two, named)),
    )
    yield Trap(
        "preview-16-bit",
        "A picture stored in 16 bits, after alone.",
        files((tif, dn(before())[[2, 1, 0]], {"nodata": 0}), (tif, two.astype(np.uint16), {})),
    )
    dark = (dn(before())[:3] // 2).astype(np.uint16), stretched(after(), 0, 1)[::-1]
    yield Trap(
        "preview-unclipped",
        "A picture that is stretched from end to end, after alone, of a dark scene.",
        files((tif, dark[0], {"nodata": 0}), (tif, dark[1], {})),
    )
    yield Trap(
        "preview-as-s2",
        "A picture in 16 bits that claims to be Sentinel-2.",
        files(
            (s2, dn(before())[:3], {"names": ("B02", "B03", "B04")}),
            (s2, two[::-1].astype(np.uint16), {"names": ("B02", "B03", "B04")}),
        ),
    )


def level_traps() -> Iterator[Trap]:
    air = np.array([0.085, 0.055, 0.035, 0.012])[:, None, None]
    through = np.array([0.82, 0.87, 0.9, 0.94])[:, None, None]
    top = after() * through + air
    yield Trap(
        "levels-told",
        "L2A before, L1C after, and the files say so.",
        files((s2, dn(before()), {}), (s2, dn(top), {"tags": L1C})),
    )
    yield Trap(
        "levels-lie",
        "L1C after that claims to be L2A.",
        files((s2, dn(before()), {}), (s2, dn(top), {})),
    )
    yield Trap(
        "levels-plain",
        "Surface before, top of atmosphere after, plain files.",
        files((tif, dn(before()), {"nodata": 0}), (tif, dn(top), {"nodata": 0})),
    )
    glare = np.clip(dn(after()).astype(np.int64) * 9, 0, 10_000).astype(np.uint16)
    yield Trap(
        "saturated",
        "After is clipped at 10000 DN over the bright ground.",
        files((s2, dn(before()), {}), (s2, glare, {})),
    )
    limit = np.where(glare >= 10_000, 65535, glare).astype(np.uint16)
    yield Trap(
        "saturated-65535",
        "After is saturated over the bright ground, and says so.",
        files((s2, dn(before()), {}), (s2, limit, {})),
    )
    eight = (
        np.clip(before() * 600, 0, 255).astype(np.uint8),
        np.clip(after() * 1600, 0, 255).astype(np.uint8),
    )
    yield Trap(
        "saturated-8-bit",
        "An 8-bit scene that is clipped over the bright ground.",
        files((tif, eight[0], {}), (tif, eight[1], {})),
    )


def traps() -> Iterator[Trap]:
    for part in (band_traps, preview_traps, level_traps):
        yield from part()
