"""A worker of its own begins anew: models forked beside it find nothing of what it was told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import joblib
import pytest

from monitor.cli import afresh
from monitor.jobs.intake import receive
from monitor.jobs.register import register
from monitor.models.runners import nursery
from monitor.models.spec_file import parse_spec
from monitor.store import queue
from monitor.store.engine import Store
from tests.jobs.loans import csv, loans, undone
from tests.jobs.test_kills import wait_until
from tests.models.model_files import strange

PLANTED = "planted-7f3a-secret"
# It looks through all its memory for what would be there had it ever been; the pattern is not it.
SEARCH = """
    import os, re
    wanted = re.compile(b'planted-7f3a[-]s[e]cret')
    ours = re.compile(b'some of [i]ts own')
    kept = ''.join(['some of ', 'its own'])
    found = [0, 0]
    spans = [line.split() for line in open('/proc/self/maps') if ' rw' in line]
    with open('/proc/self/mem', 'rb', 0) as memory:
        for span, *_ in spans:
            low, high = (int(place, 16) for place in span.split('-'))
            try:
                memory.seek(low)
                held = memory.read(high - low)
            except OSError:
                continue
            found[0] += len(wanted.findall(held))
            found[1] += len(ours.findall(held))
    told = len(wanted.findall(open('/proc/self/environ', 'rb').read()))
    name = open('/proc/self/comm').read().strip()
    open({mark!r}, 'w').write(f'{{name}} {{found[0] + told}} {{found[1] > 0}}')
    return [1] * len(X)
"""


@pytest.mark.skipif(not nursery.CAN, reason="processes are forked for models on Linux alone")
def test_a_forked_model_finds_no_secret_of_the_worker_in_its_memory(
    store: Store, home: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "seen"
    joblib.dump(strange(SEARCH.format(mark=str(mark)).strip()), tmp_path / "model.joblib")
    csv(loans(), tmp_path / "reference.csv")
    table = {
        "name": "curious", "task": "binary",
        "columns": {"id": "id", "target": "repaid", "features": ["income", "age"]},
        "outcome": {"positive": "1", "favourable": "1"},
        "reference": {"file": "reference.csv"},
        "model": {"runner": "process", "file": "model.joblib"},
    }  # fmt: skip
    register(store, parse_spec(table, folder=tmp_path), who="test", trust=True)
    mark.unlink()
    batch = csv(loans(week=1), tmp_path / "1.csv")
    receive(store, "curious", batch, name="1.csv", source="test")
    environment = {**os.environ, "FAIRWATCH_HOME": str(home), "MAIL_PASSWORD": PLANTED}
    worker = subprocess.Popen(
        [sys.executable, "-m", "monitor", "work"], env=environment, stdout=subprocess.PIPE
    )
    try:
        wait_until(lambda: not queue.waiting(store))
        told = Path(f"/proc/{worker.pid}/environ").read_bytes()
    finally:
        worker.terminate()
        said, _ = worker.communicate(timeout=60)
    assert (worker.returncode, said) == (0, b"2 jobs done.\n")
    assert undone(store) == []
    name, secrets, own = mark.read_text().split()
    assert name.startswith("model-")
    assert (secrets, own) == ("0", "True")
    assert b"PATH=" in told
    assert PLANTED.encode() not in told


def test_libraries_are_told_what_they_ask_for_and_no_more() -> None:
    told = {"PATH": "/bin", "PYTHONPATH": "/x", "FAIRWATCH_DATABASE_URL": "s", "HOOK_URL": "s"}
    kept = afresh.harmless(told | {"OMP_NUM_THREADS": "8", "LD_LIBRARY_PATH": "/lib"})
    assert {"PATH", "PYTHONPATH", "LD_LIBRARY_PATH"} <= kept.keys()
    assert kept["OMP_NUM_THREADS"] == "1"
    assert "s" not in kept.values()
