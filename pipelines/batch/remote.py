"""A run store in S3: workers put their runs there, and a new machine goes on from there.

    s3://BUCKET/PREFIX/SITE/RUN/...      a run; without its seal, which comes last, it is none
    s3://BUCKET/PREFIX/ledger.sqlite     as the last batch left it
    s3://BUCKET/PREFIX/delivered.jsonl   likewise: which channel has taken which alert

Beside the watch list stays a working copy of what this machine has made. Keys and endpoint are
those of the environment (AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL and so on).
"""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore, from_url

from imagery.errors import WriteError
from imagery.run_folder import SEAL

REQUESTS = 32
"""At a time, to list the runs of thousands of sites."""


@dataclass(frozen=True)
class Remote:
    """A store of runs; what it raises where the store does not do it is a ``WriteError``.

    Attributes:
        url: Of the store, without anything secret.
    """

    url: str

    def __reduce__(self) -> tuple[type[Remote], tuple[str]]:
        """To a worker goes the address: it opens the store with the keys of its own environment."""
        return Remote, (self.url,)

    @cached_property
    def _store(self) -> ObjectStore:
        with self._asking():
            return from_url(self.url)

    def runs(self) -> set[tuple[str, str]]:
        """Entry and run of all that is there, whole or not."""
        entries = self._folders(None)
        with ThreadPoolExecutor(REQUESTS) as pool:
            found = zip(entries, pool.map(self._folders, entries), strict=True)
            return {(entry, run) for entry, runs in found for run in runs}

    def holds(self, entry: str, run: str) -> bool:
        """Whether a run is there with its seal."""
        with self._asking():
            try:
                obstore.head(self._store, f"{entry}/{run}/{SEAL}")
            except (FileNotFoundError, NotFoundError):
                return False
        return True

    def put_run(self, folder: Path, entry: str, run: str) -> None:
        """Put a whole run there, its seal last."""
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        for path in sorted(files, key=lambda path: path == folder / SEAL):
            self._put(path, f"{entry}/{run}/{path.relative_to(folder).as_posix()}")

    def get_run(self, folder: Path, entry: str, run: str) -> None:
        """Bring a run here; what is here of it and is not whole makes room."""
        draft = folder.with_name(f".{run}.{uuid.uuid4().hex}.part")
        try:
            for name in self._names(f"{entry}/{run}/"):
                self._get(f"{entry}/{run}/{name}", draft / name)
            if folder.exists():
                folder.rename(folder.with_name(f".{run}.{uuid.uuid4().hex}.old"))
            draft.rename(folder)
        except OSError as error:
            raise WriteError(folder, error.strerror) from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def put_state(self, ledger: Path, journal: Path) -> None:
        """Put the ledger there, as it is at this moment, and the journal."""
        copy = ledger.with_name(f".{ledger.name}.{uuid.uuid4().hex}.part")
        try:
            with closing(sqlite3.connect(ledger)) as from_, closing(sqlite3.connect(copy)) as to:
                from_.backup(to)
            self._put(copy, ledger.name)
        except sqlite3.Error as error:
            raise WriteError(ledger, str(error)) from None
        finally:
            copy.unlink(missing_ok=True)
        if journal.exists():
            self._put(journal, journal.name)

    def get_state(self, *paths: Path) -> None:
        """Bring ledger and journal here; what was never put there stays as it is."""
        with self._asking():
            found = obstore.list_with_delimiter(self._store)
        there = {PurePosixPath(meta["path"]).name for meta in found["objects"]}
        for path in (path for path in paths if path.name in there):
            draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
            try:
                self._get(path.name, draft)
                draft.replace(path)
            except OSError as error:
                raise WriteError(path, error.strerror) from None
            finally:
                draft.unlink(missing_ok=True)

    def _folders(self, entry: str | None) -> list[str]:
        with self._asking():
            found = obstore.list_with_delimiter(self._store, None if entry is None else f"{entry}/")
        names = [PurePosixPath(prefix).name for prefix in found["common_prefixes"]]
        return [name for name in names if not name.startswith(".")]

    def _names(self, prefix: str) -> Iterator[str]:
        """Keys below a prefix; of another's store one may not lead out of its folder."""
        with self._asking():
            listed = [meta["path"] for page in obstore.list(self._store, prefix) for meta in page]
        for key in listed:
            name = PurePosixPath(key.removeprefix(prefix))
            if not name.is_absolute() and ".." not in name.parts:
                yield name.as_posix()

    def _put(self, path: Path, key: str) -> None:
        with self._asking():
            obstore.put(self._store, key, path)

    def _get(self, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file, self._asking():
            for block in obstore.get(self._store, key):
                file.write(block)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Whatever the store answers is one sentence: of its own words nothing is printed."""
        try:
            yield
        except (BaseError, PermissionError, FileNotFoundError, ValueError) as error:
            reason = f"the store answered {type(error).__name__}; check bucket, region and keys"
            raise WriteError(self.url, reason) from None
