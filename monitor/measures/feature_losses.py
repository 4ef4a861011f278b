"""What each bin of each column cost: sums of a loss that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from monitor.measures.addition import merged, sums_by
from monitor.measures.rows import Floats, Ints

SUMS = ("weight", "weight_squared", "known", "loss", "loss_squared")


@dataclass(frozen=True, slots=True, eq=False)
class FeatureLosses:
    """One row per bin of a column, with the sums named by SUMS.

    ``weight`` is over all rows, ``known`` over those whose loss is known; the loss may be any value
    of a row, such as 1 where it was selected.
    """

    columns: Mapping[str, Floats] = field(default_factory=dict)

    def __add__(self, other: Self) -> Self:
        return type(self)(merged(self.columns, other.columns))


def feature_losses(
    codes: Mapping[str, Ints], sizes: Mapping[str, int], losses: Floats, weight: Floats
) -> FeatureLosses:
    """Sums over rows whose bins are ``codes``; a loss of NaN is not known."""
    known = np.isfinite(losses)
    w, loss = weight * known, np.where(known, losses, 0.0)
    columns = (weight, weight * weight, w, w * loss, w * loss * loss)
    return FeatureLosses({name: sums_by(codes[name], sizes[name], *columns) for name in codes})
