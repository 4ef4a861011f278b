"""One class of several against the rest, in every group: who is found, and who is wrongly named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from monitor.measures.disparity import DISPARITIES, Disparity, beside, without_reference
from monitor.measures.estimated import Estimate, measured
from monitor.measures.group_rates import by_arrays, group_rates
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement, changed, of_class
from monitor.measures.multiplicity import Question, corrected
from monitor.measures.outcomes import Outcomes
from monitor.terms import UNKNOWN_GROUP, Task

MOST_CLASSES = 20  # the first of the model's; what all of them say together is in the distances
# A class taken for the positive and the favourable one: our names for what the rates then are.
NAMES = {
    "base_rate": "base_rate",
    "selection_rate": "predicted_share",
    "true_positive_rate": "true_positive_rate",
    "false_positive_rate": "false_positive_rate",
    "false_negative_rate": "false_negative_rate",
    "precision": "precision",
}
COMPARED = (
    Disparity("predicted_share_difference", ("predicted_share",)),
    *(
        d
        for d in DISPARITIES
        if d.metric
        in (
            "equalized_odds_difference",
            "false_positive_rate_difference",
            "false_negative_rate_difference",
            "predictive_parity_difference",
        )
    ),
)

Rates = dict[tuple[str, str], Estimate]  # by group and metric


def measure(outcomes: Outcomes, layout: Layout) -> list[Measurement]:
    """Rates and disparities of each class in the groups of each sensitive feature, for the task of
    several classes; ``feature`` names the class.

    P-values are corrected over groups and classes together.
    """
    if layout.task is not Task.MULTICLASS:
        return []
    found: list[Measurement] = []
    rates = {label: _rates(outcomes, layout, label) for label in layout.classes[:MOST_CLASSES]}
    for attribute in layout.attributes:
        asked: list[Question] = []
        for label, by_attribute in rates.items():
            mine, feature = by_attribute[attribute], of_class(label)
            found += [
                changed(measured(e, attribute=attribute), feature=feature) for e in mine.values()
            ]
            asked += _compared(mine, layout, attribute, feature)
        found += corrected(asked)
    return found


def _rates(outcomes: Outcomes, layout: Layout, label: str) -> dict[str, Rates]:
    alone = replace(layout, task=Task.BINARY, positive=label, favourable=(label,))
    by_attribute = group_rates(
        outcomes.cells, alone, layout.attributes, engine=by_arrays, only=NAMES
    )
    return {
        attribute: {
            (e.group, NAMES[e.metric]): replace(e, metric=NAMES[e.metric]) for e in estimates
        }
        for attribute, estimates in by_attribute.items()
    }


def _compared(rates: Rates, layout: Layout, attribute: str, feature: str) -> Iterator[Question]:
    reference = layout.reference_groups.get(attribute)
    groups = sorted({group for group, _ in rates} - {UNKNOWN_GROUP, reference})
    for disparity in COMPARED if reference else ():
        for group in groups:
            own, base = (
                tuple(rates[g, part] for part in disparity.parts if (g, part) in rates)
                for g in (group, str(reference))
            )
            m = (
                beside(disparity, own, base, attribute=attribute)
                if base
                else without_reference(
                    disparity, own, attribute=attribute, reference=str(reference)
                )
            )
            yield Question(changed(m, feature=feature), disparity.metric, (feature, group))
