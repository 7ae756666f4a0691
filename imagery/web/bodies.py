"""Bodies of answers, checked against what was asked for.

All raise ``Trouble`` where a body is cut, too large, or another than was asked for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from imagery.web.exchange import Answer
from imagery.web.patience import Trouble

MAX_JSON_BYTES = 32 << 20
"""Largest answer of a catalogue, unpacked: a page of 1,000 large Items is a fifth of it. Parsed,
the worst of that size takes 24 times as much memory."""


@dataclass(frozen=True, slots=True)
class Part:
    """A byte range of an object.

    Attributes:
        data: The bytes.
        size: Of the whole object.
        etag: What tells this state of the object from another (its ETag, else its date), or
            None where the server does not say.
        ranged: False where the server does not serve ranges: what was read is its beginning.
    """

    data: bytes
    size: int
    etag: str | None
    ranged: bool = True


@dataclass(frozen=True, slots=True)
class Received:
    """A whole object: its size in bytes, SHA-256 and ETag (see ``Part``)."""

    size: int
    sha256: str
    etag: str | None


def json_body(answer: Answer) -> bytes:
    """A document, unpacked and bounded."""
    _check_whole(answer)
    return answer.decoded(MAX_JSON_BYTES)


def part_of(answer: Answer, start: int, stop: int) -> Part:
    """A range, checked against what was asked for."""
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise Trouble("a byte range came in another coding", again=False)
    if answer.status == 200:
        return _beginning(answer, start, stop)
    span = answer.span
    if span is None or span[0] != start or span[1] != min(stop, span[2]):
        raise Trouble("the server sent another byte range than was asked for")
    data = answer.read(span[1] - span[0])
    if len(data) != span[1] - span[0]:
        raise Trouble(f"the answer ended after {len(data):,} of {span[1] - span[0]:,} bytes")
    return Part(data, span[2], answer.version)


def _beginning(answer: Answer, start: int, stop: int) -> Part:
    """The beginning of an object that came whole; the rest of it is not waited for."""
    if start > 0:
        raise Trouble("the server ignored the byte range")
    if answer.length is None:
        raise Trouble("the server serves no byte ranges and tells no size", again=False)
    wanted = min(stop, answer.length)
    parts = []
    total = 0
    for chunk in answer.chunks:
        parts.append(chunk)
        total += len(chunk)
        if total >= wanted:
            break
    if total < wanted:
        raise Trouble(f"the answer ended after {total:,} of {answer.length:,} bytes")
    return Part(b"".join(parts)[:wanted], answer.length, answer.version, ranged=False)


def _check_whole(answer: Answer) -> None:
    if answer.status != 200:
        raise Trouble("the server sent a part where the whole was asked for")


def saved(answer: Answer, path: Path, limit: int) -> Received:
    """A whole object, written to ``path`` and hashed as it comes."""
    _check_whole(answer)
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise Trouble("a file came in another coding", again=False)
    if answer.length is not None and answer.length > limit:
        raise Trouble(f"it has {answer.length:,} bytes, more than {limit:,}", again=False)
    digest = hashlib.sha256()
    total = 0
    with path.open("wb") as file:
        for chunk in answer.chunks:
            total += len(chunk)
            if total > limit:
                raise Trouble(f"it has more than {limit:,} bytes", again=False)
            digest.update(chunk)
            file.write(chunk)
    if answer.length is not None and total != answer.length:
        raise Trouble(f"the answer ended after {total:,} of {answer.length:,} bytes")
    return Received(total, digest.hexdigest(), answer.version)
