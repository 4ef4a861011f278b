"""Rows as a file gave them, column by column: counting them, or sending them on, needs no frame."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import pandas as pd
import pyarrow as pa

Values: TypeAlias = "pd.Series[Any] | pa.Array"


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """``n`` rows: numbers and texts that are coded already in Arrow, all else as pandas has it."""

    values: Mapping[str, Values]
    n: int

    @property
    def columns(self) -> Collection[str]:
        return self.values.keys()

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, name: str) -> Values:
        return self.values[name]


Frame: TypeAlias = pd.DataFrame | Chunk
Rows = TypeVar("Rows", pd.DataFrame, Chunk)


def as_frame(frame: Frame) -> pd.DataFrame:
    """The rows in pandas."""
    if isinstance(frame, pd.DataFrame):
        return frame
    return pd.DataFrame({name: as_series(values) for name, values in frame.values.items()})


def as_series(values: Values) -> pd.Series[Any]:
    """The column in pandas."""
    return pd.Series(values.to_pandas()) if isinstance(values, pa.Array) else values
