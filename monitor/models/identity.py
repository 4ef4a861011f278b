"""What makes two rows the same, whatever file they came in: what the contract reads in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitor.models.column import instants, numbers
from monitor.models.kinds import Kind
from monitor.models.labels import encoded
from monitor.models.promises import Column

Hashes = NDArray[np.uint64]


def row_hashes(frame: pd.DataFrame, columns: Mapping[str, Column]) -> Hashes:
    """64 bits for each row, of its values in these columns.

    A missing value is the same as a column that is not there.  Numbers are compared in single
    precision, which CSV and Parquet both keep.
    """
    frame = frame.loc[:, ~frame.columns.duplicated()]
    total = np.zeros(len(frame), dtype=np.uint64)
    for name, column in columns.items():
        if name in frame.columns:
            salt = pd.util.hash_array(np.array([name], dtype=object), categorize=False)
            total += _values(frame[name], column, salt)
    return total


def digest(hashes: Iterable[Hashes]) -> str:
    """One text for rows in any order."""
    together = np.concatenate([np.empty(0, dtype=np.uint64), *hashes])
    return hashlib.sha256(np.sort(together).tobytes()).hexdigest()


def _values(values: pd.Series, column: Column, salt: Hashes) -> Hashes:
    """0 where missing."""
    if column.kind is Kind.NUMERIC:
        with np.errstate(over="ignore"):
            known = numbers(values).astype(np.float32) + np.float32(0)  # -0 is 0
        return _salted(known.view(np.uint32), salt, missing=np.isnan(known))
    if column.kind is Kind.TIMESTAMP:
        read = instants(values)
        return _salted(read.astype("int64").to_numpy(), salt, missing=read.isna().to_numpy())
    codes, names = encoded(values, column.names)
    texts = pd.util.hash_array(np.array([*names, ""], dtype=object), categorize=False)
    return _salted(texts, salt, missing=np.arange(len(texts)) == len(names))[codes]


def _salted(values: NDArray[np.generic], salt: Hashes, *, missing: NDArray[np.bool_]) -> Hashes:
    mixed = pd.util.hash_array(values.astype(np.uint64) ^ salt)
    return np.where(missing, np.uint64(0), mixed)
