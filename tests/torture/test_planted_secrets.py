"""Secrets planted in a server's environment: on no page, in no log, nowhere in its home."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.clock import utc_now
from monitor.jobs.intake import receive
from monitor.store import channels, writes
from monitor.store.engine import Store
from monitor.ui.view import SECTIONS
from tests.browser.conftest import wait_until
from tests.jobs.loans import csv, history
from tests.jobs.receivers import free_port
from tests.torture.servers import a_server
from tests.torture.visits import visiting

PLANTED = "planted-7f3a-secret"
PARTS = ("inbox", "rules", "pauses", "channels", "noise")
PATHS = (
    "/", "/batches", "/settings?part=models", "/settings?part=system", "/alerts?incident=1",
    *(f"/alerts?part={name}" for name in PARTS), *(f"/model?section={name}" for name in SECTIONS),
)  # fmt: skip


@pytest.mark.slow
def test_secrets_of_channels_that_fail_are_on_no_page_and_in_no_file(
    store: Store, home: Path, tmp_path: Path
) -> None:
    planted = {
        "HOOK_URL": f"http://127.0.0.1:{free_port()}/{PLANTED}", "HOOK_KEY": f"{PLANTED}-key",
        "MAIL_PASSWORD": f"{PLANTED}-mail", "FAIRWATCH_METRICS_TOKEN": f"{PLANTED}-token",
    }  # fmt: skip
    hook = {"url": "${HOOK_URL}", "secret": "${HOOK_KEY}", "private": True}
    mail = {
        "host": "127.0.0.1", "port": free_port(), "security": "plain", "user": "ann",
        "password": "${MAIL_PASSWORD}", "from": "a@example.org", "to": "b@example.org",
    }  # fmt: skip
    for kind, config in (("webhook", hook), ("email", mail)):
        writes.save_channel(store, name=kind, kind=kind, config=config, who="t", now=utc_now())
    rows = csv(history(), tmp_path / "history.csv")
    receive(store, "loans", rows, name="history.csv", source="test")
    with a_server(home, **planted) as server:
        wait_until(lambda: bool(channels.channels_health(store)["error"].notna().all()))
        with visiting(server.address) as visit:
            came = [visit.open(path) for path in PATHS]
        log = server.log.read_bytes()
    files = [file.read_bytes() for file in home.rglob("*") if file.is_file()]
    assert any(b"HOOK_URL" in page or b"webhook" in page for page in came)
    assert not any(PLANTED.encode() in said for said in (log, *came, *files))
