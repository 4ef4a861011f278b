"""A model in a child process of its own interpreter: Arrow in, Arrow out, within limits.

This contains accidents (a model that hangs, eats memory, prints, exits); it is no sandbox.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from monitor.errors import UntrustedModel
from monitor.models import files
from monitor.models.chunk import Chunk, Rows, as_frame
from monitor.models.model_batch import model_batch
from monitor.models.promises import Contract
from monitor.models.runners import child, nursery
from monitor.models.runners.answers import (
    checked,
    checked_description,
    configuration,
    said_importances,
)
from monitor.models.runners.faults import Faults
from monitor.models.runners.starting import Process, spawned, strays
from monitor.models.spec import Spec
from monitor.settings import Settings

LOG_BYTES = 4096
HEAD_BYTES = 64 << 20  # of what a model says of itself: names of inputs, importances
ROW_BYTES = 1024  # of an answer, for each row


@contextmanager
def open_process(
    spec: Spec,
    facts: Mapping[str, Any],
    *,
    settings: Settings,
    trusted: Callable[[str], bool],
    contract: Contract | None,
) -> Iterator[ProcessRunner]:
    """A running child with the model loaded; it is gone afterwards, with all it started."""
    folder = Path(tempfile.mkdtemp(prefix="fairwatch-model-"))
    try:
        path, kind = pinned(spec, facts, folder=folder, trusted=trusted)
        runner = ProcessRunner(spec, folder=folder, settings=settings, contract=contract)
        try:
            runner.load(configuration(spec, kind=kind, path=path, settings=settings))
            yield runner
        finally:
            runner.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def pinned(
    spec: Spec, facts: Mapping[str, Any], *, folder: Path, trusted: Callable[[str], bool]
) -> tuple[str, str]:
    """The verified copy of the model file, and its format."""
    source = str(spec.runner.file)
    kind = facts.get("kind") or files.format_of(source)
    copy = folder / f"model{Path(source).suffix.lower()}"
    sha256 = files.copy_verified(source, to=copy, sha256=facts.get("sha256"))
    if kind in files.PICKLES and not trusted(sha256):
        raise UntrustedModel(source, sha256)
    return str(copy), kind


class ProcessRunner:
    """One child; ``predict`` may be called as often as there are parts of a batch."""

    def __init__(
        self, spec: Spec, *, folder: Path, settings: Settings, contract: Contract | None
    ) -> None:
        self.spec, self.settings, self.contract = spec, settings, contract
        self.inputs: tuple[str, ...] = ()
        self.classes: tuple[str, ...] = ()
        self.importances: Mapping[str, float] = {}
        self.importances_by = ""
        self.peak_bytes = 0
        self._python = files.interpreter(spec.runner)
        self._faults = Faults(spec, settings, self._python)
        self._log = b""
        self._folder = folder
        self._process = self._start(folder)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def load(self, config: Mapping[str, Any]) -> None:
        """Loads the model; ModelError says why it cannot be."""
        told, _ = self._ask(json.dumps(config).encode(), doing="load")
        self.inputs, self.classes = checked_description(told, self.spec)
        self.importances, self.importances_by = said_importances(told)

    def predict(self, frame: Rows) -> Rows:
        features = model_batch(frame, self.spec, self.contract)
        most = HEAD_BYTES + ROW_BYTES * len(frame)
        _, answer = self._ask(features, doing="predict", most=most)
        try:
            predictions = _columns(pa.ipc.open_stream(answer).read_all())
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._faults.garbled("predict", error) from error
        predictions = checked(predictions, self.spec, rows=len(frame))
        if isinstance(frame, Chunk):
            return predictions
        return as_frame(predictions).set_index(frame.index)

    def close(self) -> None:
        """Ends the child and whatever it started."""
        with suppress(OSError):
            self._pipe(self._process.stdin).close()
        self._kill()
        self._process.wait()
        self._listener.join(timeout=5)
        self._pipe(self._process.stdout).close()
        self._pipe(self._process.stderr).close()

    def _start(self, folder: Path) -> Process:
        """Forked from what has the libraries of this interpreter, where there is such a process."""
        ready = nursery.current() if self._python == sys.executable else None
        return (ready and ready.fork(folder)) or spawned(self._python, folder)

    def _listen(self) -> None:
        """Keeps the end of what the child prints, so that it can always print."""
        stream = self._pipe(self._process.stderr)
        while part := os.read(stream.fileno(), LOG_BYTES):
            self._log = (self._log + part)[-LOG_BYTES:]

    @staticmethod
    def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None  # all three were asked for
        return stream

    def _ask(
        self, request: bytes | pa.RecordBatch, *, doing: str, most: int = HEAD_BYTES
    ) -> tuple[dict[str, Any], bytes]:
        """The child's answer in time and of at most so many bytes, or a fault."""
        late = threading.Event()
        timer = threading.Timer(self.settings.predict_seconds, self._stop_late, args=(late,))
        timer.daemon = True
        timer.start()
        try:
            stream, sink = self._pipe(self._process.stdout), self._pipe(self._process.stdin)
            with suppress(BrokenPipeError):  # a child that has ended says why, or its code does
                _send(sink, request)
            head, body = child.read_frame(stream, HEAD_BYTES), child.read_frame(stream, most)
        except ValueError as error:
            self._kill()
            raise self._faults.garbled(doing, error) from error
        finally:
            timer.cancel()
        if late.is_set():
            raise self._faults.too_slow(doing)
        if head is None or body is None:
            code = self._exit_code()
            self._listener.join(timeout=5)
            raise self._faults.ended(doing, code, self._log)
        try:
            told: dict[str, Any] = json.loads(head)
            self.peak_bytes = max(self.peak_bytes, int(told["peak_bytes"]))
        except (ValueError, TypeError, LookupError) as error:
            self._kill()
            raise self._faults.garbled(doing, error) from error
        if "failed" in told:
            raise self._faults.failed(doing, told)
        return told, body

    def _stop_late(self, late: threading.Event) -> None:
        late.set()
        self._kill()

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for pid in strays(self._folder):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def _exit_code(self) -> int:
        """That of a child which has closed its pipe; its own children end with it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self._kill()
        return self._process.wait()


def _send(sink: IO[bytes], request: bytes | pa.RecordBatch) -> None:
    """Columns go into the pipe from where they are, once it is known how many bytes they take."""
    if isinstance(request, bytes):
        child.write_frame(sink, request)
        return
    measured = pa.MockOutputStream()
    _write(measured, request)
    child.write_length(sink, measured.size())
    _write(pa.PythonFile(sink, mode="w"), request)
    sink.flush()


def _write(sink: pa.NativeFile, batch: pa.RecordBatch) -> None:
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)


def _columns(answer: pa.Table) -> Chunk:
    """The answer's columns, each in one piece; ArrowInvalid where one points outside itself."""
    answer.validate(full=True)
    columns = (column.combine_chunks() for column in answer.columns)
    return Chunk(dict(zip(answer.column_names, columns, strict=True)), answer.num_rows)
