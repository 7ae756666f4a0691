"""Sites as tasks of one Dask graph: in turn, on processes, or on any cluster that Dask reaches."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from threading import Thread
from time import sleep
from typing import Any

import dask
from dask.base import compute
from dask.callbacks import Callback
from dask.delayed import delayed

from pipelines.batch.attend import Job, Report, attend

TASK = "tilewitness-site"

ORPHAN_S = 1.0
"""So often a worker process looks whether the batch that started it still lives."""


def spread(jobs: Sequence[Job], *, workers: int, then: Callable[[Report], None]) -> None:
    """Attend every site; what comes of each is told as soon as it is there.

    The scheduler is that of ``pipelines.cluster.cluster`` or of Dask's configuration; without
    either, one site after another, or on so many processes. A task is a site: the graph is as long
    as the list, workers read the imagery and write the run folders, and only reports come back.

    Args:
        jobs: One for each site.
        workers: Processes, where no scheduler is set.
        then: Is given each report, in this process.
    """
    scheduler = dask.config.get("scheduler", None)
    if hasattr(scheduler, "submit") and hasattr(scheduler, "compute"):
        _on_cluster(scheduler, jobs, then)
        return
    name = scheduler or ("processes" if workers > 1 else "synchronous")

    def finished(key: object, report: Any, *_: object) -> None:
        if isinstance(report, Report) and str(key).startswith(TASK):
            then(report)

    with Callback(posttask=finished), dask.config.set(GUARDED):
        # One task at a time to each worker: sites differ much in what they cost.
        compute(*_tasks(jobs), scheduler=name, num_workers=workers, chunksize=1)


def end_with_parent() -> None:
    """End this worker process when the batch is killed: it would wait for work for ever."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            sleep(ORPHAN_S)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


GUARDED = {"multiprocessing.initializer": end_with_parent}


def _tasks(jobs: Sequence[Job]) -> list[Any]:
    # A job is hidden in a partial: Dask would look into it for graphs.
    return [
        delayed(partial(attend, job), traverse=False, pure=False)(
            dask_key_name=f"{TASK}-{job.round}-{number}"
        )
        for number, job in enumerate(jobs)
    ]


def _on_cluster(client: Any, jobs: Sequence[Job], then: Callable[[Report], None]) -> None:
    from distributed import as_completed

    # Not optimised: independent tasks have nothing to fuse.
    futures = client.compute(_tasks(jobs), optimize_graph=False)
    names = {future.key: job.entry.name for future, job in zip(futures, jobs, strict=True)}
    done = as_completed(futures, with_results=False)
    del futures
    for future in done:
        if future.status == "finished":
            then(future.result())
        else:
            reason = f"the cluster lost it ({future.status})"
            then(Report(names[future.key], "failed", reason, tried=(("failed", reason, 0.0),)))
        future.release()
