"""A file four times as long needs no more memory."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitor.jobs.intake import receive
from monitor.jobs.parquet_files import open_parquet
from monitor.jobs.register import register
from monitor.models.spec_file import parse_spec
from monitor.settings import Settings
from monitor.store.engine import open_store
from tests.jobs.loans import runs, undone

COLUMNS, CHUNK = 20, 50_000


def write(path: Path, rows: int) -> Path:
    """Twenty columns of numbers, written piece by piece; ids are numbers."""
    random = np.random.default_rng(3)
    names = [f"x{k}" for k in range(COLUMNS - 3)]
    writer = None
    for start in range(0, rows, CHUNK):
        chance = random.uniform(0, 1, CHUNK)
        columns = {
            "id": np.arange(start, start + CHUNK),
            "chance": chance,
            "repaid": (random.uniform(0, 1, CHUNK) < chance).astype(int),
            **{name: random.normal(0, 1, CHUNK) for name in names},
        }
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
    return path


def peak_mb(folder: Path, rows: int) -> float:
    """The most memory of a worker process that scores a file of so many rows."""
    folder.mkdir()
    write(folder / "reference.parquet", CHUNK)
    table = {
        "name": "long", "task": "binary",
        "columns": {"id": "id", "target": "repaid", "score": "chance"},
        "outcome": {"positive": "1"},
        "reference": {"file": "reference.parquet"},
    }  # fmt: skip
    store = open_store(Settings(home=folder / "home", database_url=""))
    register(store, parse_spec(table, folder=folder), who="test")
    path = write(folder / "batch.parquet", rows)
    receive(store, "long", path, name=path.name, source="test")
    environment = {**os.environ, "FAIRWATCH_HOME": str(folder / "home")}
    subprocess.run(
        [sys.executable, "-m", "monitor", "work", "--until-idle"],
        env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert undone(store) == []
    facts = runs(store)["facts"].iloc[0]
    store.close()
    assert facts["rows"] == rows
    return float(facts["peak_memory_mb"])


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small = peak_mb(tmp_path / "small", 250_000)
    large = peak_mb(tmp_path / "large", 1_000_000)
    print(f"5 million cells: {small:.0f} MB; 20 million cells: {large:.0f} MB")
    assert large < small * 1.25 + 20


def test_what_parquet_says_of_itself_is_let_go_without_the_garbage_collector(
    tmp_path: Path,
) -> None:
    path = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"whole": [1, 2, 3]}), path)
    gc.collect()
    gc.disable()
    try:
        before = metadata_held()
        assert sum(batch.num_rows for batch in open_parquet(path, name="whole").read(2)) == 3
        assert metadata_held() <= before
    finally:
        gc.enable()


def metadata_held() -> int:
    return sum(type(one) is pq.FileMetaData for one in gc.get_objects())
