"""The command that makes pages again: ``report``."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli_options import AsJson
from pipelines.terminal import tell_json


def report(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="Folder that verify, compare or diff wrote, or a folder of such."
        ),
    ],
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make report.html of a run folder again, from that folder alone.

    What is missing or altered since the run is named at the top of the page. Of a folder of runs:
    index.html, an overview of their sites.
    """
    from imagery.run_folder import RECORD
    from pipelines.report import overview, pages

    if not (run / RECORD).exists():
        page = overview.write(run)
        if as_json:
            tell_json({"page": str(page)})
        else:
            typer.echo(f"Overview: {page}")
        _open(page, show)
        return
    made = pages.write(run)
    if as_json:
        damaged = [{"name": one.name, "what": one.what} for one in made.damages]
        tell_json({"page": str(made.page), "sealed": made.sealed, "damages": damaged})
    else:
        if not made.sealed:
            typer.echo("run.json does not match its seal: nothing in this folder can be relied on.")
        for one in made.damages:
            typer.echo(f"{one.name}: {one.what}")
        typer.echo(f"Page: {made.page}")
    _open(made.page, show)


def _open(page: Path, show: bool) -> None:
    if show:
        webbrowser.open(page.resolve().as_uri())
