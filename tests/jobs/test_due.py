"""The batch that did not come: one incident, no noise, and an end to it when it comes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from monitor.jobs.due import GRACE, watch
from monitor.store import reads, rules, writes
from monitor.store.engine import Store
from monitor.terms import Cadence
from tests.jobs.conftest import Give
from tests.jobs.loans import FIRST, loans, work_off

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
