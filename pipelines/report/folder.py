"""A run folder as a page reads it: every product against the hash that the run gave it.

What is missing or altered is told and not shown: a page that still showed an altered picture would
lend it the word of the run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagery.errors import UnreadableFile
from imagery.run_folder import RECORD, is_complete

BLOCK = 2**20


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
        """The content of an unaltered JSON product; None of anything else."""
        data = self.data(name)
        return None if data is None else json.loads(data)

    def names(self, ending: str) -> list[str]:
        """Names of products with an ending, damaged ones too."""
        return sorted(name for name in self.record["products"] if name.endswith(ending))


def open_run(folder: Path) -> Run:
    """Read the record of a run and hold every product against it.

    Raises:
        UnreadableFile: the folder holds no record of a run.
    """
    try:
        content = (folder / RECORD).read_bytes()
        record = json.loads(content)
    except OSError:
        raise UnreadableFile(
            folder, f"it holds no {RECORD}", "Name the folder that a run has written."
        ) from None
    except ValueError:
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


def _damage(folder: Path, name: str, said: Any) -> str | None:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        return "missing"
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError:
        return "missing"
    known = said.get("sha256") if isinstance(said, dict) else None
    return None if digest.hexdigest() == known else "altered"
