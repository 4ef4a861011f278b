"""Which files of the store any row of the database names."""

from __future__ import annotations

import re

from sqlalchemy import JSON, Column, Connection, String, Text, cast, select

from monitor.store.tables import metadata

HASH = re.compile(r"[0-9a-f]{64}")


def named_files(connection: Connection) -> set[str]:
    """Every sha256 that stands in a column for hashes or anywhere in a JSON column.

    That is more than the hashes of files; a table or fact added later is looked at without being
    listed here.
    """
    every = (column for table in metadata.sorted_tables for column in table.c)
    return {
        found
        for column in filter(_may_name, every)
        for text in connection.scalars(select(cast(column, Text)).where(column.is_not(None)))
        for found in HASH.findall(text)
    }


def _may_name(column: Column[object]) -> bool:
    return isinstance(column.type, JSON) or (
        isinstance(column.type, String) and column.type.length == 64
    )
