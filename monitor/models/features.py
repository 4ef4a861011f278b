"""The frame a model is given: the columns and dtypes of its reference, however a batch has them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitor.models.chunk import Values
from monitor.models.column import numbers, truths
from monitor.models.contract import build_contract
from monitor.models.kinds import Kind
from monitor.models.labels import encoded, factorized, joined, label
from monitor.models.promises import Column, Contract
from monitor.models.spec import Spec

_NUMBER = re.compile(r"(u?int|float)(8|16|32|64)")


def model_frame(frame: pd.DataFrame, spec: Spec, contract: Contract | None = None) -> pd.DataFrame:
    """The spec's features in their order.

    Missing is NaN, never None: a model that saw NaN in training may score None differently.
    Without a contract the dtypes are those of these rows.
    """
    promised = (contract or build_contract(spec, frame)).columns
    columns = {name: cast(promised[name], frame[name]) for name in spec.columns.features}
    return pd.DataFrame(columns, index=frame.index).reset_index(drop=True)


def cast(column: Column, values: pd.Series) -> pd.Series:
    """The column as the model saw it in training."""
    if (wanted := number_type(column)) is not None:
        return _numeric(wanted, values)
    if column.dtype == "bool":
        return _boolean(values)
    if column.dtype.startswith("category["):
        return _categorical(column, values)
    return _texts(values) if is_text(column) else values


def is_text(column: Column) -> bool:
    """Whether the model is given Python texts."""
    told = column.dtype == "bool" or column.dtype.startswith("category[")
    if told or number_type(column) is not None:
        return False
    return column.kind is Kind.CATEGORICAL or column.dtype == "str"


def number_type(column: Column) -> np.dtype[Any] | None:
    """The type of the numbers that the model is given, ``Int64`` and ``double[pyarrow]`` as numpy
    has them; None where it is given something else."""
    found = _NUMBER.match(column.dtype.lower().replace("double", "float64"))
    if found:
        return np.dtype(found.group())
    return np.dtype(np.float64) if column.kind is Kind.NUMERIC else None


def _numeric(wanted: np.dtype[Any], values: pd.Series) -> pd.Series:
    """The reference's number type, or float64 where it cannot hold what has come."""
    if values.dtype == wanted:
        return values
    known = numbers(values)
    if wanted.kind in "iu":
        limits = np.iinfo(wanted)
        whole = (known == np.floor(known)) & (known >= limits.min) & (known <= limits.max)
        wanted = wanted if whole.all() else np.dtype(np.float64)
    return pd.Series(known.astype(wanted), index=values.index)


def _boolean(values: pd.Series) -> pd.Series:
    """bool, or objects True, False and NaN where some are missing."""
    codes, names = encoded(values)
    meaning = {"true": True, "false": False, None: np.nan}
    by_code = np.array([*(meaning[text] for text in truths(names)), np.nan], dtype=object)
    found = pd.Series(by_code[codes], index=values.index, dtype=object)
    return found.astype(bool) if found.notna().all() else found


def _categorical(column: Column, values: pd.Series) -> pd.Series:
    """A pandas categorical with the reference's categories, numbers as numbers."""
    codes, names = encoded(values, column.names)
    place = {name: code for code, name in enumerate(column.categories)}
    by_code = np.array([*(place.get(name, -1) for name in names), -1])
    categories = pd.Index(column.categories, dtype=object)
    if _NUMBER.fullmatch(column.dtype[len("category[") : -1]):
        categories = pd.Index(numbers(pd.Series(column.categories, dtype=object)))
        categories = categories.astype(column.dtype[len("category[") : -1])
    found = pd.Categorical.from_codes(by_code[codes].tolist(), categories=categories)
    return pd.Series(found, index=values.index)


def _texts(values: pd.Series) -> pd.Series:
    codes, texts = coded_texts(values)
    by_code = np.array([*texts, np.nan], object)
    return pd.Series(by_code[codes], index=values.index, dtype=object)


def coded_texts(values: Values) -> tuple[NDArray[np.int64], list[str]]:
    """A code for every row, -1 where missing, and the texts behind the codes: as they are, spaces
    included, and anything else as its label."""
    codes, present = factorized(values)
    texts = [str(value) if isinstance(value, str | bool) else label(value) for value in present]
    return joined(codes, texts)
