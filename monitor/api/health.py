"""``/healthz``: whether the database answers and a worker lives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor.errors import StoreError
from monitor.store import queue, reads
from monitor.store.engine import Store

SILENT = timedelta(seconds=60)


def health_route(open_store: Callable[[], Store]) -> Route:
    """Answers 200 while all is well and 503 otherwise, with what is wrong."""

    def healthz(_request: Request) -> Response:
        state = health(open_store)
        return JSONResponse(state, status_code=200 if state["status"] == "ok" else 503)

    return Route("/healthz", healthz)


def health(open_store: Callable[[], Store]) -> dict[str, str | int]:
    """status ok or wrong; database and worker in words; revision and number of waiting jobs."""
    try:
        store = open_store()
        workers, revision = reads.workers(store), reads.revision(store)
        waiting, now = queue.waiting(store), store.now()
    except StoreError as error:
        return {"status": "wrong", "database": str(error)}
    alive = len(workers) > 0 and now - workers["seen_at"].iloc[0] < SILENT
    return {
        "status": "ok" if alive else "wrong",
        "database": "answers",
        "worker": "alive" if alive else "No worker has given a sign of life for a minute.",
        "waiting": waiting,
        "revision": revision,
    }
