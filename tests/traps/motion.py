"""What moves while its bands are taken one after another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from .files import Trap
from .ground import PAINT, ROADSTEAD, Scene, ground, water, with_aircraft, with_vessel
from .places import pair
from .sights import ghost, later

SECONDS = (0.0, 0.53, 1.0, 0.26)
"""When a Sentinel-2 takes blue, green, red and near infrared, after blue."""


def moving(
    scene: Scene, kind: str, at: tuple[int, int], pixels_a_second: tuple[float, float]
) -> Scene:
    """Each band as it sees a thing that moves: every one at its own moment."""
    made = scene.copy()
    for band, second in enumerate(SECONDS):
        row, col = (start + step * second for start, step in zip(at, pixels_a_second, strict=True))
        whole = round(row), round(col)
        with_it = (
            with_aircraft(scene, whole, PAINT) if kind == "aircraft" else with_vessel(scene, whole)
        )
        rest = (0, row - whole[0], col - whole[1])
        made[band] = scene[band] + ndimage.shift(with_it - scene, rest, order=1)[band]
    return made


def traps() -> Iterator[Trap]:
    place = ground()
    for name, at, speed, why in (
        ("flight-sea", (200, 14), (-2.0, 24.0), "over the sea"),
        ("flight-land", (225, 90), (4.0, 22.0), "over fields"),
        ("flight-apron", (160, 145), (3.0, 24.0), "over the apron"),
        ("flight-slow", (230, 150), (-7.0, 5.0), "at 86 m/s, landing"),
        ("flight-north", (120, 110), (-20.0, 0.0), "northward over fields"),
    ):
        reach = np.zeros(water().shape, dtype=bool)
        rows = sorted((at[0], round(at[0] + speed[0])))
        cols = sorted((at[1], round(at[1] + speed[1])))
        reach[rows[0] - 9 : rows[1] + 10, max(cols[0] - 9, 0) : cols[1] + 10] = True
        yield ghost(
            name,
            f"An aircraft flies {why}; bands see it one after another.",
            moving(place, "aircraft", at, speed),
            reach,
        )
    yield Trap(
        "vessel-slow",
        "A vessel came, and makes 5 m/s.",
        pair({}, {}, later=later(moving(place, "vessel", ROADSTEAD, (0.5, 0.0)))),
        appeared=(ROADSTEAD,),
    )
    yield Trap(
        "vessel-fast",
        "A vessel came, and makes 13 m/s.",
        pair({}, {}, later=later(moving(place, "vessel", ROADSTEAD, (-1.3, 0.0)))),
        appeared=(ROADSTEAD,),
    )
    yield Trap(
        "vessel-still",
        "A vessel came and lies still.",
        pair({}, {}, later=later(with_vessel(place))),
        appeared=(ROADSTEAD,),
    )
