"""All traps."""

from __future__ import annotations

from . import bands, holes, masks, motion, places, sights, values
from .files import Trap

KINDS = (places, values, holes, bands, masks, sights, motion)


def all_traps() -> dict[str, Trap]:
    """By name, kind by kind."""
    found = [trap for kind in KINDS for trap in kind.traps()]
    return {trap.name: trap for trap in found}
