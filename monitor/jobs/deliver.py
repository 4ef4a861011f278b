"""Taking messages from the outbox to their channels; a refused one waits and is tried again."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.alerts.backoff import next_delay
from monitor.alerts.channels import Channel, Envelope, send
from monitor.alerts.references import Secrets
from monitor.errors import DeliveryError
from monitor.jobs.quiet import hold_back
from monitor.jobs.tell import message_of
from monitor.store import rows, sending
from monitor.store.engine import Connection, Store


def deliver_all(store: Store, *, clock: Callable[[], datetime]) -> int:
    """Sends what is due, one after the other; returns how many messages were taken."""
    sent = 0
    while (delivery := sending.claim_delivery(store, now=clock())) is not None:
        sent += _deliver(store, delivery, clock)
    return sent


def _deliver(store: Store, delivery: sending.Delivery, clock: Callable[[], datetime]) -> int:
    try:
        delivery = hold_back(store, delivery, now=clock())
        if not delivery.news:
            return 0
        with store.read() as connection:
            channel = _channel(connection, delivery.channel_id)
            message = message_of(connection, delivery.news, base_url=store.settings.base_url)
            envelope = _envelope(store, connection, delivery, now=clock())
        taken = send(channel, message, envelope)
    except DeliveryError as error:
        _refused(store, delivery, error, now=clock())
        return 0
    except Exception as error:  # one bad message must not stop the others
        said = f"The message could not be made or sent ({type(error).__name__}: {error})."
        _refused(store, delivery, DeliveryError(said), now=clock())
        return 0
    sending.mark_sent(store, delivery, answer=taken.answer, warning=taken.warning, now=clock())
    return 1


def _refused(
    store: Store, delivery: sending.Delivery, error: DeliveryError, *, now: datetime
) -> None:
    """Where another message would not have been taken either, all of the channel wait."""
    wait = timedelta(seconds=next_delay(delivery.attempt, retry_after=error.retry_after))
    if error.away:
        sending.hold_channel(store, delivery, until=now + wait)
    sending.mark_refused(store, delivery, str(error), due_at=now + wait, now=now)


def _channel(connection: Connection, channel_id: int) -> Channel:
    row = rows.channel(connection, channel_id)
    return Channel(row.name, row.kind, row.config)


def _envelope(
    store: Store, connection: Connection, delivery: sending.Delivery, *, now: datetime
) -> Envelope:
    """Its keys name the installation too: two of them may write to one mailbox."""
    place = f"{store.settings.base_url} {delivery.channel_id}"
    return Envelope(
        key=f"{place} {delivery.key}",
        environ=Secrets(os.environ, store.settings.secrets),
        now=now,
        thread=[f"{place} {key}" for key in sending.threads(connection, delivery)],
    )
