"""Counting rows whose id came before, in memory that does not grow with the file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

HELD = 1 << 18  # ids; beyond them all wait in files
PARTS = 64  # files; of twenty million ids each holds 2.5 MB
ODD = np.uint64(0x9E3779B97F4A7C15)  # times an odd number, no two whole numbers become one


class Ids:
    """Keeps eight bytes of each id: whole numbers exactly, texts as 64-bit hashes."""

    def __init__(self) -> None:
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

    def add(self, ids: pa.Array | np.ndarray) -> None:
        """``ids`` are whole numbers or texts, the same in every piece of a file; null is no id."""
        given = pa.array(ids, from_pandas=True) if isinstance(ids, np.ndarray) else ids
        self._held.append(_hashes(given.drop_null() if given.null_count else given))
        if sum(map(len, self._held)) > HELD:
            self._spill()

    @property
    def repeated(self) -> int:
        """The rows that have the id of an earlier row."""
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
        """Equal ids go into the same file; the highest bits are those that the product mixes."""
        held, self._held = self._all_held() * ODD, []
        places = (held // np.uint64(2**64 // PARTS)).astype(np.uint8)
        held = held[np.argsort(places, kind="stable")]
        ends = np.cumsum(np.bincount(places, minlength=PARTS))
        for place, part in enumerate(np.split(held, ends[:-1])):
            if part.size:
                with (self._folder / str(place)).open("ab") as file:
                    file.write(part.tobytes())


def _hashes(ids: pa.Array) -> Hashes:
    if pa.types.is_integer(ids.type):
        whole: Hashes = ids.to_numpy(zero_copy_only=False).astype(np.uint64)
        return whole
    texts = np.asarray(ids.to_pandas(), dtype=object)
    hashed: Hashes = pd.util.hash_array(texts, categorize=False)
    return hashed


def _repeats(hashes: Hashes) -> int:
    if (hashes[1:] > hashes[:-1]).all():  # as ids that are counted up
        return 0
    hashes.sort()
    return int((hashes[1:] == hashes[:-1]).sum())
