"""Small batches are judged together with those before them, and never further back than needed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monitor.measures import drift
from monitor.measures.layout import build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.pooling import MOST_BATCHES
from monitor.measures.rows import Rows
from monitor.measures.tally import Tally, tally
from monitor.terms import Task, Verdict

RANDOM = np.random.default_rng(1)


def rows(values: np.ndarray) -> Rows:
    return Rows(
        columns={"x": values},
        groups={},
        predicted=None,
        actual=None,
        scores=None,
        weight=None,
        n=len(values),
    )


REFERENCE = rows(RANDOM.normal(0, 1, 5000))
LAYOUT = build_layout(REFERENCE, task=Task.BINARY, classes=("0", "1"), positive="1")
BEFORE = tally(REFERENCE, LAYOUT)


def batch(n: int, shift: float = 0.0) -> Tally:
    return tally(rows(RANDOM.normal(shift, 1, n)), LAYOUT)


def found(now: Tally, earlier: list[Tally]) -> dict[str, Measurement]:
    asked: list[Tally] = []

    def past() -> Iterator[Tally]:
        for one in earlier:
            asked.append(one)
            yield one

    measured = drift.measure(now.profiles, now.outcomes, BEFORE, LAYOUT, earlier=past)
    READ[:] = asked
    return {m.metric: m for m in measured}


READ: list[Tally] = []


def test_as_many_batches_are_added_as_it_takes():
    now = found(batch(80), [batch(70) for _ in range(9)])
    assert (now["psi"].n, now["psi"].window) == (220, "last 3 batches")
    assert now["drifted_columns"].window == "last 3 batches"
    assert len(READ) == 2


def test_numbers_are_those_of_all_the_rows_together():
    one, other = batch(120), batch(120)
    together = found(one + other, [])
    apart = found(one, [other])
    for metric in ("psi", "ks", "wasserstein", "chisquare", "TVD"):
        assert apart[metric].value == together[metric].value
    assert apart["missing_rate_change"].window == ""


def test_a_batch_that_is_large_enough_stays_alone():
    now = found(batch(200), [batch(500)])
    assert (now["psi"].n, now["psi"].window) == (200, "")
    assert READ == []


def test_large_drift_in_small_batches_is_established_by_several_of_them():
    now = found(batch(90, 1.5), [batch(90, 1.5) for _ in range(4)])
    assert now["psi"].verdict is Verdict.FAILING
    assert "in the last 3 batches" in now["psi"].reason
    assert now["drifted_columns"].verdict is Verdict.FAILING


def test_too_little_altogether_says_so():
    now = found(batch(30), [batch(30), batch(30)])
    assert now["psi"].verdict is Verdict.NOT_ENOUGH_DATA
    reason = "Only 90 rows with a value in the last 3 batches; 200 are needed."
    assert now["psi"].reason == reason
    assert (now["drifted_columns"].value, now["drifted_columns"].reason) == (None, reason)


def test_what_happened_long_ago_is_not_added():
    found(batch(1), [batch(1) for _ in range(50)])
    assert len(READ) == MOST_BATCHES - 1


def test_a_batch_without_any_value_is_not_hidden_by_older_ones():
    empty = tally(rows(np.full(100, np.nan)), LAYOUT)
    now = found(empty, [batch(500)])
    assert now["psi"].reason == "Every value is missing."
    assert now["missing_rate_change"].value == 1.0
