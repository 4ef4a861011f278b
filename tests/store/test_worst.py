"""Of many batches the worst of each stretch is found in the database as it would be among all."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from monitor.measures.measurement import Measurement
from monitor.store import frames, reads, results, worst, writes
from monitor.store.engine import Store
from monitor.terms import Stage

from .test_overview import START, add_model, batch_of

DAYS, FEATURES = 40, ("age", "income")
RUN = {"facts": {}, "predictions_sha256": "", "seconds": 1.0, "finished_at": START}


@pytest.fixture
def drifting(store: Store) -> Store:
    """Batches that came in no order, one without values; the last third has a newer version, which
    on some of them had an older version before."""
    random = np.random.default_rng(0)
    with store.write() as connection:
        model, newer = add_model(connection, "credit")
        spec = {"spec": {"name": "credit"}, "facts": {}}
        older = writes.add_version(connection, model, spec, stage=Stage.RETIRED, now=START)
        for day in random.permutation(DAYS).tolist():
            period = {"starts_at": START + timedelta(day), "ends_at": START + timedelta(day + 1)}
            batch = writes.add_batch(connection, batch_of(model, f"day {day:02d}") | period)
            for version in [newer] * (day > DAYS * 2 // 3) + [older] * (day < DAYS * 4 // 5):
                results.save_run(connection, version, batch, RUN)
                found = [
                    Measurement("psi", random.random() if day else None, 500, feature=feature)
                    for feature in (*FEATURES, "other")
                ]
                results.save_measurements(connection, version, batch, [(m, None) for m in found])
    return store


def expected(store: Store, most: int) -> pd.DataFrame:
    """Chosen among all that was measured."""
    every = reads.measurements(store, "credit", metric="psi", features=FEATURES)
    day = (every["starts_at"] - START).dt.days
    every = every.assign(stretch=day * most // DAYS)
    largest = every.dropna(subset="value").groupby(["feature", "stretch"])["value"].idxmax()
    begins = every.groupby("stretch")["starts_at"].min()
    chosen = every.loc[largest.sort_values()]
    return chosen.assign(starts_at=chosen["stretch"].map(begins))


@pytest.mark.parametrize(("most", "at_once"), [(3, worst.AT_ONCE), (7, 2), (39, worst.AT_ONCE)])
def test_the_worst_of_each_stretch_stands_where_that_begins(
    drifting: Store, monkeypatch: pytest.MonkeyPatch, most: int, at_once: int
) -> None:
    monkeypatch.setattr(worst, "AT_ONCE", at_once)
    found = reads.worst(drifting, "credit", "psi", features=FEATURES, most=most)
    shared = ["starts_at", "feature", "value", "batch", "version", "n"]
    ordered = [
        frame[shared].sort_values(shared).reset_index(drop=True)
        for frame in (found, expected(drifting, most))
    ]
    pd.testing.assert_frame_equal(*ordered)
    assert found["starts_at"].is_monotonic_increasing


def test_few_periods_are_read_as_they_are_measured(drifting: Store) -> None:
    found = reads.worst(drifting, "credit", "psi", features=FEATURES, most=DAYS)
    every = reads.measurements(drifting, "credit", metric="psi", features=FEATURES)
    pd.testing.assert_frame_equal(found, every)


def test_only_batches_of_the_window_are_in_its_stretches(drifting: Store) -> None:
    since = START + timedelta(10)
    found = reads.worst(drifting, "credit", "psi", features=FEATURES, most=5, since=since)
    every = reads.measurements(drifting, "credit", metric="psi", features=FEATURES, since=since)
    assert found["starts_at"].nunique() == 5
    assert found["starts_at"].min() == since
    assert found["value"].max() == every["value"].max()
    assert set(found["batch"]) <= set(every["batch"])


def test_the_version_that_answers_for_a_batch_is_the_one_among_all_batches(drifting: Store) -> None:
    places = reads.answered(drifting, "credit")
    with drifting.read() as connection:
        alone = [frames.answering(connection, "credit", int(batch)) for batch in places["id"]]
    assert alone == places["version_id"].tolist()
    assert len(set(alone)) == 2
