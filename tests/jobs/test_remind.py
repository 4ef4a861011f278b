"""Reminders, escalation and the end of a snooze, by a clock that is an argument."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.incidents import Event
from monitor.alerts.reminding import Waiting, due
from monitor.alerts.rule import Telling
from monitor.jobs import acting
from monitor.jobs.deliver import deliver_all
from monitor.jobs.due import watch
from monitor.jobs.remind import remind
from monitor.store import reads, rules, writes
from monitor.store.engine import Store
from monitor.terms import IncidentState
from tests.jobs.conftest import Give
from tests.jobs.loans import FIRST, loans, work_off

NOW = FIRST + timedelta(weeks=4)
HOUR = timedelta(hours=1)
TELLING = {
    "channels": ["team"],
    "remind_hours": 6,
    "escalate_hours": 8,
    "escalate_to": "boss",
}


@pytest.fixture
def incident(store: Store, give: Give, tmp_path: Path) -> int:
    """A batch is overdue since NOW, the team was told, and the boss is there to be told."""
    for name in ("team", "boss"):
        where = {"path": str(tmp_path / name), "to": "a@example.org"}
        writes.save_channel(store, name=name, kind="folder", config=where, who="test", now=FIRST)
    watched = reads.rules(store, "loans").set_index("metric")
    rule = int(watched.loc["batch_overdue", "id"])
    rules.save(store, rule, {"telling": TELLING}, who="test", now=FIRST)
    give(loans(week=1), "1.csv")
    work_off(store)
    tick(store, NOW)
    return int(reads.incidents(store, state="open")["id"].iloc[0])


def tick(store: Store, now: datetime) -> None:
    """What the worker does each minute, and the messages that come of it."""
    watch(store, now=now)
    remind(store, now=now)
    deliver_all(store, clock=lambda: now)


def live(store: Store, hours: int, *, since: datetime = NOW) -> None:
    for hour in range(1, hours + 1):
        tick(store, since + hour * HOUR)


def story(store: Store, incident: int) -> list[tuple[str, float]]:
    events = reads.incident_events(store, incident)
    return [
        (kind, (at - NOW) / HOUR) for kind, at in zip(events["kind"], events["at"], strict=True)
    ]


def told(store: Store, channel: str) -> list[str]:
    sent = reads.deliveries(store).query("status == 'sent'").iloc[::-1]
    return list(sent[sent["channel"] == channel]["event"])


def test_it_is_told_again_while_nobody_is_on_it_and_escalates_once(store: Store, incident: int):
    live(store, 24)
    assert story(store, incident) == [
        ("opened", 0), ("reminded", 6), ("escalated", 8), ("reminded", 12), ("reminded", 18),
        ("reminded", 24),
    ]  # fmt: skip
    assert told(store, "team") == ["opened", *["reminded"] * 4]
    assert told(store, "boss") == ["escalated", *["reminded"] * 3]
    sentence = reads.incident_events(store, incident)["sentence"].iloc[2]
    assert sentence.startswith("Nobody has acknowledged it for 8 hours. Batch overdue: ")


def test_who_acknowledges_hears_no_more_and_who_was_asked_instead_hears_that(
    store: Store, incident: int
):
    live(store, 9)
    acting.acknowledge(store, incident, who="Ann", now=NOW + 9 * HOUR)
    live(store, 24, since=NOW + 9 * HOUR)
    assert told(store, "boss") == ["escalated", "acknowledged"]
    assert told(store, "team") == ["opened", "reminded", "acknowledged"]


def test_a_snooze_is_silent_ends_by_itself_and_reminders_begin_anew(store: Store, incident: int):
    acting.snooze(store, incident, until=NOW + 20 * HOUR, who="Ann", now=NOW + HOUR)
    live(store, 28)
    assert story(store, incident) == [
        ("opened", 0), ("snoozed", 1), ("woken", 20), ("reminded", 26), ("escalated", 28),
    ]  # fmt: skip
    assert reads.incidents(store, id=incident)["state"].iloc[0] == "open"


def test_what_a_snoozed_incident_ends_with_is_told_at_once(store: Store, incident: int, give: Give):
    acting.snooze(store, incident, until=NOW + 99 * HOUR, who="Ann", now=NOW + HOUR)
    for week in (2, 3, 4):
        give(loans(week=week), f"{week}.csv")
    live(store, 3)
    assert told(store, "team") == ["opened", "resolved"]
    live(store, 120)
    assert told(store, "team") == ["opened", "resolved"]


def test_nobody_is_reminded_of_what_has_not_reached_them(store: Store, incident: int):
    """A channel that is away gets one reminder when it is back, not one for every interval."""
    for hour in range(1, 40):
        watch(store, now=NOW + hour * HOUR)
        remind(store, now=NOW + hour * HOUR)
    assert [kind for kind, _ in story(store, incident)] == ["opened", "reminded", "escalated"]


def test_of_many_workers_one_reminds(store: Store, incident: int):
    with ThreadPoolExecutor(8) as workers:
        done = list(workers.map(lambda _: remind(store, now=NOW + 7 * HOUR), range(8)))
    assert sorted(done) == [0] * 7 + [1]
    assert [kind for kind, _ in story(store, incident)] == ["opened", "reminded"]


def test_a_rule_that_is_off_or_has_no_interval_reminds_nobody(store: Store, incident: int):
    rule = int(reads.rules(store, "loans").set_index("metric").loc["batch_overdue", "id"])
    for changes in ({"telling": {}}, {"telling": TELLING, "enabled": 0}):
        rules.save(store, rule, changes, who="test", now=NOW)
        assert remind(store, now=NOW + 99 * HOUR) == 0


@given(
    st.sampled_from(IncidentState),
    st.integers(0, 99),
    st.integers(0, 99),
    st.booleans(),
    st.sampled_from([None, 5.0, 50.0]),
)
def test_only_what_nobody_is_on_is_told_again(state, hours, snooze, escalated, every):
    telling = Telling(remind_hours=every, escalate_hours=every, escalate_to="boss")
    over = NOW + snooze * HOUR if state is IncidentState.SNOOZED else None
    it = Waiting(state, telling, NOW, NOW, over, NOW if escalated else None)
    events = due(it, NOW + hours * HOUR)
    if state is IncidentState.OPEN:
        past = every is not None and hours >= every
        assert events == [Event.ESCALATED] * (past and not escalated) + [Event.REMINDED] * past
    else:
        awake = state is IncidentState.SNOOZED and hours >= snooze
        assert events == [Event.WOKEN] * awake
