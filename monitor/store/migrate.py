"""Bringing a database to the newest shape, under a lock, in one transaction."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 742_113


def head() -> str:
    """The newest revision; revisions are numbered files."""
    return max(path.stem.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def current(connection: Connection) -> str | None:
    """The database's revision; None when it is new."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(engine: Engine, *, lock_file: Path) -> None:
    """Does nothing, quickly, when the database is up to date.

    The first look is under the lock too: SQLite does not wait for another that makes a new file's
    journal.
    """
    with _one_at_a_time(lock_file):
        with engine.connect() as connection:
            known = current(connection)
        if known != head():
            _bring_up_to_date(engine)


def _bring_up_to_date(engine: Engine) -> None:
    with without_cascades(engine) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": ADVISORY_LOCK})
        if current(connection) != head():
            _upgrade(connection)


@contextmanager
def without_cascades(engine: Engine) -> Iterator[Connection]:
    """SQLite changes a table by making it anew, and its old self must not take others along.

    Foreign keys are switched before a transaction begins: within one SQLite does not listen.
    """
    with engine.execution_options(immediate=True).connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw = connection.connection.driver_connection
        if sqlite and raw is not None:
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
        finally:
            if sqlite and raw is not None:
                raw.execute("PRAGMA foreign_keys=ON")


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(config_for(connection), "head")


def config_for(connection: Connection) -> Config:
    """What Alembic's commands are told of this database."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _one_at_a_time(lock_file: Path) -> Iterator[None]:
    with lock_file.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
