"""Slack's webhook against a real HTTP receiver on loopback."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from monitor.alerts.channels import Channel, Envelope, send, send_test
from monitor.alerts.message import Taken
from monitor.errors import DeliveryError

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
SECRET = "T000/B000/veryverysecret"


class Receiver:
    """Answers as told, in order, the last answer for ever, and keeps what it got."""

    def __init__(self, *answers: tuple[int, dict[str, str]], wait: float = 0.0) -> None:
        self.answers = list(answers) or [(200, {})]
        self.wait = wait
        self.got: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(json.loads(body))
                time.sleep(receiver.wait)
                first = receiver.answers[0]
                status, headers = receiver.answers.pop(0) if len(receiver.answers) > 1 else first
                answer = b"ok" if status == 200 else b"no_service"
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:  # the client did not wait
                    return

            def log_message(self, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/{SECRET}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receive(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Receiver]]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    started: list[Receiver] = []

    def start(*answers: tuple[int, dict[str, str]], **how: Any) -> Receiver:
        started.append(Receiver(*answers, **how))
        return started[-1]

    yield start
    for receiver in started:
        receiver.close()


def post(message, url: str, *, timeout: float = 5.0) -> Taken:
    channel = Channel("ops", "slack", {"url": "${SLACK_URL}"})
    return send(channel, message, Envelope("7", {"SLACK_URL": url}, NOW, timeout=timeout))


def refusal(message, url: str, **how: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        post(message, url, **how)
    assert "verysecret" not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_a_message_arrives_whole(receive, message):
    receiver = receive()
    assert post(message, receiver.url) == Taken("200 ok")
    (got,) = receiver.got
    assert got["text"] == message.subject
    assert got["blocks"] == list(message.blocks)
    assert message.link.replace("&", "&amp;") in str(got["blocks"])


def test_too_many_messages_wait_as_long_as_slack_says(receive, message):
    receiver = receive((429, {"Retry-After": "37"}), (200, {}))
    assert refusal(message, receiver.url).retry_after == 37
    assert post(message, receiver.url) == Taken("200 ok")
    assert len(receiver.got) == 2  # one try each: only the outbox tries again


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"Retry-After": "-5"}])
def test_a_wait_that_is_no_number_is_a_minute_or_none(receive, message, headers):
    assert refusal(message, receive((429, headers)).url).retry_after in (0, 60)


def test_slacks_own_fault_is_tried_again_by_the_outbox(receive, message):
    receiver = receive((500, {}))
    error = refusal(message, receiver.url)
    assert error.sentence == "Slack has a fault of its own (500 no_service)."
    assert error.retry_after is None
    assert len(receiver.got) == 1


def test_a_webhook_that_is_gone_is_told_what_to_check(receive, message):
    assert "check that the webhook still exists" in str(refusal(message, receive((404, {})).url))


def test_a_receiver_that_is_away_is_a_delivery_error(message):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = refusal(message, f"http://127.0.0.1:{port}/services/{SECRET}")
    assert error.sentence == "Slack could not be reached (connection refused)."


def test_a_slow_receiver_is_given_up(receive, message):
    receiver = receive(wait=3.0)
    began = time.monotonic()
    assert "no answer in time" in str(refusal(message, receiver.url, timeout=1))
    assert time.monotonic() - began < 2.5


def test_an_address_with_spaces_does_not_show_itself_in_the_error(receive, message):
    refusal(message, f"{receive().url} oops")
    refusal(message, f"{receive().url}\x01")


def test_the_address_is_never_logged(receive, message, caplog):
    with caplog.at_level(0):
        post(message, receive().url)
        refusal(message, receive((500, {})).url)
        refusal(message, "http://127.0.0.1:9/services/" + SECRET)
    assert "verysecret" not in caplog.text


def test_send_test_goes_through_the_real_receiver(receive):
    receiver = receive()
    channel = Channel("ops", "slack", {"url": receiver.url})
    send_test(channel, base_url="http://h", environ={}, now=NOW)
    assert receiver.got[0]["text"] == "Test – channel ops works"
