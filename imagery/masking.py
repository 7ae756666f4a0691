"""Decides, before a pair is measured, where the masks of its scenes are not taken at their word."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pystac
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery import learned_mask, stack, structures
from imagery.catalogs import PRODUCT
from imagery.grid import LATTICE_PX
from imagery.masks import SEEN, SOUND
from imagery.overlay import GROUND, HIDDEN, KEPT, attached
from imagery.pairs import Pair, lattice
from imagery.parts import parts
from imagery.scratch import Scratch
from imagery.sensors import PRODUCTS

PRODUCT_MASK, LEARNED, BOTH = "product", "learned", "both"

BLOCK_PX = 4 * LATTICE_PX
"""Pixels are decided in squares of this side, to bound memory; no result depends on it."""


def require(mask: str) -> None:
    """Find out before anything is read whether a mask can be had.

    Raises:
        InputError: it is a learned one, and its extra is not installed.
    """
    if mask != PRODUCT_MASK:
        learned_mask.require()


def remasked(
    pair: Pair,
    folder: Path,
    *,
    others: Sequence[pystac.Item] = (),
    mask: str = PRODUCT_MASK,
) -> Pair:
    """The pair whose masks were looked at twice; as it was where nothing came of it, and of radar.

    Args:
        pair: Not yet registered.
        folder: For the marks, which must stay there as long as the pair is read.
        others: Further dates of the same product, with local quality layers on the pair's grid.
        mask: ``product``: its quality layer, less what is a structure. ``learned``: a model's
            instead. ``both``: clear is what both say is clear.

    Raises:
        InputError, BandError: the learned mask cannot be had: see ``learned_mask``.
        UnreadableFile: a file cannot be read.
        WriteError: the folder is full or gone.
    """
    if pair.radar:
        return pair
    marks = Scratch.create(folder / "marks.raw", shape=(2, *pair.shape), dtype="uint8")
    pair = dataclasses.replace(pair, further=tuple(others) if mask != LEARNED else ())
    marked = mask != LEARNED and _mark_structures(pair, marks)
    if mask != PRODUCT_MASK:
        _mark_learned(pair, marks, alone=mask == LEARNED)
    elif not marked:
        return pair
    before, after = (
        attached(item, marks, band=band, grid=pair.grid)
        for band, item in enumerate((pair.before, pair.after))
    )
    return dataclasses.replace(pair, before=before, after=after)


def _mark_learned(pair: Pair, marks: Scratch, *, alone: bool) -> None:
    """Hide what the model hides, and ``alone`` open what only the air hides for the product."""
    for rows, cols in lattice(pair.shape):
        for band, item in enumerate((pair.before, pair.after)):
            clear = learned_mask.clear_block(item, pair.grid, pair.bands, at=(rows, cols))
            at = slice(band, band + 1), rows, cols
            found = marks[at][0]
            if alone:
                found = np.where(_sound(item, pair.grid[rows, cols]), GROUND, KEPT)
            marks[at] = np.where(clear, found, HIDDEN)[None]


def _sound(item: pystac.Item, window: GeoBox) -> NDArray[np.bool_]:
    """(y, x), True where a quality layer finds no fault but, perhaps, of the air."""
    sound = np.zeros(window.shape.yx, dtype=bool)
    seen = np.zeros(window.shape.yx, dtype=bool)
    quality = str(PRODUCTS[item.properties[PRODUCT]].quality)
    for part in parts(item):
        codes = stack.quality_classes(part, window)
        if codes is None:
            return np.ones_like(sound)
        there = SEEN[quality](codes[None])
        sound |= SOUND[quality](codes[None]) & there & ~seen
        seen |= there
    return sound


def _mark_structures(pair: Pair, marks: Scratch) -> bool:
    """Whether there are any."""
    reach = math.ceil(structures.REACH_M / abs(pair.grid.resolution.x)) + 1
    height, width = pair.shape
    anything = False
    for top in range(0, height, BLOCK_PX):
        for left in range(0, width, BLOCK_PX):
            bottom, right = min(top + BLOCK_PX, height), min(left + BLOCK_PX, width)
            up, aside = max(top - reach, 0), max(left - reach, 0)
            wide = pair.grid[up : min(bottom + reach, height), aside : min(right + reach, width)]
            found = structures.marks((pair.before, pair.after), pair.further, wide)
            if found is None:
                continue
            inner = slice(top - up, bottom - up), slice(left - aside, right - aside)
            kept = np.stack([each[inner] for each in found])
            marks[:, top:bottom, left:right] = kept
            anything |= bool(kept.any())
    return anything
