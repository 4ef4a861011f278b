"""From whatever Arrow types a file has to the few we compute with, and from those to pandas.

A settled column is a boolean, an integer, a float, text, an instant in UTC, or something nested
that is left as it is.  A settled boolean or integer field says ``nullable=False`` when nothing is
missing anywhere in the file, so every piece of one file becomes the same pandas type.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from monitor.models.chunk import Chunk

pc: Any = pyarrow.compute

INSTANT = pa.timestamp("us", tz="UTC")
JSON = pa.json_()
CODED = pa.dictionary(pa.int32(), pa.string())
KEPT = {
    kind.id
    for kind in (
        *(pa.bool_(), pa.float32(), pa.float64(), pa.large_string()),
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
        *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
    )
}
ROWS = 65_536
FEW_COLUMNS = 64  # of more, pandas' many blocks cost more than one copy
MOST_CELLS = 8_000_000  # of one piece, so that ten thousand columns fit into memory too


@dataclass(frozen=True, slots=True)
class Contents:
    """An opened file: settled columns, rows if counted, and a way to read it again and again.

    ``read_coded`` reads columns of text, by name, as dictionaries where it can; None where the
    format has none.
    """

    schema: pa.Schema
    rows: int | None
    read: Callable[[int], Iterator[pa.RecordBatch]]
    read_coded: Callable[[int, Collection[str]], Iterator[pa.RecordBatch]] | None = None


def rows_at_once(columns: int, rows: int) -> int:
    """How many rows make one piece: as asked, fewer for very wide tables."""
    return max(1, min(rows, MOST_CELLS // max(columns, 1)))


def settle(field: pa.Field, *, missing: bool) -> pa.Field:
    """The field as we keep it; integers with missing values become floats."""
    kind = _settled(field.type)
    if missing and pa.types.is_integer(kind):
        kind = pa.float64()
    whole = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    return pa.field(field.name, kind, nullable=missing or not whole)


def _settled(kind: pa.DataType) -> pa.DataType:
    if kind.id in KEPT:
        return kind
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return _settled(kind.value_type)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return INSTANT
    if pa.types.is_decimal(kind) or pa.types.is_null(kind) or pa.types.is_float16(kind):
        return pa.float64()
    if _is_text(kind) or _is_bytes(kind) or pa.types.is_time(kind) or kind == pa.uuid():
        return pa.large_string()
    return kind


def cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """The array in its settled type."""
    if array.type == kind:
        return array
    if pa.types.is_dictionary(array.type):
        return cast(array.dictionary_decode(), kind)
    if pa.types.is_run_end_encoded(array.type):
        return cast(pc.run_end_decode(array), kind)
    if _is_bytes(array.type) or array.type == pa.uuid():
        return pa.array([_text_of(value) for value in array.to_pylist()], kind)
    if pa.types.is_timestamp(array.type) and array.type.tz is None:
        # A time without a zone is taken to be in UTC.
        return array.cast(pa.timestamp("us"), safe=False).cast(kind)
    if pa.types.is_date64(array.type):
        array = array.cast(pa.timestamp("ms"))
    if pa.types.is_integer(array.type) and pa.types.is_floating(kind):
        return array.cast(kind, safe=False)
    return array.cast(kind, safe=not pa.types.is_timestamp(array.type))


def settled_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch's columns, in the schema's order, in the schema's types."""
    found = dict(zip(batch.schema.names, batch.columns, strict=True))
    arrays = [cast(found[field.name], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def to_frame(batch: pa.RecordBatch) -> pd.DataFrame:
    """A settled batch in pandas: missing is NaN (NaT for instants) and never None.

    Text is pandas' default string type; a boolean column with missing values anywhere in the file
    holds True, False and NaN; nested values stay Python objects.
    """
    plain = batch.replace_schema_metadata(None)
    frame: pd.DataFrame = plain.to_pandas(split_blocks=_can_stay_apart(batch.schema))
    for field in batch.schema:
        if pa.types.is_boolean(field.type) and field.nullable:
            frame[field.name] = _with_nan(frame[field.name].astype(object))
        elif field.type == JSON:
            frame[field.name] = _with_nan(frame[field.name].map(_loaded, na_action="ignore"))
        elif _is_text(field.type) and frame[field.name].dtype == object:
            frame[field.name] = _with_nan(frame[field.name])
    return frame


def to_chunk(batch: pa.RecordBatch) -> Chunk:
    """A settled batch to be counted: only what is neither a number nor coded goes through pandas,
    as ``to_frame`` has it there."""
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    plain = {name: column for name, column in columns.items() if _is_plain(column.type)}
    others = [name for name in columns if name not in plain]
    if others:
        frame = to_frame(batch.select(others))
        plain |= {name: frame[name] for name in others}
    return Chunk(plain, batch.num_rows)


def _is_plain(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or kind == CODED)


def _can_stay_apart(schema: pa.Schema) -> bool:
    """Whether columns are given to pandas uncopied; pyarrow fails to do so with extension types."""
    extended = any(isinstance(kind, pa.BaseExtensionType) for kind in schema.types)
    return len(schema) <= FEW_COLUMNS and not extended


def empty_batch(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.nulls(0, f.type) for f in schema], schema=schema)


def one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def rebatch(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, rows: int
) -> Iterator[pa.RecordBatch]:
    """The same rows in pieces of ``rows``, whatever sizes they came in; the last may be shorter."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        if count >= rows:
            table = pa.Table.from_batches(held, schema)
            whole = count - count % rows
            yield from (_piece(table, start, rows, schema) for start in range(0, whole, rows))
            held, count = table.slice(whole).to_batches(), count - whole
    if count and len(held) == 1:
        yield held[0]
    elif count:
        yield _piece(pa.Table.from_batches(held, schema), 0, count, schema)


def _piece(table: pa.Table, start: int, rows: int, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [one_array(column) for column in table.slice(start, rows).columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _with_nan(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.where(values.notna(), np.nan)


def _loaded(text: str) -> Any:
    return json.loads(text)


def _text_of(value: Any) -> str | None:
    """Bytes as text: UTF-8 where they are that, hexadecimal digits otherwise."""
    if value is None or isinstance(value, uuid.UUID):
        return None if value is None else str(value)
    try:
        return str(bytes(value), "utf-8")
    except UnicodeDecodeError:
        return bytes(value).hex()


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )
