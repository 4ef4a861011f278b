"""What is wrong with the data, counted."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from monitor.measures import quality
from monitor.measures.catalogue import METRICS
from monitor.measures.layout import Layout, build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import Tally, tally
from monitor.terms import Task


def rows(age: list[float], city: list[str | None]) -> Rows:
    columns = {"age": np.array(age, dtype=float), "city": pa.array(city, type=pa.string())}
    return Rows(
        columns=columns,
        groups={},
        predicted=None,
        actual=None,
        scores=None,
        weight=None,
        n=len(age),
    )


REFERENCE = rows([20.0, 30.0, 40.0, np.nan], ["Bonn", "Bonn", "Oslo", "Rome"])
LAYOUT: Layout = build_layout(REFERENCE, task=Task.BINARY, classes=("0", "1"), positive="1")


def measured(batch: Rows) -> dict[tuple[str, str], Measurement]:
    before = tally(REFERENCE, LAYOUT).profiles
    found = quality.measure(tally(batch, LAYOUT).profiles, before, duplicate_ids=3, rows=batch.n)
    return {(m.metric, m.feature): m for m in found}


def test_every_fault_is_counted_over_all_rows():
    found = measured(
        rows([np.inf, 25.0, 50.0, np.nan, 10.0], [None, "Paris", "Bonn", "Bonn", "Lima"])
    )
    values = {key: m.value for key, m in found.items()}
    assert values == {
        ("row_count", ""): 5.0,
        ("duplicate_ids", ""): 3.0,
        ("missing_rate", "age"): 0.2,
        ("infinite_rate", "age"): 0.2,
        ("out_of_range_rate", "age"): 0.4,
        ("missing_rate", "city"): 0.2,
        ("unseen_rate", "city"): 0.4,
    }


def test_a_share_stands_beside_the_references_and_its_interval():
    found = measured(REFERENCE)[("missing_rate", "age")]
    assert (found.value, found.reference, found.n) == (0.25, 0.25, 4)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.25 < found.high


def test_an_all_missing_column_is_all_missing():
    found = measured(rows([np.nan] * 50, [None] * 50))
    assert found["missing_rate", "age"].value == 1.0
    assert found["missing_rate", "city"].value == 1.0
    assert found["out_of_range_rate", "age"].value == 0.0


def test_a_batch_without_rows_has_no_shares_and_says_so():
    empty = Tally.zero(LAYOUT).profiles
    found = quality.measure(empty, None, duplicate_ids=0, rows=0)
    shares = [m for m in found if m.feature]
    assert all(m.value is None and m.reason for m in shares)


@pytest.mark.parametrize("name", ["row_count", "missing_rate", "unseen_rate", "infinite_rate"])
def test_every_name_is_in_the_catalogue(name: str):
    assert METRICS[name].family == "quality"
