"""Incidents and their events written by hand, where a test is about the telling alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select

from monitor.alerts.incidents import Batch, Change, Event
from monitor.clock import utc_now
from monitor.jobs.facts import change_to_facts
from monitor.measures.measurement import Measurement
from monitor.store import outbox
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import Severity, Verdict

START = datetime(2026, 9, 7, tzinfo=UTC)


def open_incident(store: Store) -> int:
    """One about the next rule of the model that has none."""
    with store.write() as connection:
        taken = select(t.incidents.c.rule_id)
        rule = connection.execute(
            select(t.rules.c.id, t.rules.c.model_id).where(t.rules.c.id.not_in(taken)).limit(1)
        ).one()
        row = insert(t.incidents).values(
            model_id=rule.model_id,
            rule_id=rule.id,
            state="open",
            severity="warning",
            facts={},
            sentence="",
            opened_at=START,
            since_at=START,
        )
        made: int = connection.execute(row.returning(t.incidents.c.id)).scalar_one()
    return made


def happen(
    store: Store,
    incident: int,
    event: Event = Event.OPENED,
    *,
    value: float = 0.7,
    batch: int = 1,
    severity: Severity = Severity.WARNING,
    together: str | None = None,
    channels: list[str] | None = None,
    now: datetime | None = None,
) -> int:
    """An event that is to be told with others of its batch; its id."""
    now = now or utc_now()
    starts_at = START + timedelta(weeks=batch)
    verdict = Verdict.HEALTHY if event == "resolved" else Verdict.FAILING
    change = Change(
        event=event,
        rule_id=1,
        subject="",
        severity=severity,
        measurement=Measurement("accuracy", value, 900, limit_low=0.8, verdict=verdict),
        batch=Batch(None, f"week {batch}", starts_at, starts_at + timedelta(weeks=1)),
        since_at=starts_at,
        at=now,
        sentence=f"Accuracy: {value}.",
        sends=True,
        incident_id=incident,
    )
    facts = {"version": 1, "change": change_to_facts(change)}
    with store.write() as connection:
        row = insert(t.incident_events).values(
            incident_id=incident, kind=event, sentence="", at=now, facts=facts
        )
        made: int = connection.execute(row.returning(t.incident_events.c.id)).scalar_one()
        outbox.post(
            connection,
            incident_id=incident,
            event_id=made,
            now=now,
            together=f"batch {batch}" if together is None else together,
            channels=channels,
        )
    return made


def messages(store: Store) -> int:
    """How many messages there are, each through one channel."""
    o = t.outbox.c
    with store.read() as connection:
        keys = select(o.channel_id, o.key).distinct().subquery()
        found: int = connection.execute(select(func.count()).select_from(keys)).scalar_one()
    return found
