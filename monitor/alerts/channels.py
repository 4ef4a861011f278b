"""Where messages go: sending through a channel, and trying one out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from monitor.alerts import apprise, mail, slack, smtp, webhook
from monitor.alerts.channel_checks import FOLDER_SENDER, KEYS, is_local, validate_config
from monitor.alerts.message import Message, Taken
from monitor.alerts.messages import trial_message
from monitor.alerts.references import resolve
from monitor.errors import DeliveryError

__all__ = ["KEYS", "Channel", "Envelope", "send", "send_test", "validate_config"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One row of the table ``channels``; secrets in ``config`` stand as ``${NAME}``."""

    name: str
    kind: str
    config: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around a message.

    ``key`` names the delivery and is the same at every attempt; ``thread`` are the keys of the
    messages it goes on from.  ``timeout`` is in seconds, for each step of the conversation.
    """

    key: str
    environ: Mapping[str, str] = field(repr=False)
    now: datetime
    thread: Sequence[str] = ()
    timeout: float = 10.0


def send(channel: Channel, message: Message, envelope: Envelope) -> Taken:
    """Hand the message over; DeliveryError, without secrets, says why it was not.

    What the receiver said comes back, and the names of receivers refused while others were served:
    the message must not be tried again, or those would get it twice.
    """
    validate_config(channel.kind, channel.config)
    return _SENDERS[channel.kind](channel.config, message, envelope)


def send_test(
    channel: Channel,
    *,
    base_url: str,
    environ: Mapping[str, str],
    now: datetime,
    timeout: float = 10.0,
) -> Taken:
    """Send one message that says it is a test; answers and errors as ``send``."""
    message = trial_message(channel.name, base_url=base_url)
    key = f"{base_url} test {channel.name} {now.isoformat()}"
    return send(channel, message, Envelope(key, environ, now, timeout=timeout))


def _send_email(config: Mapping[str, Any], message: Message, envelope: Envelope) -> Taken:
    server = smtp.Server.of(config, envelope.environ)
    letter = _letter(config["from"], config["to"], message, envelope)
    return smtp.deliver(letter, server, timeout=envelope.timeout)


def _send_slack(config: Mapping[str, Any], message: Message, envelope: Envelope) -> Taken:
    url = resolve(config["url"], envelope.environ).strip()
    if not (url.startswith("https://") or is_local(url)):
        raise DeliveryError("The Slack address does not begin with https://.")
    return slack.post(message, url, now=envelope.now, timeout=envelope.timeout)


def _send_webhook(config: Mapping[str, Any], message: Message, envelope: Envelope) -> Taken:
    receiver = webhook.Receiver.of(config, envelope.environ)
    return webhook.post(
        message, receiver, key=envelope.key, now=envelope.now, timeout=envelope.timeout
    )


def _send_apprise(config: Mapping[str, Any], message: Message, envelope: Envelope) -> Taken:
    url = resolve(config["url"], envelope.environ).strip()
    return apprise.post(message, url, timeout=envelope.timeout)


def _send_folder(config: Mapping[str, Any], message: Message, envelope: Envelope) -> Taken:
    sender, to = config.get("from", FOLDER_SENDER), config.get("to", FOLDER_SENDER)
    name = mail.put(_letter(sender, to, message, envelope), Path(config["path"]).expanduser())
    return Taken(f"written as {name}")


def _letter(
    sender: str, to: str | Sequence[str], message: Message, envelope: Envelope
) -> EmailMessage:
    return mail.letter(
        message,
        sender=sender,
        to=mail.addresses(to),
        now=envelope.now,
        key=envelope.key,
        thread=envelope.thread,
    )


_Sender = Callable[[Mapping[str, Any], Message, Envelope], Taken]
_SENDERS: dict[str, _Sender] = {
    "email": _send_email,
    "slack": _send_slack,
    "webhook": _send_webhook,
    "apprise": _send_apprise,
    "folder": _send_folder,
}
