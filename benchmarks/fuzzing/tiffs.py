"""Changes to a GeoTIFF by its structure: tags, types, counts, offsets, what stands beside it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.fuzzing.mutate import MARKUP, TERMINAL, Bait, bytes_changed

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, OFFSETS, SAMPLES = 256, 257, 258, 259, 262, 273, 277
ROWS, COUNTS, PLANAR, PREDICTOR, TILE_W, TILE_H, TILES = 278, 279, 284, 317, 322, 323, 324
EXTRA, FORMAT, SCALE, TIEPOINT, MATRIX, KEYS, KEY_DOUBLES = (
    338,
    339,
    33550,
    33922,
    34264,
    34735,
    34736,
)
METADATA, NODATA = 42112, 42113
WHOLE = (0, 1, 2, 3, 8, 15, 16, 17, 64, 255, 1000, 32767, 65535)
LONG = (*WHOLE, 65536, 46340, 99_999, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
CODECS = (0, 1, 2, 5, 6, 7, 8, 32771, 32773, 32946, 34661, 34712, 34887, 34925, 50000, 50001, 50002)
REAL = (0.0, -0.0, 1e-300, 1e300, float("nan"), float("inf"), -10.0, 1e-9, 5e-324, 360.0, 1e8)
KEY_CODES = (
    0,
    1,
    2,
    3,
    1024,
    3072,
    4326,
    4978,
    5773,
    32636,
    32661,
    32767,
    65535,
    3857,
    2056,
    32761,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag: where its twelve or twenty bytes are, and where its value is."""

    at: int
    tag: int
    kind: int
    count: int
    value: int


@dataclass(frozen=True, slots=True)
class Form:
    """Byte order, and whether it is BigTIFF."""

    order: str
    big: bool

    @property
    def word(self) -> str:
        """Format of an offset."""
        return self.order + ("Q" if self.big else "I")


def entries(data: bytes) -> tuple[Form, list[Entry]]:
    """Every tag of a sound TIFF."""
    order = "<" if data[:2] == b"II" else ">"
    form = Form(order, struct.unpack(order + "H", data[2:4])[0] == 43)
    (offset,) = struct.unpack_from(form.word, data, 8 if form.big else 4)
    found: list[Entry] = []
    while offset and offset < len(data):
        (number,) = struct.unpack_from(order + ("Q" if form.big else "H"), data, offset)
        first, size = offset + (8 if form.big else 2), 20 if form.big else 12
        found += [_entry(data, form, first + n * size) for n in range(number)]
        (offset,) = struct.unpack_from(form.word, data, first + number * size)
    return form, found


def _entry(data: bytes, form: Form, at: int) -> Entry:
    tag, kind = struct.unpack_from(form.order + "HH", data, at)
    (count,) = struct.unpack_from(form.word, data, at + 4)
    inline = at + (12 if form.big else 8)
    small = count * SIZES.get(kind, 1) <= (8 if form.big else 4)
    value = inline if small else struct.unpack_from(form.word, data, inline)[0]
    return Entry(at, tag, kind, count, value)


def tiff_changed(data: bytes, random: Random, bait: Bait) -> bytes:
    """A TIFF with some of its tags changed; one in five with bytes changed anywhere."""
    if random.random() < 1 / 5:
        return bytes_changed(data, random)
    found = bytearray(data)
    form, known = entries(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 5))):
        entry = random.choice(known)
        if random.random() < 0.75:
            _value(found, form, entry, random, bait)
        else:
            _frame(found, form, entry, random)
    return bytes(found)


def _frame(found: bytearray, form: Form, entry: Entry, random: Random) -> None:
    """The tag's code, type, count, or the offset of its value."""
    how = random.randrange(4)
    if how == 0:
        struct.pack_into(
            form.order + "H", found, entry.at, random.choice((0, 330, 65535, entry.tag + 1))
        )
    elif how == 1:
        struct.pack_into(form.order + "H", found, entry.at + 2, random.choice((*SIZES, 0, 99)))
    elif how == 2:
        count = random.choice((0, 1, entry.count + 1, entry.count * 2, 65535, 2**31, 2**32 - 1))
        struct.pack_into(form.word, found, entry.at + 4, count)
    else:
        at = entry.at + (12 if form.big else 8)
        where = random.choice((0, entry.at, len(found) - 1, len(found), 2**31, 2**32 - 1))
        struct.pack_into(form.word, found, at, where)


def _value(found: bytearray, form: Form, entry: Entry, random: Random, bait: Bait) -> None:
    size = SIZES.get(entry.kind, 1)
    if entry.kind == 2 or entry.tag in (METADATA, NODATA):
        _text(found, form, entry, random, bait)
        return
    if not entry.count:
        return
    at = entry.value + size * random.randrange(min(entry.count, 64))
    if at + size > len(found):
        return
    if entry.kind == 12:
        struct.pack_into(form.order + "d", found, at, random.choice(REAL))
    elif entry.kind in (3, 4, 13, 16):
        code = {3: "H", 4: "I", 13: "I", 16: "Q"}[entry.kind]
        limit = 2 ** (8 * size) - 1
        struct.pack_into(form.order + code, found, at, min(_whole(entry.tag, random), limit))
    else:
        found[at : at + size] = random.randbytes(size)


def _whole(tag: int, random: Random) -> int:
    if tag == COMPRESSION:
        return random.choice(CODECS)
    if tag == KEYS:
        return random.choice(KEY_CODES)
    return random.choice(LONG)


def _text(found: bytearray, form: Form, entry: Entry, random: Random, bait: Bait) -> None:
    """A text of the same tag put at the end of the file."""
    if entry.tag == NODATA:
        said = random.choice(("nan", "-inf", "1e400", "abc", "", "0x10", "-9999", "0", "9" * 400))
    elif entry.tag == METADATA:
        said = random.choice(metadata(random, bait))
    else:
        said = random.choice((*bait.texts(), MARKUP, TERMINAL, "x" * 70_000))
    data = said.encode("utf-8", "replace") + b"\0"
    at = len(found)
    found += data
    struct.pack_into(form.word, found, entry.at + 4, len(data))
    inline = entry.at + (12 if form.big else 8)
    if len(data) <= (8 if form.big else 4):
        found[inline : inline + len(data)] = data
    else:
        struct.pack_into(form.word, found, inline, at)


def metadata(random: Random, bait: Bait) -> tuple[str, ...]:
    """Contents of GDAL's metadata tag."""
    odd = random.choice(("nan", "inf", "0", "1e308", "-1", "abc", "1e-320"))
    word = random.choice(
        (*bait.texts(), MARKUP, TERMINAL.replace("\x1b", "&#27;"), "²", "9" * 5000)
    )
    safe = word.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    item = '<Item name="{}" sample="0" role="{}">{}</Item>'
    inner = (
        item.format("SCALE", "scale", odd),
        item.format("OFFSET", "offset", odd),
        item.format("DESCRIPTION", "description", safe),
        item.format("UNITTYPE", "unittype", safe),
        f'<Item name="ACQUISITION_DATE">{safe}</Item>',
        f'<Item name="TIFFTAG_DATETIME">{odd}</Item>',
        f'<Item name="PROCESSING_BASELINE">{random.choice((odd, safe))}</Item>',
        '<Item name="SIMULATED">YES</Item>',
        f'<Item name="{safe}" domain="IMAGERY">{odd}</Item>',
        '<Item name="INTERLEAVE" domain="IMAGE_STRUCTURE">BAND</Item>',
        f'<Item name="xml" domain="xml:VRT">{safe}</Item>',
    )
    deep = "<Item>" * 5000
    return (
        *(f"<GDALMetadata>{each}</GDALMetadata>" for each in inner),
        f"<GDALMetadata>{''.join(inner)}</GDALMetadata>",
        "<GDALMetadata>",
        deep,
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><GDALMetadata>&b;</GDALMetadata>',
        "",
    )


def vrt(bait: Bait, random: Random) -> bytes:
    """A virtual raster that points elsewhere."""
    source = random.choice(bait.texts())
    kind = random.choice(("", ' subClass="VRTRawRasterBand"', ' subClass="VRTDerivedRasterBand"'))
    return (
        '<VRTDataset rasterXSize="64" rasterYSize="64"><SRS>EPSG:32636</SRS>'
        "<GeoTransform>300000, 10, 0, 3920000, 0, -10</GeoTransform>"
        f'<VRTRasterBand dataType="UInt16" band="1"{kind}><SimpleSource>'
        f'<SourceFilename relativeToVRT="0">{source}</SourceFilename><SourceBand>1</SourceBand>'
        f"</SimpleSource><SourceFilename>{source}</SourceFilename></VRTRasterBand></VRTDataset>"
    ).encode()


_LOST = '<SRS>LOCAL_CS["x"]</SRS><GeoTransform>0,1,0,0,0,-1</GeoTransform>'
_BAND = (
    '<PAMRasterBand band="1"><Scale>1e300</Scale><Offset>nan</Offset>'
    "<NoDataValue>1000</NoDataValue><Description>B99</Description></PAMRasterBand>"
)
_PAM = (
    f"<PAMDataset>{_LOST}</PAMDataset>",
    f"<PAMDataset>{_BAND}</PAMDataset>",
    "<PAMDataset>" + "<Metadata>" * 3000,
    "<PAMDataset><Metadata><MDI key='A'>{place}</MDI></Metadata></PAMDataset>",
)


def beside(path: Path, random: Random, bait: Bait) -> None:
    """A file that GDAL would read because it stands beside another."""
    pam = random.choice(_PAM).format(place=random.choice(bait.texts()))
    matrix = "\n".join(str(random.choice(REAL)) for _ in range(6))
    choices: tuple[tuple[str, bytes], ...] = (
        (f"{path.name}.aux.xml", pam.encode()),
        (f"{path.stem}.tfw", matrix.encode()),
        (f"{path.name}.msk", path.read_bytes()),
        (f"{path.name}.ovr", path.read_bytes()),
        (f"{path.name}.msk", vrt(bait, random)),
        (f"{path.stem}.prj", b"LOCAL_CS[]"),
        (f"{path.stem}_rpc.txt", b"LINE_OFF: 1\n" * 99),
        (f"{path.stem}.IMD", b"BEGIN_GROUP = A\n" * 999),
    )
    for name, data in random.sample(choices, random.randint(1, 3)):
        (path.parent / name).write_bytes(data)


def bombs() -> Iterator[bytes]:
    """Small files that declare very much."""
    for width, height, bands, tile in (
        (2**31 - 1, 2**31 - 1, 1, 0),
        (46_000, 46_000, 1, 256),
        (46_000, 46_000, 1, 0),
        (1, 2**31 - 1, 1, 0),
        (20_000, 20_000, 60_000, 256),
        (100, 100, 65_535, 0),
        (30_000, 30_000, 4, 0),
        (15_000, 15_000, 4, 512),
        (8_000, 8_000, 8, 1024),
        (16_384, 16_384, 1, 16_384),
    ):
        yield declared(width, height, bands, tile)


def declared(width: int, height: int, bands: int, tile: int) -> bytes:
    """A classic TIFF of uint16 on a map grid, without one byte of pixels: all blocks are absent."""
    tags: list[tuple[int, int, tuple[float, ...]]] = [
        (WIDTH, 4, (width,)),
        (HEIGHT, 4, (height,)),
        (BITS, 3, (16,)),
        (COMPRESSION, 3, (8,)),
        (PHOTOMETRIC, 3, (1,)),
        (SAMPLES, 3, (bands,)),
        (PLANAR, 3, (2 if bands > 1 else 1,)),
        (FORMAT, 3, (1,)),
        (SCALE, 12, (10.0, 10.0, 0.0)),
        (TIEPOINT, 12, (0, 0, 0, 300_000.0, 3_920_000.0, 0)),
        (KEYS, 3, (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32636)),
    ]
    if tile:
        tags += [(TILE_W, 4, (tile,)), (TILE_H, 4, (tile,)), (TILES, 4, (0,)), (325, 4, (0,))]
    else:
        tags += [(OFFSETS, 4, (0,)), (COUNTS, 4, (0,)), (ROWS, 4, (height,))]
    tags.sort()
    after = 8 + 2 + 12 * len(tags) + 4
    head, extra = struct.pack("<2sHIH", b"II", 42, 8, len(tags)), b""
    for tag, kind, values in tags:
        packed = struct.pack(f"<{len(values)}{ {3: 'H', 4: 'I', 12: 'd'}[kind] }", *values)
        head += struct.pack("<HHI", tag, kind, len(values))
        if len(packed) <= 4:
            head += packed.ljust(4, b"\0")
        else:
            head += struct.pack("<I", after + len(extra))
            extra += packed
    return head + struct.pack("<I", 0) + extra
