"""A Dask cluster to convert on: somebody's, by its scheduler's address, or one of this machine's processes."""

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

import dask
from distributed import Client, LocalCluster, Status

DEATHS = 5  # of workers at the same task, before the task is to blame
_LOOK_AFTER = 2.0  # seconds


@contextlib.contextmanager
def connected(scheduler: Any, workers: int | None) -> Iterator[Client]:
    """A client of the scheduler at an address, or of a cluster of `workers` processes that ends with the block."""
    if scheduler is not None:
        with Client(scheduler) as client:
            yield client
        return
    workers = workers or os.cpu_count() or 1
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": DEATHS}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,  # HDF5 lets one thread in at a time
            dashboard_address=":0",  # any free port: a second job on the machine would warn about a taken one
            silence_logs=logging.CRITICAL,
        ) as cluster,
        _kept_up(cluster, workers),
        Client(cluster) as client,
    ):
        yield client


@contextlib.contextmanager
def _kept_up(cluster: LocalCluster, workers: int) -> Iterator[None]:
    """See to it that there are always `workers`.

    Dask restarts a worker that is killed, but gives it up when it is killed again while it starts, or when a busy
    machine takes longer than 15 seconds to start it. With the last one given up, the job would wait forever.
    """
    ended = threading.Event()

    def mend():
        for name, nanny in list(cluster.workers.items()):
            if nanny.status in (Status.closed, Status.failed):
                del cluster.workers[name]
        if not ended.is_set():
            cluster.scale(workers)

    def look_after():
        while not ended.wait(_LOOK_AFTER):
            cluster.loop.add_callback(mend)

    thread = threading.Thread(target=look_after, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
