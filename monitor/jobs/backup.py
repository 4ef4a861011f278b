"""All that Fairwatch knows in one file, made while it works, and a home made of it again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor import __version__
from monitor.clock import utc_now
from monitor.errors import StoreError
from monitor.settings import Settings
from monitor.store import queue
from monitor.store.engine import Connection, Store, open_bare
from monitor.store.files import sha256_of
from monitor.store.migrate import head
from monitor.store.named import named_files
from monitor.store.snapshot import read_tables, write_tables

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup holds: rows of all tables, files, and its size."""

    rows: int
    files: int
    size_bytes: int


def back_up(store: Store, target: Path) -> Kept:
    """Writes the database as of one instant, and every file that its rows name; the backup is there
    whole or not at all.  Secrets are not in it."""
    if target.exists():
        raise StoreError(f"{target} is there already: name another file.")
    partial = target.with_name(target.name + ".partial")
    try:
        with store.files.scratch() as folder:
            with store.snapshot() as connection:
                rows, named = write_tables(connection, folder), named_files(connection)
            tables = {path.name: sha256_of(path) for path in sorted(folder.glob("*.parquet"))}
            files = [name for name in store.files.names() if name.split(".")[0] in named]
            manifest = {
                "format": FORMAT, "fairwatch": __version__, "revision": head(), "rows": rows,
                "tables": tables, "files": files, "made_at": store.now().isoformat(),
            }  # fmt: skip
            (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
            _pack(partial, store, folder, [*tables], files)
        os.replace(partial, target)
    except OSError as error:
        raise StoreError(f"The backup cannot be written to {target}: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
    return Kept(sum(rows.values()), len(files), target.stat().st_size)


def _pack(target: Path, store: Store, folder: Path, tables: list[str], files: list[str]) -> None:
    private = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(private, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        tar.add(folder / MANIFEST, MANIFEST)
        for name in tables:
            tar.add(folder / name, f"tables/{name}")
        for name in files:
            tar.add(store.files.path(name), f"files/{name}")
        stream.flush()
        os.fsync(stream.fileno())


def restore(settings: Settings, source: Path) -> Kept:
    """Makes an empty home what it was; StoreError says what is wrong, and nothing is left then.

    Jobs that were at work when the backup was made are queued again.
    """
    if settings.home.exists() and any(settings.home.iterdir()):
        raise StoreError(
            f"The folder {settings.home} is not empty: give FAIRWATCH_HOME a new folder."
        )
    manifest = _checked(source)
    try:
        with open_bare(settings) as (connection, store):
            return _unpack(connection, store, source, manifest)
    except BaseException:
        shutil.rmtree(settings.home, ignore_errors=True)
        raise


def _checked(source: Path) -> dict[str, Any]:
    """The manifest of a backup all of whose parts are what they were."""
    try:
        with tarfile.open(source, "r:") as tar:
            first = tar.next()
            stream = tar.extractfile(first) if first and first.name == MANIFEST else None
            if stream is None:
                raise StoreError(f"{source} is no backup of Fairwatch.")
            manifest: dict[str, Any] = json.load(stream)
            if manifest["format"] > FORMAT or manifest["revision"] > head():
                raise StoreError(
                    f"{source} was made by Fairwatch {manifest['fairwatch']}, which is newer than "
                    f"this one ({__version__}): restore it with that."
                )
            _check_parts(source, tar, manifest)
    except (OSError, tarfile.TarError, ValueError, KeyError) as error:
        raise StoreError(f"{source} cannot be read as a backup: {error}.") from error
    return manifest


def _check_parts(source: Path, tar: tarfile.TarFile, manifest: dict[str, Any]) -> None:
    wanted = {f"tables/{name}": sha256 for name, sha256 in manifest["tables"].items()}
    wanted |= {f"files/{name}": name.split(".")[0] for name in manifest["files"]}
    for member in tar:
        if member.name == MANIFEST:
            continue
        stream = tar.extractfile(member)
        found = hashlib.file_digest(stream, "sha256").hexdigest() if stream else None  # type: ignore[arg-type]
        if found is None or wanted.pop(member.name, None) != found:
            raise StoreError(f"{source} is damaged: {member.name} is not what was put in.")
    if wanted:
        raise StoreError(f"{source} is damaged: {min(wanted)} is missing.")


def _unpack(connection: Connection, store: Store, source: Path, manifest: dict[str, Any]) -> Kept:
    with tarfile.open(source, "r:") as tar, store.files.scratch() as folder:
        for member in tar:
            stream, (kind, _, name) = tar.extractfile(member), member.name.partition("/")
            if stream is None or kind == MANIFEST:
                continue
            with (folder / name).open("wb") as copy:
                shutil.copyfileobj(stream, copy)
            if kind == "files":
                store.files.keep(folder / name, suffix=Path(name).suffix)
                (folder / name).unlink()
        read_tables(connection, folder, revision=manifest["revision"])
        queue.nobody_works(connection, now=utc_now())
    rows, files = sum(manifest["rows"].values()), len(manifest["files"])
    return Kept(rows, files, source.stat().st_size)
