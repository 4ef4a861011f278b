"""Saying of a batch that its rows are kept no longer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from monitor.ui import times


def said_of(deleted_at: datetime | None, notes: Mapping[str, Any]) -> str:
    """Empty where a batch's rows are kept."""
    if pd.isna(deleted_at):
        return ""
    return f"Rows deleted {times.day(deleted_at)}: {notes.get('rows_deleted', '')}"
