"""Files that hold their model's scores already, and what is registered of their reference."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.material import binary_spec, counted_reference
from monitor.jobs.partitions import CHUNK_ROWS
from monitor.models.contract import build_contract
from monitor.models.derive import complete
from monitor.models.spec import Runner

SENSITIVE = {"sex": 2, "race": 5}
SEED = 11
WARM_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Shape:
    """So many rows and numbers, a text for each of the ``levels``; ``rare`` is how much lower than
    even the log odds of a positive label are."""

    rows: int
    reference_rows: int
    numbers: int = 15
    levels: tuple[int, ...] = (12, 50, 200)
    rare: float = 0.0

    @property
    def texts(self) -> dict[str, int]:
        return SENSITIVE | {f"text_{i}": size for i, size in enumerate(self.levels)}

    @property
    def features(self) -> list[str]:
        return [*(f"number_{i}" for i in range(self.numbers)), *self.texts]


def wide(columns: int, rows: int) -> Shape:
    """Three numbers for each text; texts have 2 to 12 levels."""
    texts = columns // 4
    levels = tuple(islice(cycle((3, 5, 8, 12)), texts - len(SENSITIVE)))
    return Shape(rows, rows, columns - texts, levels)


def made(shape: Shape, rows: int, *, seed: int, shift: float) -> pd.DataFrame:
    """Every third number is skewed, every third whole, every fifth has gaps; the first, moved by
    ``shift``, makes the score."""
    random = np.random.default_rng(seed)
    columns: dict[str, object] = {"id": np.arange(rows)}
    for place in range(shape.numbers):
        drawn = (
            random.normal(0, 1, rows),
            random.lognormal(0, 1, rows),
            random.integers(0, 100, rows).astype(np.float64),
        )[place % 3]
        if place % 5 == 4:
            drawn[random.random(rows) < 0.02] = np.nan
        columns[f"number_{place}"] = drawn + (shift if place == 0 else 0.0)
    for name, size in shape.texts.items():
        chances = np.linspace(1.0, 1.5 + shift, size)
        codes = random.choice(size, rows, p=chances / chances.sum())
        columns[name] = np.array([f"{name} {k}" for k in range(size)], dtype=object)[codes]
    score = 1 / (1 + np.exp(shape.rare - np.asarray(columns["number_0"], dtype=np.float64)))
    columns |= {
        "score": score,
        "prediction": (score >= 0.5).astype(np.int64),
        "target": (random.random(rows) < score).astype(np.int64),
    }
    return pd.DataFrame(columns)


def make(folder: Path, shape: Shape) -> None:
    """Writes reference.parquet, batch.parquet, a warm.parquet of other rows to begin with, and what
    a worker knows before the batch comes."""
    folder.mkdir()
    files = (
        ("reference", shape.reference_rows, 0.0),
        ("batch", shape.rows, 0.1),
        ("warm", min(shape.rows, WARM_ROWS), 0.1),
    )
    for name, rows, shift in files:
        frame = made(shape, rows, seed=SEED + len(name), shift=shift)
        frame.to_parquet(folder / f"{name}.parquet", index=False, row_group_size=CHUNK_ROWS)
    (folder / "registered.pickle").write_bytes(pickle.dumps(_register(folder, shape)))


def _register(folder: Path, shape: Shape) -> tuple[object, ...]:
    """As registration does it, without the database: the parts of Registered."""
    frame = pq.read_table(folder / "reference.parquet").to_pandas()
    spec = complete(binary_spec(shape.features, SENSITIVE, Runner("columns")), frame)
    contract = build_contract(spec, frame)
    return spec, contract, *counted_reference(folder, spec, contract)
