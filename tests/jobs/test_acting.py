"""What people do to an incident: in its story, in the audit, and told to who heard of it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from monitor.errors import NotFound, StoreError
from monitor.jobs import acting, due
from monitor.store import reads, writes
from monitor.store import tables as t
from monitor.store.engine import Store
from tests.jobs.conftest import Give
from tests.jobs.loans import FIRST, loans, work_off

NOW = FIRST + timedelta(weeks=4)


@pytest.fixture
def incident(store: Store, give: Give) -> int:
    """A batch is overdue, and a folder was told."""
    where = {"path": "/nowhere"}
    writes.save_channel(store, name="box", kind="folder", config=where, who="test", now=FIRST)
    give(loans(week=1), "1.csv")
    work_off(store)
    due.watch(store, now=NOW)
    return int(reads.incidents(store, state="open")["id"].iloc[0])


def row(store: Store, incident: int):
    with store.read() as connection:
        return connection.execute(select(t.incidents).where(t.incidents.c.id == incident)).one()


def test_each_action_is_a_line_with_who_and_when_and_in_the_audit(store: Store, incident: int):
    by = {"who": "Ann", "now": NOW}
    acting.acknowledge(store, incident, **by, note="on it")
    acting.assign(store, incident, owner="Ben", **by)
    acting.note(store, incident, text="the source was down", **by)
    acting.snooze(store, incident, until=NOW + timedelta(days=1), **by)
    acting.unhelpful(store, incident, **by)
    acting.resolve(store, incident, **by)
    acting.reopen(store, incident, **by)
    acting.helpful(store, incident, **by)
    story = reads.incident_events(store, incident)
    assert list(story["kind"]) == [
        "opened", "acknowledged", "assigned", "noted", "snoozed", "unhelpful", "resolved",
        "reopened", "helpful",
    ]  # fmt: skip
    assert list(story["who"]) == ["", *["Ann"] * 8]
    assert story["sentence"].iloc[3] == "Ann: the source was down"
    now = row(store, incident)
    assert (now.state, now.owner, now.reopened, now.helpful) == ("open", "Ben", 1, 1)
    assert (now.resolved_at, now.snoozed_until, now.acknowledged_at) == (None, None, None)
    with store.read() as connection:
        said = connection.scalars(select(t.audit.c.what).where(t.audit.c.who == "Ann"))
        assert list(said)[:2] == [
            f"incident {incident} acknowledged",
            f"incident {incident} assigned",
        ]


def test_who_heard_of_it_hears_of_its_states_and_not_of_notes(store: Store, incident: int):
    by = {"who": "Ann", "now": NOW}
    acting.note(store, incident, text="looking", **by)
    acting.assign(store, incident, owner="Ben", **by)
    acting.unhelpful(store, incident, **by)
    assert list(reads.deliveries(store)["event"]) == ["opened"]
    acting.acknowledge(store, incident, **by)
    acting.resolve(store, incident, **by)
    assert list(reads.deliveries(store)["event"]) == ["resolved", "acknowledged", "opened"]


def test_what_makes_no_sense_changes_nothing(store: Store, incident: int):
    acting.resolve(store, incident, who="Ann", now=NOW)
    before = row(store, incident)
    for again in (acting.resolve, acting.acknowledge, partial(acting.assign, owner="Ben")):
        with pytest.raises(StoreError, match="already resolved; nothing was changed"):
            again(store, incident, who="Ben", now=NOW)
    assert row(store, incident) == before
    with pytest.raises(NotFound):
        acting.resolve(store, 999, who="Ann", now=NOW)


def test_one_of_two_about_the_same_cannot_be_reopened(store: Store, incident: int):
    acting.resolve(store, incident, who="Ann", now=NOW)
    with store.write() as connection:
        other = dict(row(store, incident)._mapping) | {"id": 77, "state": "open"}
        connection.execute(t.incidents.insert().values(**other | {"resolved_at": None}))
    with pytest.raises(StoreError, match="Incident 77 is open about the same"):
        acting.reopen(store, incident, who="Ann", now=NOW)
