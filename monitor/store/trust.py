"""Which pickles somebody vouched for."""

from __future__ import annotations

from sqlalchemy import select

from monitor.store import tables as t
from monitor.store.engine import Store


def is_trusted(store: Store, sha256: str) -> bool:
    """Whether an administrator trusted the file with this hash."""
    with store.read() as connection:
        query = select(t.trusted.c.sha256).where(t.trusted.c.sha256 == sha256)
        return connection.scalar(query) is not None
