"""Real worker processes, forked from one that has everything imported: no start takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess

from monitor.jobs.worker import work
from monitor.settings import Settings

CONTEXT = get_context("forkserver")
# What a worker imports with its first batch, too.
LATER = ("fairlearn.metrics", "sklearn.ensemble", "sklearn.isotonic", "sklearn.model_selection")
CONTEXT.set_forkserver_preload([work.__module__, *LATER])


@contextmanager
def worker(
    settings: Settings, name: str, *, work: Callable[..., object] = work
) -> Iterator[ForkServerProcess]:
    """One with that name, at work until it is killed, here at the latest."""
    eager = settings.model_copy(update={"worker_poll_seconds": 0.1})
    process = CONTEXT.Process(target=work, args=(eager,), kwargs={"name": name})
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
