"""The process that models' processes are forked from, as its worker sees it.

It has what models import in memory already and shares it with the worker, so that opening a model
takes no second of imports and both take less memory.  Linux only; where it is not there, or not any
more, models are started afresh.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import socket
import subprocess
import sys
import traceback
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NoReturn

from monitor.models.runners.forking import CODE, MOST_FILES, Forks
from monitor.models.runners.starting import Process, call_this

LIBRARIES = (
    "pandas",
    "pyarrow",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.isotonic",
    "sklearn.linear_model",
    "sklearn.pipeline",
    "sklearn.preprocessing",
)
FIRST = 3  # of the files that are not the standard three
PATIENCE = 30.0  # seconds, for a fork
CAN = sys.platform == "linux" and hasattr(os, "pidfd_open")


class Nursery:
    """Asks for processes through ``line``; every process has a line of its own besides, on which
    its id comes first and its exit code last.  The id is its own until that line is closed."""

    def __init__(self, line: socket.socket, pid: int) -> None:
        self._line, self._pid = line, pid

    def close(self) -> None:
        self._line.close()
        os.waitpid(self._pid, 0)

    def fork(self, folder: Path) -> Process | None:
        """A process that has begun as a model's in this folder; None where nobody can fork it."""
        with ExitStack() as failing:
            mine, its = socket.socketpair()
            failing.callback(mine.close)
            pipes = [os.pipe() for _ in range(3)]
            ends = [pipes[0][0], pipes[1][1], pipes[2][1]]
            kept = [pipes[0][1], pipes[1][0], pipes[2][0]]
            for end in kept:
                failing.callback(os.close, end)
            try:
                socket.send_fds(self._line, [os.fsencode(folder)], [*ends, its.fileno()])
            except OSError:
                return None
            finally:
                its.close()
                for end in ends:
                    os.close(end)
            pid = _told(mine, PATIENCE)
            if not pid:
                return None
            failing.pop_all()
        return Forked(pid, mine, *kept)


class Forked:
    """One of its processes, as ``subprocess.Popen`` would have it."""

    def __init__(self, pid: int, line: socket.socket, *ends: int) -> None:
        self.pid, self._line = pid, line
        self._code: int | None = None
        self.stdin: IO[bytes] | None = os.fdopen(ends[0], "wb")
        self.stdout: IO[bytes] | None = os.fdopen(ends[1], "rb")
        self.stderr: IO[bytes] | None = os.fdopen(ends[2], "rb")

    def wait(self, timeout: float | None = None) -> int:
        if self._code is None:
            if not select.select([self._line], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("the model's process", timeout or 0.0)
            found = _told(self._line, None)
            # Without whom it was forked from it ends too.
            self._code = -9 if found is None else found
            self._line.close()
        return self._code


_begun: list[Nursery] = []


def _told(line: socket.socket, patience: float | None) -> int | None:
    line.settimeout(patience)
    try:
        found = line.recv(CODE.size)
    except OSError:
        return None
    return CODE.unpack(found)[0] if len(found) == CODE.size else None


def current() -> Nursery | None:
    """That of this process, if it has one."""
    return _begun[-1] if _begun else None


def preload() -> None:
    """Imports what models need."""
    for name in LIBRARIES:
        importlib.import_module(name)


def begin(*, without: Collection[str]) -> None:
    """Forks this process's nursery from what it is now: one thread, and no secret in memory.

    Models find no modules ``without`` these entries of ``sys.path``.
    """
    gc.collect()
    gc.freeze()  # whoever looks through pages of garbage makes them its own
    mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        pid = os.fork()
        if pid == 0:
            _serve(its.detach(), without)
    _begun.append(Nursery(mine, pid))


def end() -> None:
    """It is gone afterwards, with what it has forked."""
    while _begun:
        _begun.pop().close()


def _serve(line: int, without: Collection[str]) -> NoReturn:
    """In a session of its own, so that who stops a worker does not stop it before the worker."""
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for place in (0, 1):
            os.dup2(nothing, place)
        os.dup2(line, FIRST)
        os.closerange(FIRST + 1, MOST_FILES)
        call_this("models")
        Forks(socket.socket(fileno=FIRST), without=without).serve()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)
