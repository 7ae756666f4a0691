"""One site, once: plan it, run what is due under a lease, try again what may pass, report."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep

import dask

from imagery.errors import (
    ImageryError,
    InputError,
    NetworkError,
    OfflineError,
    RefusedAddress,
    UntrustedError,
    WriteError,
)
from imagery.sites import load_site
from imagery.sources import Source
from pipelines import compare, verify
from pipelines.access import Opened, opened
from pipelines.batch.plan import Ground, Plan, asked_of, plan
from pipelines.batch.states import Facts, read_run
from pipelines.batch.store import BATCH, Digests, Store, lease, sweep
from pipelines.batch.watchlist import Entry
from pipelines.cli_options import custody
from pipelines.config import Options
from pipelines.terminal import Silent

OUTCOMES = ("done", "kept", "waiting", "refused", "failed", "elsewhere")
"""Done: run now. Kept: was whole before. Waiting: not due. Refused: its input cannot be used or
trusted. Failed: to be tried again by the next batch. Elsewhere: another batch has it."""

LONGEST_WAIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to know.

    Attributes:
        entry: The site.
        store: Of the runs.
        now: The clock of the batch, UTC.
        round: Its number.
        settled: See ``Ground``.
        dry: Plan only, and write nothing.
        alone: The worker runs several sites at a time, so that each uses one thread.
    """

    entry: Entry
    store: Store
    now: datetime
    round: int = 0
    settled: Mapping[str, str] = field(default_factory=dict)
    dry: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a site.

    Attributes:
        entry: Its name.
        outcome: One of ``OUTCOMES``.
        reason: Why.
        plan: As far as it was made.
        facts: Of the run, where one is there.
        tried: Of each attempt the outcome, the reason and its seconds.
        swept: Drafts of killed runs that were deleted.
        received: Bytes from the network.
    """

    entry: str
    outcome: str
    reason: str
    plan: Plan | None = None
    facts: Facts | None = None
    tried: tuple[tuple[str, str, float], ...] = ()
    swept: int = 0
    received: int = 0


def attend(job: Job, wait: Callable[[float], None] = sleep) -> Report:
    """Plan and run one site; whatever goes wrong is in the report and concerns no other site.

    Args:
        job: What to do.
        wait: Sleeps so many seconds between attempts.
    """
    if job.alone:
        # For good: put back, it would send the arrays of a site that is still running elsewhere.
        dask.config.set(scheduler="synchronous", num_workers=1)
    patience = job.entry.patience
    tried: list[tuple[str, str, float]] = []
    for number in range(patience.attempts):
        started = perf_counter()
        report, again = _attempt(job)
        tried.append((report.outcome, report.reason, round(perf_counter() - started, 3)))
        if not again or number + 1 == patience.attempts:
            break
        wait(min(patience.wait_s * 2**number, LONGEST_WAIT_S))
    return replace(report, tried=tuple(tried))


def may_pass(error: BaseException) -> bool:
    """Whether the same may work a little later: a network's trouble, not a wrong input."""
    if isinstance(error, OfflineError | RefusedAddress):
        return False
    return isinstance(error, NetworkError | ConnectionError | TimeoutError)


def _attempt(job: Job) -> tuple[Report, bool]:
    """One try: what came of it, and whether to try again."""
    name = job.entry.name
    try:
        return (_planned(job) if job.dry else _leased(job)), False
    except (NetworkError, WriteError) as error:
        return Report(name, "failed", _told(error)), may_pass(error)
    except ImageryError as error:
        return Report(name, "refused", _told(error)), False
    except Exception as error:  # whatever one site does, the others go on
        return Report(name, "failed", _fault(error)), may_pass(error)


def _fault(error: Exception) -> str:
    """A fault of ours, and where: whoever reports it must be able to say so."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}, line {frame.lineno}"
    return f"{type(error).__name__}: {error} ({where})"


def _told(error: ImageryError) -> str:
    return " ".join([str(error), *getattr(error, "__notes__", ())])


def _planned(job: Job) -> Report:
    with _opened(job) as at:
        found = plan(job.entry, _ground(job, at))
        return Report(job.entry.name, "waiting", found.reason, found, received=_received(at))


def _leased(job: Job) -> Report:
    name = job.entry.name
    with lease(job.store.folder, name) as mine:
        if not mine:
            return Report(name, "elsewhere", "another batch runs it now")
        swept = sweep(job.store.folder, name)
        with _opened(job) as at:
            ground = _ground(job, at)
            found = plan(job.entry, ground)
            ground.digests.keep()
            report = _run(job, found, at.source) if found.due else _not_due(job, found)
            return replace(report, swept=swept, received=_received(at))


def _not_due(job: Job, found: Plan) -> Report:
    if found.run is None:
        return Report(job.entry.name, "waiting", found.reason, found)
    if found.run in job.settled:
        return Report(job.entry.name, "refused", found.reason, found)
    job.store.share(job.entry.name, found.run)
    facts = read_run(job.store.of(job.entry.name, found.run))
    return Report(job.entry.name, "kept", found.reason, found, facts)


def _run(job: Job, found: Plan, source: Source) -> Report:
    name = job.entry.name
    out = job.store.of(name, str(found.run))
    try:
        _compare(job, found, source, out)
    except (InputError, UntrustedError) as error:
        return Report(name, "refused", _told(error), found)
    job.store.share(name, str(found.run))
    return Report(name, "done", found.reason, found, read_run(out))


def _compare(job: Job, found: Plan, source: Source, out: Path) -> None:
    """The same applications that ``compare`` and ``verify`` call."""
    # A folder of that name is one that is not whole: it is moved aside.
    options = replace(found.options or Options(), overwrite=True)
    made = {"entry": job.entry.name, "run": found.run, "round": job.round}
    log = {**custody(options), "imagery": source.name, BATCH: made}
    if found.periods is None:
        asked = asked_of(job.entry)
        verify.verify(asked, source=source, out=out, options=options, watch=Silent(), custody=log)
        return
    compare.compare(
        load_site(job.entry.places[0]),
        found.periods,
        source=source,
        out=out,
        options=options,
        watch=Silent(),
        custody=log,
    )


@contextmanager
def _opened(job: Job) -> Iterator[Opened]:
    with opened(job.entry.access, environment=os.environ, now=lambda: datetime.now(UTC)) as found:
        yield found


def _ground(job: Job, at: Opened) -> Ground:
    digests = Digests(job.store.folder, job.entry.name)
    return Ground(at.source, job.store, job.now, digests, job.settled)


def _received(at: Opened) -> int:
    return int(at.traffic()["received_bytes"])
