"""All traps."""

from __future__ import annotations

from . import masks, places, sights, values
from .files import Trap


def all_traps() -> dict[str, Trap]:
    """By name, in the order of the table of docs/traps.md."""
    found = [trap for part in (places, values, masks, sights) for trap in part.traps()]
    return {trap.name: trap for trap in found}
