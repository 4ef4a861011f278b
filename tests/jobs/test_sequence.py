"""What many batches say together, kept up to date whatever comes when."""

from __future__ import annotations

import itertools
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from monitor.clock import utc_now
from monitor.jobs import acting
from monitor.jobs.intake import receive
from monitor.jobs.register import register
from monitor.measures.catalogue import METRICS
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store import queue, reads, rules, writes
from monitor.store.engine import Store, open_store
from tests.jobs.conftest import Give
from tests.jobs.loans import (
    GAP_WEEK,
    alarms,
    csv,
    history,
    labels_of,
    loans,
    together,
    undone,
    without_labels,
    work_off,
)

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def evidence(store: Store) -> pd.DataFrame:
    return reads.measurements(store, "loans", metric="change_evidence", batch="all")


def test_it_does_not_matter_in_what_order_batches_come(
    store: Store, give: Give, kept, tmp_path
) -> None:
    weeks = [loans(300, week=week, seed=week, ids=f"w{week}-") for week in (1, 2, 3, 4)]
    said = []
    for place, order in enumerate(([0, 1, 2, 3], [2, 0, 3, 1])):
        for week in order:
            give(weeks[week], f"{place}-{week}.csv", batch_name=f"week {week}")
            work_off(store)
        said.append(together(store))
        for batch in reads.batches(store, "loans")["id"]:
            writes.delete_batch(store, int(batch), who="test", now=NOW)
    assert len(said[0])
    pd.testing.assert_frame_equal(said[0], said[1])


def test_late_labels_say_what_labels_in_the_batch_would_have_said(
    store: Store, give: Give, give_labels: Give
) -> None:
    frame = history(4)
    give(frame)
    work_off(store)
    wanted = together(store)
    for batch in reads.batches(store, "loans")["id"]:
        writes.delete_batch(store, int(batch), who="test", now=NOW)
    give(without_labels(frame))
    work_off(store)
    assert "performance_change_evidence" not in set(together(store)["metric"])
    give_labels(labels_of(frame))
    work_off(store)
    pd.testing.assert_frame_equal(together(store), wanted)


def test_a_gap_that_opens_pages_once_and_an_acknowledged_alarm_begins_anew(
    store: Store, give: Give
) -> None:
    give(history(GAP_WEEK + 1))
    work_off(store)
    opened = alarms(store)
    assert len(opened) == 1
    assert opened["severity"].iloc[0] == "critical"
    assert opened["state"].iloc[0] == "open"
    assert (evidence(store)["verdict"] == "failing").any()
    acting.acknowledge(store, int(opened["id"].iloc[0]), who="ann", note="", now=NOW)
    give(loans(300, week=GAP_WEEK + 2, seed=GAP_WEEK + 2, ids="later"), "later.csv")
    work_off(store)
    last = evidence(store).iloc[-1]
    assert last["window"] == "since it was acknowledged, 1 batch"
    assert last["verdict"] != "healthy"
    assert alarms(store)["state"].tolist() == ["acknowledged"]


def test_only_what_a_single_batch_says_is_a_warning(store: Store) -> None:
    watched = reads.rules(store, "loans")
    critical = set(watched[watched["severity"] == "critical"]["metric"])
    assert "change_evidence" in critical
    assert all(METRICS[name].family == "sequence" for name in critical)


def test_without_a_budget_nothing_is_followed(store: Store, give: Give) -> None:
    watched = reads.rules(store, "loans")
    rule = watched[watched["metric"] == "change_evidence"].iloc[0]
    rules.save(
        store,
        int(rule["id"]),
        {"enabled": 0},
        who="ann",
        now=NOW,
    )
    give(history(2))
    work_off(store)
    assert evidence(store).empty


@pytest.mark.parametrize("pair", list(itertools.combinations(range(3), 2)))
def test_a_batch_of_the_past_moves_all_that_came_after_it(store, give: Give, pair) -> None:
    weeks = [loans(300, week=week, seed=week, ids=f"w{week}-") for week in (1, 2, 3)]
    for week in pair:
        give(weeks[week], f"{week}.csv", batch_name=f"week {week}")
    work_off(store)
    assert evidence(store)["window"].tolist() == [
        "since deployment, 1 batch", "since deployment, 2 batches",
    ]  # fmt: skip
    missing = ({0, 1, 2} - set(pair)).pop()
    give(weeks[missing], f"{missing}.csv", batch_name=f"week {missing}")
    work_off(store)
    assert evidence(store)["window"].iloc[-1] == "since deployment, 3 batches"


@pytest.mark.parametrize("high", [None, 0.0, -5.0])
def test_a_budget_of_nothing_follows_nothing_and_batches_are_scored_all_the_same(
    store: Store, give: Give, high
) -> None:
    set_budget(store, high)
    give(history(2))
    work_off(store)
    assert evidence(store).empty
    assert undone(store) == []
    set_budget(store, 2000.0)
    give(loans(300, week=3, seed=3, ids="third"), "third.csv")
    work_off(store)
    assert evidence(store)["window"].tolist() == ["since deployment, 3 batches"]


def set_budget(store: Store, high: float | None) -> None:
    watched = reads.rules(store, "loans")
    rule = watched[watched["metric"] == "change_evidence"].iloc[0]
    rules.save(
        store,
        int(rule["id"]),
        {"high": high},
        who="ann",
        now=NOW,
    )


def test_an_alarm_resolved_by_hand_opens_again_only_on_what_comes_later(
    store: Store, give: Give, give_labels: Give
) -> None:
    """Labels that come late for the batch it stood on are no news to who has resolved it."""
    frame = history(GAP_WEEK + 3)
    give(without_labels(frame))
    work_off(store)
    (alarm,) = alarms(store)["id"]
    acting.resolve(store, int(alarm), who="ann", note="", now=NOW)
    give_labels(labels_of(frame))
    work_off(store)
    assert alarms(store)["state"].tolist() == ["resolved"]
    for week in range(GAP_WEEK + 4, GAP_WEEK + 10):
        give(loans(week=week, seed=week, ids="later"), f"{week}.csv")
        work_off(store)
    assert alarms(store)["state"].tolist() == ["open"]
    assert "reopened" in set(reads.incident_events(store, int(alarm))["kind"])


def test_an_acknowledgement_outlives_the_batch_it_was_about(store: Store, give: Give) -> None:
    give(history(GAP_WEEK + 1))
    work_off(store)
    alarm = alarms(store).iloc[0]
    acting.acknowledge(store, int(alarm["id"]), who="ann", note="", now=NOW)
    newest = reads.batches(store, "loans").sort_values("starts_at").iloc[-1]
    writes.delete_batch(store, int(newest["id"]), who="ann", now=NOW)
    give(loans(300, week=GAP_WEEK + 2, seed=1, ids="later"), "later.csv")
    work_off(store)
    assert evidence(store)["window"].iloc[-1] == "since it was acknowledged, 1 batch"


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_deleted_batch_leaves_nothing_in_those_after_it(store: Store, give: Give, gone) -> None:
    weeks = [loans(300, week=week, seed=week, ids=f"w{week}-") for week in (1, 2, 3)]
    for week in {0, 1, 2} - {gone}:
        give(weeks[week], f"{week}.csv", batch_name=f"week {week}")
    work_off(store)
    wanted = together(store)
    give(weeks[gone], f"{gone}.csv", batch_name=f"week {gone}")
    work_off(store)
    batches = reads.batches(store, "loans").set_index("name")
    writes.delete_batch(store, int(batches.loc[f"week {gone}", "id"]), who="ann", now=NOW)
    work_off(store)
    pd.testing.assert_frame_equal(together(store), wanted)
    assert undone(store) == []


def test_a_batch_that_became_the_reference_is_no_evidence_beside_it(
    tmp_path: Path, kept: Path
) -> None:
    with closing(open_store(Settings(home=tmp_path / "bare", database_url=""))) as store:
        register(store, read_spec(kept / "bare.toml"), who="test")
        path = csv(history(3), tmp_path / "history.csv")
        receive(store, "loans", path, name="history.csv", source="test")
        work_off(store)
        assert evidence(store)["window"].tolist() == [
            "since deployment, 1 batch", "since deployment, 2 batches",
        ]  # fmt: skip


def test_what_many_batches_say_is_written_with_the_batch_or_not_at_all(
    store: Store, give: Give, monkeypatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    give(loans(300))
    with monkeypatch.context() as patch:
        patch.setattr("monitor.jobs.score.advance", killed)
        with pytest.raises(KeyboardInterrupt):
            work_off(store)
    assert reads.measurements(store, "loans").empty
    queue.recover(store, now=utc_now(), dead_worker="test")
    work_off(store)
    assert len(evidence(store)) == 1
