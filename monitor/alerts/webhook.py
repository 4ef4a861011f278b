"""A message as signed JSON to any address; what its answers mean is said in one sentence."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from monitor.alerts.addresses import address_of, public_address_of
from monitor.alerts.message import Message, Taken
from monitor.alerts.references import redact, resolve
from monitor.alerts.waits import retry_after
from monitor.errors import DeliveryError

_SAID = 200  # characters of an answer that are kept
_READ = 2000  # bytes of it that are read
_PATIENCE = 3  # time-outs that a whole conversation may take
_ELSEWHERE = range(300, 400)
_NOBODY = (401, 403, 404, 405, 410)  # whatever is sent there


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where to post to; all secrets resolved, and none of them ever shown."""

    url: SplitResult = field(repr=False)
    secret: str = field(default="", repr=False)
    authorization: str = field(default="", repr=False)
    allow_private: bool = False

    @classmethod
    def of(cls, config: Mapping[str, Any], environ: Mapping[str, str]) -> Receiver:
        """DeliveryError where the address cannot be used."""
        private = config.get("allow_private") is True
        return cls(
            address(resolve(str(config["url"]), environ).strip(), allow_private=private),
            resolve(str(config.get("secret", "")), environ),
            resolve(str(config.get("authorization", "")), environ),
            private,
        )

    @property
    def host(self) -> str:
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        return self.url.port or (443 if self.url.scheme == "https" else 80)

    @property
    def target(self) -> str:
        path = self.url.path or "/"
        return f"{path}?{self.url.query}" if self.url.query else path

    def redact(self, text: str) -> str:
        """The text on one line without the login, the secret, or parts of the path."""
        parts = (*self.url.path.split("/"), *self.url.query.replace("=", "&").split("&"))
        long = (part for part in parts if len(part) >= 8)
        token = self.authorization.rpartition(" ")[2]
        return redact(text, self.url.geturl(), self.secret, self.authorization, token, *long)


def address(text: str, *, allow_private: bool) -> SplitResult:
    """DeliveryError where it cannot be posted to; nothing is looked up."""
    wanted = "https:// or http://" if allow_private else "https://"
    try:
        url = urlsplit(text)
        known = url.hostname and url.port != 0
    except ValueError:
        known = None
    if not known or url.scheme not in (("https", "http") if allow_private else ("https",)):
        raise DeliveryError(f"A webhook's address begins with {wanted} and a host.", away=True)
    if url.username or url.password or not text.isascii() or any(c <= " " for c in text):
        raise DeliveryError(
            "A webhook's address holds no login, no space and only plain letters (ASCII).",
            away=True,
        )
    return url


def post(message: Message, receiver: Receiver, *, key: str, now: datetime, timeout: float) -> Taken:
    """Hand the message over; DeliveryError, without secrets, says why it was not.

    ``key`` names the delivery: a repeat has the same *Idempotency-Key*.
    """
    try:
        with _connected(receiver, timeout) as connection:
            connection.request("POST", receiver.target, *_request(message, receiver, key, now))
            with connection.getresponse() as answer:
                said = answer.read(_READ).decode(errors="replace")
    except _Unreachable as error:
        raise DeliveryError(_why(error.cause, receiver), away=True) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DeliveryError(_why(error, receiver)) from None
    return _judge(answer, _first_line(said), receiver, now)


def _request(
    message: Message, receiver: Receiver, key: str, now: datetime
) -> tuple[bytes, dict[str, str]]:
    """Body and headers."""
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    body = json.dumps({"id": name, **message.payload}, allow_nan=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Fairwatch",
        "Idempotency-Key": name,
        "Fairwatch-Timestamp": str(int(now.timestamp())),
        "Connection": "close",
    }
    if receiver.secret:
        signed = sign(body, secret=receiver.secret, timestamp=headers["Fairwatch-Timestamp"])
        headers["Fairwatch-Signature"] = f"v1={signed}"
    if receiver.authorization:
        headers["Authorization"] = receiver.authorization
    return body, headers


def sign(body: bytes, *, secret: str, timestamp: str) -> str:
    """HMAC-SHA256 over timestamp, full stop and body, as hexadecimal digits.

    >>> sign(b"{}", secret="s", timestamp="0")[:16]
    'e79b1f685c78e46b'
    """
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class _Unreachable(Exception):
    """Nothing was sent: the receiver was not reached."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause


@contextmanager
def _connected(receiver: Receiver, timeout: float) -> Iterator[http.client.HTTPConnection]:
    """A connection to the very address that was checked, ended when it takes too long."""
    find = address_of if receiver.allow_private else public_address_of
    address = find(receiver.host, receiver.port)
    try:
        channel = socket.create_connection((address, receiver.port), timeout)
    except OSError as error:
        raise _Unreachable(error) from None
    with closing(channel):
        try:
            stream = _encrypted(channel, receiver)
        except OSError as error:
            raise _Unreachable(error) from None
        connection = http.client.HTTPConnection(receiver.host, receiver.port, timeout=timeout)
        connection.sock = stream
        with closing(connection), _no_longer(_PATIENCE * timeout, stream):
            yield connection


def _encrypted(channel: socket.socket, receiver: Receiver) -> socket.socket:
    if receiver.url.scheme == "http":
        return channel
    return ssl.create_default_context().wrap_socket(channel, server_hostname=receiver.host)


@contextmanager
def _no_longer(seconds: float, stream: socket.socket) -> Iterator[None]:
    """Ends a conversation in which the other side says a letter at a time for ever."""

    def end() -> None:
        try:
            stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _first_line(said: str) -> str:
    return next((line.strip() for line in said.splitlines() if line.strip()), "")


def _judge(answer: http.client.HTTPResponse, said: str, receiver: Receiver, now: datetime) -> Taken:
    code = answer.status
    words = receiver.redact(f"{code} {answer.reason} {said}")[:_SAID]
    if 200 <= code < 300:
        return Taken(words)
    if code in (429, 503):
        wait = retry_after(answer.headers.get("Retry-After"), now=now)
        raise DeliveryError(
            f"The webhook at {receiver.host} asks to wait {wait:.0f} seconds ({words}).",
            retry_after=wait,
        )
    raise DeliveryError(_refusal(code, words, receiver.host), away=code in _NOBODY)


def _refusal(code: int, words: str, host: str) -> str:
    if code in _ELSEWHERE:
        return (
            f"The webhook at {host} sends elsewhere ({words}), which is not followed: "
            "write the address that it leads to."
        )
    if code in _NOBODY:
        return f"The webhook at {host} refused the message ({words}): check address and secret."
    if code >= 500:
        return f"The webhook at {host} has a fault of its own ({words})."
    return f"The webhook at {host} refused the message ({words})."


def _why(error: Exception, receiver: Receiver) -> str:
    match error:
        case TimeoutError():
            what = "did not answer in time"
        case ConnectionRefusedError():
            what = "refused the connection: is it running, and is the port right?"
        case ssl.SSLCertVerificationError():
            what = f"has a certificate that is not accepted ({error.verify_message})"
        case ssl.SSLError():
            what = f"could not agree on encryption ({error.reason})"
        case http.client.RemoteDisconnected() | ConnectionError():
            what = "ended the conversation"
        case OSError() if error.strerror:
            what = f"could not be reached ({error.strerror})"
        case _:
            what = f"gave an answer that is no HTTP ({type(error).__name__})"
    return f"The webhook at {receiver.host}:{receiver.port} {what}."
