"""The run folders below a folder, opened lightly: there may be hundreds, and large ones.

Of large files only the size is held against the run's record; what is read is hashed. To hash
everything, ``report`` one of them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagery.custody import CUSTODY
from imagery.run_folder import RECORD, is_complete
from pipelines.json_form import strict_json
from pipelines.report.folder import Damage, Run, bounded, product

READ = (".json", ".geojson", ".csv")
"""Endings of what an overview reads, and so of what is hashed."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A run folder.

    Attributes:
        name: Its path below the folder, with slashes.
        run: Its record, and what of its products is not as it was.
        started: When it was made, UTC text, by its custody log; empty where that is gone.
    """

    name: str
    run: Run
    started: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A folder with a record that cannot be relied on.

    Attributes:
        name: Its path below the folder, with slashes.
        reason: In words.
    """

    name: str
    reason: str


def shelved(folder: Path) -> Iterator[Shelved | Unusable]:
    """The runs below a folder by name; the parts of a run are not runs of their own."""
    for name in _names(folder):
        try:
            content = bounded(folder / name / RECORD)
            record = strict_json(content)
        except (OSError, ValueError, RecursionError):
            yield Unusable(name, f"{RECORD} cannot be read")
            continue
        if not isinstance(record, dict) or not isinstance(record.get("products"), dict):
            yield Unusable(name, f"{RECORD} is not the record of a run")
        elif not is_complete(folder / name):
            yield Unusable(name, f"{RECORD} does not match its seal")
        else:
            yield _opened(folder / name, name, record, hashlib.sha256(content).hexdigest())


def _names(folder: Path) -> list[str]:
    """Folders with a record, in order; drafts and what is below a run are passed by."""
    found = []
    for place, folders, files in os.walk(folder):
        if RECORD in files:
            found.append(Path(place).relative_to(folder).as_posix())
            folders.clear()
        folders[:] = [name for name in folders if not name.startswith(".")]
    return sorted(found)


def _opened(folder: Path, name: str, record: dict[str, Any], sha256: str) -> Shelved:
    damages = [
        Damage(str(product), what)
        for product, said in sorted(record["products"].items())
        if (what := _damage(folder, str(product), said)) is not None
    ]
    return Shelved(name, Run(folder, record, True, sha256, tuple(damages)), _started(folder))


def _damage(folder: Path, name: str, said: Any) -> str | None:
    path = product(folder, name)
    if path is None:
        return "missing"
    known = said if isinstance(said, dict) else {}
    try:
        if path.stat().st_size != known.get("size"):
            return "altered"
        if not name.endswith(READ):
            return None
        same = hashlib.sha256(path.read_bytes()).hexdigest() == known.get("sha256")
    except OSError:
        return "missing"
    return None if same else "altered"


def _started(folder: Path) -> str:
    try:
        said = json.loads(bounded(folder / CUSTODY).partition(b"\n")[0])
    except (OSError, ValueError, RecursionError):
        return ""
    started = said.get("started") if isinstance(said, dict) else None
    return started if isinstance(started, str) else ""
