"""A backup is all there is, and a home is made of it again."""

from __future__ import annotations

import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from monitor.errors import StoreError
from monitor.jobs.backup import back_up, restore
from monitor.settings import Settings
from monitor.store import queue, writes
from monitor.store.engine import Store, open_store
from monitor.store.tables import metadata
from tests.databases import ONLY_SQLITE, new_database
from tests.jobs.conftest import Give
from tests.jobs.loans import history, labels_of, undone, without_labels, work_off


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in the order of its key."""
    with store.read() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


def same(one: Store, other: Store) -> None:
    mine, others = rows(one), rows(other)
    assert {name for name, found in mine.items() if found} >= {"measurements", "audit", "tallies"}
    for name, found in mine.items():
        assert others[name] == found, name
    assert set(one.files.names()) == set(other.files.names())


@pytest.fixture
def full(store: Store, give: Give, give_labels: Give) -> Store:
    """Two weeks and their labels."""
    frame = history(2)
    give(without_labels(frame))
    work_off(store)
    give_labels(labels_of(frame))
    work_off(store)
    return store


def test_every_table_and_file_comes_back_into_a_new_home(full: Store, tmp_path: Path) -> None:
    kept = back_up(full, tmp_path / "b.fairwatch")
    assert (tmp_path / "b.fairwatch").stat().st_mode & 0o77 == 0
    assert kept.size_bytes == (tmp_path / "b.fairwatch").stat().st_size
    elsewhere = Settings(home=tmp_path / "elsewhere", database_url="")
    assert restore(elsewhere, tmp_path / "b.fairwatch").rows == kept.rows
    with closing(open_store(elsewhere)) as other:
        same(full, other)
        assert work_off(other) == 0


@ONLY_SQLITE
def test_what_one_file_held_comes_back_into_postgresql(
    full: Store, postgres: str, tmp_path: Path
) -> None:
    back_up(full, tmp_path / "b.fairwatch")
    with new_database(postgres) as address:
        elsewhere = Settings(home=tmp_path / "elsewhere", database_url=address)
        restore(elsewhere, tmp_path / "b.fairwatch")
        with closing(open_store(elsewhere)) as other:
            same(full, other)
            writes.trust(other, "a" * 64, who="test", now=other.now())  # ids go on counting
        full_already = Settings(home=tmp_path / "another", database_url=address)
        with pytest.raises(StoreError, match="not empty"):
            restore(full_already, tmp_path / "b.fairwatch")


def test_a_backup_made_while_a_worker_works_gives_its_job_back(
    store: Store, give: Give, tmp_path: Path
) -> None:
    give(history(2))
    assert queue.claim(store, worker="w", now=store.now()) is not None
    back_up(store, tmp_path / "b.fairwatch")
    elsewhere = Settings(home=tmp_path / "elsewhere", database_url="")
    restore(elsewhere, tmp_path / "b.fairwatch")
    with closing(open_store(elsewhere)) as other:
        assert work_off(other) == 2
        assert undone(other) == []


def test_a_home_that_is_not_empty_is_left_alone(full: Store, tmp_path: Path) -> None:
    back_up(full, tmp_path / "b.fairwatch")
    before = rows(full)
    with pytest.raises(StoreError, match="is not empty"):
        restore(full.settings, tmp_path / "b.fairwatch")
    assert rows(full) == before


def test_a_backup_is_not_written_over(store: Store, tmp_path: Path) -> None:
    (tmp_path / "b.fairwatch").write_text("mine")
    with pytest.raises(StoreError, match="there already"):
        back_up(store, tmp_path / "b.fairwatch")
    assert (tmp_path / "b.fairwatch").read_text() == "mine"


def test_a_damaged_backup_is_refused_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    back_up(store, tmp_path / "b.fairwatch")
    damaged = bytearray((tmp_path / "b.fairwatch").read_bytes())
    with tarfile.open(tmp_path / "b.fairwatch") as tar:
        part = next(one for one in tar if one.name.startswith("files/"))
    damaged[part.offset_data + 10] ^= 1
    (tmp_path / "b.fairwatch").write_bytes(bytes(damaged))
    elsewhere = Settings(home=tmp_path / "elsewhere", database_url="")
    with pytest.raises(StoreError, match="damaged"):
        restore(elsewhere, tmp_path / "b.fairwatch")
    assert not elsewhere.home.exists()


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("nothing of the kind")
    with pytest.raises(StoreError, match="cannot be read as a backup"):
        restore(Settings(home=tmp_path / "elsewhere", database_url=""), tmp_path / "x")
