"""Pictures of one place on one date: cut around what was asked, enlarged, marked.

Dates that are shown side by side share one stretch and one cut. What has no clear view is hatched.
Marks differ in shape and in a colour that colour-blind readers tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import binary_erosion

from imagery.captions import Colour, Swatch
from imagery.codes import MASKED, UNCHANGED
from imagery.detectors.sightings import Sighting, window
from imagery.kernels import Float
from imagery.quicklook import ENLARGED_TO_PX, HATCH_GREYS, View, hatched, stretch, stretched
from imagery.write import Subject

LEAST_M, MOST_M, MARGIN_M = 600.0, 2000.0, 150.0
"""Sides of a cut, and the ground that is shown around a zone."""

SLIMMEST = 0.75
"""Shorter over longer side, where the grid allows."""

SURE, FAINT, FOUND, MISSED = (230, 159, 0), (86, 180, 233), (0, 114, 178), (213, 94, 0)
"""Colours that stay apart for colour-blind readers.

Source: Okabe & Ito 2008, "Color universal design".
"""

HATCHED = Swatch((sum(HATCH_GREYS) // 2,) * 3, "no clear view (hatched)")
EDGE = Swatch((20, 20, 20), "zone (dashed)")
HALO: Colour = (255, 255, 255)
LINE_PX, HALO_PX, LABEL_PX = 2, 6, 16
MOST_LABELS = 20
ROOM = 1.5  # of a mark, to the length of what it stands around
LEAST_MARK_PX = 7
STREWN, STREWN_ALPHA = 40, 120  # words so small that pixels can be seen between them
EDGE_PX, DASH_PX, EDGE_GREYS = 2, 6, (20, 235)


@dataclass(frozen=True, slots=True)
class Cut:
    """A rectangle of a grid.

    Attributes:
        rows, cols: Pixels of the grid.
        pixel_m: Of the grid.
    """

    rows: slice
    cols: slice
    pixel_m: float

    @property
    def times(self) -> int:
        """Whole times by which a pixel is enlarged."""
        longest = max(self.rows.stop - self.rows.start, self.cols.stop - self.cols.start)
        return max(1, int(ENLARGED_TO_PX // max(longest, 1)))

    def at(self, row: float, col: float) -> tuple[float, float]:
        """X and y of a place of the grid in the enlarged picture."""
        return (
            (col - self.cols.start + 0.5) * self.times,
            (row - self.rows.start + 0.5) * self.times,
        )

    def holds(self, row: float, col: float) -> bool:
        """Whether a place of the grid is in the picture."""
        inside = (
            self.rows.start <= row <= self.rows.stop - 1
            and self.cols.start <= col <= self.cols.stop - 1
        )
        return bool(inside)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to point at.

    Attributes:
        row, col: Pixels of the grid; the centre of the first pixel is at 0, 0.
        length_m: Of what stands there.
        form: ``box``, ``corners``, ``circle`` or ``diamond``.
        colour: Of its line.
        label: Beside it; may be empty.
    """

    row: float
    col: float
    length_m: float
    form: str
    colour: Colour
    label: str = ""


def cut_of(zone: NDArray[np.bool_], seen: Sequence[Sighting], pixel_m: float) -> Cut:
    """The rectangle to show: the zone where it fits, else around the strongest sighting.

    Args:
        zone: (y, x) True where something may lie; not empty.
        seen: Strongest first.
        pixel_m: Of the grid.
    """
    sides = window(zone, 0)
    wanted = [(side.stop - side.start) * pixel_m + 2 * MARGIN_M for side in sides]
    shown = [min(max(each, LEAST_M), MOST_M) for each in wanted]
    spans = []
    for axis, side in enumerate(sides):
        middle = (side.start + side.stop) / 2
        if wanted[axis] > MOST_M and seen:
            middle = (seen[0].row, seen[0].col)[axis] + 0.5
        length = round(max(shown[axis], SLIMMEST * max(shown)) / pixel_m)
        spans.append(_span(middle, length, zone.shape[axis]))
    return Cut(spans[0], spans[1], pixel_m)


def _span(middle: float, length: int, size: int) -> slice:
    """So many pixels around a middle, moved to lie inside; all where there are fewer."""
    start = min(max(round(middle - length / 2), 0), max(size - length, 0))
    return slice(start, min(start + length, size))


def colours(values: Float, bands: Sequence[str]) -> Float:
    """(band, y, x) red, green and blue, or the mean of all bands where one of them is missing."""
    if {"red", "green", "blue"} <= set(bands):
        return values[[bands.index(name) for name in ("red", "green", "blue")]]
    # A pixel is shown only where all bands are: so was it judged.
    return np.asarray(values.mean(axis=0, keepdims=True), np.float32)


def pictures(
    dates: Mapping[str, Float], bands: Sequence[str], cut: Cut, *, by: tuple[str, str]
) -> dict[str, Image.Image]:
    """The same cut of some dates, all stretched alike.

    Args:
        dates: (band, y, x) reflectance by name, NaN = no clear view.
        bands: Canonical names.
        cut: What to show.
        by: Names of the two dates that the stretch is taken from.
    """
    shown = {name: colours(values[:, cut.rows, cut.cols], bands) for name, values in dates.items()}
    first, last = (shown[name] for name in by)
    seen = np.isfinite(first).all(axis=0) & np.isfinite(last).all(axis=0)
    classes = np.where(seen, UNCHANGED, MASKED).astype(np.uint8)
    low, high = stretch(View(first, last, classes, cut.pixel_m, Subject(None, None, None)))
    return {name: _picture(values, low, high, cut.times) for name, values in shown.items()}


def _picture(values: Float, low: Float, high: Float, times: int) -> Image.Image:
    hidden = ~np.isfinite(values).all(axis=0)
    pixels = stretched(values, low, high)
    large = pixels.repeat(times, axis=0).repeat(times, axis=1)
    return Image.fromarray(hatched(large, hidden.repeat(times, axis=0).repeat(times, axis=1)))


def strewn(image: Image.Image, words: str) -> Image.Image:
    """A copy with words all over it, so close that no cut of a target's surroundings is without."""
    height = max(12, image.width // STREWN)
    font = ImageFont.load_default(height)
    width = round(font.getlength(words))
    layer = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(layer)
    for row, y in enumerate(range(height, image.height, 5 * height)):
        for x in range(-(row % 2) * width, image.width, 2 * width):
            draw.text((x, y), words, STREWN_ALPHA, font)
    return Image.composite(Image.new("RGB", image.size, HALO), image.convert("RGB"), layer)


def outlined(image: Image.Image, zone: NDArray[np.bool_], cut: Cut) -> Image.Image:
    """A copy with a dashed line along the edge of a zone.

    Args:
        image: Of the cut, enlarged.
        zone: (y, x) of the whole grid, True where something may lie.
        cut: What the image shows.
    """
    inside = zone[cut.rows, cut.cols].repeat(cut.times, axis=0).repeat(cut.times, axis=1)
    edge = inside & ~binary_erosion(inside, iterations=EDGE_PX, border_value=1)
    rows, cols = np.nonzero(edge)
    dark, light = EDGE_GREYS
    pixels = np.asarray(image).copy()
    pixels[rows, cols] = np.where((rows + cols) // DASH_PX % 2, dark, light)[:, None]
    return Image.fromarray(pixels)


def marked(
    image: Image.Image, marks: Sequence[Mark], cut: Cut, *, size: float = 1.0
) -> Image.Image:
    """A copy with marks; those outside the cut are left out.

    Args:
        image: Of the cut, enlarged.
        marks: What to point at.
        cut: What the image shows.
        size: Of lines and labels, 1 where the picture is seen as large as it is.
    """
    out = image.copy()
    draw = ImageDraw.Draw(out)
    line, halo = round(LINE_PX * size), round(HALO_PX * size)
    font = ImageFont.load_default(round(LABEL_PX * size))
    for mark in marks:
        if not cut.holds(mark.row, mark.col):
            continue
        x, y = cut.at(mark.row, mark.col)
        half = max(ROOM * mark.length_m / 2 / cut.pixel_m * cut.times, LEAST_MARK_PX * size)
        for colour, width in ((HALO, halo), (mark.colour, line)):
            _form(draw, mark.form, (x, y, half + (width - line) / 2), colour, width)
        if mark.label:
            # Beside the mark, on the side where there is room.
            fits = x + half + halo + font.getlength(mark.label) < out.width
            place = (x + half + halo, y - half) if fits else (x - half - halo, y - half)
            anchor = "la" if fits else "ra"
            draw.text(
                place, mark.label, mark.colour, font, anchor, stroke_width=3, stroke_fill=HALO
            )
    return out


def _form(
    draw: ImageDraw.ImageDraw,
    form: str,
    place: tuple[float, float, float],
    colour: Colour,
    width: int,
) -> None:
    x, y, half = place
    around = (x - half, y - half, x + half, y + half)
    if form == "box":
        draw.rectangle(around, outline=colour, width=width)
    elif form == "circle":
        draw.ellipse(around, outline=colour, width=width)
    elif form == "diamond":
        corners = ((x, y - half), (x + half, y), (x, y + half), (x - half, y))
        draw.polygon(corners, outline=colour, width=width)
    else:
        for sx in (-1, 1):
            for sy in (-1, 1):
                corner = (x + sx * half, y + sy * half)
                draw.line((*corner, corner[0] - sx * half / 2, corner[1]), fill=colour, width=width)
                draw.line((*corner, corner[0], corner[1] - sy * half / 2), fill=colour, width=width)
