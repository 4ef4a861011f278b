"""How the values of one column are spread, as counts that add up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitor.measures.addition import sum_by
from monitor.measures.edges import TABLE_FROM, CategoricalEdges, Edges, NumericEdges
from monitor.measures.groupings import Coded, among
from monitor.measures.rows import Floats, Ints


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class NumericProfile:
    """Count and sum per bin, and the moments of the finite values.

    ``squares`` is Σ(x − edges.centre)², which keeps its digits where Σx² would lose them.  ``low``
    and ``high`` are the extremes seen, +inf and -inf before any value was.
    """

    edges: NumericEdges
    counts: Ints
    sums: Floats
    missing: int
    infinite: int
    total: float
    squares: float
    low: float
    high: float
    known: int = field(init=False)  # rows with a finite value

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", int(self.counts.sum()))

    @classmethod
    def zero(cls, edges: NumericEdges) -> Self:
        return cls(
            edges=edges,
            counts=np.zeros(edges.size, dtype=np.int64),
            sums=np.zeros(edges.size),
            missing=0,
            infinite=0,
            total=0.0,
            squares=0.0,
            low=np.inf,
            high=-np.inf,
        )

    def __add__(self, other: Self) -> Self:
        require_same_edges(self.edges, other.edges)
        return type(self)(
            edges=self.edges,
            counts=self.counts + other.counts,
            sums=self.sums + other.sums,
            missing=self.missing + other.missing,
            infinite=self.infinite + other.infinite,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
        )

    @property
    def n(self) -> int:
        """All rows, those without a value included."""
        return self.known + self.missing + self.infinite

    @property
    def out_of_range(self) -> int:
        """Finite values below or above everything the reference held."""
        return int(self.counts[0] + self.counts[-1]) if self.edges.cuts else 0

    @property
    def mean(self) -> float:
        """NaN without a finite value."""
        return self.total / self.known if self.known else np.nan

    @property
    def std(self) -> float:
        """Population standard deviation; NaN without a finite value."""
        if not self.known:
            return np.nan
        shift = self.mean - self.edges.centre
        return float(np.sqrt(max(self.squares / self.known - shift * shift, 0.0)))

    def shares(self) -> Floats:
        """The bins' shares of the finite values; NaN where there are none."""
        return self.counts / self.known if self.known else np.full(self.edges.size, np.nan)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class CategoricalProfile:
    """Count per category of the reference; ``other`` counts the values it did not hold."""

    edges: CategoricalEdges
    counts: Ints
    other: int
    missing: int
    known: int = field(init=False)  # rows with a value, unseen ones included

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", int(self.counts.sum()) + self.other)

    @classmethod
    def zero(cls, edges: CategoricalEdges) -> Self:
        return cls(edges=edges, counts=np.zeros(edges.size, dtype=np.int64), other=0, missing=0)

    def __add__(self, other: Self) -> Self:
        require_same_edges(self.edges, other.edges)
        return type(self)(
            edges=self.edges,
            counts=self.counts + other.counts,
            other=self.other + other.other,
            missing=self.missing + other.missing,
        )

    @property
    def n(self) -> int:
        return self.known + self.missing

    def shares(self) -> Floats:
        """The categories' shares of the rows with a value, ``other`` last; NaN without any."""
        counts = np.append(self.counts, self.other)
        return counts / self.known if self.known else np.full(counts.size, np.nan)


Profile = NumericProfile | CategoricalProfile
ALL_FINITE = np.array([np.finfo(np.float64).min, np.inf])  # the first, and what is beyond the last


def require_same_edges(left: Edges, right: Edges) -> None:
    """Profiles counted in different bins cannot be added or compared: ValueError."""
    if left != right:
        raise ValueError("Profiles with different edges cannot be combined.")


def zero_profile(edges: Edges) -> Profile:
    if isinstance(edges, NumericEdges):
        return NumericProfile.zero(edges)
    return CategoricalProfile.zero(edges)


def combined(left: Profile, right: Profile) -> Profile:
    """The profile of both lots of rows; ValueError where kinds or edges differ."""
    if isinstance(left, NumericProfile) and isinstance(right, NumericProfile):
        return left + right
    if isinstance(left, CategoricalProfile) and isinstance(right, CategoricalProfile):
        return left + right
    raise ValueError("A numeric and a categorical profile cannot be combined.")


def profile(values: Any, edges: Edges) -> Profile:
    """The profile of a float64 array, of an Arrow array, or of label texts, coded or not."""
    if isinstance(edges, NumericEdges):
        return _numeric(np.asarray(values, dtype=np.float64), edges)
    if isinstance(values, Coded):
        known = values.codes[among(values.codes >= 0)]
        return _categorical(values.names, known, values.codes.size, edges)
    texts = pa.array(values, type=pa.string()) if isinstance(values, np.ndarray) else values
    coded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    known = coded.indices.drop_null().to_numpy(zero_copy_only=False)
    names = coded.dictionary.cast(pa.string()).to_pylist()
    return _categorical(names, known, len(coded), edges)


def _numeric(values: Floats, edges: NumericEdges) -> NumericProfile:
    if values.size < TABLE_FROM:
        rising = np.sort(values)
        known = rising[slice(*rising.searchsorted(ALL_FINITE))]
        counts, sums = _sorted_sums(known, edges)
        low, high = (known[0], known[-1]) if known.size else (np.inf, -np.inf)
    else:
        finite = np.isfinite(values)
        known = values if finite.all() else values[finite]
        bins = edges.bins(known)
        counts = np.bincount(bins, minlength=edges.size)
        sums = sum_by(bins, edges.size, known)
        low, high = known.min(), known.max()
    missing = int(np.isnan(values).sum()) if known.size < values.size else 0
    with np.errstate(over="ignore"):
        return NumericProfile(
            edges=edges,
            counts=counts,
            sums=sums,
            missing=missing,
            infinite=values.size - known.size - missing,
            total=float(known.sum()),
            # A dot product would wake every thread that BLAS has, and cost more than it saves.
            squares=float(np.square(known - edges.centre).sum()),
            low=float(low),
            high=float(high),
        )


def _sorted_sums(known: Floats, edges: NumericEdges) -> tuple[Ints, Floats]:
    """Count and sum in each bin of values that rise: few values are sorted sooner than placed."""
    bounds = np.zeros(edges.size + 1, dtype=np.int64)
    bounds[1:-1] = known.searchsorted(edges.places)
    bounds[-1] = known.size
    counts = bounds[1:] - bounds[:-1]
    sums, filled = np.zeros(edges.size), counts > 0
    if known.size:
        sums[filled] = np.add.reduceat(known, bounds[:-1][filled])
    return counts, sums


def _categorical(
    names: Sequence[str], known: Ints, n: int, edges: CategoricalEdges
) -> CategoricalProfile:
    """Of ``n`` rows, of which those with a value have its place among the names."""
    per_value = np.bincount(known, minlength=len(names))
    other = edges.size
    places = [edges.places.get(name, other) for name in names]
    counts = np.zeros(edges.size + 1, dtype=np.int64)
    np.add.at(counts, np.array(places, dtype=np.int64), per_value)
    return CategoricalProfile(
        edges=edges,
        counts=counts[:-1],
        other=int(counts[-1]),
        missing=n - known.size,
    )


def profile_to_parts(one: Profile) -> tuple[list[float], list[npt.NDArray[Any]]]:
    """Numbers and arrays that, with the edges, make the profile again."""
    if isinstance(one, CategoricalProfile):
        return [one.other, one.missing], [one.counts]
    numbers = [one.missing, one.infinite, one.total, one.squares, one.low, one.high]
    return numbers, [one.counts, one.sums]


def arrays_of(edges: Edges) -> int:
    """In how many arrays a profile of these edges is kept."""
    return 1 if isinstance(edges, CategoricalEdges) else 2


def profile_from_parts(
    edges: Edges, numbers: Sequence[Any], arrays: Iterator[npt.NDArray[Any]]
) -> Profile:
    """Takes from ``arrays`` as many as it needs."""
    if isinstance(edges, CategoricalEdges):
        return CategoricalProfile(edges, next(arrays), *numbers)
    return NumericProfile(edges, next(arrays), next(arrays), *numbers)
