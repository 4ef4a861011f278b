"""``/healthz``: whether the database answers and a worker lives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from monitor.clock import utc_now
from monitor.errors import StoreError
from monitor.store import reads
from monitor.store.engine import Store

SILENT = timedelta(seconds=60)


def health_app(open_store: Callable[[], Store]) -> FastAPI:
    """An app whose one answer is 200 while all is well and 503 otherwise, with what is wrong."""
    app = FastAPI(openapi_url=None)

    @app.get("/")
    def healthz() -> JSONResponse:
        state = health(open_store)
        return JSONResponse(state, status_code=200 if state["status"] == "ok" else 503)

    return app


def health(open_store: Callable[[], Store]) -> dict[str, str | int]:
    """status ok or wrong; database and worker in words; revision and queued jobs."""
    try:
        store = open_store()
        workers, jobs = reads.workers(store), reads.jobs(store)
        revision = reads.revision(store)
    except StoreError as error:
        return {"status": "wrong", "database": str(error)}
    alive = len(workers) > 0 and utc_now() - workers["seen_at"].iloc[0] < SILENT
    waiting = int(jobs["status"].isin(["queued", "running"]).sum())
    return {
        "status": "ok" if alive else "wrong",
        "database": "answers",
        "worker": "alive" if alive else "No worker has given a sign of life for a minute.",
        "queued": waiting,
        "revision": revision,
    }
