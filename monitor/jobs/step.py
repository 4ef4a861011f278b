"""One job: claimed, done, and told how it ended."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime

from monitor.errors import Busy, FairwatchError, PassingFault
from monitor.jobs.explain import explain
from monitor.jobs.heart import Heart, Stopped
from monitor.jobs.labels import attach
from monitor.jobs.open_models import Runners
from monitor.jobs.report import report
from monitor.jobs.retention import expire, files_behind, is_passing
from monitor.jobs.score import score
from monitor.jobs.sequence import bring_up_to_date
from monitor.store import queue
from monitor.store.engine import Store
from monitor.terms import JobKind


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
    beat = Heart(store, job, clock, stop or threading.Event())
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
