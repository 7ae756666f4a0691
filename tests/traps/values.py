"""Files that lie about their offset, their scale or their date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import NEW, OFFSET, OLD, Trap, dn, s2, tif
from .ground import with_aircraft
from .places import after, before

KIND = {"PRODUCT_TYPE": "S2MSI2A"}


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
    for part in (offset_traps, scale_traps, date_traps):
        yield from part()
