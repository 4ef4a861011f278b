"""Where messages go: what a channel's configuration must say, and sending through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from monitor.alerts import mail, slack, smtp
from monitor.alerts.message import Message
from monitor.alerts.messages import trial_message
from monitor.alerts.references import is_reference, resolve
from monitor.errors import DeliveryError

KEYS: dict[str, tuple[str, ...]] = {
    "email": (
        "host",
        "port",
        "security",
        "username",
        "password",
        "from",
        "to",
        "ca_file",
        "allow_plain",
    ),
    "slack": ("url",),
    "folder": ("path", "from", "to"),
}
_FOLDER_SENDER = "fairwatch@localhost"


@dataclass(frozen=True, slots=True)
class Channel:
    """One row of the table ``channels``; secrets in ``config`` stand as ``${NAME}``."""

    name: str
    kind: str
    config: Mapping[str, Any] = field(repr=False)


def send(
    channel: Channel,
    message: Message,
    *,
    key: str,
    environ: Mapping[str, str],
    now: datetime,
    timeout: float = 10.0,
) -> str:
    """Hand the message over; DeliveryError, without secrets, says why it was not.

    ``key`` names the delivery and is the same at every attempt.  ``timeout`` is for each step of
    the conversation.  The answer is empty, or names receivers refused while others were served:
    it must not be tried again, or those would get it twice.
    """
    validate_config(channel.kind, channel.config)
    return _SENDERS[channel.kind](channel.config, message, key, environ, now, timeout)


def send_test(
    channel: Channel,
    *,
    base_url: str,
    environ: Mapping[str, str],
    now: datetime,
    timeout: float = 10.0,
) -> str:
    """Send one message that says it is a test; answers and errors as ``send``."""
    message = trial_message(channel.name, base_url=base_url)
    key = f"test {channel.name} {now.isoformat()}"
    return send(channel, message, key=key, environ=environ, now=now, timeout=timeout)


def validate_config(kind: str, config: Mapping[str, Any]) -> None:
    """DeliveryError with one sentence where the configuration cannot work or holds a secret."""
    if kind not in KEYS:
        raise DeliveryError(f"There is no channel kind {kind!r}; there is {', '.join(KEYS)}.")
    for key in config:
        if key not in KEYS[kind]:
            raise DeliveryError(_unknown(kind, key))
    _CHECKS[kind](config)


def _unknown(kind: str, key: str) -> str:
    near = get_close_matches(key, KEYS[kind], n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"it knows {', '.join(KEYS[kind])}."
    return f"A channel of kind {kind} has no setting {key!r}; {hint}"


def _check_email(config: Mapping[str, Any]) -> None:
    host, security = _text(config, "host"), config.get("security", "starttls")
    if security not in smtp.PORTS:
        raise DeliveryError(f"security is one of {', '.join(smtp.PORTS)}, not {security!r}.")
    if security == "plain" and not (smtp.is_loopback(host) or config.get("allow_plain") is True):
        raise DeliveryError(
            f"E-mail to {host} would travel unencrypted; use starttls or ssl, or say allow_plain."
        )
    port = config.get("port") or smtp.PORTS[security]
    if isinstance(port, bool) or not str(port).isdecimal() or not 0 < int(port) < 65536:
        raise DeliveryError(f"port is a number from 1 to 65535, not {port!r}.")
    _check_login(config)
    _check_addresses(config, sender=_text(config, "from"), to=config.get("to", ""))


def _check_login(config: Mapping[str, Any]) -> None:
    username, password = config.get("username", ""), config.get("password", "")
    if bool(username) != bool(password):
        raise DeliveryError("A login needs both username and password; leave out both, or neither.")
    if password and not is_reference(str(password)):
        raise DeliveryError(
            "A password is never stored: put it into an environment variable where the worker "
            "runs, and write its name here as ${NAME}."
        )


def _check_addresses(config: Mapping[str, Any], *, sender: str, to: object) -> None:
    if not isinstance(to, str | Sequence) or not all(isinstance(part, str) for part in to):
        raise DeliveryError("to is an address, or several with commas between them.")
    receivers = mail.addresses(to)
    if not receivers:
        raise DeliveryError("to is missing: name at least one address.")
    for text in (sender, *receivers):
        try:
            mail.address(text)
        except ValueError:
            raise DeliveryError(f"{text!r} is not an e-mail address.") from None


def _check_slack(config: Mapping[str, Any]) -> None:
    url = _text(config, "url")
    if is_reference(url) or _is_local(url):
        return
    raise DeliveryError(
        "A Slack address is a secret and never stored: put it into an environment variable where "
        "the worker runs, and write its name here as ${NAME}."
    )


def _is_local(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and smtp.is_loopback(parts.hostname or "")
    except ValueError:
        return False


def _check_folder(config: Mapping[str, Any]) -> None:
    _text(config, "path")
    sender, to = config.get("from", _FOLDER_SENDER), config.get("to", _FOLDER_SENDER)
    _check_addresses(config, sender=sender, to=to)


def _text(config: Mapping[str, Any], key: str) -> str:
    value = config.get(key)
    if not isinstance(value, str) or not value.strip():
        raise DeliveryError(f"{key} is missing.")
    return value


def _send_email(
    config: Mapping[str, Any],
    message: Message,
    key: str,
    environ: Mapping[str, str],
    now: datetime,
    timeout: float,
) -> str:
    server = smtp.Server.of(config, environ)
    letter = mail.letter(
        message, sender=config["from"], to=mail.addresses(config["to"]), now=now, key=key
    )
    return smtp.deliver(letter, server, timeout=timeout)


def _send_slack(
    config: Mapping[str, Any],
    message: Message,
    key: str,
    environ: Mapping[str, str],
    now: datetime,
    timeout: float,
) -> str:
    url = resolve(config["url"], environ).strip()
    if not (url.startswith("https://") or _is_local(url)):
        raise DeliveryError("The Slack address does not begin with https://.")
    slack.post(message, url, timeout=timeout)
    return ""


def _send_folder(
    config: Mapping[str, Any],
    message: Message,
    key: str,
    environ: Mapping[str, str],
    now: datetime,
    timeout: float,
) -> str:
    sender, to = config.get("from", _FOLDER_SENDER), config.get("to", _FOLDER_SENDER)
    letter = mail.letter(message, sender=sender, to=mail.addresses(to), now=now, key=key)
    mail.put(letter, Path(config["path"]).expanduser())
    return ""


_Sender = Callable[[Mapping[str, Any], Message, str, Mapping[str, str], datetime, float], str]
_SENDERS: dict[str, _Sender] = {
    "email": _send_email,
    "slack": _send_slack,
    "folder": _send_folder,
}
_CHECKS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "email": _check_email,
    "slack": _check_slack,
    "folder": _check_folder,
}
