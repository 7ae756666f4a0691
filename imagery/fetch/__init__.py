"""Remote bytes to local files: the blocks that a site touches, kept by their SHA-256."""

from imagery.fetch.localize import localized
from imagery.fetch.store import Store, Tally

__all__ = ["Store", "Tally", "localized"]
