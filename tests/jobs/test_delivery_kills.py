"""Workers killed with -9 between the commit and the sending, and between the sending and the
commit: nothing is lost, and what comes twice has the id it had."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from monitor.alerts.incidents import Event
from monitor.clock import utc_now
from monitor.jobs.deliver import deliver_all
from monitor.settings import Settings
from monitor.store import reads, writes
from monitor.store.engine import Store
from monitor.store.sending import LEASE
from tests.alerts.receivers import HttpReceiver
from tests.jobs.dying import When, deliver_and_die
from tests.jobs.receivers import Letters
from tests.jobs.told import happen, open_incident


@pytest.mark.parametrize("kills", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_many_kills_lose_nothing_and_double_nothing_beyond_the_id(
    store: Store,
    settings: Settings,
    mail_channel: None,
    server: Callable[[], None],
    letters: Letters,
    kills: int,
) -> None:
    server()
    hook = HttpReceiver()
    config = {"url": f"http://127.0.0.1:{hook.port}/", "allow_private": True}
    writes.save_channel(store, name="hook", kind="webhook", config=config, who="t", now=utc_now())
    random_ = random.Random(4)
    incidents = [open_incident(store) for _ in range(8)]
    now, resent = utc_now(), 0
    for kill in range(kills):
        for batch in (2 * kill, 2 * kill + 1):  # two messages a kill, through two channels
            event = random_.choice([Event.REVISED, Event.REMINDED, Event.RESOLVED])
            happen(store, random_.choice(incidents), event, batch=batch, now=now)
        when: When = random_.choice(["before", "after"])
        deliver_and_die(settings, now, first=random_.randrange(3), when=when)
        resent += when == "after"
        now += LEASE + timedelta(seconds=1)
    for _ in range(len(incidents) + 2):
        deliver_all(store, clock=lambda now=now: now)
        now += LEASE + timedelta(seconds=1)
    hook.close()
    assert set(reads.deliveries(store)["status"]) == {"sent"}
    mails, posts = (
        Counter(letters.ids()),
        Counter(request.headers["Idempotency-Key"] for request in hook.got),
    )
    assert (len(mails), len(posts)) == (2 * kills, 2 * kills)
    assert mails.total() + posts.total() == 4 * kills + resent
    assert 0 < resent < kills
    weeks = [mail.get_body(("plain",)).get_content() for mail in letters.mails]
    for week in range(2 * kills):
        copies = {text for text in weeks if f"week {week}," in text}
        assert len(copies) == 1
    in_order(hook)


def in_order(hook: HttpReceiver) -> None:
    """Of each incident the batches came in the order in which they were posted."""
    seen: dict[int, list[int]] = {}
    for request in hook.got:
        (alert,) = request.json["alerts"]
        seen.setdefault(alert["incident"], []).append(int(alert["batch"]["name"].split()[1]))
    for batches in seen.values():
        assert batches == sorted(batches)
