"""Looking at everything that must work, and saying what is wrong and what to do."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version

from monitor.alerts.channels import validate_config
from monitor.alerts.references import Secrets, resolve
from monitor.errors import FairwatchError
from monitor.settings import Settings
from monitor.store import reads, rows
from monitor.store.channels import channels_health
from monitor.store.engine import Store, open_store
from monitor.store.files import sha256_of

LOW_DISK_BYTES = 500_000_000
LIBRARIES = ("streamlit", "pandas", "scikit-learn", "fairlearn", "evidently", "sqlalchemy")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; the sentence of a wrong one says what to do."""

    ok: bool
    sentence: str


def examine(settings: Settings) -> list[Finding]:
    """Database, disk, worker, queue, files, channels, versions; in that order."""
    try:
        store = open_store(settings)
    except FairwatchError as error:
        return [Finding(False, f"Database: {error}")]
    found: list[Finding] = []
    for look in (_database, _disk, _worker, _queue, _files, _channels):
        found += _safely(look, store)
    store.close()
    return [*found, Finding(True, _versions())]


def _safely(look: Callable[[Store], Iterator[Finding]], store: Store) -> list[Finding]:
    try:
        return list(look(store))
    except FairwatchError as error:
        return [Finding(False, str(error))]


def _database(store: Store) -> Iterator[Finding]:
    with store.write():
        pass
    kind = store.engine.dialect.name
    yield Finding(
        True, f"Database: {kind} answers and can be written; {len(reads.models(store))} models."
    )


def _disk(store: Store) -> Iterator[Finding]:
    free = shutil.disk_usage(store.files.folder).free
    said = f"Disk: {free / 1e9:.1f} GB free in {store.files.folder}"
    enough = free > LOW_DISK_BYTES
    yield Finding(enough, said + ("." if enough else "; make room, or batches will wait."))


def _worker(store: Store) -> Iterator[Finding]:
    seen = reads.workers(store)["seen_at"]
    if seen.empty:
        yield Finding(
            False, "Worker: none is running; start one with `fairwatch serve` or `fairwatch work`."
        )
        return
    ago = (store.now() - seen.iloc[0]).total_seconds()
    said = f"Worker: last sign of life {ago:.0f} s ago"
    alive = ago < 60
    yield Finding(alive, said + ("." if alive else "; restart `fairwatch serve`."))


def _queue(store: Store) -> Iterator[Finding]:
    jobs = reads.jobs(store)
    failed = jobs[jobs["status"] == "failed"]
    waiting = int(jobs["status"].isin(["queued", "running"]).sum())
    yield Finding(True, f"Queue: {waiting} jobs waiting or running.")
    for row in failed.head(5).itertuples():
        yield Finding(
            False, f"Job {row.id} on batch {row.batch} of {row.model} failed: {row.error}"
        )


def _files(store: Store) -> Iterator[Finding]:
    with store.read() as connection:
        hashes = rows.stored_files(connection)
    missing = [name for name in hashes if not _present(store, name)]
    if missing:
        yield Finding(
            False,
            f"Files: {len(missing)} of {len(hashes)} stored files are missing or changed in "
            f"{store.files.folder}; put them back from a backup.",
        )
    else:
        yield Finding(True, f"Files: all {len(hashes)} stored files are there and unchanged.")


def _present(store: Store, sha256: str) -> bool:
    try:
        return sha256_of(store.files.path(sha256)) == sha256
    except FairwatchError:
        return False


def _channels(store: Store) -> Iterator[Finding]:
    channels = reads.channels(store)
    if channels.empty:
        yield Finding(True, "Channels: none; add one under Alerts to be told about incidents.")
    secrets = Secrets(os.environ, store.settings.secrets)
    for row in channels.itertuples():
        yield _channel(row, secrets)
    health = channels_health(store)
    for row in health[health["error"].notna()].itertuples():
        since = f"{row.failing_since_at:%d %b %H:%M} UTC"
        waits = f"{row.waiting} {'event waits' if row.waiting == 1 else 'events wait'} to be told"
        yield Finding(False, f"Channel {row.name} fails since {since}, {waits}: {row.error}")


def _channel(row: object, secrets: Secrets) -> Finding:
    name, kind, config = (getattr(row, part) for part in ("name", "kind", "config"))
    try:
        validate_config(kind, config)
        for value in config.values():
            if isinstance(value, str):
                resolve(value, secrets)
    except FairwatchError as error:
        return Finding(False, f"Channel {name}: {error}")
    return Finding(
        True, f"Channel {name} ({kind}) is complete; try `fairwatch notify test {name}`."
    )


def _versions() -> str:
    names = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"Versions: Python {platform.python_version()}, {names}."
