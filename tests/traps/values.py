"""Files that lie about their numbers: offset, scale, no data, bands, levels, dates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import NEW, OFFSET, OLD, Trap, dn, s2, tif
from .ground import Scene, water, with_aircraft
from .places import after, before

L1C = {"PROCESSING_BASELINE": "02.09", "PRODUCT_TYPE": "S2MSI1C"}
KIND = {"PRODUCT_TYPE": "S2MSI2A"}
RGBN = ("red", "green", "blue", "nir")


def files(first: Any, second: Any) -> Any:
    """Writes both dates by calls ``(pixels, keywords)``; a plain tuple of two writers."""

    def write(folder: Path) -> None:
        for name, (writer, pixels, said) in (("before", first), ("after", second)):
            writer(folder / f"{name}.tif", pixels, **said)

    return write


def offset_traps() -> Iterator[Trap]:
    for first in (0, OFFSET):
        for second in (0, OFFSET):
            for told in (True, False):
                said = [(NEW if each else OLD) if told else KIND for each in (first, second)]
                name = (
                    f"offset-{int(bool(first))}{int(bool(second))}-{'told' if told else 'untold'}"
                )
                yield Trap(
                    name,
                    f"DN hold an offset of {first} before and {second} after,"
                    f" {'as the baselines say' if told else 'and nothing says so'}.",
                    files(
                        (s2, dn(before(), offset=first), {"tags": said[0]}),
                        (s2, dn(after(), offset=second), {"tags": said[1]}),
                    ),
                    may_refuse=not told,
                )
    for name, first, second, tags in (
        ("offset-hidden-after", 0, OFFSET, (OLD, OLD)),
        ("offset-hidden-before", OFFSET, 0, (OLD, OLD)),
        ("offset-gone-after", 0, 0, (OLD, NEW)),
        ("offset-gone-before", 0, 0, (NEW, OLD)),
        ("offset-hidden-both", OFFSET, OFFSET, (OLD, OLD)),
    ):
        yield Trap(
            name,
            "The baseline says the opposite of what the DN hold.",
            files(
                (s2, dn(before(), offset=first), {"tags": tags[0]}),
                (s2, dn(after(), offset=second), {"tags": tags[1]}),
            ),
        )
    for name, first, second in (
        ("offset-plain-after", 0, OFFSET),
        ("offset-plain-before", OFFSET, 0),
    ):
        yield Trap(
            name,
            "Files of no known product, one of them with 1000 DN more.",
            files(
                (tif, dn(before(), offset=first), {"nodata": 0}),
                (tif, dn(after(), offset=second), {"nodata": 0}),
            ),
        )


def scale_traps() -> Iterator[Trap]:
    first, second = (date.astype(np.float32) for date in (before(), after()))
    done = {"scale": 1e-4}
    yield Trap(
        "scaled-twice",
        "Reflectance whose scale 0.0001 is already applied, both.",
        files((tif, first, done), (tif, second, done)),
    )
    yield Trap(
        "scaled-twice-after", "The same, after alone.", files((tif, first, {}), (tif, second, done))
    )
    yield Trap(
        "scaled-twice-mixed",
        "Before DN with scale, after reflectance with scale.",
        files((tif, dn(before()), done), (tif, second, done)),
    )
    yield Trap(
        "scaled-once",
        "DN with scale before, reflectance without after: honest.",
        files((tif, dn(before()).astype(np.float32), {**done, "nodata": 0}), (tif, second, {})),
    )
    yield Trap(
        "scale-lost-after",
        "After's DN have lost their scale.",
        files((tif, first, {}), (tif, dn(after()).astype(np.float32), {})),
    )
    yield Trap(
        "s2-float",
        "Sentinel-2 by its tags, reflectance in floats with a scale.",
        files((s2, first, {**done, "nodata": None}), (s2, second, {**done, "nodata": None})),
    )


def nodata_traps() -> Iterator[Trap]:
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


def date_traps() -> Iterator[Trap]:
    first, second = dn(before()), dn(after())
    days = [{**OLD, "ACQUISITION_DATE": f"2024-12-{day}T08:21:43Z"} for day in (10, 13)]
    yield Trap(
        "twice",
        "The same file under two dates.",
        files((s2, first, {"tags": days[0]}), (s2, first, {"tags": days[1]})),
        appeared=(),
        note="same pixels",
    )
    yield Trap(
        "twice-undated",
        "The same pixels twice, no dates.",
        files((s2, first, {}), (s2, first, {})),
        appeared=(),
        note="same pixels",
    )
    brighter = np.round(first * 1.1).astype(np.uint16)
    yield Trap(
        "twice-brighter",
        "The same exposure, made a tenth brighter, under two dates.",
        files((s2, first, {"tags": days[0]}), (s2, brighter, {"tags": days[1]})),
        appeared=(),
        note="same",
    )
    yield Trap(
        "pasted",
        "The same exposure with an aircraft pasted into it.",
        files((s2, first, {"tags": days[0]}), (s2, _pasted(first), {"tags": days[1]})),
        note="same pixels",
    )
    yield Trap(
        "swapped",
        "After was taken before before.",
        files((s2, first, {"tags": days[1]}), (s2, second, {"tags": days[0]})),
        note="earlier",
    )


def _pasted(pixels: NDArray[Any]) -> NDArray[Any]:
    scene = with_aircraft(pixels / 1e4)
    return dn(scene)


def traps() -> Iterator[Trap]:
    for part in (
        offset_traps,
        scale_traps,
        nodata_traps,
        band_traps,
        preview_traps,
        level_traps,
        date_traps,
    ):
        yield from part()
