"""What leaves a store that is full: what was not used for longest, and nothing in use.

In use is all that was used since the oldest process that still works with the store began: its
session file is locked as long as it lives, whatever way it ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout


@dataclass(frozen=True, slots=True)
class Shelves:
    """Folders of a store."""

    root: Path

    def create(self) -> None:
        """Make them."""
        for path in (self.blobs, self.assets, self.answers, self.work, self.locks, self.sessions):
            path.mkdir(parents=True, exist_ok=True)

    @property
    def blobs(self) -> Path:
        """Bytes, by SHA-256."""
        return self.root / "blobs"

    @property
    def assets(self) -> Path:
        """Records of objects."""
        return self.root / "assets"

    @property
    def answers(self) -> Path:
        """Records of what catalogues said."""
        return self.root / "answers"

    @property
    def work(self) -> Path:
        """Working copies and temporary files."""
        return self.root / "work"

    @property
    def locks(self) -> Path:
        """One file for each lock."""
        return self.root / "locks"

    @property
    def sessions(self) -> Path:
        """One file for each process at work."""
        return self.root / "sessions"

    def blob(self, sha256: str) -> Path:
        """Where a blob is."""
        return self.blobs / sha256[:2] / sha256

    def asset(self, key: str) -> Path:
        """Where the record of an object is."""
        return self.assets / f"{key}.json"

    def answer(self, key: str) -> Path:
        """Where the record of an answer is."""
        return self.answers / f"{key}.json"

    def lock_of(self, key: str) -> Path:
        """The lock of an object."""
        return self.locks / f"{key}.lock"


def make_room(shelves: Shelves, size: int, *, limit: int, own: Path) -> int:
    """Remove files until ``size`` more bytes fit, or nothing more may go; the bytes still used.

    Args:
        shelves: Of a store whose own lock is held.
        size: Bytes that are about to come.
        limit: Bytes that the store may hold.
        own: Session file of the caller.
    """
    used = _used(shelves)
    if used + size <= limit:
        return used
    since = _oldest_session(shelves, own)
    for path in _unused(shelves.work.iterdir(), since):
        path.unlink(missing_ok=True)
    records = [*shelves.assets.iterdir(), *shelves.answers.iterdir()]
    going = _unused(records, since)
    _drop_orphans(shelves, since)
    while going and _used(shelves) + size > limit:
        # A tenth at a time: which blobs others need is found anew for each batch.
        batch = max(1, len(going) // 10)
        for path in going[:batch]:
            _drop(shelves, path, since)
        del going[:batch]
        _drop_orphans(shelves, since)
    return _used(shelves)


def _used(shelves: Shelves) -> int:
    """Bytes on disk, holes not counted and a file with two names counted once."""
    seen = {}
    for folder in (shelves.blobs, shelves.assets, shelves.answers, shelves.work):
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):
                status = path.stat()
                seen[status.st_ino] = status.st_blocks * 512
    return sum(seen.values())


def _oldest_session(shelves: Shelves, own: Path) -> float:
    """When the oldest process still at work began, seconds of the epoch."""
    since = own.stat().st_mtime
    for path in shelves.sessions.iterdir():
        if path == own:
            continue
        with suppress(FileNotFoundError):
            began = path.stat().st_mtime
            lock = FileLock(path)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                since = min(since, began)
            else:
                path.unlink(missing_ok=True)
                lock.release()
    return since


def _unused(paths: Iterable[Path], since: float) -> list[Path]:
    """Files not used since then, the longest unused first."""
    found = []
    for path in paths:
        with suppress(FileNotFoundError):
            used = path.stat().st_mtime
            if used < since:
                found.append((used, path.name, path))
    return [path for _, _, path in sorted(found)]


def _drop(shelves: Shelves, record: Path, since: float) -> None:
    """Remove a record unless somebody has begun to work on its object."""
    lock = FileLock(shelves.lock_of(record.stem))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    try:
        with suppress(FileNotFoundError):
            if record.stat().st_mtime < since:
                record.unlink()
    finally:
        lock.release()


def _drop_orphans(shelves: Shelves, since: float) -> None:
    """Remove blobs that no record names; a new one may wait for its record."""
    named: set[str] = set()
    for record in [*shelves.assets.iterdir(), *shelves.answers.iterdir()]:
        with suppress(OSError, ValueError, KeyError, TypeError):
            said = json.loads(record.read_text(encoding="utf-8"))
            named |= {piece["sha256"] for piece in said.get("pieces", [said])}
    for path in _unused(shelves.blobs.glob("*/*"), since):
        if path.name not in named:
            path.unlink(missing_ok=True)
