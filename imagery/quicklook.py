"""Pictures of a comparison: ``before.png`` and ``after.png``, and the pixels of ``change.png``.

Both dates are stretched alike, so that what looks brighter is brighter. What is masked is hatched
and what has no data is flat grey: neither can be taken for ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from imagery.captions import Caption, Swatch, framed
from imagery.codes import CHANGED, GAIN, LOSS, MASKED, NO_DATA, UNCHANGED
from imagery.cog import CLASS_CODES
from imagery.errors import WriteError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from imagery.scratch import Scratch
    from imagery.write import Subject

ENLARGED_TO_PX = 900
STRETCH_PERCENT = (1.0, 99.0)
STRETCH_SAMPLES = 400  # along a side, at most
NO_DATA_GREY, HATCH_GREYS, HATCH_PX = 205, (120, 185), 8
GAMMA = 1.6  # ground is dark and roofs are bright: without it a city is white dots on black
BACKDROP_GREYS = (95, 245)  # of change.png: pale, so that the colours stand out


@dataclass(frozen=True, slots=True)
class View:
    """What there is to see, already reduced to at most ``reduce.LONG_SIDE_PX``.

    Attributes:
        before: (band, y, x) float32, red, green, blue or one band, any unit; NaN = no data.
        after: The same of the later date, on the same grid.
        classes: (y, x) uint8, codes of ``classes.tif``.
        metres: Ground length of one pixel of these arrays.
        subject: Place, sensing times, and whether anything was simulated.
        credit: Whose imagery it is.
    """

    before: NDArray[np.float32]
    after: NDArray[np.float32]
    classes: NDArray[np.uint8]
    metres: float
    subject: Subject
    credit: str = ""


def write_quicklooks(view: View, folder: Path) -> None:
    """Write the pictures of both dates into ``folder``.

    Raises:
        WriteError: one cannot be written.
    """
    low, high = stretch(view)
    before, after = (stretched(image, low, high) for image in (view.before, view.after))
    # A small scene is shown with each pixel as a square, so that its caption has room.
    times = max(1, ENLARGED_TO_PX // max(view.classes.shape))
    hidden = enlarged(view.classes == MASKED, times)
    for name, pixels in (("before", before), ("after", after)):
        image = Image.fromarray(hatched(enlarged(pixels, times), hidden))
        picture = framed(image, _caption(name, view, view.metres / times))
        try:
            picture.save(folder / f"{name}.png", format="PNG", compress_level=6)
        except OSError as error:
            raise WriteError(f"{name}.png", error.strerror) from None


def reduced_classes(scratch: Scratch, factor: int) -> NDArray[np.uint8]:
    """Codes of a scratch raster in squares of ``factor``, read strip by strip.

    A square shows its commonest code of change as soon as any pixel of it changed: the commonest
    of all codes would hide every small object. Without change: masked where half of it or more
    is, unchanged where anything was seen.

    Args:
        scratch: (1, y, x) uint8.
        factor: From ``reduction``.

    Returns:
        (y, x) uint8.
    """
    _, height, _ = scratch.shape
    rows = factor * 64
    strips = [
        _reduced(scratch[0:1, top : top + rows, :][0], factor) for top in range(0, height, rows)
    ]
    return np.concatenate(strips)


def stretch(view: View) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(low, high) of each band, from both dates together and only where neither is masked."""
    step = max(1, max(view.classes.shape) // STRETCH_SAMPLES)
    seen = ~np.isin(view.classes, (NO_DATA, MASKED))[::step, ::step]
    limits = []
    for before, after in zip(view.before, view.after, strict=True):
        values = np.concatenate([band[::step, ::step][seen] for band in (before, after)])
        values = values[np.isfinite(values)]
        low, high = np.percentile(values, STRETCH_PERCENT) if values.size else (0.0, 1.0)
        limits.append((low, high if high > low else low + 1))
    low, high = np.array(limits, dtype=np.float32).T
    return low, high


def stretched(
    image: NDArray[np.float32], low: NDArray[np.float32], high: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """(y, x, 3) uint8 of (band, y, x); flat grey where any band is NaN."""
    scaled = (image - low[:, None, None]) / (high - low)[:, None, None]
    missing = np.isnan(scaled).any(axis=0)
    levels = np.rint(np.clip(np.nan_to_num(scaled), 0, 1) ** (1 / GAMMA) * 255).astype(np.uint8)
    pixels = np.repeat(levels, 3, axis=0) if len(levels) == 1 else levels
    picture: NDArray[np.uint8] = np.moveaxis(pixels, 0, -1).copy()
    picture[missing] = NO_DATA_GREY
    return picture


def change_picture(after: NDArray[np.uint8], classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The later date in pale grey under the colours of what changed, (y, x, 3) uint8."""
    dark, light = BACKDROP_GREYS
    grey = np.rint(dark + after.mean(axis=-1) / 255 * (light - dark)).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=-1)
    picture[classes == NO_DATA] = NO_DATA_GREY
    for code in CLASS_CODES:
        if code.value in (GAIN, LOSS, CHANGED):
            picture[classes == code.value] = code.colour
    return picture


def hatched(picture: NDArray[np.uint8], hidden: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture with grey diagonal stripes where ``hidden`` is True."""
    rows, cols = np.indices(hidden.shape)
    stripes = np.where((rows + cols) % HATCH_PX < HATCH_PX // 2, *HATCH_GREYS).astype(np.uint8)
    return np.where(hidden[..., None], stripes[..., None], picture)


def _reduced(codes: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    if factor == 1:
        return codes
    height, width = (-(-size // factor) for size in codes.shape)
    counts = np.zeros((len(CLASS_CODES), height, width), dtype=np.int64)
    rows, cols = (np.arange(size) // factor for size in codes.shape)
    np.add.at(counts, (codes, rows[:, None], cols[None, :]), 1)
    changed = counts[[GAIN, LOSS, CHANGED]]
    winner = np.array([GAIN, LOSS, CHANGED], dtype=np.uint8)[changed.argmax(axis=0)]
    clear = np.where(counts[UNCHANGED] > 0, UNCHANGED, NO_DATA)
    quiet = np.where(2 * counts[MASKED] >= np.maximum(counts.sum(axis=0), 1), MASKED, clear)
    quiet = np.where((quiet == NO_DATA) & (counts[MASKED] > 0), MASKED, quiet)
    return np.where(changed.any(axis=0), winner, quiet).astype(np.uint8)


def enlarged(pixels: NDArray[Any], times: int) -> NDArray[Any]:
    """Each pixel of (y, x) or (y, x, 3) as a square of ``times``."""
    return np.repeat(np.repeat(pixels, times, axis=0), times, axis=1)


def _caption(name: str, view: View, metres: float) -> Caption:
    subject = view.subject
    moment = subject.before if name == "before" else subject.after
    place = f"{subject.site_id}: " if subject.site_id else ""
    return Caption(
        title=f"{place}{name}",
        line=_day(moment),
        legend=_legend(view),
        metres=metres,
        simulated=subject.simulated,
        credit=view.credit,
    )


def _legend(view: View) -> tuple[Swatch, ...]:
    present = {int(code) for code in np.unique(view.classes)}
    grey, hatch = (NO_DATA_GREY,) * 3, (sum(HATCH_GREYS) // 2,) * 3
    swatches = []
    if MASKED in present:
        swatches.append(Swatch(hatch, "masked (hatched)"))
    if NO_DATA in present:
        swatches.append(Swatch(grey, "no data"))
    return tuple(swatches)


def _day(moment: datetime | None) -> str:
    return "date unknown" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
