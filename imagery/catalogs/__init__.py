"""Scenes to pystac Items, wherever they come from: files and folders, foreign Items, searches."""

from imagery.catalogs.fields import (
    COLLECTION,
    MASKED,
    NOTES,
    OFFSET_DOUBT,
    OFFSET_FACTS,
    PART,
    PARTS,
    PROCESSED,
    PRODUCT,
    QUALITY,
    REQUESTER_PAYS,
    S3,
    SIGNING,
    SIMULATED,
    SOURCE,
    TILE,
    UNDATED,
    WINDOW,
)
from imagery.catalogs.folder import item_from_file, items_from_folder
from imagery.catalogs.found import Refused, SearchResult

__all__ = [
    "COLLECTION",
    "MASKED",
    "NOTES",
    "OFFSET_DOUBT",
    "OFFSET_FACTS",
    "PART",
    "PARTS",
    "PROCESSED",
    "PRODUCT",
    "QUALITY",
    "REQUESTER_PAYS",
    "S3",
    "SIGNING",
    "SIMULATED",
    "SOURCE",
    "TILE",
    "UNDATED",
    "WINDOW",
    "Refused",
    "SearchResult",
    "item_from_file",
    "items_from_folder",
]
