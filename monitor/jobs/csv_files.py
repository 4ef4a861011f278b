"""CSV: read once as text to decide what each column is, and once in its types to give its rows."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from monitor.errors import BatchError
from monitor.jobs.arrow_types import CODED, Contents, one_array, rebatch, rows_at_once
from monitor.jobs.csv_dialect import Dialect, find_dialect, records
from monitor.jobs.csv_types import Evidence, chosen, decimal_sign
from monitor.jobs.refusing import in_a_sentence, quote, refuse
from monitor.jobs.text_readings import MISSING, TEXT, Reading, tidy
from monitor.jobs.text_survey import Source

pc: Any = pyarrow.compute
pacsv: Any = pyarrow.csv

BLOCK = 1 << 19  # the reader has up to 32 of them ahead of who takes its rows
LARGEST_BLOCK = 1 << 26
HELD_BYTES = 1 << 22  # of text at once
PLAIN = ("integer", "number")  # readings that the reader of the file has too


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column stands in the file and how its text is read."""

    position: int
    field: pa.Field
    reading: Reading
    untidy: bool

    @property
    def read_as(self) -> pa.DataType:
        """What the reader of the file can make of it at once."""
        plain = self.reading.name in PLAIN and not self.untidy
        return self.reading.type if plain else pa.string()

    def convert(self, values: pa.Array) -> pa.Array:
        if values.type == self.field.type:
            return values
        if pa.types.is_dictionary(values.type):
            return _without_blanks(values)
        if self.untidy and self.reading is not TEXT:
            values = tidy(values)
        return self.reading.convert(values)


def open_csv(source: Source, *, name: str) -> Contents:
    """Decides delimiter, encoding and types; a BatchError says what is wrong and in which line."""
    with in_a_sentence(name, "CSV"):
        dialect = find_dialect(source, name=name)
        evidence, rows = _look(source, dialect, name=name)
    columns = _columns(dialect, evidence)
    schema = pa.schema([column.field for column in columns])

    def read(size: int, coded: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
        types = _types(columns, coded) if not dialect.spaced else {}
        wanted = [CODED if types.get(c.position) == CODED else c.field.type for c in columns]
        given = pa.schema([f.with_type(t) for f, t in zip(schema, wanted, strict=True)])
        with in_a_sentence(name, "CSV"):
            large = _large(_blocks(source, dialect, types, name=name))
            typed = (_typed(table, columns, given) for table in large)
            yield from rebatch(typed, given, rows_at_once(len(columns), size))

    return Contents(schema, rows, read, read)


def _types(columns: list[Column], coded: Collection[str]) -> dict[int, pa.DataType]:
    """What each column is read as; the texts among those ``coded`` as dictionaries."""
    return {
        one.position: CODED if one.reading is TEXT and one.field.name in coded else one.read_as
        for one in columns
    }


def _without_blanks(values: pa.DictionaryArray) -> pa.Array:
    """Texts of nothing but spaces are missing."""
    if not pc.any(pc.utf8_is_space(values.dictionary), min_count=0).as_py():
        return values
    return TEXT.convert(values.dictionary_decode()).cast(pa.string()).dictionary_encode()


def _look(source: Source, dialect: Dialect, *, name: str) -> tuple[list[Evidence], int]:
    """What the whole file says about each column, and how many rows it has."""
    evidence = [Evidence() for _ in dialect.header]
    rows = 0
    for table in _large(_blocks(source, dialect, {}, name=name)):
        rows += table.num_rows
        for column, values in zip(evidence, table.columns, strict=True):
            column.see(one_array(values))
    return evidence, rows


def _columns(dialect: Dialect, evidence: list[Evidence]) -> list[Column]:
    """One for each column, but for those without a name and without any value."""
    decimal = decimal_sign(evidence, delimiter=dialect.delimiter)
    kept = []
    for position, (name, seen) in enumerate(zip(dialect.names, evidence, strict=True)):
        if dialect.header[position].strip() or seen.seen:
            reading = chosen(seen, decimal=decimal)
            whole = pa.types.is_integer(reading.type) or pa.types.is_boolean(reading.type)
            field = pa.field(name, reading.type, nullable=seen.missing or not whole)
            kept.append(Column(position, field, reading, seen.untidy))
    return kept


def _typed(table: pa.Table, columns: list[Column], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [column.convert(one_array(table.column(column.position))) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _large(blocks: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Blocks put together, because a very wide file has few rows in each."""
    held: list[pa.RecordBatch] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += block.nbytes
        if size >= HELD_BYTES:
            yield pa.Table.from_batches(held)
            held, size = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _blocks(
    source: Source, dialect: Dialect, types: Mapping[int, pa.DataType], *, name: str
) -> Iterator[pa.RecordBatch]:
    """The file's rows, null where missing in any column; rows of nothing are left out.

    A column without one of the ``types`` is text.
    """
    if len(list(islice(records(source, dialect), 2))) < 2:
        return  # a header only, which the reader below may refuse
    reader = None
    with source() as file:
        try:
            reader = _reader(file, dialect, types)
            for block in reader:
                block = _without_blank_rows(block)
                if block.num_rows:
                    yield _unspaced(block) if dialect.spaced else block
        except pa.ArrowInvalid as error:
            raise _explained(error, source, dialect, name=name) from error
        finally:
            if reader is not None:
                reader.close()


def _reader(file: object, dialect: Dialect, types: Mapping[int, pa.DataType]) -> Any:
    positions = [str(i) for i in range(len(dialect.header))]
    line = sum(len(column) + 3 for column in dialect.header)
    return pacsv.open_csv(
        file,
        read_options=pacsv.ReadOptions(
            block_size=min(max(BLOCK, 64 * line), LARGEST_BLOCK),
            column_names=positions,
            skip_rows=dialect.skip,
            skip_rows_after_names=1,
            encoding=dialect.encoding.removesuffix("-sig"),
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=dialect.delimiter, newlines_in_values=dialect.quoted
        ),
        convert_options=pacsv.ConvertOptions(
            column_types={p: types.get(int(p), pa.string()) for p in positions},
            null_values=list(MISSING),
            strings_can_be_null=True,
        ),
    )


def _without_blank_rows(block: pa.RecordBatch) -> pa.RecordBatch:
    blank = None
    for column in block.columns:
        if column.null_count == 0:
            return block
        blank = column.is_null() if blank is None else pc.and_(blank, column.is_null())
        if not pc.any(blank).as_py():
            return block
    return block if blank is None else block.filter(pc.invert(blank))


def _unspaced(block: pa.RecordBatch) -> pa.RecordBatch:
    bare = [pc.utf8_ltrim(column, " ") for column in block.columns]
    missing = pa.array(MISSING)
    arrays = [pc.if_else(pc.is_in(column, missing), None, column) for column in bare]
    return pa.RecordBatch.from_arrays(arrays, schema=block.schema)


def _explained(
    error: pa.ArrowInvalid, source: Source, dialect: Dialect, *, name: str
) -> BatchError:
    text = str(error)
    if "columns, got" in text:
        return _ragged(source, dialect, name=name)
    if "straddling" in text:
        found = "has a line that never ends, or a quote that is never closed"
        return refuse(name, found, "check its line ends and its quotes")
    found = f"cannot be read as CSV ({quote(text.splitlines()[0])})"
    return refuse(name, found, "export it again")


def _ragged(source: Source, dialect: Dialect, *, name: str) -> BatchError:
    wanted = len(dialect.header)
    todo = "give every line as many values as the header, and quote values that hold the delimiter"
    try:
        for line, record in records(source, dialect):
            if len(record) != wanted:
                found = (
                    f"has {len(record)} values in line {line} and {wanted} columns in its header"
                )
                return refuse(name, found, todo)
    except csv.Error:
        pass  # the other reader stumbled over a quote first
    return refuse(name, f"has a line without the {wanted} values of its header", todo)
