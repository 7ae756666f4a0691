"""Working copies: what was fetched of an object, at the places where it stands in the original."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from imagery.errors import UnreadableFile
from imagery.fetch.record import Piece, digest
from imagery.fetch.store import Store

_AT_ONCE = 1 << 20


def working_copy(store: Store, size: int, pieces: Sequence[Piece], *, suffix: str) -> Path:
    """A read-only file of ``size`` bytes with these pieces in place and holes between them.

    Its name says what is in it: the same pieces give the same file, made once.

    Raises:
        UnreadableFile: a piece was altered on disk since it was fetched.
        WriteError: the file cannot be written.
    """
    path = store.work(f"{digest(size, pieces)}{suffix}")
    if _is_intact(path, size, pieces):
        store.used(path)
        return path
    with store.scratch() as scratch:
        if len(pieces) == 1 and pieces[0].length == size:
            # The blob itself under another name: a whole asset is not kept twice.
            scratch.unlink()
            _link(store.path_of(pieces[0].sha256), scratch)
        else:
            _assemble(store, scratch, size, pieces)
        scratch.replace(path)
        store.used(path)
    return path


def _link(blob: Path, path: Path) -> None:
    try:
        os.link(blob, path)
    except OSError:  # a file system without second names
        shutil.copyfile(blob, path)
        path.chmod(0o444)


def _assemble(store: Store, path: Path, size: int, pieces: Sequence[Piece]) -> None:
    with path.open("r+b") as file:
        file.truncate(size)
        for piece in pieces:
            data = store.get(piece.sha256)
            if data is None:
                reason = "a part of it was altered or removed"
                raise UnreadableFile(
                    store.path_of(piece.sha256), reason, "Run again to fetch it anew."
                )
            file.seek(piece.offset)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def _is_intact(path: Path, size: int, pieces: Sequence[Piece]) -> bool:
    """Whether a copy that is there holds what its name says."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != size:
                return False
            return all(_sha256(file, piece) == piece.sha256 for piece in pieces)
    except OSError:
        return False


def _sha256(file: BinaryIO, piece: Piece) -> str:
    file.seek(piece.offset)
    found = hashlib.sha256()
    left = piece.length
    while data := file.read(min(left, _AT_ONCE)):
        found.update(data)
        left -= len(data)
    return found.hexdigest()
