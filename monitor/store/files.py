"""Files named by the hash of what is in them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.errors import Busy, NotFound

HASH_DIGITS = 64


def sha256_of(path: Path) -> str:
    """The content's hash as 64 hexadecimal digits; reads in constant memory."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Files:
    """A folder of immutable files; the same content is kept once."""

    folder: Path

    def keep(self, path: Path, *, suffix: str = "") -> str:
        """Copies a file in and returns its hash; it is there whole or not at all."""
        sha256 = sha256_of(path)
        target = self._place(sha256 + suffix)
        try:
            os.utime(target)  # wanted anew: it is not to be swept before its row is written
        except FileNotFoundError:
            with _room(), self.scratch() as folder:
                copy = folder / "copy"
                shutil.copyfile(path, copy)
                _sync(copy)
                target.parent.mkdir(exist_ok=True)
                os.replace(copy, target)
        return sha256

    def path(self, sha256: str, *, suffix: str = "") -> Path:
        """Where the file lies; NotFound when it was removed by hand."""
        target = self._place(sha256 + suffix)
        if not target.exists():
            raise NotFound("file", sha256[:12])
        return target

    def names(self) -> list[str]:
        """Every file that is kept: its hash and its suffix."""
        return sorted(path.name for path in self.folder.glob("??/*"))

    def discard(self, hashes: Collection[str]) -> None:
        """Removes the files of these hashes, whatever their suffix; gone already is no error."""
        for sha256 in hashes:
            for path in self._place(sha256).parent.glob(f"{sha256}*"):
                path.unlink(missing_ok=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder on the same disk that is gone afterwards."""
        with _room(), tempfile.TemporaryDirectory(dir=self.folder, prefix="tmp-") as folder:
            yield Path(folder)

    def sweep(self, *, before: datetime) -> int:
        """Removes scratch folders that processes which were killed left; returns how many."""
        old = [folder for folder in self.folder.glob("tmp-*") if _kept_before(folder, before)]
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)
        return len(old)

    def sweep_unnamed(self, named: Collection[str], *, before: datetime) -> int:
        """Removes files whose hash is not among the ``named``; returns how many.

        A process that was killed between keeping a file and writing its row leaves such files.
        Those kept, or asked to be kept again, since ``before`` may still get their row.
        """
        old = [
            path
            for path in self.folder.glob("??/*")
            if path.name[:HASH_DIGITS] not in named and _kept_before(path, before)
        ]
        return sum(self._put_away(path, before) for path in old)

    def _put_away(self, path: Path, before: datetime) -> bool:
        """Out of sight first, and back when somebody kept it again at that very moment."""
        with self.scratch() as folder:
            aside = folder / path.name
            try:
                os.replace(path, aside)
            except FileNotFoundError:  # another worker sweeps too
                return False
            if gone := _kept_before(aside, before):
                return gone
            os.replace(aside, path)
            return False

    def _place(self, name: str) -> Path:
        return self.folder / name[:2] / name


def _kept_before(path: Path, instant: datetime) -> bool:
    try:
        return path.stat().st_mtime < instant.timestamp()
    except FileNotFoundError:
        return False


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (28, 122):  # no space left, quota exceeded
            raise Busy("The disk is full: make room; the work is kept and tried again.") from error
        raise
