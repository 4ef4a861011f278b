"""A database as large as years of a wide model: batches that were evaluated, then multiplied.

python -m benchmarks.large HOME [DATABASE_URL] [--batches 1000] [--series 10000]
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Index, Integer, cast, func, insert, literal, select, text

from monitor.jobs.intake import receive
from monitor.jobs.open_models import Runners
from monitor.jobs.register import register
from monitor.jobs.step import step
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store import tables as t
from monitor.store.engine import Store, open_store
from monitor.terms import JobKind, Stage

MODEL = "wide"
ROWS = 500
REAL = 3  # batches that are evaluated; the last has no labels yet
LAST = datetime(2026, 11, 27, tzinfo=UTC)
DAY = timedelta(days=1)
SERIES_AT_ONCE = 200
A_COLUMN, THE_REST = 13, 450  # about how many series a column, and the model itself, have
SPEC = """
name = "wide"
task = "binary"
owner = "Lending"
cadence = "day"

[columns]
id = "id"
timestamp = "at"
target = "repaid"
prediction = "answer"
score = "chance"
features = {features}
segments = ["f000"]

[outcome]
positive = "1"
favourable = "1"

[sensitive.sex]
reference = "male"

[sensitive.age]
reference = "young"

[reference]
file = "reference.csv"
"""


def make(settings: Settings, *, batches: int, series: int) -> None:
    """An empty home becomes one of a model with about as many series in each of the batches."""
    settings.home.mkdir(parents=True, exist_ok=True)
    features = max((series - THE_REST) // A_COLUMN, 1)
    store = open_store(settings)
    _evaluate(store, features)
    began = time.monotonic()
    with _quick(store) as connection:
        _multiply(connection, batches - REAL)
    with store.read() as connection:
        found = connection.scalar(select(func.count()).select_from(t.measurements))
    store.close()
    print(f"{found:,} measurements, multiplied in {time.monotonic() - began:.0f} s", flush=True)


def _evaluate(store: Store, features: int) -> None:
    names = [f"f{k:03d}" for k in range(features)]
    folder = store.settings.home
    (folder / "spec.toml").write_text(SPEC.replace("{features}", str(names).replace("'", '"')))
    _rows(names, seed=0, at=LAST - 400 * DAY).to_csv(folder / "reference.csv", index=False)
    register(store, read_spec(folder / "spec.toml"), who="benchmark")
    for back in reversed(range(REAL)):
        frame = _rows(names, seed=1 + back, at=LAST - (back + 1) * DAY)
        path = folder / f"day-{back}.csv"
        (frame if back else frame.drop(columns="repaid")).to_csv(path, index=False)
        receive(store, MODEL, path, name=path.name, source="benchmark", now=LAST)
    with Runners(store) as runners:
        while step(store, "benchmark", runners):
            pass


def _rows(names: list[str], *, seed: int, at: datetime) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    chance = random.uniform(0, 1, ROWS)
    rows = {
        "id": [f"{seed}-{k}" for k in range(ROWS)],
        "at": pd.Timestamp(at) + pd.to_timedelta(random.uniform(0, 0.9, ROWS), unit="D"),
        **{name: random.normal(seed / 10, 1, ROWS).round(4) for name in names[1:]},
        names[0]: random.choice(["cook", "clerk", "coder"], ROWS),
        "sex": random.choice(["female", "male"], ROWS),
        "age": random.choice(["young", "middle", "old"], ROWS),
        "answer": (chance >= 0.5).astype(int),
        "chance": chance.round(6),
        "repaid": (random.uniform(0, 1, ROWS) < chance).astype(int),
    }
    return pd.DataFrame(rows)


class _quick:
    """A connection that need not survive a crash, with the second index away meanwhile."""

    def __init__(self, store: Store) -> None:
        self._connection = store.engine.connect()
        self._lite = store.engine.dialect.name == "sqlite"

    def __enter__(self) -> Connection:
        if self._lite:
            raw = self._connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA synchronous=OFF")
            raw.execute("PRAGMA cache_size=-200000")
        self._each(lambda index: index.drop(self._connection))
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._each(lambda index: index.create(self._connection))
        self._connection.execute(text("ANALYZE" if not self._lite else "SELECT 1"))
        self._connection.commit()
        self._connection.close()

    def _each(self, do: Callable[[Index], None]) -> None:
        for index in t.measurements.indexes:
            do(index)
        self._connection.commit()


def _multiply(connection: Connection, copies: int) -> None:
    """Earlier days like the first that was evaluated; numbers go up and down by some percent."""
    model = connection.scalar(select(t.models.c.id).where(t.models.c.name == MODEL))
    assert model is not None
    version = connection.scalar(
        select(t.versions.c.id).where(
            t.versions.c.model_id == model, t.versions.c.stage == Stage.CHAMPION
        )
    )
    first = connection.execute(select(t.batches).order_by(t.batches.c.starts_at)).mappings().first()
    assert first is not None
    assert version is not None
    made = [_batch(dict(first), back) for back in range(1, copies + 1)]
    connection.execute(insert(t.batches), made)
    run = (
        connection.execute(select(t.runs).where(t.runs.c.batch_id == first["id"])).mappings().one()
    )
    connection.execute(insert(t.runs), [_of(dict(run), batch) for batch in made])
    of_first = t.jobs.c.batch_id == first["id"]
    done = select(t.jobs).where(of_first, t.jobs.c.kind == JobKind.SCORE)
    job = connection.execute(done).mappings().one()
    keys = [{**_of(dict(job), batch), "key": f"score:{batch['id']}"} for batch in made]
    connection.execute(insert(t.jobs), keys)
    connection.commit()
    last = connection.scalar(select(func.max(t.series.c.id))) or 0
    for start in range(0, last + 1, SERIES_AT_ONCE):
        _copy(connection, first["id"], made[0]["id"], start)
        connection.commit()


def _batch(first: dict[str, Any], back: int) -> dict[str, Any]:
    sha256 = hashlib.sha256(str(back).encode()).hexdigest()
    days = {name: first[name] - back * DAY for name in ("starts_at", "ends_at")}
    name = f"{days['starts_at']:%Y-%m-%d}"
    return {**first, **days, "id": 1000 + back, "name": name, "sha256": sha256}


def _of(row: dict[str, Any], batch: dict[str, Any]) -> dict[str, Any]:
    row.pop("id")
    return {**row, "batch_id": batch["id"]}


def _copy(connection: Connection, template: int, first: object, start: int) -> None:
    """The template's measurements of some series, once for each batch that was made."""
    m, b = t.measurements.c, t.batches.c
    names = [column.name for column in m]
    wave = 1 + (cast((m.series_id * 7919 + b.id * 104_729) % 1000, Integer) - 500) / 20_000.0
    changed = {"batch_id": b.id, **{name: m[name] * wave for name in ("value", "low", "high")}}
    rows = (
        select(*[changed.get(name, m[name]) for name in names])
        .join_from(t.measurements, t.batches, literal(True))
        .where(m.batch_id == template, b.id >= first)
        .where(m.series_id >= start, m.series_id < start + SERIES_AT_ONCE)
        .order_by(m.series_id, b.id)
    )
    connection.execute(insert(t.measurements).from_select(names, rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("database_url", nargs="?", default="")
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--series", type=int, default=10_000)
    asked = parser.parse_args()
    make(
        Settings(home=asked.home, database_url=asked.database_url),
        batches=asked.batches,
        series=asked.series,
    )


if __name__ == "__main__":
    main()
