"""Bands of one file onto one grid: the driver through which ``odc.stac.load`` reads.

odc's own driver opens and decodes a file once per band, fills and compares every chunk, and
warps by GDAL. This one reads all wanted bands of a file at once, pastes where the file is on
the grid, and otherwise resamples by ``regrid``, so that a pixel never depends on its chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pystac
import rasterio
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.loader.types import (
    MDParser,
    RasterBandMetadata,
    RasterGroupMetadata,
    RasterSource,
)
from rasterio.windows import Window

from imagery.errors import UnreadableFile
from imagery.geotiff import read_geotiff
from imagery.grid import whole_shift
from imagery.regrid import cubic, nearest, sampling, source_window

MAX_SOURCE_PIXELS = 2**24
"""Source pixels resampled at once; a window that needs more is read in halves."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Bands of one file that are read together.

    Attributes:
        asset: Key of the asset in its Item.
        indexes: Band numbers from 1, in the order of the result.
        dtype: Of the result: the file's own, or float32 with NaN for no data.
        nodata: DN without a measurement, NaN where none is declared.
        masked: True where the file's own mask or alpha says which pixels hold data.
        fill: Value outside the file.
        classes: True for codes, which are never interpolated.
        fetched: First row, last + 1, first column, last + 1 of the pixels that the file holds,
            where it is a partial copy; None = all.
    """

    asset: str
    indexes: tuple[int, ...]
    dtype: str
    nodata: float
    masked: bool
    fill: float
    classes: bool
    fetched: tuple[int, int, int, int] | None = None


def read_layer(path: str, source: GeoBox, target: GeoBox, layer: Layer) -> NDArray[Any]:
    """Read the bands of a layer onto ``target``: (band, y, x) in the layer's dtype.

    Raises:
        UnreadableFile: the file or some of its pixels cannot be read.
    """
    shift = whole_shift(source, target)
    if shift is None:
        return read_geotiff(path, lambda dataset: _resampled(dataset, source, target, layer))
    return read_geotiff(path, lambda dataset: _pasted(dataset, shift, target.shape.yx, layer))


def _pasted(
    dataset: rasterio.DatasetReader, shift: tuple[int, int], shape: tuple[int, int], layer: Layer
) -> NDArray[Any]:
    window = tuple(
        slice(max(0, start), min(full, start + length))
        for start, length, full in zip(shift, shape, dataset.shape, strict=True)
    )
    size = tuple(part.stop - part.start for part in window)
    if size == tuple(shape):
        return _raw(dataset, (window[0], window[1]), layer)
    out = np.full((len(layer.indexes), *shape), layer.fill, dtype=layer.dtype)
    if min(size) > 0:
        at = [slice(p.start - s, p.stop - s) for p, s in zip(window, shift, strict=True)]
        out[:, at[0], at[1]] = _raw(dataset, (window[0], window[1]), layer)
    return out


def _resampled(
    dataset: rasterio.DatasetReader, source: GeoBox, target: GeoBox, layer: Layer
) -> NDArray[Any]:
    where = sampling(source, target)
    window = source_window(where, dataset.shape)
    if window is None:
        return np.full((len(layer.indexes), *target.shape), layer.fill, dtype=layer.dtype)
    rows, columns = ((part.stop - part.start) for part in window)
    if rows * columns > MAX_SOURCE_PIXELS and max(target.shape) > 1:
        axis = int(target.shape.x > target.shape.y)
        half = target.shape[axis] // 2
        cuts = (
            (np.s_[:half, :], np.s_[half:, :]) if axis == 0 else (np.s_[:, :half], np.s_[:, half:])
        )
        parts = [_resampled(dataset, source, target[cut], layer) for cut in cuts]
        return np.concatenate(parts, axis=1 + axis)
    image = _raw(dataset, window, layer)
    origin = (window[0].start, window[1].start)
    if layer.classes:
        return nearest(image, where, origin=origin, fill=layer.fill)
    return cubic(image, where, origin=origin, size=dataset.shape)


def _raw(
    dataset: rasterio.DatasetReader, window: tuple[slice, slice], layer: Layer
) -> NDArray[Any]:
    """Pixels of a window as the layer wants them, no data as NaN where that is float32."""
    _check_fetched(dataset, window, layer.fetched)
    part = Window.from_slices(*window)
    image: NDArray[Any] = dataset.read(list(layer.indexes), window=part)
    if layer.dtype == str(image.dtype) and not layer.masked:
        return image
    values: NDArray[Any] = image.astype(layer.dtype)
    if layer.fill != layer.fill:
        # Compared before the conversion, in which large neighbours become equal.
        values[(image == layer.nodata) | ~np.isfinite(image)] = layer.fill
    if layer.masked:
        values[:, dataset.dataset_mask(window=part) == 0] = layer.fill
    return values


def _check_fetched(
    dataset: rasterio.DatasetReader,
    window: tuple[slice, slice],
    fetched: tuple[int, int, int, int] | None,
) -> None:
    """A partial copy is never read where nothing was fetched: holes would look like no data."""
    if fetched is None:
        return
    rows, columns = window
    inside = fetched[0] <= rows.start and rows.stop <= fetched[1]
    if inside and fetched[2] <= columns.start and columns.stop <= fetched[3]:
        return
    asked = f"rows {rows.start} to {rows.stop}, columns {columns.start} to {columns.stop}"
    reason = f"{asked} were not fetched"
    raise UnreadableFile(dataset.name, reason, "Fetch the scene for the whole grid first.")


def paste(target: NDArray[Any], pixels: NDArray[Any]) -> None:
    """Fuse for odc: one Item has one source for a pixel, so what was read replaces the fill."""
    target[...] = pixels


@dataclass(frozen=True, slots=True)
class LayerParser:
    """Tells odc which arrays to load from an Item: one per layer, with its own band dimension.

    Attributes:
        layers: By name of the variable to be loaded.
    """

    layers: Mapping[str, Layer]

    def extract(self, md: pystac.Item) -> RasterGroupMetadata:  # noqa: ARG002 - odc's protocol
        """Variables, their types and dimensions."""
        keys = {name: (layer.asset, n) for n, (name, layer) in enumerate(self.layers.items(), 1)}
        bands = {
            keys[name]: RasterBandMetadata(
                data_type=layer.dtype,
                nodata=layer.fill,
                dims=(f"{name}_band", "y", "x"),
                driver_data=layer,
            )
            for name, layer in self.layers.items()
        }
        sizes = {f"{name}_band": len(layer.indexes) for name, layer in self.layers.items()}
        return RasterGroupMetadata(bands, {name: [key] for name, key in keys.items()}, sizes)

    def driver_data(self, md: pystac.Item, band_key: tuple[str, int]) -> None:
        """Nothing beyond what ``extract`` says; it is part of Dask's key there."""


@dataclass(frozen=True, slots=True)
class LayerReader:
    """One source, ready to be read; holds no open file, so it travels between processes.

    Attributes:
        source: odc's ``RasterSource``: address and grid of the file.
    """

    source: Any

    def read(
        self,
        cfg: Any,
        dst_geobox: GeoBox,
        *,
        dst: NDArray[Any] | None = None,  # noqa: ARG002
        selection: Any = None,  # noqa: ARG002
    ) -> tuple[tuple[slice, slice], NDArray[Any]]:
        """The part of ``dst_geobox`` that is filled, always all of it, and its pixels.

        ``cfg`` is odc's ``RasterLoadParams``; our layer travels in its metadata.
        """
        pixels = read_layer(self.source.uri, self.source.geobox, dst_geobox, cfg.meta.driver_data)
        return np.s_[: dst_geobox.shape.y, : dst_geobox.shape.x], pixels


@dataclass(frozen=True, slots=True)
class LayerDriver:
    """odc's reader driver for the layers of one Item."""

    md_parser: MDParser
    aux_reader: None = None
    dask_reader: None = None

    def new_load(self, geobox: GeoBox, *, chunks: dict[str, int] | None = None) -> None:
        """No state is shared between reads."""

    def finalise_load(self, load_state: None) -> None:
        """Nothing to close."""

    def capture_env(self) -> dict[str, Any]:
        """GDAL looks at no other file beside the one that it is given."""
        return {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}

    @contextmanager
    def restore_env(self, env: dict[str, Any], load_state: None) -> Iterator[None]:  # noqa: ARG002
        """Set the GDAL options of ``capture_env`` around a read."""
        with rasterio.Env(**env):
            yield

    def open(self, src: RasterSource, ctx: None) -> LayerReader:  # noqa: ARG002
        """A reader for one source."""
        return LayerReader(src)
