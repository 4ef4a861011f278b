"""What is said of a whole batch is kept with its run, and is the worst of what was judged."""

from __future__ import annotations

from importlib import import_module

import pytest
from sqlalchemy import select, text, update

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
