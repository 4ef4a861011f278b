"""Numbers about many groups at once, about groups given a stratum, and about people."""

from __future__ import annotations

from monitor.measures.catalogue.definition import (
    ALL,
    CLASSES,
    LOWER,
    MULTICLASS,
    POSITIVE,
    REGRESSION,
    SHARE,
    Metric,
    Unit,
    gap,
)
from monitor.terms import Task


def index(
    name: str,
    title: str,
    tasks: tuple[Task, ...],
    formula: str,
    words: str,
    *,
    source: str,
    needs_labels: bool,
    denominator: str,
    unit: Unit = "number",
) -> Metric:
    """Something that is 0 where all are treated alike, and never less."""
    return Metric(
        name,
        title,
        "fairness",
        tasks,
        LOWER,
        0.0,
        unit,
        needs_labels,
        formula,
        source,
        words,
        denominator=denominator,
        range=POSITIVE if unit == "number" else SHARE,
    )


INEQUALITY = (
    gap(
        "selection_shortfall",
        "Favourable predictions short",
        ALL,
        "rows · (selection rate of the reference group − selection rate)",
        "How many more of the group would have got the favourable prediction at the reference "
        "group's rate.",
        unit="number",
        needs_labels=False,
        source="Fairwatch",
        denominator="rows with a prediction",
    ),
    gap(
        "conditional_demographic_parity_difference",
        "Selection rate difference given a stratum",
        ALL,
        "Σ w·(rate − that of the reference group) / Σ w over strata, w = n₁n₀/(n₁ + n₀)",
        "How much more often one group gets the favourable prediction among people of the same "
        "stratum.",
        needs_labels=False,
        source="Mantel and Haenszel 1959; Sato 1989",
        denominator="rows with a prediction, in strata that have both groups",
    ),
    gap(
        "conditional_demographic_disparity",
        "Conditional demographic disparity",
        ALL,
        "Σ n·(share of the rejected − share of the accepted) / Σ n over strata",
        "How much more of the rejected than of the accepted one group is, among people of the "
        "same stratum.",
        needs_labels=False,
        source="Wachter et al. 2021",
        denominator="rows with a prediction, in strata that have both groups",
    ),
    index(
        "prediction_total_variation",
        "Distance between predicted classes",
        MULTICLASS,
        "½·Σ |share of each predicted class − that in the reference group|",
        "The share of one group's predictions that would have to change to be spread like the "
        "other's.",
        unit="percent",
        needs_labels=False,
        source="Fairwatch; the interval reaches 0 where chance gives as much",
        denominator="rows with a prediction",
    ),
    index(
        "prediction_ks",
        "Distance between predictions",
        REGRESSION,
        "max |F(ŷ) − F(ŷ) of the reference group|, over the reference's bins",
        "The largest difference, at any number, in the share of predictions up to it.",
        unit="percent",
        needs_labels=False,
        source="Kolmogorov and Smirnov; interval and p by draws of Donsker's normal limit; the "
        "interval reaches 0 where chance gives as much",
        denominator="rows with a prediction",
    ),
    index(
        "differential_fairness",
        "Differential fairness ε",
        ALL,
        "max |ln(P(prediction | group) / P(prediction | other group))|, ½ added to each count",
        "One number over all groups: e to its power is how many times as likely a prediction is "
        "in one group as in another.",
        needs_labels=False,
        source="Foulds et al. 2020",
        denominator="rows with a prediction, of the smallest group",
    ),
    index(
        "generalized_entropy_index",
        "Generalized entropy index",
        CLASSES,
        "Σ ((b/mean b)² − 1) / 2n with b = predicted − actual + 1, favourable as 1",
        "How unequally favours are given and denied from person to person; 0 where everybody gets "
        "what was right.",
        needs_labels=True,
        source="Speicher et al. 2018",
        denominator="labelled rows",
    ),
    index(
        "theil_index",
        "Theil index",
        CLASSES,
        "Σ (b/mean b)·ln(b/mean b) / n with b = predicted − actual + 1, favourable as 1",
        "Like the generalized entropy index, and more watchful of those who were denied.",
        needs_labels=True,
        source="Speicher et al. 2018",
        denominator="labelled rows",
    ),
)
