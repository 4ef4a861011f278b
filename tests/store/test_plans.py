"""What a page asks is answered by looking measurements up, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from monitor.measures.measurement import Measurement
from monitor.settings import Settings
from monitor.store import measured as measured_reads
from monitor.store import reads, results, writes
from monitor.store.engine import Store, open_store
from monitor.terms import Verdict

from .test_overview import START, add_model, batch_of


@pytest.fixture
def measured(tmp_path: Path) -> Iterator[Store]:
    """Two models of three scored batches each, on SQLite, whose plans can be read."""
    store = open_store(Settings(home=tmp_path / "home", database_url=""))
    with store.write() as connection:
        for name in ("credit", "tickets"):
            model, version = add_model(connection, name)
            for place in range(3):
                batch = writes.add_batch(connection, batch_of(model, f"{name} {place}"))
                run = {"facts": {}, "predictions_sha256": "", "seconds": 1.0, "finished_at": START}
                results.save_run(connection, version, batch, run)
                found = [
                    Measurement(metric, 0.9, 500, verdict=Verdict.HEALTHY, limit_low=0.8)
                    for metric in ("accuracy", "precision", "recall")
                ]
                results.save_measurements(connection, version, batch, [(one, 1) for one in found])
    yield store
    store.close()


@contextmanager
def plans(store: Store) -> Iterator[list[str]]:
    """The steps by which SQLite answers what is asked meanwhile."""
    steps: list[str] = []

    def explain(connection, cursor, statement, parameters, context, many):  # type: ignore[no-untyped-def]
        if statement.lstrip().upper().startswith("SELECT"):
            found = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps.extend(row[3] for row in found.fetchall())

    event.listen(store.engine, "before_cursor_execute", explain)
    try:
        yield steps
    finally:
        event.remove(store.engine, "before_cursor_execute", explain)


ASKED = {
    "the newest batch": lambda store: reads.measurements(store, "credit", batch="latest"),
    "a metric over time": lambda store: reads.measurements(store, "credit", metric="accuracy"),
    "the list of batches": lambda store: reads.batches(store, "credit"),
    "the overview": reads.models,
}


@pytest.mark.parametrize("asked", ASKED)
def test_no_page_looks_through_all_measurements(measured: Store, asked: str) -> None:
    with plans(measured) as steps:
        found = ASKED[asked](measured)
    assert len(found)
    assert steps
    assert [step for step in steps if step.startswith("SCAN measurements")] == []


def test_more_batches_than_a_statement_takes_are_asked_for_in_parts(
    measured: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = reads.measurements(measured, "credit"), reads.batches(measured)
    monkeypatch.setattr(measured_reads, "MOST_IDS", 2)
    parts = reads.measurements(measured, "credit"), reads.batches(measured)
    assert len(whole[0]) == 9
    assert all(one.equals(other) for one, other in zip(whole, parts, strict=True))


def test_the_strongest_of_each_batch_is_found_without_reading_all(
    measured: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("accuracy", "precision")
    every = reads.measurements(measured, "credit", metrics=names)
    expected = every.loc[every.groupby(["batch", "metric"], sort=False)["value"].idxmax()]
    found = reads.strongest(measured, "credit", names)
    shared = ["batch", "metric", "value"]
    assert found[shared].values.tolist() == expected[shared].values.tolist()
    monkeypatch.setattr(measured_reads, "MOST_STRONGEST", 2)
    assert list(dict.fromkeys(reads.strongest(measured, "credit", names)["batch"])) == [
        "credit 0",
        "credit 2",
    ]
