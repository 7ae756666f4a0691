"""A raster on disk that many threads and processes fill at once, block by block, in any order."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imagery.errors import WriteError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Scratch:
    """Raw pixels, little-endian, one band after the other; nothing is held in memory or kept open.

    A target of ``dask.array.store(..., lock=False)``: blocks of one store never overlap, each is
    written through its own file descriptor, and the record pickles to any worker that sees the
    same folder. Written with ``pwrite``, not through a memory map, so that pages waiting for the
    disk are never counted as memory of the process.

    Attributes:
        path: The file; it exists, and what was never written reads as zero.
        shape: (band, y, x).
        dtype: Name of a numpy type, such as ``float32``.
    """

    path: Path
    shape: tuple[int, int, int]
    dtype: str

    @classmethod
    def create(cls, path: Path, *, shape: tuple[int, int, int], dtype: str) -> Scratch:
        """Make the file, or empty the one that is there.

        Raises:
            WriteError: the file cannot be made.
        """
        scratch = cls(path, shape, dtype)
        try:
            with path.open("wb") as file:
                file.truncate(int(np.prod(shape, dtype=np.int64)) * scratch._type.itemsize)
        except OSError as error:
            raise WriteError(path.name, error.strerror) from None
        return scratch

    @property
    def _type(self) -> np.dtype[Any]:
        return np.dtype(self.dtype).newbyteorder("<")

    def __setitem__(self, key: tuple[slice, slice, slice], block: NDArray[Any]) -> None:
        """Write ``block`` (band, y, x) where ``key``, three slices of step 1, says.

        Raises:
            WriteError: the disk is full or gone.
        """
        bands, rows, cols = (
            range(*part.indices(size)) for part, size in zip(key, self.shape, strict=True)
        )
        pixels = np.ascontiguousarray(block, dtype=self._type)
        pixels = np.broadcast_to(pixels, (len(bands), len(rows), len(cols)))
        try:
            file = os.open(self.path, os.O_WRONLY)
            try:
                for band, layer in zip(bands, pixels, strict=True):
                    self._write_rows(file, layer, (band, rows.start, cols.start))
            finally:
                os.close(file)
        except OSError as error:
            raise WriteError(self.path.name, error.strerror) from None

    def __getitem__(self, key: tuple[slice, slice, slice]) -> NDArray[Any]:
        """A copy of the pixels (band, y, x) where ``key`` says."""
        return np.array(self.view()[key])

    def view(self) -> NDArray[Any]:
        """All pixels (band, y, x), read-only, fetched from the disk when looked at."""
        return np.memmap(self.path, dtype=self._type, mode="r", shape=self.shape)

    def _write_rows(self, file: int, layer: NDArray[Any], start: tuple[int, int, int]) -> None:
        band, row, col = start
        _, height, width = self.shape
        first = ((band * height + row) * width + col) * self._type.itemsize
        # Rows of the full width lie side by side in the file: one call writes them all.
        rows = layer.reshape(1, -1) if layer.shape[1] == width else layer
        for number, pixels in enumerate(np.ascontiguousarray(rows)):
            _write_all(file, pixels.tobytes(), first + number * width * self._type.itemsize)


def _write_all(file: int, data: bytes, offset: int) -> None:
    """``os.pwrite`` may write less than it was given; this does not."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(file, rest, offset)
        rest, offset = rest[written:], offset + written
