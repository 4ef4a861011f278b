"""What is said of a whole batch is kept with its run, and is the worst of what was judged."""

from __future__ import annotations

from importlib import import_module

import pytest
from sqlalchemy import select, text, update

from monitor.measures.catalogue import METRICS
from monitor.measures.measurement import Measurement
from monitor.store import reads, results, writes
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import Verdict

from .test_overview import START, add_model, batch_of

WELL, ILL, LITTLE = Verdict.HEALTHY, Verdict.FAILING, Verdict.NOT_ENOUGH_DATA
RUN = {"facts": {}, "predictions_sha256": "", "seconds": 1.0, "finished_at": START}
SAID = {
    "nothing was judged": ([("accuracy", "", "", None)], None),
    "all is well": ([("accuracy", "", "", WELL), ("recall", "", "", LITTLE)], "healthy"),
    "one thing is not": ([("accuracy", "", "", WELL), ("recall", "", "", ILL)], "failing"),
    "only nothing is missing": ([("missing_rate", "age", "", WELL)], "not enough data"),
    "a range over all groups opens no incident": ([("base_rate", "sex", "", ILL)], None),
}  # metric, feature or attribute, group, verdict


def judge(store: Store, said: list[tuple[str, str, str, Verdict | None]]) -> None:
    with store.write() as connection:
        model, version = add_model(connection, "credit")
        batch = writes.add_batch(connection, batch_of(model, "first"))
        results.save_run(connection, version, batch, RUN)
        found = [
            Measurement(
                metric, 0.5, 500,
                feature=about if metric == "missing_rate" else "",
                attribute=about if metric == "base_rate" else "",
                group=group, verdict=verdict,
            )
            for metric, about, group, verdict in said
        ]  # fmt: skip
        rules = [None if one.verdict is None else 1 for one in found]
        results.save_measurements(connection, version, batch, list(zip(found, rules, strict=True)))


@pytest.mark.parametrize("case", SAID)
def test_a_batch_is_what_the_worst_of_its_judged_numbers_is(store: Store, case: str) -> None:
    said, expected = SAID[case]
    judge(store, said)
    assert reads.batches(store, "credit")["verdict"].tolist() == [expected]


@pytest.mark.parametrize("case", SAID)
def test_the_migration_gives_runs_the_verdict_that_a_worker_would(store: Store, case: str) -> None:
    judge(store, SAID[case][0])
    made = import_module("monitor.store.migrations.versions.0008_a_run_has_its_verdict")
    with store.write() as connection:
        before = connection.scalars(select(t.runs.c.verdict)).all()
        connection.execute(update(t.runs).values(verdict="lost"))
        fill = text(made.FILL).bindparams(since="%since_deployment", cusum="%cusum")
        connection.execute(fill)
        assert connection.scalars(select(t.runs.c.verdict)).all() == before


@pytest.mark.parametrize("case", SAID)
def test_what_was_said_is_counted_as_the_worst_of_it_is_found(store: Store, case: str) -> None:
    said, expected = SAID[case]
    judge(store, said)
    place = reads.answered(store, "credit").iloc[0]
    counted = reads.judged(store, METRICS, version=int(place["version_id"]), batch=int(place["id"]))
    ranks = [Verdict(one).rank for one in counted["verdict"]]
    worst = list(Verdict)[max(ranks)] if ranks else None
    modest = worst == Verdict.HEALTHY and set(counted["metric"]) == {"missing_rate"}
    assert expected == ("not enough data" if modest else worst)
    assert counted["count"].sum() == sum(
        one[0] != "base_rate" and one[3] is not None for one in said
    )


def test_the_farthest_feature_is_the_first_of_the_largest_that_has_an_importance(
    store: Store,
) -> None:
    with store.write() as connection:
        model, version = add_model(connection, "credit")
        batch = writes.add_batch(connection, batch_of(model, "first"))
        far = {"age": 0.2, "income": 0.3, "debt": 0.3, "score": 0.9, "region": None}
        found = [Measurement("psi", value, 500, feature=name) for name, value in far.items()]
        results.save_measurements(connection, version, batch, [(one, None) for one in found])
    ids = {"version": version, "batch": batch}
    assert reads.farthest(store, "psi", **ids).iloc[0].tolist() == ["score", 0.9, 500, 4]
    weights = [Measurement("importance", 0.1, 500, feature=name) for name in far if name != "score"]
    with store.write() as connection:
        found += weights
        results.save_measurements(connection, version, batch, [(one, None) for one in found])
    assert reads.farthest(store, "psi", **ids).iloc[0].tolist() == ["income", 0.3, 500, 3]
