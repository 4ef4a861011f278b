"""The process that models' processes are forked from: one thread, and nothing of a worker in it.

It ends when its worker does, and its models with it.
"""

from __future__ import annotations

import io
import os
import selectors
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from monitor.models.runners import child
from monitor.models.runners.starting import call_this, called, environment

CODE = struct.Struct("<i")  # a process id, and at last an exit code
FOLDER_BYTES = 4096
MOST_FILES = 1 << 20


class Forks:
    """What was forked and is not forgotten yet; models find no modules ``without`` these entries of
    ``sys.path``, which are those of whoever started the worker."""

    def __init__(self, line: socket.socket, *, without: Collection[str]) -> None:
        self._line, self._without, self._wanted = line, without, True
        self.watched = selectors.DefaultSelector()

    def serve(self) -> None:
        """Until nobody is left to ask."""
        self.watched.register(self._line, selectors.EVENT_READ, self._asked)
        while self._wanted:
            for key, _ in self.watched.select():
                key.data()

    def _asked(self) -> None:
        folder, files, _, _ = socket.recv_fds(self._line, FOLDER_BYTES, 4)
        self._wanted = bool(folder)
        if not folder:
            return
        line = socket.socket(fileno=files.pop())
        try:
            pid = os.fork()
        except OSError:  # no room for one more: its line ends without a word
            line.close()
        else:
            if pid == 0:
                _become_model(Path(os.fsdecode(folder)), files, self._without)
            _Fork(pid, line, self.watched)
        for file in files:
            os.close(file)


class _Fork:
    """Tells the process id and, at its end, the exit code; the id is kept from others until whoever
    was told them has closed the line."""

    def __init__(self, pid: int, line: socket.socket, watched: selectors.BaseSelector) -> None:
        self._pid, self._line, self._watched = pid, line, watched
        self._running = os.pidfd_open(pid)
        watched.register(self._running, selectors.EVENT_READ, self._ended)
        watched.register(line, selectors.EVENT_READ, self._left)
        self._tell(pid)

    def _ended(self) -> None:
        found = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOWAIT)
        if found is not None and self._running in self._watched.get_map():
            killed = found.si_code != os.CLD_EXITED
            self._tell(-found.si_status if killed else found.si_status)
            self._watched.unregister(self._running)

    def _left(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        self._ended()
        os.waitpid(self._pid, 0)
        self._watched.unregister(self._line)
        os.close(self._running)
        self._line.close()

    def _tell(self, number: int) -> None:
        with suppress(OSError):
            self._line.send(CODE.pack(number), socket.MSG_DONTWAIT)


def _become_model(folder: Path, ends: list[int], without: Collection[str]) -> NoReturn:
    """As if the script had been started with ``python -I -u`` in this folder."""
    import numpy

    code = 1
    try:
        os.setsid()
        for place, end in enumerate(ends):
            os.dup2(end, place)
        os.closerange(3, MOST_FILES)
        os.chdir(folder)
        call_this(called(folder))
        os.environ.clear()
        os.environ.update(environment(folder))
        sys.path[:] = [entry for entry in sys.path if entry not in without]
        sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb"))
        sys.stdout, sys.stderr = _printed(1), _printed(2)
        numpy.random.seed()  # else all models would draw the same
        child.main()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _printed(place: int) -> io.TextIOWrapper:
    """What is written is there at once, even before a sudden end."""
    return io.TextIOWrapper(os.fdopen(place, "wb", 0), write_through=True)
