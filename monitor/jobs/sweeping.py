"""Clearing away what killed processes left in the files folder, once a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.store.engine import Store
from monitor.store.named import named_files

ABANDONED = timedelta(days=1)  # no upload and no job takes as long


def sweep(store: Store, *, now: datetime) -> int:
    """Removes scratch folders, and files that no row names, that are older than a day; how many."""
    before = now - ABANDONED
    with store.read() as connection:
        named = named_files(connection)
    return store.files.sweep(before=before) + store.files.sweep_unnamed(named, before=before)
