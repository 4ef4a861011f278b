"""Which model comes first, and which batch speaks for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import Connection, insert

from monitor.alerts.judging import judge
from monitor.alerts.rule import Rule
from monitor.measures import performance
from monitor.measures.layout import build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.store import reads, results, writes
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import IncidentState, Role, Severity, Stage, Task, Verdict

START = datetime(2026, 6, 1, tzinfo=UTC)


def add_model(connection: Connection, name: str) -> tuple[int, int]:
    facts = {"name": name, "task": "binary", "owner": "", "cadence": "week", "wait_days": 0}
    model = writes.add_model(connection, facts, now=START)
    version = {"spec": {"name": name}, "facts": {}}
    return model, writes.add_version(connection, model, version, stage=Stage.CHAMPION, now=START)


def add_incident(connection: Connection, model: int, severity: Severity, subject: str) -> None:
    rule = connection.execute(
        insert(t.rules).values(
            model_id=model, **Rule("accuracy", low=0.8, feature=subject).to_row()
        )
    ).inserted_primary_key
    assert rule is not None
    connection.execute(
        insert(t.incidents).values(
            rule_id=rule[0],
            model_id=model,
            subject=subject,
            state=IncidentState.OPEN,
            severity=severity,
            sentence=f"{subject} is {severity}",
            facts={},
            opened_at=START,
            since_at=START,
        )
    )


def test_of_models_that_fail_the_more_critical_comes_first(store: Store) -> None:
    with store.write() as connection:
        for name, severities in {
            "a": [Severity.WARNING] * 3,
            "b": [Severity.CRITICAL],
            "c": [Severity.WARNING, Severity.CRITICAL, Severity.CRITICAL],
            "d": [],
        }.items():
            model, _ = add_model(connection, name)
            for place, severity in enumerate(severities):
                add_incident(connection, model, severity, f"{name}{place}")
    assert list(reads.models(store)["model"]) == ["c", "b", "a", "d"]


def test_of_two_batches_of_one_period_the_one_received_last_speaks(store: Store) -> None:
    with store.write() as connection:
        model, version = add_model(connection, "credit")
        for place, value in enumerate([0.7, 0.9]):
            batch = writes.add_batch(connection, batch_of(model, f"batch {place}"))
            verdict = Verdict.AT_RISK if value < 0.8 else Verdict.HEALTHY
            accuracy = Measurement("accuracy", value, 500, verdict=verdict, limit_low=0.8)
            results.save_measurements(connection, version, batch, [(accuracy, 1)])
    row = reads.models(store).iloc[0]
    assert (row["value"], row["verdict"]) == (0.9, "healthy")


def test_a_gap_on_the_side_without_a_limit_is_not_the_worst(store: Store) -> None:
    with store.write() as connection:
        model, version = add_model(connection, "credit")
        batch = writes.add_batch(connection, batch_of(model, "first"))
        ratios = [
            Measurement(
                "demographic_parity_ratio", value, 500, attribute="sex", group=group,
                verdict=Verdict.HEALTHY, limit_low=0.8,
            )
            for group, value in (("female", 0.85), ("other", 1.4))
        ]  # fmt: skip
        results.save_measurements(connection, version, batch, [(one, 1) for one in ratios])
    row = reads.models(store).iloc[0]
    assert (row["gap_group"], row["gap_value"], row["gap_limit"]) == ("female", 0.85, 0.8)


def batch_of(model: int, name: str) -> dict[str, object]:
    return {
        "model_id": model,
        "name": name,
        "role": Role.RECORDS,
        "sha256": name.ljust(64),
        "file_sha256": name.ljust(64),
        "file_name": name,
        "source": "test",
        "starts_at": START,
        "ends_at": START + timedelta(weeks=1),
        "rows": 500,
        "size_bytes": 1,
        "labelled": 500,
        "notes": {},
        "received_at": START,
    }


def test_a_headline_of_fewer_than_ten_rows_is_not_shown(store: Store) -> None:
    labels = np.array(["yes"] * 4 + ["no"] * 5, dtype=object)
    rows = Rows({}, {}, labels, labels, None, None, len(labels))
    layout = build_layout(rows, task=Task.BINARY, classes=("no", "yes"), positive="yes")
    found = performance.measure(tally_outcomes(rows, layout), layout, None)
    judged = judge([Rule("accuracy", low=0.8)], found)
    with store.write() as connection:
        model, version = add_model(connection, "credit")
        batch = writes.add_batch(connection, batch_of(model, "small"))
        saved = [(one.measurement, one.rule.version if one.rule else None) for one in judged]
        results.save_measurements(connection, version, batch, saved)
    row = reads.models(store).iloc[0]
    assert row["metric"] is None
    assert row["verdict"] == "not enough data"
