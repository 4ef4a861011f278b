"""The server: pages and /healthz on one port, and one worker beside them.

`streamlit run app.py`, `uvicorn app:app` and `fairwatch serve` all start it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from monitor.access import access_of, check_listening
from monitor.api import memory, themes
from monitor.api.gate import Gate
from monitor.api.health import health_route
from monitor.api.metrics import metrics_route
from monitor.api.packed import Packed
from monitor.api.reports import report_route
from monitor.api.supervisor import Supervisor
from monitor.errors import AccessRefused
from monitor.settings import Settings
from monitor.ui.current import store
from monitor.ui.errors import show

HERE = Path(__file__).parent


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Starts the worker with the server and stops it with it."""
    os.environ.setdefault("FAIRWATCH_BASE_URL", f"http://127.0.0.1:{st.get_option('server.port')}")
    supervisor = Supervisor(store())
    supervisor.start()
    themes.keep()
    memory.settle()
    try:
        yield
    finally:
        supervisor.stop()


try:
    access = access_of(Settings())
    check_listening(access, st.get_option("server.address") or "0.0.0.0")
except AccessRefused as refused:
    sys.exit(f"fairwatch: {refused}")

app = st.App(
    HERE / "monitor" / "ui" / "shell.py",
    secrets={"auth": access.login.for_streamlit()} if access.login else None,
    middleware=[Middleware(Gate, access), Middleware(Packed)],
    routes=[health_route(store), report_route(store), metrics_route(store)],
    lifespan=lifespan,
    on_script_error=show,
)

if __name__ == "__main__":
    app.run()
