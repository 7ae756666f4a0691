"""The occupancy of zones over time as a picture: a strip for each zone, a column for each date."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from PIL import Image, ImageDraw

from imagery.detectors.occupancy import Occupancy

WIDTH, STRIP, MARGIN, HEAD = 900, 120, 60, 18
INK, PALE, BAR, UNSEEN = (30, 30, 30), (225, 225, 225), (226, 170, 90), (205, 205, 205)


def draw(rows: Sequence[Occupancy], *, simulated: bool = False) -> Image.Image:
    """Bars: anomalous ground. Whiskers: interval of the count. Grey columns: no clear view.

    A date that was not judged has no column.

    Args:
        rows: As made by ``occupancy.series``, at least one; each zone is scaled by itself.
        simulated: Written on it.
    """
    zones = [(zone, list(group)) for zone, group in groupby(rows, key=lambda row: row.zone_id)]
    image = Image.new("RGB", (WIDTH, max(1, len(zones)) * STRIP), "white")
    pen = ImageDraw.Draw(image)
    for number, (zone, group) in enumerate(zones):
        _strip(pen, number * STRIP, zone, group)
    if simulated:
        pen.text((WIDTH - MARGIN - 30, 2), "SIMULATED", fill=INK)
    return image


def _strip(pen: ImageDraw.ImageDraw, top: int, zone: str, rows: Sequence[Occupancy]) -> None:
    base, height = top + STRIP - 16, STRIP - 16 - HEAD
    most_m2 = max([row.anomalous_m2 or 0.0 for row in rows] + [1.0])
    most = max([row.count.high for row in rows if row.count] + [1])
    first = rows[0].moment
    span = max((rows[-1].moment - first).total_seconds(), 1.0)
    pen.text((4, top + 2), f"{zone}: count 0-{most}, unusual ground 0-{most_m2:.0f} m2", fill=INK)
    pen.line((MARGIN, base, WIDTH - MARGIN, base), fill=PALE)
    for row in rows:
        x = MARGIN + (row.moment - first).total_seconds() / span * (WIDTH - 2 * MARGIN)
        if row.state == "not_judged":
            continue
        if row.count is None:
            pen.rectangle((x - 2, base - height, x + 2, base), fill=UNSEEN)
            continue
        if row.anomalous_m2:
            bar = row.anomalous_m2 / most_m2 * height
            pen.rectangle((x - 2, base - bar, x + 2, base), fill=BAR)
        low, high = (base - count / most * height for count in (row.count.low, row.count.high))
        pen.line((x, low, x, high), fill=INK)
        pen.ellipse((x - 2, (low + high) / 2 - 2, x + 2, (low + high) / 2 + 2), fill=INK)
    pen.text((MARGIN - 30, base + 2), f"{first:%Y-%m-%d}", fill=INK)
    pen.text((WIDTH - MARGIN - 30, base + 2), f"{rows[-1].moment:%Y-%m-%d}", fill=INK)
