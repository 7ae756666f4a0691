"""Where in a TIFF its blocks are, and which of its bytes a reader needs to know that.

A library that reads TIFF files tells what is in them. Here the question is which bytes are: a
partial copy must hold every byte of the directories that GDAL will look at. So the directories
are walked byte by byte, and a damaged or hostile one ends the walk with an error.

Source:
    TIFF 6.0 specification (Adobe 1992), sections 2 and 15; BigTIFF (libtiff,
    https://libtiff.gitlab.io/libtiff/specification/bigtiff.html); GDAL's COG driver, "Header
    ghost area" (https://gdal.org/en/stable/drivers/raster/cog.html).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

ReadBytes = Callable[[int, int], bytes]
"""(start, stop) to exactly these bytes of the file."""

Span = tuple[int, int]
"""Start and stop in bytes of the file, or in pixels of an axis."""

MAX_DIRECTORIES = 128
MAX_TAGS = 4096
MAX_VALUE_BYTES = 16 << 20
"""Largest value of one tag: the offsets of two million blocks."""

_WIDTH, _HEIGHT, _COMPRESSION, _SAMPLES, _PLANAR = 256, 257, 259, 277, 284
_TILE_WIDTH, _TILE_HEIGHT, _OFFSETS, _COUNTS = 322, 323, 324, 325
_STRIP_OFFSETS, _STRIP_ROWS, _STRIP_COUNTS = 273, 278, 279
_SUBFILE = 254
_REDUCED, _MASK = 1, 4
_SEPARATE = 2
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}
_UNSIGNED = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
# Codecs whose first block is looked into when the file is opened: JPEG, WebP, JPEG XL.
_PEEKED = frozenset({7, 50001, 50002, 52546})
_PEEK_BYTES = 4096
_GHOST = b"GDAL_STRUCTURAL_METADATA_SIZE="


class Damaged(ValueError):
    """A TIFF whose directories cannot be followed; the argument is the reason."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """The tiles of one image of the file.

    Attributes:
        shape: Rows and columns of the image.
        tile: Rows and columns of a tile.
        planes: 1, or the number of bands where each has its own tiles.
        offsets: Of the tiles, by plane, row and column of tiles; 0 where there is none.
        counts: Bytes of each.
    """

    shape: tuple[int, int]
    tile: tuple[int, int]
    planes: int
    offsets: tuple[int, ...]
    counts: tuple[int, ...]

    def touched(self, rows: Span, columns: Span) -> Iterator[Span]:
        """(offset, length) of the tiles that hold pixels of a window; absent ones left out."""
        if rows[0] >= rows[1] or columns[0] >= columns[1]:
            return
        down, across = (-(-full // side) for full, side in zip(self.shape, self.tile, strict=True))
        for plane in range(self.planes):
            for row in range(rows[0] // self.tile[0], (rows[1] - 1) // self.tile[0] + 1):
                for column in range(
                    columns[0] // self.tile[1], (columns[1] - 1) // self.tile[1] + 1
                ):
                    at = (plane * down + row) * across + column
                    if self.offsets[at] and self.counts[at]:
                        yield self.offsets[at], self.counts[at]


@dataclass(frozen=True, slots=True)
class Layout:
    """What a tiled TIFF is made of.

    Attributes:
        images: The image at full resolution, and its mask where it has one inside.
        peeked: (offset, length) of what a reader looks into besides directories.
        margin: Bytes before and after each tile that belong to it (COG leader and trailer).
    """

    images: tuple[Blocks, ...]
    peeked: tuple[Span, ...]
    margin: int


@dataclass(frozen=True, slots=True)
class _Format:
    """Byte order and widths of classic TIFF or BigTIFF."""

    order: str
    big: bool

    def number(self, data: bytes) -> int:
        """One offset."""
        return int(struct.unpack(self.order + ("Q" if self.big else "I"), data)[0])

    @property
    def width(self) -> int:
        """Bytes of an offset."""
        return 8 if self.big else 4


def is_tiff(beginning: bytes) -> bool:
    """Whether a file begins as TIFF or BigTIFF."""
    return beginning[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def layout(read: ReadBytes, size: int) -> Layout | None:
    """Walk all directories of a TIFF of ``size`` bytes; None where its image has no tiles.

    Every byte of every directory is read by ``read``, whether it is of use here or not.

    Raises:
        Damaged: the directories cannot be followed.
    """
    form, offset = _begin(read, size)
    seen: list[int] = []
    directories = []
    while offset:
        if offset in seen or len(seen) >= MAX_DIRECTORIES:
            raise Damaged("its directories never end")
        seen.append(offset)
        tags, offset = _directory(read, size, form, offset)
        directories.append(tags)
    if not directories or not {_OFFSETS, _COUNTS, _TILE_WIDTH, _TILE_HEIGHT} <= set(directories[0]):
        return None
    main = _blocks(directories[0], size)
    masks = [
        _blocks(tags, size)
        for tags in directories[1:]
        if tags.get(_SUBFILE, (0,))[0] & (_MASK | _REDUCED) == _MASK and _OFFSETS in tags
    ]
    images = (main, *(mask for mask in masks if mask.shape == main.shape))
    return Layout(images, tuple(_peeked(directories[0], main)), _margin(read, size, form))


def check_blocks(read: ReadBytes, size: int) -> None:
    """Refuse a TIFF whose first image lacks blocks that its size needs: they would read as zeros.

    A block that is declared absent (offset and length 0) is none that lacks. Only the first
    directory is read.

    Raises:
        Damaged: blocks lack, or the directory cannot be followed.
    """
    form, offset = _begin(read, size)
    tags, _ = _directory(read, size, form, offset)
    if {_OFFSETS, _COUNTS, _TILE_WIDTH, _TILE_HEIGHT} <= set(tags):
        _blocks(tags, size)
        return
    rows, columns = (tags.get(tag, (0,))[0] for tag in (_HEIGHT, _WIDTH))
    deep = min(tags.get(_STRIP_ROWS, (rows,))[0], rows)
    if min(rows, columns, deep) < 1:
        raise Damaged("it has no pixels")
    expected = -(-rows // deep) * _planes(tags)
    offsets, counts = (tags.get(tag, ()) for tag in (_STRIP_OFFSETS, _STRIP_COUNTS))
    if len(offsets) < expected or 0 < len(counts) < expected:
        raise Damaged(f"it has {len(offsets)} strips of {expected}")
    if any(offset + count > size for offset, count in zip(offsets, counts, strict=False)):
        raise Damaged("it is cut off")


def _begin(read: ReadBytes, size: int) -> tuple[_Format, int]:
    """Byte order and widths, and the offset of the first directory."""
    head = read(0, min(size, 16))
    if not is_tiff(head) or len(head) < 16:
        raise Damaged("it is not a TIFF")
    form = _Format("<" if head[:2] == b"II" else ">", head[2:4] in (b"+\0", b"\0+"))
    return form, form.number(head[8:16] if form.big else head[4:8])


def _directory(
    read: ReadBytes, size: int, form: _Format, offset: int
) -> tuple[Mapping[int, tuple[int, ...]], int]:
    """Values of the tags that matter, and the offset of the next directory."""
    entry, prefix = (20, 8) if form.big else (12, 2)
    count = struct.unpack(
        form.order + ("Q" if form.big else "H"), _exactly(read, size, offset, prefix)
    )[0]
    if not 0 < count <= MAX_TAGS:
        raise Damaged(f"a directory has {count} tags")
    start = offset + prefix
    data = _exactly(read, size, start, count * entry + form.width)
    tags = {}
    for at in range(0, count * entry, entry):
        code, kind = struct.unpack(form.order + "HH", data[at : at + 4])
        number = form.number(data[at + 4 : at + 4 + form.width])
        inline = data[at + 4 + form.width : at + entry]
        length = number * _SIZES.get(kind, 0)
        if length > MAX_VALUE_BYTES:
            raise Damaged(f"tag {code} has {length:,} bytes")
        value = inline[:length]
        if length > form.width:
            value = _exactly(read, size, form.number(inline), length)
        if kind in _UNSIGNED and code in _WANTED and number:
            tags[code] = struct.unpack(f"{form.order}{number}{_UNSIGNED[kind]}", value)
    return tags, form.number(data[count * entry :])


_WANTED = frozenset(
    {
        *(_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION, _SAMPLES, _PLANAR),
        *(_TILE_WIDTH, _TILE_HEIGHT, _OFFSETS, _COUNTS),
        *(_STRIP_OFFSETS, _STRIP_ROWS, _STRIP_COUNTS),
    }
)


def _exactly(read: ReadBytes, size: int, offset: int, length: int) -> bytes:
    if offset + length > size:
        raise Damaged("it is cut off")
    return read(offset, offset + length)


def _blocks(tags: Mapping[int, tuple[int, ...]], size: int) -> Blocks:
    """The tiles of one directory, each inside the file."""
    try:
        shape = tags[_HEIGHT][0], tags[_WIDTH][0]
        tile = tags[_TILE_HEIGHT][0], tags[_TILE_WIDTH][0]
        offsets, counts = tags[_OFFSETS], tags[_COUNTS]
    except KeyError as error:
        raise Damaged(f"tag {error} is missing") from None
    planes = _planes(tags)
    if min(*shape, *tile, planes) < 1:
        raise Damaged("it has no pixels")
    expected = planes * -(-shape[0] // tile[0]) * -(-shape[1] // tile[1])
    if len(offsets) != expected or len(counts) != expected:
        raise Damaged(f"it has {len(offsets)} tiles of {expected}")
    if any(offset + count > size for offset, count in zip(offsets, counts, strict=True) if offset):
        raise Damaged("it is cut off")
    return Blocks(shape, tile, planes, offsets, counts)


def _planes(tags: Mapping[int, tuple[int, ...]]) -> int:
    """1, or the number of bands where each has its own blocks."""
    separate = tags.get(_PLANAR, (1,))[0] == _SEPARATE
    return tags.get(_SAMPLES, (1,))[0] if separate else 1


def _peeked(tags: Mapping[int, tuple[int, ...]], main: Blocks) -> Iterator[Span]:
    """The beginning of the first tile, where the codec keeps facts in it."""
    if tags.get(_COMPRESSION, (1,))[0] in _PEEKED and main.offsets[0] and main.counts[0]:
        yield main.offsets[0], min(main.counts[0], _PEEK_BYTES)


def _margin(read: ReadBytes, size: int, form: _Format) -> int:
    """Four bytes around each tile where the file says so: its size before, its end repeated."""
    start = 16 if form.big else 8
    ghost = read(start, min(size, start + 512))
    if not ghost.startswith(_GHOST):
        return 0
    return 4 if b"BLOCK_LEADER=" in ghost or b"BLOCK_TRAILER=" in ghost else 0
