"""The command ``batch``: parse, call, print."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagery.errors import InputError
from pipelines.cli_options import AsJson, Scheduler
from pipelines.cluster import cluster
from pipelines.config import nearest
from pipelines.terminal import columns, tell_json

if TYPE_CHECKING:
    from pipelines.batch.attend import Report
    from pipelines.batch.rounds import Closing
    from pipelines.batch.watchlist import WatchList

STATUS, REBUILD = "status", "rebuild"
LONGEST_REASON = 90

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="[status|rebuild] WATCHLIST",
        help="TOML file of sites. status prints the ledger, rebuild makes it again from the runs.",
    ),
]


def batch(
    words: Words,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what is due and why; write nothing.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out sites with faults in the list.")
    ] = False,
    workers: Annotated[
        int, typer.Option("--workers", help="Sites at a time, each in a process of its own.")
    ] = 1,
    scheduler: Scheduler = None,
    now: Annotated[
        str | None,
        typer.Option("--now", metavar="TIME", help="Take this for the clock, 2024-12-14T06:00Z."),
    ] = None,
    log: Annotated[str, typer.Option("--log", help="Lines on stderr: text or json.")] = "text",
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but what failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run every site of a watch list that is due.

    Each once; what failed is tried again by the next batch. Alerts go to whom the list names.
    """
    from pipelines.batch import rounds
    from pipelines.batch.form import read
    from pipelines.batch.told import FORMS, logging_to_stderr

    order, path = _asked(words)
    if log not in FORMS:
        raise InputError("--log", log, nearest(log, FORMS))
    if workers < 1:
        raise InputError("--workers", workers, "a whole number from 1 up")
    tells = order is None and not dry_run
    listed = read(path, skip_bad=skip_bad, environment=os.environ if tells else None)
    with logging_to_stderr(log, quiet=quiet), _scheduler(scheduler) as spread_out:
        world = rounds.World(
            now=_moment(now),
            environment=os.environ,
            workers=workers,
            alone=spread_out or workers > 1,
        )
        if order == STATUS:
            _tell_status(rounds.status(listed), as_json=as_json)
        elif order == REBUILD:
            _tell_rebuilt(listed, as_json=as_json)
        elif dry_run:
            _tell_plans(rounds.dry_run(listed, world), listed, as_json=as_json)
        else:
            _tell_closing(rounds.batch(listed, world), as_json=as_json, quiet=quiet)


def _asked(words: Sequence[str]) -> tuple[str | None, Path]:
    """What to do, None for a batch, and with which file."""
    if len(words) == 1:
        return None, Path(words[0])
    orders = (STATUS, REBUILD)
    if len(words) == 2 and words[0] in orders:
        return words[0], Path(words[1])
    raise InputError("batch", " ".join(words), f"WATCHLIST, or {' or '.join(orders)} WATCHLIST")


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError("--now", text, "a time such as 2024-12-14T06:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@contextmanager
def _scheduler(address: str | None) -> Iterator[bool]:
    """Whether sites go to a scheduler: the one given, or the one of Dask's configuration."""
    import dask

    found = address or dask.config.get("scheduler-address", None)
    with cluster(found):
        yield found is not None or dask.config.get("scheduler", None) is not None


def _tell_closing(closing: Closing, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        said = {name: getattr(closing, name) for name in ("alerts", "delivered", "down", "bad")}
        tell_json({"outcomes": dict(closing.outcomes), "sites": closing.rows, **said})
    elif not quiet:
        rows = [
            [row["site"], row["outcome"], _short(row["reason"]), f"{row['seconds']:.1f}"]
            for row in closing.rows
        ]
        typer.echo(columns(("site", "outcome", "why", "s"), rows))
        counts = ", ".join(f"{n} {name}" for name, n in sorted(closing.outcomes.items()))
        bad = f", {len(closing.bad)} left out" if closing.bad else ""
        typer.echo(f"{counts}{bad}. {closing.alerts} alerts, {closing.delivered} deliveries.")
    for each in closing.bad:
        typer.echo(f"Left out: {each}", err=True)
    if closing.failed:
        raise typer.Exit(1)


def _tell_plans(reports: Sequence[Report], listed: WatchList, *, as_json: bool) -> None:
    if as_json:
        tell_json({"plans": [_planned(each) for each in reports], "bad": list(listed.bad)})
        return
    rows = [
        [
            each.entry,
            "due" if each.plan and each.plan.due else "-",
            " ".join(scene.datetime[:10] for scene in each.plan.scenes[-2:]) if each.plan else "",
            str(each.plan.total if each.plan else 0),
            "?" if each.plan is None or each.plan.bytes is None else str(each.plan.bytes),
            _short(each.reason),
        ]
        for each in reports
    ]
    typer.echo(columns(("site", "", "dates", "scenes", "bytes", "why"), rows))
    for bad in listed.bad:
        typer.echo(f"Left out: {bad}", err=True)


def _planned(report: Report) -> dict[str, object]:
    from dataclasses import asdict

    plan = report.plan
    return {
        "site": report.entry,
        "due": plan is not None and plan.due,
        "reason": report.reason,
        "run": plan.run if plan else None,
        "scenes": [asdict(scene) for scene in plan.scenes] if plan else [],
        "rests_on": plan.total if plan else 0,
        "bytes_to_fetch": plan.bytes if plan else None,
    }


def _tell_status(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        tell_json(list(rows))
        return
    if not rows:
        typer.echo("No batch has run yet.")
        return
    heads = ("site", "last", "scene", "found", "states", "runs", "attempts", "why")
    table = [
        [
            str(row["site"]),
            str(row["outcome"] or "-"),
            str(row["scene_time"] or "")[:10],
            str(row["result"] or ""),
            ", ".join(row["states"]),
            str(row["runs"]),
            str(row["attempts"]),
            _short(row["reason"] or ""),
        ]
        for row in rows
    ]
    typer.echo(columns(heads, table))


def _tell_rebuilt(listed: WatchList, *, as_json: bool) -> None:
    from pipelines.batch.healing import rebuild

    channels = {entry.name: entry.notify for entry in listed.entries}
    number = rebuild(listed.store, channels, say=lambda text: typer.echo(text, err=True))
    if as_json:
        tell_json({"runs": number})
    else:
        typer.echo(f"The ledger was made again from {number} runs.")


def _short(text: object) -> str:
    line = "".join(each if each.isprintable() else " " for each in str(text))
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 3]}..."
