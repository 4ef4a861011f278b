"""Parquet: typed already; only what pandas cannot hold without loss or surprise is settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from monitor.jobs.arrow_types import CODED, Contents, rebatch, rows_at_once, settle, settled_batch
from monitor.jobs.csv_dialect import refuse_twice
from monitor.jobs.refusing import in_a_sentence, refuse
from monitor.store import places

pq: Any = pyarrow.parquet

FEW_ROWS = 1 << 15  # to wake threads for so few takes longer than to read them


def open_parquet(path: Path | str, *, name: str, groups: tuple[int, ...] | None = None) -> Contents:
    """The file, or only some of its row groups; ``path`` may be an address as in ``places``.

    Types are those of the whole file, whichever groups are read.
    """
    with in_a_sentence(name, "Parquet"), _opened(path) as file:
        fields = [field for field in file.schema_arrow if not _is_row_number(field)]
        names = [field.name for field in fields]
        if not names:
            raise refuse(name, "has no columns", "write the rows with their columns")
        twice = [column for column, n in Counter(names).items() if n > 1]
        if twice:
            refuse_twice(twice, name=name)
        gaps = _with_gaps(file, fields)
        schema = pa.schema([settle(field, missing=field.name in gaps) for field in fields])
        every = range(file.metadata.num_row_groups)
        chosen = list(every if groups is None else groups)
        written = file.metadata
        rows = sum(written.row_group(group).num_rows for group in chosen)

    def read(size: int, coded: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
        size = rows_at_once(len(names), size)
        texts = {field.name for field in schema if field.type == pa.large_string()}
        coded = texts.intersection(coded)
        with in_a_sentence(name, "Parquet"), _opened(path, coded, written) as file:
            wanted = _coded_schema(schema, file.schema_arrow) if coded else schema
            batches = file.iter_batches(
                size, columns=names, row_groups=chosen, use_threads=rows > FEW_ROWS
            )
            settled = (settled_batch(batch, wanted) for batch in batches)
            yield from rebatch(settled, wanted, size)

    return Contents(schema, rows, read, read)


@contextmanager
def _opened(path: Path | str, coded: Collection[str] = (), known: Any = None) -> Iterator[Any]:
    """``known`` is the file's metadata, where it has been read already."""
    # The default pre_buffer costs three times the CPU, and its memory grows with the file.
    if not places.is_remote(str(path)):
        with pq.ParquetFile(
            path,
            metadata=known,
            pre_buffer=False,
            buffer_size=1 << 17,
            read_dictionary=[*coded],
        ) as file:
            yield file
    else:  # here a request takes longer than a row group needs memory
        with (
            places.opened(str(path)) as stream,
            pq.ParquetFile(
                stream, metadata=known, pre_buffer=True, read_dictionary=[*coded]
            ) as file,
        ):
            yield file


def _coded_schema(schema: pa.Schema, found: pa.Schema) -> pa.Schema:
    """Texts that the reader gives as dictionaries stay so."""
    kinds = dict(zip(found.names, found.types, strict=True))
    return pa.schema([f.with_type(CODED) if kinds[f.name] == CODED else f for f in schema])


def _is_row_number(field: pa.Field) -> bool:
    """The unnamed integer index that pandas writes beside the columns."""
    return field.name.startswith("__index_level_") and bool(pa.types.is_integer(field.type))


def _with_gaps(file: Any, fields: list[pa.Field]) -> set[str]:
    """The integer and boolean columns where anything is missing; counted where not written down."""
    asked = [
        field.name
        for field in fields
        if field.nullable and (pa.types.is_integer(field.type) or pa.types.is_boolean(field.type))
    ]
    nulls = _written_nulls(file, asked)
    gaps = {name for name, count in nulls.items() if count}
    unknown = [name for name, count in nulls.items() if count is None]
    if unknown:
        for batch in file.iter_batches(rows_at_once(len(unknown), 1 << 16), columns=unknown):
            gaps |= {name for name in unknown if batch.column(name).null_count}
    return gaps


def _written_nulls(file: Any, names: list[str]) -> dict[str, int | None]:
    """Nulls of each column by the file's own statistics; None where it has none."""
    nulls: dict[str, int | None] = dict.fromkeys(names, 0)
    paths: dict[str, int] = {}
    for group in range(file.metadata.num_row_groups):
        chunks = file.metadata.row_group(group)
        # Not by file.schema, which would keep the metadata until garbage is collected.
        paths = paths or {chunks.column(i).path_in_schema: i for i in range(chunks.num_columns)}
        for name in names:
            position = paths.get(name)
            written = chunks.column(position).statistics if position is not None else None
            count = nulls[name]
            if written is None or not written.has_null_count or count is None:
                nulls[name] = None
            else:
                nulls[name] = count + written.null_count
    return nulls
