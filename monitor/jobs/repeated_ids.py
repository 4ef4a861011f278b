"""Counting rows whose id came before, in memory that does not grow with the file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

HELD = 1 << 18  # ids; beyond them all wait in files
PARTS = 64  # files; of twenty million ids each holds 2.5 MB
ODD = np.uint64(0x9E3779B97F4A7C15)  # times an odd number, no two whole numbers become one


class Ids:
    """Keeps eight bytes of each id: whole numbers exactly, texts as 64-bit hashes.

    As long as ids rise, as those that are counted up, none can have come before, and they wait in
    one file in case one does not.
    """

    def __init__(self) -> None:
        self._rising = True
        self._last = np.empty(0, np.uint64)
        self._held: list[Hashes] = []
        self._spilled: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Ids:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._spilled is not None:
            self._spilled.cleanup()

    def add(self, ids: pa.Array) -> None:
        """``ids`` are whole numbers or texts, the same in every piece of a file; null is no id."""
        more = _hashes(ids.drop_null() if ids.null_count else ids)
        if self._rising:
            met = np.concatenate([self._last, more])
            self._rising, self._last = _rise(met), met[-1:]
        self._held.append(more)
        if sum(map(len, self._held)) > HELD:
            self._spill()

    @property
    def repeated(self) -> int:
        """The rows that have the id of an earlier row."""
        if self._rising:
            return 0
        if self._spilled is None:
            return _repeats(self._all_held())
        self._spill()
        return sum(_repeats(np.fromfile(part, np.uint64)) for part in self._folder.iterdir())

    @property
    def _folder(self) -> Path:
        self._spilled = self._spilled or tempfile.TemporaryDirectory(prefix="fairwatch-ids-")
        return Path(self._spilled.name)

    def _all_held(self) -> Hashes:
        return np.concatenate([np.empty(0, np.uint64), *self._held])

    def _spill(self) -> None:
        held, self._held = self._all_held(), []
        waiting = self._folder / "rising"
        if self._rising:
            _append(waiting, held)
            return
        if waiting.exists():
            with waiting.open("rb") as file:
                while (before := np.fromfile(file, np.uint64, HELD)).size:
                    self._part(before)
            waiting.unlink()
        self._part(held)

    def _part(self, ids: Hashes) -> None:
        """Equal ids go into the same file; the highest bits are those that the product mixes."""
        mixed = ids * ODD
        places = (mixed // np.uint64(2**64 // PARTS)).astype(np.uint8)
        mixed = mixed[np.argsort(places, kind="stable")]
        ends = np.cumsum(np.bincount(places, minlength=PARTS))
        for place, part in enumerate(np.split(mixed, ends[:-1])):
            if part.size:
                _append(self._folder / str(place), part)


def _append(path: Path, ids: Hashes) -> None:
    with path.open("ab") as file:
        file.write(ids.data)


def _rise(ids: Hashes) -> bool:
    return bool((ids[1:] > ids[:-1]).all())


def _hashes(ids: pa.Array) -> Hashes:
    if pa.types.is_integer(ids.type):
        whole: Hashes = ids.to_numpy(zero_copy_only=False).astype(np.uint64)
        return whole
    # What is kept never leaves this process, in which a text has one hash.
    texts = ids.to_numpy(zero_copy_only=False)
    return np.fromiter(map(hash, texts), np.int64, len(texts)).view(np.uint64)


def _repeats(hashes: Hashes) -> int:
    hashes.sort()
    return int((hashes[1:] == hashes[:-1]).sum())
