"""Messages on their way: servers and workers die; nothing is lost and nothing comes twice."""

from __future__ import annotations

import mailbox
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from monitor.clock import utc_now
from monitor.jobs.deliver import deliver_all
from monitor.jobs.trial import send_trial
from monitor.store import reads, sending, writes
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import JobKind, JobStatus
from tests.jobs.conftest import Give
from tests.jobs.loans import GAP_WEEK, history, loans, work_off
from tests.jobs.receivers import Hook, Letters, free_port
from tests.jobs.told import happen, open_incident


def box_channel(store: Store, tmp_path: Path) -> None:
    config = {"path": str(tmp_path / "box")}
    writes.save_channel(store, name="box", kind="folder", config=config, who="test", now=utc_now())


def break_fairness(store: Store, give: Give) -> int:
    """A batch that opens incidents; returns of how many people are to hear, in one message."""
    give(loans(3000, week=GAP_WEEK))
    work_off(store)
    return len(reads.deliveries(store))


def in_hours(hours: float) -> Callable[[], datetime]:
    return lambda: utc_now() + timedelta(hours=hours)


def statuses(store: Store) -> list[str]:
    return list(reads.deliveries(store)["status"])


@pytest.mark.usefixtures("mail_channel")
def test_a_dead_mail_server_loses_nothing_and_gets_nothing_twice(
    store: Store, give: Give, server: Callable[[], None], letters: Letters
) -> None:
    waiting = break_fairness(store, give)
    assert waiting > 1
    for hours in (0, 1, 2, 3):
        assert deliver_all(store, clock=in_hours(hours)) == 0
    table = reads.deliveries(store)
    assert set(table["status"]) == {"queued"}
    assert table["error"].str.contains("refused|reached").all(), table["error"].iloc[0]
    assert set(table["attempt"]) == {4}
    server()
    assert deliver_all(store, clock=in_hours(10)) == 1
    assert deliver_all(store, clock=in_hours(20)) == 0
    assert set(statuses(store)) == {"sent"}
    assert len(letters.mails) == 1
    assert f"(and {waiting - 1} more)" in letters.mails[0]["Subject"]


@pytest.mark.usefixtures("mail_channel")
def test_a_message_says_it_all_and_links_to_exactly_that_view(
    store: Store, give: Give, server: Callable[[], None], letters: Letters
) -> None:
    server()
    break_fairness(store, give)
    deliver_all(store, clock=utc_now)
    (mail,) = letters.mails
    assert "loans" in mail["Subject"]
    text = text_of(mail)
    assert "female" in text
    links = [word for word in text.split() if word.startswith(store.settings.base_url)]
    views = [parse_qs(urlsplit(link).query) for link in links if "/model?" in link]
    assert {view["model"][0] for view in views} == {"loans"}
    assert {view["batch"][0] for view in views} == {"history"}
    opened = reads.incidents(store)
    assert {view["metric"][0] for view in views} <= set(opened["metric"])
    ready = [parse_qs(urlsplit(link).query) for link in links if "/alerts?" in link]
    assert {int(view["incident"][0]) for view in ready} == set(opened["id"])
    assert {view["do"][0] for view in ready} == {"acknowledge"}


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(preferencelist=("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


@pytest.mark.usefixtures("mail_channel")
def test_two_workers_deliver_each_message_once(
    store: Store, give: Give, server: Callable[[], None], letters: Letters
) -> None:
    server()
    break_fairness(store, give)
    letters.wait = 0.05
    threads = [
        threading.Thread(target=deliver_all, args=(store,), kwargs={"clock": utc_now})
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(letters.ids()) == 1


@pytest.mark.usefixtures("mail_channel")
def test_a_refused_message_does_not_hold_up_another_channel(
    store: Store, give: Give, server: Callable[[], None], letters: Letters, tmp_path: Path
) -> None:
    server()
    letters.answer = "451 come back later"
    writes.save_channel(
        store, name="box", kind="folder", config={"path": str(tmp_path / "box")}, who="test",
        now=utc_now(),
    )  # fmt: skip
    waiting = break_fairness(store, give)
    assert waiting > 1
    assert deliver_all(store, clock=utc_now) == 1
    table = reads.deliveries(store).set_index("channel")
    assert set(table.loc["box", "status"]) == {"sent"}
    assert set(table.loc["mail", "status"]) == {"queued"}
    assert "451" in table.loc["mail", "error"].iloc[0]


def test_a_folder_holds_mails_that_programs_can_read(
    store: Store, give: Give, tmp_path: Path
) -> None:
    box_channel(store, tmp_path)
    give(history())
    work_off(store)
    messages = deliver_all(store, clock=utc_now)
    box = mailbox.Maildir(tmp_path / "box", create=False)
    assert len(box) == messages > 1
    kinds = [{part.get_content_type() for part in mail.walk()} for mail in box]
    assert all({"text/plain", "text/html"} <= kind for kind in kinds)
    assert any("image/png" in kind for kind in kinds)


@pytest.fixture
def hook(store: Store) -> Iterator[Hook]:
    """Slack that has too much to do at first."""
    receiver = Hook((429, {"Retry-After": "600"}))
    config = {"url": receiver.url}
    writes.save_channel(store, name="slack", kind="slack", config=config, who="test", now=utc_now())
    yield receiver
    receiver.close()


def test_slacks_429_is_obeyed(store: Store, give: Give, hook: Hook) -> None:
    break_fairness(store, give)
    assert deliver_all(store, clock=utc_now) == 0
    late = reads.deliveries(store).query("status == 'queued'").iloc[0]
    assert (late["due_at"] - utc_now()).total_seconds() == pytest.approx(600, abs=60)
    assert deliver_all(store, clock=in_hours(0.1)) == 0
    assert deliver_all(store, clock=in_hours(0.3)) == 1
    assert len(hook.got) == 1


def test_recovery_is_told_as_well(store: Store, give: Give, tmp_path: Path) -> None:
    box_channel(store, tmp_path)
    break_fairness(store, give)
    opened = reads.incidents(store)
    of_one_batch = opened[opened["severity"] == "warning"]["id"]
    give(loans(3000, week=1, seed=5).assign(applied_at="2026-09-15"), "calm.csv")
    work_off(store)
    events = reads.deliveries(store).query("event == 'resolved'")
    assert set(events["incident"]) >= set(of_one_batch)
    states = reads.incidents(store).set_index("id")["state"]
    assert set(states[of_one_batch]) == {"resolved"}


def test_a_message_nobody_takes_for_three_days_is_given_up(store: Store, give: Give) -> None:
    config = {"url": f"http://127.0.0.1:{free_port()}/hook"}
    writes.save_channel(store, name="slack", kind="slack", config=config, who="test", now=utc_now())
    break_fairness(store, give)
    deliver_all(store, clock=in_hours(71))
    assert set(statuses(store)) == {"queued"}
    deliver_all(store, clock=in_hours(73))
    assert set(statuses(store)) == {"failed"}


def test_a_secret_that_is_not_there_is_named_and_the_message_waits(
    store: Store, give: Give, monkeypatch: pytest.MonkeyPatch, hook: Hook
) -> None:
    monkeypatch.delenv("SLACK_URL", raising=False)
    writes.save_channel(
        store, name="slack", kind="slack", config={"url": "${SLACK_URL}"}, who="test",
        now=utc_now(),
    )  # fmt: skip
    break_fairness(store, give)
    deliver_all(store, clock=utc_now)
    assert reads.deliveries(store)["error"].str.contains("SLACK_URL").all()
    monkeypatch.setenv("SLACK_URL", hook.url)
    deliver_all(store, clock=in_hours(1))
    deliver_all(store, clock=in_hours(2))
    assert len(hook.got) == 1


def test_what_cannot_be_composed_does_not_stop_the_others(
    store: Store, give: Give, tmp_path: Path
) -> None:
    box_channel(store, tmp_path)
    break_fairness(store, give)
    first = sending.claim_delivery(store, now=utc_now())
    assert first is not None
    happen(store, open_incident(store))
    with store.write() as connection:
        connection.execute(
            update(t.incident_events)
            .where(t.incident_events.c.id == first.news[0].event_id)
            .values(facts={})
        )
        connection.execute(update(t.outbox).values(status="queued"))
    assert deliver_all(store, clock=utc_now) == 1
    broken = reads.deliveries(store).query("status != 'sent'")
    assert set(broken["error"]) == {"The message could not be made or sent (KeyError: 'change')."}


def test_a_trial_message_names_the_channel(store: Store, tmp_path: Path) -> None:
    box_channel(store, tmp_path)
    said = send_trial(store, "box")
    (mail,) = (tmp_path / "box" / "new").iterdir()
    assert said == f"The channel box took a test message; the answer was: written as {mail.name}."


def test_a_message_waits_a_little_for_its_causes(store: Store, give: Give, tmp_path: Path) -> None:
    box_channel(store, tmp_path)
    break_fairness(store, give)
    explain = update(t.jobs).where(t.jobs.c.kind == JobKind.EXPLAIN)
    with store.write() as connection:
        connection.execute(explain.values(status=JobStatus.QUEUED))
    assert deliver_all(store, clock=utc_now) == 0
    assert deliver_all(store, clock=in_hours(sending.FOR_CAUSES / timedelta(hours=1))) == 1


@pytest.mark.usefixtures("explained")
def test_a_message_goes_at_once_when_its_causes_are_known(
    store: Store, give: Give, tmp_path: Path
) -> None:
    box_channel(store, tmp_path)
    break_fairness(store, give)
    assert deliver_all(store, clock=utc_now) == 1
    mails = [BytesParser(policy=policy.default).parsebytes(bytes(m)) for m in box(tmp_path)]
    texts = [mail.get_body(("plain",)).get_content() for mail in mails]  # type: ignore[union-attr]
    assert "Suspected causes" in texts[0]


def box(tmp_path: Path) -> list[mailbox.MaildirMessage]:
    return list(mailbox.Maildir(tmp_path / "box"))
