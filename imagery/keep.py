"""Original bytes for good: whatever a run has read, read-only, under its SHA-256.

    ROOT/ab/abcd...   content whose SHA-256 begins with ab

The cache of what was fetched forgets what is least used; this folder forgets nothing. A file
appears in it whole or not at all, is hashed before it is used, and is written anew where it was
altered meanwhile and the same bytes come again.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from imagery.errors import UnreadableFile, WriteError

BLOCK = 1 << 20

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
        try:
            digest = sha256(path)
        except OSError as error:
            reason = (error.strerror or "it cannot be read").lower()
            raise UnreadableFile(path, reason, "Check the path and its permissions.") from None
        if self.holds(digest):
            return digest
        with self._writing(digest) as part, path.open("rb") as source, part.open("wb") as copy:
            found = hashlib.sha256()
            while block := source.read(BLOCK):
                found.update(block)
                copy.write(block)
            if found.hexdigest() != digest:
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
        """Where bytes are, or would be."""
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
            yield part
            part.chmod(0o444)
            part.replace(path)
        except OSError as error:
            raise WriteError(f"the kept originals in {self.root}", error.strerror) from None
        finally:
            with suppress(OSError):
                part.unlink()


def _assemble(path: Path, kept: Sequence[tuple[int, Path]], size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)
        for offset, piece in kept:
            file.seek(offset)
            file.write(piece.read_bytes())


def sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal; one that was not touched since is not read again."""
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=4096)
def _sha256(path: Path, _size: int, _mtime_ns: int, _inode: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(size: int, pieces: Sequence[Piece]) -> str:
    """SHA-256 of a whole file; of one in pieces, over its size and place and content of each."""
    if [(offset, length) for offset, length, _ in pieces] == [(0, size)]:
        return pieces[0][2]
    parts = [f"{offset} {length} {digest}" for offset, length, digest in sorted(pieces)]
    return hashlib.sha256("\n".join([str(size), *parts]).encode()).hexdigest()


def read_piece(path: Path, offset: int, length: int) -> bytes:
    """Some bytes of a file.

    Raises:
        UnreadableFile: it cannot be read, or is shorter.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset, os.SEEK_SET)
            data = file.read(length)
    except OSError as error:
        raise UnreadableFile(path, (error.strerror or "").lower(), "Run again.") from None
    if len(data) != length:
        raise UnreadableFile(path, "it changes while it is read", "Run again.")
    return data
