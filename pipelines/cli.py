"""The command line: parse, call, print. The only place for the clock and the environment.

Exit codes: 0 done, 2 the input is wrong or cannot be trusted, 1 anything else.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from imagery.errors import ImageryError
from imagery.model import Period
from pipelines import cli_evidence, cli_report, cli_text
from pipelines.batch.command import batch
from pipelines.cli_options import (
    DAY,
    AllowHost,
    AsJson,
    Cache,
    Chunk,
    Config,
    History,
    Imagery,
    Keep,
    Mask,
    Method,
    Offline,
    Overwrite,
    Product,
    Scheduler,
    SiteName,
    Workers,
    custody,
    samples,
    scenery,
    sources,
)
from pipelines.cluster import cluster
from pipelines.config import choose, reach
from pipelines.terminal import columns, described, middle, shown, tell_json, tell_scenes, tell_zones

if TYPE_CHECKING:
    from pipelines.model import Outcome


class Commands(TyperGroup):
    """The commands, with one sentence instead of a traceback for what a user can mend."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that ``ctx`` names."""
        try:
            return super().invoke(ctx)
        except ImageryError as error:
            said = " ".join([str(error), *getattr(error, "__notes__", ())])
            typer.echo(f"tilewitness: {said}", err=True)
            raise typer.Exit(2) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Puts what a text says about a place beside what dated public satellite tiles show of it.",
)


@app.callback(invoke_without_command=True)
def tilewitness(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Puts what a text says about a place beside what dated public satellite tiles show of it."""
    if show_version:
        typer.echo(f"tilewitness {version('tilewitness')}")
        raise typer.Exit


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="GeoTIFF of the earlier date.")],
    after: Annotated[Path, typer.Argument(help="GeoTIFF of the later date.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the products.")],
    config: Config = None,
    method: Method = None,
    mask: Mask = None,
    chunk: Chunk = None,
    workers: Workers = None,
    overwrite: Overwrite = None,
    keep: Keep = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Compare two GeoTIFFs.

    Their order is that of the arguments; no date is needed.
    """
    given = {"method": method, "chunk": chunk, "workers": workers, "overwrite": overwrite}
    options = choose(config, given | {"mask": mask, "keep": keep})
    from pipelines import compare as application

    with shown() as watch, cluster(scheduler):
        outcome = application.diff(
            before, after, out, options=options, watch=watch, custody=custody(options)
        )
    tell(outcome, as_json=as_json)


@app.command()
def compare(
    site: SiteName,
    before: Annotated[str, typer.Option("--before", help=DAY)],
    after: Annotated[str, typer.Option("--after", help=DAY)],
    imagery: Imagery = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder; unless given, SITE_YYYYMMDD_YYYYMMDD here."),
    ] = None,
    product: Product = None,
    history: History = None,
    config: Config = None,
    method: Method = None,
    mask: Mask = None,
    chunk: Chunk = None,
    workers: Workers = None,
    overwrite: Overwrite = None,
    keep: Keep = None,
    scheduler: Scheduler = None,
    cache: Cache = None,
    offline: Offline = None,
    allow_host: AllowHost = None,
    as_json: AsJson = False,
) -> None:
    """Compare a site at two dates.

    For each date the clearest scene over the site's zones is taken.
    """
    given = {"method": method, "chunk": chunk, "workers": workers, "overwrite": overwrite}
    given |= {"product": product, "mask": mask, "history": history, "keep": keep}
    options = choose(config, given)
    access = reach(config, sources(imagery, cache, offline=offline, hosts=allow_host))
    periods = Period.parse(before), Period.parse(after)
    from imagery.sites import load_site

    place = load_site(site)
    folder = out or Path(run_name(place.id, *periods))
    from pipelines import compare as application

    with shown() as watch, cluster(scheduler), scenery(access) as opened:
        outcome = application.compare(
            place,
            periods,
            source=opened.source,
            out=folder,
            options=options,
            watch=watch,
            custody=custody(options) | {"imagery": opened.source.name},
        )
        traffic = opened.traffic()
    tell(outcome, as_json=as_json, more={"fetched": traffic})


@app.command()
def scenes(
    site: SiteName,
    first: Annotated[str, typer.Option("--from", help="First day, UTC.")],
    last: Annotated[str, typer.Option("--to", help="Last day, UTC.")],
    imagery: Imagery = None,
    product: Product = None,
    config: Config = None,
    cache: Cache = None,
    offline: Offline = None,
    allow_host: AllowHost = None,
    as_json: AsJson = False,
) -> None:
    """List the scenes of a site.

    With each: how much of the site's zones is clear, and why it is used or not.
    """
    period = Period.parse(f"{first}/{last}")
    wanted = choose(config, {"product": product}).product
    access = reach(config, sources(imagery, cache, offline=offline, hosts=allow_host))
    from imagery.sites import load_site

    place = load_site(site)
    from pipelines import compare as application

    with scenery(access) as opened:
        rows = application.scenes(place, period, source=opened.source, product=wanted)
        name = opened.source.name
    if as_json:
        tell_json(rows)
    elif rows:
        tell_scenes(rows)
    else:
        typer.echo(f"No scene of {place.id} in {name} from {first} to {last}.")


@app.command()
def sites(
    site: Annotated[
        str | None, typer.Argument(metavar="[SITE|FILE]", help="Registry id or GeoJSON file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the known sites, or the zones of one.

    With each zone: where its outline comes from and how far it may be off.
    """
    from imagery.sites import load_site, registry

    places = registry() if site is None else (load_site(site),)
    if as_json:
        tell_json([described(place) for place in places])
    elif site is None:
        rows = [[place.id, place.name, str(len(place.zones)), middle(place)] for place in places]
        typer.echo(columns(("id", "name", "zones", "longitude, latitude"), rows))
    else:
        tell_zones(places[0])


app.command()(cli_text.claims)
app.command()(cli_text.verify)
app.command()(cli_text.demo)
app.command()(batch)
app.command()(cli_report.report)
app.command()(cli_evidence.replay)
app.command()(cli_evidence.audit)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check what this machine has.

    Exit code 1 where something that the other commands need is missing.
    """
    from pipelines.doctor import examine

    findings = list(examine(samples()))
    if as_json:
        tell_json([asdict(finding) for finding in findings])
    else:
        rows = [[f.state, f.what, f"{f.detail}. {f.advice}".rstrip(" .")] for f in findings]
        typer.echo(columns(("state", "what", "found"), rows))
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(1)


def run_name(site_id: str, before: Period, after: Period) -> str:
    """Name the folder of a comparison after the site and the first day of each period."""
    return f"{site_id}_{before.start:%Y%m%d}_{after.start:%Y%m%d}"


def tell(
    outcome: Outcome, *, as_json: bool, more: Mapping[str, object] = MappingProxyType({})
) -> None:
    """Print what was done, for a person or for a program; ``more`` is for the program."""
    if as_json:
        tell_json(outcome.as_dict() | dict(more))
    else:
        typer.echo("\n".join(outcome.summary()))


def main() -> None:
    """Run the command line."""
    signal.signal(signal.SIGTERM, _stop)
    app(prog_name="tilewitness")


def _stop(number: int, _frame: object) -> None:
    # As an exception a request to stop passes through the run folder, which removes its draft.
    raise SystemExit(128 + number)
