"""How differently a model answers two groups, over all of its answers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from monitor.measures.bootstrap import DRAWS, again, alike, basic, chance
from monitor.measures.crosstab import Crosstab, crosstab
from monitor.measures.indices import kolmogorov_smirnov, total_variation
from monitor.measures.interval import kish
from monitor.measures.layout import Layout
from monitor.measures.limit import bridges, differences
from monitor.measures.measurement import Measurement
from monitor.measures.multiplicity import together
from monitor.measures.outcomes import Outcomes
from monitor.measures.rows import Floats, Singles
from monitor.measures.sums import RegressionSums
from monitor.measures.verdict import HIDDEN_BELOW, enough
from monitor.measures.wording import format_rows
from monitor.terms import UNKNOWN_GROUP, Task, Verdict

Drawn = tuple[Floats, Floats]
LIMITS = 1000  # draws of the normal limit


def _by_counting(pair: Floats) -> Drawn:
    """Of rows drawn anew and of groups that are alike, counted: for a handful of answers."""
    return _varied(again(pair)), _varied(alike(pair))


def _varied(counts: Floats) -> Floats:
    return total_variation(counts[..., 0, :], counts[..., 1, :])


def _by_limits(pair: Floats) -> Drawn:
    """The same of cumulative shares over many ordered bins, in the limit of many rows."""
    filled = pair[:, pair.sum(axis=0) > 0]
    n, m = filled.sum(axis=1)
    apart = np.cumsum(filled[0] / n - filled[1] / m).astype(np.float32)
    moved = differences(filled[0], filled[1], draws=LIMITS) + apart[:, None]
    none = _largest(bridges(filled.sum(axis=0), stream=0, draws=LIMITS))
    return _largest(moved), none * ((n + m) / sqrt(n * m))


def _largest(drawn: Singles) -> Floats:
    return np.asarray(np.maximum(drawn.max(axis=0), -drawn.min(axis=0)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Distance:
    """A metric, its statistic of two groups' counts per answer, and what chance makes of it:
    draws of the rows, and draws as if both groups were alike.
    """

    metric: str
    of: Callable[[Floats, Floats], Floats]
    drawn: Callable[[Floats], Drawn]
    method: str


CLASSES = Distance(
    "prediction_total_variation", total_variation, _by_counting, f"{DRAWS:,} multinomial draws"
)
NUMBERS = Distance(
    "prediction_ks", kolmogorov_smirnov, _by_limits, f"{LIMITS:,} draws of the normal limit"
)


def measure(outcomes: Outcomes, layout: Layout, *, draws: int) -> list[Measurement]:
    """Of several classes the total variation distance of predicted classes, of a regression the
    Kolmogorov-Smirnov distance of predictions, each group against the reference group.

    Predictions are told apart by the layout's prediction edges, whose largest bin bounds the error.
    Nothing for binary tasks, where the difference in selection rate says as much.
    """
    found: list[Measurement] = []
    for attribute, reference in layout.reference_groups.items():
        if layout.task is Task.MULTICLASS:
            table = crosstab(outcomes.cells, attribute)
            found += _apart(CLASSES, table, attribute, reference, draws)
        elif outcomes.sums is not None and "prediction" in layout.edges:
            table = _predictions(outcomes.sums, layout, attribute)
            found += _apart(NUMBERS, table, attribute, reference, draws)
    return found


def _predictions(sums: RegressionSums, layout: Layout, attribute: str) -> Crosstab:
    """Predictions per bin, weight scaled as in ``crosstab``; empty where none were counted."""
    counted = {
        key.group: histogram.dense(layout.edges["prediction"].size)
        for key, histogram in sums.predictions.items()
        if key.attribute == attribute
    }
    groups = sorted(counted)
    weight = np.array([counted[group] for group in groups]).reshape(len(groups), -1)
    summed = sums.of(attribute)
    n, weights, squares = (
        np.array([summed[group][f"predicted_{name}"] for group in groups])
        for name in ("n", "weight", "weight_squared")
    )
    total = float(weights.sum())
    worth = kish(total, float(squares.sum())) / total if total else 0.0
    shares = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)
    return Crosstab(tuple(groups), (), rows=shares * n[:, None], counts=weight * worth)


def _apart(
    distance: Distance, table: Crosstab, attribute: str, reference: str, draws: int
) -> list[Measurement]:
    return together(_from_reference(distance, table, attribute, reference, draws))


def _from_reference(
    distance: Distance, table: Crosstab, attribute: str, reference: str, draws: int
) -> Iterator[Measurement]:
    sizes = dict(zip(table.groups, np.rint(table.sizes).astype(int).tolist(), strict=True))
    for group in table.groups:
        if group in (reference, UNKNOWN_GROUP):
            continue
        smaller = min((group, reference), key=lambda g: sizes.get(g, 0))
        n = sizes.get(smaller, 0)
        about = Measurement(
            distance.metric,
            None,
            sizes[group] + sizes.get(reference, 0),
            attribute=attribute,
            group=group,
            denominator=n,
            verdict=Verdict.NOT_ENOUGH_DATA,
        )
        if n < HIDDEN_BELOW:
            said = f"Only {format_rows(n)} behind it; {HIDDEN_BELOW} are needed to show it."
            yield replace(about, reason=f"{smaller}: {said}")
            continue
        thin = enough(rows=n, denominator=n)
        places = [table.groups.index(g) for g in (group, reference)]
        pair = table.counts[places]
        yield replace(
            _measured(distance, about, pair, draws),
            verdict=Verdict.NOT_ENOUGH_DATA if thin else None,
            reason=f"{smaller}: {thin}" if thin else "",
        )


def _measured(distance: Distance, about: Measurement, pair: Floats, draws: int) -> Measurement:
    value = float(distance.of(*pair))
    if not draws:
        return replace(about, value=value)
    again, none = distance.drawn(pair)
    low, high = basic(value, again, highest=1.0).bounds
    p, band = chance(value, none)
    low = low if value > band else 0.0  # as much is chance's too: no distance cannot be ruled out
    return replace(
        about, value=value, low=low, high=high, p=p, baseline=band, method=distance.method
    )
