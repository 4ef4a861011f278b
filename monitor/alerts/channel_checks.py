"""What a channel's configuration must say before anything is sent through it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from monitor.alerts import mail, smtp, webhook
from monitor.alerts.references import REFERENCE, is_reference
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
    "webhook": ("url", "secret", "authorization", "allow_private"),
    "apprise": ("url",),
    "folder": ("path", "from", "to"),
}
# A question mark, a login, or a long part of letters and digits: what tokens look like.
_LOOKS_SECRET = re.compile(r"[?@]|(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{16,}")
_SCHEME = re.compile(rf"[A-Za-z]+ {REFERENCE.pattern}")
FOLDER_SENDER = "fairwatch@localhost"


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
    if is_reference(url) or is_local(url):
        return
    raise DeliveryError(
        "A Slack address is a secret and never stored: put it into an environment variable where "
        "the worker runs, and write its name here as ${NAME}."
    )


def is_local(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and smtp.is_loopback(parts.hostname or "")
    except ValueError:
        return False


def _check_webhook(config: Mapping[str, Any]) -> None:
    url = _text(config, "url")
    if _LOOKS_SECRET.search(REFERENCE.sub("", url)):
        raise DeliveryError(
            "This webhook's address seems to hold a secret, and secrets are never stored: write "
            "that part, or all of it, as ${NAME}."
        )
    for key in ("secret", "authorization"):
        said = str(config.get(key, ""))
        if said and not (is_reference(said) or (key != "secret" and _SCHEME.fullmatch(said))):
            raise DeliveryError(f"{key} is a secret and never stored: write it as ${{NAME}}.")
    if config.get("allow_private", False) not in (True, False):
        raise DeliveryError("allow_private is true or false.")
    if not is_reference(url):
        filled = REFERENCE.sub("x", url)
        webhook.address(filled, allow_private=config.get("allow_private") is True)


def _check_apprise(config: Mapping[str, Any]) -> None:
    if not is_reference(_text(config, "url")):
        raise DeliveryError(
            "An apprise address holds secrets and is never stored: put it into an environment "
            "variable where the worker runs, and write its name here as ${NAME}."
        )


def _check_folder(config: Mapping[str, Any]) -> None:
    _text(config, "path")
    sender, to = config.get("from", FOLDER_SENDER), config.get("to", FOLDER_SENDER)
    _check_addresses(config, sender=sender, to=to)


def _text(config: Mapping[str, Any], key: str) -> str:
    value = config.get(key)
    if not isinstance(value, str) or not value.strip():
        raise DeliveryError(f"{key} is missing.")
    return value


_CHECKS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "email": _check_email,
    "slack": _check_slack,
    "webhook": _check_webhook,
    "apprise": _check_apprise,
    "folder": _check_folder,
}
