"""Models' processes come about in two ways, and nobody should be able to tell."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from monitor.models.runners import nursery

SERVE = """
import socket, sys
from monitor.models.runners import nursery
from monitor.models.runners.forking import Forks
nursery.preload()
Forks(socket.socket(fileno=int(sys.argv[1])), without=()).serve()
"""


@contextmanager
def a_nest() -> Iterator[tuple[subprocess.Popen[bytes], nursery.Nursery]]:
    """A process to fork from, as a worker has one."""
    mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        command = [sys.executable, "-c", SERVE, str(its.fileno())]
        process = subprocess.Popen(command, pass_fds=[its.fileno()])
    with process, mine:
        yield process, nursery.Nursery(mine, process.pid)
        mine.close()


@pytest.fixture(scope="session")
def nest() -> Iterator[nursery.Nursery]:
    with a_nest() as (_, found):
        yield found


@pytest.fixture(scope="module", params=["started afresh", "forked"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """How the processes of these tests come about."""
    with pytest.MonkeyPatch.context() as patch:
        begun = [request.getfixturevalue("nest")] if request.param == "forked" else []
        patch.setattr(nursery, "_begun", begun)
        yield request.param
