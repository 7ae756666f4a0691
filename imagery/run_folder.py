"""A run folder appears whole or not at all.

Everything is written into a temporary folder beside OUT, on the same file system. Sealing hashes
every product into ``run.json``, writes ``custody.jsonl`` and, last of all, ``run.json.sha256``;
then one rename makes it OUT. Whatever goes wrong before that leaves nothing behind, and two runs
into one OUT cannot mix: each has a folder of its own, and one of them is renamed first.

Originals are read through the draft, which keeps them: what a run rests on cannot be left out of
its custody log.
"""

from __future__ import annotations

import errno
import fcntl
import gzip
import hashlib
import json
import os
import shutil
import stat
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from imagery.custody import CUSTODY, append
from imagery.errors import ImageryError, WriteError
from imagery.keep import sha256
from imagery.originals import Originals
from imagery.write import json_text, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from imagery.keep import Keep

RECORD = "run.json"
SEAL = "run.json.sha256"
SCRATCH = ".scratch"
PAGES = ("report.html", "run.qgs", "summary.md")
DERIVED = (*PAGES, *(f"{name}.sha256" for name in PAGES))
"""What is made again from the rest: hashed beside itself, not in ``run.json``."""

TOKENS = ("run.json.tsq", "run.json.tsr")
"""An RFC 3161 time stamp of ``run.json``: what was asked and what was answered."""

LARGEST_BYTES = 1 << 26
"""Of what is read into memory of a run folder: pages, records and logs."""

SWAP_ATTEMPTS = 8
# Another run into the same folder moved it away, or moved in, between two of our steps.
QUICKER = (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST)


@dataclass(frozen=True, slots=True)
class Draft:
    """A run folder in the making.

    Attributes:
        folder: Where the products go.
        scratch: A folder for what is only needed meanwhile; deleted when the run is sealed.
        originals: What the run has read.
    """

    folder: Path
    scratch: Path
    originals: Originals

    def seal(
        self,
        record: Mapping[str, object],
        *,
        custody: Mapping[str, object],
        asked: Mapping[str, object] | None = None,
        left_out: Sequence[Mapping[str, object]] = (),
    ) -> None:
        """Hash the products and close the folder; only what is derived may be written afterwards.

        Args:
            record: What ``run.json`` says. The same input must give the same record: no clock,
                host, absolute path, URL or thread count. ``products`` is added here.
            custody: The clock, host, paths and thread count, known to the caller.
            asked: What was asked for and what the source answered: enough to run it again from
                kept originals. It is kept beside them (gzip), and the log holds its SHA-256.
            left_out: What could not be used, an entry each, with the reason.

        Raises:
            WriteError: a file cannot be written or deleted.
        """
        try:
            shutil.rmtree(self.scratch)
        except OSError as error:
            raise WriteError(self.folder.name, error.strerror) from None
        products = {
            path.relative_to(self.folder).as_posix(): fingerprint(path)
            for path in sorted(self.folder.rglob("*"))
            # Of a run inside this one the custody log is true of that run only, as ours is of us.
            if path.is_file() and path.name not in (*DERIVED, CUSTODY)
        }
        listed = {name: {"sha256": it.sha256, "size": it.size} for name, it in products.items()}
        write_text(self.folder / RECORD, json_text(dict(record) | {"products": listed}))
        sealed = fingerprint(self.folder / RECORD).sha256
        run = dict(custody) | {"event": "run", "version": version("tilewitness")}
        if asked is not None:
            # Not by ``json_text``: an outline comes back to its last digit.
            text = json.dumps(asked, sort_keys=True, ensure_ascii=False).encode("utf-8")
            run["asked"] = self.originals.keep.put_bytes(gzip.compress(text, mtime=0))
        told = [{**each, "reason": self.originals.told(str(each["reason"]))} for each in left_out]
        events = [
            run,
            *({**each, "event": "input"} for each in self.originals.read),
            *({**each, "event": "left out"} for each in told),
            *(
                {"event": "product", "name": name, "sha256": each.sha256}
                for name, each in products.items()
            ),
        ]
        append(self.folder, *events, record=sealed)
        write_text(self.folder / SEAL, f"{sealed}  {RECORD}\n")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """SHA-256 in hexadecimal, and the size in bytes."""

    sha256: str
    size: int

    @property
    def multihash(self) -> str:
        """As STAC's ``file:checksum`` wants it: 12 = SHA-256, 20 = 32 bytes, then the digest."""
        return f"1220{self.sha256}"


def fingerprint(path: Path) -> Fingerprint:
    """Hash a file; one that has not been touched since is not read again.

    Raises:
        WriteError: it cannot be read.
    """
    try:
        return Fingerprint(sha256(path), path.stat().st_size)
    except OSError as error:
        raise WriteError(path.name, error.strerror) from None


def is_complete(folder: Path) -> bool:
    """True where the seal is there and fits ``run.json``: anything else is not a result."""
    try:
        seal, record = plain_bytes(folder / SEAL), plain_bytes(folder / RECORD)
    except OSError:
        return False
    return seal == f"{hashlib.sha256(record).hexdigest()}  {RECORD}\n".encode()


def plain_bytes(path: Path, *, most: int = LARGEST_BYTES) -> bytes:
    """The content of a file of a run folder that may come from somebody else.

    Args:
        path: The file.
        most: Bytes; no file that is not a picture has more.

    Raises:
        OSError: it cannot be read, is no plain file (a link may lead anywhere, a pipe never ends),
            or is larger (``EFBIG``).
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, "it is too large")
    return data


@contextmanager
def run_folder(out: Path, *, keep: Keep, overwrite: bool = False) -> Iterator[Draft]:
    """Open a draft of ``out``; where the body seals it, it becomes ``out`` on leaving.

    Args:
        out: The folder to be; its parents are made.
        keep: Where the originals of what is read are kept.
        overwrite: Replace what is there. What is not a run folder is not deleted but renamed.

    Raises:
        WriteError: ``out`` cannot be made, exists and may not be replaced, or was never sealed.
    """
    out = out.resolve()
    _refuse_existing(out, overwrite)
    made = _make_parents(out)
    draft = out.parent / f".{out.name}.{uuid.uuid4().hex}.part"
    done = False
    try:
        _make(draft / SCRATCH, out)
        originals = Originals(keep, draft / SCRATCH / "originals")
        with _originals_named(originals):
            yield Draft(draft, draft / SCRATCH, originals)
        if not is_complete(draft):
            raise WriteError(out, "the run was not sealed")
        with _turn(out.parent):
            _publish(draft, out, overwrite)
        done = True
    finally:
        if not done:
            shutil.rmtree(draft, ignore_errors=True)
            _remove_empty(made)


@contextmanager
def _originals_named(originals: Originals) -> Iterator[None]:
    """An error names the user's file, not the working copy of it."""
    try:
        yield
    except ImageryError as error:
        error.args = tuple(
            originals.told(str(each)) if isinstance(each, str | Path) else each
            for each in error.args
        )
        raise


def _refuse_existing(out: Path, overwrite: bool) -> None:
    try:
        # Looked at once: another run may move it away between two looks.
        if not stat.S_ISDIR(out.stat().st_mode):
            raise WriteError(out, "a file of that name is there")
        if not overwrite and any(out.iterdir()):
            raise WriteError(out, "it exists and is not empty; name another or give --overwrite")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise WriteError(out, error.strerror) from None


def _make_parents(out: Path) -> list[Path]:
    """Make what is missing above ``out``; what was made, deepest first."""
    missing = [parent for parent in out.parents if not parent.exists()]
    nearest = out.parents[len(missing)]
    if not nearest.is_dir():
        raise WriteError(out, f"{nearest.name} is not a folder")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _remove_empty(missing)
        raise WriteError(out, error.strerror) from None
    return missing


def _make(folder: Path, out: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise WriteError(out, error.strerror) from None


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # another run uses it, or it was never made
            return


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Let one run at a time swap folders here; others wait the moment that it takes."""
    try:
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise WriteError(folder, error.strerror) from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _publish(draft: Path, out: Path, overwrite: bool) -> None:
    """Rename ``draft`` to ``out``; a folder in its place is first moved aside, then deleted."""
    aside: list[Path] = []
    for _ in range(SWAP_ATTEMPTS):
        _refuse_existing(out, overwrite)
        try:
            if out.is_dir() and any(out.iterdir()):
                aside.append(_aside(out))
                out.rename(aside[-1])
            draft.rename(out)  # takes the place of an empty folder too, in one step
        except OSError as error:
            if error.errno in QUICKER:
                continue
            if aside and not out.exists():
                aside[-1].rename(out)
            raise WriteError(out, error.strerror) from None
        for old in aside:
            if (old / RECORD).exists():
                shutil.rmtree(old, ignore_errors=True)
        return
    raise WriteError(out, "other runs write to it at the same time")


def _aside(out: Path) -> Path:
    if (out / RECORD).exists():
        return out.parent / f".{out.name}.{uuid.uuid4().hex}.old"
    number = 1
    while os.path.lexists(kept := out.with_name(f"{out.name}.replaced-{number}")):
        number += 1
    return kept
