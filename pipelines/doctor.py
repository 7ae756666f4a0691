"""Is this machine fit to run the tool? One finding for each thing that can be missing."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["ok", "optional", "problem"]

LIBRARIES = (
    ("numpy", "numpy"),
    ("numba", "numba"),
    ("scipy", "scipy"),
    ("scikit-image", "skimage"),
    ("xarray", "xarray"),
    ("dask", "dask.array"),
    ("rasterio", "rasterio"),
    ("odc-geo", "odc.geo"),
    ("odc-stac", "odc.stac"),
    ("pystac", "pystac"),
    ("shapely", "shapely"),
    ("pyproj", "pyproj"),
)
"""Distribution and the module whose import proves that it works."""

EXTRAS = (("parquet", ("geopandas", "pyarrow")), ("distributed", ("distributed",)))
"""Extra of this package and the modules it brings."""

DRIVERS = ("GTiff", "COG", "ENVI", "PNG")
LEAST_FREE_BYTES = 2 * 1024**3  # products of a full 10980 x 10980 pair and their temporaries
LEAST_MEMORY_BYTES = 2 * 1024**3  # what a comparison of a full pair may use


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: Its name.
        state: ``ok``, ``optional`` (works without it) or ``problem``.
        detail: What was found.
        advice: What to do about it, empty where nothing is to be done.
    """

    what: str
    state: State
    detail: str
    advice: str = ""


def examine(samples: Path | None) -> Iterator[Finding]:
    """Look at everything in turn; no finding stops the next.

    Args:
        samples: Folder of the simulated tiles, or None where there is none.
    """
    yield _python()
    yield from (_library(name, module) for name, module in LIBRARIES)
    for look in (_gdal, _drivers, _proj, _numba):
        yield _tried(look)
    yield _writable("temporary folder", Path(tempfile.gettempdir()))
    yield _memory()
    yield Finding("processors", "ok", f"{os.cpu_count() or 1}")
    yield _samples(samples)
    yield from (_extra(name, modules) for name, modules in EXTRAS)


def _python() -> Finding:
    # Too old a Python never gets here: the package does not install on it.
    return Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}")


def _library(distribution: str, module: str) -> Finding:
    advice = "Install tilewitness again in a fresh environment: make demo."
    try:
        importlib.import_module(module)
        return Finding(distribution, "ok", importlib.metadata.version(distribution))
    except ImportError as error:
        return Finding(distribution, "problem", f"does not import: {error}", advice)


def _tried(look: Callable[[], Finding]) -> Finding:
    name = look.__name__.strip("_")
    try:
        return look()
    except ImportError as error:
        return Finding(name, "problem", f"cannot be asked: {error}", "See the libraries above.")


def _gdal() -> Finding:
    import rasterio

    return Finding("gdal", "ok", f"{rasterio.__gdal_version__}, inside rasterio")


def _drivers() -> Finding:
    import rasterio
    from rasterio.env import Env

    with Env() as env:
        absent = [name for name in DRIVERS if name not in env.drivers()]
    if absent:
        advice = "Use the rasterio wheel from PyPI, which has them."
        return Finding("drivers", "problem", f"missing: {', '.join(absent)}", advice)
    return Finding("drivers", "ok", f"{', '.join(DRIVERS)} (rasterio {rasterio.__version__})")


def _proj() -> Finding:
    from pyproj.datadir import get_data_dir
    from pyproj.exceptions import DataDirError
    from rasterio.errors import CRSError
    from rasterio.warp import transform

    strays = [name for name in ("PROJ_LIB", "PROJ_DATA") if name in os.environ]
    advice = f"Unset {' and '.join(strays)}." if strays else "Install rasterio and pyproj again."
    try:
        # Hmeimim: the answer is known, so a wrong database shows as well as a missing one.
        (easting,), (northing,) = transform("EPSG:4326", "EPSG:32636", [35.949], [35.401])
        folder = get_data_dir()
    except (CRSError, DataDirError) as error:
        return Finding("proj", "problem", f"no usable database: {error}", advice)
    if abs(easting - 767_820.9) > 1 or abs(northing - 3_921_508.7) > 1:
        return Finding("proj", "problem", f"Hmeimim at {easting:.0f} {northing:.0f}", advice)
    return Finding("proj", "ok", f"database in {folder}")


def _numba() -> Finding:
    import numba

    try:
        answer = numba.njit(lambda x: x + 1)(1)
    except (numba.core.errors.NumbaError, OSError, RuntimeError) as error:
        return Finding("compiler", "problem", f"numba: {error}", "Install numba again.")
    return Finding("compiler", "ok" if answer == 2 else "problem", "numba compiles")


def _writable(what: str, folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        advice = "Set TMPDIR to a folder that can be written."
        return Finding(what, "problem", f"{folder}: {error.strerror}", advice)
    text = f"{folder}, {free / 1024**3:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return Finding(what, "optional", text, "A full tile needs 2 GB: free some space.")
    return Finding(what, "ok", text)


def _memory() -> Finding:
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    total = pages * page_bytes
    text = f"{total / 1024**3:.1f} GB"
    if total < LEAST_MEMORY_BYTES:
        return Finding("memory", "optional", text, "Use a smaller --chunk and one worker.")
    return Finding("memory", "ok", text)


def _samples(folder: Path | None) -> Finding:
    if folder is None:
        advice = "They come with the repository; run from its folder to use `demo`."
        return Finding("sample tiles", "optional", "not found", advice)
    return Finding("sample tiles", "ok", f"{folder} (SIMULATED)")


def _extra(name: str, modules: tuple[str, ...]) -> Finding:
    try:
        for module in modules:
            importlib.import_module(module)
    except ImportError:
        advice = f"If you need it: pip install 'tilewitness[{name}]'."
        return Finding(f"extra {name}", "optional", "not installed", advice)
    versions = (f"{module} {importlib.metadata.version(module)}" for module in modules)
    return Finding(f"extra {name}", "ok", ", ".join(versions))
