"""Sorting rows by period in bounded memory: what does not fit waits in Arrow files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa

HELD_BYTES = 64 << 20


class Spills:
    """Rows by key, each key's in the order they came; at most ``HELD_BYTES`` of them in memory.

    As a context manager it removes its files at the end.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder, self.schema = folder, schema
        self.rows: Counter[np.datetime64] = Counter()
        self._held: dict[np.datetime64, list[pa.RecordBatch]] = defaultdict(list)
        self._held_bytes = 0
        self._files: list[Path] = []
        self._places: dict[np.datetime64, list[tuple[int, int]]] = defaultdict(list)

    def __enter__(self) -> Spills:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        for path in self._files:
            path.unlink(missing_ok=True)

    def add(self, batch: pa.RecordBatch, keys: np.ndarray) -> None:
        """Takes a batch apart by the key of each row."""
        order = np.argsort(keys, kind="stable")
        ordered = batch if (order[1:] > order[:-1]).all() else batch.take(pa.array(order))
        found, begins, counts = np.unique(keys[order], return_index=True, return_counts=True)
        for key, begin, count in zip(found, begins, counts.tolist(), strict=True):
            self._held[key].append(ordered.slice(begin, count))
            self.rows[key] += count
        self._held_bytes += ordered.nbytes
        if self._held_bytes > HELD_BYTES:
            self._spill()

    def take(self, key: np.datetime64) -> Iterator[pa.RecordBatch]:
        """The rows of one key, spilled ones first since they came first."""
        for number, position in self._places[key]:
            with pa.memory_map(str(self._files[number])) as file:
                yield pa.ipc.open_file(file).get_batch(position)
        yield from self._held.pop(key, [])

    def _spill(self) -> None:
        path = self.folder / f"{len(self._files)}.spill"
        self._files.append(path)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, self.schema) as writer:
            for position, (key, batches) in enumerate(self._held.items()):
                writer.write_batch(pa.Table.from_batches(batches).combine_chunks().to_batches()[0])
                self._places[key].append((len(self._files) - 1, position))
        self._held.clear()
        self._held_bytes = 0
