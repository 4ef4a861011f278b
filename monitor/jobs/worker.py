"""The worker's loop: claim, work, tell, look out for what is overdue."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from types import FrameType, TracebackType

from threadpoolctl import threadpool_limits

from monitor.errors import Busy, FairwatchError, PassingFault
from monitor.jobs import due
from monitor.jobs.deliver import deliver_all
from monitor.jobs.explain import explain
from monitor.jobs.labels import attach
from monitor.jobs.register import with_stored_file
from monitor.jobs.remind import remind
from monitor.jobs.report import report
from monitor.jobs.retention import expire, files_behind, is_passing, look_out
from monitor.jobs.score import score
from monitor.jobs.sequence import bring_up_to_date
from monitor.jobs.sweeping import sweep
from monitor.jobs.version import Version
from monitor.models.runner import Runner, open_runner
from monitor.settings import Settings
from monitor.store import queue, writes
from monitor.store.engine import Store, open_store
from monitor.store.trust import is_trusted
from monitor.terms import JobKind

BEAT_SECONDS = 5.0
WATCH_EVERY = timedelta(minutes=1)
SWEEP_EVERY = timedelta(days=1)
KEPT_OPEN = 4  # models in memory at a time


def worker_name() -> str:
    """Unlike any other worker's, also across restarts."""
    return f"{socket.gethostname()}:{os.getpid()}:{time.time_ns() % 1_000_000}"


class Stopped(Exception):
    """The worker was asked to leave in the middle of a job, which goes back to the queue."""


class Runners:
    """The runners used last, kept open by version: loading a model costs more than a batch."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: OrderedDict[int, tuple[Runner, ExitStack]] = OrderedDict()

    def __call__(self, version: Version) -> Runner:
        if version.id not in self._open:
            while len(self._open) >= KEPT_OPEN:
                self._close(next(iter(self._open)))
            self._open[version.id] = self._start(version)
        self._open.move_to_end(version.id)
        return self._open[version.id][0]

    def _start(self, version: Version) -> tuple[Runner, ExitStack]:
        stack = ExitStack()
        runner = stack.enter_context(
            open_runner(
                with_stored_file(self._store, version.spec, version.facts),
                version.facts,
                settings=self._store.settings,
                trusted=lambda sha256: is_trusted(self._store, sha256),
                contract=version.contract,
            )
        )
        return runner, stack

    def _close(self, version_id: int) -> None:
        _, stack = self._open.pop(version_id)
        stack.close()

    def close(self) -> None:
        """Ends them all; the next batch starts its model afresh."""
        for version_id in list(self._open):
            self._close(version_id)

    def __enter__(self) -> Runners:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


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
            target=_every,
            args=(
                stop,
                BEAT_SECONDS,
                _sign_of_life(store, worker, stop, clock, parent or os.getppid()),
            ),
        ),
        threading.Thread(
            target=_every,
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


def step(
    store: Store,
    worker: str,
    runners: Runners,
    *,
    clock: Callable[[], datetime] | None = None,
    stop: threading.Event | None = None,
) -> bool:
    """Claims and does one job; False when there is none.  A job's error stays with the job."""
    clock = clock or store.now
    job = queue.claim(store, worker=worker, now=clock())
    if job is None:
        return False
    beat = _Heart(store, job, clock, stop or threading.Event())
    given: Sequence[str | None] = ()  # files that its rows are read from
    try:
        with beat:
            with store.read() as connection:
                given = files_behind(connection, job)
            _do(store, job, runners, beat, clock)
    except queue.LostLease:
        pass
    except Stopped:
        _settle(lambda: queue.give_back(store, worker=worker, now=clock()))
    except (PassingFault, Busy) as error:
        runners.close()
        said = str(error)
        _settle(lambda: queue.postpone(store, job, said, now=clock()))
    except FairwatchError as error:
        said = str(error)
        end = queue.postpone if is_passing(store, error, job, given) else queue.fail
        _settle(lambda: end(store, job, said, now=clock()))
    except Exception as error:
        traceback.print_exc()
        first = next(iter(str(error).splitlines()), "")[:300]
        said = f"Fairwatch itself failed ({type(error).__name__}: {first}); the batch is kept."
        _settle(lambda: queue.postpone(store, job, said, now=clock()))
    return True


def _do(
    store: Store,
    job: queue.Job,
    runners: Runners,
    beat: Callable[[float], None],
    clock: Callable[[], datetime],
) -> None:
    if job.kind is JobKind.SCORE:
        score(store, job, runners, beat=beat, clock=clock)
    elif job.kind is JobKind.LABELS:
        attach(store, job, beat=beat, clock=clock)
    elif job.kind is JobKind.REPORT:
        report(store, job, beat=beat, clock=clock)
    elif job.kind is JobKind.EXPIRE:
        expire(store, job, clock=clock)
    elif job.kind is JobKind.SEQUENCE:
        bring_up_to_date(store, job, clock=clock)
    else:
        explain(store, job, beat=beat, clock=clock)


def _settle(write: Callable[[], None]) -> None:
    """Writes a job's end; a database that stays locked leaves it to the lease."""
    for pause in (0.1, 1.0, 5.0):
        try:
            write()
        except queue.LostLease:
            return
        except Busy:
            time.sleep(pause)
        else:
            return


class _Heart:
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
            target=_every, args=(self._stop, period, self._renew), daemon=True
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

    def __enter__(self) -> _Heart:
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


def _every(stop: threading.Event, seconds: float, act: Callable[[], object]) -> None:
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


def _sign_of_life(
    store: Store, worker: str, stop: threading.Event, clock: Callable[[], datetime], parent: int
) -> Callable[[], None]:
    def sign() -> None:
        writes.worker_seen(store, worker, doing="", now=clock())
        if os.getppid() != parent:  # the server that started this worker was killed
            stop.set()

    return sign


def _stop_on_signals(stop: threading.Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return

    def halt(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, halt)
    signal.signal(signal.SIGINT, halt)
