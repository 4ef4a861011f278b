"""Killed at any step of making or migrating the database: the next start finds it whole."""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text

from monitor.settings import Settings
from monitor.store import tables
from monitor.store.engine import Store, open_store
from monitor.store.migrate import config_for, current, head
from tests.databases import new_database
from tests.jobs.workers import CONTEXT
from tests.torture.dying import open_and_die

FIRST = "0001"


def opened_and_killed(settings: Settings, step: int) -> bool:
    """Whether it died; False when it was through before that step."""
    process = CONTEXT.Process(target=open_and_die, args=(settings, step))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def shape(store: Store) -> dict[str, set[str]]:
    """The columns of each table."""
    with store.engine.connect() as connection:
        assert current(connection) == head()
        seen = inspect(connection)
        names = set(seen.get_table_names()) - {"alembic_version"}
        return {name: {column["name"] for column in seen.get_columns(name)} for name in names}


TABLES = tables.metadata.sorted_tables
WANTED = {table.name: {column.name for column in table.c} for table in TABLES}


def whole(settings: Settings) -> None:
    store = open_store(settings)
    assert shape(store) == WANTED
    with store.read() as connection:
        assert connection.execute(text("SELECT number FROM revision")).all() != []
    store.close()


def killed_at(settings: Settings, steps: list[int]) -> int:
    """Kills openings of one database one after the other, and looks at it after each; how many
    were hit."""
    hit = 0
    for step in steps:
        hit += opened_and_killed(settings, step)
        halfway(settings)
    whole(settings)
    return hit


def halfway(settings: Settings) -> None:
    """No revision between the first and the newest is ever seen, nor a table left half made."""
    if not settings.home.exists():
        return  # killed before it had made so much as the folder
    engine = create_engine(settings.database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert current(connection) in (None, FIRST, head())
        names = inspect(connection).get_table_names()
        assert not [name for name in names if name.startswith("_alembic_tmp")]
        assert set(names) in (set(), {*WANTED, "alembic_version"}) or current(connection) == FIRST
    engine.dispose()


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose database is of the first revision."""
    home = tmp_path_factory.mktemp("old")
    at_first(Settings(home=home, database_url=""))
    return home


def at_first(settings: Settings) -> None:
    engine = create_engine(settings.database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        command.upgrade(config_for(connection), FIRST)
        connection.execute(
            text(
                "INSERT INTO models (name, task, owner, cadence, wait_days, created_at)"
                " VALUES ('kept', 'binary', '', 'week', 0, '2026-01-01 00:00:00')"
            )
        )
    engine.dispose()


def kept(settings: Settings) -> None:
    """The row that stood there before is there."""
    store = open_store(settings)
    with store.read() as connection:
        assert connection.scalars(text("SELECT name FROM models")).all() == ["kept"]
    store.close()


MANY = pytest.param(150, marks=pytest.mark.slow)


@pytest.mark.parametrize("kills", [4, MANY])
def test_a_database_killed_while_it_is_made_is_made_at_the_next_start(
    tmp_path: Path, kills: int
) -> None:
    chance, hit = random.Random(kills), 0
    for kill in range(kills):
        settings = Settings(home=tmp_path / str(kill), database_url="")
        hit += killed_at(settings, [chance.randrange(1, 160)])
        shutil.rmtree(settings.home)
    assert hit > kills // 2


@pytest.mark.parametrize("kills", [4, MANY])
def test_a_database_killed_while_it_is_migrated_is_migrated_at_the_next_start(
    old: Path, tmp_path: Path, kills: int
) -> None:
    chance, hit = random.Random(kills), 0
    for kill in range(0, kills, 2):
        home = Path(shutil.copytree(old, tmp_path / str(kill)))
        settings = Settings(home=home, database_url="")
        hit += killed_at(settings, [chance.randrange(1, 160) for _ in range(2)])
        kept(settings)
        shutil.rmtree(home)
    assert hit > kills // 3


@pytest.mark.slow
@pytest.mark.parametrize("begin", [None, at_first])
def test_a_postgresql_database_is_never_left_half_made_or_half_migrated(
    postgres: str, tmp_path: Path, begin: Callable[[Settings], None] | None
) -> None:
    chance, hit = random.Random(5), 0
    for _ in range(12):
        with new_database(postgres) as address:
            settings = Settings(home=tmp_path / "home", database_url=address)
            if begin is not None:
                begin(settings)
            hit += killed_at(settings, [chance.randrange(1, 160) for _ in range(2)])
    assert hit > 6
