"""The custody log of a run: what, when, from where and by which version, a chain of lines.

Each line of ``custody.jsonl`` is a JSON object and holds the SHA-256 of the line before it. The
last one seals the record of the run and says nothing else, so it can be foretold: nothing in the
log can be altered, removed or put in between alone. Whoever can write the folder can also write the
whole chain anew: against that only a time stamp of somebody else helps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imagery.errors import WriteError
from imagery.write import plain

CUSTODY = "custody.jsonl"
SEALED = "sealed"
"""The event of the last line."""

GENESIS = "0" * 64
"""What the first line holds in place of a hash."""


def append(folder: Path, *events: Mapping[str, object], record: str) -> None:
    """Add lines to the log of a run, and one that seals it.

    Args:
        folder: Of the run.
        events: In order.
        record: SHA-256 of ``run.json``.

    Raises:
        WriteError: the log cannot be written.
    """
    path = folder / CUSTODY
    data = path.read_bytes() if path.exists() else b""
    new = b""
    for event in (*events, {"event": SEALED, "sha256": record}):
        new += line(event, prev=_head(data + new)) + b"\n"
    try:
        with path.open("ab") as file:
            file.write(new)
    except OSError as error:
        raise WriteError(path.name, error.strerror) from None


def line(event: Mapping[str, object], *, prev: str) -> bytes:
    """An event as it stands in the log."""
    said = plain(dict(event) | {"prev": prev})
    return json.dumps(said, sort_keys=True, ensure_ascii=False).encode("utf-8")


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


def broken(log: bytes, *, record: str) -> str | None:
    """What does not hold of a log, in words; None where all of it holds.

    Args:
        log: Its bytes.
        record: SHA-256 of ``run.json``.
    """
    found = list(events(log))
    if None in found:
        return f"its line {found.index(None) + 1} was altered, or the one before"
    last = found[-1] or {}
    if {key: last[key] for key in last if key != "prev"} != {"event": SEALED, "sha256": record}:
        return "its last line does not seal the record of this run"
    return None


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
