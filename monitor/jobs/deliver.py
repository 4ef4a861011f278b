"""Taking messages from the outbox to their channels; a refused one waits and is tried again."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

from monitor.alerts.backoff import next_delay
from monitor.alerts.channels import Channel, send
from monitor.alerts.incidents import Change, Event
from monitor.alerts.message import Message
from monitor.alerts.messages import compose
from monitor.alerts.suspects import is_evidence, suspected
from monitor.errors import DeliveryError
from monitor.jobs.facts import change_from_facts, measurement_from_facts
from monitor.store import outbox, rows
from monitor.store.engine import Connection, Store

HISTORY = 30  # points in a message's picture


def deliver_all(store: Store, *, clock: Callable[[], datetime]) -> int:
    """Sends what is due, one after the other; returns how many were taken."""
    sent = 0
    while (delivery := outbox.claim_delivery(store, now=clock())) is not None:
        sent += _deliver(store, delivery, clock)
    return sent


def _deliver(store: Store, delivery: outbox.Delivery, clock: Callable[[], datetime]) -> int:
    try:
        with store.read() as connection:
            channel = _channel(connection, delivery.channel_id)
            message = message_of(connection, delivery, base_url=store.settings.base_url)
        key = f"{delivery.incident_id}.{delivery.event_id}.{delivery.channel_id}"
        warning = send(channel, message, key=key, environ=os.environ, now=clock())
    except DeliveryError as error:
        wait = next_delay(delivery.attempt, retry_after=error.retry_after)
        outbox.mark_refused(store, delivery, str(error), wait_seconds=wait, now=clock())
        return 0
    except Exception as error:  # one bad message must not stop the others
        wait = next_delay(delivery.attempt)
        outbox.mark_refused(store, delivery, _said(error), wait_seconds=wait, now=clock())
        return 0
    outbox.mark_sent(store, delivery, warning=warning, now=clock())
    return 1


def _said(error: Exception) -> str:
    return f"The message could not be made or sent ({type(error).__name__}: {error})."


def _channel(connection: Connection, channel_id: int) -> Channel:
    row = rows.channel(connection, channel_id)
    return Channel(row.name, row.kind, row.config)


def message_of(connection: Connection, delivery: outbox.Delivery, *, base_url: str) -> Message:
    """The message about one event, with the metric's course and suspected causes."""
    event = rows.event(connection, delivery.event_id)
    change = change_from_facts(event.facts["change"])
    return compose(
        change,
        model=event.name,
        version=event.facts["version"],
        owner=event.owner,
        base_url=base_url,
        history=rows.course(
            connection,
            event.id,
            change.measurement.key,
            until=change.batch.starts_at,
            points=HISTORY,
        ),
        suspects=_suspects(connection, event.id, change),
    )


def _suspects(connection: Connection, model_id: int, change: Change) -> str:
    """The causes in words; nothing where no batch speaks, or where the trouble is over."""
    if change.batch.id is None or change.event is Event.RESOLVED:
        return ""
    stored = rows.measurements(connection, model_id, change.batch.id)
    batch = [measurement_from_facts(row._mapping) for row in stored if is_evidence(row.metric)]
    return suspected(change.measurement, batch, rows.importance(connection, model_id))
