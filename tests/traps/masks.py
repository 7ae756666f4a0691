"""Quality layers that belong to another grid, place or date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from .files import S2, UTM, Trap, dn, lonlat, s2, tif
from .ground import SIDE, Mask, Scene, blob, ground, seen, with_aircraft
from .places import before
from .sights import CLOUD, SHADE, covered, dimmed, later

DAYS = ("2024-12-10", "2024-12-13")
GREEN_NDVI = 0.35


def classes(scene: Scene, cloud: Mask | None = None, shade: Mask | None = None) -> NDArray[Any]:
    """What a scene classification says of a scene."""
    red, nir = scene[2], scene[3]
    found = np.where((nir - red) / (nir + red) > GREEN_NDVI, 4, 5)
    found[nir < 0.04] = 6
    if shade is not None:
        found[shade] = 3
    if cloud is not None:
        found[cloud] = 9
    return found.astype(np.uint16)


def _cloudy() -> tuple[Scene, Mask, Mask]:
    cloud, shade = blob((60, 120), 20, soft=2), blob((85, 142), 20, soft=2)
    scene = covered(dimmed(with_aircraft(ground()), shade, SHADE), cloud, CLOUD)
    return later(scene), cloud > 0.03, shade > 0.03


def traps() -> Iterator[Trap]:
    scene, cloud, shade = _cloudy()
    right = classes(later(with_aircraft(ground())), cloud, shade)
    other = np.zeros_like(cloud)
    other[150:190, 60:110] = True
    masks = {
        "right": ("The mask is right: honest.", right),
        "mirrored": ("After's mask is mirrored.", right[:, ::-1]),
        "upside-down": ("After's mask is stored from south to north.", right[::-1]),
        "moved": ("After's mask stands 45 px off.", np.roll(right, (45, 30), (0, 1))),
        "other-date": ("After's mask is of another date: other clouds.", classes(before(), other)),
        "other-place": ("After's mask is of another place.", classes(seen(ground(9), 4), other)),
        "clear-date": ("After's mask is of a clear date.", classes(before())),
        "constant": (
            "After's mask says vegetation everywhere.",
            np.full((SIDE, SIDE), 4, np.uint16),
        ),
    }
    for name, (why, mask) in masks.items():

        def write(folder: Path, mask: NDArray[Any] = mask) -> None:
            s2(folder / "before.tif", dn(before()), scl=classes(before()))
            s2(folder / "after.tif", dn(scene), scl=mask)

        yield Trap(f"mask-{name}", why, write, may_refuse=name != "right", ghosts=cloud | shade)
    yield from _beside(right, scene, cloud | shade)


def _beside(right: NDArray[Any], scene: Scene, hidden: Mask) -> Iterator[Trap]:
    """The mask in a file of its own, for ``compare``."""
    half = UTM @ Affine.scale(2)
    files = {
        "20m": ("The mask has 20 m pixels: honest.", right[::2, ::2], half),
        "20m-as-10m": ("A 20 m mask under the 10 m grid's transform.", right[::2, ::2], UTM),
        "far": ("The mask is of a tile elsewhere.", right, UTM @ Affine.translation(900, 0)),
        "half-off": ("The mask's origin is 128 px off.", right, UTM @ Affine.translation(128, 0)),
    }
    for name, (why, mask, transform) in files.items():

        def write(folder: Path, mask: NDArray[Any] = mask, transform: Affine = transform) -> None:
            early, late = (folder / "tiles" / f"S2_L2A_{day}" for day in DAYS)
            for stem, pixels in ((early, dn(before())), (late, dn(scene))):
                for name_of_band, band in zip(S2, pixels, strict=True):
                    s2(Path(f"{stem}_{name_of_band}.tif"), band[None], names=(name_of_band,))
            tags = {"PROCESSING_BASELINE": "02.09", "PRODUCT_TYPE": "S2MSI2A"}
            tif(Path(f"{early}_SCL.tif"), classes(before())[None], names=("SCL",), tags=tags)
            tif(Path(f"{late}_SCL.tif"), mask[None], names=("SCL",), tags=tags, transform=transform)
            _site(folder / "site.geojson")

        yield Trap(
            f"mask-file-{name}",
            why,
            write,
            may_refuse=name != "20m",
            ghosts=hidden,
            compare={"site": "site.geojson", "before": DAYS[0], "after": DAYS[1]},
        )


def _site(path: Path) -> None:
    """A zone over most of the scene."""
    box = [(100, 64), (216, 64), (216, 240), (100, 240), (100, 64)]
    ring = [lonlat(row, col) for row, col in box]
    feature = {
        "type": "Feature",
        "properties": {"id": "apron", "name": "apron", "kind": "apron"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
