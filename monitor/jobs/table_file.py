"""A file opened as a table: its columns with their types, and its rows piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa

from monitor.jobs.arrow_types import ROWS, Contents, empty_batch, to_chunk, to_frame
from monitor.jobs.refusing import in_a_sentence
from monitor.models.chunk import Chunk


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file whose columns and types are known; reading it again starts anew.

    ``rows`` is None where counting them would mean reading the file.  A file without rows gives
    one empty piece, so that its columns can still be checked.
    """

    path: Path
    name: str
    format: str
    contents: Contents = field(repr=False)

    @property
    def schema(self) -> pa.Schema:
        return self.contents.schema

    @property
    def rows(self) -> int | None:
        return self.contents.rows

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.schema.names)

    def batches(self, rows: int = ROWS, *, coded: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
        """Arrow pieces of ``rows`` rows (fewer for very wide tables), all of one schema.

        The ``coded`` columns of text are dictionaries where the format keeps such.
        """
        empty, read_coded = True, self.contents.read_coded
        found = read_coded(rows, coded) if read_coded and coded else self.contents.read(rows)
        for batch in found:
            empty = False
            yield batch
        if empty:
            yield empty_batch(self.schema)

    def frames(self, rows: int = ROWS, *, coded: Collection[str] = ()) -> Iterator[pd.DataFrame]:
        """The same pieces in pandas, numbered through; see ``arrow_types.to_frame``."""
        start = 0
        for batch in self.batches(rows, coded=coded):
            with in_a_sentence(self.name, self.format):
                frame = to_frame(batch)
            frame.index = pd.RangeIndex(start, start + len(frame))
            start += len(frame)
            yield frame

    def chunks(self, rows: int = ROWS, *, coded: Collection[str] = ()) -> Iterator[Chunk]:
        """The same pieces to be counted; see ``arrow_types.to_chunk``."""
        for batch in self.batches(rows, coded=coded):
            with in_a_sentence(self.name, self.format):
                chunk = to_chunk(batch)
            yield chunk
