"""One batch from its list to its closing table: heal, spread, write down, tell."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic, time
from typing import Any

from imagery.errors import WriteError
from imagery.write import utc_text
from pipelines.batch.attend import OUTCOMES, Job, Report
from pipelines.batch.delivery import Delivery
from pipelines.batch.healing import bring_state, open_ledger, put_state
from pipelines.batch.ledger import Ledger
from pipelines.batch.spread import spread
from pipelines.batch.states import silence
from pipelines.batch.told import metrics_text, say, write_metrics
from pipelines.batch.watchlist import Entry, WatchList


@dataclass(frozen=True, slots=True)
class World:
    """What a batch knows of the world.

    Attributes:
        now: UTC.
        environment: Holds the secrets of channels.
        alone: Several sites run at a time.
        workers: Processes, where no Dask scheduler is set.
    """

    now: datetime
    environment: Mapping[str, str]
    workers: int = 1
    alone: bool = False


@dataclass(slots=True)
class Closing:
    """What a batch came to.

    Attributes:
        outcomes: Sites by outcome.
        rows: Site, outcome, reason, seconds: one for each.
        alerts: New ones.
        delivered: Deliveries made.
        down: Channels that took nothing, with the reason.
        bad: Sites left out by ``--skip-bad``.
    """

    outcomes: Counter[str]
    bad: tuple[str, ...] = ()
    rows: list[dict[str, Any]] = field(default_factory=list)
    alerts: int = 0
    delivered: int = 0
    down: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether somebody should look."""
        return bool(self.outcomes["failed"] or self.down)


def dry_run(watchlist: WatchList, world: World) -> list[Report]:
    """The plan of every site, in the order of the list; nothing is written."""
    found: dict[str, Report] = {}

    def then(report: Report) -> None:
        found[report.entry] = report

    jobs = [
        Job(entry, watchlist.store, world.now, dry=True, alone=world.alone)
        for entry in watchlist.entries
    ]
    spread(jobs, workers=world.workers, then=then)
    return [found[entry.name] for entry in watchlist.entries]


def batch(watchlist: WatchList, world: World) -> Closing:
    """Run every site that is due, and tell what changed.

    Raises:
        WriteError: the store or the ledger cannot be written; what was done stays, and the next
            batch goes on from it.
    """
    started = monotonic()
    ledger = _ledger(watchlist)
    try:
        now = _not_before(ledger, world.now)
        number = ledger.begin(utc_text(world.now) or "")
        say("batch begins", {"round": number, "sites": len(watchlist.entries)})
        closing = Closing(Counter(), watchlist.bad)
        way = Delivery(
            ledger=ledger,
            store=watchlist.store.folder,
            channels={channel.name: channel for channel in watchlist.channels},
            environment=world.environment,
            now=time,  # of each request, not of the batch: receivers refuse old ones
            down=closing.down,
        )
        way.deliver()
        entries = {entry.name: entry for entry in watchlist.entries}

        def then(report: Report) -> None:
            closing.alerts += _written(ledger, report, entries[report.entry], now, number)
            _count(closing, report)
            way.deliver()

        jobs = [_job(entry, watchlist, ledger, now, number, world) for entry in watchlist.entries]
        spread(jobs, workers=world.workers, then=then)
        closing.delivered = way.sent
        took = monotonic() - started
        _end(watchlist, ledger, closing, ended=time(), seconds=took)
    finally:
        ledger.close()
    put_state(watchlist.store)
    return closing


def _ledger(watchlist: WatchList) -> Ledger:
    channels = {entry.name: entry.notify for entry in watchlist.entries}
    bring_state(watchlist.store)
    return open_ledger(watchlist.store, channels, say=_mended)


def _mended(sentence: str) -> None:
    say(sentence, {}, level=logging.WARNING)


def _not_before(ledger: Ledger, now: datetime) -> datetime:
    """The clock; where it stands before a scene that was already used, the time of that scene."""
    latest = ledger.latest_scene_time()
    if latest is None or (known := datetime.fromisoformat(latest)) <= now:
        return now
    _mended(f"The clock says {utc_text(now)}, before a scene of {latest}: that time is taken.")
    return known + timedelta(seconds=1)


def _job(
    entry: Entry, watchlist: WatchList, ledger: Ledger, now: datetime, number: int, world: World
) -> Job:
    settled = ledger.refusals(entry.name)
    return Job(entry, watchlist.store, now, round=number, settled=settled, alone=world.alone)


def _written(ledger: Ledger, report: Report, entry: Entry, now: datetime, number: int) -> int:
    """Write a report down; how many alerts are new."""
    run = report.plan.run if report.plan else None
    ledger.note_attempts(number, report.entry, run, report.tried)
    ledger.note_plan(number, report.entry, report.outcome, run, report.reason)
    alerts = len(ledger.record(report.facts, entry.notify)) if report.facts else 0
    latest = report.plan.latest if report.plan else None
    if latest is not None:
        ledger.note_scene(report.entry, latest.id, latest.datetime)
    return alerts + _silent(ledger, entry, now, planned=report.plan is not None)


def _silent(ledger: Ledger, entry: Entry, now: datetime, *, planned: bool) -> int:
    """Raise the alarm where no scene of a site has been usable for as long as its list says."""
    days = entry.rule.silence_days
    if not days or entry.rule.kind != "latest":
        return 0
    scene, scene_time = ledger.last_usable(entry.name) or ("", None)
    if scene_time is None:
        # None was usable as far back as was looked, if that could be done and is far enough.
        if not planned or entry.rule.look_back < days:
            return 0
    elif now - datetime.fromisoformat(scene_time) < timedelta(days=days):
        return 0
    return int(ledger.post(silence(entry.name, scene, scene_time, days=days), entry.notify))


def _count(closing: Closing, report: Report) -> None:
    seconds = round(sum(each[2] for each in report.tried), 1)
    closing.outcomes[report.outcome] += 1
    row = {
        "site": report.entry,
        "outcome": report.outcome,
        "reason": report.reason,
        "run": report.plan.run if report.plan else None,
        "attempts": len(report.tried),
        "seconds": seconds,
        "received_bytes": report.received,
    }
    closing.rows.append(row)
    trouble = report.outcome in ("failed", "refused")
    say("site", row, level=logging.WARNING if trouble else logging.INFO)
    if report.swept:
        _mended(f"{report.entry}: deleted {report.swept} drafts of runs that were killed.")


def _end(
    watchlist: WatchList, ledger: Ledger, closing: Closing, *, ended: float, seconds: float
) -> None:
    closing.rows.sort(key=lambda row: str(row["site"]))
    for name, reason in sorted(closing.down.items()):
        facts = {"channel": name, "reason": f"{name}: {reason}; its alerts wait"}
        say("not delivered", facts, level=logging.WARNING)
    counts = {outcome: closing.outcomes[outcome] for outcome in OUTCOMES}
    say("batch ends", {**counts, "alerts": closing.alerts, "delivered": closing.delivered})
    if watchlist.metrics is None:
        return
    text = metrics_text(ledger.counts(), counts, ended=ended, seconds=round(seconds, 3))
    try:
        write_metrics(watchlist.metrics, text)
    except WriteError as error:
        _mended(str(error))


def status(watchlist: WatchList) -> Sequence[dict[str, Any]]:
    """What the ledger says of each site, after it was brought together with the folders."""
    if watchlist.store.remote is None and not watchlist.store.folder.is_dir():
        return []
    ledger = _ledger(watchlist)
    try:
        return ledger.status()
    finally:
        ledger.close()
