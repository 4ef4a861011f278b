"""Messages on their way: servers and workers die; nothing is lost and nothing comes twice."""

from __future__ import annotations

import json
import mailbox
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import update

from monitor.clock import utc_now
from monitor.jobs.deliver import deliver_all
from monitor.jobs.trial import send_trial
from monitor.settings import Settings
from monitor.store import outbox, reads, writes
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import JobKind, JobStatus
from tests.jobs.conftest import Give
from tests.jobs.loans import GAP_WEEK, history, loans, work_off
from tests.jobs.workers import worker


class Letters:
    """What a mail server took; it answers slowly or with a refusal where it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.wait, self.answer = 0.0, "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.mails.append(BytesParser(policy=policy.default).parsebytes(envelope.content))
        time.sleep(self.wait)
        return self.answer

    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.mails]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def server(port: int, letters: Letters) -> Iterator[Callable[[], None]]:
    """Starts a mail server on the port when it is called."""
    controller = Controller(letters, hostname="127.0.0.1", port=port)
    started: list[bool] = []

    def start() -> None:
        controller.start()
        started.append(True)

    yield start
    if started:
        controller.stop()


@pytest.fixture
def mail_channel(store: Store, port: int) -> None:
    config = {"host": "127.0.0.1", "port": port, "security": "plain", "from": "fw@example.org",
              "to": "on-call@example.org"}  # fmt: skip
    writes.save_channel(store, name="mail", kind="email", config=config, who="test", now=utc_now())


def box_channel(store: Store, tmp_path: Path) -> None:
    config = {"path": str(tmp_path / "box")}
    writes.save_channel(store, name="box", kind="folder", config=config, who="test", now=utc_now())


def break_fairness(store: Store, give: Give) -> int:
    """A batch that opens incidents; returns how many messages wait."""
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
    assert deliver_all(store, clock=in_hours(10)) == waiting
    assert deliver_all(store, clock=in_hours(20)) == 0
    assert set(statuses(store)) == {"sent"}
    assert len(letters.mails) == waiting
    assert len(set(letters.ids())) == waiting


@pytest.mark.usefixtures("mail_channel")
def test_a_message_says_it_all_and_links_to_exactly_that_view(
    store: Store, give: Give, server: Callable[[], None], letters: Letters
) -> None:
    server()
    break_fairness(store, give)
    deliver_all(store, clock=utc_now)
    about = [mail for mail in letters.mails if "parity" in text_of(mail) or "sex" in text_of(mail)]
    text = text_of(about[0])
    assert "loans" in about[0]["Subject"]
    assert "female" in text
    link = next(word for word in text.split() if word.startswith(store.settings.base_url))
    view = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert (view["model"], view["attribute"], view["batch"]) == ("loans", "sex", "history")
    assert view["metric"] in set(reads.incidents(store)["metric"])


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(preferencelist=("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


@pytest.mark.usefixtures("mail_channel")
def test_two_workers_deliver_each_message_once(
    store: Store, give: Give, server: Callable[[], None], letters: Letters
) -> None:
    server()
    waiting = break_fairness(store, give)
    letters.wait = 0.05
    threads = [
        threading.Thread(target=deliver_all, args=(store,), kwargs={"clock": utc_now})
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(letters.ids()) == len(set(letters.ids())) == waiting


@pytest.mark.usefixtures("mail_channel")
def test_a_worker_killed_between_two_messages_loses_none(
    store: Store, settings: Settings, give: Give, server: Callable[[], None], letters: Letters
) -> None:
    """The one that was under way may come again, with the Message-ID that it had."""
    waiting = break_fairness(store, give)
    letters.wait = 0.3
    server()
    with worker(settings, "w"):
        end = time.monotonic() + 60
        while not letters.mails and time.monotonic() < end:
            time.sleep(0.02)
    letters.wait = 0
    deliver_all(store, clock=utc_now)
    deliver_all(store, clock=in_hours(1))
    assert set(statuses(store)) == {"sent"}
    assert len(set(letters.ids())) == len(statuses(store)) >= waiting
    assert len(letters.ids()) <= len(statuses(store)) + 1


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
    assert deliver_all(store, clock=utc_now) == waiting / 2
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
    waiting = len(reads.deliveries(store))
    assert deliver_all(store, clock=utc_now) == waiting
    box = mailbox.Maildir(tmp_path / "box", create=False)
    assert len(box) == waiting
    kinds = [{part.get_content_type() for part in mail.walk()} for mail in box]
    assert all({"text/plain", "text/html"} <= kind for kind in kinds)
    assert any("image/png" in kind for kind in kinds)


class Hook:
    """A webhook receiver that answers from a list, then with 200."""

    def __init__(self, *answers: tuple[int, dict[str, str]]) -> None:
        self.got: list[dict[str, Any]] = []
        waiting = list(answers)
        got = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code, headers = waiting.pop(0) if waiting else (200, {})
                if code == 200:
                    got.append(json.loads(body))
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"ok" if code == 200 else b"ratelimited")

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook(store: Store) -> Iterator[Hook]:
    """Slack that has too much to do at first."""
    receiver = Hook((429, {"Retry-After": "600"}))
    config = {"url": receiver.url}
    writes.save_channel(store, name="slack", kind="slack", config=config, who="test", now=utc_now())
    yield receiver
    receiver.close()


def test_slacks_429_is_obeyed(store: Store, give: Give, hook: Hook) -> None:
    waiting = break_fairness(store, give)
    assert deliver_all(store, clock=utc_now) == waiting - 1
    late = reads.deliveries(store).query("status == 'queued'").iloc[0]
    assert (late["due_at"] - utc_now()).total_seconds() == pytest.approx(600, abs=60)
    assert deliver_all(store, clock=in_hours(0.1)) == 0
    assert deliver_all(store, clock=in_hours(0.3)) == 1
    assert len(hook.got) == waiting
    assert len({json.dumps(message, sort_keys=True) for message in hook.got}) == waiting


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
    waiting = break_fairness(store, give)
    deliver_all(store, clock=utc_now)
    assert reads.deliveries(store)["error"].str.contains("SLACK_URL").all()
    monkeypatch.setenv("SLACK_URL", hook.url)
    deliver_all(store, clock=in_hours(1))
    deliver_all(store, clock=in_hours(2))
    assert len(hook.got) == waiting


def test_what_cannot_be_composed_does_not_stop_the_others(
    store: Store, give: Give, tmp_path: Path
) -> None:
    box_channel(store, tmp_path)
    waiting = break_fairness(store, give)
    first = outbox.claim_delivery(store, now=utc_now())
    assert first is not None
    with store.write() as connection:
        connection.execute(
            update(t.incident_events)
            .where(t.incident_events.c.id == first.event_id)
            .values(facts={})
        )
        connection.execute(update(t.outbox).values(status="queued"))
    assert deliver_all(store, clock=utc_now) == waiting - 1
    broken = reads.deliveries(store).query("status != 'sent'")
    assert list(broken["error"]) == ["The message could not be made or sent (KeyError: 'change')."]


def test_a_trial_message_names_the_channel(store: Store, tmp_path: Path) -> None:
    box_channel(store, tmp_path)
    assert send_trial(store, "box") == "The channel box took a test message."


def test_a_message_waits_a_little_for_its_causes(store: Store, give: Give, tmp_path: Path) -> None:
    box_channel(store, tmp_path)
    waiting = break_fairness(store, give)
    explain = update(t.jobs).where(t.jobs.c.kind == JobKind.EXPLAIN)
    with store.write() as connection:
        connection.execute(explain.values(status=JobStatus.QUEUED))
    assert deliver_all(store, clock=utc_now) == 0
    assert deliver_all(store, clock=in_hours(outbox.FOR_CAUSES / timedelta(hours=1))) == waiting


@pytest.mark.usefixtures("explained")
def test_a_message_goes_at_once_when_its_causes_are_known(
    store: Store, give: Give, tmp_path: Path
) -> None:
    box_channel(store, tmp_path)
    waiting = break_fairness(store, give)
    assert deliver_all(store, clock=utc_now) == waiting
    mails = [BytesParser(policy=policy.default).parsebytes(bytes(m)) for m in box(tmp_path)]
    texts = [mail.get_body(("plain",)).get_content() for mail in mails]  # type: ignore[union-attr]
    assert all("Suspected causes" in text for text in texts if "Failing" in text)


def box(tmp_path: Path) -> list[mailbox.MaildirMessage]:
    return list(mailbox.Maildir(tmp_path / "box"))
