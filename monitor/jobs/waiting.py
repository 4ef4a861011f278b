"""Waiting for jobs at the command line, and doing them where no worker is alive."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from rich.console import Console
from rich.progress import Progress

from monitor.jobs.deliver import deliver_all
from monitor.jobs.open_models import Runners
from monitor.jobs.step import step
from monitor.jobs.worker import worker_name
from monitor.store import queue, reads
from monitor.store.engine import Store
from monitor.terms import JobStatus

ALIVE = timedelta(seconds=20)
OVER = {JobStatus.DONE, JobStatus.FAILED}


def wait_for(store: Store, jobs: tuple[int, ...]) -> list[str]:
    """Returns when all are over, with the errors of those that failed."""
    worker, worked = worker_name(), 0
    console = Console(file=sys.stderr)
    with Runners(store) as runners, _bar(console) as bar:
        task = bar.add_task("Scoring", total=len(jobs))
        while True:
            states = queue.status_of(store, jobs)
            bar.update(task, completed=sum(progress for _, progress, _ in states))
            if all(JobStatus(status) in OVER for status, _, _ in states):
                break
            did = False
            if not worker_alive(store):
                queue.recover(store, now=store.now())
                did = step(store, worker, runners)
            worked += did
            time.sleep(0 if did else 0.3)
    if worked:
        deliver_all(store, clock=store.now)
    return [error for status, _, error in states if status == JobStatus.FAILED and error]


def _bar(console: Console) -> Progress:
    """Only people see it; scripts read stderr for refusals."""
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def worker_alive(store: Store) -> bool:
    """Whether any worker gave a sign of life lately."""
    seen = reads.workers(store)["seen_at"]
    return bool(len(seen)) and bool(store.now() - seen.iloc[0] < ALIVE)
