"""Excel workbooks: the first sheet that holds anything, its first line being the header."""

from __future__ import annotations

import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from monitor.jobs.arrow_types import Contents, rows_at_once
from monitor.jobs.cell_types import Cells, to_batch
from monitor.jobs.csv_dialect import refuse_twice
from monitor.jobs.refusing import in_a_sentence, refuse

LARGEST = 2 << 30  # bytes once unpacked
LOOK_AT_ROWS = 4096
NO_HEADER = "put column names into the first line of the first sheet, and the rows below"

Row = tuple[Any, ...]


def open_excel(path: Path, *, name: str) -> Contents:
    """Formulas count by the value that Excel stored; times are taken to be in UTC."""
    with in_a_sentence(name, "Excel"):
        _refuse_bomb(path, name=name)
        header, cells, rows = _look(path, name=name)
    kept = [i for i, title in enumerate(header) if title or cells[i].kinds]
    columns = [cells[i].settled(header[i] or f"Unnamed: {i}") for i in kept]
    schema = pa.schema([column.field for column in columns])

    def read(size: int) -> Iterator[pa.RecordBatch]:
        with in_a_sentence(name, "Excel"), _rows(path, name=name) as lines:
            next(lines)
            while piece := _taken(lines, rows_at_once(len(columns), size)):
                yield to_batch([[_at(row, i) for i in kept] for row in piece], columns, schema)

    return Contents(schema, rows, read)


def _look(path: Path, *, name: str) -> tuple[list[str], list[Cells], int]:
    with _rows(path, name=name) as lines:
        header = _header(next(lines), name=name)
        cells = [Cells() for _ in header]
        rows = 0
        while piece := _taken(lines, LOOK_AT_ROWS):
            _refuse_wide(piece, len(header), rows, name=name)
            for i, seen in enumerate(cells):
                seen.see([_at(row, i) for row in piece])
            rows += len(piece)
    return header, cells, rows


def _header(row: Row, *, name: str) -> list[str]:
    titles = ["" if cell is None else str(cell) for cell in row]
    while titles and not titles[-1].strip():
        titles.pop()
    twice = [title for title, n in Counter(titles).items() if n > 1 and title]
    if twice:
        refuse_twice(twice, name=name)
    return titles


@contextmanager
def _rows(path: Path, *, name: str) -> Iterator[Iterator[Row]]:
    """The lines of the first sheet with anything in it; empty lines are left out."""
    import openpyxl  # here, for few batches are workbooks and every worker would wait for it

    with _quietly(), path.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # what some programs write there is wrong
                lines = (row for row in sheet.iter_rows(values_only=True) if _filled(row))
                first = _taken(lines, 1)
                if first:
                    yield _chained(first[0], lines)
                    return
            raise refuse(name, "is an empty workbook", NO_HEADER)
        finally:
            book.close()


def _chained(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _taken(lines: Iterator[Row], size: int) -> list[Row]:
    with _quietly():
        return list(islice(lines, size))


@contextmanager
def _quietly() -> Iterator[None]:
    """openpyxl warns of styles and extensions it does not know; they hold no data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _filled(row: Row) -> bool:
    return any(cell is not None and cell != "" for cell in row)


def _at(row: Row, position: int) -> Any:
    return row[position] if position < len(row) else None


def _refuse_wide(piece: list[Row], width: int, rows: int, *, name: str) -> None:
    for number, row in enumerate(piece, start=rows + 1):
        if len(row) > width and _filled(row[width:]):
            found = f"has a value to the right of its {width} named columns in record {number}"
            raise refuse(name, found, NO_HEADER)


def _refuse_bomb(path: Path, *, name: str) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > LARGEST:
        found = f"is a workbook of {size >> 20} MB once unpacked"
        raise refuse(name, found, "save it as CSV or Parquet")
