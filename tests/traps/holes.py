"""Files whose missing pixels are not declared, and numbers that were damaged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import OFFSET, Trap, dn, s2, tif
from .ground import water
from .places import after, before
from .values import files


def traps() -> Iterator[Trap]:
    def border(value: float, dtype: str, *, both: bool = False, slanted: bool = False) -> Any:
        dates = []
        for scene, holed in ((before(), both), (after(), True)):
            pixels = dn(scene).astype(dtype) if dtype != "float32" else scene.astype(dtype)
            if holed:
                edge = (
                    np.arange(256)[:, None] * 0.2 + 20 > np.arange(256)
                    if slanted
                    else np.arange(256) < 24
                )
                pixels[:, 256 - 30 :] = value
                pixels[:, np.broadcast_to(edge[..., ::-1], (256, 256))] = value
            dates.append((tif, pixels, {}))
        return files(*dates)

    yield Trap("fill-0", "After has a border of 0 that nothing declares.", border(0, "uint16"))
    yield Trap(
        "fill-0-slanted", "The same, slanted as a swath's edge.", border(0, "uint16", slanted=True)
    )
    yield Trap("fill-0-both", "Both have it.", border(0, "uint16", both=True))
    yield Trap("fill-9999", "A border of -9999.", border(-9999, "int16"))
    yield Trap(
        "fill-9999-float",
        "A border of -9999 among reflectances.",
        border(-9999, "float32", slanted=True),
    )
    yield Trap("fill-65535", "A border of 65535.", border(65535, "uint16"))
    yield Trap("fill-odd", "A border of -99 among reflectances.", border(-99, "float32"))
    yield Trap("fill-high", "A border of 99999 among reflectances.", border(99999, "float32"))
    yield Trap("fill-nan-inf", "NaN and infinity in after.", _not_numbers())
    yield Trap("fill-s2-9999", "Sentinel-2 with -9999 outside, no data said to be 0.", _s2_fill())
    sea = water()
    shift = dn(after(), offset=OFFSET).astype(np.int32) - OFFSET - 600
    clipped = np.clip(shift, 0, None).astype(np.uint16)
    wrapped = shift.astype(np.int64).astype(np.uint16)
    scl = np.where(sea, 6, 4).astype(np.uint16)
    yield Trap(
        "clipped",
        "After's dark water was clipped to 0.",
        files((s2, dn(before()), {}), (s2, clipped, {})),
        ghosts=sea,
    )
    yield Trap(
        "clipped-scl",
        "The same, with a scene classification.",
        files((s2, dn(before()), {"scl": scl}), (s2, clipped, {"scl": scl})),
        ghosts=sea,
    )
    yield Trap(
        "clipped-plain",
        "The same in plain files.",
        files((tif, dn(before()), {}), (tif, clipped, {})),
        ghosts=sea,
    )
    yield Trap(
        "wrapped",
        "After's negative values went round to 65,000.",
        files((s2, dn(before()), {}), (s2, wrapped, {})),
        ghosts=sea,
    )
    yield Trap(
        "wrapped-plain",
        "The same in plain files.",
        files((tif, dn(before()), {}), (tif, wrapped, {})),
        ghosts=sea,
    )
    for name, how in (
        ("rows-zero", _rows_zero),
        ("rows-zero-plain", _rows_zero),
        ("rows-repeated", _rows_repeated),
        ("row-one-repeated", _row_repeated),
        ("columns-dead", _columns_dead),
        ("band-row-zero", _band_row_zero),
    ):
        writer: Any = tif if name.endswith("plain") else s2
        yield Trap(
            name,
            "Rows or columns of after are missing or repeat.",
            files((writer, dn(before()), {}), (writer, how(dn(after())), {})),
        )


def _not_numbers() -> Any:
    pixels = after().astype(np.float32)
    pixels[:, 40:80, 100:140] = np.nan
    pixels[:, 200:230, 60:100] = np.inf
    pixels[1, 100:110, 60:100] = -np.inf
    return files((tif, before().astype(np.float32), {}), (tif, pixels, {}))


def _s2_fill() -> Any:
    pixels = dn(after()).astype(np.int16)
    pixels[:, :, :25] = -9999
    return files((s2, dn(before()).astype(np.int16), {}), (s2, pixels, {}))


def _rows_zero(pixels: NDArray[Any]) -> NDArray[Any]:
    pixels[:, 60:64] = pixels[:, 210:211] = 0
    return pixels


def _rows_repeated(pixels: NDArray[Any]) -> NDArray[Any]:
    pixels[:, 60:68] = pixels[:, 60:61]
    return pixels


def _row_repeated(pixels: NDArray[Any]) -> NDArray[Any]:
    pixels[:, 90:93] = pixels[:, 90:91]
    return pixels


def _columns_dead(pixels: NDArray[Any]) -> NDArray[Any]:
    pixels[:, :, 100:104] = pixels[:, :, 100:101]
    return pixels


def _band_row_zero(pixels: NDArray[Any]) -> NDArray[Any]:
    pixels[1, 60:64] = 0
    return pixels
