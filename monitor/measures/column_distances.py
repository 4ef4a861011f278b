"""How far the columns of a batch are from the reference's, worked out for all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.measures import distance
from monitor.measures.merging import merged_counts
from monitor.measures.profile import NumericProfile, Profile
from monitor.measures.rows import Floats
from monitor.measures.significance import chi2_of

OF_FEW: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "psi": distance.psi,
    "jensenshannon": distance.jensenshannon,
    "hellinger": distance.hellinger,
    "TVD": distance.total_variation,
}


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """A column's counts in a few bins, the batch's and the reference's, and how far they are apart
    by each metric; "ks" of numbers only, and "wasserstein" of those whose reference varies.
    ``statistic`` is the χ² of both samples over neighbouring bins that are joined where they are
    thin, with ``df`` degrees of freedom."""

    few: tuple[Floats, Floats]
    statistic: float
    df: int
    by: dict[str, float]


def apart(pairs: Sequence[tuple[Profile, Profile]]) -> list[Apart]:
    """Of each column's profiles, the batch's and the reference's, which both have values."""
    if not pairs:
        return []
    merged = [merged_counts(*pair) for pair in pairs]
    few = [distance.stacked(side) for side in zip(*merged, strict=True)]
    statistics, dfs = (found.tolist() for found in chi2_of(*distance.joined(*few)))
    found = [Apart(*one, {}) for one in zip(merged, statistics, dfs, strict=True)]
    for metric, of in OF_FEW.items():
        _tell(found, metric, of(*few))
    _numbers([(one, *pair) for one, pair in zip(found, pairs, strict=True)])
    return found


def _numbers(columns: Sequence[tuple[Apart, Profile, Profile]]) -> None:
    numeric = [
        (one, now, before)
        for one, now, before in columns
        if isinstance(now, NumericProfile) and isinstance(before, NumericProfile)
    ]
    if not numeric:
        return
    found, *sides = zip(*numeric, strict=True)
    counts = [distance.stacked([one.counts for one in side]) for side in sides]
    sums = [distance.stacked([one.sums for one in side]) for side in sides]
    scale = np.array([before.std for _, _, before in numeric])[:, None]
    _tell(found, "ks", distance.ks(*counts))
    with np.errstate(divide="ignore", invalid="ignore"):
        travelled = distance.wasserstein(*counts, *(side / scale for side in sums))
    _tell(found, "wasserstein", np.where(scale[:, 0] > 0, travelled, np.nan))


def _tell(columns: Sequence[Apart], metric: str, values: Floats) -> None:
    for one, value in zip(columns, values.tolist(), strict=True):
        if not np.isnan(value):
            one.by[metric] = value
