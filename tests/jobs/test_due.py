"""The batch that did not come: one incident, no noise, and an end to it when it comes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete

from monitor.alerts.pauses import Pause, PauseKind
from monitor.alerts.rule import Conditions
from monitor.errors import ModelError
from monitor.jobs.due import GRACE, watch
from monitor.store import pauses, queue, reads, rules, writes
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import Cadence
from tests.jobs.conftest import Give
from tests.jobs.loans import FIRST, labels_of, loans, without_labels, work_off

WEEK = timedelta(weeks=1)
DUE = FIRST + 2 * WEEK + GRACE[Cadence.WEEK]  # when the second week has ended and its grace run out


@pytest.fixture(autouse=True)
def first_week(store: Store, give: Give) -> None:
    writes.save_channel(
        store, name="box", kind="folder", config={"path": "/nowhere"}, who="test", now=FIRST
    )
    give(loans(week=1), "1.csv")
    work_off(store)


def overdue(store: Store) -> list[str]:
    table = reads.incidents(store)
    return list(table[table["metric"] == "batch_overdue"]["state"])


def tick(store: Store, now: datetime) -> int:
    return watch(store, now=now)


def test_nothing_is_said_before_the_grace_is_over(store: Store) -> None:
    revision = reads.revision(store)
    assert tick(store, DUE - timedelta(seconds=1)) == 0
    assert overdue(store) == []
    assert reads.revision(store) == revision


def test_an_overdue_batch_opens_one_incident_and_one_message(store: Store) -> None:
    for minutes in range(5):
        tick(store, DUE + timedelta(minutes=minutes))
    assert overdue(store) == ["open"]
    sentence = reads.incidents(store)["sentence"].iloc[0]
    assert "batch" in sentence.lower()
    assert len(reads.deliveries(store)) == 1


def test_further_missing_weeks_are_no_news(store: Store) -> None:
    tick(store, DUE)
    revision = reads.revision(store)
    for weeks in range(1, 6):
        assert tick(store, DUE + weeks * WEEK) == 0
    assert overdue(store) == ["open"]
    assert reads.revision(store) == revision


def test_it_is_resolved_when_the_batch_comes(store: Store, give: Give) -> None:
    tick(store, DUE)
    give(loans(week=2), "2.csv")
    tick(store, DUE + timedelta(hours=1))
    assert overdue(store) == ["resolved"]
    events = list(reads.deliveries(store)["event"])
    assert sorted(events) == ["opened", "resolved"]


def test_an_old_batch_does_not_end_it(store: Store, give: Give) -> None:
    tick(store, DUE + WEEK)
    give(loans(week=2), "2.csv")  # the third week is still missing
    tick(store, DUE + WEEK + timedelta(hours=1))
    assert overdue(store) == ["open"]


def test_its_count_is_told_anew_when_one_of_the_missing_comes(store: Store, give: Give) -> None:
    tick(store, DUE + WEEK)
    assert "2 periods have" in reads.incidents(store)["sentence"].iloc[0]
    give(loans(week=2), "2.csv")
    for minutes in range(3):
        tick(store, DUE + WEEK + timedelta(minutes=minutes))
    assert "1 period has" in reads.incidents(store)["sentence"].iloc[0]
    assert list(reads.incident_events(store, 1)["kind"]) == ["opened", "continues"]
    assert len(reads.deliveries(store)) == 1


def test_scoring_an_ordinary_batch_leaves_it_open(store: Store, give: Give) -> None:
    tick(store, DUE + WEEK)
    give(loans(week=2), "2.csv")
    work_off(store)
    assert overdue(store) == ["open"]


@pytest.mark.parametrize(("weeks", "states"), [(1, ["open"]), (3, ["open", "resolved"])])
def test_the_next_time_it_is_the_same_incident_unless_long_after(
    store: Store, give: Give, weeks: int, states: list[str]
) -> None:
    tick(store, DUE)
    give(loans(week=2), "2.csv")
    tick(store, DUE + timedelta(hours=1))
    tick(store, DUE + weeks * WEEK + timedelta(hours=1))
    assert sorted(overdue(store)) == states


def test_a_rule_that_is_switched_off_is_silent(store: Store) -> None:
    watched = reads.rules(store, "loans").set_index("metric")
    rule = watched.loc["batch_overdue"]
    rules.save(
        store,
        int(rule["id"]),
        {"enabled": 0},
        who="test",
        now=FIRST,
    )
    assert tick(store, DUE) == 0
    assert overdue(store) == []


def test_nothing_is_overdue_in_a_planned_downtime(store: Store) -> None:
    down = Pause("Moving house", PauseKind.DOWNTIME, FIRST + WEEK, FIRST + 3 * WEEK)
    pauses.add(store, down.to_row(), who="test", now=FIRST)
    assert tick(store, DUE) == 0
    assert tick(store, DUE + 2 * WEEK) == 1  # the fourth week began when all was up again
    assert reads.incidents(store)["value"].iloc[0] == 1


LABELS_DUE = FIRST + 2 * WEEK + GRACE[Cadence.WEEK]  # of the second week


def labels_overdue(store: Store) -> list[str]:
    table = reads.incidents(store)
    return list(table[table["metric"] == "labels_overdue"]["state"])


def test_labels_that_are_overdue_open_an_incident_and_end_it_when_they_come(
    store: Store, give: Give, give_labels: Give
) -> None:
    second = loans(week=2)
    give(without_labels(second), "2.csv")
    work_off(store)
    tick(store, LABELS_DUE - timedelta(seconds=1))
    assert labels_overdue(store) == []
    tick(store, LABELS_DUE)
    assert labels_overdue(store) == ["open"]
    said = "Labels overdue: 1 batch has none, though the label wait is over (2)."
    assert said in set(reads.incidents(store)["sentence"])
    give_labels(labels_of(second))
    tick(store, LABELS_DUE + timedelta(hours=1))
    assert labels_overdue(store) == ["open"]  # nobody knows before they are joined
    work_off(store)
    tick(store, LABELS_DUE + timedelta(hours=2))
    assert labels_overdue(store) == ["resolved"]


def test_while_labels_are_being_joined_none_are_overdue(
    store: Store, give: Give, give_labels: Give
) -> None:
    second = loans(week=2)
    give(without_labels(second), "2.csv")
    work_off(store)
    give_labels(labels_of(second))
    tick(store, LABELS_DUE)
    assert labels_overdue(store) == []


def test_a_job_that_failed_is_told_until_it_is_done(
    store: Store, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(loans(week=2), "2.csv")
    with monkeypatch.context() as broken:
        broken.setattr("monitor.jobs.score.conclude", fail)
        work_off(store)
    tick(store, FIRST + 2 * WEEK)
    (incident,) = reads.incidents(store).to_dict("records")
    assert (incident["metric"], incident["state"]) == ("failed_jobs", "open")
    assert incident["sentence"].startswith("Failed jobs: 1 (score of 2: The model fell over).")
    jobs = reads.jobs(store)
    queue.retry(store, int(jobs[jobs["status"] == "failed"]["id"].iloc[0]), now=FIRST)
    tick(store, FIRST + 2 * WEEK)
    (incident,) = reads.incidents(store).to_dict("records")
    assert incident["state"] == "resolved"


def fail(*_: object, **__: object) -> None:
    raise ModelError("The model fell over.")


def test_a_model_registered_before_there_were_such_rules_gets_them_once(store: Store) -> None:
    with store.write() as connection:
        connection.execute(
            delete(t.rules).where(t.rules.c.metric.in_(["labels_overdue", "failed_jobs"]))
        )
    for _ in range(2):
        tick(store, FIRST + WEEK)
    watched = list(reads.rules(store, "loans")["metric"])
    assert watched.count("labels_overdue") == watched.count("failed_jobs") == 1


def test_a_number_that_waited_for_labels_is_judged_when_the_wait_is_over(
    store: Store, give: Give
) -> None:
    asked = Conditions(minimum_coverage=0.9, wait_days=3650)
    with store.write() as connection:
        (roc,) = [r for r in rules.of_model(connection, 1) if r["metric"] == "roc_auc"]
        rules.change(connection, roc["id"], {"conditions": asked.to_json()}, who="test", now=FIRST)
    second = loans(week=2)
    second.loc[second.index[:200], "repaid"] = None
    give(second, "2.csv")
    work_off(store)

    def said() -> tuple[str, str]:
        table = reads.measurements(store, "loans", metric="roc_auc", attribute="", batch="latest")
        return table["verdict"].iloc[0], table["reason"].iloc[0]

    verdict, reason = said()
    assert verdict == "not enough data"
    assert reason.startswith("Not judged: labels: 50 % of the 90 % wanted are there")
    over = FIRST + 2 * WEEK + timedelta(days=3650)
    tick(store, over - timedelta(seconds=1))
    assert said() == (verdict, reason)
    tick(store, over)
    assert "Not judged" not in said()[1]
    revision = reads.revision(store)
    tick(store, over)
    assert reads.revision(store) == revision
