"""Brings the ledger and the run folders together: at each start, and after the ledger was lost."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from imagery.errors import UnreadableFile, WriteError
from pipelines.batch.ledger import NAME, Ledger
from pipelines.batch.states import Facts, read_run
from pipelines.batch.store import Store, is_whole, turn

JOURNAL = "delivered.jsonl"
"""Which channel has taken which alert: one line each, kept where the ledger may be lost."""

Say = Callable[[str], None]


def open_ledger(store: Store, channels: Mapping[str, Sequence[str]], *, say: Say) -> Ledger:
    """The ledger of a store, sound, knowing every whole run there.

    A damaged file is set aside; one that is gone, cut to nothing or set aside is made again.

    Args:
        store: Of the runs.
        channels: By name of a site, who is told of it.
        say: Is told what was mended.

    Raises:
        WriteError: the store cannot be written.
    """
    with turn(store.folder, "ledger"):
        path = store.folder / NAME
        new = not path.exists() or path.stat().st_size == 0
        try:
            ledger = Ledger(path)
        except sqlite3.OperationalError as error:
            raise WriteError(path, str(error)) from None
        except sqlite3.DatabaseError as error:
            kept = _set_aside(path)
            say(f"The ledger is damaged ({error}): kept as {kept.name}, made again from the runs.")
            new, ledger = True, Ledger(path)
        try:
            if new:
                for alert_id, channel in delivered(store.folder):
                    ledger.mark_told(alert_id, channel)
            found, gone = reconcile(ledger, store, channels, say=say)
        except BaseException:
            ledger.close()
            raise
    if new and found:
        say(f"The ledger was made again from {found} runs.")
    elif found or gone:
        say(f"The ledger learned of {found} runs that it did not know; {gone} are gone.")
    return ledger


def bring_state(store: Store) -> None:
    """On a machine that has no ledger, go on from that of the last batch.

    Raises:
        WriteError: the store, here or there, does not do it.
    """
    ledger = store.folder / NAME
    if store.remote is not None and not ledger.exists():
        store.remote.get_state(ledger, store.folder / JOURNAL)


def put_state(store: Store) -> None:
    """Put the ledger where another machine will go on from it.

    Raises:
        WriteError: the store does not take it.
    """
    if store.remote is not None:
        store.remote.put_state(store.folder / NAME, store.folder / JOURNAL)


def rebuild(store: Store, channels: Mapping[str, Sequence[str]], *, say: Say) -> int:
    """Set the ledger aside and make it again from the run folders; how many there are.

    Raises:
        WriteError: the store cannot be written.
    """
    with turn(store.folder, "ledger"):
        if (store.folder / NAME).exists():
            say(f"The old ledger is kept as {_set_aside(store.folder / NAME).name}.")
    ledger = open_ledger(store, channels, say=lambda _: None)
    number = len(ledger.known())
    ledger.close()
    return number


def reconcile(
    ledger: Ledger, store: Store, channels: Mapping[str, Sequence[str]], *, say: Say
) -> tuple[int, int]:
    """Write down whole runs that the ledger does not know, by scene time; forget those gone.

    Returns:
        How many were found, and how many are gone.
    """
    known, there = ledger.known(), store.runs()
    found: list[Facts] = []
    for entry, run in sorted(there - known):
        store.share(entry, run)
        folder = store.of(entry, run)
        if not is_whole(folder, hashed=True):
            say(f"{entry}/{run} is not whole and does not count.")
            continue
        try:
            facts = read_run(folder)
        except UnreadableFile as error:
            say(str(error))
            continue
        if (facts.entry, facts.run) == (entry, run):
            found.append(facts)
    for facts in sorted(found, key=lambda each: (each.scene_time, each.round, each.run)):
        ledger.record(facts, channels.get(facts.entry, ()))
    for entry, run in known - there:
        ledger.forget(entry, run)
    return len(found), len(known - there)


def journal(store: Path, alert_id: str, channel: str) -> None:
    """Append, to the disk, that a channel has an alert.

    Raises:
        WriteError: it cannot be written.
    """
    line = json.dumps({"alert_id": alert_id, "channel": channel})
    append_line(store / JOURNAL, line)


def append_line(path: Path, line: str) -> None:
    """Append a line and wait until the disk has it; half a line of a dead process is ended first.

    Raises:
        WriteError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            size = file.seek(0, os.SEEK_END)
            cut = False
            if size:
                file.seek(-1, os.SEEK_END)
                cut = file.read(1) != b"\n"
            file.write(("\n" if cut else "").encode() + line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise WriteError(path.name, error.strerror) from None


def delivered(store: Path) -> list[tuple[str, str]]:
    """What the journal holds; a line that was cut off counts as not delivered."""
    found = []
    with suppress(OSError):
        for line in (store / JOURNAL).read_bytes().splitlines():
            with suppress(ValueError, KeyError, TypeError):
                said = json.loads(line)
                found.append((str(said["alert_id"]), str(said["channel"])))
    return found


def _set_aside(path: Path) -> Path:
    number = 1
    while (kept := path.with_name(f"{path.name}.kept-{number}")).exists():
        number += 1
    try:
        path.rename(kept)
        for end in ("-wal", "-shm"):  # of the old file: SQLite must not read them into the new one
            path.with_name(path.name + end).unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(path, error.strerror) from None
    return kept
