"""The commands that start from a text: ``claims``, ``verify``, ``demo``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagery.errors import InputError
from pipelines.cli_options import (
    DEMO_WORLD,
    AllowHost,
    AsJson,
    Cache,
    Chunk,
    Config,
    History,
    Imagery,
    Keep,
    Method,
    Offline,
    Overwrite,
    Product,
    Scheduler,
    Workers,
    custody,
    samples,
    scenery,
    sources,
)
from pipelines.cluster import cluster
from pipelines.config import Options, choose, reach
from pipelines.terminal import columns, shown, tell_json

if TYPE_CHECKING:
    from imagery.model import Site
    from pipelines.verify import Verified

DEMO_RUN = Path("demo-run")
DEMO_TEXT, DEMO_DATE = "article.txt", date(2024, 12, 14)

Article = Annotated[
    Path,
    typer.Argument(metavar="ARTICLE", help="Text, Markdown or HTML; or an edited claims.json."),
]
Published = Annotated[
    str | None,
    typer.Option("--date", metavar="DAY", help="When the article was published, 2024-12-14."),
]
Sites = Annotated[
    list[str] | None,
    typer.Option("--site", metavar="FILE", help="A GeoJSON site beside those of the registry."),
]
Extractor = Annotated[
    str | None,
    typer.Option("--extractor", metavar="COMMAND", help="Reads the text, prints claims as JSON."),
]


def claims(
    article: Article,
    published: Published = None,
    site: Sites = None,
    extractor: Extractor = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File for the claims, claims.json.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the statements of a text.

    With each: whether images could test it, and if not why. Edit the file, then verify it.
    """
    from pipelines import verify as application
    from pipelines.claims import file as form
    from pipelines.claims.routing import explain
    from pipelines.said import clean

    asked = application.statements(
        article, article_date=_day(published), sites=_places(site), extractor=extractor
    )
    if out is not None:
        form.write(asked.file, out)
    if as_json:
        typer.echo(form.dumps(asked.file), nl=False)
        return
    rows = [
        [
            claim.id,
            "to test" if claim.checkable else f"routed: {str(claim.reason).replace('_', ' ')}",
            claim.site_id or claim.site or "",
            claim.predicate.replace("_", " "),
            "" if claim.date is None else f"{claim.date.start or ''}/{claim.date.end or ''}",
            clean(claim.quote, 60),
        ]
        for claim in asked.file.claims
    ]
    typer.echo(columns(("id", "route", "site", "says", "date", "statement"), rows))
    for note in asked.file.notes:
        typer.echo(f"Note: {note}")
    reasons = sorted({str(claim.reason) for claim in asked.file.claims if not claim.checkable})
    for reason in reasons:
        typer.echo(f"{reason.replace('_', ' ')}: {explain(reason).sentence}")
    if out is not None:
        typer.echo(f"Claims: {out}")


def verify(
    article: Article,
    published: Published = None,
    imagery: Imagery = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder; unless given, ARTICLE_verified here."),
    ] = None,
    site: Sites = None,
    text: Annotated[
        Path | None,
        typer.Option("--text", help="The article of a claims.json, to check its quotes against."),
    ] = None,
    extractor: Extractor = None,
    product: Product = None,
    history: History = None,
    config: Config = None,
    method: Method = None,
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
    """Test the statements of a text.

    Each is routed, or put beside the dated scenes of its site: verdict, power, false alarms.
    """
    given = {"method": method, "chunk": chunk, "workers": workers, "overwrite": overwrite}
    options = choose(config, given | {"product": product, "history": history, "keep": keep})
    access = reach(config, sources(imagery, cache, offline=offline, hosts=allow_host))
    from pipelines import verify as application

    asked = application.statements(
        article, article_date=_day(published), sites=_places(site), text=text, extractor=extractor
    )
    folder = out or Path(f"{article.stem}_verified")
    with shown() as watch, cluster(scheduler), scenery(access) as opened:
        found = application.verify(
            asked,
            source=opened.source,
            out=folder,
            options=options,
            watch=watch,
            custody=custody(options) | {"imagery": opened.source.name},
        )
    _tell(found, as_json=as_json)


def demo(as_json: AsJson = False) -> None:
    """Test a text of ours on simulated tiles.

    It states the facts of December 2024 that the tool started from; products go to demo-run/.
    """
    world = samples()
    if world is None:
        raise InputError("The working folder", str(Path.cwd()), f"one that holds {DEMO_WORLD}")
    from imagery.sources import FolderSource
    from pipelines import verify as application

    asked = application.statements(world.parent / DEMO_TEXT, article_date=DEMO_DATE, sites=())
    options = Options(overwrite=True)
    with shown() as watch:
        found = application.verify(
            asked,
            source=FolderSource(world),
            out=DEMO_RUN,
            options=options,
            watch=watch,
            custody=custody(options),
        )
    _tell(found, as_json=as_json)
    typer.echo("SIMULATED: the tiles are generated and show no real place.", err=as_json)


def _tell(found: Verified, *, as_json: bool) -> None:
    from dataclasses import asdict

    from imagery.write import plain
    from pipelines import verdict_table

    if as_json:
        listed = [plain(asdict(verdict)) for verdict in found.verdicts]
        tell_json({"folder": str(found.folder), "verdicts": listed})
        return
    typer.echo(verdict_table.table(found.claims, found.verdicts))
    for entry in found.record["watch"]:
        since = f", from {entry['from']}" if entry["from"] else ""
        typer.echo(f"To watch: {entry['site']}, {entry['object_class']}{since}.")
    typer.echo(f"Products: {found.folder}; to read first: report.html")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("--date", text, "a day such as 2024-12-14") from None


def _places(names: list[str] | None) -> tuple[Site, ...]:
    from imagery.sites import load_site

    return tuple(load_site(name) for name in names or ())
