"""Processes forked from one that has the libraries: their own, told apart, and gone with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import PassingFault
from monitor.models.files import artefact_facts
from monitor.models.runner import open_runner
from monitor.models.runners import nursery
from tests.models.model_files import everyone, patience, saved, spec_of, strange
from tests.models.runners.conftest import a_nest

# What a model sees of where it is, in a file, for its prediction must be one of the classes.
LOOK = """
    import numpy, os, sys
    seen = [sys.modules.get('monitor.jobs'), numpy.random.random(), os.getppid(), sys.path]
    open({place!r}, 'a').write(repr(seen) + chr(10))
    return ['bad'] * len(X)
"""


@pytest.fixture
def forked(nest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nursery, "_begun", [nest])


def opened(spec):
    return open_runner(spec, artefact_facts(spec), settings=patience(), trusted=everyone)


def test_two_models_at_once_draw_their_own_numbers(forked, loans, tmp_path: Path) -> None:
    place = tmp_path / "seen"
    spec = spec_of(saved(strange(LOOK.format(place=str(place)).strip()), tmp_path))
    with opened(spec) as one, opened(spec) as two:
        assert one._process.pid != two._process.pid
        for runner in (one, two):
            assert set(runner.predict(loans)["prediction"]) == {"bad"}
    first, second = (eval(line) for line in place.read_text().splitlines())
    assert first[1] != second[1]
    assert first[2] == second[2] != os.getpid()
    assert first[0] is None


def test_an_exit_code_is_told_once_and_known_after(forked, tmp_path: Path) -> None:
    process = nursery.current().fork(tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.1)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=10) == process.wait() == -signal.SIGTERM
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()


@pytest.fixture
def frail(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """One to be killed."""
    with a_nest() as (process, nest):
        monkeypatch.setattr(nursery, "_begun", [nest])
        yield process


def test_what_was_forked_ends_with_it_and_the_next_is_started_afresh(
    frail, loans, tmp_path: Path
) -> None:
    body = "import time; time.sleep(3600) if len(X) > 5 else None; return ['bad'] * len(X)"
    spec = spec_of(saved(strange(body), tmp_path))
    with opened(spec) as runner:
        pid = runner._process.pid
        assert runner.predict(loans.head(3)).shape == (3, 1)
        frail.kill()
        frail.wait()
        began = time.monotonic()
        with pytest.raises(PassingFault, match="ended its process during predict"):
            runner.predict(loans)
        assert time.monotonic() - began < 20
        gone(pid)
    with opened(spec) as again:
        assert set(again.predict(loans.head(3))["prediction"]) == {"bad"}


def test_who_asks_and_goes_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from monitor.models.runners import nursery;"
        "nursery.preload(); nursery.begin(without=()); one = nursery.current().fork(Path('.'));"
        "print(one.pid, flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, **pipes) as asking:
        model = int(asking.stdout.readline())
        nest = int(Path(f"/proc/{model}/stat").read_text().rpartition(")")[2].split()[1])
        assert nest != asking.pid
        asking.kill()
    gone(nest, model)


def gone(*pids: int) -> None:
    """Soon; zombies are nowhere any more."""
    until = time.monotonic() + 20
    while any(Path(f"/proc/{pid}/cwd").exists() for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.05)
