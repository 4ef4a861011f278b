"""Opening the database and the files, and the two ways to use a connection: read and write."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, select, update
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from monitor.clock import utc_now
from monitor.errors import Busy, StoreError
from monitor.settings import Settings
from monitor.store import tables
from monitor.store.files import Files
from monitor.store.migrate import migrate, without_cascades

# What the jobs need of SQLAlchemy is named here, so that SQL stays in this folder.
__all__ = ["Connection", "Store", "open_store"]


@dataclass(frozen=True)
class Store:
    """One database and one folder of files."""

    engine: Engine
    files: Files
    settings: Settings

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state and changes nothing."""
        with _one_sentence(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection all of whose reads see the same instant, however long they take."""
        engine = self.engine
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with _one_sentence(), engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction; what it changes is seen by the pages at their next rerun."""
        with self.note() as connection:
            yield connection
            number = tables.revision.c.number
            connection.execute(update(tables.revision).values(number=number + 1))

    @contextmanager
    def note(self) -> Iterator[Connection]:
        """One transaction that no page needs to hear of: heartbeats and leases."""
        options = self.engine.execution_options(immediate=True)
        with _one_sentence(), options.begin() as connection:
            yield connection

    def now(self) -> datetime:
        """What time it is by the database's clock, which all machines of one queue share.

        SQLite has no other clock than that of the machine it is used on.
        """
        if self.engine.dialect.name == "sqlite":
            return utc_now()
        with self.read() as connection:
            at: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return at.astimezone(UTC)

    def settle(self) -> None:
        """Writes SQLite's journal back, so that what was replaced stands in no file any more; where
        others read, they do so when they are done."""
        if self.engine.dialect.name == "sqlite":
            with _one_sentence(), self.engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self.engine.dispose()


def open_store(settings: Settings) -> Store:
    """Opens the database, creating or migrating it first; StoreError says what is in the way."""
    _make_home(settings)
    engine = _engine(settings.database)
    with _one_sentence():
        migrate(engine, lock_file=settings.home / "migrate.lock")
    return Store(engine, Files(settings.files.resolve()), settings)


@contextmanager
def open_bare(settings: Settings) -> Iterator[tuple[Connection, Store]]:
    """A database without any table, in one transaction that is to fill it; StoreError where it has
    some."""
    _make_home(settings)
    store = Store(_engine(settings.database), Files(settings.files.resolve()), settings)
    try:
        with _one_sentence(), without_cascades(store.engine) as connection, connection.begin():
            if inspect(connection).get_table_names():
                raise StoreError("The database is not empty: name a new one.")
            yield connection, store
    finally:
        store.close()


def _make_home(settings: Settings) -> None:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        settings.files.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {settings.home} cannot be used ({error.strerror}): "
            "give FAIRWATCH_HOME a folder that can be written to."
        ) from error


def _engine(url: str) -> Engine:
    # PostgreSQL is spoken to through psycopg 3, which is not what SQLAlchemy takes by itself.
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    try:
        engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except (ArgumentError, ImportError) as error:
        raise StoreError(
            "FAIRWATCH_DATABASE_URL cannot be used: write sqlite:////path/to/file.db, or "
            "postgresql://user@host/name with Fairwatch's extra 'postgres' installed."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        "busy_timeout=15000",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A plain BEGIN upgrades to a write lock too late, and increments get lost.
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise _operational(error) from error
    except DatabaseError as error:
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise StoreError(
                "The database file is damaged: stop Fairwatch, put a backup in its place, "
                "and start again."
            ) from error
        raise


def _operational(error: OperationalError) -> StoreError:
    text = str(error.orig)
    if "locked" in text or "busy" in text:
        return Busy("Another process holds the database; the work is kept and tried again.")
    if "full" in text:
        return Busy("The disk is full: make room; the work is kept and tried again.")
    if "readonly" in text or "unable to open" in text:
        return StoreError(f"The database cannot be written ({text}): check the folder's rights.")
    return Busy(f"The database did not answer ({text.splitlines()[0]}); tried again later.")
