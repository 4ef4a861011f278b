"""Confusion cells: how many rows of a group had this label and got that prediction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from monitor.measures.addition import merged, sums_by
from monitor.measures.groupings import EVERYBODY, Coded, Grouping
from monitor.measures.rows import Floats


class CellKey(NamedTuple):
    """``actual`` is "" while the label has not arrived."""

    attribute: str
    group: str
    actual: str
    predicted: str


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Per cell: rows, Σ weight, Σ weight²; the last gives the effective number of weighted rows."""

    counts: Mapping[CellKey, Floats] = field(default_factory=dict)
    _frames: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False)

    def __add__(self, other: Self) -> Self:
        return type(self)(merged(self.counts, other.counts))

    def frame(self, attribute: str = EVERYBODY) -> pd.DataFrame:
        """Columns group, actual, predicted, n, weight, weight_squared; sorted; "" is no label.

        Made when it is first asked for, and the same for all who ask: to be read, not changed.
        """
        if attribute not in self._frames:
            self._frames[attribute] = self._table({attribute}, CellKey._fields[1:])
        return self._frames[attribute]

    def labelled_sums(self, label: str, *, attribute: str, group: str) -> Floats:
        """Shape (2, 3): rows, Σ weight and Σ weight² of the group's rows with this label, and of
        those with another."""
        sums = np.zeros((2, 3))
        for key in sorted(key for key in self.counts if key[:2] == (attribute, group)):
            if key.actual:
                sums[int(key.actual != label)] += self.counts[key]
        return sums

    def frames(self, attributes: Iterable[str]) -> pd.DataFrame:
        """Those of several attributes in one, with attribute as the first column."""
        return self._table(set(attributes), CellKey._fields)

    def _table(self, attributes: Collection[str], names: Sequence[str]) -> pd.DataFrame:
        found = sorted(key for key in self.counts if key.attribute in attributes)
        sums = np.array([self.counts[key] for key in found]).reshape(-1, 3)
        # Columns made one by one: assigning to a frame costs as much as all else together.
        texts = {
            name: pd.Series([getattr(key, name) for key in found], dtype=object) for name in names
        }
        numbers = {
            "n": sums[:, 0].astype(np.int64),
            "weight": sums[:, 1],
            "weight_squared": sums[:, 2],
        }
        return pd.DataFrame({**texts, **numbers})

    def labels(self) -> tuple[str, ...]:
        """Every label text seen, actual or predicted, sorted."""
        keys = [key for key in self.counts if key.attribute == EVERYBODY]
        return tuple(sorted({text for key in keys for text in key[2:] if text}))

    def matrix(
        self, labels: Sequence[str], *, attribute: str = EVERYBODY, group: str = EVERYBODY
    ) -> Floats:
        """Shape (3, labels, labels): rows, Σ weight and Σ weight² by actual and predicted label."""
        place = {label: i for i, label in enumerate(labels)}
        found = np.zeros((3, len(labels), len(labels)))
        for key, sums in self.counts.items():
            if key[:2] == (attribute, group) and key.actual in place and key.predicted in place:
                found[:, place[key.actual], place[key.predicted]] = sums
        return found

    @property
    def rows(self) -> int:
        """All rows with a prediction."""
        return int(sum(v[0] for k, v in self.counts.items() if k.attribute == EVERYBODY))

    @property
    def labelled(self) -> int:
        """Rows with a prediction whose label is known."""
        keys = self.counts.items()
        return int(sum(v[0] for k, v in keys if k.attribute == EVERYBODY and k.actual))


def count_cells(
    groupings: Iterable[Grouping], *, actual: Coded, predicted: Coded, weight: Floats
) -> Cells:
    """The cells of rows that all have a prediction."""
    shape = (len(actual.names), len(predicted.names))
    pairs = actual.codes * shape[1] + predicted.codes
    found: dict[CellKey, Floats] = {}
    for grouping in groupings:
        codes = grouping.codes * (shape[0] * shape[1]) + pairs
        size = len(grouping.groups) * shape[0] * shape[1]
        sums = sums_by(codes, size, np.ones(codes.size), weight, weight * weight)
        for code in np.flatnonzero(sums[:, 0]).tolist():
            group, a, p = np.unravel_index(code, (len(grouping.groups), *shape))
            key = CellKey(
                grouping.attribute, grouping.groups[group], actual.names[a], predicted.names[p]
            )
            found[key] = sums[code]
    return Cells(found)
