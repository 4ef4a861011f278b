"""Processes that kill themselves with SIGKILL at their n-th step: a statement, a commit, a file."""

from __future__ import annotations

import os
import signal
import sys
import threading
from itertools import count
from typing import Any

from sqlalchemy import Engine, Pool, event

from monitor.jobs import explain
from monitor.jobs.worker import work
from monitor.settings import Settings
from monitor.store import queue
from monitor.store.engine import open_store

FILES = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.utime"}


def work_unexplained(settings: Settings, *, name: str, until_idle: bool = False) -> None:
    """Explanations find nothing: a second's work a batch that writes nothing of its own."""
    explain.EXPLAINERS = ()
    work(settings, name=name, until_idle=until_idle)


def work_and_die(settings: Settings, name: str, last: int) -> None:
    """Works, and is gone at the last step, counted from when it owns its first job."""
    settings = settings.model_copy(update={"worker_poll_seconds": 0.05})
    step, claim = Steps(last), queue.claim

    def claim_and_count(*what: Any, **named: Any) -> Any:
        job = claim(*what, **named)
        step.counted |= job is not None
        return job

    queue.claim = claim_and_count
    work_unexplained(settings, name=name, until_idle=True)


def open_and_die(settings: Settings, last: int) -> None:
    """Opens the store, making or migrating the database, and is gone at the last step."""
    Steps(last).counted = True
    open_store(settings).close()


class Steps:
    """Counts what the main thread does to database and files once ``counted`` is set."""

    def __init__(self, last: int) -> None:
        self.counted = False
        self._left, self._last = count(1), last
        for moment in ("before_cursor_execute", "after_cursor_execute", "commit", "checkin"):
            target: Any = Engine if moment != "checkin" else Pool
            event.listen(target, moment, self._seen)
        sys.addaudithook(self._heard)

    def _heard(self, what: str, arguments: tuple[Any, ...]) -> None:
        if what in FILES:
            self._seen()

    def _seen(self, *_arguments: object, **_named: object) -> None:
        mine = self.counted and threading.current_thread() is threading.main_thread()
        if mine and next(self._left) >= self._last:
            os.kill(os.getpid(), signal.SIGKILL)
