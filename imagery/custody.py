"""The custody log of a run: what, when, from where and by which version, a chain of lines.

    custody.jsonl          a JSON object a line; each holds the SHA-256 of the line before it
    custody.jsonl.sha256   of the whole log: it covers the last line too

The chain shows that a line was altered, removed or put in between. Whoever can write the folder can
also write the whole chain anew: against that only a time stamp of somebody else helps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imagery.errors import WriteError
from imagery.write import plain, write_text

CUSTODY = "custody.jsonl"
CUSTODY_SEAL = "custody.jsonl.sha256"
GENESIS = "0" * 64
"""What the first line holds in place of a hash."""


def append(folder: Path, *events: Mapping[str, object]) -> None:
    """Add lines to the log of a run, and seal it.

    Raises:
        WriteError: a file cannot be written.
    """
    path = folder / CUSTODY
    data = path.read_bytes() if path.exists() else b""
    new = b""
    for event in events:
        new += line(event, prev=_head(data + new)) + b"\n"
    try:
        with path.open("ab") as file:
            file.write(new)
    except OSError as error:
        raise WriteError(path.name, error.strerror) from None
    write_text(folder / CUSTODY_SEAL, seal_of(data + new))


def line(event: Mapping[str, object], *, prev: str) -> bytes:
    """An event as it stands in the log."""
    said = plain(dict(event) | {"prev": prev})
    return json.dumps(said, sort_keys=True, ensure_ascii=False).encode("utf-8")


def seal_of(log: bytes) -> str:
    """What stands in ``custody.jsonl.sha256``."""
    return f"{hashlib.sha256(log).hexdigest()}  {CUSTODY}\n"


def events(log: bytes) -> Iterator[dict[str, Any] | None]:
    """The events of a log in order; None in place of a line that does not hold.

    A line holds where it is as it was written, and has the hash of the line before it.
    """
    prev = GENESIS
    ended, _, rest = log.rpartition(b"\n")
    for each in ended.split(b"\n"):
        yield _event(each, prev)
        prev = hashlib.sha256(each).hexdigest()
    if rest:
        yield None


def holds(folder: Path) -> bool:
    """True where every line of the log holds, and the seal fits.

    Raises:
        OSError: a file cannot be read.
    """
    log = (folder / CUSTODY).read_bytes()
    sealed = (folder / CUSTODY_SEAL).read_bytes() == seal_of(log).encode()
    return sealed and all(event is not None for event in events(log))


def _event(text: bytes, prev: str) -> dict[str, Any] | None:
    try:
        event = json.loads(text)
        said = {key: value for key, value in event.items() if key != "prev"}
        return event if line(said, prev=prev) == text else None
    except (AttributeError, ValueError, TypeError, RecursionError):
        return None


def _head(log: bytes) -> str:
    """The hash that the next line must hold."""
    return hashlib.sha256(log[:-1].rpartition(b"\n")[2]).hexdigest() if log else GENESIS
