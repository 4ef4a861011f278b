"""What a column of cells that already have types means: for JSON and Excel.

As for CSV the whole file decides.  Text is never read as a number here, since these formats say
themselves what is one; only dates, which JSON has no type for, are found in text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from monitor.jobs.arrow_types import INSTANT, JSON
from monitor.jobs.csv_types import EXACT, Evidence, chosen
from monitor.jobs.text_readings import INSTANTS, MISSING, MISSING_NUMBERS, TEXT, Reading

MARKS = frozenset(MISSING)
NUMBER_MARKS = frozenset(MISSING_NUMBERS.to_pylist())
INTEGERS = (-(1 << 63), (1 << 63) - 1)


@dataclass(slots=True)
class Cells:
    """What has been seen of one column so far."""

    kinds: set[type] = field(default_factory=set)
    missing: bool = False
    wordy: bool = False  # text that is no mark for a missing number
    long: bool = False  # integers beyond what a float holds
    longer: bool = False  # integers beyond 64 bits
    dates: Evidence = field(default_factory=lambda: Evidence(possible=INSTANTS))

    def see(self, cells: Sequence[Any]) -> None:
        present = [c for c in cells if c is not None and not (isinstance(c, str) and c in MARKS)]
        self.missing |= len(present) < len(cells)
        kinds = set(map(type, present))
        self.kinds |= kinds
        if str in kinds:
            self._see_text([c for c in present if isinstance(c, str)])
        if int in kinds:
            self._see_integers([c for c in present if type(c) is int])

    def _see_text(self, texts: list[str]) -> None:
        self.wordy |= any(text.strip() not in NUMBER_MARKS for text in texts)
        if self.dates.possible:
            self.dates.see(pa.array(texts, pa.string()))

    def _see_integers(self, numbers: list[int]) -> None:
        low, high = min(numbers), max(numbers)
        self.long |= low < -EXACT or high > EXACT
        self.longer |= low < INTEGERS[0] or high > INTEGERS[1]

    def settled(self, name: str) -> CellColumn:
        kinds = self.kinds if self.wordy else self.kinds - {str}
        missing = self.missing or str in self.kinds - kinds
        if kinds & {dict, list}:
            return CellColumn(pa.field(name, JSON))
        if kinds == {bool}:
            return CellColumn(pa.field(name, pa.bool_(), nullable=missing))
        if kinds == {int} and not missing and not self.longer:
            return CellColumn(pa.field(name, pa.int64(), nullable=False))
        if kinds <= {int, float} and not (self.long and kinds == {int}):
            return CellColumn(pa.field(name, pa.float64()))
        if kinds <= {datetime, date}:
            return CellColumn(pa.field(name, INSTANT))
        reading = chosen(self.dates, decimal=".") if kinds == {str} else TEXT
        return CellColumn(pa.field(name, reading.type), reading)


@dataclass(frozen=True, slots=True)
class CellColumn:
    """A settled column; text goes through ``reading``."""

    field: pa.Field
    reading: Reading | None = None

    def convert(self, cells: Sequence[Any]) -> pa.Array:
        kind = self.field.type
        if kind == JSON:
            texts = [None if cell is None else json.dumps(cell) for cell in cells]
            return pa.ExtensionArray.from_storage(JSON, pa.array(texts, JSON.storage_type))
        if self.reading is not None:
            texts = [_text(cell) for cell in cells]
            return self.reading.convert(pa.array(texts, pa.string()))
        if kind == INSTANT:
            return pa.array([_aware(cell) for cell in cells], INSTANT)
        bare = [None if isinstance(cell, str) else cell for cell in cells]
        return pa.array(bare, kind)


def to_batch(
    rows: Sequence[Sequence[Any]], columns: Sequence[CellColumn], schema: pa.Schema
) -> pa.RecordBatch:
    """Rows of cells, as many in each as there are columns, as one batch."""
    cells: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else ([] for _ in columns)
    arrays = [column.convert(values) for column, values in zip(columns, cells, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def in_pieces(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    piece: list[Any] = []
    for row in rows:
        piece.append(row)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


def _text(cell: Any) -> str | None:
    """A cell as text; a whole number without its point, so that 5 and 5.0 are the same."""
    if isinstance(cell, str):
        return None if cell in MARKS else cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return None if cell is None else str(cell)


def _aware(cell: Any) -> datetime | None:
    """Excel knows no zone: its times are taken to be in UTC."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC) if cell.tzinfo is None else cell
    return datetime(cell.year, cell.month, cell.day, tzinfo=UTC) if isinstance(cell, date) else None
