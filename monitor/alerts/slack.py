"""Slack's incoming webhook: one POST, and what its answers mean."""

from __future__ import annotations

import logging
import ssl
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.error import URLError

from monitor.alerts.message import Message, Taken
from monitor.alerts.references import redact
from monitor.alerts.waits import retry_after
from monitor.alerts.words import mrkdwn
from monitor.errors import DeliveryError

if TYPE_CHECKING:
    from slack_sdk.webhook import WebhookResponse


def post(message: Message, url: str, *, now: datetime, timeout: float) -> Taken:
    """Hand the message over; DeliveryError says why not, and never holds the address.

    The client tries once: the outbox is the only place that tries again.
    """
    from slack_sdk.webhook import WebhookClient  # here, for few send to Slack and all would wait

    client = WebhookClient(url, timeout=max(1, round(timeout)), logger=_silent(), retry_handlers=[])
    client.proxy = None  # the SDK's own look at the environment forgets NO_PROXY; urllib's does not
    try:
        answer = client.send(text=mrkdwn(message.subject), blocks=list(message.blocks))
    except Exception as error:  # the SDK passes on whatever urllib and http.client raise
        away = isinstance(error, URLError)  # before it had the message
        raise DeliveryError(f"Slack could not be reached ({_why(error)}).", away=away) from None
    if not 200 <= answer.status_code < 300:
        raise _refused(answer, url, now)
    return Taken(redact(f"{answer.status_code} {answer.body or ''}", url)[:200])


def _silent() -> logging.Logger:
    """A logger of nobody: the SDK would write the address, which is a secret, into the log."""
    return logging.Logger("slack", level=logging.CRITICAL + 1)


def _why(error: Exception) -> str:
    """The cause in our own words or the system's: any other text may hold part of the address."""
    reason = getattr(error, "reason", error)
    match reason:
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "connection refused"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not accepted: {reason.verify_message}"
        case OSError() if reason.strerror:
            return reason.strerror
    return type(reason).__name__


def _refused(answer: WebhookResponse, url: str, now: datetime) -> DeliveryError:
    said = redact(answer.body or "", url)[:200]
    match answer.status_code:
        case 429:
            named = {str(name).lower(): str(value) for name, value in answer.headers.items()}
            wait = retry_after(named.get("retry-after"), now=now)
            return DeliveryError(
                f"Slack asks to wait {wait:.0f} seconds before the next message.", retry_after=wait
            )
        case code if code >= 500:
            return DeliveryError(f"Slack has a fault of its own ({code} {said}).")
        case code:
            return DeliveryError(
                f"Slack refused the message ({code} {said}): check that the webhook still exists."
            )
