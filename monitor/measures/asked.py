"""Rows of a sample with the value that is asked about: an error, a selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Self

import numpy as np

from monitor.measures.binning import Bins
from monitor.measures.feature_losses import FeatureLosses, feature_losses
from monitor.measures.interval import kish
from monitor.measures.rows import Floats, Ints, Mask


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Each row's bin in every column, its value (NaN where not known), and its weight."""

    bins: Mapping[str, Bins]
    codes: Mapping[str, Ints]
    values: Floats
    weight: Floats

    @property
    def n(self) -> int:
        return self.values.size

    @property
    def known(self) -> Mask:
        found: Mask = np.isfinite(self.values)
        return found

    def where(self, mask: Mask) -> Self:
        codes = {name: found[mask] for name, found in self.codes.items()}
        return type(self)(self.bins, codes, self.values[mask], self.weight[mask])

    def sums(self) -> FeatureLosses:
        sizes = {name: one.size for name, one in self.bins.items()}
        return feature_losses(self.codes, sizes, self.values, self.weight)

    def mean(self) -> tuple[float, float]:
        """Mean value and its standard error; all values must be known."""
        mean = float(np.average(self.values, weights=self.weight))
        spread = float(np.average((self.values - mean) ** 2, weights=self.weight))
        worth = kish(float(self.weight.sum()), float(np.square(self.weight).sum()))
        return mean, sqrt(spread / worth)
