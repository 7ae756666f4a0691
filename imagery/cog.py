"""Scratch pixels -> Cloud-Optimized GeoTIFF, by GDAL's own COG writer.

The bytes follow from the pixels, the grid and the encoding alone: no date, no software name and
no absolute path is written, and the number of threads changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError  # what rasterio.shutil raises is exported nowhere else
from rasterio.errors import RasterioError
from rasterio.shutil import copy
from rasterio.windows import Window

from imagery.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from odc.geo.geobox import GeoBox

    from imagery.scratch import Scratch

    Slices = tuple[slice, slice, slice]

BLOCK = 512
CACHE_MB = 128
GDAL_TYPES = {"float32": "Float32", "uint8": "Byte"}


@dataclass(frozen=True, slots=True)
class ClassCode:
    """One code of ``classes.tif``: its value, its name and its colour (red, green, blue)."""

    value: int
    name: str
    colour: tuple[int, int, int]

    @property
    def hex(self) -> str:
        """The colour as six hexadecimal digits."""
        return "{:02X}{:02X}{:02X}".format(*self.colour)


# Blue against vermilion, and purple: told apart with any colour vision (Okabe and Ito 2008).
CLASS_CODES = (
    ClassCode(0, "no data", (255, 255, 255)),
    ClassCode(1, "unchanged", (238, 238, 238)),
    ClassCode(2, "gain", (0, 114, 178)),
    ClassCode(3, "loss", (213, 94, 0)),
    ClassCode(4, "masked", (153, 153, 153)),
    ClassCode(5, "changed, no direction", (204, 121, 167)),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a kind of raster is written.

    Attributes:
        bands: A description for each.
        nodata: NaN or a code.
        predictor: GDAL's word for it: ``NO`` or ``FLOATING_POINT``.
        overviews: GDAL's word for how a coarser pixel is made.
        codes: Names and colours, where the values are codes.
        tags: Dataset tags, only such as follow from pixels and configuration.
    """

    bands: tuple[str, ...]
    nodata: float
    predictor: str
    overviews: str
    codes: tuple[ClassCode, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


# Averages of the pixels that are not NaN. RMS would keep a small change visible for longer when
# zoomed out, but would turn every negative `signed` positive; GDAL has no maximum, and nearest
# shows or hides an object by where it happens to lie. To find the small ones: detections.geojson.
DIFF = Encoding(("score", "signed"), float("nan"), "FLOATING_POINT", "AVERAGE")
CLASSES = Encoding(("class",), 0, "NO", "MODE", CLASS_CODES)


def write_cog(
    scratch: Scratch, path: Path, *, grid: GeoBox, encoding: Encoding, workers: int = 1
) -> None:
    """Write ``scratch`` as a Cloud-Optimized GeoTIFF on exactly ``grid``, and read it back.

    Args:
        scratch: (band, y, x), all written.
        path: The GeoTIFF; overviews pass through an uncompressed temporary file beside it.
        grid: Shape, transform and CRS of the pixels.
        encoding: ``DIFF``, ``CLASSES`` or one like them.
        workers: Threads that compress; the bytes are the same for any number.

    Raises:
        WriteError: GDAL could not write it, or what it wrote is not what was given.
    """
    if grid.crs is None:
        raise WriteError(path.name, "its grid has no CRS")
    source = scratch.path.with_suffix(".vrt")
    try:
        source.write_bytes(_described(scratch, grid, encoding))
        # A COG needs its overviews before its pixels, so GDAL makes them first, aside. Left
        # to compress them there, it spends a third of the whole time on what is then deleted.
        with rasterio.Env(
            COG_TMP_COMPRESSION="NONE", GDAL_CACHEMAX=CACHE_MB, GDAL_PAM_ENABLED=False
        ):
            copy(
                source,
                path,
                driver="COG",
                compress="DEFLATE",
                level=6,
                predictor=encoding.predictor,
                blocksize=BLOCK,
                overview_resampling=encoding.overviews,
                bigtiff="IF_SAFER",
                num_threads=workers,
            )
            _check(scratch, path, grid, encoding)
    except (OSError, RasterioError, CPLE_BaseError) as error:
        raise WriteError(path.name, str(error)) from error
    finally:
        source.unlink(missing_ok=True)


def _described(scratch: Scratch, grid: GeoBox, encoding: Encoding) -> bytes:
    """GDAL's XML that gives raw pixels a place, names, colours and a nodata value."""
    _, height, width = scratch.shape
    root = ET.Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    _text(root, "SRS", grid.crs.to_wkt() if grid.crs else "")
    _text(root, "GeoTransform", ", ".join(repr(float(c)) for c in grid.transform.to_gdal()))
    _tags(root, (("AREA_OR_POINT", "Area"), *encoding.tags))
    for number, name in enumerate(encoding.bands):
        kind = GDAL_TYPES[scratch.dtype]
        band = ET.SubElement(
            root, "VRTRasterBand", dataType=kind, band=str(number + 1), subClass="VRTRawRasterBand"
        )
        _text(band, "Description", name)
        _text(band, "NoDataValue", str(encoding.nodata))
        _codes(band, encoding.codes, first=number == 0)
        itemsize = np.dtype(scratch.dtype).itemsize
        _text(band, "SourceFilename", scratch.path.name).set("relativeToVRT", "1")
        _text(band, "ImageOffset", str(number * height * width * itemsize))
        _text(band, "PixelOffset", str(itemsize))
        _text(band, "LineOffset", str(width * itemsize))
        _text(band, "ByteOrder", "LSB")
    return ET.tostring(root)


def _codes(band: ET.Element, codes: tuple[ClassCode, ...], *, first: bool) -> None:
    if not codes:
        _text(band, "ColorInterp", "Gray" if first else "Undefined")
        return
    # As tags, not as GDAL's category names: a GeoTIFF cannot hold those without a second file.
    _tags(band, tuple((f"CLASS_{code.value}", code.name) for code in codes))
    _text(band, "ColorInterp", "Palette")
    table = ET.SubElement(band, "ColorTable")
    for code in codes:
        red, green, blue = map(str, code.colour)
        ET.SubElement(table, "Entry", c1=red, c2=green, c3=blue, c4="255")


def _tags(parent: ET.Element, tags: tuple[tuple[str, str], ...]) -> None:
    metadata = ET.SubElement(parent, "Metadata")
    for key, value in tags:
        _text(metadata, "MDI", value).set("key", key)


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = text
    return element


def _check(scratch: Scratch, path: Path, grid: GeoBox, encoding: Encoding) -> None:
    """Reopen what was written and hold it against what was given, pixels at five places.

    Raises:
        WriteError: they differ.
    """
    with rasterio.open(path) as raster:
        same_grid = raster.shape == tuple(grid.shape) and raster.transform.almost_equals(
            grid.transform
        )
        if not same_grid or raster.crs is None or grid.crs != raster.crs:
            raise WriteError(path.name, "its grid is not the one it was given")
        if raster.descriptions != encoding.bands:
            raise WriteError(path.name, "its bands are not the ones it was given")
        for key in _places(scratch.shape):
            pixels = raster.read(window=Window.from_slices(*key[1:]))
            if not np.array_equal(pixels, scratch[key], equal_nan=scratch.dtype == "float32"):
                raise WriteError(path.name, "its pixels are not the ones it was given")


def _places(shape: tuple[int, int, int]) -> Iterator[Slices]:
    """A block at each corner and one in the middle."""
    _, height, width = shape
    bottom, right = max(0, height - BLOCK), max(0, width - BLOCK)
    for row, col in ((0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)):
        rows, cols = (row, min(row + BLOCK, height)), (col, min(col + BLOCK, width))
        yield slice(None), slice(*rows), slice(*cols)
