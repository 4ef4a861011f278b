"""What goes together, in which order, to whom, and what waits for what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from monitor.alerts.incidents import Event
from monitor.alerts.pauses import Pause, PauseKind
from monitor.clock import utc_now
from monitor.jobs.deliver import deliver_all
from monitor.jobs.doctor import examine
from monitor.jobs.trial import send_trial
from monitor.settings import Settings
from monitor.store import pauses, reads, sending, writes
from monitor.store import tables as t
from monitor.store.channels import channels_health, is_one_down
from monitor.store.engine import Store
from monitor.terms import Severity
from tests.alerts.receivers import Answer, HttpReceiver
from tests.databases import ONLY_SQLITE
from tests.jobs.receivers import Hook, Letters, free_port
from tests.jobs.told import happen, messages, open_incident


def box(store: Store, tmp_path: Path, name: str = "box", *, enabled: bool = True) -> None:
    writes.save_channel(
        store, name=name, kind="folder", config={"path": str(tmp_path / name)}, who="test",
        now=utc_now(), enabled=enabled,
    )  # fmt: skip


def later(**time: float) -> Callable[[], datetime]:
    return lambda: utc_now() + timedelta(**time)


@pytest.mark.usefixtures("mail_channel")
def test_what_one_batch_says_is_one_message_and_what_another_says_another(
    store: Store, server: Callable[[], None], letters: Letters
) -> None:
    server()
    for batch in (1, 1, 1, 2):
        happen(store, open_incident(store), batch=batch)
    assert deliver_all(store, clock=utc_now) == 2
    first, second = letters.mails
    assert "(and 2 more)" in first["Subject"]
    assert "more)" not in second["Subject"]


@pytest.mark.usefixtures("mail_channel")
def test_the_worst_is_told_first_and_in_full_and_the_many_in_a_line_each(
    store: Store, server: Callable[[], None], letters: Letters
) -> None:
    server()
    for value in (0.79, 0.6, 0.78, 0.77, 0.5):
        happen(store, open_incident(store), value=value)
    happen(store, open_incident(store), value=0.76, severity=Severity.CRITICAL)
    happen(store, open_incident(store), Event.RESOLVED, value=0.9)
    deliver_all(store, clock=utc_now)
    (mail,) = letters.mails
    assert mail["Subject"].startswith("Critical – loans: Accuracy 76.0 %, limit at least 80.0 %")
    text = mail.get_body(("plain",)).get_content()
    in_full, rest = text.split("And 4 more:")
    assert places(in_full, "Accuracy: 0.76.", "Accuracy: 0.5.", "Accuracy: 0.6.")
    assert places(rest, "77.0", "78.0", "79.0", "90.0")
    assert "Resolved" in rest


def places(text: str, *parts: str) -> bool:
    """Whether they are all there, in this order."""
    found = [text.index(part) for part in parts]
    return found == sorted(found)


@pytest.mark.usefixtures("mail_channel")
def test_what_comes_after_a_message_was_tried_is_a_message_of_its_own(
    store: Store, server: Callable[[], None], letters: Letters
) -> None:
    happen(store, open_incident(store))
    assert deliver_all(store, clock=utc_now) == 0  # nobody answers, or the answer was lost
    happen(store, open_incident(store))
    server()
    assert deliver_all(store, clock=later(hours=1)) == 2
    assert len(set(letters.ids())) == 2


@pytest.mark.usefixtures("mail_channel")
def test_an_incident_is_one_thread(
    store: Store, server: Callable[[], None], letters: Letters
) -> None:
    server()
    one, other = open_incident(store), open_incident(store)
    happen(store, one, batch=1)
    happen(store, other, batch=2)
    for event, batch in ((Event.REVISED, 3), (Event.RESOLVED, 4)):
        happen(store, one, event, batch=batch)
    happen(store, other, Event.RESOLVED, batch=5)
    happen(store, one, Event.OPENED, batch=5)
    assert deliver_all(store, clock=utc_now) == 5
    first, second, *replies, both = letters.mails
    assert first["In-Reply-To"] is second["In-Reply-To"] is None
    assert {mail["In-Reply-To"] for mail in replies} == {first["Message-ID"]}
    assert set(both["References"].split()) == {first["Message-ID"], second["Message-ID"]}


def test_a_channel_that_never_heard_of_an_incident_begins_a_thread(
    store: Store, tmp_path: Path
) -> None:
    box(store, tmp_path)
    incident = open_incident(store)
    happen(store, incident)
    deliver_all(store, clock=utc_now)
    box(store, tmp_path, "second")
    happen(store, incident, Event.RESOLVED, batch=2)
    deliver_all(store, clock=utc_now)
    (letter,) = (tmp_path / "second" / "new").iterdir()
    assert "In-Reply-To" not in letter.read_text()


@pytest.mark.usefixtures("mail_channel")
def test_nothing_of_an_incident_overtakes_what_was_posted_before(
    store: Store, server: Callable[[], None], letters: Letters
) -> None:
    server()
    letters.answer = "451 not now"
    slow, other = open_incident(store), open_incident(store)
    happen(store, slow, batch=1)
    deliver_all(store, clock=utc_now)
    happen(store, slow, Event.RESOLVED, batch=2)
    happen(store, other, batch=3)
    letters.answer = "250 OK"
    assert deliver_all(store, clock=utc_now) == 1  # a refused message holds up its own incident
    assert deliver_all(store, clock=later(minutes=1)) == 2
    assert [mail["Subject"].split(" – ")[0] for mail in letters.mails] == [
        "Warning", "Warning", "Resolved",
    ]  # fmt: skip


def test_a_server_that_is_away_is_asked_once_and_not_once_for_each_message(
    store: Store, mail_channel: None, server: Callable[[], None], letters: Letters
) -> None:
    for batch in range(6):
        happen(store, open_incident(store), batch=batch)
    deliver_all(store, clock=utc_now)
    assert sorted(reads.deliveries(store)["attempt"]) == [0, 0, 0, 0, 0, 1]
    assert deliver_all(store, clock=utc_now) == 0
    server()
    assert deliver_all(store, clock=later(minutes=1)) == 6
    weeks = [mail.get_body(("plain",)).get_content() for mail in letters.mails]
    assert [f"week {k}" in text for k, text in enumerate(weeks)] == [True] * 6


def test_a_channel_asked_to_wait_holds_all_of_its_messages_and_no_others(
    store: Store, tmp_path: Path
) -> None:
    hook = Hook((429, {"Retry-After": "600"}))
    config = {"url": hook.url}
    writes.save_channel(store, name="slack", kind="slack", config=config, who="test", now=utc_now())
    box(store, tmp_path)
    for batch in range(3):
        happen(store, open_incident(store), batch=batch)
    assert deliver_all(store, clock=utc_now) == 3
    happen(store, open_incident(store), batch=4)
    assert deliver_all(store, clock=later(minutes=9)) == 1
    assert hook.got == []
    assert deliver_all(store, clock=later(minutes=11)) == 4
    assert len(hook.got) == 4
    hook.close()


def test_only_the_channels_that_the_rule_tells_hear_of_it(store: Store, tmp_path: Path) -> None:
    for name in ("team", "pager", "gone"):
        box(store, tmp_path, name)
    with store.write() as connection:
        connection.execute(update(t.rules).values(telling={"channels": ["team", "gone"]}))
    happen(store, open_incident(store))
    assert set(reads.deliveries(store)["channel"]) == {"team", "gone"}
    happen(store, 1, Event.ESCALATED, batch=2, channels=["pager"])
    happen(store, 1, Event.RESOLVED, batch=3)  # who was woken hears that it is over
    told = reads.deliveries(store).query("event == 'resolved'")
    assert set(told["channel"]) == {"gone", "pager", "team"}


def test_an_alert_does_not_fall_to_nobody_because_its_channel_is_gone(
    store: Store, tmp_path: Path
) -> None:
    box(store, tmp_path, "team")
    with store.write() as connection:
        connection.execute(update(t.rules).values(telling={"channels": ["gone"]}))
    happen(store, open_incident(store))
    assert list(reads.deliveries(store)["channel"]) == ["team"]


def test_a_channel_that_is_off_gets_nothing_not_even_what_waited(
    store: Store, tmp_path: Path
) -> None:
    box(store, tmp_path)
    happen(store, open_incident(store))
    box(store, tmp_path, enabled=False)
    happen(store, open_incident(store))
    box(store, tmp_path)
    assert deliver_all(store, clock=utc_now) == 0
    assert list(reads.deliveries(store)["error"]) == ["The channel was switched off."]


def test_what_was_held_back_goes_later_under_a_key_of_its_own(store: Store, tmp_path: Path) -> None:
    box(store, tmp_path)
    for _ in range(3):
        happen(store, open_incident(store))
    claimed = sending.claim_delivery(store, now=utc_now())
    assert claimed is not None
    left = sending.hold(store, claimed, claimed.news[1:2], until=utc_now() + timedelta(hours=8))
    assert [news.incident_id for news in left.news] == [1, 3]
    sending.mark_sent(store, left, answer="250", warning="", now=utc_now())
    assert sorted(reads.deliveries(store)["status"]) == ["queued", "sent", "sent"]
    happen(store, 2, Event.RESOLVED)  # and what follows waits behind it
    assert deliver_all(store, clock=later(hours=7)) == 0
    assert deliver_all(store, clock=later(hours=9)) == 2
    assert messages(store) == 3


def night(store: Store, kind: PauseKind, *, rule: int | None = None) -> int:
    """From now on for eight hours; its id."""
    now = utc_now()
    pause = Pause("night", kind, now - timedelta(hours=1), now + timedelta(hours=7), rule_id=rule)
    return pauses.add(store, pause.to_row(), who="test", now=now)


def test_in_quiet_hours_a_message_waits_until_they_end(store: Store, tmp_path: Path) -> None:
    box(store, tmp_path)
    night(store, PauseKind.QUIET)
    happen(store, open_incident(store), severity=Severity.CRITICAL)
    assert deliver_all(store, clock=later(hours=6)) == 0
    assert deliver_all(store, clock=later(hours=8)) == 1


def test_hours_quiet_for_warnings_let_what_is_critical_through(
    store: Store, tmp_path: Path
) -> None:
    box(store, tmp_path)
    night(store, PauseKind.WARNINGS)
    minor, major = open_incident(store), open_incident(store)
    with store.write() as connection:
        mine = update(t.incidents).where(t.incidents.c.id == major)
        connection.execute(mine.values(severity="critical"))
    happen(store, minor)
    happen(store, major, severity=Severity.CRITICAL)
    assert deliver_all(store, clock=utc_now) == 1
    waiting = reads.deliveries(store).query("status == 'queued'")
    assert list(waiting["incident"]) == [minor]
    assert deliver_all(store, clock=later(hours=8)) == 1


def test_quiet_for_one_rule_is_not_quiet_for_the_others(store: Store, tmp_path: Path) -> None:
    box(store, tmp_path)
    quiet, loud = open_incident(store), open_incident(store)
    with store.read() as connection:
        rule = connection.scalar(select(t.incidents.c.rule_id).where(t.incidents.c.id == quiet))
    night(store, PauseKind.QUIET, rule=rule)
    happen(store, quiet)
    happen(store, loud)
    assert deliver_all(store, clock=utc_now) == 1
    assert list(reads.deliveries(store).query("status == 'sent'")["incident"]) == [loud]


def test_a_pause_that_is_removed_holds_nothing_any_more(store: Store, tmp_path: Path) -> None:
    box(store, tmp_path)
    pause = night(store, PauseKind.QUIET)
    happen(store, open_incident(store))
    assert deliver_all(store, clock=utc_now) == 0
    pauses.remove(store, pause, who="test", now=utc_now())
    assert deliver_all(store, clock=utc_now) == 1


def test_what_waited_through_a_long_pause_is_still_tried_for_three_days(
    store: Store, mail_channel: None
) -> None:
    now = utc_now()
    leave = Pause("holiday", PauseKind.QUIET, now - timedelta(hours=1), now + timedelta(days=10))
    pauses.add(store, leave.to_row(), who="test", now=now)
    happen(store, open_incident(store))
    deliver_all(store, clock=utc_now)
    deliver_all(store, clock=later(days=10.1))
    assert list(reads.deliveries(store)["status"]) == ["queued"]
    deliver_all(store, clock=later(days=13.2))
    assert list(reads.deliveries(store)["status"]) == ["failed"]


def test_a_channels_health_says_since_when_it_fails_and_what_waits(
    store: Store, mail_channel: None, server: Callable[[], None]
) -> None:
    before = channels_health(store).iloc[0]
    assert (before["waiting"], before["error"]) == (0, None)
    for batch in range(3):
        happen(store, open_incident(store), batch=batch)
    deliver_all(store, clock=utc_now)
    since = channels_health(store).iloc[0]["failing_since_at"]
    deliver_all(store, clock=later(minutes=10))
    down = channels_health(store).iloc[0]
    assert is_one_down(store)
    assert "refused the connection" in down["error"]
    assert down["failing_since_at"] == since
    assert (down["waiting"], down["given_up"]) == (3, 0)
    said = [finding.sentence for finding in examine(store.settings) if not finding.ok]
    assert any("Channel mail fails since" in one and "3 events wait" in one for one in said)
    server()
    assert "250 OK" in send_trial(store, "mail")
    assert deliver_all(store, clock=utc_now) == 3  # at once, for now it answers
    up = channels_health(store).iloc[0]
    assert (up["waiting"], up["error"], up["last_answer"]) == (0, None, "250 OK")
    assert not is_one_down(store)
    assert up["last_sent_at"] > since


@pytest.fixture
def quiet_box(store: Store, tmp_path: Path) -> Store:
    box(store, tmp_path)
    return store


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    posted=st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 3)) | st.just("send"), min_size=1, max_size=20
    )
)
def test_whatever_comes_everything_goes_once_and_in_its_incidents_order(
    quiet_box: Store, posted: list[tuple[int, int] | str]
) -> None:
    """The order in which incidents and batches speak, and in which messages go, is arbitrary."""
    store = quiet_box
    with store.write() as connection:
        connection.execute(delete(t.incidents))
    incidents = [open_incident(store) for _ in range(3)]
    told: list[int] = []
    for step in posted:
        if isinstance(step, str):
            claim = sending.claim_delivery(store, now=utc_now())
            if claim is not None:
                sending.mark_sent(store, claim, answer="", warning="", now=utc_now())
                told += [news.event_id for news in claim.news]
        else:
            happen(store, incidents[step[0]], batch=step[1])
    while (claim := sending.claim_delivery(store, now=utc_now())) is not None:
        sending.mark_sent(store, claim, answer="", warning="", now=utc_now())
        told += [news.event_id for news in claim.news]
    with store.read() as connection:
        e = t.incident_events.c
        rows = connection.execute(select(e.id, e.incident_id).order_by(e.id)).all()
    assert sorted(told) == [row.id for row in rows]
    owner = {row.id: row.incident_id for row in rows}
    for incident in incidents:
        mine = [event for event in told if owner[event] == incident]
        assert mine == sorted(mine)


def test_secrets_come_from_files_and_get_into_no_other(
    store: Store, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    token, secret = "T0aVeryVerySecretToken", "correct-horse-battery"
    store.settings.secrets.mkdir()
    (store.settings.secrets / "HOOK_TOKEN").write_text(f"{token}\n")
    (store.settings.secrets / "HOOK_SECRET").write_text(secret)
    echo = f"at /{token} signed with {secret}"
    hook = HttpReceiver(Answer(500, body=echo), Answer(200, body=echo))
    config = {"url": f"http://127.0.0.1:{hook.port}/${{HOOK_TOKEN}}", "allow_private": True,
              "secret": "${HOOK_SECRET}"}  # fmt: skip
    writes.save_channel(store, name="hook", kind="webhook", config=config, who="t", now=utc_now())
    assert any("Channel hook (webhook) is complete" in one.sentence for one in examine(settings))
    with caplog.at_level(0):
        happen(store, open_incident(store))
        assert deliver_all(store, clock=utc_now) == 0
        assert deliver_all(store, clock=later(minutes=1)) == 1
        said = send_trial(store, "hook")
    hook.close()
    assert {request.path for request in hook.got} == {f"/{token}"}
    assert "at /… signed with …" in said
    kept = [file for file in store.settings.home.rglob("*") if file.is_file()]
    others = [file for file in kept if file.parent != store.settings.secrets]
    assert len(kept) == len(others) + 2
    for hidden in (token, secret):
        assert hidden not in caplog.text + said
        assert [file for file in others if hidden.encode() in file.read_bytes()] == []


def test_a_message_to_a_port_that_nobody_listens_on_is_given_up_after_three_days(
    store: Store,
) -> None:
    config = {"url": f"http://127.0.0.1:{free_port()}/hook"}
    writes.save_channel(store, name="slack", kind="slack", config=config, who="test", now=utc_now())
    happen(store, open_incident(store))
    deliver_all(store, clock=later(days=2.9))
    assert list(reads.deliveries(store)["status"]) == ["queued"]
    deliver_all(store, clock=later(days=3.1))
    assert list(reads.deliveries(store)["status"]) == ["failed"]
    assert channels_health(store).iloc[0]["given_up"] == 1


@ONLY_SQLITE
def test_claiming_looks_for_predecessors_by_incident(store: Store) -> None:
    """By channel it looked at every message there had been: seconds where there are thousands."""
    query = sending._oldest(utc_now())
    sql = query.compile(store.engine, compile_kwargs={"literal_binds": True})
    with store.read() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
    (search,) = [line for line in plan if "predecessor" in line]
    assert "(incident_id=? AND channel_id=?)" in search
