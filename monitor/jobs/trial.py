"""*Send test*: one message through one channel, now."""

from __future__ import annotations

import os

from monitor.alerts.channels import Channel, send_test
from monitor.clock import utc_now
from monitor.errors import NotFound
from monitor.store import reads
from monitor.store.engine import Store


def send_trial(store: Store, name: str) -> str:
    """One sentence on success; DeliveryError says why it was not taken."""
    channels = reads.channels(store)
    found = channels[channels["name"] == name]
    if found.empty:
        raise NotFound("channel", name, tuple(channels["name"]))
    row = found.iloc[0]
    channel = Channel(name, row["kind"], row["config"])
    warning = send_test(
        channel, base_url=store.settings.base_url, environ=os.environ, now=utc_now()
    )
    return f"The channel {name} took a test message.{' ' + warning if warning else ''}"
