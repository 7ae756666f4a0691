"""What a user may choose, checked once.

Values come from three places, the later one winning: the defaults here, a TOML file
(``--config``), and options on the command line.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from imagery.errors import InputError
from imagery.sensors import PRODUCTS
from pipelines.toml import toml_table, toml_text

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

METHODS = ("rcva", "irmad", "cva")
"""Names of `imagery.change.METHODS`, kept here so that ``--help`` imports no array library."""

MASKS = ("product", "learned", "both")
"""What says where it is clear: see `imagery.masking.remasked`."""

CHUNK_PX = (64, 16384)
"""Smallest and largest side of a Dask chunk, in pixels. It bounds memory, never a result."""

LARGEST_FILE = 2**20
"""Bytes of a file of options; one page is many."""

LONGEST_DAYS = 730
"""A history is at most two years long: each season twice."""

ARCHIVE = "earth-search"
"""Where scenes come from unless something else is given: it asks for no account."""

T = TypeVar("T", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Options:
    """How to compare two dates.

    A result depends on ``method``, ``product``, ``mask`` and ``history`` alone.

    Attributes:
        method: Change score, one of ``METHODS``.
        chunk: Side of a Dask chunk, pixels.
        workers: Threads or processes to use; None lets Dask choose.
        overwrite: Replace an existing, non-empty output folder.
        product: Id of the only product whose scenes are compared; None takes the clearest
            optical one.
        mask: What says where it is clear, one of ``MASKS``.
        history: Days before the earlier date in which a site's history is looked for; 0 compares
            the two dates alone.
        keep: Folder in which the originals of what is read are kept; None for the user's own.

    Raises:
        InputError: a value is of the wrong type, unknown or out of range.
    """

    method: str = METHODS[0]
    chunk: int = 1024
    workers: int | None = None
    overwrite: bool = False
    product: str | None = None
    mask: str = MASKS[0]
    history: int = LONGEST_DAYS
    keep: str | None = None

    def __post_init__(self) -> None:
        if self.mask not in MASKS:
            raise InputError("mask", self.mask, nearest(self.mask, MASKS))
        if self.product is not None and self.product not in tuple(PRODUCTS):
            raise InputError("product", self.product, nearest(self.product, PRODUCTS))
        if self.method not in METHODS:
            raise InputError("method", self.method, nearest(self.method, METHODS))
        smallest, largest = CHUNK_PX
        if not _is_whole(self.chunk) or not smallest <= self.chunk <= largest:
            raise InputError("chunk", self.chunk, f"whole pixels from {smallest} to {largest}")
        if self.workers is not None and not (_is_whole(self.workers) and self.workers >= 1):
            raise InputError("workers", self.workers, "a whole number from 1 up")
        if not _is_whole(self.history) or not 0 <= self.history <= LONGEST_DAYS:
            raise InputError("history", self.history, f"whole days from 0 to {LONGEST_DAYS}")
        if self.keep is not None and not (isinstance(self.keep, str) and self.keep):
            raise InputError("keep", self.keep, "the path of a folder")
        if not isinstance(self.overwrite, bool):
            raise InputError("overwrite", self.overwrite, "true or false")


@dataclass(frozen=True, slots=True)
class Access:
    """Where scenes come from, and what of it is kept.

    Attributes:
        imagery: A folder, a STAC catalogue or API, or the name of an archive.
        cache: Folder for what is fetched; None for the user's own cache folder.
        cache_gb: Least recently used content goes beyond this many gigabytes.
        offline: Use what is in the cache, and no network.
        allow_hosts: Hosts in private networks that a catalogue may point at.
        archives: The user's own archives, tables as in ``imagery/archives.toml``, by name.

    Raises:
        InputError: a value is of the wrong type or out of range.
    """

    imagery: str = ARCHIVE
    cache: str | None = None
    cache_gb: float = 20.0
    offline: bool = False
    allow_hosts: tuple[str, ...] = ()
    archives: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if not isinstance(self.imagery, str) or not self.imagery:
            expected = "a folder, the address of a STAC catalogue, or the name of an archive"
            raise InputError("imagery", self.imagery, expected)
        if self.cache is not None and not (isinstance(self.cache, str) and self.cache):
            raise InputError("cache", self.cache, "the path of a folder")
        number = isinstance(self.cache_gb, int | float) and not isinstance(self.cache_gb, bool)
        if not number or not 0 < self.cache_gb < float("inf"):
            raise InputError("cache_gb", self.cache_gb, "gigabytes above 0")
        if not isinstance(self.offline, bool):
            raise InputError("offline", self.offline, "true or false")
        hosts = self.allow_hosts
        if not isinstance(hosts, list | tuple) or not all(isinstance(host, str) for host in hosts):
            raise InputError("allow_hosts", hosts, "a list of host names")
        object.__setattr__(self, "allow_hosts", tuple(hosts))
        if not isinstance(self.archives, Mapping):
            raise InputError("archives", self.archives, "tables [archives.NAME]")


def nearest(word: object, known: Collection[str]) -> str:
    """Say which of ``known`` was probably meant, for the end of an `InputError`.

    >>> nearest("rvca", ("rcva", "irmad", "cva"))
    'one of cva, irmad, rcva (nearest: rcva)'
    >>> nearest("otsu", ("rcva", "irmad", "cva"))
    'one of cva, irmad, rcva'
    """
    listed = f"one of {', '.join(sorted(known))}"
    close = difflib.get_close_matches(word[:80] if isinstance(word, str) else "", known, n=1)
    return f"{listed} (nearest: {close[0]})" if close else listed


def read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file of options; every key is one of ``Options`` or ``Access``.

    Raises:
        UnreadableFile: the file cannot be read or is not TOML.
        InputError: a key is unknown.
    """
    table = toml_table(path, toml_text(path, what="a TOML file", largest=LARGEST_FILE))
    known = [*_names(Options), *_names(Access)]
    for key in table:
        if key not in known:
            raise InputError(f"A key of {path.name}", key, nearest(key, known))
    return table


def choose(config: Path | None, given: Mapping[str, Any]) -> Options:
    """Combine a TOML file with options of the command line, where None means not given.

    Raises:
        InputError: the file or a value is wrong.
    """
    return _combined(Options(), config, given)


def reach(config: Path | None, given: Mapping[str, Any]) -> Access:
    """The same for where scenes come from.

    Raises:
        InputError: the file or a value is wrong.
    """
    return _combined(Access(), config, given)


def _combined(base: T, config: Path | None, given: Mapping[str, Any]) -> T:
    table = {} if config is None else read_table(config)
    said = {name: value for name, value in table.items() if name in _names(type(base))}
    said |= {name: value for name, value in given.items() if value is not None}
    return replace(base, **said)


def _names(kind: type[DataclassInstance]) -> list[str]:
    return [each.name for each in fields(kind)]


def _is_whole(value: object) -> bool:
    # A bool is an int to Python, but `workers = true` is a mistake.
    return isinstance(value, int) and not isinstance(value, bool)
