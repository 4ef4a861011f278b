"""Readable slices of rows: few coarse pieces of each column, cut from the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from monitor.measures.binning import columns_of, named_codes
from monitor.measures.layout import Layout
from monitor.measures.rows import Floats, Mask, Rows

NAMED = 6  # commonest values of a column that are slices
FEW = 5  # distinct numbers that are taken one by one
DIGITS = 3  # of a cut, so that people can read and repeat it


@dataclass(frozen=True, slots=True)
class Piece:
    """Some values of one column.

    They are numbers from ``low`` to under ``high``, one of the ``texts`` (or, where ``others``, any
    other text), or missing values where there is neither.
    """

    column: str
    words: str
    low: float | None = None
    high: float | None = None
    texts: frozenset[str] = frozenset()
    others: bool = False

    def holds(self, values: Any) -> Mask:
        if self.low is not None and self.high is not None:
            return np.asarray((values >= self.low) & (values < self.high))
        if isinstance(values, np.ndarray) and values.dtype != object:
            return np.isnan(values)
        names, codes = named_codes(values)
        if not self.texts:
            return codes < 0
        among = np.array([(name in self.texts) != self.others for name in names] + [False])
        return among[codes]


def pieces_of(reference: Rows, layout: Layout) -> list[Piece]:
    """Quarters and halves of numbers, the commonest texts, what is missing and what is new."""
    found: list[Piece] = []
    for column, values in columns_of(reference, layout).items():
        numeric = isinstance(values, np.ndarray) and values.dtype != object
        found += _numbers(column, values) if numeric else _texts(column, values)
        found.append(Piece(column, f"{column} missing"))
    return found


def members(rows: Rows, layout: Layout, pieces: Sequence[Piece]) -> Mask:
    """Which row lies in which piece: one row per row, one column per piece."""
    columns: Mapping[str, Any] = columns_of(rows, layout)
    found = np.zeros((rows.n, len(pieces)), dtype=bool)
    for place, piece in enumerate(pieces):
        found[:, place] = piece.holds(columns[piece.column])
    return found


def _numbers(column: str, values: Floats) -> Iterator[Piece]:
    known = values[np.isfinite(values)]
    distinct = np.unique(known)
    if distinct.size <= FEW:
        for value in distinct.tolist():
            above = float(np.nextafter(value, np.inf))
            yield Piece(column, f"{column} = {_written(value)}", value, above)
        return
    cuts = sorted({_rounded(q) for q in np.quantile(known, (0.25, 0.5, 0.75)).tolist()})
    bounds = [-np.inf, *cuts, np.inf]
    spans = list(pairwise(bounds))
    if len(cuts) == 3:
        spans += [(-np.inf, cuts[1]), (cuts[1], np.inf)]
    yield from (Piece(column, f"{column} {_span(a, b)}", a, b) for a, b in spans)


def _texts(column: str, values: Any) -> Iterator[Piece]:
    names, codes = named_codes(values)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    order = np.argsort(-counts, kind="stable")[:NAMED]
    for place in order.tolist():
        yield Piece(column, f"{column} = {names[place]}", texts=frozenset([names[place]]))
    yield Piece(column, f"{column} new", texts=frozenset(names), others=True)


def _span(low: float, high: float) -> str:
    if np.isinf(low):
        return f"under {_written(high)}"
    return f"{_written(low)} to {_written(high)}" if np.isfinite(high) else f"from {_written(low)}"


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _written(value: float) -> str:
    """As people write it.

    >>> _written(22400.0), _written(0.125)
    ('22,400', '0.125')
    """
    return f"{value:,.0f}" if value == round(value) else f"{value:,.{DIGITS}g}"
