"""What the store knows of one remote object: which bytes of which state of it are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """Bytes of an object that are kept as one blob.

    Attributes:
        offset: Of its first byte in the object.
        length: Bytes.
        sha256: Of the bytes; the name of the blob.
        retrieved: When they came, ISO 8601, UTC.
    """

    offset: int
    length: int
    sha256: str
    retrieved: str


@dataclass(frozen=True, slots=True)
class Record:
    """One state of a remote object.

    Attributes:
        url: Without anything secret.
        size: Bytes of the whole object.
        etag: Tells this state from another; None where the server does not say.
        pieces: Sorted by offset.
    """

    url: str
    size: int
    etag: str | None
    pieces: tuple[Piece, ...] = ()

    def find(self, offset: int, length: int) -> Piece | None:
        """The piece that is exactly this range."""
        for piece in self.pieces:
            if (piece.offset, piece.length) == (offset, length):
                return piece
        return None

    def plus(self, pieces: Iterable[Piece]) -> Record:
        """With more pieces; a newer one replaces that of the same range."""
        found = {(piece.offset, piece.length): piece for piece in (*self.pieces, *pieces)}
        return replace(self, pieces=tuple(sorted(found.values())))

    def to_json(self) -> str:
        """As kept on disk."""
        return json.dumps(asdict(self), sort_keys=True, indent=1) + "\n"


def record_from(text: str) -> Record | None:
    """A record as kept on disk; None where it is damaged."""
    try:
        said = json.loads(text)
        pieces = tuple(Piece(**piece) for piece in said.pop("pieces"))
        return Record(**said, pieces=pieces)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def digest(size: int, pieces: Iterable[Piece]) -> str:
    """SHA-256 of a whole file; of one in pieces, over its size and place and content of each."""
    pieces = sorted(pieces)
    if [(piece.offset, piece.length) for piece in pieces] == [(0, size)]:
        return pieces[0].sha256
    parts = [f"{piece.offset} {piece.length} {piece.sha256}" for piece in pieces]
    return hashlib.sha256("\n".join([str(size), *parts]).encode()).hexdigest()
