"""What rows hold, column by column, as counts that add up over the parts of a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitor.models.column import instants, numbers, truths
from monitor.models.kinds import Kind
from monitor.models.labels import encoded, labels
from monitor.models.promises import Column, Contract
from monitor.models.spec import Spec
from monitor.terms import Role

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """Counts of one column: values ``missing``, of the ``wrong`` type, ``infinite``, ``outside``
    the contract's range, the range itself, values that are none of the categories (``unseen``), and
    a few ``examples`` of what is wrong or unseen."""

    rows: int = 0
    missing: int = 0
    wrong: int = 0
    infinite: int = 0
    outside: int = 0
    low: float = math.inf
    high: float = -math.inf
    unseen: int = 0
    examples: tuple[str, ...] = ()

    def __add__(self, other: ColumnSeen) -> ColumnSeen:
        return ColumnSeen(
            self.rows + other.rows,
            self.missing + other.missing,
            self.wrong + other.wrong,
            self.infinite + other.infinite,
            self.outside + other.outside,
            min(self.low, other.low),
            max(self.high, other.high),
            self.unseen + other.unseen,
            tuple(dict.fromkeys(self.examples + other.examples))[:EXAMPLES],
        )

    @property
    def present(self) -> int:
        return self.rows - self.missing


@dataclass(frozen=True, slots=True)
class Seen:
    """Counts of all columns; ``ids`` are 64-bit hashes of the row ids, to find duplicates."""

    rows: int = 0
    columns: Mapping[str, ColumnSeen] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    ids: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, dtype=np.uint64))

    def __add__(self, other: Seen) -> Seen:
        zero = ColumnSeen()
        names = dict.fromkeys((*self.columns, *other.columns))
        columns = {n: self.columns.get(n, zero) + other.columns.get(n, zero) for n in names}
        # The columns of a file are those of its first part: later parts repeat them.
        ids = np.concatenate([self.ids, other.ids])
        return Seen(self.rows + other.rows, columns, self.names or other.names, ids)

    @property
    def duplicate_ids(self) -> int:
        """Rows whose id another row had before."""
        return len(self.ids) - len(np.unique(self.ids))


def inspect(
    contract: Contract, spec: Spec, frame: pd.DataFrame, *, role: Role = Role.RECORDS
) -> Seen:
    """The counts of these rows; of labels only id and label are looked at."""
    wanted = contract.columns
    if role is Role.LABELS:
        wanted = {n: c for n, c in wanted.items() if {"id", "target"} & set(c.roles)}
    once = frame.loc[:, ~frame.columns.duplicated()] if frame.columns.has_duplicates else frame
    present = set(once.columns)
    columns = {n: look(column, once[n]) for n, column in wanted.items() if n in present}
    ids = _hashed(once[spec.columns.id]) if spec.columns.id in present else Seen().ids
    return Seen(len(frame), columns, tuple(map(str, frame.columns)), ids)


def look(column: Column, values: pd.Series) -> ColumnSeen:
    """The counts of one column under its promise."""
    if column.kind is Kind.NUMERIC:
        return _look_at_numbers(column, values)
    if column.kind is Kind.CATEGORICAL:
        return _look_at_texts(column, values)
    missing = int(values.isna().sum())
    if column.kind is Kind.OTHER:
        return ColumnSeen(len(values), missing)
    if column.kind is Kind.TIMESTAMP:
        read = instants(values).notna().to_numpy()
    else:
        codes, names = encoded(values)
        read = np.array([text is not None for text in [*truths(names), None]])[codes]
    return _with_wrong(values, ~read, missing=missing)


def _look_at_numbers(column: Column, values: pd.Series) -> ColumnSeen:
    known = numbers(values)
    none = np.isnan(known)
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iufb":
        seen = ColumnSeen(len(values), int(none.sum()))
    else:
        seen = _with_wrong(values, none, missing=_blank(values))
    finite = known[np.isfinite(known)]
    if not len(finite):
        return replace(seen, infinite=len(known) - int(none.sum()))
    outside = 0
    if column.low is not None and column.high is not None:
        slack = 1e-6 * max(column.high - column.low, abs(column.high))
        outside = int(((finite < column.low - slack) | (finite > column.high + slack)).sum())
    return replace(
        seen,
        infinite=len(known) - len(finite) - int(none.sum()),
        outside=outside,
        low=float(finite.min()),
        high=float(finite.max()),
    )


def _look_at_texts(column: Column, values: pd.Series) -> ColumnSeen:
    codes, names = encoded(values, column.names)
    seen = ColumnSeen(len(values), int((codes < 0).sum()))
    known = set(column.categories)
    new = [place for place, name in enumerate(names) if name not in known] if known else []
    if not new:
        return seen
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    examples = tuple(names[place] for place in new[:EXAMPLES])
    return replace(seen, unseen=int(counts[new].sum()), examples=examples)


def _with_wrong(values: pd.Series, unread: NDArray[np.bool_], *, missing: int) -> ColumnSeen:
    wrong = int(unread.sum()) - missing
    if wrong <= 0:
        return ColumnSeen(len(values), missing)
    examples = tuple(encoded(values[unread])[1][:EXAMPLES])
    return ColumnSeen(len(values), missing, wrong, examples=examples)


def _blank(values: pd.Series) -> int:
    """Missing or nothing but spaces."""
    return int((encoded(values)[0] < 0).sum())


def _hashed(values: pd.Series) -> NDArray[np.uint64]:
    texts = labels(values)
    present = texts[texts != None]  # noqa: E711  (elementwise)
    return np.asarray(pd.util.hash_array(present.astype(object), categorize=False))
