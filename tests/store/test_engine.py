"""The database keeps what it is given, whichever it is."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from monitor.store import reads, tables
from monitor.store.engine import Store
from monitor.store.migrate import current, head


def test_a_new_database_is_at_the_newest_revision(store: Store) -> None:
    with store.read() as connection:
        assert current(connection) == head()


def test_the_migrations_make_the_tables_the_code_knows(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []


def test_every_write_is_seen_as_a_new_revision(store: Store) -> None:
    with store.write():
        pass
    assert reads.revision(store) == 1


def test_a_failed_write_leaves_nothing_behind(store: Store) -> None:
    def write() -> None:
        with store.write() as connection:
            connection.execute(update(tables.revision).values(number=99))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert reads.revision(store) == 0
