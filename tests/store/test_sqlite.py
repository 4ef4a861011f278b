"""What can be in the way of one file: locks, a full disk, damage, an older shape."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from monitor.clock import utc_now
from monitor.errors import Busy, StoreError
from monitor.settings import Settings
from monitor.store import reads, tables
from monitor.store.engine import Store, open_store
from monitor.store.migrate import FOLDER, without_cascades


def test_opening_twice_at_the_same_time_makes_one_database(settings: Settings) -> None:
    threads = [threading.Thread(target=open_store, args=(settings,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reads.revision(open_store(settings)) == 0


def test_no_increment_is_lost_among_concurrent_writers(store: Store) -> None:
    def bump() -> None:
        for _ in range(30):
            with store.note() as connection:
                number = connection.scalar(select(tables.revision.c.number))
                connection.execute(update(tables.revision).values(number=number + 1))

    threads = [threading.Thread(target=bump) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reads.revision(store) == 240


def test_a_database_locked_by_another_process_is_busy_not_broken(
    store: Store, settings: Settings
) -> None:
    with store.engine.connect() as warm:
        warm.execute(text("PRAGMA busy_timeout=50"))
    other = sqlite3.connect(settings.home / "fairwatch.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy, match="Another process holds the database"), store.write():
        pass
    other.rollback()
    other.close()
    with store.write():
        pass


def test_a_full_disk_is_busy_and_the_work_is_kept(store: Store) -> None:
    with store.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(Busy, match="disk is full"), store.write() as connection:
        connection.execute(
            tables.audit.insert().values(
                at=utc_now(), who="x", what="y" * 500_000, previous="", hash=""
            )
        )
    assert reads.revision(store) == 0


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "fairwatch.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError, match="damaged"):
        open_store(Settings(home=tmp_path))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="FAIRWATCH_HOME"):
        open_store(Settings(home=tmp_path / "file" / "home"))


def test_an_older_database_keeps_its_incidents_when_its_rules_get_new_columns(
    settings: Settings,
) -> None:
    store = open_store(settings)
    _downgrade(store, "0004")
    with store.engine.begin() as connection:
        for statement in OLD_ROWS:
            connection.execute(text(statement))
    with open_store(settings).read() as connection:
        assert connection.scalars(select(tables.incidents.c.sentence)).all() == ["Accuracy fell."]
        kept = connection.execute(select(tables.rule_versions)).mappings().one()
        assert (kept["version"], kept["definition"]["low"]) == (3, 0.8)
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def _downgrade(store: Store, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with without_cascades(store.engine) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


OLD_ROWS = (
    "INSERT INTO models (id, name, task, owner, cadence, wait_days, created_at) "
    "VALUES (1, 'm', 'binary', '', 'week', 0, '2026-01-01')",
    "INSERT INTO rules (id, model_id, version, metric, feature, attribute, against, low, severity, "
    "enabled) VALUES (1, 1, 3, 'accuracy', '', '', 'absolute', 0.8, 'critical', 1)",
    "INSERT INTO incidents (model_id, rule_id, subject, state, severity, facts, sentence, owner, "
    "opened_at, since_at) VALUES (1, 1, '', 'open', 'critical', '{}', 'Accuracy fell.', '', "
    "'2026-01-01', '2026-01-01')",
)
