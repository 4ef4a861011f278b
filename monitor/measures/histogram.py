"""Score histograms so fine that rank statistics computed from them are those of the rows.

A probability p falls into one of 8 192 log-linear bins: 128 to each doubling of min(p, 1 − p),
which is clipped at 2⁻³², and mirrored above one half.  Uniform bins would put the ROC AUC of a rare
class off by as much as a quarter; these stay within 1e-4, and within 3e-5 with the sums of places
within bins, which are kept beside the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np

from monitor.measures.addition import merged, times
from monitor.measures.groupings import EVERYBODY, Coded, Grouping, occurring
from monitor.measures.rows import Floats, Ints
from monitor.measures.sparse import PLACES, Sparse, lead, side_by_side

BINS = 8192
PER_DOUBLING = 128
SMALLEST = 2.0**-32
PLACE_BITS = 4
MANTISSA_BITS_DROPPED = 45 - PLACE_BITS  # of 52: seven count 128 bins to a doubling, four places
FIRST_CODE = int(np.float64(SMALLEST).view(np.int64) >> MANTISSA_BITS_DROPPED)


def score_bins(scores: Floats) -> Ints:
    """The bin of each probability; bins rise with it.

    >>> score_bins(np.array([0.0, 0.5, 1.0])).tolist()
    [0, 4223, 8191]
    """
    return _fine(scores) >> PLACE_BITS


def _fine(scores: Floats) -> Ints:
    """The bin of each probability times 16, and its place within it."""
    nearer = np.maximum(np.minimum(scores, 1.0 - scores), SMALLEST)
    codes = (nearer.view(np.int64) >> MANTISSA_BITS_DROPPED) - FIRST_CODE
    return np.where(scores < 0.5, codes, BINS * PLACES - 1 - codes)


def _middles() -> Floats:
    codes = np.arange(BINS // 2)
    lows = SMALLEST * 2.0 ** (codes // PER_DOUBLING) * (1 + codes % PER_DOUBLING / PER_DOUBLING)
    middles = np.minimum(lows + SMALLEST * 2.0 ** (codes // PER_DOUBLING) / (2 * PER_DOUBLING), 0.5)
    return np.concatenate([middles, 1.0 - middles[::-1]])


BIN_SCORES = _middles()


class HistogramKey(NamedTuple):
    """``actual`` is "" without a label; ``class_index`` is 0 for a binary task's positive class.

    ``predicted`` tells the rows predicted to be of that class from the others; None for rows
    without a prediction.
    """

    attribute: str
    group: str
    actual: str
    class_index: int
    predicted: bool | None


SIDES = (None, False, True)  # the values of HistogramKey.predicted, by code


@dataclass(frozen=True, slots=True, eq=False)
class ScoreHistogram:
    """Weight per fine bin, for everybody and, in binary tasks, per group of sensitive features.

    ``classes`` names the class each score column is the probability of.
    """

    classes: tuple[str, ...] = ()
    bins: Mapping[HistogramKey, Sparse] = field(default_factory=dict)
    _found: dict[tuple[str, str, int], list[HistogramKey]] = field(
        default_factory=dict, init=False, repr=False
    )

    def __add__(self, other: Self) -> Self:
        return type(self)(self.classes or other.classes, merged(self.bins, other.bins))

    def counts(
        self,
        where: Callable[[HistogramKey], bool],
        *,
        class_index: int = 0,
        attribute: str = EVERYBODY,
        group: str = EVERYBODY,
    ) -> Floats:
        """Weight in each of the fine bins of the group's rows whose key passes ``where``."""
        total = np.zeros(BINS)
        for key in self.keys(attribute, group, class_index):
            if where(key):
                total += self.bins[key].dense(BINS)
        return total

    def keys(self, attribute: str, group: str, class_index: int = 0) -> list[HistogramKey]:
        """Those of a group's rows; found for all groups when first asked for."""
        if not self._found:
            for key in self.bins:
                of = (key.attribute, key.group, key.class_index)
                self._found.setdefault(of, []).append(key)
        return self._found.get((attribute, group, class_index), [])

    def one_versus_rest(
        self, class_index: int = 0, *, attribute: str = EVERYBODY, group: str = EVERYBODY
    ) -> tuple[Ints, Floats, Floats, float]:
        """The bins, rising, in which anybody has weight, in each of them that of the rows labelled
        with this class and of those with another label, and the lead within bins."""
        label = self.classes[class_index]
        keys = [key for key in self.keys(attribute, group, class_index) if key.actual]
        own, rest = (
            [self.bins[key] for key in keys if (key.actual == label) is is_own]
            for is_own in (True, False)
        )
        sides = side_by_side(own, rest, size=BINS)
        return *sides, lead(own, rest, *sides)


def count_scores(
    groupings: Iterable[Grouping],
    *,
    actual: Coded,
    predicted: Coded,
    scores: Floats,
    classes: tuple[str, ...],
    weight: Floats | None,
) -> ScoreHistogram:
    """The histogram of rows whose scores are all probabilities; without weights each weighs 1."""
    found: dict[HistogramKey, Sparse] = {}
    for class_index, label in enumerate(classes):
        fine = _fine(scores[:, class_index])
        bins, placed = fine >> PLACE_BITS, times((fine & (PLACES - 1)).astype(np.float64), weight)
        # Histograms of kinds that there are not would be most of the array that is counted in.
        kinds, codes = occurring(actual.codes * len(SIDES) + _sides(predicted, label))
        bins += codes * BINS
        for grouping in groupings:
            slots = grouping.codes * (kinds.size * BINS) + bins
            for place, counted in _split(Sparse.count(slots, weight, placed)):
                group, kind = divmod(place, kinds.size)
                of, side = divmod(int(kinds[kind]), len(SIDES))
                names = (grouping.groups[group], actual.names[of])
                key = HistogramKey(grouping.attribute, *names, class_index, SIDES[side])
                found[key] = counted
    return ScoreHistogram(classes, found)


def _sides(predicted: Coded, label: str) -> Ints:
    """Each row's place in SIDES; the name of code 0 is that of no prediction."""
    of_name = [0, *(1 + (name == label) for name in predicted.names[1:])]
    return np.array(of_name, dtype=np.int64)[predicted.codes]


def _split(counted: Sparse) -> Iterable[tuple[int, Sparse]]:
    """One sparse histogram for each stretch of BINS slots that is occupied."""
    owners, bins = np.divmod(counted.bins, BINS)
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    ends = [*starts[1:], owners.size][: starts.size]
    for start, end in zip(starts, ends, strict=True):
        mine = slice(start, end)
        yield (
            int(owners[start]),
            Sparse(bins[mine], counted.weights[mine], counted.placed()[mine]),
        )
