"""The commands for what others must be able to check: ``replay`` and ``audit``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli_options import AsJson, Chunk, Keep, Scheduler, Workers, custody
from pipelines.cluster import cluster
from pipelines.config import choose
from pipelines.terminal import shown, tell_json

if TYPE_CHECKING:
    from pipelines.audit import Audit
    from pipelines.replay import Replayed

Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="Folder that verify, compare or diff wrote.")
]
MOST = 20
"""Lines that are printed of one kind; --json has all."""


def replay(
    run: Run,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Keep the second run in this new folder.")
    ] = None,
    keep: Keep = None,
    chunk: Chunk = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Run again, offline, from the kept originals, and compare every byte.

    Exit code 1 where a file comes out differently.
    """
    options = choose(None, {"keep": keep, "chunk": chunk, "workers": workers})
    from pipelines import replay as application

    with tempfile.TemporaryDirectory(prefix="tilewitness-") as scratch:
        folder = Path(scratch, "run") if out is None else out
        with shown() as watch, cluster(scheduler):
            found = application.replay(
                run, folder, Path(scratch), options=options, watch=watch, custody=custody(options)
            )
    if as_json:
        tell_json(
            {
                "run": str(run),
                "same": list(found.same),
                "differ": dict(found.differ),
                "versions": [list(each) for each in found.versions],
            }
        )
    else:
        _tell_replayed(found)
    if found.differ:
        raise typer.Exit(1)


def _tell_replayed(found: Replayed) -> None:
    lines = [f"{name} {what}." for name, what in found.differ.items()]
    _listed(lines)
    for name, then, now in found.versions:
        typer.echo(f"{name} was {then}, and is {now} here.")
    same = f"{len(found.same)} files are the same to the last byte"
    typer.echo(f"{same}, {len(lines)} are not." if lines else f"{same}: all.")


def _listed(lines: list[str]) -> None:
    for line in lines[:MOST]:
        typer.echo(line)
    if len(lines) > MOST:
        typer.echo(f"... and {len(lines) - MOST} more (--json lists all).")


def audit(
    run: Run,
    keep: Keep = None,
    timestamp: Annotated[
        str | None,
        typer.Option(
            "--timestamp",
            metavar="URL",
            help="Have this authority (RFC 3161) sign the hash of run.json (extra: timestamp).",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that nothing in a run folder was altered, and that its sentences follow from it.

    Exit code 1 where something does not hold; each such file is named.
    """
    options = choose(None, {"keep": keep})
    from pipelines import audit as application
    from pipelines.kept import kept

    found = application.audit(run, kept(options))
    signed = None
    if timestamp is not None and not found.findings:
        from pipelines.audit.stamp import stamp

        signed = f"{stamp(run, timestamp):%Y-%m-%dT%H:%M:%SZ}"
    if as_json:
        tell_json(
            {
                "run": str(run),
                "holds": not found.findings,
                "findings": [{"name": f.name, "problem": f.problem} for f in found.findings],
                "files": found.files,
                "originals": found.originals,
                "originals_missing": list(found.missing),
                "timestamp": signed,
            }
        )
    else:
        _tell_audited(found)
        if signed is not None:
            typer.echo(f"Time stamp of {signed}: run.json.tsr.")
    if found.findings:
        raise typer.Exit(1)


def _tell_audited(found: Audit) -> None:
    _listed([f"{each.name}: {each.problem}." for each in found.findings])
    number = len({each.name for each in found.findings})
    if number:
        typer.echo(f"{number} of {found.files} files do not hold: rely on nothing that they say.")
    else:
        typer.echo(f"All {found.files} files are as the run left them, and say what it found.")
    if found.missing:
        typer.echo(f"{len(found.missing)} originals are not kept here: replay needs them (--keep).")
    else:
        typer.echo(f"{found.originals} originals are kept, unaltered.")
