"""Signs of life: of a worker, and of the job it has in hand."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

from monitor.errors import Busy
from monitor.store import queue, writes
from monitor.store.engine import Store


class Stopped(Exception):
    """The worker was asked to leave in the middle of a job, which goes back to the queue."""


class Heart:
    """Renews a job's lease while it runs, also through long predictions, and takes progress."""

    def __init__(
        self,
        store: Store,
        job: queue.Job,
        clock: Callable[[], datetime],
        asked_to_stop: threading.Event,
    ) -> None:
        self._store, self._job, self._clock = store, job, clock
        self._progress, self._told, self._lost = 0.0, 0.0, False
        self._asked_to_stop, self._stop = asked_to_stop, threading.Event()
        period = store.settings.lease_seconds / 4
        self._thread = threading.Thread(
            target=every, args=(self._stop, period, self._renew), daemon=True
        )

    def __call__(self, progress: float) -> None:
        """Raises LostLease as soon as the job is somebody else's, Stopped when asked to stop."""
        self._progress = progress
        if self._asked_to_stop.is_set():
            raise Stopped
        if self._lost:
            raise queue.LostLease(f"Job {self._job.id} was taken over by another worker.")
        if time.monotonic() - self._told > 0.5:
            self._renew()

    def _renew(self) -> None:
        self._told = time.monotonic()
        try:
            queue.heartbeat(self._store, self._job, progress=self._progress, now=self._clock())
        except queue.LostLease:
            self._lost = True
        except Busy:
            pass  # the lease is longer than most locks; scoring goes on

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=5)


def every(stop: threading.Event, seconds: float, act: Callable[[], object]) -> None:
    """Acts at once and then every so many seconds; a locked database is tried again next time."""
    while True:
        try:
            act()
        except Busy:
            pass
        except Exception:
            traceback.print_exc()
        if stop.wait(seconds):
            return


def sign_of_life(
    store: Store, worker: str, stop: threading.Event, clock: Callable[[], datetime], parent: int
) -> Callable[[], None]:
    def sign() -> None:
        writes.worker_seen(store, worker, doing="", now=clock())
        if os.getppid() != parent:  # the server that started this worker was killed
            stop.set()

    return sign
