"""Starting the server from the command line."""

from __future__ import annotations

import errno
import gc
import os
import socket
from contextlib import suppress
from pathlib import Path

import monitor
from monitor.access import access_of, check_listening
from monitor.errors import FairwatchError
from monitor.settings import Settings

APP = Path(monitor.__file__).parent.parent / "app.py"


def serve(settings: Settings, *, host: str, port: int, browser: bool) -> None:
    """Serves until it is stopped.

    FairwatchError where it cannot start; AccessRefused where others could reach it and nothing
    would keep them out.
    """
    if not APP.exists():
        raise FairwatchError(f"There is no {APP}: run fairwatch from its checkout.")
    check_free(host, port)
    check_listening(access_of(settings), host)
    if settings.without_login:
        os.environ["FAIRWATCH_WITHOUT_LOGIN"] = "true"
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    os.environ.setdefault("FAIRWATCH_BASE_URL", f"http://{shown}:{port}")
    print(f"Fairwatch is at http://{shown}:{port} (stop it with Ctrl+C)", flush=True)
    options = {
        "server.address": host,
        "server.port": port,
        "server.headless": str(not browser).lower(),
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    gc.disable()  # until all is loaded, as all of it stays: see memory.settle
    from click import Abort
    from streamlit.web.cli import main

    with suppress(Abort):  # Ctrl+C, which click would call an abort
        main(["run", str(APP), *arguments], standalone_mode=False)
    print("Fairwatch is stopped.")


def check_free(host: str, port: int) -> None:
    """FairwatchError where no server could listen there, as far as can be known beforehand."""
    if not 1 <= port <= 65535:
        raise FairwatchError(f"The port is {port}: name one from 1 to 65535 with --port.")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            trial.bind(address)
    except socket.gaierror as error:
        raise FairwatchError(f"There is no address {host} here: correct --host.") from error
    except OSError as error:
        why = {
            errno.EADDRINUSE: "is taken by another program: stop that, or name another",
            errno.EACCES: "is not open to this user: name one above 1023",
        }.get(error.errno or 0, f"cannot be listened to ({error.strerror}): name another")
        raise FairwatchError(f"Port {port} of {host} {why} with --port.") from error
