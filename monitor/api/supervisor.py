"""Keeping one worker alive beside the pages: started, restarted, its lost work requeued."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

from monitor.errors import StoreError
from monitor.store import queue, writes
from monitor.store.engine import Store

QUICK_SECONDS = 5.0  # a worker that dies sooner is restarted only after a pause


class Supervisor:
    """A thread that watches one child process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._child: subprocess.Popen[bytes] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Lets the worker finish or drop its job, and waits for it."""
        self._stop.set()
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._child.kill()
        self._thread.join(timeout=5)

    def _watch(self) -> None:
        while not self._stop.is_set():
            name, started = f"server:{time.time_ns()}", time.monotonic()
            command = [sys.executable, "-m", "monitor", "work"]
            mine = ["--name", name, "--parent", str(os.getpid())]
            self._child = subprocess.Popen([*command, *mine], stdin=subprocess.DEVNULL)
            self._child.wait()
            self._bury(name, asked=self._stop.is_set())
            if time.monotonic() - started < QUICK_SECONDS:
                self._stop.wait(QUICK_SECONDS)

    def _bury(self, name: str, *, asked: bool) -> None:
        try:
            if asked:  # a worker that had to be killed when the server stops did not crash
                queue.give_back(self._store, worker=name, now=self._store.now())
            queue.recover(self._store, now=self._store.now(), dead_worker=name)
            writes.worker_gone(self._store, name)
        except StoreError:
            pass  # the lease gives the job back when the database answers again
