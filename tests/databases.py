"""A PostgreSQL server of the tests' own, and databases on it that are copied from a template."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ONLY_SQLITE = pytest.mark.parametrize("database", [SQLITE], indirect=True)


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).parent if named else None


def unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL will not run as root, and there is no user postgres")
    return ["runuser", "-u", "postgres", "--"]


@contextmanager
def running_server() -> Iterator[str]:
    """The address of a running server, without a database's name; one skip where there is none."""
    place = binaries()
    if place is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    become = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="fairwatch-postgres-"))  # short: sockets have short names
    folder.chmod(0o777)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, log = folder / "data", folder / "log"
    make = [place / "initdb", "-D", data, "-U", "fairwatch", "-A", "trust", "-E", "UTF8", "-N"]
    run = [place / "pg_ctl", "-D", data, "-l", log, "-w", "-t", "120"]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
    subprocess.run([*become, *make], check=True, capture_output=True, cwd="/")
    subprocess.run(
        [*become, *run, "-o", options, "start"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip
    try:
        yield f"postgresql://fairwatch@127.0.0.1:{port}"
    finally:
        stop = [*become, *run, "-m", "immediate", "stop"]
        subprocess.run(stop, check=True, capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def new_database(server: str, *, template: str = "template1") -> Iterator[str]:
    """The address of a database of the test's own, a copy of the template."""
    name = f"t{uuid.uuid4().hex}"
    _command(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield f"{server}/{name}"
    finally:
        _command(server, f"DROP DATABASE {name} WITH (FORCE)")


def name_of(address: str) -> str:
    return address.rsplit("/", 1)[1]


def _command(server: str, statement: str) -> None:
    engine: Engine = create_engine(
        f"{server.replace('postgresql://', 'postgresql+psycopg://')}/postgres",
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
