"""A run once more, offline, from its kept originals: does it give the same bytes?

Compared is every file of the folder but the custody log, which tells of one run only.
"""

from __future__ import annotations

import filecmp
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from imagery import custody as log
from imagery.errors import ImageryError, UnreadableFile
from imagery.keep import Keep
from imagery.run_folder import RECORD, TOKENS, plain_bytes
from imagery.sources import Source
from imagery.witnessed import Noted
from pipelines import asked, compare, verify
from pipelines.config import Options
from pipelines.json_form import ODD, strict_json
from pipelines.kept import kept
from pipelines.model import Watch

ELSEWHERE = (log.CUSTODY, *TOKENS)
"""Names of files that are not compared."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a second run.

    Attributes:
        same: Names of files that are equal to the last byte.
        differ: By name: ``differs``, ``is missing`` or ``is not made again``.
        versions: Of packages that are others than then: name, then, now.
    """

    same: tuple[str, ...]
    differ: Mapping[str, str]
    versions: tuple[tuple[str, str, str], ...]


def replay(
    run: Path,
    out: Path,
    scratch: Path,
    *,
    options: Options,
    watch: Watch,
    custody: Mapping[str, object],
) -> Replayed:
    """Run again into a new folder, and compare.

    Args:
        run: A run folder.
        out: The new folder.
        scratch: A folder for working copies.
        options: Chunk, threads and the folder of kept originals; the rest is as it was then.

    Raises:
        UnreadableFile: the run does not say what it was asked for, or an original is not kept.
        ImageryError: what was refused then is not refused now, or the other way round.
    """
    keep = kept(options)
    event = run_event(run)
    said = asked.read(keep, str(event["asked"]))
    options = replace(options, **said["options"], overwrite=False)
    told = dict(custody) | {name: event[name] for name in ("part_of",) if name in event}
    again = _Again(said, keep, out, scratch, options, watch, told)
    try:
        {"diff": again.diff, "compare": again.compare, "verify": again.verify}[said["do"]]()
    except ImageryError:
        raise
    except ODD as error:
        problem = f"it holds what no run notes ({type(error).__name__})"
        raise UnreadableFile(asked.NAME, problem, asked.ALTERED) from error
    return _compared(run, out)


def run_event(run: Path) -> dict[str, Any]:
    """The first line of a run's custody log: who made it, how, and what was asked for.

    Raises:
        UnreadableFile: there is none.
    """
    path = run / log.CUSTODY
    try:
        event = next(log.events(plain_bytes(path)))
    except OSError:
        remedy = "Name the folder that a run has written."
        raise UnreadableFile(run, f"it holds no {log.CUSTODY}", remedy) from None
    if event is None or "asked" not in event:
        problem = "its first line does not say what the run was asked for, or was altered"
        raise UnreadableFile(path, problem, "Only a run of this version on can be replayed.")
    return event


@dataclass(frozen=True, slots=True)
class _Again:
    """The same three applications that the commands call, with what was given to them then."""

    said: Mapping[str, Any]
    keep: Keep
    out: Path
    scratch: Path
    options: Options
    watch: Watch
    custody: Mapping[str, object]

    def diff(self) -> None:
        before, after = (
            self._file(file, f"{number}") for number, file in enumerate(self.said["files"])
        )
        compare.diff(
            before, after, self.out, options=self.options, watch=self.watch, custody=self.custody
        )

    def compare(self) -> None:
        compare.compare(
            asked.site_from(self.said["site"]),
            asked.periods_of(self.said),
            source=self._source(),
            out=self.out,
            options=self.options,
            watch=self.watch,
            custody=self.custody,
        )

    def verify(self) -> None:
        text = self.said["text"]
        statements = verify.statements(
            self._file(self.said["article"], "article"),
            article_date=asked.day_of(self.said),
            sites=[asked.site_from(each) for each in self.said["sites"]],
            text=self._file(text, "text") if text else None,
        )
        verify.verify(
            statements,
            source=self._source(),
            out=self.out,
            options=self.options,
            watch=self.watch,
            custody=self.custody,
        )

    def _file(self, file: Mapping[str, str], folder: str) -> Path:
        """A kept file under the name that it had."""
        name = Path(file["name"]).name
        path = self.scratch / "given" / folder / name
        size = self.keep.get(file["sha256"], name=name).stat().st_size
        self.keep.lay([(0, size, file["sha256"])], path, size=size, name=name)
        return path

    def _source(self) -> Source:
        return Noted(self.said["answers"], self.keep, self.scratch / "given")


def _compared(run: Path, again: Path) -> Replayed:
    then, now = _files(run), _files(again)
    differ = dict.fromkeys(now - then, "is missing")
    differ |= dict.fromkeys(then - now, "is not made again")
    for name in then & now:
        if not filecmp.cmp(run / name, again / name, shallow=False):
            differ[name] = "differs"
    same = tuple(sorted(then - set(differ)))
    return Replayed(same, dict(sorted(differ.items())), _versions(run, again))


def _files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ELSEWHERE
    }


def _versions(run: Path, again: Path) -> tuple[tuple[str, str, str], ...]:
    try:
        then = dict(strict_json(plain_bytes(run / RECORD))["versions"])
    except (OSError, *ODD):
        return ()
    now = json.loads((again / RECORD).read_bytes())["versions"]
    return tuple(
        (name, str(then.get(name)), str(now.get(name)))
        for name in sorted({*map(str, then), *now})
        if then.get(name) != now.get(name)
    )
