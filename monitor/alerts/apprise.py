"""A message through apprise, which speaks to more than a hundred services; an extra to install."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from monitor.alerts.message import Message, Taken
from monitor.alerts.references import redact
from monitor.errors import DeliveryError

_SAID = 200  # characters of its log that are kept


def post(message: Message, url: str, *, timeout: float) -> Taken:
    """Hand the message over; DeliveryError, without the address, says why it was not.

    apprise says only whether the service took it, and logs why not.
    """
    apprise = _installed()
    with _quiet(), apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:
        service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Fairwatch", async_mode=False))
        if not service.add(_patient(url, timeout)):
            raise DeliveryError(
                "apprise does not know the address: it begins with the name of a service, as in "
                "https://github.com/caronc/apprise.",
                away=True,
            )
        taken = bool(service.notify(body=message.text, title=message.subject, body_format="text"))
        said = log.getvalue()
    if not taken:
        parts = (part for part in url.replace("?", "/").split("/") if len(part) >= 6)
        why = redact(said, url, *parts)[:_SAID] or "it says no more"
        raise DeliveryError(f"apprise could not deliver the message ({why}).")
    return Taken(f"taken by {', '.join(one.service_name for one in service)}")


def _installed() -> ModuleType:
    try:
        import apprise
    except ImportError:
        raise DeliveryError(
            "apprise is not installed where the worker runs: install fairwatch[apprise].",
            away=True,
        ) from None
    found: ModuleType = apprise
    return found


def _patient(url: str, timeout: float) -> str:
    """The address with our time-outs, for connecting and for each answer."""
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}cto={timeout}&rto={timeout}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing of what it or its HTTP library logs reaches ours: both tell the address, a secret."""
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3")]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagates in zip(loggers, before, strict=True):
            logger.propagate = propagates
