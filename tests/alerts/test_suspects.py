"""What is suspected: broken columns first, then what moved the number, never mere noise."""

from __future__ import annotations

import pytest

from monitor.alerts.suspects import NOBODY, NOT_YET, is_evidence, suspected
from monitor.measures.measurement import Measurement
from monitor.terms import Verdict

LOST = Measurement("roc_auc", 0.7, 2000)
GAP = Measurement("demographic_parity_ratio", 0.68, 2000, attribute="sex", group="female")
WEIGHTS: dict[str, float] = {}


def psi(column: str, value: float, verdict: Verdict = Verdict.FAILING) -> Measurement:
    return Measurement("psi", value, 2000, feature=column, verdict=verdict)


def part(column: str, value: float, *, p: float = 0.001) -> Measurement:
    return Measurement("loss_contribution", value, 2000, feature=column, p=p)


def gap_part(column: str, value: float, *, p: float = 0.001, group: str = "female") -> Measurement:
    return Measurement(
        "demographic_parity_contribution",
        value,
        2000,
        feature=column,
        attribute="sex",
        group=group,
        p=p,
    )


def change(value: float) -> Measurement:
    return Measurement("loss_change", value, 2000)


def missing(column: str, verdict: Verdict = Verdict.FAILING) -> Measurement:
    return Measurement("missing_rate", 0.58, 2000, feature=column, verdict=verdict)


def test_contributions_to_lost_points_go_by_size():
    batch = [change(0.03), part("age", 0.011), part("income", 0.02), psi("noise", 0.9)]
    assert suspected(LOST, batch, WEIGHTS) == (
        "income (2.0 pt of 3.0 pt lost), age (1.1 pt of 3.0 pt lost)."
    )


def test_before_labels_contributions_say_what_they_are_worth():
    assert suspected(GAP, [gap_part("income", -0.19)], WEIGHTS) == "income (−19.0 pt of the gap)."
    assert suspected(LOST, [part("income", 0.02)], WEIGHTS) == "income (worth 2.0 pt)."


@pytest.mark.parametrize(
    "nothing",
    [part("x", 0.02, p=0.2), part("x", -0.02), part("x", 0.001)],
    ids=["chance does as much", "it helped", "too little"],
)
def test_what_does_not_stand_out_is_not_named(nothing: Measurement):
    assert suspected(LOST, [change(0.03), nothing, psi("x", 0.4)], WEIGHTS) == NOBODY


def test_a_gap_is_explained_on_its_own_side_and_for_its_own_group():
    batch = [gap_part("income", 0.05), gap_part("debt", -0.05), gap_part("age", -0.3, group="x")]
    assert suspected(GAP, batch, WEIGHTS) == "debt (−5.0 pt of the gap)."


def test_a_gap_nobody_explains_is_told_by_the_one_in_selection_rates():
    odds = Measurement("equalized_odds_difference", 0.2, 9, attribute="sex", group="female")
    told = suspected(odds, [gap_part("income", -0.19)], WEIGHTS)
    assert told == "income (−19.0 pt of the gap in selection rates)."


def test_a_broken_column_goes_first_and_is_named_once():
    batch = [change(0.1), part("fuel", 0.02), part("mileage", 0.08), missing("mileage")]
    assert suspected(LOST, batch, WEIGHTS) == (
        "mileage (58.0 % missing values, 8.0 pt of 10.0 pt lost), fuel (2.0 pt of 10.0 pt lost)."
    )
    healthy = missing("mileage", Verdict.HEALTHY)
    assert suspected(LOST, [change(0.1), part("fuel", 0.02), healthy], WEIGHTS).startswith("fuel")


def test_what_no_column_explains_is_said():
    left = Measurement("loss_unexplained", 0.021, 2000, 0.01, 0.03)
    told = suspected(LOST, [change(0.03), left, part("income", 0.02, p=0.9)], WEIGHTS)
    assert told == f"{NOBODY} Explained by no column: 2.1 pt."


def test_until_causes_are_known_drift_times_importance_ranks():
    batch = [psi("a", 0.3), psi("b", 0.25), psi("score", 2.0), psi("c", 0.9, Verdict.HEALTHY)]
    assert suspected(LOST, batch, {"a": 0.1, "b": 0.9}) == "b (PSI 0.25), a (PSI 0.3)."
    assert suspected(LOST, batch, {}) == "a (PSI 0.3), b (PSI 0.25)."
    assert suspected(LOST, [psi("c", 0.05, Verdict.HEALTHY)], {}) == NOT_YET


def test_drift_is_not_explained_by_what_it_cost():
    drifted = Measurement("drifted_columns", 1, 2000)
    assert suspected(drifted, [psi("a", 0.3), part("b", 0.2)], {}) == "a (PSI 0.3)."


@pytest.mark.parametrize("metric", ["batch_overdue", "missing_rate"])
def test_what_has_no_cause_among_columns_says_nothing(metric: str):
    m = Measurement(metric, 1.0, 9, feature="income" if metric == "missing_rate" else "")
    assert suspected(m, [psi("a", 0.3)], {}) == ""


def test_at_most_three_are_named():
    batch = [part(f"c{k}", 0.02 - k / 1000) for k in range(9)]
    assert suspected(LOST, batch, WEIGHTS).count("worth") == 3


def test_evidence_is_drift_quality_and_causes():
    names = ("psi", "missing_rate", "loss_contribution", "accuracy", "no_such_metric")
    assert [is_evidence(name) for name in names] == [True, True, True, False, False]


def test_an_error_grows_where_points_are_lost():
    batch = [
        Measurement("error_change", 17.7, 2000),
        Measurement("error_contribution", 8.9, 2000, feature="mileage", p=0.0),
    ]
    told = suspected(Measurement("mean_absolute_error", 190.0, 2000), batch, WEIGHTS)
    assert told == "mileage (8.9 of the 17.7 added to the error)."


def test_of_a_gap_since_deployment_the_columns_behind_the_gap_are_named() -> None:
    gap = Measurement(
        "demographic_parity_difference_since_deployment", -0.2, 9000, attribute="sex",
        group="female", verdict=Verdict.FAILING,
    )  # fmt: skip
    behind = Measurement(
        "demographic_parity_contribution", -0.15, 1900, feature="income", attribute="sex",
        group="female", p=0.001,
    )  # fmt: skip
    assert suspected(gap, [gap, behind], {}) == "income (−15.0 pt of the gap)."


def test_of_evidence_of_change_the_columns_that_drifted_are_named() -> None:
    evidence = Measurement("change_evidence", 20_000.0, 2000, verdict=Verdict.FAILING)
    drifted = Measurement("psi", 0.4, 2000, feature="income", verdict=Verdict.FAILING)
    assert suspected(evidence, [evidence, drifted], {}) == "income (PSI 0.4)."
    assert suspected(evidence, [evidence], {}) == "No column stands out."
