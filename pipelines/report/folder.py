"""A run folder as a page reads it: every product against the hash that the run gave it.

What is missing or altered is told and not shown: a page that still showed an altered picture would
lend it the word of the run.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagery.errors import UnreadableFile
from imagery.keep import sha256_of
from imagery.run_folder import RECORD, is_complete, plain_bytes
from pipelines.json_form import strict_json

LARGEST_FILE = 32 * 2**20
"""Bytes of a record, or of another JSON file of a run, that is read."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A product that is not as the run left it.

    Attributes:
        name: Its path in the folder.
        what: ``missing`` or ``altered``.
    """

    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder.

    Attributes:
        folder: Where it is.
        record: What ``run.json`` says.
        sealed: Whether ``run.json`` is as the run left it.
        sha256: Of ``run.json`` as it is now.
        damages: What of the products is not.
    """

    folder: Path
    record: Mapping[str, Any]
    sealed: bool
    sha256: str
    damages: tuple[Damage, ...]

    def has(self, name: str) -> bool:
        """Whether the run left a product of that name and it is unaltered."""
        return name in self.record["products"] and all(name != one.name for one in self.damages)

    def damaged(self, name: str) -> str | None:
        """``missing`` or ``altered``; None of a product that is as it was, or never was."""
        return next((one.what for one in self.damages if one.name == name), None)

    def data(self, name: str) -> bytes | None:
        """The content of an unaltered product; None of anything else."""
        return (self.folder / name).read_bytes() if self.has(name) else None

    def parsed(self, name: str) -> Any:
        """The content of an unaltered JSON product; None of anything else.

        Raises:
            UnreadableFile: it is larger than any that a run leaves.
        """
        if not self.has(name):
            return None
        return read_json(self.folder / name)

    def names(self, ending: str) -> list[str]:
        """Names of products with an ending, damaged ones too."""
        return sorted(name for name in self.record["products"] if name.endswith(ending))


def open_run(folder: Path) -> Run:
    """Read the record of a run and hold every product against it.

    Raises:
        UnreadableFile: the folder holds no record of a run, or one larger than any.
    """
    try:
        content = bounded(folder / RECORD)
        record = strict_json(content)
    except OSError:
        raise UnreadableFile(
            folder, f"it holds no {RECORD}", "Name the folder that a run has written."
        ) from None
    except (ValueError, RecursionError):
        raise UnreadableFile(folder / RECORD, "it is not JSON", "Run it again.") from None
    if not isinstance(record, dict) or not isinstance(record.get("products"), dict):
        raise UnreadableFile(folder / RECORD, "it is not the record of a run", "Run it again.")
    damages = [
        Damage(str(name), what)
        for name, said in sorted(record["products"].items())
        if (what := _damage(folder, str(name), said)) is not None
    ]
    return Run(
        folder, record, is_complete(folder), hashlib.sha256(content).hexdigest(), tuple(damages)
    )


def bounded(path: Path) -> bytes:
    """A plain file of bounded size.

    Raises:
        OSError: see ``plain_bytes``.
        UnreadableFile: it is larger than ``LARGEST_FILE``.
    """
    try:
        return plain_bytes(path, most=LARGEST_FILE)
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        reason = f"it is larger than {LARGEST_FILE >> 20} MB"
        raise UnreadableFile(path, reason, "No run leaves such a file.") from None


def read_json(path: Path) -> Any:
    """A JSON file of a run.

    Raises:
        OSError, UnreadableFile: see ``bounded``.
        ValueError, RecursionError: see ``strict_json``.
    """
    return strict_json(bounded(path))


def product(folder: Path, name: str) -> Path | None:
    """Where a product of a run is; None where its name leads out of the folder or to no file."""
    try:
        path = folder / name
        inside = path.resolve().is_relative_to(folder.resolve())
        return path if inside and path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # no path at all, or links in a circle
        return None


def _damage(folder: Path, name: str, said: Any) -> str | None:
    path = product(folder, name)
    if path is None:
        return "missing"
    try:
        digest = sha256_of(path)
    except OSError:
        return "missing"
    known = said.get("sha256") if isinstance(said, dict) else None
    return None if digest == known else "altered"
