"""Batches, people and time do what they like to the incidents of a real store."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from monitor.alerts.incidents import Batch, reconcile
from monitor.alerts.judging import Judged
from monitor.alerts.rule import Rule, Telling
from monitor.alerts.states import Act, Action, allowed
from monitor.errors import StoreError
from monitor.jobs import acting
from monitor.jobs.conclude import rules_of
from monitor.jobs.incidents import apply, ended_incidents, open_incidents
from monitor.jobs.remind import remind
from monitor.measures.measurement import Measurement
from monitor.settings import Settings
from monitor.store import rules, writes
from monitor.store import tables as t
from monitor.store.engine import Store, open_store
from monitor.terms import IncidentState, Role, Severity, Verdict

START = datetime(2026, 6, 1, tzinfo=UTC)
WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
TELLING = Telling(remind_hours=6, escalate_hours=9, escalate_to="boss", relapse_days=7)
WATCHED = (
    Rule("accuracy", low=0.8, severity=Severity.WARNING, telling=TELLING),
    Rule("missing_rate", high=0.05, feature="*", telling=TELLING),
)
NAMES = count()
MOVES = {
    "opened": IncidentState.OPEN,
    "reopened": IncidentState.OPEN,
    "acknowledged": IncidentState.ACKNOWLEDGED,
    "snoozed": IncidentState.SNOOZED,
    "resolved": IncidentState.RESOLVED,
}


class Incidents(RuleBasedStateMachine):
    """One model, its two rules, and two channels."""

    store: ClassVar[Store]

    def __init__(self) -> None:
        super().__init__()
        self.now, self.newest, self.lines = START, 0, Counter[int]()
        values = {"name": f"m{next(NAMES)}", "task": "binary", "cadence": "week"}
        with self.store.write() as connection:
            self.model = writes.add_model(connection, values, now=START)
            made = [one.to_row() for one in WATCHED]
            rules.add(connection, self.model, made, who="test", now=START)

    @rule(
        verdicts=st.lists(st.sampled_from(Verdict), min_size=3, max_size=3),
        value=st.integers(1, 9),
        severity=st.sampled_from(Severity),
        back=st.integers(0, 2),
    )
    def a_batch_comes_or_speaks_again(self, verdicts, value, severity, back):
        """Of this week, of the next, or late; of a week that was there before it is a revision."""
        week = max(0, self.newest + 1 - back)
        self.newest = max(self.newest, week)
        with self.store.write() as connection:
            batch = self._batch(connection, week)
            accuracy, missing = rules_of(connection, self.model)
            judged = [
                Judged(_accuracy(verdicts[0], value), accuracy, _of(verdicts[0], severity)),
                Judged(_missing("age", verdicts[1]), missing, _of(verdicts[1], severity)),
                Judged(_missing("job", verdicts[2]), missing, _of(verdicts[2], severity)),
            ]
            scene = {"rules": [accuracy, missing], "batch": batch, "now": self.now}
            changes = reconcile(
                judged,
                open_incidents(connection, self.model),
                newest=week == self.newest,
                ended=ended_incidents(connection, self.model),
                **scene,
            )
            apply(connection, self.model, 1, changes, now=self.now)
            again = reconcile(
                judged,
                open_incidents(connection, self.model),
                newest=week == self.newest,
                ended=ended_incidents(connection, self.model),
                **scene,
            )
        assert again == []
        assert len({(one.rule_id, one.subject) for one in changes}) == len(changes)

    def _batch(self, connection, week: int) -> Batch:
        known = select(t.batches.c.id).where(
            t.batches.c.model_id == self.model, t.batches.c.name == str(week)
        )
        starts_at = START + week * WEEK
        batch = connection.scalar(known) or writes.add_batch(
            connection,
            {
                "model_id": self.model, "name": str(week), "role": Role.RECORDS,
                "sha256": str(week), "file_sha256": "", "file_name": "", "source": "test",
                "starts_at": starts_at, "ends_at": starts_at + WEEK, "rows": 900,
                "size_bytes": 1, "notes": {}, "received_at": START,
            },
        )  # fmt: skip
        return Batch(batch, str(week), starts_at, starts_at + WEEK, 900, 900)

    @precondition(lambda self: self.rows())
    @rule(
        which=st.integers(0, 99),
        action=st.sampled_from([one for one in Action if one is not Action.WAKE]),
        hours=st.integers(1, 40),
    )
    def somebody_does_something(self, which, action, hours):
        rows = self.rows()
        row = rows[which % len(rows)]
        others = [
            one
            for one in rows
            if (one.rule_id, one.subject) == (row.rule_id, row.subject) and one.id != row.id
        ]
        taken = action is Action.REOPEN and any(one.state != "resolved" for one in others)
        may = action in allowed(IncidentState(row.state)) and not taken
        what = Act(action, "Ann", self.now, "seen", owner="Ben", until=self.now + hours * HOUR)
        try:
            acting.do(self.store, row.id, what)
        except StoreError:
            assert not may
            assert self.rows() == rows
        else:
            assert may

    @rule(hours=st.integers(1, 30), sent=st.booleans())
    def time_passes(self, hours, sent):
        self.now += hours * HOUR
        if sent:
            with self.store.write() as connection:
                connection.execute(update(t.outbox).values(status="sent", sent_at=self.now))
        remind(self.store, now=self.now)
        assert remind(self.store, now=self.now) == 0

    def rows(self) -> list:
        with self.store.read() as connection:
            mine = select(t.incidents).where(t.incidents.c.model_id == self.model)
            return list(connection.execute(mine.order_by(t.incidents.c.id)))

    def story(self, incident: int) -> list:
        with self.store.read() as connection:
            mine = select(t.incident_events).where(t.incident_events.c.incident_id == incident)
            return list(connection.execute(mine.order_by(t.incident_events.c.id)))

    @invariant()
    def one_is_open_per_rule_and_subject(self):
        going_on = Counter((r.rule_id, r.subject) for r in self.rows() if r.state != "resolved")
        assert all(number == 1 for number in going_on.values())

    @invariant()
    def instants_are_there_exactly_in_their_states(self):
        for row in self.rows():
            assert (row.resolved_at is not None) == (row.state == "resolved")
            assert (row.snoozed_until is not None) == (row.state == "snoozed")
            assert row.snoozed_until is None or row.snoozed_until > self.now - 40 * HOUR

    @invariant()
    def no_line_of_a_story_is_lost_and_they_are_in_order(self):
        for row in self.rows():
            story = self.story(row.id)
            assert len(story) >= self.lines[row.id]
            self.lines[row.id] = len(story)
            assert story[0].kind == "opened"
            assert [e.at for e in story] == sorted(e.at for e in story)

    @invariant()
    def a_story_ends_where_the_incident_stands(self):
        for row in self.rows():
            kinds = [e.kind for e in self.story(row.id)]
            assert kinds.count("reopened") == row.reopened
            # What wakes it leaves it open, or with whoever has acknowledged it.
            moved = [kind for kind in kinds if kind in MOVES or kind in ("woken", "worsened")]
            if moved[-1] in MOVES:
                assert row.state == MOVES[moved[-1]]
            else:
                assert row.state in ("open", "acknowledged")

    @invariant()
    def what_is_told_is_an_event_of_its_incident(self):
        o, e = t.outbox.c, t.incident_events.c
        query = (
            select(o.incident_id, e.incident_id.label("of"), e.kind)
            .join(t.incident_events, e.id == o.event_id)
            .join(t.incidents, t.incidents.c.id == o.incident_id)
            .where(t.incidents.c.model_id == self.model)
        )
        with self.store.read() as connection:
            told = list(connection.execute(query))
        assert all(row.incident_id == row.of for row in told)
        silent = {"continues", "snoozed", "assigned", "noted", "helpful", "unhelpful"}
        assert not {row.kind for row in told} & silent


def _of(verdict: Verdict, severity: Severity) -> Severity | None:
    return severity if verdict is Verdict.FAILING else None


def _accuracy(verdict: Verdict, value: int) -> Measurement:
    return Measurement("accuracy", value / 10, 900, limit_low=0.8, verdict=verdict)


def _missing(feature: str, verdict: Verdict) -> Measurement:
    return Measurement("missing_rate", 0.2, 900, feature=feature, limit_high=0.05, verdict=verdict)


@pytest.fixture
def opened(tmp_path: Path):
    store = open_store(Settings(home=tmp_path, database_url=""))
    for name in ("team", "boss"):
        where = {"path": str(tmp_path / name), "to": "a@example.org"}
        writes.save_channel(store, name=name, kind="folder", config=where, who="test", now=START)
    yield store
    store.close()


def test_whatever_happens_incidents_keep_their_word(opened: Store):
    machine = type("Mine", (Incidents,), {"store": opened})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
