"""*Send test*: one message through one channel, now."""

from __future__ import annotations

import os

from sqlalchemy import select

from monitor.alerts.channels import Channel, send_test
from monitor.clock import utc_now
from monitor.errors import NotFound
from monitor.store import tables as t
from monitor.store.engine import Store


def send_trial(store: Store, name: str) -> str:
    """One sentence on success; DeliveryError says why it was not taken."""
    with store.read() as connection:
        rows = connection.execute(select(t.channels).order_by(t.channels.c.name)).all()
    row = next((row for row in rows if row.name == name), None)
    if row is None:
        raise NotFound("channel", name, tuple(row.name for row in rows))
    channel = Channel(row.name, row.kind, row.config)
    warning = send_test(
        channel, base_url=store.settings.base_url, environ=os.environ, now=utc_now()
    )
    return f"The channel {name} took a test message.{' ' + warning if warning else ''}"
