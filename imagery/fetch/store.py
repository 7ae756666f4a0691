"""Content-addressed files on disk: every byte that was fetched, under its SHA-256.

    blobs/ab/abcd...   bytes of remote objects, read-only, named by their SHA-256
    assets/KEY.json    which blobs are which bytes of which object (see ``record``)
    answers/KEY.json   which blob is what a catalogue said
    work/              working copies that are read as files
    locks/, sessions/  who works on what, and since when

A file appears whole or not at all (temporary file, rename). A blob is hashed whenever it is
used. Two processes may share a store: one object is fetched by one of them at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from imagery.errors import TooLarge, WriteError
from imagery.fetch.evict import Shelves, make_room
from imagery.fetch.record import Record, record_from

DEFAULT_LIMIT_BYTES = 20 << 30
GRANTED_SHARE = 8
"""Part of the free room that is filled without measuring the store again: as many processes as
this may do so at once and none goes over the limit."""

LOCK_WAIT_S = 900.0
"""Longest wait for another process that fetches the same object."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one asset took.

    Attributes:
        item: Id of its scene.
        asset: Key of the asset.
        touched: Compressed bytes of the internal blocks that were needed.
        header: Bytes that were needed to know where they are.
        fetched: Bytes of both that came over the network, with gaps read along; not failed tries.
        stored: Bytes of both that were in the store.
    """

    item: str
    asset: str
    touched: int
    header: int
    fetched: int
    stored: int


@dataclass(slots=True)
class _Session:
    """A lock that is held while a process uses the store, and since when."""

    path: Path
    lock: FileLock = field(init=False)

    def __post_init__(self) -> None:
        self.lock = FileLock(self.path, thread_local=False)


class Store:
    """A folder of fetched bytes; a context manager, safe for threads and processes."""

    def __init__(
        self, root: Path, *, now: Callable[[], datetime], limit_bytes: int = DEFAULT_LIMIT_BYTES
    ) -> None:
        """Open a store, and make its folders.

        Args:
            root: Its folder.
            now: The time, UTC-aware.
            limit_bytes: Least recently used content goes when more would be kept. What is in
                use since this or another running process began never goes.

        Raises:
            WriteError: the folder cannot be made.
        """
        self.root = Path(root).absolute()
        self.limit_bytes = limit_bytes
        self._now = now
        self._tallies: list[Tally] = []
        self._granted = 0
        self._lock = threading.Lock()
        self._shelves = Shelves(self.root)
        with _as_write_error(self.root):
            self._shelves.create()
            self._session = _Session(self._shelves.sessions / f"{uuid.uuid4().hex}.lock")
            self._session.lock.acquire()
            self._stamp(self._session.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """What was used is no longer in use."""
        self._session.lock.release()
        self._session.path.unlink(missing_ok=True)

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """What each asset took so far, sorted by scene and asset."""
        with self._lock:
            return tuple(sorted(self._tallies, key=lambda each: (each.item, each.asset)))

    def count(self, tally: Tally) -> None:
        """Note what an asset took."""
        with self._lock:
            self._tallies.append(tally)

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Work on one object alone, among threads and processes.

        Raises:
            WriteError: another process did not let go.
        """
        lock = FileLock(self._shelves.lock_of(key))
        try:
            with _as_write_error(self.root):
                lock.acquire(timeout=LOCK_WAIT_S)
        except Timeout:
            raise WriteError(self.root, "another process keeps it locked") from None
        try:
            yield
        finally:
            lock.release()

    def put(self, data: bytes) -> str:
        """Keep bytes; their SHA-256."""
        name = hashlib.sha256(data).hexdigest()
        path = self._shelves.blob(name)
        if self.get(name) is None:
            self._write(path, data)
        return name

    def adopt(self, path: Path, sha256: str) -> None:
        """Keep a file of ``scratch`` that has this SHA-256, without copying it."""
        target = self._shelves.blob(sha256)
        with _as_write_error(target):
            target.parent.mkdir(exist_ok=True)
            path.chmod(0o444)
            path.replace(target)
            self._stamp(target)

    def get(self, sha256: str) -> bytes | None:
        """Bytes that are kept; None where they are not, or are not what they were."""
        path = self._shelves.blob(sha256)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data).hexdigest() != sha256:
            # Altered on disk: as good as absent, and gone, so that it is fetched again.
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        self._stamp(path)
        return data

    def holds(self, sha256: str, length: int) -> bool:
        """Whether a blob is there and unaltered, without its bytes in memory."""
        path = self._shelves.blob(sha256)
        try:
            with path.open("rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False
        if not same or path.stat().st_size != length:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return False
        self._stamp(path)
        return True

    def path_of(self, sha256: str) -> Path:
        """Where a blob is kept."""
        return self._shelves.blob(sha256)

    def record(self, key: str) -> Record | None:
        """What is known of an object; None where nothing is."""
        path = self._shelves.asset(key)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None
        found = record_from(text)
        if found is not None:
            self._stamp(path)
        return found

    def save(self, key: str, record: Record) -> None:
        """Keep what is known of an object."""
        self._write(self._shelves.asset(key), record.to_json().encode())

    def forget(self, key: str) -> None:
        """Drop what is known of an object; its blobs go when room is needed."""
        self._shelves.asset(key).unlink(missing_ok=True)

    def remember(self, key: str, address: str, data: bytes) -> None:
        """Keep what a catalogue said (see ``web.Answers``)."""
        self.make_room(len(data))
        said = {"url": address, "sha256": self.put(data), "retrieved": self.stamp}
        text = json.dumps(said, sort_keys=True, indent=1) + "\n"
        self._write(self._shelves.answer(key), text.encode())

    def recall(self, key: str) -> bytes | None:
        """What a catalogue said last; None where it is not kept."""
        path = self._shelves.answer(key)
        try:
            name = str(json.loads(path.read_text(encoding="utf-8"))["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        self._stamp(path)
        return self.get(name)

    def make_room(self, size: int) -> None:
        """Remove what was not used for longest until ``size`` more bytes fit.

        Raises:
            TooLarge: all that is left is in use.
        """
        with self._lock:
            if size <= self._granted:
                self._granted -= size
                return
        with _as_write_error(self.root), FileLock(self._shelves.lock_of("store")):
            used = make_room(self._shelves, size, limit=self.limit_bytes, own=self._session.path)
        with self._lock:
            self._granted = max(0, self.limit_bytes - used - size) // GRANTED_SHARE
        if used + size > self.limit_bytes:
            what = f"What this run needs in the store {self.root}"
            limit = f"{self.limit_bytes >> 20:,} MB (raise it, or compare fewer sites at once)"
            raise TooLarge(what, f"{(used + size) >> 20:,} MB", limit)

    @property
    def stamp(self) -> str:
        """The time as records hold it."""
        return self._now().isoformat(timespec="seconds")

    def work(self, name: str) -> Path:
        """Where a working copy of this name is, or will be."""
        return self._shelves.work / name

    def used(self, path: Path) -> None:
        """Note that a file of the store is in use."""
        self._stamp(path)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A new file, removed in the end unless it was moved."""
        with _as_write_error(self.root):
            handle, name = mkstemp(dir=self._shelves.work, prefix=".tmp-")
            os.close(handle)
        path = Path(name)
        self._stamp(path)
        try:
            with _as_write_error(path):
                yield path
        finally:
            path.unlink(missing_ok=True)

    def _write(self, path: Path, data: bytes) -> None:
        with self.scratch() as scratch:
            with scratch.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            scratch.chmod(0o444)
            path.parent.mkdir(exist_ok=True)
            scratch.replace(path)
            self._stamp(path)

    def _stamp(self, path: Path) -> None:
        """When it was last used, on the clock of the caller."""
        moment = self._now().timestamp()
        with suppress(OSError):
            os.utime(path, (moment, moment))


@contextmanager
def _as_write_error(path: Path) -> Iterator[None]:
    reason = None
    try:
        yield
    except Timeout:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
    if reason is not None:
        raise WriteError(path, reason)
