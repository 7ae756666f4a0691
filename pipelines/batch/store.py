"""The run folders of a batch: which are whole, whose turn it is to write, what the dead left."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagery.custody import CUSTODY
from imagery.errors import WriteError
from imagery.keep import sha256_of
from imagery.run_folder import RECORD, is_complete
from pipelines.json_form import ODD
from pipelines.report.folder import bounded, product, read_json

if TYPE_CHECKING:
    from pipelines.batch.remote import Remote

LEASE = ".lease"
BATCH = "batch"
"""Key of the custody event that says which batch made a run."""


@dataclass(frozen=True, slots=True)
class Made:
    """What made a run folder, as its custody log says.

    Attributes:
        entry: Name of the site in the watch list.
        run: Name of the run.
        round: Number of the batch in its store; it orders runs where clocks do not.
    """

    entry: str
    run: str
    round: int


@dataclass(frozen=True, slots=True)
class Store:
    """The runs of a batch.

    Attributes:
        folder: Of the runs and the ledger.
        remote: Store in S3 that the folder is a working copy of, or None.
    """

    folder: Path
    remote: Remote | None = None

    def of(self, entry: str, run: str) -> Path:
        """Where a run is, or will be."""
        return self.folder / entry / run

    def holds(self, entry: str, run: str) -> bool:
        """Whether a run is whole, here or there."""
        if is_whole(self.of(entry, run)):
            return True
        return self.remote is not None and self.remote.holds(entry, run)

    def runs(self) -> set[tuple[str, str]]:
        """Entry and run of all that is here or there, whole or not."""
        return {*runs(self.folder), *(self.remote.runs() if self.remote else ())}

    def share(self, entry: str, run: str) -> None:
        """See to it that a run which is whole here or there is so in both places.

        Raises:
            WriteError: one of the two does not take it.
        """
        if self.remote is None:
            return
        here, there = is_whole(self.of(entry, run)), self.remote.holds(entry, run)
        if here and not there:
            self.remote.put_run(self.of(entry, run), entry, run)
        if there and not here:
            self.remote.get_run(self.of(entry, run), entry, run)


def is_whole(folder: Path, *, hashed: bool = False) -> bool:
    """True where the seal fits and every product is there with its size, or with its SHA-256.

    Args:
        folder: Of a run.
        hashed: Read every byte; otherwise names and sizes are enough.
    """
    if not is_complete(folder):
        return False
    try:
        products = read_json(folder / RECORD).get("products", {}).items()
        return all(_holds(folder, name, said, hashed=hashed) for name, said in products)
    except (*ODD, OSError):  # sealed by whoever, and no record of ours
        return False


def _holds(folder: Path, name: str, said: Mapping[str, Any], *, hashed: bool) -> bool:
    path = product(folder, name)
    if path is None or path.stat().st_size != said["size"]:
        return False
    return not hashed or sha256_of(path) == said["sha256"]


def made_by(folder: Path) -> Made | None:
    """Which batch made a run; None where no batch did."""
    try:
        lines = bounded(folder / CUSTODY).decode("utf-8").splitlines()
        events: list[dict[str, Any]] = [json.loads(line) for line in lines]
        said = next(event[BATCH] for event in events if BATCH in event)
        return Made(str(said["entry"]), str(said["run"]), int(said["round"]))
    except (*ODD, OSError, StopIteration):
        return None


def runs(store: Path) -> Iterator[tuple[str, str]]:
    """Entry and run of every folder in the store, whole or not; drafts are none."""
    for entry in _folders(store):
        for run in _folders(entry):
            if (run / RECORD).exists():
                yield entry.name, run.name


def _folders(folder: Path) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if path.is_dir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise WriteError(folder, error.strerror) from None
    return sorted(path for path in found if not path.name.startswith("."))


@contextmanager
def lease(store: Path, entry: str) -> Iterator[bool]:
    """Whether this process alone may run a site now; the kernel frees it when the process dies.

    Raises:
        WriteError: the store cannot be written.
    """
    folder = store / entry
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder / LEASE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WriteError(folder, error.strerror) from None
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(held)


@contextmanager
def turn(store: Path, name: str) -> Iterator[None]:
    """One process at a time, the others wait.

    Raises:
        WriteError: the store cannot be written.
    """
    try:
        store.mkdir(parents=True, exist_ok=True)
        held = os.open(store / f".{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WriteError(store, error.strerror) from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def sweep(store: Path, entry: str) -> int:
    """Delete drafts that killed runs left; only under the lease, when no live run has one.

    Returns:
        How many there were.
    """
    left = [path for end in ("part", "old") for path in (store / entry).glob(f".*.{end}")]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


class Digests:
    """SHA-256 of local files, kept beside the runs of a site while size and time stay the same."""

    def __init__(self, store: Path, entry: str) -> None:
        self._path = store / entry / ".digests.json"
        self._known: dict[str, list[Any]] = {}
        with suppress(OSError, ValueError, RecursionError):
            read = json.loads(self._path.read_bytes())
            self._known = read if isinstance(read, dict) else {}
        self._used: dict[str, list[Any]] = {}

    def of(self, path: Path) -> str:
        """SHA-256 in hexadecimal; empty where there is no such file."""
        try:
            status = path.stat()
            stamp = [status.st_size, status.st_mtime_ns]
            known = self._known.get(str(path), [])
            digest = str(known[2]) if known[:2] == stamp else sha256_of(path)
        except OSError:
            return ""
        self._used[str(path)] = [*stamp, digest]
        return digest

    def keep(self) -> None:
        """Write what was used; where that fails the files are read again next time."""
        draft = self._path.with_name(f".digests.{os.getpid()}.part")
        with suppress(OSError):
            draft.write_text(json.dumps(self._used), encoding="utf-8")
            draft.replace(self._path)
