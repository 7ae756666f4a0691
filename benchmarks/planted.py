"""Labelled pairs with targets planted into the later file, for ``benchmarks.implant``.

Targets are added to the numbers of the later file, which is then read, moved onto the grid and
judged as ``diff`` would. Registration and normalization are those of the pair as it is, unless
``refit`` asks for them again in every run: one object more does not move them, hundreds at once do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from rasterio.warp import Resampling, reproject
from scipy.ndimage import binary_dilation, label

from benchmarks import labelled
from imagery import change, implant, pairs
from imagery.catalogs import item_from_file
from imagery.detectors import arrivals
from imagery.detectors.planform import check_observable
from imagery.detectors.shapes import SHAPES
from imagery.errors import NotObservable
from imagery.implant import Power

BANDS = ("B02", "B03", "B04", "B08")
LABEL_MARGIN_PX, EDGE_PX = 12, 12
OBJECT_PX = (4, 80)
CHANGED = 1  # in a label
SCALE = 1e4  # numbers of a reflectance of 1


@dataclass(frozen=True, slots=True)
class Scene:
    """A labelled pair on its own grid, with the operating point of the pair as it is.

    Attributes:
        pair: Registered and normalised.
        after: Path of the later file.
        values: (band, y, x) reflectance of the later file.
        eligible: (y, x) of the later file, True where a target may stand.
        pixel_m: (height, width) of its pixels on the ground.
        operating: Thresholds.
        plain: (y, x) flagged as it is, on the grid of the pair.
        false, false_sized: Objects outside the label, and those of ``OBJECT_PX``.
        area_km2: Outside the label.
    """

    pair: pairs.Pair
    after: Path
    values: NDArray[np.float32]
    eligible: NDArray[np.bool_]
    pixel_m: tuple[float, float]
    operating: arrivals.Operating
    plain: NDArray[np.bool_]
    false: int
    false_sized: int
    area_km2: float


def opened(found: labelled.Pair) -> Scene:
    """Read, register, normalise and judge a pair as it is.

    Raises:
        RegistrationError, UntrustedError: the pair is refused.
    """
    before, after = (item_from_file(path, dated=False) for path in (found.before, found.after))
    pair = fitted(pairs.make(before, after))
    evidence = judged(pair)
    gsd = abs(pair.grid.resolution.x)
    operating = arrivals.operating_point(evidence, gsd_m=gsd)
    mask, changed = labels(found.label, pair)
    with rasterio.open(found.after) as file:
        dn = file.read([file.descriptions.index(band) + 1 for band in BANDS])
        pixel_m = ground_size(file)
    flagged = over(evidence, operating)
    usable = np.isfinite(evidence.strength).all(axis=0) & ~changed
    edge = np.zeros(mask.shape, bool)
    edge[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX] = True
    near = binary_dilation(mask, iterations=LABEL_MARGIN_PX)
    at, _ = arrivals.objects(evidence, operating.thresholds)
    touched = binary_dilation(changed, np.ones((3, 3), bool))
    return Scene(
        pair=pair,
        after=found.after,
        values=dn.astype(np.float32) / SCALE,
        eligible=(dn > 0).all(axis=0) & ~near & edge,
        pixel_m=pixel_m,
        operating=operating,
        plain=flagged,
        false=int((~touched[at[:, 0], at[:, 1]]).sum()),
        false_sized=sized(flagged, changed),
        area_km2=float(usable.sum()) * gsd**2 / 1e6,
    )


def labels(path: Path, pair: pairs.Pair) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Labelled change on the grid of the label, which is that of the files, and of the pair."""
    with rasterio.open(path) as file:
        own = file.read(1)
        moved = np.zeros(pair.shape, own.dtype)
        reproject(
            own,
            moved,
            src_transform=file.transform,
            src_crs=file.crs,
            dst_transform=pair.grid.affine,
            dst_crs=pair.grid.crs.to_wkt(),
            resampling=Resampling.nearest,
        )
    return own == CHANGED, moved == CHANGED


def fitted(pair: pairs.Pair) -> pairs.Pair:
    """Registered and normalised as ``diff`` does."""
    limit = change.MAX_SHIFT_ERROR_PX["rcva"]
    return pairs.normalized(pairs.registered(pair, max_error_px=limit))


def judged(pair: pairs.Pair) -> arrivals.Evidence:
    """The evidence of a whole pair."""
    height, width = pair.shape
    before, after = pair.read(slice(0, height), slice(0, width))
    assert pair.normalization is not None
    gsd = abs(pair.grid.resolution.x)
    return arrivals.evidence(before, after, pair.normalization, gsd_m=gsd)


def over(evidence: arrivals.Evidence, operating: arrivals.Operating) -> NDArray[np.bool_]:
    """(y, x) flagged."""
    excess = arrivals.over(evidence, operating.thresholds)
    return (np.nan_to_num(excess) > 1).any(axis=0)


def sized(flagged: NDArray[np.bool_], changed: NDArray[np.bool_]) -> int:
    """Connected objects of ``OBJECT_PX`` that touch no labelled pixel."""
    labels, count = label(flagged, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    touching = np.bincount(labels[changed], minlength=count + 1)[1:] > 0
    return int(((areas >= OBJECT_PX[0]) & (areas <= OBJECT_PX[1]) & ~touching).sum())


def ground_size(file: rasterio.DatasetReader) -> tuple[float, float]:
    """(height, width) in metres of the middle pixel of a file in degrees or metres."""
    col, row = file.width / 2, file.height / 2
    if not file.crs.is_geographic:
        return abs(file.transform.e), abs(file.transform.a)
    lon, lat = file.transform @ (col, row)
    geod = Geod(ellps="WGS84")
    height = geod.inv(lon, lat, lon, lat + file.transform.e)[2]
    return float(height), float(geod.inv(lon, lat, lon + file.transform.a, lat)[2])


def detector(scene: Scene, folder: Path, *, refit: bool = False) -> implant.Detect:
    """From the numbers of the later file to what is flagged, on the grid of that file.

    Args:
        scene: As it is; its thresholds are used.
        folder: For one planted file.
        refit: Register and normalise again in every run.
    """

    def detect(values: NDArray[np.float32]) -> NDArray[np.bool_]:
        if values is scene.values:
            return onto_file(scene.plain, scene.pair, scene.after)
        path = folder / scene.after.name
        write_like(scene.after, path, values)
        after = item_from_file(path, dated=False)
        if refit:
            pair = fitted(pairs.make(scene.pair.before, after, grid=scene.pair.grid))
        else:
            pair = replace(scene.pair, after=after)
        return onto_file(over(judged(pair), scene.operating), pair, path)

    return detect


def write_like(source: Path, path: Path, values: NDArray[np.float32]) -> None:
    """A copy of a file with other numbers in ``BANDS``."""
    with rasterio.open(source) as file:
        dn, profile, names, tags = file.read(), file.profile, file.descriptions, file.tags()
    dn = dn.copy()
    for band, plane in zip(BANDS, values, strict=True):
        dn[names.index(band)] = np.clip(np.rint(plane * SCALE), 0, 65535)
    with rasterio.open(path, "w", **profile) as out:
        out.write(dn)
        out.descriptions = names
        out.update_tags(**tags)


def onto_file(flagged: NDArray[np.bool_], pair: pairs.Pair, after: Path) -> NDArray[np.bool_]:
    """What is flagged on the grid of the pair, at the pixels of the later file that show it."""
    with rasterio.open(after) as file:
        rows, cols = np.indices(file.shape)
        there = Transformer.from_crs(file.crs.to_wkt(), pair.grid.crs.to_wkt(), always_xy=True)
        x, y = there.transform(*(file.transform @ (cols.ravel() + 0.5, rows.ravel() + 0.5)))
        shape = file.shape
    col, row = ~pair.grid.affine @ (np.asarray(x), np.asarray(y))
    found = pair.registration
    if found is not None and found.model != "none":
        a, b, c, d, e, f = found.affine
        moved = np.stack([col - 0.5 - c, row - 0.5 - f])
        col, row = np.linalg.solve(np.array([[a, b], [d, e]]), moved) + 0.5
    at = [np.floor(place).astype(np.int64) for place in (row, col)]
    inside = (at[0] >= 0) & (at[0] < flagged.shape[0]) & (at[1] >= 0) & (at[1] < flagged.shape[1])
    out = np.zeros(inside.size, bool)
    out[inside] = flagged[at[0][inside], at[1][inside]]
    return out.reshape(shape)


def said(power: Power) -> str:
    """Share, interval and counts for a table."""
    return f"{power.share:.3f} ({power.low:.3f}-{power.high:.3f}) {power.found}/{power.trials}"


def refusal(shape: str) -> str:
    """Why the detector does not look for a shape at 10 m; empty where it does."""
    try:
        check_observable(SHAPES[shape], gsd_m=10.0)
    except NotObservable as refused:
        return f"not observable: {refused}"
    return ""
