"""apprise itself, against a real HTTP server on loopback."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from monitor.alerts.channels import Channel, Envelope, send
from monitor.alerts.message import Taken
from monitor.errors import DeliveryError
from tests.alerts.receivers import Answer, HttpReceiver

# apprise asks for a module that Python 3.13 has dropped, where there is one.
pytestmark = pytest.mark.filterwarnings("ignore:.*imghdr.*:DeprecationWarning")

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
SECRET = "veryverysecret"


def post(message, url: str) -> Taken:
    channel = Channel("ops", "apprise", {"url": "${APPRISE_URL}"})
    return send(channel, message, Envelope("7", {"APPRISE_URL": url}, NOW, timeout=2))


@pytest.fixture
def refusing():
    receiver = HttpReceiver(Answer(500))
    yield receiver
    receiver.close()


@pytest.fixture
def taking():
    receiver = HttpReceiver()
    yield receiver
    receiver.close()


def test_a_message_arrives(taking, message):
    assert post(message, f"json://127.0.0.1:{taking.port}/{SECRET}") == Taken("taken by JSON")
    (got,) = taking.got
    assert got.path == f"/{SECRET}"
    assert got.json["title"] == message.subject
    assert got.json["message"].splitlines()[0] == message.text.splitlines()[0]


def test_a_refusal_says_why_and_never_the_address(refusing, message, caplog):
    with caplog.at_level(0), pytest.raises(DeliveryError, match="500") as refused:
        post(message, f"json://127.0.0.1:{refusing.port}/{SECRET}")
    assert SECRET not in str(refused.value) + caplog.text


def test_an_address_of_no_service_is_told(message):
    with pytest.raises(DeliveryError, match="does not know the address") as refused:
        post(message, f"pigeon://{SECRET}")
    assert SECRET not in str(refused.value)
    assert refused.value.away


def test_where_it_is_not_installed_it_says_what_to_install(message, monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(DeliveryError, match=r"install fairwatch\[apprise\]"):
        post(message, f"json://127.0.0.1/{SECRET}")
