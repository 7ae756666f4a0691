"""``change.png``: both dates and what changed on one page, with all that a caption owes a reader.

A picture travels alone. So its page says where, when in UTC, with which sensor and pixels, how long
a kilometre is, where north is, what is hidden, whose imagery it is, and in a band across the page
whether it is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagery.captions import INK, watermarked
from imagery.codes import CHANGED, GAIN, LOSS, MASKED, NO_DATA
from imagery.cog import CLASS_CODES
from imagery.errors import WriteError
from imagery.quicklook import (
    ENLARGED_TO_PX,
    HATCH_GREYS,
    NO_DATA_GREY,
    View,
    change_picture,
    enlarged,
    hatched,
    stretch,
    stretched,
)
from imagery.sheet import LINE, SMALL, SUBTLE, TITLE, Key, Sheet, stacked
from pipelines.closeups import Cut, Mark, marked, outlined
from pipelines.said import MONTHS

MOST_MARKS = 20
"""Objects that are marked, strongest first."""

MARK_SIZE = 1.7
"""Of marks: the page is seen smaller than it is."""

ROOM = 1.3
"""Around a marked object, to its length: large marks must not hide what they mark."""

WIDE = 1.25
"""Pictures wider than so many heights stand below each other, others side by side."""

FORMS = {
    "appeared": ("box", GAIN),
    "disappeared": ("diamond", LOSS),
    "changed": ("circle", CHANGED),
}
MEANINGS = {"appeared": "appeared", "disappeared": "disappeared", "changed": "no direction"}
COLOURS = {code.value: code.colour for code in CLASS_CODES}


@dataclass(frozen=True, slots=True)
class Spot:
    """An object to be marked.

    Attributes:
        row, col: Of its middle, pixels of the view; the centre of the first pixel is at 0, 0.
        length_m: Its long side.
        direction: ``appeared``, ``disappeared`` or ``changed``.
    """

    row: float
    col: float
    length_m: float
    direction: str


@dataclass(frozen=True, slots=True)
class Account:
    """What the page says beside its pictures.

    Attributes:
        place: Name of the site.
        source: Sensor and pixels.
        found: What changed, or that nothing can be said.
        credit: Whose imagery it is.
        spots: Objects, strongest first.
        zones: (y, x) of the view, True inside a zone; None where there are none.
        rough_m: How far outlines of zones may be off, metres; 0 where that is not known.
    """

    place: str
    source: str
    found: str
    credit: str
    spots: tuple[Spot, ...] = ()
    zones: NDArray[np.bool_] | None = None
    rough_m: float = 0.0


def write_figure(view: View, account: Account, path: Path) -> None:
    """Draw the page and write it.

    Raises:
        WriteError: it cannot be written.
    """
    try:
        figure(view, account).save(path, format="PNG", compress_level=6)
    except OSError as error:
        raise WriteError(path.name, error.strerror) from None


def figure(view: View, account: Account) -> Image.Image:
    """The page: bands of one width, from top to bottom."""
    panels = _panels(view, account)
    across = 1 if panels[0].width > WIDE * panels[0].height else len(panels)
    sheet = Sheet.around(panels[0].width, across)
    subject = view.subject
    bands = [sheet.warning("SIMULATED: not a satellite image")] if subject.simulated else []
    title = f"{account.place}: {_days(view)}"
    bands.append(sheet.text((TITLE, INK, title), (LINE, INK, account.found)))
    titled = [
        sheet.panel(panel, *words)
        for panel, words in zip(panels, _titles(view, account), strict=True)
    ]
    bands += [sheet.row_of(titled[n : n + across]) for n in range(0, len(titled), across)]
    bands.append(sheet.scale(panels[0].width, view.metres / _times(view)))
    bands.append(sheet.keys(_keys(view, account)))
    bands.append(sheet.text((SMALL, SUBTLE, _notes(account)), (SMALL, SUBTLE, account.credit)))
    return stacked(bands)


def _times(view: View) -> int:
    """Whole times by which a pixel is enlarged."""
    return max(1, -(-ENLARGED_TO_PX // int(max(view.classes.shape))))


def _panels(view: View, account: Account) -> list[Image.Image]:
    """Before, after and change, marked alike."""
    times = _times(view)
    low, high = stretch(view)
    before, after = (stretched(image, low, high) for image in (view.before, view.after))
    hidden = enlarged(view.classes == MASKED, times)
    # The enlarged picture is a grid of its own, with pixels so much smaller.
    rows, cols = hidden.shape
    cut = Cut(slice(0, rows), slice(0, cols), view.metres / times)
    marks = [_mark(spot, n, times) for n, spot in enumerate(account.spots[:MOST_MARKS], start=1)]
    panels = []
    for pixels in (before, after, change_picture(after, view.classes)):
        image = Image.fromarray(hatched(enlarged(pixels, times), hidden))
        if account.zones is not None:
            image = outlined(image, enlarged(account.zones, times), cut)
        image = marked(image, marks, cut, size=MARK_SIZE)
        panels.append(watermarked(image) if view.subject.simulated else image)
    return panels


def _mark(spot: Spot, number: int, times: int) -> Mark:
    form, code = FORMS[spot.direction]
    row, col = ((at + 0.5) * times - 0.5 for at in (spot.row, spot.col))
    return Mark(row, col, ROOM * spot.length_m, form, COLOURS[code], str(number))


def _titles(view: View, account: Account) -> list[tuple[str, str]]:
    moments = [view.subject.before, view.subject.after]
    lines = ["time not known" if m is None else f"{m:%H:%M} UTC" for m in moments]
    return [
        (f"Before: {_day(view, 0)}", f"{lines[0]}, {account.source}"),
        (f"After: {_day(view, 1)}", f"{lines[1]}, {account.source}"),
        ("What changed", "in colour over the later image in grey"),
    ]


def _day(view: View, which: int) -> str:
    moment = (view.subject.before, view.subject.after)[which]
    if moment is None:
        return "date not known"
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def _days(view: View) -> str:
    first, last = view.subject.before, view.subject.after
    if first and last and (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {_day(view, 1)}"
    return f"{_day(view, 0)} to {_day(view, 1)}"


def _notes(account: Account) -> str:
    words = "Before and after are stretched alike."
    if account.spots:
        words += " Numbers follow detections.geojson, strongest first"
        rest = len(account.spots) - MOST_MARKS
        words += f"; {rest} weaker objects have none." if rest > 0 else "."
    if account.zones is not None:
        rough = f", whose outlines may be {account.rough_m:g} m off" if account.rough_m else ""
        words += f" Dashed: zones of the site{rough}."
    return words


def _keys(view: View, account: Account) -> list[Key]:
    present = {int(code) for code in np.unique(view.classes)}
    directions = {spot.direction for spot in account.spots}
    keys: list[Key] = [
        (form, COLOURS[code], MEANINGS[name])
        for name, (form, code) in FORMS.items()
        if name in directions or (code in present and name != "changed")
    ]
    if MASKED in present:
        grey = sum(HATCH_GREYS) // 2
        keys.append(("hatch", (grey, grey, grey), "hidden at one date or both"))
    if NO_DATA in present:
        keys.append(("flat", (NO_DATA_GREY,) * 3, "no data"))
    return keys
