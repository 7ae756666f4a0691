"""A SIMULATED tile of the full size as a COG, of which only the blocks around a place exist.

The directories are those of a whole file: each block has an offset and a size. On disk all but
the wanted blocks are holes, so that making one costs nothing and reading another block fails.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray

SHORT, LONG, DOUBLE, ASCII = 3, 4, 12, 2
CODES = {SHORT: "H", LONG: "I", DOUBLE: "d", ASCII: "s"}
FACTORS = (1, 2, 4, 8, 16)
HOLE_BYTES = 300_000
"""What a block of 512 x 512 real pixels takes, about."""


@dataclass(frozen=True)
class FullCog:
    """Where the blocks of the full resolution stand.

    Attributes:
        counts: (row, column) of the block to its bytes.
    """

    block: int
    counts: dict[tuple[int, int], int]

    def touched(self, rows: tuple[int, int], columns: tuple[int, int]) -> int:
        """Bytes of all blocks that a window touches, found the plain way."""
        return sum(
            count
            for (row, column), count in self.counts.items()
            if row * self.block < rows[1]
            and (row + 1) * self.block > rows[0]
            and column * self.block < columns[1]
            and (column + 1) * self.block > columns[0]
        )


def write_full_cog(
    path: Path, image: NDArray[np.uint16], at: tuple[int, int], *, transform: Affine, block: int
) -> FullCog:
    """Write 10980 x 10980 pixels (of 20 m: half) with ``image`` in them, EPSG:32636.

    Args:
        image: (y, x); its surroundings repeat it.
        at: Row and column of its first pixel.
        transform: Of the whole.
    """
    side = round(109_800 / transform.a)
    parts = _parts(image, at, side, block)
    sides = [-(-side // factor) for factor in FACTORS]
    grids = [-(-each // block) for each in sides]
    start = 8 + 4096 + sum(8 * grid**2 + 8 for grid in grids) + len(grids) * 512
    position = start
    places: list[tuple[list[int], list[int]]] = []
    main: dict[tuple[int, int], tuple[int, bytes]] = {}
    # The coarsest overview first, as the COG driver does.
    for level, grid in reversed(list(enumerate(grids))):
        offsets, counts = [], []
        for number in range(grid**2):
            key = divmod(number, grid)
            data = parts.get(key) if level == 0 else None
            size = HOLE_BYTES if data is None else len(data)
            if data is not None:
                main[key] = (position, data)
            offsets.append(position)
            counts.append(size)
            position += size
        places.insert(0, (offsets, counts))
    header = _header(sides, places, transform, block)
    assert len(header) <= start
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(header)
        for offset, data in main.values():
            file.seek(offset)
            file.write(data)
        file.truncate(position)
    grid = grids[0]
    return FullCog(block, {divmod(n, grid): count for n, count in enumerate(places[0][1])})


def _parts(
    image: NDArray[np.uint16], at: tuple[int, int], side: int, block: int
) -> dict[tuple[int, int], bytes]:
    """The blocks within one block of the image, compressed."""
    height, width = image.shape
    found = {}
    for row in range(at[0] // block - 1, (at[0] + height) // block + 2):
        for column in range(at[1] // block - 1, (at[1] + width) // block + 2):
            y = (np.arange(row * block, (row + 1) * block) - at[0]) % height
            x = (np.arange(column * block, (column + 1) * block) - at[1]) % width
            data = image[np.ix_(y, x)].astype("<u2")
            found[row, column] = zlib.compress(data.tobytes(), 1)
    return found


def _header(
    sides: list[int], places: list[tuple[list[int], list[int]]], transform: Affine, block: int
) -> bytes:
    geo = {
        33550: (DOUBLE, [transform.a, -transform.e, 0.0]),
        33922: (DOUBLE, [0.0, 0.0, 0.0, transform.c, transform.f, 0.0]),
        34735: (SHORT, [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32636]),
        42113: (ASCII, [b"0\0"]),
        42112: (ASCII, [b'<GDALMetadata>\n<Item name="SIMULATED">YES</Item>\n</GDALMetadata>\0']),
    }
    out = b"II*\0" + struct.pack("<I", 8)
    for level, (side, (offsets, counts)) in enumerate(zip(sides, places, strict=True)):
        tags: dict[int, tuple[int, list[Any]]] = {
            254: (LONG, [int(level > 0)]),
            256: (LONG, [side]),
            257: (LONG, [side]),
            258: (SHORT, [16]),
            259: (SHORT, [8]),
            262: (SHORT, [1]),
            277: (SHORT, [1]),
            322: (SHORT, [block]),
            323: (SHORT, [block]),
            324: (LONG, offsets),
            325: (LONG, counts),
            339: (SHORT, [1]),
            **(geo if level == 0 else {}),
        }
        out += _directory(dict(sorted(tags.items())), len(out), last=level == len(sides) - 1)
    return out


def _directory(tags: dict[int, tuple[int, list[Any]]], start: int, *, last: bool) -> bytes:
    entries, extra = b"", b""
    beyond = start + 2 + 12 * len(tags) + 4
    for tag, (kind, values) in tags.items():
        if kind == ASCII:
            data, number = values[0], len(values[0])
        else:
            data, number = struct.pack(f"<{len(values)}{CODES[kind]}", *values), len(values)
        if len(data) <= 4:
            field = data.ljust(4, b"\0")
        else:
            field = struct.pack("<I", beyond + len(extra))
            extra += data + b"\0" * (len(data) % 2)
        entries += struct.pack("<HHI", tag, kind, number) + field
    following = 0 if last else beyond + len(extra)
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", following) + extra
