"""Files that lie about where they are: coordinate systems, shifts, turns, other places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from scipy import ndimage

from .files import UTM, Trap, dn, s2
from .ground import Scene, ground, seen, with_aircraft

Pixels = NDArray[Any]
NAMED = "S2A_MSIL2A_20241213T082331_N0209_R121_T36SYE_20241213T120000.SAFE"
LOCAL = 'LOCAL_CS["site grid",UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
EASTING_FIRST = Affine(0, -10, 3_922_000, 10, 0, 760_000)


def before() -> Scene:
    return seen(ground(), 1)


def after(scene: Scene | None = None) -> Scene:
    """The later date: an aircraft on the apron, other light."""
    return seen(with_aircraft(ground()) if scene is None else scene, 2, gain=0.94, haze=0.004)


def pair(first: dict[str, Any], second: dict[str, Any], *, later: Scene | None = None) -> Any:
    """Writes both dates, each with what its file says."""

    def write(folder: Path) -> None:
        s2(folder / "before.tif", dn(before()), **first)
        s2(folder / "after.tif", dn(after() if later is None else later), **second)

    return write


def turned(how: Callable[[Scene], Scene]) -> Any:
    return pair({}, {}, later=how(after()))


def rotated(scene: Scene, degrees: float) -> Scene:
    return np.maximum(
        ndimage.rotate(scene, degrees, axes=(2, 1), reshape=False, order=3, mode="reflect"), 1e-3
    )


def moved(rows: float, columns: float) -> Any:
    """The later date taken with its content so many pixels down and to the right."""
    scene = ndimage.shift(with_aircraft(ground()), (0, rows, columns), mode="nearest")
    return pair({}, {}, later=after(np.asarray(scene)))


def degrees(folder: Path) -> None:
    """After in degrees, with latitude where longitude belongs."""
    s2(folder / "before.tif", dn(before()))
    step = 9e-5
    swapped = Affine(step, 0, 35.42, 0, -step, 35.89)
    s2(folder / "after.tif", dn(after()), crs="EPSG:4326", transform=swapped)


def southern(folder: Path) -> None:
    """South-up, and says so: honest."""
    s2(folder / "before.tif", dn(before()))
    upward = UTM @ Affine.translation(0, 256) @ Affine.scale(1, -1)
    s2(folder / "after.tif", dn(after())[:, ::-1], transform=upward)


def coarse(scene: Scene, factor: float = 6) -> Scene:
    small = ndimage.zoom(
        ndimage.gaussian_filter(scene, (0, factor / 2, factor / 2)),
        (1, 1 / factor, 1 / factor),
        order=1,
    )
    back = ndimage.zoom(small, (1, *(256 / n for n in small.shape[1:])), order=3)
    return np.maximum(back[:, :256, :256], 1e-3)


def traps() -> Iterator[Trap]:
    refused: dict[str, Any] = {"appeared": ()}
    tile = {"tags": {"PROCESSING_BASELINE": "02.09", "PRODUCT_URI": NAMED}}
    yield Trap("honest", "Nothing is wrong.", pair({}, {}), may_refuse=False)
    yield Trap(
        "honest-quiet",
        "Nothing is wrong, nothing came.",
        pair({}, {}, later=after(ground())),
        appeared=(),
        may_refuse=False,
    )
    yield Trap(
        "zone-after", "After claims the next UTM zone.", pair({}, {"crs": "EPSG:32637"}), **refused
    )
    yield Trap(
        "zone-both",
        "Both claim the next UTM zone; the name of the tile says 36.",
        pair({"crs": "EPSG:32637", **tile}, {"crs": "EPSG:32637", **tile}),
        **refused,
    )
    yield Trap(
        "hemisphere-both",
        "Both claim the southern zone; the name says 36S, a northern band.",
        pair({"crs": "EPSG:32736", **tile}, {"crs": "EPSG:32736", **tile}),
        **refused,
    )
    yield Trap(
        "axes-utm-both",
        "Northing and easting exchanged in both.",
        pair({"transform": EASTING_FIRST}, {"transform": EASTING_FIRST}),
        **refused,
    )
    yield Trap(
        "axes-utm-origin",
        "The origins' northing and easting exchanged.",
        pair(*[{"transform": Affine(10, 0, 3_922_000, 0, -10, 760_000)}] * 2),
        **refused,
    )
    yield Trap("axes-degrees", "After has latitude and longitude exchanged.", degrees, **refused)
    yield Trap(
        "latitude-over-90",
        "Both in degrees far beyond the pole.",
        pair(*[{"crs": "EPSG:4326", "transform": Affine(1e-4, 0, 35.9, 0, -1e-4, 135.4)}] * 2),
        **refused,
    )
    yield Trap(
        "degrees-as-metres",
        "Degrees where the CRS counts metres.",
        pair(*[{"transform": Affine(9e-5, 0, 35.9, 0, -9e-5, 35.4)}] * 2),
        **refused,
    )
    yield Trap(
        "metres-as-degrees",
        "UTM metres under a geographic CRS.",
        pair(*[{"crs": "EPSG:4326"}] * 2),
        **refused,
    )
    yield Trap("crs-missing", "After has no CRS.", pair({}, {"crs": None}), **refused)
    yield Trap(
        "crs-missing-both", "Neither has a CRS.", pair({"crs": None}, {"crs": None}), **refused
    )
    yield Trap(
        "crs-local",
        "A local grid without a place on Earth.",
        pair(*[{"crs": CRS.from_wkt(LOCAL)}] * 2),
        **refused,
    )
    yield Trap("crs-geocentric", "A geocentric CRS.", pair(*[{"crs": "EPSG:4978"}] * 2), **refused)
    yield Trap(
        "crs-mercator-after",
        "After's UTM grid is called Web Mercator.",
        pair({}, {"crs": "EPSG:3857"}),
        **refused,
    )
    yield Trap(
        "transform-missing",
        "After has no geotransform.",
        pair({}, {"transform": Affine.identity()}),
        **refused,
    )
    yield Trap(
        "pixel-20m",
        "After's 10 m pixels are called 20 m.",
        pair({}, {"transform": UTM @ Affine.scale(2)}),
        **refused,
    )
    yield Trap(
        "point",
        "After is pixel-is-point in word only: half a pixel off.",
        pair(
            {},
            {
                "tags": {
                    "PROCESSING_BASELINE": "02.09",
                    "PRODUCT_TYPE": "S2MSI2A",
                    "AREA_OR_POINT": "Point",
                }
            },
        ),
    )
    yield Trap(
        "half-pixel",
        "After's origin is half a pixel off.",
        pair({}, {"transform": UTM @ Affine.translation(0.5, 0.5)}),
    )
    yield Trap("shift-3", "After's content is 3 px off.", moved(3, -3))
    yield Trap("shift-2.4", "After's content is 2.4 px off.", moved(-2.4, 1.3))
    yield Trap("shift-20", "After's content is 20 px off.", moved(20, 9), **refused)
    yield Trap(
        "south-up", "After is stored from south to north, and says so.", southern, may_refuse=False
    )
    for angle in (1.0, 3.0, 90.0, 180.0):
        yield Trap(
            f"rotated-{angle:g}",
            f"After is turned by {angle:g} degrees.",
            turned(lambda scene, angle=angle: rotated(scene, angle)),
        )
    yield Trap(
        "mirrored",
        "After is mirrored east to west.",
        turned(lambda scene: scene[:, :, ::-1]),
        **refused,
    )
    yield Trap(
        "upside-down",
        "After is mirrored north to south.",
        turned(lambda scene: scene[:, ::-1]),
        **refused,
    )
    yield Trap(
        "transposed",
        "After's rows and columns are exchanged.",
        turned(lambda scene: scene.transpose(0, 2, 1)),
        **refused,
    )
    yield Trap(
        "other-place", "After shows another place.", pair({}, {}, later=after(ground(9))), **refused
    )
    yield Trap(
        "other-half",
        "The southern half of after shows another place.",
        pair({}, {}, later=_halves()),
        **refused,
    )
    yield Trap("coarse", "After is 60 m, resampled to 10 m.", turned(coarse))
    yield Trap(
        "coarse-20", "After is 20 m, resampled to 10 m.", turned(lambda scene: coarse(scene, 2))
    )


def _halves() -> Scene:
    made = after()
    made[:, 128:] = after(ground(9))[:, 128:]
    return made
