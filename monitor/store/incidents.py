"""Incidents as stored, and the lines of their stories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from monitor.errors import NotFound
from monitor.store import tables as t
from monitor.store.writes import hold_model
from monitor.terms import IncidentState


def still_open(connection: Connection, model_id: int) -> list[Any]:
    """All of the model that are not resolved."""
    return list(connection.execute(_OPEN, {"model": model_id}))


def ended(connection: Connection, model_id: int) -> list[Any]:
    """The newest resolved one of each rule and subject of the model that has none open."""
    return list(connection.execute(_ENDED, {"model": model_id}))


_MINE: Final = (
    select(t.incidents)
    .where(t.incidents.c.model_id == bindparam("model"))
    .order_by(t.incidents.c.id)
)
_OPEN: Final = _MINE.where(t.incidents.c.state != IncidentState.RESOLVED)


def _newest_ended() -> Select[Any]:
    i, other = t.incidents.c, t.incidents.alias("other").c
    same = (other.rule_id == i.rule_id, other.subject == i.subject)
    going_on = select(other.id).where(*same, other.state != IncidentState.RESOLVED).exists()
    newest = select(func.max(other.id)).where(*same).scalar_subquery()
    return _MINE.where(i.id == newest, ~going_on)


_ENDED: Final = _newest_ended()


def hold(connection: Connection, incident_id: int) -> Any:
    """The incident, whose model nobody else concludes about until the transaction ends."""
    i = t.incidents.c
    model_id = connection.scalar(select(i.model_id).where(i.id == incident_id))
    if model_id is None:
        raise NotFound("incident", str(incident_id))
    hold_model(connection, model_id)
    return connection.execute(select(t.incidents).where(i.id == incident_id)).one()


def waiting(connection: Connection, incident_id: int | None = None) -> list[Any]:
    """Those that time may do something to: open or snoozed, of rules that are on; with the rule's
    ``telling``, and in ``begun_at`` when it was last opened or woke (None where no event says
    so)."""
    i, e = t.incidents.c, t.incident_events.c
    begun = (
        select(func.max(e.at))
        .where(e.incident_id == i.id, e.kind.in_(("opened", "reopened", "woken")))
        .scalar_subquery()
    )
    query = (
        select(t.incidents, t.rules.c.telling, begun.label("begun_at"))
        .join(t.rules, t.rules.c.id == i.rule_id)
        .where(i.state.in_((IncidentState.OPEN, IncidentState.SNOOZED)), t.rules.c.enabled == 1)
        .order_by(i.id)
    )
    mine = query if incident_id is None else query.where(i.id == incident_id)
    return list(connection.execute(mine))


def in_its_place(connection: Connection, rule_id: int, subject: str) -> int | None:
    """The id of the open incident about this, of which there is at most one."""
    i = t.incidents.c
    mine = select(i.id).where(i.rule_id == rule_id, i.subject == subject)
    found: int | None = connection.scalar(mine.where(i.state != IncidentState.RESOLVED))
    return found


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """The new incident's id; there may be one open per rule and subject."""
    row = insert(t.incidents).values(**values).returning(t.incidents.c.id)
    added: int = connection.execute(row).scalar_one()
    return added


def change(connection: Connection, incident_id: int, values: Mapping[str, Any]) -> None:
    """Writes these columns of an incident."""
    connection.execute(update(t.incidents).where(t.incidents.c.id == incident_id).values(**values))


def add_event(
    connection: Connection,
    incident_id: int,
    *,
    kind: str,
    sentence: str,
    facts: Mapping[str, Any],
    now: datetime,
    who: str = "",
) -> int:
    """The id of the new line in an incident's story; ``who`` is "" where nobody did it."""
    values = {"kind": kind, "sentence": sentence, "who": who, "at": now, "facts": dict(facts)}
    row = insert(t.incident_events).values(incident_id=incident_id, **values)
    added: int = connection.execute(row.returning(t.incident_events.c.id)).scalar_one()
    return added
