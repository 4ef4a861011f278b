"""Files that lie elsewhere: a shared folder, or ``s3://`` as pyarrow reads it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pyarrow.fs

from monitor.errors import BatchError

fs: Any = pyarrow.fs

REMOTE = ("s3://", "gs://", "abfs://")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it is listed; ``changed`` is its time of change in microseconds since 1970."""

    uri: str
    size_bytes: int
    changed: int


def is_remote(uri: str) -> bool:
    return uri.startswith(REMOTE)


def listed(uri: str) -> list[Entry]:
    """The files under a folder or prefix, or the one file, by name; hidden ones are left out.

    BatchError says what is wrong with the place.
    """
    with told(uri):
        system, path = _reach(uri)
        found = system.get_file_info(path)
        if found.type == fs.FileType.NotFound:
            raise BatchError(f"There is nothing at {shown(uri)}: check the name and the rights.")
        infos = [found]
        if found.type == fs.FileType.Directory:
            infos = system.get_file_info(fs.FileSelector(path, recursive=True))
        files = [i for i in infos if i.type == fs.FileType.File and not _hidden(i.path, path)]
        return [_entry(info, uri) for info in sorted(files, key=lambda info: str(info.path))]


def entry(uri: str) -> Entry:
    """One file as it is now; BatchError when it is gone."""
    return next(iter(listed(uri)))


@contextmanager
def opened(uri: str) -> Iterator[Any]:
    """A file that can be read from anywhere, as Arrow's readers want it."""
    system, path = _reach(uri)
    with system.open_input_file(path) as stream:
        yield stream


def fetch(uri: str, to: Path) -> Path:
    """Copies a file here."""
    with told(uri):
        system, path = _reach(uri)
        with system.open_input_stream(path) as source, to.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
    return to


def put(path: Path, uri: str) -> None:
    """Copies a file there; it is seen whole or not at all on S3, and by its last name locally."""
    with told(uri):
        system, target = _reach(uri)
        with path.open("rb") as source, system.open_output_stream(target) as sink:
            shutil.copyfileobj(source, sink, 1 << 20)


def remove(uri: str) -> None:
    """Whether or not it is still there."""
    with told(uri):
        system, path = _reach(uri)
        if system.get_file_info(path).type == fs.FileType.File:
            system.delete_file(path)


def below(uri: str, name: str) -> str:
    """The address of a file in a folder or prefix; an address's options stay at its end."""
    if not is_remote(uri):
        return f"{uri.rstrip('/')}/{name}"
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def shown(uri: str) -> str:
    """The address without its options."""
    return uri.partition("?")[0] if is_remote(uri) else uri


@contextmanager
def told(uri: str) -> Iterator[None]:
    """Turns what pyarrow says of a place into one sentence."""
    try:
        yield
    except OSError as error:
        first = next(iter(str(error).splitlines()), "")[:200]
        raise BatchError(f"{shown(uri)} cannot be read or written ({first}).") from error


def _reach(uri: str) -> tuple[Any, str]:
    if not is_remote(uri):
        return fs.LocalFileSystem(), str(Path(uri).resolve())
    if "@" in urlsplit(uri).netloc:
        raise BatchError(
            "Keys do not belong into an address, which is stored: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or a profile, for every worker."
        )
    try:
        system, path = fs.FileSystem.from_uri(uri)
    except ValueError as error:
        raise BatchError(f"{shown(uri)} is no address that can be read: {error}.") from error
    return system, str(path)


def _entry(info: Any, asked: str) -> Entry:
    uri = str(info.path)
    if is_remote(asked):
        parts = urlsplit(asked)
        key = uri.partition("/")[2]
        uri = urlunsplit(parts._replace(path=f"/{key}"))
    return Entry(uri, info.size, info.mtime_ns // 1000 if info.mtime_ns else 0)


def _hidden(path: str, folder: str) -> bool:
    inside = path.removeprefix(folder).split("/")
    return any(part.startswith(("_", ".")) for part in inside)
