"""What of a message nobody is to hear yet: a pause covers the hour."""

from __future__ import annotations

from datetime import datetime

from monitor.alerts.pauses import Pause, quiet_until
from monitor.store import pauses, rows, sending
from monitor.store.engine import Connection, Store
from monitor.terms import Severity


def hold_back(store: Store, delivery: sending.Delivery, *, now: datetime) -> sending.Delivery:
    """Puts back what waits for the end of a pause; what is left of the message.

    A message that was tried before may have arrived: it waits only where all of it does.
    """
    with store.read() as connection:
        ends = {one: _end(connection, one, now) for one in delivery.news}
    if delivery.attempt > 1 and None in ends.values():
        return delivery
    for end in {end for end in ends.values() if end is not None}:
        held = [one for one in delivery.news if ends[one] == end]
        delivery = sending.hold(store, delivery, held, until=end)
    return delivery


def _end(connection: Connection, news: sending.News, now: datetime) -> datetime | None:
    incident = rows.incident(connection, news.incident_id)
    known = [Pause.from_row(row) for row in pauses.of_model(connection, incident.model_id)]
    return quiet_until(
        known,
        now,
        model_id=incident.model_id,
        rule_id=incident.rule_id,
        severity=Severity(incident.severity),
    )
