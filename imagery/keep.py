"""Original bytes for good: whatever a run has read, read-only, under its SHA-256.

    ROOT/ab/abcd...   content whose SHA-256 begins with ab

The cache of what was fetched forgets what is least used; this folder forgets nothing. A file
appears in it whole or not at all, is hashed before it is used, and is written anew where it was
altered meanwhile and the same bytes come again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from imagery.errors import UnreadableFile, WriteError

_SHA256 = re.compile("[0-9a-f]{64}")

Piece = tuple[int, int, str]
"""Offset of its first byte in the original, length, and the SHA-256 under which it is kept."""


class Keep:
    """A folder of kept bytes; safe for threads and processes."""

    def __init__(self, root: Path) -> None:
        """Name the folder; it is made when something is put into it."""
        self.root = Path(root).absolute()

    def put(self, path: Path) -> str:
        """Keep a file; its SHA-256.

        Raises:
            UnreadableFile: it cannot be read, or changes meanwhile.
            WriteError: it cannot be kept.
        """
        with _reading(path):
            digest = sha256(path)
        if not self.holds(digest):
            with self._writing(digest) as part:
                if _copied(path, part) != digest:
                    raise UnreadableFile(path, "it changes while it is read", "Run again.")
        return digest

    def put_bytes(self, data: bytes) -> str:
        """Keep bytes; their SHA-256.

        Raises:
            WriteError: they cannot be kept.
        """
        digest = hashlib.sha256(data).hexdigest()
        if not self.holds(digest):
            with self._writing(digest) as part:
                part.write_bytes(data)
        return digest

    def holds(self, digest: str) -> bool:
        """Whether the bytes with a SHA-256 are here, unaltered."""
        try:
            return sha256(self.path_of(digest)) == digest
        except OSError:
            return False

    def path_of(self, digest: str) -> Path:
        """Where bytes are, or would be.

        Raises:
            UnreadableFile: what should be a SHA-256 is none, and might lead anywhere.
        """
        if not _SHA256.fullmatch(digest):
            problem = "it is no SHA-256 in hexadecimal"
            raise UnreadableFile(repr(digest[:80]), problem, "The notes of the run were altered.")
        return self.root / digest[:2] / digest

    def get(self, digest: str, *, name: str) -> Path:
        """A read-only file with these bytes.

        Args:
            digest: SHA-256 in hexadecimal.
            name: What it is, for the sentence of an error.

        Raises:
            UnreadableFile: it is not here, or was altered.
        """
        path = self.path_of(digest)
        if not path.is_file():
            problem = f"its kept original ({digest[:12]}) is not in {self.root}"
            raise UnreadableFile(name, problem, "Name the folder of kept originals with --keep.")
        if not self.holds(digest):
            problem = f"its kept original {path} was altered"
            raise UnreadableFile(name, problem, "Restore that file from a backup.")
        return path

    def lay(self, pieces: Sequence[Piece], at: Path, *, size: int, name: str) -> None:
        """Make a working copy: the kept file under another name, or its pieces in their places.

        Args:
            pieces: What is there of the original; between them are holes.
            at: Where; what is there already is taken to be the same.
            size: Of the original, bytes.
            name: What it is, for the sentence of an error.

        Raises:
            UnreadableFile: see ``get``.
            WriteError: it cannot be written.
        """
        kept = [(offset, self.get(digest, name=name)) for offset, _, digest in pieces]
        try:
            if at.exists():
                return
            at.parent.mkdir(parents=True, exist_ok=True)
            part = at.with_name(f".{uuid.uuid4().hex}.part")
            if [(offset, length) for offset, length, _ in pieces] == [(0, size)]:
                part.symlink_to(kept[0][1])
            else:
                _assemble(part, kept, size)
            part.replace(at)
        except OSError as error:
            raise WriteError(at.name, error.strerror) from None

    @contextmanager
    def _writing(self, digest: str) -> Iterator[Path]:
        """A draft beside the place of some bytes, which it takes when the block ends well."""
        path = self.path_of(digest)
        part = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                yield part
                part.chmod(0o444)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise WriteError(f"the kept originals in {self.root}", error.strerror) from None


def _assemble(path: Path, kept: Sequence[tuple[int, Path]], size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)
        for offset, piece in kept:
            file.seek(offset)
            file.write(piece.read_bytes())


def _copied(path: Path, part: Path) -> str:
    """Copy a file; the SHA-256 of the copy."""
    with _reading(path):
        source = path.open("rb")
    with source, part.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    return sha256_of(part)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise UnreadableFile(path, reason, "Check the path and its permissions.") from None


def sha256_of(path: str | Path) -> str:
    """SHA-256 of a file, in lower-case hexadecimal, read piece by piece."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256(path: Path) -> str:
    """The same; a file that was not touched since is not read again."""
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=4096)
def _sha256(path: Path, _size: int, _mtime_ns: int, _inode: int) -> str:
    return sha256_of(path)


def read_piece(path: Path, offset: int, length: int) -> bytes:
    """Some bytes of a file.

    Raises:
        UnreadableFile: it cannot be read, or is shorter.
    """
    with _reading(path), path.open("rb") as file:
        file.seek(offset)
        data = file.read(length)
    if len(data) != length:
        raise UnreadableFile(path, "it changes while it is read", "Run again.")
    return data
