"""Models that mean harm, or look like it: one sentence, nothing left running, the worker unhurt."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from monitor.errors import ModelError, PassingFault
from monitor.models.files import artefact_facts
from monitor.models.runner import open_runner
from tests.models.model_files import everyone, patience, saved, spec_of, strange

pytestmark = pytest.mark.usefixtures("way")

# By the number of rows asked about; one of the open pipes is the one that answers go through.
HARM = """
    import os, signal, struct, sys, time
    n = len(X)
    pipes = [int(k) for k in os.listdir('/proc/self/fd') if int(k) > 2]
    def shout(what):
        for fd in pipes:
            try: os.write(fd, what)
            except OSError: pass
    if n == 2: shout(struct.pack('>Q', 2 ** 62)); time.sleep(60)
    if n == 3: shout(struct.pack('>Q', 2 ** 40)); time.sleep(60)
    if n == 4: shout(b'hello, world; this is no frame at all'); time.sleep(60)
    if n == 5: shout(struct.pack('>Q', 4) + b'null' + struct.pack('>Q', 0)); time.sleep(60)
    if n == 6:
        shout(struct.pack('>Q', 16) + b'{"peak_bytes":1}' + struct.pack('>Q', 3) + b'abc')
        time.sleep(60)
    if n == 7: [os.close(fd) for fd in pipes]; os._exit(0)
    if n == 8: return ['x' * 10 ** 7] * n
    if n == 9:
        while True: pass
    if n == 10: open('flood', 'wb').truncate(2 ** 40)
    if n == 11:
        raise ValueError('much ado\\n' * 10 ** 6)
    if n == 12:
        while True: os.write(2, b'noise ' * 1000)
    if n == 13: signal.alarm(0); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)
    if n == 14:
        for k in range(40):
            if os.fork() == 0:
                if k % 2: os.setsid()
                while True: time.sleep(1)
    if n == 15:
        import pyarrow as pa
        outside = pa.array([99] * n, pa.int8())
        said = pa.DictionaryArray.from_arrays(outside, ['bad'], safe=False)
        batch, sink = pa.record_batch([said], ['prediction']), pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer: writer.write_batch(batch)
        told = sink.getvalue().to_pybytes()
        head = struct.pack('>Q', 16) + b'{"peak_bytes":1}'
        shout(head + struct.pack('>Q', len(told)) + told); time.sleep(60)
    return ['bad'] * n
"""


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory):
    return spec_of(saved(strange(HARM.strip()), tmp_path_factory.mktemp("harm")))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the folders of the models are."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def asked(spec, loans, rows: int, **limits):
    facts = artefact_facts(spec)
    with open_runner(spec, facts, settings=patience(**limits), trusted=everyone) as runner:
        return runner.predict(loans.head(rows))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (2, "gave no answer that can be read during predict (4611686018427387904 bytes were"),
        (3, "gave no answer that can be read during predict (1099511627776 bytes were"),
        (4, "gave no answer that can be read during predict"),
        (5, "gave no answer that can be read during predict"),
        (6, "gave no answer that can be read during predict"),
        (15, "gave no answer that can be read during predict"),
        (7, "ended its process during predict (exit code"),
        (8, "bytes were announced"),
        (10, "failed to predict: OSError: [Errno 27] File too large"),
        (11, "failed to predict: ValueError: much ado"),
    ],
)
def test_a_harmful_answer_is_a_sentence(harmful, loans, folder, rows, says) -> None:
    with pytest.raises(ModelError) as caught:
        asked(harmful, loans, rows, predict_seconds=20)
    text = str(caught.value)
    assert says in text
    assert "\n" not in text
    assert len(text) < 800
    assert left_running(folder) == []


@pytest.mark.parametrize(
    "rows", [9, *(pytest.param(rows, marks=pytest.mark.slow) for rows in (12, 13))]
)
def test_a_model_that_never_answers_is_stopped(harmful, loans, folder, rows) -> None:
    began = time.monotonic()
    with pytest.raises(PassingFault, match="took longer than"):
        asked(harmful, loans, rows, predict_seconds=6 if rows == 13 else 4)
    assert time.monotonic() - began < 40
    assert left_running(folder) == []


def test_forks_of_a_model_end_with_it_those_too_that_left_its_group(harmful, loans, folder) -> None:
    assert set(asked(harmful, loans, 14)["prediction"]) == {"bad"}
    assert left_running(folder) == []


def left_running(folder: Path) -> list[str]:
    """Processes whose environment names the folder, or that are in it; zombies are in none."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            here = os.readlink(place / "cwd").startswith(str(folder))
            if here or os.fsencode(folder) in (place / "environ").read_bytes():
                found.append(place.name)
    return found
