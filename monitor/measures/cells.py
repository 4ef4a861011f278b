"""Confusion cells: how many rows of a group had this label and got that prediction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from monitor.measures.addition import merged, sums_by, times
from monitor.measures.crossing import Crossing
from monitor.measures.groupings import EVERYBODY, Coded
from monitor.measures.rows import Floats, Mask, Texts


class CellKey(NamedTuple):
    """``actual`` is "" while the label has not arrived."""

    attribute: str
    group: str
    actual: str
    predicted: str


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Some cells as columns, in the order of their keys; texts are objects, the rest as counted."""

    keys: list[CellKey]
    actual: Texts
    predicted: Texts
    n: Floats
    weight: Floats
    weight_squared: Floats

    def where(self, mask: Mask) -> Table:
        """The cells where ``mask`` is true."""
        kept = [key for key, is_kept in zip(self.keys, mask.tolist(), strict=True) if is_kept]
        texts = self.actual[mask], self.predicted[mask]
        return Table(kept, *texts, self.n[mask], self.weight[mask], self.weight_squared[mask])


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Per cell: rows, Σ weight, Σ weight²; the last gives the effective number of weighted rows."""

    counts: Mapping[CellKey, Floats] = field(default_factory=dict)
    _found: dict[str, list[CellKey]] = field(default_factory=dict, init=False, repr=False)

    def __add__(self, other: Self) -> Self:
        return type(self)(merged(self.counts, other.counts))

    def frame(self, attribute: str = EVERYBODY) -> pd.DataFrame:
        """Columns group, actual, predicted, n, weight, weight_squared; sorted; "" is no label.

        ``table`` has the same at a tenth of the cost.
        """
        table = self.table([attribute])
        # Columns made one by one: assigning to a frame costs as much as all else together.
        groups = pd.Series([key.group for key in table.keys], dtype=object)
        texts = {"actual": table.actual, "predicted": table.predicted}
        numbers = {
            "n": table.n.astype(np.int64),
            "weight": table.weight,
            "weight_squared": table.weight_squared,
        }
        series = {name: pd.Series(values, dtype=object) for name, values in texts.items()}
        return pd.DataFrame({"group": groups, **series, **numbers})

    def keys(self, attribute: str) -> list[CellKey]:
        """Those of the attribute, sorted; found for all attributes when first asked for."""
        if not self._found:
            for key in sorted(self.counts):
                self._found.setdefault(key.attribute, []).append(key)
        return self._found.get(attribute, [])

    def of(self, attribute: str) -> dict[str, Floats]:
        """Rows, Σ weight and Σ weight² of each group, in order."""
        found: dict[str, Floats] = {}
        for key in self.keys(attribute):
            found[key.group] = found.get(key.group, 0.0) + self.counts[key]
        return found

    def table(self, attributes: Iterable[str]) -> Table:
        """The cells of these attributes."""
        found = [key for name in sorted(set(attributes)) for key in self.keys(name)]
        sums = np.array([self.counts[key] for key in found]).reshape(-1, 3).T
        actual, predicted = (
            np.array([key[place] for key in found], dtype=object) for place in (2, 3)
        )
        return Table(found, actual, predicted, *np.ascontiguousarray(sums))

    def labelled_sums(self, label: str, *, attribute: str, group: str) -> Floats:
        """Shape (2, 3): rows, Σ weight and Σ weight² of the group's rows with this label, and of
        those with another."""
        sums = np.zeros((2, 3))
        for key in self.keys(attribute):
            if key.group == group and key.actual:
                sums[int(key.actual != label)] += self.counts[key]
        return sums

    def labels(self) -> tuple[str, ...]:
        """Every label text seen, actual or predicted, sorted."""
        keys = self.keys(EVERYBODY)
        return tuple(sorted({text for key in keys for text in key[2:] if text}))

    def matrix(
        self, labels: Sequence[str], *, attribute: str = EVERYBODY, group: str = EVERYBODY
    ) -> Floats:
        """Shape (3, labels, labels): rows, Σ weight and Σ weight² by actual and predicted label."""
        place = {label: i for i, label in enumerate(labels)}
        found = np.zeros((3, len(labels), len(labels)))
        for key in self.keys(attribute):
            if key.group == group and key.actual in place and key.predicted in place:
                found[:, place[key.actual], place[key.predicted]] = self.counts[key]
        return found

    @property
    def rows(self) -> int:
        """All rows with a prediction."""
        return int(sum(self.counts[key][0] for key in self.keys(EVERYBODY)))

    @property
    def labelled(self) -> int:
        """Rows with a prediction whose label is known."""
        return int(sum(self.counts[key][0] for key in self.keys(EVERYBODY) if key.actual))


def count_cells(
    crossings: Iterable[Crossing], *, actual: Coded, predicted: Coded, weight: Floats | None
) -> Cells:
    """The cells of rows that all have a prediction; without weights each weighs 1."""
    shape = (len(actual.names), len(predicted.names))
    pairs = actual.codes * shape[1] + predicted.codes
    ones = np.ones(pairs.size)
    columns = (ones, times(ones, weight), times(times(ones, weight), weight))
    found: dict[CellKey, Floats] = {}
    for crossing in crossings:
        slots = crossing.codes * (shape[0] * shape[1]) + pairs
        sums = sums_by(slots, crossing.size * shape[0] * shape[1], *columns)
        for grouping, by_group in crossing.by_group(sums.reshape(crossing.size, *shape, 3)):
            for place in np.argwhere(by_group[..., 0]):
                group, a, p = place.tolist()
                key = CellKey(
                    grouping.attribute, grouping.groups[group], actual.names[a], predicted.names[p]
                )
                found[key] = by_group[group, a, p]
    return Cells(found)
