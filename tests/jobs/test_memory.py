"""What a worker keeps and gives back."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from monitor.jobs.memory import ARROW, choose_arrows


def test_an_allocator_that_somebody_chose_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "system")
    choose_arrows()
    assert os.environ["ARROW_DEFAULT_MEMORY_POOL"] == "system"


@pytest.mark.skipif(not ARROW, reason="Arrow has jemalloc on Linux alone")
def test_arrow_is_loaded_after_its_allocator_was_chosen():
    told = "from monitor.jobs.memory import choose_arrows; choose_arrows()"
    asked = "import pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    environment = {k: v for k, v in os.environ.items() if k not in ARROW}
    done = subprocess.run(
        [sys.executable, "-c", f"{told}; {asked}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ARROW["ARROW_DEFAULT_MEMORY_POOL"]
