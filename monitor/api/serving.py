"""Starting the server from the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import monitor
from monitor.errors import FairwatchError

APP = Path(monitor.__file__).parent.parent / "app.py"


def serve(*, host: str, port: int, browser: bool) -> None:
    """Replaces this process by the server; returns only where it cannot start."""
    if not APP.exists():
        raise FairwatchError(f"There is no {APP}: run fairwatch from its checkout.")
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    if host not in ("127.0.0.1", "localhost", "::1"):
        print(f"Anybody who reaches {host}:{port} can read and change everything: no login is set.")
    os.environ.setdefault("FAIRWATCH_BASE_URL", f"http://{shown}:{port}")
    print(f"Fairwatch is at http://{shown}:{port} (stop it with Ctrl+C)", flush=True)
    options = {
        "server.address": host,
        "server.port": port,
        "server.headless": str(not browser).lower(),
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(APP), *arguments])
