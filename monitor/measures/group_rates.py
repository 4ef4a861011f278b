"""Rates of each group, by fairlearn's MetricFrame over weighted confusion cells.

A cell table gives what the raw rows would, at a hundredth of the work.  The rates themselves are
ours and not fairlearn's, which say 0 where a rate is over nobody, and so undefined, and which tell
outcomes apart by the order of their labels, where ours go by the task's positive class and its
favourable outcomes.  Where both are defined they are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np
import pandas as pd

from monitor.measures.addition import sums_by
from monitor.measures.cells import Cells, Table
from monitor.measures.counting import INSIDE
from monitor.measures.estimated import Estimate, Kind
from monitor.measures.interval import kish
from monitor.measures.layout import Layout
from monitor.measures.rows import Floats, Ints, Mask, Texts
from monitor.terms import Task

FAVOURABLE_RATE = "favourable_rate"  # of those whose outcome was favourable, the share predicted so

MANY_GROUPS = 8  # a millisecond or two each, which of more would be half of all measuring

Which = Callable[[Mask, Mask], Mask]
Engine = Callable[[Mapping[str, "Rate"], Layout, Table, Ints], Iterable[Floats]]


class View(NamedTuple):
    """Labels as outcomes: which cells count, and which were, and were predicted, so."""

    counted: Mask
    actual: Mask
    predicted: Mask


@dataclass(frozen=True, slots=True)
class Rate:
    """The weight of ``hit`` over that of ``among``, both told from actual and predicted outcome.

    ``nobody`` says why it is undefined where ``among`` is empty.  Of ``odds`` the weight of ``hit``
    is divided by the rest of ``among``, and ``nobody`` says why where there is no rest.
    """

    view: str
    among: Which
    hit: Which
    nobody: str
    odds: bool = False


def _all(actual: Mask, predicted: Mask) -> Mask:
    return np.ones_like(actual)


def _actual(actual: Mask, predicted: Mask) -> Mask:
    return actual


def _not_actual(actual: Mask, predicted: Mask) -> Mask:
    return ~actual


def _predicted(actual: Mask, predicted: Mask) -> Mask:
    return predicted


def _not_predicted(actual: Mask, predicted: Mask) -> Mask:
    return ~predicted


def _wrong(actual: Mask, predicted: Mask) -> Mask:
    return np.asarray(actual != predicted)


NO_ROWS = "The group has no rows with a label."
NO_PREDICTION = "The group has no rows with a prediction."
NO_POSITIVE = "Nobody in the group was actually positive."
NO_NEGATIVE = "Nobody in the group was actually negative."
NONE_SELECTED = "Nobody in the group was predicted positive."
NONE_REJECTED = "Nobody in the group was predicted negative."
NO_FALSE_ALARM = "Nobody in the group was wrongly predicted positive."
NO_FAVOURED = "Nobody in the group actually had a favourable outcome."

RATES: dict[str, Rate] = {
    "accuracy": Rate("right", _all, _predicted, NO_ROWS),
    "selection_rate": Rate("selected", _all, _predicted, NO_PREDICTION),
    FAVOURABLE_RATE: Rate("favourable", _actual, _predicted, NO_FAVOURED),
    "base_rate": Rate("positive", _all, _actual, NO_ROWS),
    "true_positive_rate": Rate("positive", _actual, _predicted, NO_POSITIVE),
    "false_negative_rate": Rate("positive", _actual, _not_predicted, NO_POSITIVE),
    "false_positive_rate": Rate("positive", _not_actual, _predicted, NO_NEGATIVE),
    "true_negative_rate": Rate("positive", _not_actual, _not_predicted, NO_NEGATIVE),
    "precision": Rate("positive", _predicted, _actual, NONE_SELECTED),
    "false_discovery_rate": Rate("positive", _predicted, _not_actual, NONE_SELECTED),
    "negative_predictive_value": Rate("positive", _not_predicted, _not_actual, NONE_REJECTED),
    "false_omission_rate": Rate("positive", _not_predicted, _actual, NONE_REJECTED),
    "false_negatives_per_false_positive": Rate(
        "positive", _wrong, _actual, NO_FALSE_ALARM, odds=True
    ),
}


def group_rates(
    cells: Cells,
    layout: Layout,
    attributes: Iterable[str],
    *,
    engine: Engine | None = None,
    only: Collection[str] = RATES,
) -> dict[str, list[Estimate]]:
    """Every rate, or ``only`` some, of every group of each attribute, the unknown group and ""
    included.

    MetricFrame takes a millisecond or two for every group; where they are many, or asked for again
    and again as those of batches are, ``by_arrays`` is the ``engine``.
    """
    rates = {name: rate for name, rate in rates_of(layout).items() if name in only}
    found: dict[str, list[Estimate]] = {attribute: [] for attribute in attributes}
    table = cells.table(found)
    if not table.keys or not rates:
        return found
    groups = list(dict.fromkeys(key[:2] for key in table.keys))
    place = {group: code for code, group in enumerate(groups)}
    codes = np.array([place[key[:2]] for key in table.keys])
    chosen = engine or (by_metric_frame if len(groups) <= MANY_GROUPS else by_arrays)
    for (attribute, group), sums in zip(groups, chosen(rates, layout, table, codes), strict=True):
        found[attribute] += [
            _estimate(name, group, row, rates[name]) for name, row in zip(rates, sums, strict=True)
        ]
    return found


def by_metric_frame(
    rates: Mapping[str, Rate], layout: Layout, table: Table, codes: Ints
) -> Iterable[Floats]:
    """The sums of every group, taken apart by fairlearn.

    Labels go in as numbers, for it makes columns of whatever it is given, and texts are slow there.
    """
    from fairlearn.metrics import MetricFrame  # here, for it loads scikit-learn, half a worker

    names, labels = pd.factorize(np.concatenate([table.actual, table.predicted]))[::-1]

    def counts(
        y_true: Ints, y_pred: Ints, *, n: Floats, sample_weight: Floats, squares: Floats
    ) -> Floats:
        columns = (n, sample_weight, squares)
        together = np.zeros(len(y_pred), dtype=np.int64)
        texts = (names[y_true], names[y_pred])
        return np.asarray(_sums(rates, layout, texts, columns, together, size=1)[0])

    frame = MetricFrame(
        metrics=counts,
        y_true=labels[: codes.size],
        y_pred=labels[codes.size :],
        sensitive_features=pd.Series(codes, name="group"),
        sample_params={
            "n": table.n,
            "sample_weight": table.weight,
            "squares": table.weight_squared,
        },
    )
    return list(frame.by_group)


def by_arrays(
    rates: Mapping[str, Rate], layout: Layout, table: Table, codes: Ints
) -> Iterable[Floats]:
    """The same sums at once."""
    texts = (table.actual, table.predicted)
    columns = (table.n, table.weight, table.weight_squared)
    return list(_sums(rates, layout, texts, columns, codes, size=int(codes.max()) + 1))


def _sums(
    rates: Mapping[str, Rate],
    layout: Layout,
    texts: tuple[Texts, Texts],
    columns: tuple[Floats, ...],
    codes: Ints,
    *,
    size: int,
) -> Floats:
    """For every group and rate: rows of the group; rows, Σ weight and Σ weight² the rate is among;
    Σ weight it hits.
    """
    views = _views(layout, *texts)
    n, weight, squares = columns
    found = np.zeros((size, len(rates), 5))
    for place, rate in enumerate(rates.values()):
        counted, actual, predicted = views[rate.view]
        among = counted & rate.among(actual, predicted)
        hit = among & rate.hit(actual, predicted)
        parts = (n * counted, n * among, weight * among, squares * among, weight * hit)
        found[:, place] = sums_by(codes, size, *parts)
    return found


def rates_of(layout: Layout) -> dict[str, Rate]:
    """The rates a task has: those of its positive class, and those of its favourable outcomes.

    Of several classes, the base rate is that of the favourable ones.
    """
    views = set(_views(layout, *(np.array([], dtype=object) for _ in range(2))))
    found = {name: rate for name, rate in RATES.items() if rate.view in views}
    if "favourable" in views and "positive" not in views:
        found["base_rate"] = Rate("favourable", _all, _actual, NO_ROWS)
    return found


def _views(layout: Layout, actual: Texts, predicted: Texts) -> dict[str, View]:
    every = np.ones(len(predicted), dtype=bool)
    if layout.task is Task.REGRESSION:
        inside = predicted == INSIDE
        return {"selected": View(every, inside, inside)} if layout.favourable_range else {}
    known = actual != ""
    views = {"right": View(known, known, actual == predicted)}
    if layout.positive is not None:
        positive = (actual == layout.positive, predicted == layout.positive)
        views["positive"] = View(known, *positive)
    if layout.favourable:
        was, said = (np.isin(labels, layout.favourable) for labels in (actual, predicted))
        views["favourable"] = View(known, was, said)
        views["selected"] = View(every, said, said)
    return views


def _estimate(metric: str, group: str, sums: Floats, rate: Rate) -> Estimate:
    rows, n, weight, squares, hits = sums.tolist()
    below = weight - hits if rate.odds else weight
    value, nobody = hits / below if below > 0 else nan, rate.nobody
    if not rows and nobody != NO_PREDICTION:
        nobody = NO_ROWS  # who was positive, or rightly predicted so, nobody knows yet
    return Estimate(
        metric=metric,
        group=group,
        value=value,
        rows=int(rows),
        denominator=int(n),
        effective=kish(weight, squares),
        spread=nan if rate.odds else value * (1 - value),
        kind=Kind.ODDS if rate.odds else Kind.RATE,
        reason="" if below > 0 else nobody,
    )
