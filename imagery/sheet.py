"""A page for print and web, made of bands of one width from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from imagery.captions import FAINT, INK, PAPER, WARNING, Colour, letters, north, scale_bar

NARROWEST = 1100
"""Width of a page, pixels, at which letters have these sizes; on wider pages they are larger."""

TITLE, WORD, LINE, SMALL = 27, 20, 17, 14
EDGE, GAP = 22, 14
SUBTLE: Colour = (70, 70, 70)
LEADING = 1.4

Key = tuple[str, Colour, str]
"""``box``, ``diamond``, ``circle``, ``hatch`` or ``flat``; its colour; what it means."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Bands of a page.

    Attributes:
        width: Of the page.
        row: Of the pictures in it, which stand in its middle.
    """

    width: int
    row: int

    @classmethod
    def around(cls, picture: int, across: int) -> Sheet:
        """A page for so many pictures of a width side by side."""
        row = across * picture + (across - 1) * GAP
        return cls(max(row, NARROWEST - 2 * EDGE) + 2 * EDGE, row)

    @property
    def size(self) -> float:
        """Of letters and lines, 1 on the narrowest page."""
        return self.width / NARROWEST

    @property
    def left(self) -> int:
        """Where the pictures begin."""
        return (self.width - self.row) // 2

    def high(self, size: int) -> int:
        """Of a line of letters."""
        return round(LEADING * size * self.size)

    def band(self, height: float) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        """An empty band, and what draws on it."""
        image = Image.new("RGB", (self.width, round(height)), PAPER)
        return image, ImageDraw.Draw(image)

    def warning(self, words: str) -> Image.Image:
        """Words that nobody can miss."""
        image, draw = self.band(2 * self.high(WORD))
        draw.rectangle((0, 0, image.width, image.height), fill=WARNING)
        middle = image.width / 2, image.height / 2
        draw.text(middle, words, PAPER, letters(round(WORD * self.size)), anchor="mm")
        return image

    def text(self, *lines: tuple[int, Colour, str]) -> Image.Image:
        """Lines of a size and colour; what does not fit goes on below."""
        pad = round(EDGE * self.size / 2)
        room = self.width - 2 * EDGE
        parts = [
            (size, colour, part)
            for size, colour, words in lines
            for part in broken(words, round(size * self.size), room)
        ]
        image, draw = self.band(2 * pad + sum(self.high(size) for size, _, _ in parts))
        y = pad
        for size, colour, words in parts:
            draw.text((EDGE, y), words, colour, letters(round(size * self.size)))
            y += self.high(size)
        return image

    def panel(self, picture: Image.Image, title: str, line: str) -> Image.Image:
        """A picture below two lines."""
        top = self.high(LINE) + self.high(SMALL)
        page = Image.new("RGB", (picture.width, top + picture.height), PAPER)
        draw = ImageDraw.Draw(page)
        draw.text((0, 0), title, INK, letters(round(LINE * self.size)))
        draw.text((0, self.high(LINE)), line, SUBTLE, letters(round(SMALL * self.size)))
        page.paste(picture, (0, top))
        return page

    def row_of(self, panels: Sequence[Image.Image]) -> Image.Image:
        """Pictures side by side."""
        image, _ = self.band(panels[0].height + GAP)
        for number, panel in enumerate(panels):
            image.paste(panel, (self.left + number * (panel.width + GAP), 0))
        return image

    def scale(self, picture: int, metres: float) -> Image.Image:
        """The scale of a picture of that width, and north."""
        image, draw = self.band(34 * self.size)
        scale_bar(draw, (self.left, 0), picture, metres, size=self.size)
        north(draw, (self.left + self.row - 10 * self.size, 2), size=self.size)
        return image

    def keys(self, keys: Sequence[Key]) -> Image.Image:
        """What marks and colours mean, from left to right, on as many lines as they need."""
        font, side = letters(round(LINE * self.size)), LINE * self.size
        places, x, y = [], float(EDGE), 0
        for _, _, words in keys:
            wide = font.getlength(words) + 3 * side
            if x > EDGE and x + wide > self.width - EDGE:
                x, y = float(EDGE), y + self.high(LINE)
            places.append((x, y))
            x += wide
        image, draw = self.band(y + 1.5 * self.high(LINE))
        for (form, colour, words), (x, y) in zip(keys, places, strict=True):
            _key(draw, form, (x, y + side / 2, side), colour)
            draw.text((x + 1.4 * side, y + side), words, INK, font, anchor="lm")
        return image


def stacked(bands: Sequence[Image.Image]) -> Image.Image:
    """Bands of one width, one below the other."""
    page = Image.new("RGB", (bands[0].width, sum(band.height for band in bands)), PAPER)
    y = 0
    for band in bands:
        page.paste(band, (0, y))
        y += band.height
    return page


def broken(words: str, size: int, room: float) -> list[str]:
    """Words in lines that fit; one that is wider than the page is cut."""
    font, lines = letters(size), [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _key(
    draw: ImageDraw.ImageDraw, form: str, place: tuple[float, float, float], colour: Colour
) -> None:
    """A form with the same form filled in it: marks are hollow, and colour fills what they mark."""
    x, y, side = place
    thick = max(2, round(side / 8))
    if form in ("flat", "hatch"):
        draw.rectangle((x, y, x + side, y + side), fill=colour, outline=FAINT)
    for step in (0.35, 0.7, 1.0) if form == "hatch" else ():
        draw.line((x, y + step * side, x + step * side, y), fill=PAPER, width=thick)
    for inset in (0.0, side / 4):
        low, high, middle = inset, side - inset, side / 2
        around = (x + low, y + low, x + high, y + high)
        filled = colour if inset else None
        if form == "box":
            draw.rectangle(around, fill=filled, outline=colour, width=thick)
        elif form == "circle":
            draw.ellipse(around, fill=filled, outline=colour, width=thick)
        elif form == "diamond":
            tips = ((middle, low), (high, middle), (middle, high), (low, middle))
            draw.polygon([(x + dx, y + dy) for dx, dy in tips], filled, colour, width=thick)
