"""The bins a column is counted in: cut once from the reference, never moved afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitor.measures.rows import Floats, Ints

TAILS = (0.0001, 0.001, 0.005)
QUANTILES = (*TAILS, *(i / 128 for i in range(1, 128)), *(1 - t for t in reversed(TAILS)))
MOST_CATEGORIES = 10_000
UNSURE = -1
TABLE_FROM = 8192  # values
HALF = 1 << 15
CODES = np.arange(2 * HALF)
# Seen as whole numbers, codes rise with positive distances and fall with negative ones; the two
# zeros are one value.
RANKS = np.where(CODES < HALF, CODES + HALF, np.minimum(2 * HALF - CODES, HALF))


@dataclass(frozen=True, slots=True)
class NumericEdges:
    """Bin i holds cuts[i-1] ≤ x < cuts[i]; the first and last bins lie outside the reference.

    ``centre`` and ``scale`` are the reference's median and interquartile range.  No cuts means that
    the reference held no finite value: everything falls into the single bin.
    """

    cuts: tuple[float, ...]
    centre: float
    scale: float
    places: Floats = field(init=False, repr=False, compare=False)  # of the cuts, as an array

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", np.array(self.cuts, dtype=np.float64))

    @property
    def size(self) -> int:
        return len(self.cuts) + 1

    @property
    def lows(self) -> Floats:
        return np.array([-np.inf, *self.cuts])

    @property
    def highs(self) -> Floats:
        return np.array([*self.cuts, np.inf])

    def bins(self, values: Floats) -> Ints:
        """The bin of each finite value.

        The top 16 bits of a value's float32 distance from the centre name through a table the
        lowest bin it may lie in, and one comparison with the cut above says whether it does, which
        is ten times faster than bisection.  Values whose code holds several cuts are bisected, so
        the answer is exact.  For a few values the table is not worth making, and there is none
        where the distance of quartiles is no finite number.
        """
        if values.size < TABLE_FROM or not np.isfinite(self.scale):
            return np.searchsorted(self.places, values, side="right")
        table = _table(self)
        lowest = table.lowest.take(self.codes(values))
        found: Ints = (lowest + (values >= table.cuts.take(lowest))).astype(np.int64)
        if table.crowded:
            unsure = np.flatnonzero(lowest == UNSURE)
            found[unsure] = np.searchsorted(table.cuts, values[unsure], side="right")
        return found

    def codes(self, values: Floats) -> Ints:
        """The top 16 bits of each value's float32 distance from the centre."""
        with np.errstate(over="ignore"):
            coarse = ((values - self.centre) / self.scale).astype("<f4")
        codes: Ints = coarse.view("<u2")[1::2]
        return codes


class _Table(NamedTuple):
    """The lowest bin of every code, UNSURE for those ``crowded`` with several cuts; and the cut
    above each bin, which infinity is above the last."""

    lowest: npt.NDArray[np.int16]
    cuts: Floats
    crowded: bool


@lru_cache(maxsize=64)  # 128 kB each; a chunk of a batch has the edges of the chunk before
def _table(edges: NumericEdges) -> _Table:
    ranks = np.sort(RANKS[edges.codes(edges.places)])
    bins = np.arange(edges.size, dtype=np.int16)
    by_rank = np.repeat(bins, np.diff(ranks, prepend=-1, append=RANKS.max()))
    crowded = ranks[1:][ranks[1:] == ranks[:-1]]
    by_rank[crowded] = UNSURE
    # By code: as RANKS says, but in two pieces.
    lowest = np.concatenate([by_rank[HALF:], by_rank[HALF:0:-1]])
    return _Table(lowest, np.append(edges.places, np.inf), bool(crowded.size))


@dataclass(frozen=True, slots=True)
class CategoricalEdges:
    """The reference's values, most frequent first; whatever else turns up is counted as other."""

    categories: tuple[str, ...]
    places: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = {name: place for place, name in enumerate(self.categories)}
        object.__setattr__(self, "places", places)

    @property
    def size(self) -> int:
        return len(self.categories)


Edges = NumericEdges | CategoricalEdges


def numeric_edges(values: Floats) -> NumericEdges:
    """Cuts at 128 quantiles and six tail quantiles, and around the smallest and largest value.

    A cut lies halfway between two neighbouring values of the reference, so that rounding noise
    moves nothing across it.

    >>> numeric_edges(np.array([1.0, 2.0, 2.0, 3.0])).cuts[:3]
    (1.0, 1.5, 2.5)
    """
    known = np.sort(values[np.isfinite(values)])
    if not known.size:
        return NumericEdges((), 0.0, 1.0)
    places = np.ceil(np.array(QUANTILES) * known.size).astype(np.int64) - 1
    starts = np.searchsorted(known, known[places], side="left")
    inner = np.unique(starts[starts > 0])
    halfway = known[inner - 1] / 2 + known[inner] / 2
    between = np.where(halfway > known[inner - 1], halfway, known[inner])
    with np.errstate(over="ignore"):  # the largest float has only infinity above it
        beyond = np.nextafter(known[-1], np.inf)
    cuts = np.unique([known[0], *between, beyond])
    q1, centre, q3 = np.quantile(known, (0.25, 0.5, 0.75), method="lower").tolist()
    scale = (q3 - q1) or float(known[-1]) - float(known[0]) or 1.0
    return NumericEdges(tuple(cuts.tolist()), centre, scale)


def categorical_edges(values: pa.Array) -> CategoricalEdges:
    """The most frequent values of an Arrow string or dictionary array, ties in text order."""
    counted = values.drop_null().value_counts()
    names = counted.field("values").cast(pa.string()).to_pylist()
    pairs = sorted(zip(names, counted.field("counts").to_pylist(), strict=True), key=_most_first)
    return CategoricalEdges(tuple(name for name, _ in pairs[:MOST_CATEGORIES]))


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def edges_of(column: Any) -> Edges:
    """Numeric edges for an ndarray, categorical ones for an Arrow array."""
    return numeric_edges(column) if isinstance(column, np.ndarray) else categorical_edges(column)


def edges_to_json(edges: Edges) -> dict[str, Any]:
    if isinstance(edges, NumericEdges):
        return {"cuts": list(edges.cuts), "centre": edges.centre, "scale": edges.scale}
    return {"categories": list(edges.categories)}


def edges_from_json(document: Mapping[str, Any]) -> Edges:
    if "categories" in document:
        return CategoricalEdges(tuple(document["categories"]))
    cuts: Sequence[float] = document["cuts"]
    return NumericEdges(tuple(cuts), document["centre"], document["scale"])
