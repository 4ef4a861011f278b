"""A few bins of each column, cut from the reference, and the bin of every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from monitor.measures.distance import coarse
from monitor.measures.edges import Edges, NumericEdges, categorical_edges
from monitor.measures.groupings import coded
from monitor.measures.layout import Layout
from monitor.measures.rows import Floats, Ints, Rows, Texts

BINS = 20


@dataclass(frozen=True, slots=True, eq=False)
class NumericBins:
    """Below the reference's range, quantiles of the reference, above its range, missing."""

    cuts: Floats

    @property
    def size(self) -> int:
        return self.cuts.size + 2

    def codes(self, values: Floats) -> Ints:
        """The bin of each value; an infinite one lies out of range."""
        found: Ints = np.searchsorted(self.cuts, values, side="right")
        found[np.isnan(values)] = self.size - 1
        return found


@dataclass(frozen=True, slots=True, eq=False)
class NamedBins:
    """The reference's commonest values, its others, those it never held, missing."""

    common: tuple[str, ...]
    others: frozenset[str]

    @property
    def size(self) -> int:
        return len(self.common) + 3

    def codes(self, values: Any) -> Ints:
        names, found = named_codes(values)
        place = {name: i for i, name in enumerate(self.common)}
        rest, unseen = len(self.common), len(self.common) + 1
        places = [place.get(name, rest if name in self.others else unseen) for name in names]
        return np.array([*places, unseen + 1], dtype=np.int64)[found]


Bins = NumericBins | NamedBins


def bins_of(reference: Rows, layout: Layout) -> dict[str, Bins]:
    """Bins of every feature, and of every attribute and segment column that is none."""
    return {
        name: _bins(values, layout.edges[name] if name in layout.features else _edges(values))
        for name, values in columns_of(reference, layout).items()
    }


def columns_of(rows: Rows, layout: Layout) -> dict[str, Any]:
    """What may be a cause: the features, and groups that the model is not given."""
    features = {name: rows.columns[name] for name in layout.features if name in rows.columns}
    return {**rows.groups, **features}


def codes_of(rows: Rows, layout: Layout, bins: Mapping[str, Bins]) -> dict[str, Ints]:
    """Each row's bin, column by column."""
    columns = columns_of(rows, layout)
    return {name: one.codes(columns[name]) for name, one in bins.items()}


def named_codes(values: Any) -> tuple[list[str], Ints]:
    """Distinct texts, and each row's place among them; -1 where it has none."""
    if isinstance(values, np.ndarray):
        texts = coded(values)
        return list(texts.names), texts.codes
    found = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    codes = found.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return found.dictionary.cast(pa.string()).to_pylist(), codes.astype(np.int64)


def _edges(groups: Texts) -> Edges:
    return categorical_edges(pa.array(groups, pa.string()))


def _bins(values: Any, edges: Edges) -> Bins:
    """Neighbouring kept bins joined by quantile; names by how common they are."""
    if isinstance(edges, NumericEdges):
        return NumericBins(_cuts(values, edges))
    names = edges.categories
    return NamedBins(names[: BINS - 1], frozenset(names[BINS - 1 :]))


def _cuts(values: Floats, edges: NumericEdges) -> Floats:
    cuts = np.array(edges.cuts)
    if cuts.size < 3:
        return cuts
    counts = np.bincount(edges.bins(values[np.isfinite(values)]), minlength=edges.size)
    inside = coarse(counts[1:-1].astype(np.float64), bins=BINS)
    between = 1 + np.flatnonzero(np.diff(inside))
    return cuts[[0, *between, cuts.size - 1]]
