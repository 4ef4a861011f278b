"""What PostgreSQL does is what SQLite does, number by number."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pandas as pd
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from monitor.alerts.incidents import Event
from monitor.clock import utc_now
from monitor.jobs import acting, due, rule_files
from monitor.jobs.deliver import deliver_all
from monitor.jobs.doctor import examine
from monitor.jobs.intake import receive
from monitor.jobs.label_intake import receive_labels
from monitor.jobs.open_models import Runners
from monitor.jobs.step import step
from monitor.jobs.worker import work
from monitor.settings import Settings
from monitor.store import queue, reads, sending, tables, writes
from monitor.store.engine import Store, open_store
from monitor.store.migrate import config_for, current, head
from tests.databases import POSTGRESQL, new_database
from tests.jobs.loans import (
    GAP_WEEK,
    alarms,
    csv,
    history,
    jobs_of_batches,
    labels_of,
    loans,
    measured,
    records,
    runs,
    sequences,
    together,
    undone,
    without_labels,
    work_off,
)  # fmt: skip
from tests.jobs.told import happen, open_incident


@pytest.fixture
def database() -> str:
    return POSTGRESQL


@pytest.fixture
def lite(kept: Path, tmp_path: Path) -> Iterator[Store]:
    """The same on SQLite."""
    home = shutil.copytree(kept / "home", tmp_path / "lite")
    opened = open_store(Settings(home=home, database_url=""))
    yield opened
    opened.close()


LOOKING_BACK = """
loans:
- {metric: accuracy, against: previous, low: -0.01, batches: 2 of 3, severity: warning}
- {metric: log_loss, against: trailing, trailing: 3, high: 1, minimum_coverage: 0.5}
- {metric: precision, against: weekday, low: -0.01, evidence: value, severity: warning}
"""


def story(store: Store, folder: Path) -> None:
    """Eight weeks without labels, a channel, and the labels afterwards; rules that look back, from
    a file."""
    folder.mkdir()
    rule_files.apply(store, rule_files.read(store, LOOKING_BACK), who="test", now=utc_now())
    config = {"path": str(folder / "mail")}
    writes.save_channel(store, name="box", kind="folder", config=config, who="test", now=utc_now())
    frame = history()
    path = csv(without_labels(frame), folder / "history.csv")
    receive(store, "loans", path, name="history.csv", source="test")
    work_off(store)
    path = csv(labels_of(frame), folder / "labels.csv")
    receive_labels(store, "loans", path, name="labels.csv", source="test")
    work_off(store)
    due.watch(store, now=utc_now())


def test_the_numbers_are_those_of_sqlite(store: Store, lite: Store, tmp_path: Path) -> None:
    story(store, tmp_path / "a")
    story(lite, tmp_path / "b")
    assert undone(store) == []
    pd.testing.assert_frame_equal(measured(store), measured(lite))
    told = ["metric", "feature", "attribute", "group", "state", "sentence", "value", "n"]
    mine, others = (reads.incidents(one)[told].sort_values(told) for one in (store, lite))
    assert len(mine)
    pd.testing.assert_frame_equal(mine.reset_index(drop=True), others.reset_index(drop=True))
    columns = ["name", "starts_at", "ends_at", "rows", "scored", "labelled", "verdict", "notes"]
    pd.testing.assert_frame_equal(records(store)[columns], records(lite)[columns])
    shown = reads.models(store).drop(columns=["last_scored_at"])
    pd.testing.assert_frame_equal(shown, reads.models(lite).drop(columns=["last_scored_at"]))


def many_weeks(store: Store, folder: Path) -> None:
    """Weeks, their labels afterwards, an alarm acknowledged, a week more, and one deleted."""

    def give(frame: pd.DataFrame, name: str, of: Callable[..., object] = receive) -> None:
        of(store, "loans", csv(frame, folder / name), name=name, source="test")
        work_off(store)

    folder.mkdir()
    frame = history(GAP_WEEK + 1)
    give(without_labels(frame), "history.csv")
    give(labels_of(frame), "labels.csv", receive_labels)
    now = pd.Timestamp("2026-11-26", tz="UTC").to_pydatetime()
    (alarm,) = alarms(store)["id"]
    acting.acknowledge(store, int(alarm), who="Ada", note="", now=now)
    give(loans(week=GAP_WEEK + 2, seed=3), "later.csv")
    writes.delete_batch(store, int(records(store)["id"].iloc[1]), who="Ada", now=now)
    work_off(store)


def test_what_many_batches_say_is_what_it_is_on_sqlite(
    store: Store, lite: Store, tmp_path: Path
) -> None:
    for place, one in enumerate((store, lite)):
        many_weeks(one, tmp_path / f"weeks{place}")
        assert undone(one) == []
    assert len(sequences(store)) == GAP_WEEK + 1
    assert "performance_change_evidence" in set(together(store)["metric"])
    pd.testing.assert_frame_equal(sequences(store), sequences(lite))
    pd.testing.assert_frame_equal(together(store), together(lite))
    told = ["metric", "state", "sentence", "value", "n", "severity", "batch"]
    pd.testing.assert_frame_equal(alarms(store)[told], alarms(lite)[told])
    (mine,), (other,) = alarms(store)["id"], alarms(lite)["id"]
    events = [reads.incident_events(one, int(i)) for one, i in ((store, mine), (lite, other))]
    pd.testing.assert_frame_equal(*(one[["kind", "sentence", "who"]] for one in events))


def test_messages_are_delivered_and_every_page_can_be_read(store: Store, tmp_path: Path) -> None:
    story(store, tmp_path / "a")
    assert deliver_all(store, clock=utc_now) > 1
    assert set(reads.deliveries(store)["status"]) == {"sent"}
    incident = int(reads.incidents(store)["id"].iloc[0])
    assert reads.incidents(store)["notified"].iloc[0] == "box"
    acting.acknowledge(store, incident, who="Ada", note="on it", now=utc_now())
    assert list(reads.incident_events(store, incident)["kind"])[-1] == "acknowledged"
    assert len(jobs_of_batches(store)) == 9
    assert len(reads.versions(store, "loans")) == 1
    assert len(reads.rules(store, "loans")) > 5
    last = records(store)["name"].iloc[-1]
    assert not reads.distribution(store, "loans", batch=last, feature="income").empty
    assert not reads.confusion(store, "loans", batch=last).empty
    assert reads.workers(store).empty


def test_many_workers_post_and_send_and_each_event_goes_once_and_in_order(
    store: Store, tmp_path: Path
) -> None:
    """While messages are claimed others of the same batches are written beside them."""
    config = {"path": str(tmp_path / "mail")}
    writes.save_channel(store, name="box", kind="folder", config=config, who="test", now=utc_now())
    incidents = [open_incident(store) for _ in range(4)]
    told: list[tuple[str, int, int]] = []  # key, incident, event
    over = threading.Event()

    def write() -> None:
        for number in range(40):
            happen(store, incidents[number % 4], Event.REVISED, batch=number // 7)
        over.set()

    def send() -> None:
        while True:
            done = over.is_set()
            claim = sending.claim_delivery(store, now=utc_now())
            if claim is None:
                if done:
                    return
                continue
            told.extend((claim.key, news.incident_id, news.event_id) for news in claim.news)
            sending.mark_sent(store, claim, answer="", warning="", now=utc_now())

    threads = [threading.Thread(target=write), *(threading.Thread(target=send) for _ in range(3))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({event for _, _, event in told}) == len(told) == 40
    for incident in incidents:
        events = [event for _, about, event in told if about == incident]
        assert events == sorted(events)


def test_of_many_workers_one_gets_each_job(store: Store, tmp_path: Path) -> None:
    receive_history(store, tmp_path)
    claimed: list[int] = []

    def take(worker: str) -> None:
        while (job := queue.claim(store, worker=worker, now=utc_now())) is not None:
            claimed.append(job.id)

    at_once([lambda k=k: take(f"w{k}") for k in range(6)])  # type: ignore[misc]
    assert len(claimed) == len(set(claimed)) == 8


def receive_history(store: Store, folder: Path) -> None:
    path = csv(history(), folder / "history.csv")
    receive(store, "loans", path, name="history.csv", source="test")


def at_once(acts: list[object]) -> None:
    threads = [threading.Thread(target=act) for act in acts]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_workers_at_the_same_time_give_what_one_gives(
    store: Store, lite: Store, settings: Settings, tmp_path: Path
) -> None:
    """Each concludes about the same model; none may miss the incident that another opens."""
    receive_history(store, tmp_path)
    at_once([lambda: work(settings, until_idle=True) for _ in range(3)])
    assert undone(store) == []
    assert len(runs(store)) == 8
    receive_history(lite, tmp_path)
    work_off(lite)
    numbers = ["starts_at", "metric", "feature", "attribute", "group", "value", "low", "high", "n"]
    pd.testing.assert_frame_equal(measured(store)[numbers], measured(lite)[numbers])
    with store.read() as connection:
        errors = connection.execute(text("SELECT count(*) FROM jobs WHERE faults > 0"))
        assert errors.scalar_one() == 0


def test_the_same_file_from_two_hands_at_once_is_one_batch(store: Store, tmp_path: Path) -> None:
    path = csv(history(3), tmp_path / "history.csv")
    said: list[bool] = []

    def hand_in() -> None:
        receipt = receive(store, "loans", path, name="h.csv", source="test")
        said.append(receipt.repeated)

    at_once([hand_in] * 4)
    assert sorted(said) == [False, True, True, True]
    assert len(records(store)) == 3


def test_opening_twice_at_the_same_time_makes_one_database(postgres: str, tmp_path: Path) -> None:
    opened: list[Store] = []
    with new_database(postgres) as address:
        empty = Settings(home=tmp_path / "empty", database_url=address)
        at_once([lambda: opened.append(open_store(empty))] * 3)
        assert [reads.revision(store) for store in opened] == [0, 0, 0]
        for store in opened:
            store.close()


def test_the_migrations_make_the_tables_the_code_knows(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []


@pytest.mark.parametrize("where", ["store", "lite"])
def test_every_migration_goes_down_and_up_over_what_is_stored(
    where: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    one: Store = request.getfixturevalue(where)
    receive_history(one, tmp_path)
    work_off(one)
    assert len(alarms(one)) == 1
    with one.engine.begin() as connection:
        config = config_for(connection)
        known = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
        for below in [*known[1:], "base"]:
            command.downgrade(config, below)
            command.upgrade(config, "head")
            assert current(connection) == head() == known[0]
            found = MigrationContext.configure(connection)
            assert compare_metadata(found, tables.metadata) == []
    assert reads.models(one).empty  # the first migration takes the tables with it


def test_the_doctor_knows_it(store: Store, settings: Settings) -> None:
    assert examine(settings)[0].sentence.startswith("Database: postgresql answers")


def test_a_server_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    from monitor.errors import StoreError

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings(home=tmp_path, database_url=f"postgresql://x@127.0.0.1:{port}/x")
    with pytest.raises(StoreError) as away:
        open_store(settings)
    assert "\n" not in str(away.value)


def test_characters_that_postgres_cannot_keep_do_not_stop_a_batch(
    store: Store, tmp_path: Path
) -> None:
    frame = loans(week=GAP_WEEK)
    frame.loc[:20, "job"] = "co\x00ok"
    frame["sex"] = frame["sex"].where(frame.index % 7 > 0, "nul\x00")
    path = tmp_path / "nul.parquet"
    frame.to_parquet(path)
    receive(store, "loans", path, name="nul.parquet", source="test")
    work_off(store)
    assert undone(store) == []


def test_a_worker_whose_clock_is_wrong_cannot_take_what_another_works_on(
    store: Store, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive_history(store, tmp_path)
    held = queue.claim(store, worker="w", now=store.now())
    assert held is not None
    monkeypatch.setattr("monitor.clock.datetime", Ahead)
    with Runners(store) as runners:
        queue.recover(store, now=store.now())
        step(store, "ahead", runners)
    with store.read() as connection:
        by = connection.execute(text(f"SELECT worker, crashes FROM jobs WHERE id = {held.id}"))
        assert by.one() == ("w", 0)
    queue.heartbeat(store, held, progress=0.5, now=store.now())


class Ahead(datetime):
    """A clock that is two days ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(days=2)
