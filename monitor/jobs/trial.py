"""*Send test*: one message through one channel, now."""

from __future__ import annotations

import os

from monitor.alerts.channels import Channel, send_test
from monitor.alerts.references import Secrets
from monitor.clock import utc_now
from monitor.errors import NotFound
from monitor.store import reads
from monitor.store.channels import channel_is_back
from monitor.store.engine import Store


def send_trial(store: Store, name: str) -> str:
    """One sentence with what the receiver said; DeliveryError says why it was not taken.

    What has waited for the channel goes out now that it answers.
    """
    channels = reads.channels(store)
    found = channels[channels["name"] == name]
    if found.empty:
        raise NotFound("channel", name, tuple(channels["name"]))
    row = found.iloc[0]
    taken = send_test(
        Channel(name, row["kind"], row["config"]),
        base_url=store.settings.base_url,
        environ=Secrets(os.environ, store.settings.secrets),
        now=utc_now(),
    )
    channel_is_back(store, name, now=utc_now())
    said = f"The channel {name} took a test message; the answer was: {taken.answer}."
    return f"{said} {taken.warning}".strip()
