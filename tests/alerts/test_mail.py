"""E-mail against real SMTP servers on loopback."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from monitor.alerts.channels import Channel, Envelope, send, send_test
from monitor.alerts.message import SPARKLINE, Taken
from monitor.errors import DeliveryError

# aiosmtpd warns of logins without encryption, which the test of a bare login wants.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
PASSWORD = "hunter2"
ENVIRON = {"SMTP_PASSWORD": PASSWORD}
LOGIN = {"username": "fw", "password": "${SMTP_PASSWORD}"}


class Box:
    """A mail server's handler: keeps what it takes, refuses what it is told to."""

    def __init__(self, *, refused: dict[str, str] | None = None, answer: str = "250 OK") -> None:
        self.refused, self.answer = refused or {}, answer
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer


def login(server, session, envelope, mechanism, data) -> AuthResult:
    right = data.login == b"fw" and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "loopback.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def serve(certificate: Path) -> Iterator[Callable[..., dict[str, Any]]]:
    """Starts servers; gives the channel configuration that reaches them."""
    started: list[Controller] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def start(box: Box, security: str = "plain", **options: Any) -> dict[str, Any]:
        if security == "ssl":
            options["ssl_context"] = context
        if security == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        controller = Controller(
            box, hostname="127.0.0.1", port=free_port(), ready_timeout=30, **options
        )
        controller.start()
        started.append(controller)
        return config(controller.port, security=security, ca_file=str(certificate))

    yield start
    for controller in started:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def config(port: int, **more: Any) -> dict[str, Any]:
    base = {"host": "127.0.0.1", "port": port, "security": "plain"}
    return base | {"from": "Fairwatch <fw@example.com>", "to": "a@example.com"} | more


def deliver(config, message, *, key="7", timeout=5.0, environ=ENVIRON, thread=()) -> Taken:
    channel = Channel("ops", "email", config)
    return send(channel, message, Envelope(key, environ, NOW, thread, timeout))


@pytest.mark.parametrize("security", ["plain", "starttls", "ssl"])
def test_a_message_arrives_whole(serve, message, security):
    box = Box()
    assert deliver(serve(box, security), message) == Taken("250 OK")
    (mail,) = box.mails
    assert mail["Subject"] == message.subject
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text.get_content().splitlines() == message.text.splitlines()
    assert html.get_content().splitlines() == message.html.splitlines()
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == f"<{SPARKLINE}>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content() == message.sparkline


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_the_login_is_resolved_from_the_environment(serve, message, security):
    box = Box()
    options = {"authenticator": login, "auth_required": True, "auth_require_tls": False}
    reached = serve(box, security, **options) | LOGIN
    deliver(reached, message)
    assert len(box.mails) == 1


def test_a_wrong_login_is_told_without_the_login(serve, message):
    box = Box()
    reached = serve(box, "ssl", authenticator=login, auth_required=True, auth_require_tls=False)
    with pytest.raises(DeliveryError, match="refused the login") as refusal:
        deliver(reached | LOGIN, message, environ={"SMTP_PASSWORD": "wr0ng"})
    assert "wr0ng" not in repr(refusal.value)
    assert refusal.value.__cause__ is None
    assert box.mails == []


def test_an_unknown_certificate_is_not_accepted(serve, message):
    for security in ("starttls", "ssl"):
        box = Box()
        reached = serve(box, security) | {"ca_file": ""}
        with pytest.raises(DeliveryError, match="encryption"):
            deliver(reached, message)
        assert box.mails == []


def test_nothing_is_sent_unencrypted_where_encryption_was_asked_for(serve, message):
    box = Box()
    with pytest.raises(DeliveryError, match="does not offer"):
        deliver(serve(box) | {"security": "starttls"}, message)
    assert box.mails == []


def test_a_certificate_file_that_cannot_be_used_is_a_delivery_error(message):
    for ca_file in ("/nowhere.pem", __file__):
        with pytest.raises(DeliveryError, match="certificate file"):
            deliver(config(1, security="ssl", ca_file=ca_file), message)


def test_a_repeat_has_the_same_message_id_and_another_delivery_another(serve, message):
    box = Box()
    reached = serve(box)
    for key in ("7", "7", "8"):
        deliver(reached, message, key=key)
    first, again, other = (mail["Message-ID"] for mail in box.mails)
    assert first == again != other
    assert first.endswith("@example.com>")


def test_a_receiver_refused_beside_one_served_is_told_and_not_tried_again(serve, message):
    box = Box(refused={"b@example.com": "550 no such user"})
    note = deliver(serve(box) | {"to": "a@example.com, b@example.com"}, message)
    assert note.warning == "b@example.com was refused: 550 no such user"
    assert len(box.mails) == 1


@pytest.mark.parametrize(
    ("box", "said"),
    [
        (Box(refused={"a@example.com": "550 no such user"}), "would not take any receiver"),
        (Box(refused={"a@example.com": "451 come back later"}), "451 come back later"),
        (Box(answer="554 looks like spam"), "554 looks like spam"),
        (Box(answer="451 mailbox is busy"), "451 mailbox is busy"),
    ],
)
def test_a_refusal_says_what_the_server_said(serve, message, box, said):
    with pytest.raises(DeliveryError, match=said):
        deliver(serve(box), message)


def test_a_server_that_is_away_is_a_delivery_error(message):
    with pytest.raises(DeliveryError, match="refused the connection"):
        deliver(config(free_port()), message)


def test_letters_the_protocol_cannot_carry_are_a_delivery_error(serve, message):
    reached = serve(Box(), authenticator=login, auth_require_tls=False) | LOGIN
    with pytest.raises(DeliveryError, match="ASCII") as refusal:
        deliver(reached, message, environ={"SMTP_PASSWORD": "geheim-ä"})
    assert "ä" not in str(refusal.value)


def test_an_unknown_host_is_a_delivery_error(message):
    reached = config(25, host="no-such-host.invalid", allow_plain=True)
    with pytest.raises(DeliveryError, match="could not be used"):
        deliver(reached, message)


@pytest.fixture
def script() -> Iterator[Callable[..., int]]:
    """A server that says its lines, one after each thing it hears; None says nothing for ever."""
    listeners: list[socket.socket] = []
    over = threading.Event()

    def talk(listener: socket.socket, lines: list[str | None]) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as heard:
            for line in lines:
                if line is None:
                    over.wait(10)
                    return
                connection.sendall(f"{line}\r\n".encode())
                if line.startswith("354"):
                    while heard.readline() not in (b".\r\n", b""):
                        pass
                elif not heard.readline():
                    return

    def start(*lines: str | None) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=talk, args=(listener, list(lines)), daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    over.set()
    for listener in listeners:
        listener.close()


TAKEN = ("220 hello", "250 hello", "250 sender", "250 receiver", "354 go on", "250 taken")


def test_a_server_that_never_answers_is_given_up(script, message):
    began = time.monotonic()
    with pytest.raises(DeliveryError, match="did not answer in time"):
        deliver(config(script(None)), message, timeout=0.3)
    assert time.monotonic() - began < 3


def test_a_server_that_falls_silent_in_the_middle_is_given_up(script, message):
    with pytest.raises(DeliveryError, match="did not answer in time"):
        deliver(config(script(*TAKEN[:3], None)), message, timeout=0.3)


def test_a_server_that_hangs_up_is_a_delivery_error(script, message):
    with pytest.raises(DeliveryError, match="conversation"):
        deliver(config(script(*TAKEN[:2])), message, timeout=2)


def test_a_message_taken_is_delivered_even_if_the_goodbye_fails(script, message):
    assert deliver(config(script(*TAKEN, None)), message, timeout=0.3) == Taken("250 taken")
    assert deliver(config(script(*TAKEN, "500 what?")), message, timeout=2).answer == "250 taken"


def test_an_answer_that_is_no_smtp_is_a_delivery_error(script, message):
    with pytest.raises(DeliveryError):
        deliver(config(script("HTTP/1.1 400 Bad Request")), message, timeout=2)


def test_a_login_the_server_repeats_is_blanked(script, message):
    port = script("220 hello", "250-hello\r\n250 AUTH PLAIN", f"535 bad password {PASSWORD}")
    with pytest.raises(DeliveryError) as refusal:
        deliver(config(port) | LOGIN, message, timeout=2)
    assert PASSWORD not in str(refusal.value)
    assert "bad password …" in str(refusal.value)


def test_send_test_goes_through_the_real_server(serve):
    box = Box()
    channel = Channel("ops", "email", serve(box))
    send_test(channel, base_url="http://h", environ={}, now=NOW)
    assert "channel ops works" in box.mails[0]["Subject"]
