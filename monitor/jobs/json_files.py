"""JSON: one object a line, or one array of objects while it is small."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from monitor.jobs.arrow_types import Contents, rows_at_once
from monitor.jobs.cell_types import Cells, in_pieces, to_batch
from monitor.jobs.refusing import in_a_sentence, quote, refuse
from monitor.jobs.text_survey import Source, survey

LARGEST_ARRAY = 64 << 20  # bytes; an array is parsed in one go
LONGEST_LINE = 16 << 20
MOST_COLUMNS = 20_000
LOOK_AT_ROWS = 4096


def open_json(source: Source, *, name: str) -> Contents:
    """Decides columns and types from all lines; a BatchError names the line that is no object."""
    with in_a_sentence(name, "JSON"):
        encoding = survey(source, name=name).encoding
        cells, rows = _look(source, encoding, name=name)
    columns = [seen.settled(column) for column, seen in cells.items()]
    schema = pa.schema([column.field for column in columns])

    def read(size: int) -> Iterator[pa.RecordBatch]:
        size = rows_at_once(len(columns), size)
        with in_a_sentence(name, "JSON"):
            for piece in in_pieces(_objects(source, encoding, name=name), size):
                yield to_batch([[row.get(key) for key in cells] for row in piece], columns, schema)

    return Contents(schema, rows, read)


def _look(source: Source, encoding: str, *, name: str) -> tuple[dict[str, Cells], int]:
    cells: dict[str, Cells] = {}
    rows = 0
    for piece in in_pieces(_objects(source, encoding, name=name), LOOK_AT_ROWS):
        for key in dict.fromkeys(key for row in piece for key in row):
            cells.setdefault(key, Cells(missing=rows > 0))
        if len(cells) > MOST_COLUMNS:
            found = f"has more than {MOST_COLUMNS} different keys"
            raise refuse(name, found, "write the same keys in every line")
        for key, seen in cells.items():
            seen.see([row.get(key) for row in piece])
        rows += len(piece)
    if not cells:
        raise refuse(name, "holds no records", 'write one object a line, {"age": 39, "score": 0.7}')
    return cells, rows


def _objects(source: Source, encoding: str, *, name: str) -> Iterator[dict[str, Any]]:
    with source() as file:
        first = file.read(4096)
    if first.decode(encoding, "ignore").lstrip("\ufeff \t\r\n").startswith("["):
        yield from _array(source, encoding, name=name)
    else:
        yield from _lines(source, encoding, name=name)


def _array(source: Source, encoding: str, *, name: str) -> Iterator[dict[str, Any]]:
    todo = "write one object a line (JSON lines)"
    with source() as file:
        whole = file.read(LARGEST_ARRAY + 1)
    if len(whole) > LARGEST_ARRAY:
        raise refuse(name, "is one JSON array of more than 64 MB", todo)
    try:
        values = json.loads(whole.decode(encoding))
    except (ValueError, RecursionError) as error:
        raise refuse(name, f"is no valid JSON ({error})", todo) from error
    for number, value in enumerate(values, start=1):
        yield _object(value, f"element {number}", name=name)


def _lines(source: Source, encoding: str, *, name: str) -> Iterator[dict[str, Any]]:
    with io.TextIOWrapper(source(), encoding) as text:
        for number, line in enumerate(_bounded_lines(text, name=name), start=1):
            if line.strip():
                yield _object(_parsed(line, number, name=name), f"line {number}", name=name)


def _bounded_lines(text: io.TextIOWrapper, *, name: str) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise refuse(name, "has a line of more than 16 MB", "write one object a line")
        yield line


def _parsed(line: str, number: int, *, name: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        found = f"has no valid JSON in line {number}, {quote(line.strip())}"
        raise refuse(name, found, "write one whole object a line") from error


def _object(value: Any, where: str, *, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        found = f"has no JSON object in {where}, {quote(json.dumps(value))}"
        raise refuse(name, found, 'write objects such as {"age": 39, "score": 0.7}')
    return value
