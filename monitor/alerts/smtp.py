"""Handing an e-mail to an SMTP server, and saying why it would not have it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Any

from monitor.alerts.message import Taken
from monitor.alerts.references import redact, resolve
from monitor.errors import DeliveryError

PORTS = {"starttls": 587, "ssl": 465, "plain": 25}


def is_loopback(host: str) -> bool:
    """Whether traffic to the host stays on this machine."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how e-mail is handed over; the login is already resolved, and never shown."""

    host: str
    port: int
    security: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    ca_file: str = ""

    @classmethod
    def of(cls, config: Mapping[str, Any], environ: Mapping[str, str]) -> Server:
        security = str(config.get("security", "starttls"))
        return cls(
            host=resolve(str(config["host"]), environ),
            port=int(config.get("port") or PORTS[security]),
            security=security,
            username=resolve(str(config.get("username", "")), environ),
            password=resolve(str(config.get("password", "")), environ),
            ca_file=str(config.get("ca_file", "")),
        )

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


class _Smtp(smtplib.SMTP):
    """Keeps what the server said when it took the message, which smtplib throws away."""

    said = ""

    def data(self, msg: Any) -> tuple[int, bytes]:
        code, words = super().data(msg)
        self.said = f"{code} {_text(words)}"
        return code, words


class _SmtpSsl(_Smtp, smtplib.SMTP_SSL):
    pass


def deliver(mail: EmailMessage, server: Server, *, timeout: float) -> Taken:
    """Hand the e-mail over; the warning is a sentence that names receivers not served.

    Once the server has taken the message nothing that happens after may raise, or it would be
    sent twice.
    """
    try:
        connection = _connect(server, timeout)
    except _FAULTS as error:
        raise DeliveryError(_why(error, server), away=True) from None
    try:
        refused = connection.send_message(mail)
    except _FAULTS as error:
        connection.close()
        raise DeliveryError(_why(error, server), away=_is_closing(error)) from None
    with suppress(smtplib.SMTPException, OSError):
        connection.quit()
    connection.close()
    return Taken(redact(connection.said, server.password), _refusals(refused))


_FAULTS = (smtplib.SMTPException, OSError, ValueError)


def _is_closing(error: Exception) -> bool:
    """Whether the server sends everybody away for now (RFC 5321, 421)."""
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code == 421


def _connect(server: Server, timeout: float) -> _Smtp:
    context = _context(server) if server.security != "plain" else None
    connection: _Smtp
    if server.security == "ssl":
        connection = _SmtpSsl(server.host, server.port, timeout=timeout, context=context)
    else:
        connection = _Smtp(server.host, server.port, timeout=timeout)
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.username:
            connection.login(server.username, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _context(server: Server) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file or None)
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise DeliveryError(
            f"The certificate file {server.ca_file} cannot be used ({said})."
        ) from error


def _why(error: Exception, server: Server) -> str:
    """One sentence: what happened and what to do; it never holds the login."""
    said = redact(_said(error), server.password, server.username)
    match error:
        case smtplib.SMTPAuthenticationError():
            what = f"refused the login ({said}): check the user name and password"
        case smtplib.SMTPRecipientsRefused():
            what = f"would not take any receiver ({said}): check the addresses"
        case smtplib.SMTPSenderRefused():
            what = f"would not take the sender ({said}): check the from address"
        case smtplib.SMTPNotSupportedError():
            what = f"does not offer what the channel asks for ({said}): check its security"
        case ssl.SSLError():
            what = f"could not agree on encryption ({said}): check security, port and certificate"
        case _ if isinstance(error, TimeoutError) or "timed out" in said:  # smtplib rewraps it
            what = "did not answer in time"
        case UnicodeError():
            what = "takes only plain letters in login and addresses (ASCII)"
        case ConnectionRefusedError():
            what = "refused the connection: is it running, and are host and port right?"
        case smtplib.SMTPServerDisconnected():
            what = f"ended the conversation ({said})"
        case _:
            what = f"could not be used ({said})"
    return f"The mail server {server.address} {what}."


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refusals(error.recipients)
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _refusals(refused: Mapping[str, tuple[int, bytes]]) -> str:
    return "; ".join(
        f"{receiver} was refused: {code} {_text(answer)}"
        for receiver, (code, answer) in refused.items()
    )


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
