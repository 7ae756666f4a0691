"""Names of what this project adds to an Item."""

from __future__ import annotations

EXTENSIONS = (
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
)
"""Of every Item, before its grid is known too: without them no reader looks at its grid."""

UNDATED = "tilewitness:undated"
"""Property, true on an Item whose datetime only stands for "not known"."""

SIMULATED = "tilewitness:simulated"
"""Property, and field of an asset: true where the pixels were not observed."""

PRODUCT = "tilewitness:product"
"""Property: id of the product, a key of ``sensors.PRODUCTS``."""

TILE = "tilewitness:tile"
"""Property: cell of the product's own grid, MGRS ``36SYD`` or WRS-2 path and row ``174036``."""

PROCESSED = "tilewitness:processed"
"""Property: when the product was made, UTC text ``2024-12-13T11:50:00Z``; it ranks twins."""

COLLECTION = "tilewitness:collection"
"""Property: collection of the catalogue that the Item comes from."""

NOTES = "tilewitness:notes"
"""Property: sentences on what was doubtful in the catalogue's Item and how it was taken."""

SLANT = "tilewitness:slant"
"""Property, true on a radar scene in the geometry of its pass: its files are on no map grid."""

BASELINE = "s2:processing_baseline"
"""Property: Sentinel-2 processing baseline such as ``05.11``."""

APPLIED = "earthsearch:boa_offset_applied"
"""Property: true where the provider says that it took the Sentinel-2 offset off."""

DECLARED_DN = "tilewitness:declared_offset_dn"
"""Property: offset that the rasters declare to be in their DN (1000, 0)."""

OFFSET_DOUBT = "tilewitness:offset_doubt"
"""Property, true where the statements on the offset that were carried contradict each other."""

PARTS = "tilewitness:parts"
"""Property of an Item made of several of one pass: id and properties of each."""

PART = "tilewitness:part"
"""Field of an asset of such an Item: number of its part, from 0."""

QUALITY = "tilewitness:quality"
"""Field of an asset: the band numbers, from 1, that are its quality layer."""

MASKED = "tilewitness:masked"
"""Field of an asset: true where its own mask or alpha says which pixels hold data."""

SIGNING = "tilewitness:signing"
"""Field of a remote asset: how requests for it are signed; absent where they are not."""

REQUESTER_PAYS = "tilewitness:requester_pays"
"""Field of a remote asset, true where the reader pays for the transfer."""

S3 = "tilewitness:s3"
"""Field of a remote asset in an S3 store: its ``endpoint`` and ``region``, as far as known."""

OFFSET_FACTS = "tilewitness:offset_facts"
"""Field of a local asset: what the file itself says of the Sentinel-2 offset, as properties."""

WINDOW = "tilewitness:window"
"""Field of a local asset: [first row, last + 1, first column, last + 1] of what was fetched."""

SOURCE = "tilewitness:source"
"""Field of a local asset: where its bytes come from, and the digest of what was fetched."""

PIECES = "tilewitness:pieces"
"""Field of an asset that was fetched: [offset, length, SHA-256] of each part that is there."""

KEPT = "tilewitness:kept"
"""Field of a working copy, of its original: ``name``, ``size``, ``sha256`` and ``pieces``."""
