"""From a scored file to what peers give of it: values alone, by the functions that our own use.

No predictions are written; but for what is foreseen without labels, no interval and no verdict.
AUC and Brier score of intersections, which fairlearn's side has, are none of our numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.special import chdtrc

from benchmarks.material import Registered
from monitor.jobs.evaluate import Ids
from monitor.jobs.partitions import Predictor, count, opened, partitions_of
from monitor.measures import matrices, quality
from monitor.measures.catalogue.estimated import WHOLE
from monitor.measures.column_distances import apart
from monitor.measures.confusion import Confusion
from monitor.measures.drift import column_of
from monitor.measures.group_rates import by_arrays, group_rates
from monitor.measures.groupings import EVERYBODY
from monitor.measures.layout import Layout
from monitor.measures.outcomes import Outcomes
from monitor.measures.pairs import Joint
from monitor.measures.profile import NumericProfile
from monitor.measures.ranking import Ranked, average_precision, roc_auc
from monitor.measures.tally import Tally
from monitor.measures.unlabelled.calibrations import EVERYONE, Calibrations
from monitor.measures.unlabelled.foreseen import foresee, measured
from monitor.measures.unlabelled.grouped import by_prediction

Values = dict[str, float]
DRIFT = ("psi", "jensenshannon", "ks", "wasserstein")


def counted(path: Path, runner: Predictor, known: Registered) -> tuple[Tally, int]:
    """The file's tally, and how many of its rows repeat an id."""
    with Ids() as ids:
        found = None
        for part in partitions_of(str(path)):
            with opened(part) as table:
                one = count(
                    table,
                    runner,
                    spec=known.spec,
                    contract=known.contract,
                    layout=known.layout,
                    offset=part.offset,
                    write=lambda chunk, rows: ids.add(chunk),
                )
            found = one if found is None else found + one
        assert found is not None
        return found.tally, ids.repeated


def of_columns(tally: Tally, reference: Tally, layout: Layout) -> Values:
    """The drift of features, scores, predictions and labels."""
    sides = {
        name: (now, before)
        for name in layout.edges
        if (now := column_of(tally, name, layout)) is not None
        and (before := column_of(reference, name, layout)) is not None
        and now.known
        and before.known
    }
    found: Values = {}
    for name, one in zip(sides, apart([*sides.values()]), strict=True):
        found |= {f"{metric}/{name}": value for metric, value in one.by.items() if metric in DRIFT}
        found[f"chisquare/{name}"] = float(chdtrc(one.df, one.statistic)) if one.df else 1.0
    return found


def of_data(tally: Tally, *, repeated: int) -> Values:
    """Missing, infinite and unseen shares, and the smallest, largest and mean numbers."""
    rows = tally.outcomes.cells.rows
    found = quality.measure(tally.profiles, None, duplicate_ids=repeated, rows=rows)
    values = {"/".join(filter(None, (m.metric, m.feature))): m.value for m in found}
    for name, one in tally.profiles.columns.items():
        if isinstance(one, NumericProfile):
            values |= {f"mean/{name}": one.mean, f"std/{name}": one.std}
            values |= {f"min/{name}": one.low, f"max/{name}": one.high}
    return {name: float(value) for name, value in values.items() if value is not None}


def of_everybody(outcomes: Outcomes, layout: Layout) -> Values:
    """How right the predictions are, and in what order the scores."""
    matrix = Confusion.of(outcomes.cells, layout).weight
    place = layout.classes.index(layout.positive or "")
    ranked = _ranked(outcomes, EVERYBODY, EVERYBODY)
    ((_, sums),) = outcomes.losses.of(EVERYBODY)
    return {
        "accuracy": float(matrices.accuracy(matrix)),
        "balanced_accuracy": float(matrices.balanced_accuracy(matrix)),
        "precision": float(matrices.precision(matrix)[place]),
        "recall": float(matrices.recall(matrix)[place]),
        "f1": float(matrices.f1(matrix)[place]),
        "specificity": float(matrices.specificity(matrix)[place]),
        "matthews_corrcoef": float(matrices.matthews_corrcoef(matrix)),
        "roc_auc": roc_auc(ranked),
        "average_precision": average_precision(ranked),
        "log_loss": sums["log_loss"] / sums["weight"],
        "brier_score": sums["brier"] / sums["weight"],
    }


def of_groups(outcomes: Outcomes, layout: Layout) -> Values:
    """Every rate, AUC, Brier score and mean score of every group, and of each the largest
    difference and smallest ratio between groups."""
    crossed = tuple(pair.attribute for pair in layout.joined(Joint.CROSSED))
    found: Values = {}
    rates = group_rates(outcomes.cells, layout, (*layout.attributes, *crossed), engine=by_arrays)
    for attribute, estimates in rates.items():
        by_metric: dict[str, Values] = {}
        for one in estimates:
            by_metric.setdefault(one.metric, {})[one.group] = one.value
        for metric, group, value in _scores(outcomes, layout, attribute):
            by_metric.setdefault(metric, {})[group] = value
        for metric, by_group in by_metric.items():
            values = by_group.values()
            found |= {f"{metric}/{attribute}/{group}": v for group, v in by_group.items()}
            found[f"{metric}_difference/{attribute}"] = max(values) - min(values)
            found[f"{metric}_ratio/{attribute}"] = min(values) / (max(values) or np.nan)
    return {name: value for name, value in found.items() if not np.isnan(value)}


def _scores(outcomes: Outcomes, layout: Layout, attribute: str) -> Iterator[tuple[str, str, float]]:
    for group, sums in outcomes.losses.of(attribute):
        yield "mean_score", group, sums["scored"] / sums["scored_weight"]
        yield "brier_score", group, sums["brier"] / (sums["weight"] or np.nan)
        if attribute in layout.attributes:
            ranked = _ranked(outcomes, attribute, group)
            yield "roc_auc", group, roc_auc(ranked) if ranked.both else np.nan


def expected(outcomes: Outcomes, learned: Calibrations) -> Values:
    """Performance as it is foreseen without labels, each number with its interval."""
    foreseen = foresee(EVERYONE, by_prediction(outcomes, attribute=EVERYBODY)[EVERYONE], learned)
    found: Values = {}
    for m in (measured(foreseen, metric) for metric in WHOLE):
        bounds = {m.metric: m.value, f"{m.metric}_low": m.low, f"{m.metric}_high": m.high}
        found |= {name: value for name, value in bounds.items() if value is not None}
    return found


def _ranked(outcomes: Outcomes, attribute: str, group: str) -> Ranked:
    bins, own, rest, lead = outcomes.scores.one_versus_rest(attribute=attribute, group=group)
    return Ranked(bins, own, rest, lead, own.sum(), rest.sum())
