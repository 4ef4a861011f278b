"""How often, how surely and in what order a classifier was right."""

from __future__ import annotations

from monitor.measures.confusion import measure_confusion
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement, changed
from monitor.measures.outcomes import Outcomes
from monitor.measures.scoring import measure_scores
from monitor.measures.verdict import hidden
from monitor.terms import Verdict


def measure(outcomes: Outcomes, layout: Layout, reference: Outcomes | None) -> list[Measurement]:
    """Every performance metric of a classification task; under 10 rows its value is not shown.

    One class against the rest has attribute "class" and the class as its group.  Metrics of scores
    are absent where the model gives none; any other metric that is undefined is None with a reason.
    """
    found = _measured(outcomes, layout)
    return found if reference is None else beside(found, _measured(reference, layout))


def beside(found: list[Measurement], reference: list[Measurement]) -> list[Measurement]:
    """The same measurements, each with its value on the reference."""
    before = {m.key: m.value for m in reference}
    return [changed(m, reference=before.get(m.key)) for m in found]


def label_coverage(outcomes: Outcomes) -> Measurement:
    """The share of rows with a prediction whose label has arrived: a count, not an estimate."""
    rows, labelled = outcomes.cells.rows, outcomes.cells.labelled
    if not rows:
        return Measurement("label_coverage", None, 0, reason="There are no predictions.")
    return Measurement("label_coverage", labelled / rows, rows, method="counted", denominator=rows)


def shown(m: Measurement) -> Measurement:
    """The same, its value taken back where too few rows are behind it, as a group's would be."""
    reason = hidden(m.denominator) if m.value is not None else ""
    if not reason:
        return m
    return Measurement(
        m.metric,
        None,
        m.n,
        attribute=m.attribute,
        group=m.group,
        denominator=m.denominator,
        verdict=Verdict.NOT_ENOUGH_DATA,
        reason=reason,
    )


def _measured(outcomes: Outcomes, layout: Layout) -> list[Measurement]:
    found = [*measure_confusion(outcomes.cells, layout), *measure_scores(outcomes, layout)]
    return [label_coverage(outcomes), *map(shown, found)]
