"""What one GeoTIFF says of itself, checked once; every way to be unusable is one sentence."""

from __future__ import annotations

import stat
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyproj
import rasterio
from odc.geo.geobox import GeoBox
from pyproj.exceptions import CRSError, ProjError
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

from imagery.errors import BandError, GridError, TooLarge, UnreadableFile
from imagery.tiff import Damaged, check_blocks, is_tiff

MAX_PIXELS = 2**31
"""Largest raster that is opened, in pixels of one band: sixteen times a Sentinel-2 tile."""

FARTHEST = 1e9
"""Largest coordinate of the ground, in units of any system: seven times around it in feet."""

MAX_BLOCK_BYTES = 2**29
"""Largest block that is decoded: a raster of one huge strip would be read whole for each window."""

MAX_BANDS = 1024
"""Most bands of a file: four times those of an imaging spectrometer."""

MAX_RATIO, SMALL_BYTES = 4096, 2**24
"""Largest ratio of what is decoded to the file, of files that decode to more than so many bytes.
Deflate reaches 1032 and LZW about 1400; beyond it a file says nothing but its own size."""

WORLD = (540.0, 91.0)
"""Longitudes and latitudes beyond which there is nothing, degrees."""

ALONE = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": False}
"""GDAL's options under which a file speaks for itself: what stands beside it (.aux.xml, .tfw, .msk,
.ovr) is not looked at, so that a copy of it elsewhere says the same."""

_JP2 = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")

_AGAIN = "Get the file again from its source."

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one GeoTIFF.

    Attributes:
        path: As given.
        geobox: Its grid.
        dtype: Of every band.
        descriptions: Of the bands, alpha apart; None where the file has none.
        tags: Dataset tags and, under their own names, tags of the IMAGERY domain.
        nodata: Declared no-data value, or None.
        scales: Declared by the file, 1 where it declares none.
        offsets: Declared by the file, 0 where it declares none.
        masked: True where an alpha band or a mask says which pixels hold data.
        units: Of the bands, as the file declares them; empty where it declares none.
    """

    path: Path
    geobox: GeoBox
    dtype: str
    descriptions: tuple[str | None, ...]
    tags: Mapping[str, str]
    nodata: float | None
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    masked: bool
    units: tuple[str, ...] = ()


def read_geotiff(path: str | Path, read: Callable[[rasterio.DatasetReader], T]) -> T:
    """Open a local GeoTIFF, by no other driver, and give it to ``read``.

    Raises:
        UnreadableFile: it is missing, empty, a folder, not a GeoTIFF, or ends too early.
    """
    path = Path(path)
    _check_file(path)
    dataset = None
    driver = _driver(path)
    with rasterio.Env(**ALONE):
        with suppress(RasterioIOError), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(path, driver=driver, sharing=False)
        # Raised outside the handlers: with GDAL's error chained to it, ours would not survive the
        # way back from a worker of a cluster.
        if dataset is None:
            raise UnreadableFile(path, "it is not a GeoTIFF, or is cut off", _AGAIN)
        with dataset, suppress(RasterioIOError):
            return read(dataset)
    raise UnreadableFile(path, "its pixels are damaged or cut off", _AGAIN)


def read_header(path: str | Path) -> Header:
    """Read and check the header of one GeoTIFF; no pixel is read.

    Raises:
        UnreadableFile: see ``read_geotiff``.
        GridError: no coordinate system, one unknown to PROJ, or no place on the ground.
        BandError: complex numbers, or no band besides alpha.
        TooLarge: more pixels or bands, or a larger block, than is ever decoded, or far more of
            them than a file of its size can hold.
    """
    _check_file(Path(path))
    _check_blocks(Path(path))
    return read_geotiff(path, lambda dataset: _header(Path(path), dataset))


def is_jp2(beginning: bytes) -> bool:
    """Whether a file begins as JPEG 2000, boxed or bare."""
    return beginning.startswith(_JP2)


def _driver(path: Path) -> str:
    """GDAL's driver: JPEG 2000 where name and content agree on it, as some archives serve it."""
    if path.suffix != ".jp2":
        return "GTiff"
    with path.open("rb") as file:
        return "JP2OpenJPEG" if is_jp2(file.read(12)) else "GTiff"


def _header(path: Path, dataset: rasterio.DatasetReader) -> Header:
    if dataset.count > MAX_BANDS:
        raise TooLarge(path, f"{dataset.count} bands", f"{MAX_BANDS} bands")
    if any("complex" in dtype for dtype in dataset.dtypes):
        remedy = "Take a detected product (of radar: GRD or RTC)."
        raise BandError(path, f"holds complex numbers ({dataset.dtypes[0]})", remedy)
    _check_size(path, dataset)
    crs = _crs(path, dataset)
    kept = [i for i in range(dataset.count) if not _is_alpha(dataset, i)]
    if kept != list(range(len(kept))):
        raise BandError(path, "has its alpha band before another", "Put the alpha band last.")
    dtypes = {dataset.dtypes[i] for i in kept}
    if len(dtypes) != 1 or np.dtype(min(dtypes)).kind not in "uif":
        said = ", ".join(sorted(dtypes)) or "nothing but alpha"
        raise BandError(path, f"holds {said}", "Give one real number type for all bands.")
    flags = set(dataset.mask_flag_enums[0])
    own_mask = MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags
    return Header(
        path=path,
        geobox=GeoBox(dataset.shape, dataset.transform, crs),
        dtype=dtypes.pop(),
        descriptions=tuple(dataset.descriptions[i] for i in kept),
        tags={**dataset.tags(ns="IMAGERY"), **dataset.tags()},
        nodata=dataset.nodata,
        scales=tuple(dataset.scales[i] for i in kept),
        offsets=tuple(dataset.offsets[i] for i in kept),
        masked=own_mask or len(kept) < dataset.count,
        units=tuple(dataset.units[i] or "" for i in kept),
    )


def _check_file(path: Path) -> None:
    try:
        found = path.stat()
    except (OSError, ValueError):  # a name may also be too long, or hold a NUL
        found = None
    if found is not None and stat.S_ISDIR(found.st_mode):
        raise UnreadableFile(path, "it is a folder", "Give one GeoTIFF file.")
    if found is None or not stat.S_ISREG(found.st_mode):
        raise UnreadableFile(path, "there is no such file", "Check the path.")
    if found.st_size == 0:
        raise UnreadableFile(path, "it is empty (0 bytes)", _AGAIN)


def _check_blocks(path: Path) -> None:
    """Refuse a TIFF that does not say of each of its blocks where it is."""
    reason = ""
    try:
        with path.open("rb") as file:

            def read(start: int, stop: int) -> bytes:
                file.seek(start)
                return file.read(stop - start)

            if is_tiff(read(0, 4)):
                check_blocks(read, path.stat().st_size)
    except Damaged as error:
        reason = str(error)
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
    if reason:
        raise UnreadableFile(path, reason, _AGAIN)


def _check_size(path: Path, dataset: rasterio.DatasetReader) -> None:
    pixels = dataset.width * dataset.height
    if pixels > MAX_PIXELS:
        raise TooLarge(path, f"{dataset.width} x {dataset.height} pixels", f"{MAX_PIXELS} pixels")
    decoded = pixels * sum(np.dtype(dtype).itemsize for dtype in dataset.dtypes)
    if decoded > max(SMALL_BYTES, MAX_RATIO * path.stat().st_size):
        limit = f"{MAX_RATIO} times the size of the file"
        raise TooLarge(path, f"{decoded >> 20} MB of pixels", limit)
    rows, columns = dataset.block_shapes[0]
    interleaving = dataset.interleaving  # a JPEG 2000 file has none
    planes = 1 if interleaving and interleaving.value != "PIXEL" else dataset.count
    size = rows * columns * planes * np.dtype(dataset.dtypes[0]).itemsize
    if size > MAX_BLOCK_BYTES:
        limit = f"{MAX_BLOCK_BYTES >> 20} MB (write it with tiles)"
        raise TooLarge(f"One block of {path}", f"{size >> 20} MB", limit)


def _is_alpha(dataset: rasterio.DatasetReader, index: int) -> bool:
    """Whether a band is an alpha band and not a spectral band that a writer called so.

    GDAL calls the fourth of four 8-bit bands alpha unless told otherwise.
    """
    described = (dataset.descriptions[index] or "alpha").strip().lower()
    return dataset.colorinterp[index] is ColorInterp.alpha and described in ("alpha", "mask")


def _crs(path: Path, dataset: rasterio.DatasetReader) -> pyproj.CRS:
    if dataset.crs is None or not dataset.crs.to_wkt():
        points = dataset.gcps[0] or dataset.rpcs
        problem = "has only ground control points or RPCs" if points else "has no coordinate system"
        warp = "Warp it to a map grid (of radar: take it terrain-corrected)."
        remedy = warp if points else "Assign the CRS that it is in."
        raise GridError(path, problem, remedy)
    try:
        code = dataset.crs.to_epsg(confidence_threshold=100)
        crs = pyproj.CRS.from_user_input(code or dataset.crs.to_wkt())
    except CRSError as error:
        raise GridError(
            path, "has a coordinate system unknown to PROJ", "Assign an EPSG code."
        ) from error
    if not (crs.is_projected or crs.is_geographic):
        problem = f"has a coordinate system without a place on the ground ({crs.name})"
        raise GridError(path, problem, "Assign an EPSG code.")
    try:
        # PROJ takes in a projection that it does not know; it only cannot compute with it.
        ground = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except ProjError as error:
        problem = "has a coordinate system unknown to PROJ"
        raise GridError(path, problem, "Assign an EPSG code.") from error
    if dataset.transform.is_identity or dataset.transform.determinant == 0:
        raise GridError(path, "has no geotransform", "Write its origin and pixel size.")
    _check_edges(path, dataset, ground)
    return crs


def _check_edges(path: Path, dataset: rasterio.DatasetReader, ground: pyproj.Transformer) -> None:
    """Refuse a raster whose corners, or middles of edges, are nowhere or all one place."""
    xs, ys = (np.array([0, side / 2, side]) for side in (dataset.width, dataset.height))
    columns, rows = (each.ravel() for each in np.meshgrid(xs, ys))
    with np.errstate(all="ignore"):
        x, y = dataset.transform @ (columns, rows)
        lon, lat = np.array(ground.transform(x, y))
        # Longitudes of a whole world may run to 360, and latitudes half a pixel beyond a pole.
        fine = (np.abs(lon) <= WORLD[0]) & (np.abs(lat) <= WORLD[1])
        fine &= np.maximum(np.abs(x), np.abs(y)) <= FARTHEST  # a longitude of 1e200 wraps around
        if fine.all() and np.ptp(lon) > 0 < np.ptp(lat):
            return
    problem = "has edges that are nowhere on the ground"
    raise GridError(path, problem, "Check its CRS, its origin and its pixel size.")
