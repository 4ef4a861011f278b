"""Secrets that are planted are found nowhere: not in the folder, an error, a log or a repr."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from monitor.access import access_of
from monitor.clock import utc_now
from monitor.errors import DeliveryError
from monitor.jobs.trial import send_trial
from monitor.settings import Settings
from monitor.store import writes
from monitor.store.engine import Store
from tests.jobs.receivers import free_port

PLANTED = "planted-7f3a-secret"
NAMES = (
    "FAIRWATCH_LOGIN_CLIENT_SECRET", "FAIRWATCH_LOGIN_COOKIE_SECRET", "FAIRWATCH_METRICS_TOKEN",
    "HOOK_URL", "HOOK_KEY",
)  # fmt: skip


def test_planted_secrets_are_nowhere(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in NAMES:
        monkeypatch.setenv(name, PLANTED * 2)
    monkeypatch.setenv("HOOK_URL", f"http://127.0.0.1:{free_port()}/{PLANTED}")
    config = {"url": "${HOOK_URL}", "secret": "${HOOK_KEY}", "private": True}
    writes.save_channel(store, name="hook", kind="webhook", config=config, who="ann", now=utc_now())
    with pytest.raises(DeliveryError) as error:
        send_trial(store, "hook")
    settings = Settings(
        home=store.settings.home, login_client_id="x", login_metadata_url="https://id.example.org"
    )
    access = access_of(settings)
    said = [str(error.value), repr(error.value), caplog.text, repr(settings), repr(access)]
    assert access.token == PLANTED * 2
    assert not any(PLANTED in text for text in [*said, repr(access.login)])
    assert [
        file for file in files(store.settings.home) if PLANTED.encode() in file.read_bytes()
    ] == []


def files(home: Path) -> list[Path]:
    return [file for file in home.rglob("*") if file.is_file()]


def _holds(file: Path) -> bool:
    return PLANTED.encode() in file.read_bytes()
