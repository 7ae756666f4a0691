"""What stands around a picture and on it: title, dates, legend, scale bar, north, warning."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

PAPER, INK, FAINT, WARNING = (255, 255, 255), (20, 20, 20), (110, 110, 110), (176, 0, 32)
MARGIN, NARROWEST = 16, 640
TITLE_PX, TEXT_PX, WARNING_PX, CREDIT_PX = 26, 17, 24, 13
LEGEND_LINE = 26
WATERMARK = "SIMULATED"
WATERMARK_ALPHA = 150
BAR_SHARE = 0.25  # of the width, at most


@dataclass(frozen=True, slots=True)
class Swatch:
    """A line of the legend: its colour and what that means."""

    colour: Colour
    text: str


@dataclass(frozen=True, slots=True)
class Caption:
    """The words and measures of one picture.

    Attributes:
        title: Large, top left.
        line: Smaller, below it: dates in UTC.
        legend: From left to right, as many lines as they need.
        metres: Ground length of one pixel of the picture.
        simulated: Marks the picture, across and above, so that no crop loses it.
        credit: Small, below all; may be empty.
    """

    title: str
    line: str
    legend: tuple[Swatch, ...]
    metres: float
    simulated: bool
    credit: str = ""


def framed(image: Image.Image, caption: Caption) -> Image.Image:
    """The picture in the middle of a white page, north up, with its caption around it."""
    width = max(image.width, NARROWEST)
    places = _legend_places(caption.legend, width)
    lines = 1 + max((line for line, _ in places), default=-1)
    left, top = picture_at(image.width, simulated=caption.simulated)
    below = 2 * MARGIN + 34 + lines * LEGEND_LINE
    bottom = below + (LEGEND_LINE if caption.credit else 0)
    page = Image.new("RGB", (width, top + image.height + bottom), PAPER)
    marked = watermarked(image) if caption.simulated else image
    page.paste(marked, (left, top))
    draw = ImageDraw.Draw(page)
    y = 0
    if caption.simulated:
        y = WARNING_PX + MARGIN
        draw.rectangle((0, 0, width, y - 1), fill=WARNING)
        words = "SIMULATED - not a satellite image"
        draw.text((width / 2, y / 2), words, PAPER, letters(WARNING_PX), anchor="mm")
    draw.text((MARGIN, y + MARGIN // 2), caption.title, INK, letters(TITLE_PX))
    draw.text((MARGIN, y + MARGIN // 2 + TITLE_PX + 6), caption.line, FAINT, letters(TEXT_PX))
    foot = top + image.height + MARGIN
    scale_bar(draw, (MARGIN, foot), width, caption.metres)
    north(draw, (width - MARGIN - 12, foot))
    _legend(draw, caption.legend, places, foot + 34 + MARGIN // 2)
    if caption.credit:
        at = (MARGIN, page.height - LEGEND_LINE)
        draw.text(at, caption.credit, FAINT, letters(CREDIT_PX))
    return page


def picture_at(width: int, *, simulated: bool) -> tuple[int, int]:
    """(x, y) of a picture of that width on its page.

    >>> picture_at(900, simulated=False), picture_at(600, simulated=True)
    ((0, 75), (20, 115))
    """
    above = 2 * MARGIN + TITLE_PX + TEXT_PX
    warning = WARNING_PX + MARGIN if simulated else 0
    return (max(width, NARROWEST) - width) // 2, above + warning


def scale_length(widest_m: float) -> float:
    """The longest of 1, 2 or 5 times a power of ten metres that is at most ``widest_m``.

    >>> [scale_length(metres) for metres in (0.7, 19.9, 4000.0)]
    [0.5, 10.0, 2000.0]
    """
    power = 10.0 ** (len(f"{widest_m:.0f}") if widest_m >= 1 else 0)
    while power > widest_m:
        power /= 10
    return power * max(step for step in (1, 2, 5) if step * power <= widest_m)


def letters(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that Pillow brings along: the same letters on every machine."""
    return ImageFont.load_default(size)


def watermarked(image: Image.Image) -> Image.Image:
    """The picture with the word across it at the upper left, in the middle and the lower right."""
    layer = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(layer)
    font = letters(max(14, image.width // 12))
    for anchor, x, y in (("lm", 0.03, 1 / 6), ("mm", 0.5, 1 / 2), ("rm", 0.97, 5 / 6)):
        draw.text((image.width * x, image.height * y), WATERMARK, WATERMARK_ALPHA, font, anchor)
    return Image.composite(Image.new("RGB", image.size, PAPER), image.convert("RGB"), layer)


def scale_bar(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    width: int,
    metres: float,
    *,
    size: float = 1.0,
) -> None:
    """A bar of a round length, at most a quarter of ``width``, with its length in words.

    Args:
        draw: Draws on the page.
        place: Left end and top, pixels.
        width: Of the picture that it belongs to, pixels.
        metres: Ground length of one pixel of that picture.
        size: Of letters and lines; 1 on a page of ``NARROWEST``.
    """
    length = scale_length(width * BAR_SHARE * metres)
    x, y = place
    end, base = x + round(length / metres), y + 20 * size
    thick, tick = round(3 * size), 6 * size
    draw.line((x, base, end, base), fill=INK, width=thick)
    for at in (x, end):
        draw.line((at, base - tick, at, base + tick), fill=INK, width=thick)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    words = letters(round(TEXT_PX * size))
    draw.text((end + 10 * size, base), text, INK, words, anchor="lm")


def north(draw: ImageDraw.ImageDraw, place: tuple[float, float], *, size: float = 1.0) -> None:
    """An arrow with its tip at ``place``."""
    x, y = place
    tips = ((0, 0), (-8, 26), (0, 20), (8, 26))
    draw.polygon([(x + dx * size, y + dy * size) for dx, dy in tips], fill=INK)
    words = letters(round(TEXT_PX * size))
    draw.text((x - 16 * size, y + 14 * size), "N", INK, words, anchor="rm")


def _legend_places(legend: tuple[Swatch, ...], width: int) -> list[tuple[int, int]]:
    """(line, x) of each entry, on to the next line where one is full."""
    places: list[tuple[int, int]] = []
    line, x = 0, MARGIN
    for swatch in legend:
        needed = 24 + round(letters(TEXT_PX).getlength(swatch.text)) + 2 * MARGIN
        if x > MARGIN and x + needed > width:
            line, x = line + 1, MARGIN
        places.append((line, x))
        x += needed
    return places


def _legend(
    draw: ImageDraw.ImageDraw,
    legend: tuple[Swatch, ...],
    places: list[tuple[int, int]],
    top: int,
) -> None:
    for swatch, (line, x) in zip(legend, places, strict=True):
        y = top + line * LEGEND_LINE
        draw.rectangle((x, y, x + 16, y + 16), fill=swatch.colour, outline=FAINT)
        draw.text((x + 24, y + 8), swatch.text, INK, letters(TEXT_PX), anchor="lm")
