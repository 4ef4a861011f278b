"""Taking messages from the outbox to their channels; a refused one waits and is tried again."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from monitor.alerts.backoff import next_delay
from monitor.alerts.channels import Channel, send
from monitor.alerts.message import Message
from monitor.alerts.messages import compose
from monitor.errors import DeliveryError
from monitor.jobs.facts import change_from_facts
from monitor.measures.measurement import Measurement
from monitor.store import outbox
from monitor.store import tables as t
from monitor.store.engine import Store

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
    row = connection.execute(select(t.channels).where(t.channels.c.id == channel_id)).one()
    return Channel(row.name, row.kind, row.config)


def message_of(connection: Connection, delivery: outbox.Delivery, *, base_url: str) -> Message:
    """The message about one event, with the metric's course and what changed most."""
    event = connection.execute(
        select(t.incident_events.c.facts, t.models.c.name, t.models.c.owner, t.models.c.id)
        .join(t.incidents, t.incidents.c.id == t.incident_events.c.incident_id)
        .join(t.models, t.models.c.id == t.incidents.c.model_id)
        .where(t.incident_events.c.id == delivery.event_id)
    ).one()
    change = change_from_facts(event.facts["change"])
    return compose(
        change,
        model=event.name,
        version=event.facts["version"],
        owner=event.owner,
        base_url=base_url,
        history=_history(connection, event.id, change.measurement, change.batch.starts_at),
        suspects=_suspects(connection, event.id, change.batch.id),
    )


def _history(
    connection: Connection, model_id: int, m: Measurement, until: datetime
) -> list[tuple[datetime, float | None]]:
    rows = connection.execute(
        _measured(model_id)
        .where(
            t.series.c.metric == m.metric,
            t.series.c.feature == m.feature,
            t.series.c.attribute == m.attribute,
            t.series.c.group == m.group,
            t.batches.c.starts_at <= until,
        )
        .order_by(t.batches.c.starts_at.desc())
        .limit(HISTORY)
    ).all()
    return [(row.ends_at, row.value) for row in reversed(rows)]


def _suspects(
    connection: Connection, model_id: int, batch_id: int | None
) -> list[tuple[str, float | None]]:
    """The three features whose distribution moved most; none where no batch speaks."""
    if batch_id is None:
        return []
    rows = connection.execute(
        _measured(model_id)
        .where(
            t.series.c.metric == "psi",
            t.batches.c.id == batch_id,
            t.series.c.feature.not_in(["prediction", "score", "target"]),
            t.measurements.c.value.is_not(None),
        )
        .order_by(t.measurements.c.value.desc())
        .limit(3)
    )
    return [(row.feature, row.value) for row in rows]


def _measured(model_id: int) -> Any:
    return (
        select(t.batches.c.ends_at, t.measurements.c.value, t.series.c.feature)
        .join_from(t.measurements, t.series, t.measurements.c.series_id == t.series.c.id)
        .join(t.versions, t.versions.c.id == t.series.c.version_id)
        .join(t.batches, t.batches.c.id == t.measurements.c.batch_id)
        .where(t.versions.c.model_id == model_id, t.versions.c.stage == "champion")
    )
