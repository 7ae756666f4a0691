"""What a user may choose, checked once.

Values come from three places, the later one winning: the defaults here, a TOML file
(``--config``), and options on the command line.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from imagery.errors import InputError, UnreadableFile

METHODS = ("rcva", "irmad", "cva")
"""Names of `imagery.change.METHODS`, kept here so that ``--help`` imports no array library."""

CHUNK_PX = (64, 16384)
"""Smallest and largest side of a Dask chunk, in pixels. It bounds memory, never a result."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to compare two dates.

    Attributes:
        method: Change score, one of ``METHODS``. The only field that a result depends on.
        chunk: Side of a Dask chunk, pixels.
        workers: Threads or processes to use; None lets Dask choose.
        overwrite: Replace an existing, non-empty output folder.

    Raises:
        InputError: a value is of the wrong type, unknown or out of range.
    """

    method: str = METHODS[0]
    chunk: int = 1024
    workers: int | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError("method", self.method, nearest(self.method, METHODS))
        smallest, largest = CHUNK_PX
        if not _is_whole(self.chunk) or not smallest <= self.chunk <= largest:
            raise InputError("chunk", self.chunk, f"whole pixels from {smallest} to {largest}")
        if self.workers is not None and not (_is_whole(self.workers) and self.workers >= 1):
            raise InputError("workers", self.workers, "a whole number from 1 up")
        if not isinstance(self.overwrite, bool):
            raise InputError("overwrite", self.overwrite, "true or false")


def nearest(word: object, known: Collection[str]) -> str:
    """Say which of ``known`` was probably meant, for the end of an `InputError`.

    >>> nearest("rvca", ("rcva", "irmad", "cva"))
    'one of cva, irmad, rcva (nearest: rcva)'
    >>> nearest("otsu", ("rcva", "irmad", "cva"))
    'one of cva, irmad, rcva'
    """
    listed = f"one of {', '.join(sorted(known))}"
    close = difflib.get_close_matches(str(word), known, n=1)
    return f"{listed} (nearest: {close[0]})" if close else listed


def read_options(path: Path) -> Options:
    """Read ``Options`` from a TOML file; what it does not name keeps its default.

    Raises:
        UnreadableFile: the file cannot be read or is not TOML.
        InputError: a key is unknown or its value is wrong.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableFile(path, error.strerror, "Give the path of a TOML file.") from None
    except UnicodeDecodeError:
        raise UnreadableFile(path, "it is not UTF-8 text", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise UnreadableFile(path, f"it is not TOML ({error})", "Mend that line.") from None
    known = [field.name for field in fields(Options)]
    for key in table:
        if key not in known:
            raise InputError(f"A key of {path.name}", key, nearest(key, known))
    return Options(**table)


def choose(config: Path | None, given: Mapping[str, Any]) -> Options:
    """Combine a TOML file with options of the command line, where None means not given.

    Raises:
        InputError: the file or a value is wrong.
    """
    base = Options() if config is None else read_options(config)
    return replace(base, **{name: value for name, value in given.items() if value is not None})


def _is_whole(value: object) -> bool:
    # A bool is an int to Python, but `workers = true` is a mistake.
    return isinstance(value, int) and not isinstance(value, bool)
