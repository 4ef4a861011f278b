"""Processes that deliver, and kill themselves with SIGKILL where it hurts most."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from multiprocessing.context import ForkServerProcess
from typing import Any, Literal

from monitor.jobs import deliver
from monitor.jobs.forget import forget
from monitor.settings import Settings
from monitor.store.engine import open_store
from tests.jobs.workers import CONTEXT
from tests.torture.dying import Steps

When = Literal["before", "after"]


def deliver_and_die(settings: Settings, now: datetime, *, first: int, when: When) -> None:
    """Delivers ``first`` messages, claims one more, and dies before or after it was handed over."""
    process: ForkServerProcess = CONTEXT.Process(target=_die, args=(settings, now, first, when))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def _die(settings: Settings, now: datetime, first: int, when: When) -> None:
    left, known = [first], deliver.send

    def send(*what: Any) -> Any:
        left[0] -= 1
        if left[0] < 0 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        taken = known(*what)
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return taken

    deliver.send = send
    deliver.deliver_all(open_store(settings), clock=lambda: now)


def forget_and_die(settings: Settings, person: str, last: int) -> None:
    """Deletes a person's rows, and is gone at the last step."""
    store = open_store(settings)
    Steps(last).counted = True
    forget(store, "loans", [person], who="test")
