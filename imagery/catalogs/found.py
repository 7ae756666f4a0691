"""What a search brought: Items, and what was refused with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import pystac

MAX_ID = 200
"""Characters of an id; longer ones are refused."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A scene that a source holds and that cannot be used.

    Attributes:
        id: Of the Item, or name of the file; printable.
        reason: One sentence for a reader.
    """

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a source holds of a place and a period.

    Attributes:
        items: Canonical, by datetime and id.
        refused: By id. Never part of ``items``.
    """

    items: tuple[pystac.Item, ...]
    refused: tuple[Refused, ...] = ()
