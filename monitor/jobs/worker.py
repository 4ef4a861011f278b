"""The worker's loop: claim, work, tell, look out for what is overdue."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import FrameType

from threadpoolctl import threadpool_limits

from monitor.errors import Busy
from monitor.jobs import due
from monitor.jobs.deliver import deliver_all
from monitor.jobs.heart import every, sign_of_life
from monitor.jobs.open_models import Runners
from monitor.jobs.remind import remind
from monitor.jobs.retention import look_out
from monitor.jobs.step import step
from monitor.jobs.sweeping import sweep
from monitor.settings import Settings
from monitor.store import queue, writes
from monitor.store.engine import Store, open_store

BEAT_SECONDS = 5.0
WATCH_EVERY = timedelta(minutes=1)
SWEEP_EVERY = timedelta(days=1)


def worker_name() -> str:
    """Unlike any other worker's, also across restarts."""
    return f"{socket.gethostname()}:{os.getpid()}:{time.time_ns() % 1_000_000}"


def work(
    settings: Settings,
    *,
    until_idle: bool = False,
    name: str | None = None,
    parent: int | None = None,
    clock: Callable[[], datetime] | None = None,
) -> int:
    """Works the queue for ever, or ``until_idle``; returns how many jobs it did.

    The clock is the database's, so that no worker takes another's job because its own is wrong.
    It leaves when it is no longer a child of ``parent``, the server that started it, which may have
    been killed before this worker had read its first line; without one, of whoever started it.
    """
    store, worker, stop = open_store(settings), name or worker_name(), threading.Event()
    clock = clock or store.now
    _stop_on_signals(stop)
    threads = [
        threading.Thread(
            target=every,
            args=(
                stop,
                BEAT_SECONDS,
                sign_of_life(store, worker, stop, clock, parent or os.getppid()),
            ),
        ),
        threading.Thread(
            target=every,
            args=(stop, settings.worker_poll_seconds, lambda: deliver_all(store, clock=clock)),
        ),
    ]
    for thread in threads:  # the first sign of life is the thread's too: it waits for a lock
        thread.daemon = True
        thread.start()
    done = 0
    try:
        # One thread: the arrays are small, and waking the others costs more than they do.
        with threadpool_limits(1), Runners(store) as runners:
            done = _loop(store, worker, runners, stop, until_idle=until_idle, clock=clock)
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=5)
        with suppress(Busy):  # messages stay in the outbox, and a silent worker counts as gone
            if until_idle:
                deliver_all(store, clock=clock)
            writes.worker_gone(store, worker)
        store.close()
    return done


def _loop(
    store: Store,
    worker: str,
    runners: Runners,
    stop: threading.Event,
    *,
    until_idle: bool,
    clock: Callable[[], datetime],
) -> int:
    never = datetime.min.replace(tzinfo=UTC)
    done, watched, swept = 0, never, never
    while not stop.is_set():
        try:
            queue.recover(store, now=clock())
            if clock() - watched >= WATCH_EVERY:
                _apart(store, clock, due.watch, remind, look_out)
                watched = clock()
            if clock() - swept >= SWEEP_EVERY:
                _apart(store, clock, sweep)
                swept = clock()
            if step(store, worker, runners, clock=clock, stop=stop):
                done += 1
                continue
        except Busy:
            stop.wait(1.0)  # the database is locked or full: nothing was lost, look again
            continue
        if until_idle and not queue.waiting(store):
            return done
        stop.wait(store.settings.worker_poll_seconds)
    return done


def _apart(store: Store, clock: Callable[[], datetime], *acts: Callable[..., object]) -> None:
    """Whatever goes wrong with looking out and sweeping, batches must be scored."""
    for act in acts:
        try:
            act(store, now=clock())
        except Busy:
            raise
        except Exception:
            traceback.print_exc()


def _stop_on_signals(stop: threading.Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return

    def halt(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, halt)
    signal.signal(signal.SIGINT, halt)
