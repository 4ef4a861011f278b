"""The interface process stays light, and a worker until it measures."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from monitor.store import reads
from monitor.store.engine import Store
from monitor.ui import data

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import importlib, json, pathlib, pkgutil, sys
import monitor.ui
for found in pkgutil.walk_packages(monitor.ui.__path__, "monitor.ui."):
    importlib.import_module(found.name)
import ast
for page in pathlib.Path("pages").glob("*.py"):
    for node in ast.walk(ast.parse(page.read_text())):
        if isinstance(node, ast.ImportFrom):
            importlib.import_module(node.module)
            for name in node.names:
                try:
                    importlib.import_module(f"{node.module}.{name.name}")
                except ModuleNotFoundError:
                    pass
heavy = {"sklearn", "scipy", "fairlearn", "evidently"}
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules} & heavy)))
"""


def test_neither_pages_nor_interface_import_the_heavy_libraries() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_a_worker_is_ready_before_scikit_learn_would_be() -> None:
    script = "import monitor.jobs.worker, sys; print('sklearn' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False"]


def test_pages_stay_thin() -> None:
    for page in (ROOT / "pages").glob("*.py"):
        text = page.read_text()
        assert len(text.splitlines()) <= 60, page.name
        assert not any(f"import {name}" in text for name in ("numpy", "plotly", "sqlalchemy"))
        assert "class " not in text


def test_what_was_read_of_an_older_state_is_not_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, frames = reads.models, list[Any]()

    def noted(opened: Store) -> pd.DataFrame:
        frame = read(opened)
        frames.append(weakref.ref(frame))
        return frame

    monkeypatch.setattr(reads, "models", noted)
    for _ in range(4):
        with store.write():
            pass  # another revision
        data.models()
    gc.collect()
    assert [frame() is None for frame in frames] == [True, True, True, False]
