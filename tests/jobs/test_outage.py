"""An hour without a mail server and without a webhook, on a clock that is an argument."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from aiosmtpd.controller import Controller

from monitor.alerts.incidents import Event
from monitor.clock import utc_now
from monitor.jobs.deliver import deliver_all
from monitor.store import reads, writes
from monitor.store.channels import channels_health
from monitor.store.engine import Store
from tests.alerts.receivers import HttpReceiver
from tests.jobs.receivers import Letters, free_port
from tests.jobs.told import happen, open_incident

GONE, BACK, END = 30, 90, 150  # minutes
STORY = (Event.OPENED, Event.REVISED, Event.RESOLVED)


class Places:
    """A mail server and a webhook that can be away."""

    def __init__(self) -> None:
        self.letters, self.mail_port, self.hook_port = Letters(), free_port(), free_port()
        self.requests: list[Any] = []
        self._running: list[Any] = []

    def come(self) -> None:
        mail = Controller(self.letters, hostname="127.0.0.1", port=self.mail_port)
        mail.start()
        self._running = [mail, HttpReceiver(port=self.hook_port)]

    def go(self) -> None:
        if self._running:
            mail, hook = self._running
            mail.stop()
            hook.close()
            self.requests += hook.got
            self._running = []


@pytest.fixture
def places(store: Store, tmp_path: Path):
    made = Places()
    configs = {
        "mail": ("email", {"host": "127.0.0.1", "port": made.mail_port, "security": "plain",
                           "from": "fw@example.org", "to": "on-call@example.org"}),
        "hook": ("webhook", {"url": f"http://127.0.0.1:{made.hook_port}/", "allow_private": True}),
        "box": ("folder", {"path": str(tmp_path / "box")}),
    }  # fmt: skip
    for name, (kind, config) in configs.items():
        writes.save_channel(store, name=name, kind=kind, config=config, who="t", now=utc_now())
    made.come()
    yield made
    made.go()


def live_through(store: Store, places: Places) -> tuple[datetime, list[str]]:
    """Two and a half hours in minutes; the first instant, and what happened, in order."""
    start, incidents, said = utc_now(), [], []
    for minute in range(END):
        now = start + timedelta(minutes=minute)
        if minute == GONE:
            places.go()
        if minute == BACK:
            places.come()
        if minute % 4 == 0 and minute < BACK + 20:
            step = len(said) % len(STORY)
            if step == 0:
                incidents.append(open_incident(store) if len(incidents) < 8 else incidents[-1])
            happen(store, incidents[-1], STORY[step], batch=len(said), now=now)
            said.append(f"week {len(said)}")
        deliver_all(store, clock=lambda now=now: now)
    return start, said


def test_after_an_hour_away_every_message_arrives_once_and_in_order(
    store: Store, places: Places
) -> None:
    start, said = live_through(store, places)
    places.go()
    assert len(said) == 28
    told = reads.deliveries(store)
    assert set(told["status"]) == {"sent"}
    mails = [str(mail.get_body(("plain",)).get_content()) for mail in places.letters.mails]
    assert [f"{week}," in text for week, text in zip(said, mails, strict=True)] == [True] * 28
    assert len(set(places.letters.ids())) == 28
    weeks = [request.json["alerts"][0]["batch"]["name"] for request in places.requests]
    assert weeks == said
    assert len({request.headers["Idempotency-Key"] for request in places.requests}) == 28
    in_threads(places)
    back = start + timedelta(minutes=BACK + 16)
    late = told[told["created_at"] < start + timedelta(minutes=BACK)]
    assert late["sent_at"].max() <= back
    box = told[told["channel"] == "box"]
    assert (box["sent_at"] - box["created_at"]).max() <= timedelta(minutes=1)
    assert channels_health(store)["error"].isna().all()
    few_questions(told)


def in_threads(places: Places) -> None:
    """What followed an opening answers its mail."""
    first: dict[int, str] = {}
    for mail, request in zip(places.letters.mails, places.requests, strict=True):
        incident = request.json["alerts"][0]["incident"]
        root = first.setdefault(incident, str(mail["Message-ID"]))
        assert mail["In-Reply-To"] == (None if root == mail["Message-ID"] else root)


def few_questions(told: pd.DataFrame) -> None:
    """A server that is away is asked after 0, 1, 2, 3, 5, 9, 17, 33 and 49 minutes of waiting."""
    tried = told.groupby("channel")["attempt"].sum()
    assert tried["box"] == 28
    assert tried["mail"] - 28 <= 9
    assert tried["hook"] - 28 <= 9
