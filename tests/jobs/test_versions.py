"""A new champion takes over: what the one before it measured stays where it was seen."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from monitor.clock import utc_now
from monitor.jobs import acting
from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.store import reads
from monitor.store.engine import Store
from monitor.terms import Stage
from tests.jobs.conftest import Give
from tests.jobs.loans import (
    GAP_WEEK,
    alarms,
    history,
    labels_of,
    loans,
    records,
    undone,
    without_labels,
    work_off,
)


@pytest.fixture
def take_over(store: Store, kept: Path):
    """Registers the model again, compared with women."""

    def again(stage: Stage = Stage.CHAMPION) -> None:
        text = (kept / "spec.toml").read_text().replace('"male"', '"female"')
        (kept / "other.toml").write_text(text)
        register(store, read_spec(kept / "other.toml"), who="test", stage=stage)

    return again


def test_the_history_of_a_retired_champion_is_still_shown(
    store: Store, give: Give, take_over
) -> None:
    give(loans(week=1), "1.csv")
    work_off(store)
    take_over()
    before = reads.measurements(store, "loans", metric="accuracy", attribute="", batch="latest")
    assert list(before["version"]) == [1]
    give(loans(week=2), "2.csv")
    work_off(store)
    assert undone(store) == []
    shown = reads.measurements(store, "loans", metric="accuracy", attribute="", batch="all")
    assert list(shown["version"]) == [1, 2]
    table = records(store)
    assert list(table["scored"]) == [True, True]
    assert table["verdict"].notna().all()
    for name in table["name"]:
        assert len(reads.confusion(store, "loans", batch=name)) == 4


def test_a_challenger_answers_for_no_batch(store: Store, give: Give, take_over) -> None:
    take_over(Stage.CHALLENGER)
    give(loans(week=1), "1.csv")
    work_off(store)
    shown = reads.measurements(store, "loans", metric="accuracy", attribute="")
    assert list(shown["version"]) == [1]


def test_an_acknowledged_alarm_of_the_champion_leaves_the_challenger_as_it_was(
    store: Store, give: Give, take_over
) -> None:
    take_over(Stage.CHALLENGER)
    give(history(GAP_WEEK + 1), "history.csv")
    work_off(store)
    (alarm,) = alarms(store)["id"]
    acting.acknowledge(store, int(alarm), who="ann", note="", now=utc_now())
    give(loans(week=GAP_WEEK + 2, seed=GAP_WEEK + 2), "later.csv")
    work_off(store)
    said = [
        reads.measurements(store, "loans", metric="change_evidence", batch="latest", version=number)
        for number in (1, 2)
    ]
    assert [one["window"].item() for one in said] == [
        "since it was acknowledged, 1 batch",
        f"since deployment, {GAP_WEEK + 2} batches",
    ]


def test_a_file_of_labels_is_listed_once_however_often_it_is_joined(
    store: Store, give: Give, give_labels: Give
) -> None:
    """Labels without a row yet are tried again whenever a batch is scored."""
    first, second = loans(week=1), loans(week=2)
    give(without_labels(first), "1.csv")
    work_off(store)
    give_labels(labels_of(pd.concat([first, second])))
    work_off(store)
    give(without_labels(second), "2.csv")
    work_off(store)
    assert reads.jobs(store)["kind"].eq("labels").sum() == 2
    assert sorted(reads.batches(store)["role"]) == ["labels", "records", "records"]


@pytest.mark.parametrize("rows", [1, 20])
def test_a_tiny_batch_without_a_gap_in_its_columns_is_not_called_healthy(
    store: Store, give: Give, rows: int
) -> None:
    give(loans(rows, week=1))
    work_off(store)
    assert list(records(store)["verdict"]) == ["not enough data"]


def test_a_batch_is_called_what_would_open_an_incident(store: Store, give: Give) -> None:
    """The range over all groups never sends a message, so it does not name the batch either."""
    for week in range(1, 9):
        give(loans(week=week, seed=3), f"{week}.csv")
    work_off(store)
    judged = reads.measurements(store, "loans")
    counts = judged[(judged["attribute"] == "") | (judged["group"] != "")]
    failing = set(counts[counts["verdict"] == "failing"]["batch"])
    table = records(store)
    assert set(table[table["verdict"] == "failing"]["name"]) == failing
