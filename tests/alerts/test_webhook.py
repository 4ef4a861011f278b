"""The webhook against real HTTP servers on loopback."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.alerts.addresses import is_public, public_address_of
from monitor.alerts.channels import Channel, Envelope, send, send_test
from monitor.alerts.message import Taken
from monitor.errors import DeliveryError
from tests.alerts.receivers import Answer, HttpReceiver

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
SECRET, TOKEN = "correct-horse-battery", "T000veryverysecret"
ENVIRON = {"HOOK_SECRET": SECRET, "HOOK_TOKEN": TOKEN}


@pytest.fixture
def receive() -> Iterator[Callable[..., HttpReceiver]]:
    started: list[HttpReceiver] = []

    def start(*answers: Answer) -> HttpReceiver:
        started.append(HttpReceiver(*answers))
        return started[-1]

    yield start
    for receiver in started:
        receiver.close()


def config(port: int, **more: Any) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}/hooks/${{HOOK_TOKEN}}"
    return {"url": url, "allow_private": True, "secret": "${HOOK_SECRET}"} | more


def post(settings: dict[str, Any], message: Any, *, key: str = "7", timeout: float = 5) -> Taken:
    channel = Channel("hook", "webhook", settings)
    return send(channel, message, Envelope(key, ENVIRON, NOW, timeout=timeout))


def refusal(settings: dict[str, Any], message: Any, **how: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        post(settings, message, **how)
    for secret in (SECRET, TOKEN):
        assert secret not in repr(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_a_message_arrives_as_json_that_says_all_of_it(receive, message):
    receiver = receive()
    assert post(config(receiver.port), message) == Taken("200 OK ok")
    (got,) = receiver.got
    assert got.path == f"/hooks/{TOKEN}"
    assert got.headers["Content-Type"] == "application/json"
    said = got.json
    assert (said["version"], said["kind"], said["severity"]) == (1, "alerts", "critical")
    assert said["model"] == {"name": "credit", "version": 3, "owner": "Risk"}
    assert said["subject"] == message.subject
    (alert,) = said["alerts"]
    assert (alert["event"], alert["incident"], alert["related"]) == ("opened", 12, [])
    assert (alert["metric"], alert["attribute"], alert["group"]) == (
        "demographic_parity_ratio", "sex", "female",
    )  # fmt: skip
    assert (alert["value"], alert["interval"], alert["n"]) == (0.62, [0.55, 0.7], 2000)
    assert (alert["limits"], alert["verdict"]) == ([0.8, 1.25], "failing")
    assert [(side["group"], side["n"]) for side in alert["groups"]] == [
        ("female", 842), ("male", 1158),
    ]  # fmt: skip
    assert alert["causes"] == "income (−12.0 pt of the gap)."
    assert alert["links"]["acknowledge"] == message.link
    assert alert["batch"]["name"] == "week-16"


def test_the_signature_is_of_time_and_body(receive, message):
    receiver = receive()
    post(config(receiver.port), message)
    (got,) = receiver.got
    at = got.headers["Fairwatch-Timestamp"]
    assert int(at) == NOW.timestamp()
    known = hmac.new(SECRET.encode(), at.encode() + b"." + got.body, hashlib.sha256).hexdigest()
    assert got.headers["Fairwatch-Signature"] == f"v1={known}"


def test_without_a_secret_nothing_is_signed(receive, message):
    receiver = receive()
    post(config(receiver.port, secret=""), message)
    assert "Fairwatch-Signature" not in receiver.got[0].headers


def test_a_login_goes_along_where_one_is_wanted(receive, message):
    receiver = receive()
    post(config(receiver.port, authorization="Bearer ${HOOK_TOKEN}"), message)
    assert receiver.got[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_repeat_has_the_same_idempotency_key_and_another_message_another(receive, message):
    receiver = receive()
    for key in ("7", "7", "8"):
        post(config(receiver.port), message, key=key)
    first, again, other = (got.headers["Idempotency-Key"] for got in receiver.got)
    assert first == again != other
    assert [got.json["id"] for got in receiver.got] == [first, again, other]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receive, message, status):
    target = receive()
    receiver = receive(Answer(status, {"Location": f"http://127.0.0.1:{target.port}/"}, ""))
    assert "which is not followed" in str(refusal(config(receiver.port), message))
    assert target.got == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0",
        "fd00::1", "ff02::1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1",
    ],
)  # fmt: skip
def test_what_is_not_of_the_open_internet_is_refused(address):
    assert not is_public(address)
    with pytest.raises(DeliveryError, match="not on the open internet") as refused:
        public_address_of("hook.example.org", 443, resolve=lambda _host, _port: [address])
    assert refused.value.away


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:1.1.1.1"])
def test_what_is_of_the_open_internet_is_not(address):
    assert public_address_of("h", 443, resolve=lambda _host, _port: [address]) == address


def test_one_private_address_among_public_ones_is_enough():
    with pytest.raises(DeliveryError, match=r"leads to 10\.0\.0\.1"):
        public_address_of("h", 443, resolve=lambda _host, _port: ["1.1.1.1", "10.0.0.1"])


def test_this_machine_is_not_asked_without_leave(receive, message):
    receiver = receive()
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"):
        url = f"https://{host}:{receiver.port}/hooks"
        error = refusal({"url": url}, message)
        assert "not on the open internet" in str(error)
    assert receiver.got == []


def test_the_address_that_was_checked_is_the_one_that_is_used(receive, message, monkeypatch):
    """A name that leads elsewhere at the second look (DNS rebinding)."""
    receiver = receive()
    looks: list[str] = []
    known = socket.getaddrinfo

    def changing(host: str, *rest: Any, **more: Any) -> Any:
        if host == "rebound.example.org":
            looks.append(host)
            host = "127.0.0.1" if len(looks) == 1 else "10.0.0.1"
        return known(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    url = f"http://rebound.example.org:{receiver.port}/hooks"
    post(config(0, url=url), message)
    assert looks == ["rebound.example.org"]
    assert receiver.got[0].headers["Host"] == f"rebound.example.org:{receiver.port}"


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(429, {"Retry-After": "37"}), 37),
        (Answer(429, {"Retry-After": "Mon, 12 Oct 2026 08:10:00 GMT"}), 600),
        (Answer(503, {"Retry-After": "nonsense"}), 60),
        (Answer(503), 60),
    ],
)
def test_a_receiver_that_asks_for_a_pause_gets_it(receive, message, answer, seconds):
    error = refusal(config(receive(answer).port), message)
    assert (error.retry_after, error.away) == (seconds, True)


@pytest.mark.parametrize(
    ("status", "away", "said"),
    [
        (400, False, "refused the message (400"),
        (401, True, "check address and secret"),
        (404, True, "check address and secret"),
        (500, False, "a fault of its own"),
    ],
)
def test_a_refusal_says_the_status_and_the_first_line(receive, message, status, away, said):
    error = refusal(config(receive(Answer(status, body="\n no thanks \nmore")).port), message)
    assert said in str(error)
    assert "no thanks" in str(error)
    assert "more" not in str(error)
    assert error.away is away


def test_secrets_that_a_receiver_repeats_are_blanked(receive, message, caplog):
    body = f"/hooks/{TOKEN} was signed with {SECRET}"
    with caplog.at_level(0):
        taken = post(config(receive(Answer(body=body)).port), message)
        refusal(config(receive(Answer(500, body=body)).port), message)
    assert taken.answer == "200 OK /hooks/… was signed with …"
    assert TOKEN not in caplog.text + taken.answer


def test_a_receiver_that_is_away_says_so(message):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = refusal(config(port), message)
    assert error.away
    assert "refused the connection" in str(error)


def test_a_host_that_is_not_known_is_named(message):
    url = "https://no-such-host.invalid/hook"
    assert "no-such-host.invalid is not known" in str(refusal({"url": url}, message))


def test_a_slow_receiver_is_given_up(receive, message):
    began = time.monotonic()
    error = refusal(config(receive(Answer(wait=3)).port), message, timeout=0.3)
    assert "did not answer in time" in str(error)
    assert not error.away  # it may have the message, and others may go well
    assert time.monotonic() - began < 2


def test_a_receiver_that_says_a_letter_at_a_time_is_given_up(receive, message):
    began = time.monotonic()
    refusal(config(receive(Answer(drip=0.1)).port), message, timeout=0.3)
    assert time.monotonic() - began < 3


def test_an_answer_that_is_no_http_is_a_delivery_error(message):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def talk() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"220 mail.example.org ESMTP\r\n")

    threading.Thread(target=talk, daemon=True).start()
    error = refusal(config(listener.getsockname()[1]), message)
    assert "no HTTP" in str(error)
    listener.close()


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(receive, message):
    receiver = receive()
    url = f"https://127.0.0.1:{receiver.port}/hooks"
    error = refusal(config(0, url=url), message)
    assert "encryption" in str(error)
    assert receiver.got == []


def test_send_test_shows_what_the_server_said(receive):
    receiver = receive(Answer(202, body="queued as 17\n"))
    channel = Channel("hook", "webhook", config(receiver.port))
    taken = send_test(channel, base_url="http://h", environ=ENVIRON, now=NOW)
    assert taken.answer == "202 Accepted queued as 17"
    assert receiver.got[0].json["kind"] == "test"


def test_every_field_of_the_body_is_described(receive, message):
    receiver = receive()
    post(config(receiver.port), message)
    described = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()
    for name in names(receiver.got[0].json):
        assert f"`{name}`" in described, name


def names(said: Any) -> set[str]:
    if isinstance(said, dict):
        return set(said) | {name for value in said.values() for name in names(value)}
    return {name for part in said for name in names(part)} if isinstance(said, list) else set()
