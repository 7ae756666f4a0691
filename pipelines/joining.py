"""What is done to each Dask worker as it joins, so that it stays quick and small."""

from __future__ import annotations

from typing import Any

from distributed import WorkerPlugin

from pipelines.heap import settle

PROFILER = ("profile", "profile-cycle")
"""Periodic work of a worker that keeps the stacks of the last hour, for Dask's dashboard: with ours
half a megabyte a second."""


class Frugal(WorkerPlugin):
    """Settles the heap of a worker and ends its profiler; as it joins, for good."""

    name = "tilewitness-frugal"
    idempotent = True

    def setup(self, worker: Any) -> None:
        """See ``heap.settle`` and ``PROFILER``."""
        settle()
        for name in PROFILER:
            callback = worker.periodic_callbacks.pop(name, None)
            if callback is not None:
                callback.stop()
