"""What a person sees: bars while a command works, tables, and nothing but results in a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from imagery.model import Site
    from pipelines.model import Watch

ZONE_FIELDS = ("id", "name", "kind", "status", "source", "uncertainty_m")


class Silent:
    """Watches and says nothing."""

    def step(self, name: str) -> None:
        """Note that the step ``name`` begins."""

    def advance(self, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` parts of the step are finished."""


class Bars:
    """One line for each step; a step ends when the next begins."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def step(self, name: str) -> None:
        """Finish the line of the step before and begin one for ``name``."""
        self.finish()
        self._task = self._progress.add_task(name, total=None)

    def advance(self, done: int, total: int) -> None:
        """Move the bar of the present step to ``done`` of ``total``."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total)

    def finish(self) -> None:
        """Fill the bar of the present step, also where nobody counted its parts."""
        if self._task is not None:
            total = self._progress.tasks[-1].total or 1
            self._progress.update(self._task, completed=total, total=total)


@contextmanager
def shown() -> Iterator[Watch]:
    """Bars on stderr while a terminal is there to show them; they vanish at the end."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bars = Bars(progress)
        yield bars
        bars.finish()


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows of text under a header, two spaces between columns.

    >>> print(columns(("id", "zones"), [("hmeimim", "6")]))
    id       zones
    hmeimim  6
    """
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def cell(value: object) -> str:
    """Write one value of a table: a share as per cent, nothing as a dash."""
    if isinstance(value, float):
        return f"{100 * value:.0f} %"
    return "-" if value is None else str(value)


def tell_scenes(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the scenes of a site, and below them what is to be noted of each."""
    header = ("datetime", "local_date", "product", "orbit", "clear", "state", "reason", "id")
    names = ("datetime", "local_date", "product", "relative_orbit", *header[4:])
    typer.echo(columns(header, [[cell(row[name]) for name in names] for row in rows]))
    for row in rows:
        for note in row["notes"]:
            typer.echo(f"{row['id']}: {note}")


def middle(site: Site) -> str:
    """Give the middle of a site as text, in degrees."""
    west, south, east, north = site.bounds
    return f"{(west + east) / 2:.3f}, {(south + north) / 2:.3f}"


def tell_zones(site: Site) -> None:
    """Print the zones of a site, and what rests on their outlines."""
    typer.echo(f"{site.name} ({site.id})")
    if site.aliases:
        typer.echo(f"also {', '.join(site.aliases)}")
    rows = [
        [zone.id, zone.name, zone.kind, zone.status, f"{zone.uncertainty_m:.0f}", zone.source]
        for zone in site.zones
    ]
    typer.echo(columns(("id", "name", "kind", "status", "off by, m", "source"), rows))


def described(site: Site) -> dict[str, object]:
    """Turn a site into plain values; outlines become GeoJSON geometries."""
    from shapely.geometry import mapping

    zones = [
        {name: getattr(zone, name) for name in ZONE_FIELDS} | {"geometry": mapping(zone.geometry)}
        for zone in site.zones
    ]
    return {
        "id": site.id,
        "name": site.name,
        "aliases": list(site.aliases),
        "bounds": list(site.bounds),
        "sha256": site.sha256,
        "zones": zones,
    }


def tell_json(value: object) -> None:
    """Print strict JSON; a NaN in it is an error of ours."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))
