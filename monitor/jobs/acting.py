"""What people do to incidents, each with who and when: written, audited, told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitor.alerts.states import Act, Action, Move, act
from monitor.errors import StoreError
from monitor.jobs import story
from monitor.jobs.standing import columns_of, standing_of
from monitor.store import incidents, outbox
from monitor.store.engine import Connection, Store
from monitor.store.writes import audit

# After these, evidence over many batches begins anew: somebody has dealt with it.
_DEALT_WITH = (Action.ACKNOWLEDGE, Action.RESOLVE)


def acknowledge(store: Store, incident_id: int, *, who: str, now: datetime, note: str = "") -> None:
    """Says that somebody is on it; the incident goes on until it recovers or is resolved."""
    do(store, incident_id, Act(Action.ACKNOWLEDGE, who, now, note))


def assign(
    store: Store, incident_id: int, *, owner: str, who: str, now: datetime, note: str = ""
) -> None:
    """Gives the incident to somebody, or with "" to nobody; its state stays."""
    do(store, incident_id, Act(Action.ASSIGN, who, now, note, owner=owner))


def note(store: Store, incident_id: int, *, text: str, who: str, now: datetime) -> None:
    """Writes a line into the incident's story, also after its end."""
    do(store, incident_id, Act(Action.NOTE, who, now, text))


def snooze(
    store: Store, incident_id: int, *, until: datetime, who: str, now: datetime, note: str = ""
) -> None:
    """Silences it until an instant, or until it gets worse; it may recover meanwhile."""
    do(store, incident_id, Act(Action.SNOOZE, who, now, note, until=until))


def resolve(store: Store, incident_id: int, *, who: str, now: datetime, note: str = "") -> None:
    """Ends it by hand; a later batch that breaks the rule soon opens it again."""
    do(store, incident_id, Act(Action.RESOLVE, who, now, note))


def reopen(store: Store, incident_id: int, *, who: str, now: datetime, note: str = "") -> None:
    """Takes back that it is over."""
    do(store, incident_id, Act(Action.REOPEN, who, now, note))


def helpful(store: Store, incident_id: int, *, who: str, now: datetime, note: str = "") -> None:
    """Says that it was worth being told."""
    do(store, incident_id, Act(Action.HELPFUL, who, now, note))


def unhelpful(store: Store, incident_id: int, *, who: str, now: datetime, note: str = "") -> None:
    """Says that it was not; the rule is to blame, and who looks after rules counts these."""
    do(store, incident_id, Act(Action.UNHELPFUL, who, now, note))


def do(store: Store, incident_id: int, what: Act) -> None:
    """Writes the action and whom it tells of; StoreError where it makes no sense."""
    with store.write() as connection:
        row = incidents.hold(connection, incident_id)
        move = act(standing_of(row), what)
        if what.action is Action.REOPEN:
            _check_place(connection, row)
        _write(connection, row, move, what)
        said = f"incident {incident_id} {move.event}"
        audit(connection, who=what.who, what=said, now=what.now)


def _check_place(connection: Connection, row: Any) -> None:
    other = incidents.in_its_place(connection, row.rule_id, row.subject)
    if other is not None:
        raise StoreError(f"Incident {other} is open about the same; nothing was changed.")


def _write(connection: Connection, row: Any, move: Move, what: Act) -> None:
    """The incident's new standing, the line in its story and, where it tells, the message."""
    entry = story.Entry(move.event, move.sentence, what.now, move.tells, who=what.who)
    values = columns_of(move.standing) | ({"told_at": what.now} if move.tells else {})
    # Whence a sequence begins anew, also when the batch is deleted.
    stood_on = {"batch": row.facts["change"]["batch"]} if what.action in _DEALT_WITH else {}
    event_id = story.write(connection, row, entry, values=values, beside=stood_on)
    if move.tells:
        told = outbox.heard(connection, row.id)
        outbox.post(connection, incident_id=row.id, event_id=event_id, now=what.now, channels=told)
