"""Every file of a run folder against what the run wrote down of it; what does not hold is named.

A run inside the run is examined as one of its own. What is held against what:

    the products            the SHA-256 and sizes in run.json
    run.json                its seal, and the custody log
    custody.jsonl           its own chain, and run.json
    report.html and others  their own SHA-256, and the same made again from the rest
    the kept originals      their own SHA-256
    what run.json says      its published form, and the sentences in it
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from imagery import custody as log
from imagery.errors import ImageryError, UnreadableFile, printable
from imagery.keep import Keep, sha256_of
from imagery.run_folder import DERIVED, PAGES, RECORD, SEAL, TOKENS, plain_bytes
from pipelines import asked
from pipelines.audit import forms, numbers, stamp
from pipelines.report import pages
from pipelines.report.folder import open_run, product

OWN = (RECORD, SEAL, log.CUSTODY, *TOKENS)
"""What is true of one run only, or of its record."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold.

    Attributes:
        name: Of the file, below the folder of the run; of a kept original its SHA-256.
        problem: In words.
    """

    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What was examined.

    Attributes:
        findings: What does not hold; by name.
        missing: Kept originals that are not here: the run cannot be replayed on this machine.
        files: Files of the folder that were read.
        originals: Kept originals that were read.
    """

    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    files: int
    originals: int


def audit(run: Path, keep: Keep) -> Audit:
    """Examine a run folder and the runs in it.

    Args:
        run: The folder.
        keep: Where originals are kept.

    Raises:
        UnreadableFile: it is no run folder at all.
    """
    if not any((run / name).is_file() for name in (RECORD, log.CUSTODY, SEAL)):
        raise UnreadableFile(
            run, f"it holds no {RECORD}", "Name the folder that a run has written."
        )
    parents = {path.parent for name in (RECORD, log.CUSTODY) for path in run.rglob(name)}
    inner = sorted(parents - {run})
    folders = [run, *inner]
    findings = [each for folder in folders for each in _Examined(folder, run, inner).findings()]
    needed: dict[str, str] = {}
    for folder in folders:
        try:
            needed |= _needed(folder, keep)
        except UnreadableFile as error:
            name = (folder / log.CUSTODY).relative_to(run).as_posix()
            findings.append(Finding(name, f"{error}".rstrip(".")))
    here = {digest for digest in needed if keep.path_of(digest).exists()}
    findings += [
        Finding(digest, f"the kept original of {needed[digest]} was altered")
        for digest in sorted(here)
        if sha256_of(keep.path_of(digest)) != digest
    ]
    files = sum(path.is_file() for path in run.rglob("*"))
    unique = sorted(set(findings), key=lambda each: (each.name, each.problem))
    missing = tuple(sorted(set(needed) - here))
    return Audit(tuple(unique), missing, files, len(here))


def _needed(folder: Path, keep: Keep) -> dict[str, str]:
    """Kept originals of a run by SHA-256, with a name for each.

    Raises:
        UnreadableFile: its log names notes that no run has made.
    """
    first = _first_event(folder)
    if "asked" not in first:
        return {}
    digest = str(first["asked"])
    found = {digest: asked.NAME}
    if not keep.holds(digest):
        return found
    return found | asked.kept_files(asked.read(keep, digest))


def _first_event(folder: Path) -> dict[str, Any]:
    """Who made the run; empty where the log is gone or its first line was altered."""
    try:
        return next(log.events(plain_bytes(folder / log.CUSTODY))) or {}
    except OSError:
        return {}


@dataclass(frozen=True, slots=True)
class _Examined:
    """One run folder: ``folder`` in the whole ``run``, with the other runs ``inner`` to it."""

    folder: Path
    run: Path
    inner: list[Path]

    def findings(self) -> Iterator[Finding]:
        record = self._record()
        yield from self._log(record)
        yield from self._seal()
        if record is None:
            yield self._finding(RECORD, "it is missing, or no record of a run any more")
            return
        if stamp.of_record(self.folder) is False:
            yield self._finding(TOKENS[1], f"it speaks of another {RECORD}")
        yield from self._products(record)
        yield from self._strangers(record)
        faults = list(forms.of_record(record)) or list(numbers.unfounded(record))
        yield from (self._finding(RECORD, each) for each in faults)
        yield from self._pages()
        for name, said in (("verdicts.json", forms.of_verdicts), ("claims.json", forms.of_claims)):
            if name in record["products"]:
                yield from (self._finding(name, each) for each in said(self.folder / name))

    def _finding(self, name: str, problem: str) -> Finding:
        place = self.folder.relative_to(self.run).as_posix()
        return Finding(name if place == "." else f"{place}/{name}", problem)

    def _record(self) -> dict[str, Any] | None:
        try:
            record = json.loads(plain_bytes(self.folder / RECORD))
        except (OSError, ValueError, RecursionError):
            return None
        products = record.get("products") if isinstance(record, dict) else None
        return record if isinstance(products, dict) else None

    def _log(self, record: Mapping[str, Any] | None) -> Iterator[Finding]:
        try:
            data = plain_bytes(self.folder / log.CUSTODY)
        except OSError:
            yield self._finding(log.CUSTODY, "it is missing")
            return
        # Log, seal and record say the same hash: where one says another it is that one.
        now = hashlib.sha256(self._bytes(RECORD) or b"").hexdigest()
        sealed = (self._bytes(SEAL) or b"").decode("utf-8", "replace").split(" ")[0]
        broken = log.broken(data, record=now)
        if broken is not None and log.broken(data, record=sealed) is not None:
            yield self._finding(log.CUSTODY, broken)
        held = [event for event in log.events(data) if event is not None]
        said = {e.get("name"): e.get("sha256") for e in held if e.get("event") == "product"}
        for name, problem in stamp.wrong(self.folder, held).items():
            yield self._finding(name, problem)
        listed = {
            name: each.get("sha256") if isinstance(each, dict) else None
            for name, each in (record or {}).get("products", {}).items()
        }
        if record is not None and broken is None and said != listed:
            yield self._finding(RECORD, f"its products are not those of {log.CUSTODY}")

    def _seal(self) -> Iterator[Finding]:
        try:
            now = hashlib.sha256(plain_bytes(self.folder / RECORD)).hexdigest()
        except OSError:
            return
        if self._bytes(SEAL) == f"{now}  {RECORD}\n".encode():
            return
        if now.encode() in (self._bytes(log.CUSTODY) or b""):
            yield self._finding(SEAL, f"it was altered: {log.CUSTODY} says what {RECORD} was")
        else:
            yield self._finding(RECORD, "it was altered: it does not fit its seal")

    def _products(self, record: Mapping[str, Any]) -> Iterator[Finding]:
        for name, said in sorted(record["products"].items()):
            path = product(self.folder, str(name))
            if path is None:
                problem = "it is missing, or no file of this folder"
                yield self._finding(printable(name), problem)
            elif not isinstance(said, dict) or sha256_of(path) != said.get("sha256"):
                yield self._finding(name, "it was altered")

    def _strangers(self, record: Mapping[str, Any]) -> Iterator[Finding]:
        listed = {*record["products"], *DERIVED, *OWN}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            inside = any(path.is_relative_to(each) for each in self.inner if each != self.folder)
            if path.is_symlink() or (not path.is_dir() and name not in listed and not inside):
                yield self._finding(name, "no run wrote it")

    def _pages(self) -> Iterator[Finding]:
        there = [name for name in PAGES if self._bytes(name) is not None]
        for name in there:
            digest = hashlib.sha256(self._bytes(name) or b"").hexdigest()
            sealed = self._bytes(f"{name}.sha256")
            if sealed is not None and sealed != f"{digest}  {name}\n".encode():
                yield self._finding(f"{name}.sha256", f"it does not fit {name}")
                yield self._finding(name, f"it does not fit {name}.sha256")
        for name in DERIVED:
            page = name.removesuffix(".sha256")
            if "part_of" not in _first_event(self.folder) and not (self.folder / name).is_file():
                yield self._finding(name, f"it is missing; report makes {page} again")
        if there:
            yield from self._made_again(there)

    def _made_again(self, names: list[str]) -> Iterator[Finding]:
        """Pages say what the rest says: the same version makes the same of it."""
        try:
            run = open_run(self.folder)
            if run.damages or run.record["versions"]["tilewitness"] != version("tilewitness"):
                return
            made = pages.texts(run)
        except (ImageryError, LookupError, TypeError, ValueError, AttributeError, TemplateError):
            yield self._finding(RECORD, "no page can be made of it: it is no record any more")
            return
        for name in names:
            if self._bytes(name) != made[name].encode():
                yield self._finding(name, "it says something else than the run does")

    def _bytes(self, name: str) -> bytes | None:
        try:
            return plain_bytes(self.folder / name)
        except OSError:
            return None
