"""The pictures of a page, each held once and drawn by name as often as it is needed.

A picture goes into the page as the bytes that the run hashed. Only where they would not fit is a
page's set of pictures compressed, and the page says so.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from PIL import Image

from imagery.captions import picture_at
from imagery.errors import UnreadableFile

BUDGET = 5_500_000
"""Bytes of all pictures before they become text, which is a third longer: pages stay below 8 MB."""

STEPS = ((90, 1), (75, 1), (55, 1), (55, 2), (35, 2), (25, 4), (15, 8))
"""WebP quality, and by how much each side is divided, tried one after the other."""

MAX_PIXELS = 2**26
"""Of a picture that is decoded: sixteen times the largest that a run makes."""

BACKDROP_PX, BACKDROP_QUALITY = 1000, 80
"""A site map is a backdrop and no evidence: smaller, and compressed always."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the page.

    Attributes:
        key: Its id in the page.
        width, height: Pixels.
        kind: MIME type.
        data: Its bytes.
    """

    key: str
    width: int
    height: int
    kind: str
    data: bytes

    @property
    def href(self) -> str:
        """The picture as an address that asks nobody."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode('ascii')}"


@dataclass(slots=True)
class Album:
    """All pictures of a page.

    Attributes:
        held: By key.
        compressed: WebP quality that the budget asked for; None where all are as the run left them.
    """

    held: dict[str, Picture] = field(default_factory=dict)
    compressed: int | None = None

    def add(self, data: bytes | None) -> Picture | None:
        """Take a picture as it is; None where there is none."""
        if data is None:
            return None
        with opened(data) as image:
            return self._take(image.size, f"image/{str(image.format).lower()}", data)

    def add_framed(self, data: bytes | None, size: tuple[int, int], *, simulated: bool) -> str:
        """Take what lies within the frame of a captioned picture; its key, or nothing."""
        inner = unframed(data, size, simulated=simulated)
        if inner is None:
            return ""
        return self._take(inner.size, "image/png", _png(inner)).key

    def add_backdrop(self, data: bytes | None, size: tuple[int, int], *, simulated: bool) -> str:
        """The same, smaller, for a map."""
        inner = unframed(data, size, simulated=simulated)
        if inner is None:
            return ""
        inner.thumbnail((BACKDROP_PX, BACKDROP_PX), Image.Resampling.LANCZOS)
        coded = _webp(inner, BACKDROP_QUALITY)
        return self._take(inner.size, "image/webp", coded).key

    def _take(self, size: tuple[int, int], kind: str, data: bytes) -> Picture:
        key = f"p{hashlib.sha256(data).hexdigest()[:12]}"
        return self.held.setdefault(key, Picture(key, size[0], size[1], kind, data))

    def fitted(self) -> list[Picture]:
        """All pictures by key, compressed as far as their budget asks for."""
        whole = [self.held[key] for key in sorted(self.held)]
        listed: list[Picture] | None = whole if _fits(whole) else None
        for quality, divided in STEPS:
            if listed is not None:
                return listed
            self.compressed = quality
            last = (quality, divided) == STEPS[-1]
            listed = _coarser(whole, quality, divided, anyhow=last)
        return listed or whole


@contextmanager
def opened(data: bytes) -> Iterator[Image.Image]:
    """A picture of a run, which is a PNG of bounded size.

    Raises:
        UnreadableFile: it is none, or is damaged: of a run whose record was forged.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            _check_area(image)
            yield image
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Pillow says with SyntaxError that a file breaks its format.
        reason = f"it holds a picture that is none ({str(error)[:120]})"
        raise UnreadableFile("the run", reason, "Run it again.") from error


def _check_area(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise ValueError(f"{image.width} x {image.height} pixels")


def unframed(data: bytes | None, size: tuple[int, int], *, simulated: bool) -> Image.Image | None:
    """What lies within the frame of a captioned picture.

    Args:
        data: The picture with its frame.
        size: Width and height of what was framed.
        simulated: Whether its frame has the line that warns of it.

    Returns:
        None where there is no picture, or its frame is not of this version.
    """
    if data is None:
        return None
    with opened(data) as page:
        x, y = picture_at(size[0], simulated=simulated)
        if x + size[0] > page.width or y + size[1] > page.height:
            return None
        return page.convert("RGB").crop((x, y, x + size[0], y + size[1]))


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _webp(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=2)
    return out.getvalue()


def _coarser(
    pictures: Sequence[Picture], quality: int, divided: int, *, anyhow: bool
) -> list[Picture] | None:
    """All compressed alike; None where that is too much, unless it is wanted anyhow."""
    made: list[Picture] = []
    for one in pictures:
        with Image.open(io.BytesIO(one.data)) as image:
            small = image.convert("RGB").reduce(divided)
        made.append(replace(one, kind="image/webp", data=_webp(small, quality)))
        if not anyhow and not _fits(made):
            return None
    return made


def _fits(pictures: Sequence[Picture]) -> bool:
    return sum(len(one.data) for one in pictures) <= BUDGET
